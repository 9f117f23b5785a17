"""The client against a real HTTP server: the sandbox, and raw bytes for what the sandbox is too decent to say."""

import json
from datetime import UTC, datetime

import pytest

from sandbox import faults
from sandbox.contracts import CONTRACTS as SANDBOX_CONTRACTS
from syllable.contracts import CONTRACTS, Write
from syllable.errors import KeyRefused, NotFound, SyllableUnavailable, UnreadableAnswer
from syllable.schemas import BatchEdit, BatchQuery, BatchStatus, RequestResult

from .wire import Wire, answer

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
CONTRACT = CONTRACTS["2025-04"]
ODD_IDS = [
    "a/b",
    "..",
    ".",
    "100%",
    "a b",
    "a?b#c",
    "a%2Fb",
    "<script>",
    "日本",
    "a/../b",
    "~",
    "a+b",
    "é",
    "20250117.9",
]


def pause(client, batch_id: str):
    batch = client.get_batch(batch_id)
    write = CONTRACT.write(batch, BatchEdit(status=BatchStatus.PAUSED), by="me@example.com", now=NOW)
    return client.send(write, request_id="request-1")


def page(*items: object, **fields: object) -> bytes:
    return answer(json.dumps({"items": list(items), "page": 0, "page_size": 25} | fields).encode())


# Batches


def test_a_batch_comes_with_its_counts(client, sandbox):
    sandbox.store.add_batch("20250117.9", status="ACTIVE", requests=12)
    batch = client.get_batch("20250117.9")
    assert batch.status is BatchStatus.ACTIVE
    assert sum(batch.status_counts.values()) == 12
    assert batch.raw == sandbox.batch("20250117.9")


def test_an_unknown_batch_is_not_found(client):
    with pytest.raises(NotFound):
        client.get_batch("nowhere")


def test_no_id_is_no_batch(client, sandbox):
    with pytest.raises(NotFound):
        client.get_batch("")
    assert len(sandbox.requests) == 0


def test_an_answer_about_another_batch_is_refused(client_of):
    with Wire(answer(b'{"batch_id": "2"}')) as wire, pytest.raises(UnreadableAnswer):
        client_of(wire.url).get_batch("1")


def test_a_wrong_key_is_refused(sandbox, client_of):
    sandbox.store.add_batch("1")
    with pytest.raises(KeyRefused):
        client_of(sandbox.url, key="wrong").get_batch("1")


@pytest.mark.parametrize(
    ("batch_id", "target"),
    [
        ("a/b", "a%2Fb"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("100%", "100%25"),
        ("a b", "a%20b"),
        ("a?b#c", "a%3Fb%23c"),
        ("a%2Fb", "a%252Fb"),
        ("<script>", "%3Cscript%3E"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("...", "..."),
        ("20250117.9", "20250117.9"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_an_id_is_one_segment_of_the_path_on_the_wire(batch_id, target, client_of):
    with Wire(answer()) as wire:
        client = client_of(wire.url)
        client.send(Write("PUT", batch_id, json={}), request_id="1")
        with pytest.raises(UnreadableAnswer):
            client.get_batch(batch_id)
        with pytest.raises(UnreadableAnswer):
            client.list_results(batch_id)
        with pytest.raises(UnreadableAnswer):
            client.get_campaign(batch_id)
    batch = f"/api/v1/outbound/batches/{target}"
    assert wire.targets == [batch, batch, f"{batch}/results", f"/api/v1/outbound/campaigns/{target}"]


@pytest.mark.parametrize("batch_id", ODD_IDS)
def test_every_id_reaches_its_own_batch(batch_id, client, sandbox):
    for other in ODD_IDS:
        sandbox.store.add_batch(other, status="ACTIVE")
    assert client.get_batch(batch_id).batch_id == batch_id
    assert pause(client, batch_id).status is BatchStatus.PAUSED
    paused = [other for other in ODD_IDS if sandbox.batch(other)["status"] == "PAUSED"]
    assert paused == [batch_id]


@pytest.mark.parametrize("batch_id", ODD_IDS)
def test_every_id_can_be_searched_for(batch_id, client, sandbox):
    sandbox.store.add_batch(batch_id)
    assert [batch.batch_id for batch in client.list_batches(BatchQuery(batch_id=batch_id)).items] == [batch_id]


# Lists


def test_a_list_is_filtered_sorted_and_paged(client, sandbox):
    for campaign in (1, 2):
        sandbox.store.add_campaign(id=campaign, campaign_name=f"Campaign {campaign}")
    for number in range(7):
        sandbox.store.add_batch(f"b{number}", campaign_id=1, status="ACTIVE")
    sandbox.store.add_batch("paused", campaign_id=1, status="PAUSED")
    sandbox.store.add_batch("elsewhere", campaign_id=2, status="ACTIVE")
    query = BatchQuery(campaign_id="1", status="ACTIVE", order_by="batch_id", descending=True, page=1, limit=3)
    page = client.list_batches(query)
    assert [batch.batch_id for batch in page.items] == ["b3", "b2", "b1"]
    assert (page.page, page.page_size, page.total_count, page.has_next) == (1, 3, 7, True)


def test_a_query_goes_out_as_pairs(client_of):
    with Wire(page()) as wire:
        client_of(wire.url).list_batches(BatchQuery(status="ACTIVE", batch_id="a&b", order_by="status"))
        client_of(wire.url).list_batches(BatchQuery(limit=100))
    assert wire.targets == [
        "/api/v1/outbound/batches?page=0&limit=25"
        "&search_fields=batch_id&search_field_values=a%26b&search_fields=status&search_field_values=ACTIVE"
        "&order_by=status&order_by_direction=asc",
        "/api/v1/outbound/batches?page=0&limit=100",
    ]


@pytest.mark.parametrize("odd", [None, "7", True, -1, 1.5, [], {}])
def test_odd_numbers_of_a_page_are_not_believed(odd, client_of):
    with Wire(page({"batch_id": "1"}, page=odd, page_size=odd, total_count=odd, total_pages=odd)) as wire:
        answered = client_of(wire.url).list_batches(BatchQuery(limit=1))
    assert (answered.page, answered.page_size, answered.total_count, answered.has_next) == (0, 1, None, True)


def test_one_odd_row_never_breaks_a_page(client_of):
    with Wire(page(None, {"batch_id": "1", "status": 5, "expires_on": {}}, "x")) as wire:
        answered = client_of(wire.url).list_batches(BatchQuery())
    assert [batch.batch_id for batch in answered.items] == ["1"]
    assert answered.unreadable == 2


@pytest.mark.parametrize("body", [b"null", b"[]", b"5", b"{}", b'{"items": {}}', b'{"items": "x"}'])
def test_what_is_no_page_is_unreadable(body, client_of):
    with Wire(answer(body)) as wire, pytest.raises(UnreadableAnswer):
        client_of(wire.url).list_batches(BatchQuery())


def test_items_may_be_null(client_of):
    with Wire(answer(b'{"items": null}')) as wire:
        assert client_of(wire.url).list_batches(BatchQuery()).items == []


# Writes


def test_a_write_is_taken_and_shown(client, sandbox):
    sandbox.store.add_batch("1", status="ACTIVE", created_at="2024-01-01 00:00:00.1", expires_on="2030-01-01T00:00:00Z")
    before = sandbox.batch("1")
    answered = pause(client, "1")
    assert CONTRACT.shows(answered, BatchEdit(status=BatchStatus.PAUSED))
    (put,) = sandbox.requests.of("PUT")
    assert put.headers["X-Request-ID"] == "request-1"
    assert sandbox.batch("1") == before | {"status": "PAUSED", "last_updated_by": "me@example.com"}


def test_an_edit_costs_one_read_and_one_write(client, sandbox):
    sandbox.store.add_batch("1", status="ACTIVE")
    pause(client, "1")
    assert [request.method for request in sandbox.requests] == ["GET", "PUT"]


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'"ok"', b'{"batch_id": "2"}', b"", b"<html>"])
def test_an_accepted_write_whose_answer_shows_no_such_batch_is_left_to_be_read_back(body, client_of):
    with Wire(answer(body)) as wire:
        assert client_of(wire.url).send(Write("PUT", "1", json={}), request_id="1") is None


def test_a_write_that_dies_after_it_was_applied_is_ambiguous(client, sandbox):
    sandbox.store.add_batch("1", status="ACTIVE")
    sandbox.faults.add(faults.reset(applied=True), method="PUT")
    with pytest.raises(SyllableUnavailable):
        pause(client, "1")
    assert client.get_batch("1").status is BatchStatus.PAUSED
    assert len(sandbox.requests.of("PUT")) == 1


# Results


def test_whoever_watches_is_told_of_each_attempt(client, sandbox):
    sandbox.store.add_batch("b1", status="ACTIVE")
    sandbox.faults.add(faults.answer(503), method="GET")
    sandbox.faults.add(faults.reset(), method="PUT")
    told = []
    with pytest.raises(SyllableUnavailable):
        pause(client.watched(told.append), "b1")

    assert [(exchange.method, exchange.status, exchange.error) for exchange in told] == [
        ("GET", 503, "SyllableUnavailable"),
        ("GET", 200, ""),
        ("PUT", None, "SyllableUnavailable"),
    ]
    assert all(exchange.seconds > 0 for exchange in told)
    assert [exchange.began for exchange in told] == sorted(exchange.began for exchange in told)
    client.get_batch("b1")
    assert len(told) == 3


def test_results_come_whole(client, sandbox):
    sandbox.store.add_batch("1", requests=5)
    assert len(client.list_results("1").items) == 5


def test_results_come_without_odd_rows(client_of):
    with Wire(answer(b'[null, {"reference_id": 5, "target": null}]')) as wire:
        page = client_of(wire.url).list_results("1")
    (result,) = map(RequestResult.read, page.items)
    assert (result.reference_id, result.target) == ("5", "")
    assert (page.unreadable, page.has_next) == (1, False)
    assert wire.targets == ["/api/v1/outbound/batches/1/results"]


# Campaigns


def test_campaigns_are_listed_and_read(client, sandbox):
    campaign_id = sandbox.store.add_campaign(campaign_name="Flu shots")
    assert [campaign.campaign_name for campaign in client.list_campaigns().items] == ["Flu shots"]
    assert client.get_campaign(campaign_id).campaign_name == "Flu shots"
    with pytest.raises(NotFound):
        client.get_campaign(campaign_id + 1)


def test_a_list_of_campaigns_may_be_null(client_of):
    with Wire(answer(b"null")) as wire:
        assert client_of(wire.url).list_campaigns().items == []


def test_an_answer_about_another_campaign_is_refused(client_of):
    with Wire(answer(b'{"id": 2}')) as wire, pytest.raises(UnreadableAnswer):
        client_of(wire.url).get_campaign(1)


def test_all_campaigns_are_read_until_a_short_page(client_of):
    full = page(*({"id": number} for number in range(100)))
    with Wire(full, full, page({"id": 7})) as wire:
        assert len(client_of(wire.url).all_campaigns()) == 201
    assert wire.targets == [f"/api/v1/outbound/campaigns?page={number}&limit=100" for number in range(3)]


def test_a_list_of_campaigns_without_an_end_has_one(client_of):
    full = page(*({"id": number} for number in range(100)))
    with Wire(full) as wire:
        assert len(client_of(wire.url).all_campaigns(limit_pages=4)) == 400
    with Wire(page(total_count=10**9)) as wire:
        assert client_of(wire.url).all_campaigns() == []
    assert len(wire.requests) == 1


# Agents


@pytest.fixture
def agents(sandbox):
    """Provide the sandbox with two agents, each behind an address; only contract current tells of them."""
    sandbox.contract = SANDBOX_CONTRACTS["current"]
    for name, zone, target in (
        ("Reminder", "America/New_York", "+15550110"),
        ("Rückruf", "Europe/Berlin", "a@example.com"),
    ):
        sandbox.store.add_target(target, agent_id=sandbox.store.add_agent(name=name, timezone=zone))
    return sandbox


def test_the_agent_behind_an_address_is_listed_and_read(client, agents):
    page = client.list_channel_targets(page=0, limit=100)
    behind = {target.target: target.agent_id for target in page.items}
    assert (page.total_count, page.has_next) == (2, False)
    agent = client.get_agent(behind["a@example.com"])
    assert (agent.name, agent.timezone) == ("Rückruf", "Europe/Berlin")
    assert client.get_agent(str(agent.id)) == agent


def test_addresses_come_in_pages(client, agents):
    first, second = (client.list_channel_targets(page=page, limit=1) for page in (0, 1))
    assert {target.target for target in first.items + second.items} == {"+15550110", "a@example.com"}
    assert (first.has_next, second.has_next) == (True, False)


def test_an_unknown_agent_is_not_found(client, agents):
    for agent_id in (99, "mara", ""):
        with pytest.raises(NotFound):
            client.get_agent(agent_id)


def test_an_answer_about_another_agent_is_refused(client_of):
    with Wire(answer(b'{"id": 2}')) as wire, pytest.raises(UnreadableAnswer):
        client_of(wire.url).get_agent(1)
    assert wire.targets == ["/api/v1/agents/1"]


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'{"items": {}}'])
def test_what_is_no_page_of_addresses_is_unreadable(body, client_of):
    with Wire(answer(body)) as wire, pytest.raises(UnreadableAnswer):
        client_of(wire.url).list_channel_targets()


def test_a_campaign_comes_with_its_agent_and_its_rules(client, agents):
    rules = {"days": {"sat": {"active": False}}, "dates": {"2026-12-24": {"daily_end_time": "12:00:00"}}}
    more = {"agent_id": 1, "outreach_override_rules": rules, "max_daily_calls": 2500, "active_days": ["mon"]}
    campaign = client.get_campaign(agents.store.add_campaign(more=more))
    assert (campaign.agent_id, campaign.max_daily_calls, campaign.active_days) == (1, 2500, ("mon",))
    assert campaign.outreach_override_rules.days["sat"].active is False
    assert campaign.outreach_override_rules.dates["2026-12-24"].daily_end_time == "12:00:00"
    assert (campaign.timezone, campaign.rate) == (None, None)
