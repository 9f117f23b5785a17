"""Which agent is behind an address, and in which zone the agent works."""

import pytest

TARGETS = "/api/v1/channels/targets"
AGENTS = "/api/v1/agents"


@pytest.fixture
def contract():
    return "current"


def targets(api, **params):
    return [target["target"] for target in api.get(TARGETS, params=params).json()["items"]]


def test_a_target_names_its_agent_and_the_agent_its_zone(api, sandbox):
    agent_id = sandbox.store.add_agent(name="Reminder", timezone="Europe/Berlin")
    target_id = sandbox.store.add_target("+15550110", agent_id=agent_id)
    [target] = api.get(TARGETS).json()["items"]
    assert target == {
        **target,
        "id": target_id,
        "target": "+15550110",
        "target_mode": "voice",
        "agent_id": agent_id,
        "is_test": False,
    }
    agent = api.get(f"{AGENTS}/{agent_id}").json()
    assert (agent["id"], agent["name"], agent["timezone"]) == (agent_id, "Reminder", "Europe/Berlin")


def test_targets_are_paged_searched_and_ordered(api, sandbox):
    first, second = sandbox.store.add_agent(), sandbox.store.add_agent()
    for number in (110, 121, 132):
        sandbox.store.add_target(f"+15550{number}", agent_id=first)
    sandbox.store.add_target("feedback@example.com", agent_id=second)
    sandbox.store.add_target("+15550110", agent_id=second, target_mode="sms", is_test=True)
    page = api.get(TARGETS, params={"page": 1, "limit": 2, "order_by": "id"}).json()
    assert [target["id"] for target in page["items"]] == [3, 4]
    assert (page["page"], page["page_size"], page["total_pages"], page["total_count"]) == (1, 2, 3, 5)
    assert targets(api, search_fields="target", search_field_values="0121") == ["+15550121"]
    assert len(targets(api, search_fields="agent_id", search_field_values=second)) == 2
    assert targets(api, search_fields="is_test", search_field_values="true") == ["+15550110"]
    assert targets(api, order_by="target_mode", limit=1) == ["feedback@example.com"]
    assert api.get(TARGETS, params={"order_by": "colour"}).status_code == 422


@pytest.mark.parametrize("agent_id", ["99", "mara", "9" * 30])
def test_an_unknown_agent_is_not_found(api, agent_id):
    assert api.get(f"{AGENTS}/{agent_id}").status_code == 404


def test_odd_agents_and_targets_can_be_had(api, sandbox):
    agent_id = sandbox.store.add_agent(extra={"timezone": 5}, omit=["name"])
    sandbox.store.add_target("+15550110", agent_id=agent_id, extra={"agent_id": "mara"})
    agent = api.get(f"{AGENTS}/{agent_id}").json()
    assert agent["timezone"] == 5
    assert "name" not in agent
    assert api.get(TARGETS).json()["items"][0]["agent_id"] == "mara"


def test_they_want_the_key(api, sandbox):
    agent_id = sandbox.store.add_agent()
    for path in (TARGETS, f"{AGENTS}/{agent_id}"):
        assert api.get(path, headers={"Syllable-API-Key": "wrong"}).status_code == 401


def test_a_reset_forgets_them(api, sandbox):
    sandbox.store.add_target("+15550110", agent_id=sandbox.store.add_agent())
    sandbox.reset()
    assert targets(api) == []
    assert api.get(f"{AGENTS}/1").status_code == 404
