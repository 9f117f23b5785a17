"""The pages of a campaign and of a batch say when people are contacted, in both zones."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sandbox import faults
from tests.html import attributes, hidden, in_words, texts

pytestmark = pytest.mark.django_db
BATCH = "20261201.1"
KYIV = ZoneInfo("Europe/Kyiv")
ALWAYS = {"daily_start_time": "00:00:00", "daily_end_time": "23:59:59"}


@pytest.fixture(params=["2025-04", "current"])
def contract(request):
    return request.param


@pytest.fixture
def campaign(sandbox):
    """Return a function that adds a campaign in Kyiv, whatever the contract, with a batch; returns its id."""

    def campaign(status="ACTIVE", zone="Europe/Kyiv", **fields):
        agent_id = sandbox.store.add_agent(timezone=zone)
        sandbox.store.add_target("+15550110", agent_id=agent_id)
        campaign_id = sandbox.store.add_campaign(**{"timezone": zone, "source": "+15550110", **ALWAYS, **fields})
        sandbox.store.add_batch(BATCH, campaign_id=campaign_id, status=status, requests=3)
        return campaign_id

    return campaign


@pytest.fixture
def open_page(client, operator):
    operator.time_zone = "America/New_York"
    operator.save()
    client.force_login(operator)

    def open_page(address, status=200):
        response = client.get(address)
        assert response.status_code == status
        return response.content.decode()

    return open_page


def pages(campaign_id):
    return (f"/campaigns/{campaign_id}/", f"/batches/{BATCH}/")


def state(html):
    [found] = re.findall(r'data-hours="(\w+)"', html)
    return found


def in_kyiv(hours):
    """Return the time of day in Kyiv in so many hours."""
    return (datetime.now(UTC) + timedelta(hours=hours)).astimezone(KYIV).strftime("%H:00:00")


def test_they_say_that_hours_are_open_around_the_clock(campaign, open_page):
    for address in pages(campaign()):
        html = open_page(address)
        assert state(html) == "open"
        assert "Open around the clock." in in_words(html)
        assert 'aria-label="Open all day today in Kyiv"' in html


def test_they_say_until_when_hours_are_open_in_both_zones(campaign, open_page):
    for address in pages(campaign(daily_start_time=in_kyiv(-2), daily_end_time=in_kyiv(3))):
        html = open_page(address)
        assert state(html) == "open"
        assert re.search(r"Open until (\w{3} )?\d\d:00 \(Kyiv\), (\w{3} )?\d\d:00 your time\.", in_words(html))
        assert "Today in Kyiv" in in_words(html)
        assert "Your time" in in_words(html)


def test_they_say_until_when_hours_are_closed(campaign, open_page):
    for address in pages(campaign(daily_start_time=in_kyiv(3), daily_end_time=in_kyiv(5))):
        html = open_page(address)
        assert state(html) == "closed"
        assert re.search(r"Closed until (\w{3} )?\d\d:00 \(Kyiv\)", in_words(html))


@pytest.mark.parametrize("contract", ["2025-04"])
def test_an_idle_batch_says_why(campaign, open_page):
    campaign(status="IDLE", daily_start_time=in_kyiv(3), daily_end_time=in_kyiv(5))
    assert "Idle outside contact hours until" in in_words(open_page(f"/batches/{BATCH}/"))


@pytest.mark.parametrize("status", ["CANCELED", "EXPIRED", "FAILED"])
def test_a_batch_that_has_ended_has_no_contact_hours(campaign, open_page, sandbox, status):
    campaign(status=status)
    assert "data-hours" not in open_page(f"/batches/{BATCH}/")
    assert len(sandbox.requests) == 2


@pytest.mark.parametrize("contract", ["current"])
def test_rules_of_the_campaign_are_kept(campaign, open_page):
    today = datetime.now(UTC).astimezone(KYIV).date()
    days = {str(today + timedelta(days=offset)): {"active": False} for offset in (-1, 0, 1)}
    for address in pages(campaign(more={"outreach_override_rules": {"dates": days}})):
        html = open_page(address)
        assert state(html) == "closed"
        assert "Some days have other hours." in in_words(html)


@pytest.mark.parametrize("fields", [{"daily_start_time": "nine"}, {"daily_end_time": None}, {"zone": "Mars/Olympus"}])
def test_what_cannot_be_read_is_said_not_to_be_known(campaign, open_page, fields):
    for address in pages(campaign(**fields)):
        html = open_page(address)
        assert state(html) == "unknown"
        assert "ot known." in in_words(html)
        assert "hours-strip" not in html


def test_a_zone_that_cannot_be_read_does_not_fail_a_page(campaign, open_page, sandbox, contract):
    sandbox.faults.add(faults.answer(500), path=r"/channels/", times=None)
    for address in pages(campaign()):
        html = open_page(address)
        assert ("Time zone not known." in in_words(html)) is (contract == "current")


@pytest.mark.parametrize("contract", ["current"])
def test_a_batch_waits_for_its_campaign_and_its_zone_together(campaign, open_page, sandbox, monkeypatch):
    """The campaign is known from the list of names, and nothing is left of the time."""
    monkeypatch.setattr("batches.selectors.batch.ZONE_SECONDS", 0)
    sandbox.faults.add(faults.slow(0.5), path=r"/channels/")
    campaign()
    assert "Time zone not known." in in_words(open_page(f"/batches/{BATCH}/"))


def test_a_campaign_that_cannot_be_read_leaves_a_batch_its_page(campaign, open_page, sandbox):
    campaign()
    sandbox.faults.add(faults.answer(500), path=r"/campaigns", times=None)
    assert "data-hours" not in open_page(f"/batches/{BATCH}/")


def test_a_campaign_beyond_those_of_the_list_is_read_by_itself(campaign, open_page, sandbox, monkeypatch):
    monkeypatch.setattr("batches.selectors.campaign_names.MOST_CAMPAIGNS", 1)
    sandbox.store.add_campaign()
    campaign()
    assert state(open_page(f"/batches/{BATCH}/")) == "open"
    sandbox.requests.clear()
    open_page(f"/batches/{BATCH}/")
    assert len(sandbox.requests) == 1


def test_once_the_zone_is_known_no_page_costs_a_call_more(campaign, open_page, sandbox, contract):
    campaign_id = campaign()
    for address, cost in zip(pages(campaign_id), (2, 1), strict=True):
        open_page(address)
        sandbox.requests.clear()
        open_page(address)
        assert len(sandbox.requests) == cost


def test_the_zone_costs_two_calls_under_current_and_none_before(campaign, open_page, sandbox, contract):
    campaign()
    open_page(f"/batches/{BATCH}/")
    others = [request.path for request in sandbox.requests if "/outbound/" not in request.path]
    assert len(others) == (2 if contract == "current" else 0)
    assert len(sandbox.requests) == 2 + len(others)


def test_the_strip_has_no_style_of_its_own(campaign, open_page):
    html = open_page(f"/campaigns/{campaign()}/")
    assert "style=" not in html.split("<main")[1]
    assert attributes(html, ".hours-strip", "role") == ["img"]


# The picker ----------------------------------------------------------------------------------------------------------

EXPIRY = "2027-01-15T17:00:00+00:00"
THERE = "[data-expiry-there]"


def test_the_picker_shows_the_zone_of_the_campaign_and_the_expiry_there(campaign, open_page, sandbox):
    campaign()
    sandbox.store.change_batch(BATCH, expires_on=EXPIRY)
    html = open_page(f"/batches/{BATCH}/")
    assert "Time zone: America/New_York" in in_words(html)
    assert texts(html, THERE) == ["Time zone of the campaign: Europe/Kyiv. The expiry there: 2027-01-15 19:00"]
    assert attributes(html, THERE, "data-zone") == ["America/New_York"]


def test_a_form_with_a_problem_still_shows_both(campaign, open_page, client, sandbox):
    campaign()
    sandbox.store.change_batch(BATCH, expires_on=EXPIRY)
    fields = hidden(open_page(f"/batches/{BATCH}/"))
    sandbox.requests.clear()
    typed = {**fields, "status": "ACTIVE", "expires_on": "2020-01-01T08:00"}
    response = client.post(f"/batches/{BATCH}/edit/", typed)
    assert response.status_code == 422
    assert texts(response, THERE) == ["Time zone of the campaign: Europe/Kyiv. The expiry there: 2020-01-01 15:00"]
    # The page is that of the batch, with its facts.
    assert [request.path.rpartition("/")[2] for request in sandbox.requests] == [BATCH]


def test_without_an_expiry_only_the_zone_is_shown(campaign, open_page, sandbox):
    campaign()
    sandbox.store.change_batch(BATCH, expires_on=None)
    html = open_page(f"/batches/{BATCH}/")
    assert texts(html, f"{THERE} span[hidden] output") == [""]


@pytest.mark.parametrize("zone", ["America/New_York", "America/Toronto", "Mars/Olympus"])
def test_one_zone_is_enough_where_the_other_is_the_same_or_not_known(campaign, open_page, zone):
    campaign(zone=zone)
    assert "data-expiry-there" not in open_page(f"/batches/{BATCH}/")


def test_both_zones_are_shown_where_they_are_the_same_for_a_part_of_the_year(campaign, open_page, sandbox, operator):
    operator.time_zone = "America/Denver"
    operator.save()
    campaign(zone="America/Phoenix")
    sandbox.store.change_batch(BATCH, expires_on="2027-01-15T17:00:00+00:00")
    winter = texts(open_page(f"/batches/{BATCH}/"), THERE)
    sandbox.store.change_batch(BATCH, expires_on="2027-07-15T17:00:00+00:00")
    summer = texts(open_page(f"/batches/{BATCH}/"), THERE)
    assert winter == ["Time zone of the campaign: America/Phoenix. The expiry there: 2027-01-15 10:00"]
    assert summer == ["Time zone of the campaign: America/Phoenix. The expiry there: 2027-07-15 10:00"]


def test_the_expiry_of_a_whole_campaign_is_picked_with_both_zones(campaign, open_page, client):
    campaign_id = campaign()
    open_page(f"/batches/{BATCH}/")
    asked = {"kind": "expiry", "scope": "campaign", "campaign": str(campaign_id)}
    html = client.post("/operations/", asked)
    assert texts(html, THERE)[0].startswith("Time zone of the campaign: Europe/Kyiv")
    again = client.post("/operations/", asked | {"confirm": "1", "expires_on": "2020-01-01T08:00"})
    assert again.status_code == 422
    assert texts(again, THERE) == ["Time zone of the campaign: Europe/Kyiv. The expiry there: 2020-01-01 15:00"]


def test_a_pause_waits_for_no_zone(campaign, open_page, client, sandbox):
    campaign_id = campaign()
    open_page("/operations/")
    client.post("/operations/", {"kind": "pause", "scope": "campaign", "campaign": str(campaign_id)})
    assert not [request.path for request in sandbox.requests if "/outbound/" not in request.path]


def test_a_resume_says_that_nobody_should_be_contacted_now(campaign, open_page, client):
    campaign_id = campaign(status="PAUSED", daily_start_time=in_kyiv(3), daily_end_time=in_kyiv(5))
    open_page("/operations/")
    asked = {"kind": "resume", "scope": "selection", "batch": [BATCH], "list": f"campaign={campaign_id}"}
    words = in_words(client.post("/operations/", asked))
    assert "Contact hours are closed until" in words
    assert "Nobody should be contacted before." in words
