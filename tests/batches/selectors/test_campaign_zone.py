"""The zone of a campaign: its own, or that of its agent, which is asked for once an hour."""

import time
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import caches

from batches.access import EVERYTHING
from batches.selectors import hourly_cache
from batches.selectors.campaign_zone import campaign_hours, campaign_zone
from sandbox import faults
from syllable.resilience.deadline import Deadline
from syllable.schemas import Campaign
from tests.conftest import wait_for_parallel_reads

pytestmark = pytest.mark.django_db
TARGETS, AGENTS = r"/channels/targets", r"/agents/"
SOURCE = "+15550110"


@pytest.fixture
def contract():
    return "current"


@pytest.fixture
def agent(sandbox):
    """Return the id of an agent in Berlin behind SOURCE."""
    agent_id = sandbox.store.add_agent(timezone="Europe/Berlin")
    sandbox.store.add_target(SOURCE, agent_id=agent_id)
    return agent_id


@pytest.fixture
def pass_time(monkeypatch):
    """Let the seconds pass by which answers age, and with them the claim of whoever asked."""
    passed = [0.0]
    monkeypatch.setattr(hourly_cache, "time", SimpleNamespace(time=lambda: time.time() + passed[0]))

    def pass_time(seconds):
        passed[0] += seconds
        for name in ("zone of agent 1", "agents by address"):
            caches["default"].delete(f"{hourly_cache._key(name)}-asked")

    return pass_time


def zone(*, seconds=60.0, **fields):
    found = campaign_zone(Campaign.read({"id": 1, **fields}), scope=EVERYTHING, deadline=Deadline(seconds))
    return str(found) if found else None


def calls(sandbox):
    paths = [request.path.removeprefix("/api/v1") for request in sandbox.requests]
    sandbox.requests.clear()
    return paths


@pytest.mark.parametrize("contract", ["2025-04", "current"])
@pytest.mark.parametrize(
    ("name", "found"), [("America/New_York", "America/New_York"), ("Mars/Olympus", None), ("../../etc/passwd", None)]
)
def test_a_zone_of_its_own_costs_no_call(sandbox, name, found, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert zone(timezone=name, agent_id=1, source=SOURCE) == found
    assert not calls(sandbox)


@pytest.mark.parametrize("contract", ["2025-04"])
def test_a_contract_without_agents_is_asked_for_none(sandbox):
    assert zone(timezone=None, agent_id=1, source=SOURCE) is None
    assert not calls(sandbox)


def test_the_agent_of_the_campaign_has_its_zone(sandbox, agent):
    assert zone(agent_id=agent) == "Europe/Berlin"
    assert calls(sandbox) == [f"/agents/{agent}"]


def test_otherwise_the_agent_behind_its_source_has(sandbox, agent):
    assert zone(source=SOURCE) == "Europe/Berlin"
    assert calls(sandbox) == ["/channels/targets", f"/agents/{agent}"]


def test_the_agent_of_the_campaign_comes_before_the_one_behind_its_source(sandbox, agent):
    other = sandbox.store.add_agent(timezone="Asia/Tokyo")
    assert zone(source=SOURCE, agent_id=other) == "Asia/Tokyo"


def test_of_several_agents_behind_an_address_the_one_of_the_campaigns_mode_counts(sandbox, agent):
    texter = sandbox.store.add_agent(timezone="Asia/Tokyo")
    sandbox.store.add_target(SOURCE, agent_id=texter, target_mode="sms")
    assert zone(source=SOURCE, mode="sms") == "Asia/Tokyo"
    assert zone(source=SOURCE, mode="voice") == "Europe/Berlin"
    assert zone(source=SOURCE, mode=None) is None


def test_of_two_agents_in_the_same_mode_the_one_for_tests_counts_less(sandbox):
    tester, agent = sandbox.store.add_agent(timezone="Asia/Tokyo"), sandbox.store.add_agent(timezone="Europe/Berlin")
    sandbox.store.add_target(SOURCE, agent_id=tester, is_test=True)
    sandbox.store.add_target(SOURCE, agent_id=agent)
    assert zone(source=SOURCE) == "Europe/Berlin"


def test_an_address_of_email_is_found_in_any_case(sandbox):
    agent_id = sandbox.store.add_agent(timezone="Europe/Berlin")
    sandbox.store.add_target("Clinic@example.com", agent_id=agent_id)
    assert zone(source=" clinic@EXAMPLE.com", mode="email") == "Europe/Berlin"


def test_addresses_of_all_pages_are_found(sandbox, agent):
    for number in range(250):
        sandbox.store.add_target(f"+1666{number:04}", agent_id=agent)
    assert zone(source="+16660249") == "Europe/Berlin"
    assert calls(sandbox) == ["/channels/targets"] * 3 + [f"/agents/{agent}"]


@pytest.mark.parametrize("fields", [{}, {"source": "+1999"}, {"source": None}])
def test_without_an_agent_the_zone_is_not_known(sandbox, agent, fields):
    assert zone(**fields) is None


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", 7])
def test_an_agent_without_a_readable_zone_leaves_the_zone_unknown(sandbox, agent, name):
    sandbox.store.change_agent(agent, timezone=name)
    assert zone(agent_id=agent) is None


def test_an_account_without_addresses_is_asked_again_soon(sandbox, pass_time):
    assert zone(source=SOURCE) is None
    agent_id = sandbox.store.add_agent(timezone="Europe/Berlin")
    sandbox.store.add_target(SOURCE, agent_id=agent_id)
    pass_time(4 * 60)
    assert zone(source=SOURCE) is None
    pass_time(2 * 60)
    assert zone(source=SOURCE) == "Europe/Berlin"


def test_each_is_asked_for_once_an_hour(sandbox, agent, pass_time, django_assert_num_queries):
    zone(source=SOURCE)
    assert len(calls(sandbox)) == 2
    pass_time(59 * 60)
    with django_assert_num_queries(0):
        assert zone(source=SOURCE) == "Europe/Berlin"
    assert not calls(sandbox)
    sandbox.store.change_agent(agent, timezone="Asia/Tokyo")
    pass_time(2 * 60)
    assert zone(source=SOURCE) == "Asia/Tokyo"
    assert len(calls(sandbox)) == 2


def test_other_processes_need_not_ask(sandbox, agent, django_assert_max_num_queries):
    zone(source=SOURCE)
    calls(sandbox)
    caches["local"].clear()
    with django_assert_max_num_queries(2):
        assert zone(source=SOURCE) == "Europe/Berlin"
    assert not calls(sandbox)


def test_another_account_is_asked_itself(sandbox, agent, settings):
    zone(source=SOURCE)
    calls(sandbox)
    caches["local"].clear()
    settings.SYLLABLE_API_URL = sandbox.url.replace("127.0.0.1", "localhost")
    assert zone(source=SOURCE) == "Europe/Berlin"
    assert len(calls(sandbox)) == 2


def test_while_one_process_asks_others_do_not(sandbox, agent):
    """The claim of the process that asks, as its database holds it."""
    key = hourly_cache._key(f"zone of agent {agent}")
    caches["default"].set(f"{key}-asked", True, 60)
    assert zone(agent_id=agent) is None
    assert not calls(sandbox)


@pytest.mark.parametrize(("answer", "seconds"), [(faults.answer(500), 60), (faults.answer(404), 300)])
def test_what_could_not_be_read_is_asked_for_again_soon(sandbox, agent, pass_time, answer, seconds):
    failing = sandbox.faults.add(answer, path=AGENTS, times=None)
    assert zone(agent_id=agent) is None
    assert failing.hits
    sandbox.faults.clear()
    calls(sandbox)
    pass_time(seconds - 5)
    assert zone(agent_id=agent) is None
    assert not calls(sandbox)
    pass_time(10)
    assert zone(agent_id=agent) == "Europe/Berlin"


def test_a_slow_answer_does_not_keep_a_page_waiting_and_is_there_for_the_next(sandbox, agent):
    sandbox.faults.add(faults.slow(0.5), path=AGENTS)
    assert zone(agent_id=agent, seconds=0.05) is None
    wait_for_parallel_reads()
    assert zone(agent_id=agent) == "Europe/Berlin"
    assert calls(sandbox) == [f"/agents/{agent}"]


def test_a_shared_cache_that_fails_costs_a_call_and_no_page(sandbox, agent, settings, caplog):
    settings.CACHES = {**settings.CACHES, "default": {"BACKEND": "tests.batches.selectors.broken_cache.BrokenCache"}}
    assert zone(agent_id=agent) == zone(agent_id=agent) == "Europe/Berlin"
    assert calls(sandbox) == [f"/agents/{agent}"]
    assert "shared_cache_failed" in caplog.text


def test_odd_answers_leave_the_zone_unknown(sandbox, agent):
    sandbox.faults.add(faults.answer(200, {"items": [{"target": SOURCE, "agent_id": {"a": 1}}, 7]}), path=TARGETS)
    assert zone(source=SOURCE) is None


def test_the_hours_of_a_campaign_are_in_its_zone(sandbox, agent):
    times = {"daily_start_time": "09:00:00", "daily_end_time": "17:00:00"}
    found = campaign_hours(Campaign.read({"id": 1, "agent_id": agent, **times}), scope=EVERYTHING)
    assert found.zone == found.hours.zone == ZoneInfo("Europe/Berlin")
    assert campaign_hours(None, scope=EVERYTHING).hours is None
