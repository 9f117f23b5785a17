"""The page of one campaign: its facts, its first batches with their buttons, its history."""

import re
from urllib.parse import quote

import pytest
from django.core.cache import caches
from django.urls import reverse

from batches.models import Change, Kind
from batches.services.changes.update import batch_pause
from sandbox import faults
from syllable.schemas import BatchEdit
from tests.batches.services.factories import start
from tests.batches.views.list_page import DASH, link, shown, tabs
from tests.html import attributes, in_words, outcomes

pytestmark = pytest.mark.django_db

SILENCE = faults.hang()
MARK = "Last read at"


@pytest.fixture
def campaign(sandbox):
    """Return the id of a campaign with an active, a paused and a canceled batch; another campaign has one too."""
    campaign_id = sandbox.store.add_campaign(
        campaign_name="Flu shots",
        daily_start_time="09:00:00",
        daily_end_time="17:00:00",
        timezone="America/Chicago",
        source="+15550121",
        rate=30,
        more={"description": "Invites <b>everyone</b>.", "mode": "voice", "retry_count": 2, "retry_interval": "30m"},
    )
    for status in ("ACTIVE", "PAUSED", "CANCELED"):
        sandbox.store.add_batch(f"{status}.1", campaign_id=campaign_id, status=status)
    sandbox.store.add_batch("other.1", campaign_id=sandbox.store.add_campaign(), status="ACTIVE")
    return campaign_id


@pytest.fixture
def open_page(client, operator, sandbox):
    """Open the page of a campaign as an operator and return the response."""
    client.force_login(operator)
    return lambda campaign_id, **options: client.get(address(campaign_id), **options)


def address(campaign_id):
    return reverse("batches:campaign", args=[campaign_id])


def text(response):
    return response.content.decode()


def requests_for(sandbox, pattern):
    return [request for request in sandbox.requests if re.search(pattern, request.path)]


# Who ---------------------------------------------------------------------------------------------------------------


def test_an_anonymous_visitor_is_sent_to_the_login(client, campaign, sandbox):
    assert client.get(address(campaign)).url.startswith("/accounts/login/")
    assert not sandbox.requests


def test_somebody_without_a_role_is_refused(client, campaign, nobody, sandbox):
    client.force_login(nobody)

    assert client.get(address(campaign)).status_code == 403
    assert not sandbox.requests


def test_it_is_only_read(client, campaign, operator):
    client.force_login(operator)

    assert client.post(address(campaign)).status_code == 405


def test_a_viewer_gets_no_buttons(client, campaign, viewer):
    client.force_login(viewer)

    html = text(client.get(address(campaign)))

    assert shown(html) == ["PAUSED.1", "CANCELED.1", "ACTIVE.1"]
    assert "<button id=" not in html


# What --------------------------------------------------------------------------------------------------------------


def test_it_shows_the_facts(open_page, campaign):
    words = in_words(text(open_page(campaign)))

    assert "Invites <b>everyone</b>." in words
    assert f"Contact hours 09:00{DASH}17:00 America/Chicago" in words
    assert "Source +15550121 Rate 30 per minute Retries 2, after 30m" in words


@pytest.mark.parametrize("contract", ["current"])
def test_it_shows_the_facts_as_far_as_the_contract_tells_them(open_page, campaign):
    words = in_words(text(open_page(campaign)))

    assert "Contact hours 09:00 to 17:00. Time zone not known. Mode voice Source +15550121 Rate 1800 per hour" in words
    assert shown(text(open_page(campaign))) == ["PAUSED.1", "CANCELED.1", "ACTIVE.1"]


def test_its_batches_are_counted_by_status_and_lead_to_the_list(open_page, campaign):
    html = text(open_page(campaign))

    assert tabs(html)["All"] == "3"
    assert tabs(html)["PAUSED"] == "1"
    assert link(html, "tab-1") == {"campaign": str(campaign)}
    assert link(html, "tab-4") == {"campaign": str(campaign), "status": "PAUSED"}
    assert f'<a href="/batches/?campaign={campaign}">' in html


def test_it_shows_the_first_batches_and_the_way_to_the_others(open_page, campaign, sandbox):
    for number in range(30):
        sandbox.store.add_batch(f"more.{number:02}", campaign_id=campaign)

    html = text(open_page(campaign))

    assert len(shown(html)) == 25
    assert link(html, "page-next") == {"campaign": str(campaign), "page": "2"}


def test_a_click_comes_back_to_it_and_is_told_there(client, open_page, campaign, sandbox):
    html = text(open_page(campaign))
    assert f'<input type="hidden" name="next" value="{address(campaign)}">' in html

    response = client.post("/batches/ACTIVE.1/pause/", {"next": address(campaign)}, follow=True)

    assert response.redirect_chain[0][0].startswith(f"{address(campaign)}?change=")
    assert outcomes(response) == ["applied"]
    assert 'id="resume-ACTIVE.1"' in text(response)


def test_the_table_refreshes_itself_without_the_rest(open_page, campaign, sandbox):
    assert f'hx-get="{address(campaign)}"' in text(open_page(campaign))
    sandbox.store.change_batch("ACTIVE.1", status="PAUSED")
    sandbox.requests.clear()

    html = text(open_page(campaign, headers={"HX-Request": "true"}))

    assert html.lstrip().startswith('<div id="batch-list"')
    assert 'id="resume-ACTIVE.1"' in html
    assert f'<input type="hidden" name="next" value="{address(campaign)}">' in html
    assert not requests_for(sandbox, "/campaigns")


def test_a_campaign_without_batches_says_so(open_page, sandbox):
    campaign = sandbox.store.add_campaign(campaign_name="Fresh")

    words = in_words(text(open_page(campaign)))

    assert "This campaign has no batches" in words
    assert "Clear filters" not in words


def test_its_history_is_that_of_its_batches(open_page, campaign, operator, sandbox):
    batch_pause(batch_id="ACTIVE.1", actor=operator)
    batch_pause(batch_id="other.1", actor=operator)

    history = in_words(text(open_page(campaign)).split('id="history"')[1])

    assert "operator@example.com paused ACTIVE.1 Status: ACTIVE to PAUSED Applied" in history
    assert f"/changes/?campaign={campaign}" in text(open_page(campaign))
    assert "other.1" not in history


def test_without_changes_the_history_says_so(open_page, campaign):
    assert "Nobody has changed batches of this campaign from this dashboard." in text(open_page(campaign))


# From elsewhere ----------------------------------------------------------------------------------------------------


def test_the_page_of_a_batch_leads_to_its_campaign(client, operator, campaign):
    client.force_login(operator)

    assert f'<a href="{address(campaign)}">Flu shots</a>' in text(client.get("/batches/ACTIVE.1/"))


def test_a_list_of_one_campaign_leads_to_it(client, operator, campaign):
    client.force_login(operator)

    assert f'<a href="{address(campaign)}">Open campaign</a>' in text(client.get("/batches/", {"campaign": campaign}))
    assert "Open campaign" not in text(client.get("/batches/"))


# Odd ---------------------------------------------------------------------------------------------------------------


def test_a_campaign_that_was_deleted_is_there_by_its_number(open_page, campaign, sandbox):
    sandbox.store.remove_campaign(campaign)

    response = open_page(campaign)

    words = in_words(text(response))
    assert response.status_code == 200
    assert f"Campaign {campaign} Pause…" in words
    assert "The campaign could not be read" in words
    assert "Syllable does not know this batch or campaign." in words
    assert shown(text(response)) == ["PAUSED.1", "CANCELED.1", "ACTIVE.1"]


def test_a_campaign_that_nobody_knows_is_not_found_in_words(open_page, sandbox):
    response = open_page(77)

    assert response.status_code == 404
    assert "Syllable does not know this batch or campaign." in in_words(text(response))
    assert 'id="batch-list"' not in text(response)


@pytest.mark.parametrize("campaign_id", ["a/b", "..", "100%", "a?b#c", "-7", "9" * 30, "日本", "<script>alert(1)"])
def test_a_campaign_of_any_id_has_a_page(open_page, sandbox, campaign_id):
    sandbox.store.add_batch("b", extra={"campaign_id": campaign_id}, campaign_id=campaign_id, status="ACTIVE")
    facts = {"id": campaign_id, "campaign_name": "Odd one", "daily_start_time": None, "rate": "fast", "retry_count": []}
    sandbox.faults.add(faults.answer(200, facts), path=r"/campaigns/", times=None)

    response = open_page(campaign_id)

    assert response.status_code == 200
    words = in_words(text(response))
    assert "Odd one" in words
    assert "Contact hours Not known." in words
    assert "fast per minute" in words
    assert shown(text(response)) == ["b"]
    assert f"/batches/?campaign={quote(campaign_id, safe='')}" in attributes(response, "a", "href")
    assert "<script>alert" not in text(response)


def test_a_list_of_a_campaign_with_an_odd_id_is_a_list_too(client, operator, sandbox):
    sandbox.store.add_batch("b", campaign_id="odd one", status="ACTIVE")
    sandbox.store.add_batch("other", status="ACTIVE")
    client.force_login(operator)

    assert shown(text(client.get("/batches/", {"campaign": "odd one"}))) == ["b"]


# Failures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (faults.answer(401), "Syllable refused the API key"),
        (
            faults.answer(422, {"detail": [{"loc": ["path", "id"], "msg": "too odd", "type": "x"}]}),
            "refused the values",
        ),
        (faults.answer(500), "Syllable is not answering"),
        (faults.html(200), "This dashboard cannot read Syllable's answer"),
        (SILENCE, "Syllable did not answer in time"),
    ],
    ids=["401", "422", "500", "html", "timeout"],
)
def test_when_the_api_fails_the_page_says_so_and_keeps_the_history(
    open_page, campaign, operator, sandbox, give_up_soon, fault, sentence
):
    batch_pause(batch_id="ACTIVE.1", actor=operator)
    sandbox.faults.add(fault, times=None)
    if fault is SILENCE:
        give_up_soon()

    response = open_page(campaign)

    assert response.status_code == 503
    assert sentence in in_words(text(response))
    assert "Try again" in text(response)
    assert "paused ACTIVE.1" in in_words(text(response))


def test_without_its_facts_its_batches_are_there(open_page, campaign, sandbox):
    sandbox.faults.add(faults.answer(500), path=r"/campaigns/", times=None)

    response = open_page(campaign)

    assert response.status_code == 200
    words = in_words(text(response))
    assert "Flu shots Pause…" in words
    assert "The campaign could not be read Syllable is not answering." in words
    assert 'id="pause-ACTIVE.1"' in text(response)


def test_without_its_batches_its_facts_are_there(open_page, campaign, sandbox):
    sandbox.faults.add(faults.answer(500), path=r"/batches$", times=None)

    response = open_page(campaign)

    assert response.status_code == 503
    words = in_words(text(response))
    assert "Rate 30 per minute" in words
    assert "The batches could not be read" in words


def test_while_syllable_does_not_answer_it_is_what_was_last_seen(open_page, campaign, sandbox, give_up_soon):
    open_page(campaign)
    caches["local"].clear()
    sandbox.faults.add(faults.hang(), times=None)
    give_up_soon()

    response = open_page(campaign)

    words = in_words(text(response))
    assert response.status_code == 200
    assert re.search(r"Last read at \d\d:\d\d:\d\d , now", words)
    assert "Rate 30 per minute" in words
    assert MARK in words
    assert shown(text(response)) == ["PAUSED.1", "CANCELED.1", "ACTIVE.1"]
    assert "<button id=" not in text(response)


def test_a_definite_refusal_is_never_covered_up(open_page, campaign, sandbox):
    open_page(campaign)
    sandbox.faults.add(faults.answer(401), times=None)

    response = open_page(campaign)

    assert response.status_code == 503
    assert MARK not in text(response)
    assert "These facts were seen" not in text(response)


def test_a_refresh_that_fails_gives_the_reason_alone(open_page, campaign, sandbox):
    sandbox.faults.add(faults.answer(401), times=None)

    response = open_page(campaign, headers={"HX-Request": "true"})

    assert response.status_code == 503
    assert text(response).startswith("Syllable refused the API key.")


# Cost --------------------------------------------------------------------------------------------------------------


def test_it_costs_the_campaign_and_what_a_list_costs(open_page, campaign, sandbox, django_assert_num_queries):
    open_page(campaign)
    assert len(requests_for(sandbox, r"/campaigns/")) == 1
    assert len(requests_for(sandbox, r"/campaigns$")) == 1
    assert len(requests_for(sandbox, r"/batches$")) == 7

    sandbox.requests.clear()
    with django_assert_num_queries(9):
        open_page(campaign)
    assert len(requests_for(sandbox, r"/campaigns/")) == 1
    assert len(sandbox.requests) == 2


def test_its_history_is_the_newest_of_many(open_page, campaign, operator, sandbox):
    change = batch_pause(batch_id="ACTIVE.1", actor=operator).change
    Change.objects.bulk_create(
        Change(
            batch_id=f"b{number}",
            campaign_id=campaign,
            outcome="applied",
            edit=BatchEdit(),
            deadline_at=change.deadline_at,
        )
        for number in range(30)
    )

    history = text(open_page(campaign)).split('id="history"')[1]

    assert history.count('<li class="entry"') == 20
    assert "b29" in history
    assert "ACTIVE.1" not in history


# Operations --------------------------------------------------------------------------------------------------------


def test_it_offers_what_can_be_done_to_all_its_batches_to_those_who_may(open_page, campaign, viewer, client):
    html = text(open_page(campaign))
    assert f'<input type="hidden" name="campaign" value="{campaign}">' in html
    assert 'name="scope" value="campaign"' in html

    client.force_login(viewer)
    assert 'name="scope" value="campaign"' not in text(client.get(address(campaign)))


def test_they_are_offered_while_the_api_is_down(open_page, campaign, sandbox):
    sandbox.faults.add(faults.answer(503), times=None)
    assert 'name="scope" value="campaign"' in text(open_page(campaign))


def test_a_campaign_that_no_operation_can_name_offers_none(open_page, sandbox):
    sandbox.store.add_batch("odd", campaign_id="spring", status="ACTIVE")
    assert 'name="scope" value="campaign"' not in text(open_page("spring"))


def test_it_lists_its_operations(open_page, campaign, operator):
    operation = start(Kind.PAUSE, operator, campaign_id=campaign, campaign_name="Flu shots")
    start(Kind.PAUSE, operator, campaign_id=campaign + 50)
    html = text(open_page(campaign))
    assert html.count(f'<a href="/operations/{operation.pk}/">Pause campaign Flu shots</a>') == 1
    assert "Waiting for a worker." in html
