"""The page of one batch: its facts, its form, its history."""

import pytest
from django.urls import reverse

from batches.services.changes.update import batch_pause
from sandbox import faults
from tests.conftest import member_of
from tests.html import attributes, outcomes

pytestmark = pytest.mark.django_db

ID = "20261123.9"
SILENCE = faults.hang()


@pytest.fixture
def batch(sandbox):
    campaign_id = sandbox.store.add_campaign(campaign_name="Spring <b>reminders</b>")
    sandbox.store.add_batch(ID, campaign_id=campaign_id, status="ACTIVE", requests=12)
    return sandbox


def address(batch_id=ID):
    return reverse("batches:batch", args=[batch_id])


def page(client, batch_id=ID, **query):
    return client.get(address(batch_id), query)


def test_an_anonymous_visitor_is_sent_to_the_login(client, batch):
    assert page(client).url.startswith("/accounts/login/")


def test_somebody_without_a_role_is_refused(client, batch, nobody):
    client.force_login(nobody)
    assert page(client).status_code == 403
    assert not batch.requests


def test_it_shows_the_facts_and_the_bar(client, batch, viewer):
    client.force_login(viewer)
    html = page(client).content.decode()
    assert "Spring &lt;b&gt;reminders&lt;/b&gt;" in html
    assert "<b>reminders" not in html
    assert 'aria-label="PENDING 12"' in html


@pytest.mark.parametrize(
    ("status", "label"),
    [("ACTIVE", "Expires"), ("EXPIRED", "Expired"), ("CANCELED", "Expiry"), ("FAILED", "Expiry")],
)
def test_what_is_over_is_not_said_to_expire(client, batch, viewer, status, label):
    batch.store.change_batch(ID, status=status, expires_on="2026-11-20T10:00:00+00:00")
    client.force_login(viewer)
    assert f"<dt>{label}</dt>" in page(client).content.decode()


def test_a_viewer_gets_no_form_and_no_buttons(client, batch, viewer):
    client.force_login(viewer)
    response = page(client)
    assert "Your role lets you see batches" in response.content.decode()
    assert response.context["form"] is None
    assert "/pause/" not in response.content.decode()


def test_an_operator_without_an_email_is_told_why_there_is_no_form(client, batch):
    client.force_login(member_of("Operators", None))
    html = page(client).content.decode()
    assert "no email address" in html
    assert "/pause/" not in html


def test_an_operator_gets_the_form_with_the_impossible_statuses_disabled_and_why(client, batch, operator):
    client.force_login(operator)
    html = page(client).content.decode()
    assert '<option value="ACTIVE" selected>ACTIVE</option>' in html
    assert '<option value="IDLE" disabled>IDLE (only Syllable sets this)</option>' in html
    assert "Time zone: UTC" in html


@pytest.mark.parametrize(("status", "button"), [("ACTIVE", "pause"), ("PENDING", "pause"), ("PAUSED", "resume")])
def test_it_offers_one_click_for_what_the_status_allows(client, batch, operator, status, button):
    batch.store.change_batch(ID, status=status)
    client.force_login(operator)
    assert f"/{button}/" in page(client).content.decode()


def test_a_canceled_batch_has_no_form(client, batch, operator):
    batch.store.change_batch(ID, status="CANCELED", deleted_reason="Wrong <i>list</i>")
    client.force_login(operator)
    html = page(client).content.decode()
    assert "Canceling is final" in html
    assert "Wrong &lt;i&gt;list&lt;/i&gt;" in html


def test_the_history_is_there(client, batch, operator):
    batch_pause(batch_id=ID, actor=operator)
    client.force_login(operator)
    html = page(client).content.decode()
    assert ">paused</a> this batch" in " ".join(html.split())
    assert "operator@example.com" in html
    assert f"/changes/?batch={ID}" in html


def test_the_history_does_not_say_paused_of_a_pause_that_was_not_taken(client, batch, operator):
    batch.faults.add(faults.answer(400), method="PUT")
    batch_pause(batch_id=ID, actor=operator)
    client.force_login(operator)
    history = page(client).content.decode().split('id="history"')[1]
    assert ">tried to pause</a> this batch" in " ".join(history.split())
    assert ">paused" not in history


def test_it_tells_the_outcome_that_the_address_names(client, batch, operator):
    change = batch_pause(batch_id=ID, actor=operator).change
    client.force_login(operator)
    response = page(client, change=change.pk)
    assert outcomes(response) == ["applied"]
    assert reverse("batches:change_undo", args=[change.pk]) in attributes(response, "form", "action")


@pytest.mark.parametrize("change", ["x", "-1", "9" * 30, "²", "999"])
def test_it_ignores_a_change_that_is_none(client, batch, operator, change):
    client.force_login(operator)
    assert page(client, change=change).context["notice"] is None


def test_it_does_not_tell_the_outcome_of_another_batch(client, batch, operator):
    batch.store.add_batch("other", campaign_id=1, status="ACTIVE")
    change = batch_pause(batch_id="other", actor=operator).change
    client.force_login(operator)
    assert page(client, change=change.pk).context["notice"] is None


def test_odd_data_is_shown_as_it_is(client, batch, operator):
    odd = {"expires_on": "soon", "count": "many", "created_at": None, "status": "THROTTLED", "last_updated_by": None}
    batch.store.add_batch("odd", campaign_id=77, **odd)
    client.force_login(operator)
    html = page(client, "odd").content.decode()
    assert "soon" in html
    assert "many" in html
    assert "THROTTLED" in html
    assert "Campaign 77" in html
    assert "does not know the status THROTTLED. The batch can only be canceled" in html


def test_an_unknown_batch_is_not_found_in_words(client, batch, operator):
    client.force_login(operator)
    response = page(client, "nope")
    assert response.status_code == 404
    assert "does not know this batch" in response.content.decode()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.answer(500), "is not answering"),
        (faults.answer(401), "refused the API key"),
        (faults.html(200), "cannot read"),
        (SILENCE, "did not answer in time"),
        (faults.reset(), "is not answering"),
        (faults.redirect("http://127.0.0.1:9/"), "cannot read"),
    ],
    ids=["500", "401", "html", "timeout", "reset", "redirect"],
)
def test_when_the_api_fails_the_page_says_so_and_keeps_the_history(client, batch, operator, give_up_soon, fault, words):
    batch_pause(batch_id=ID, actor=operator)
    batch.faults.add(fault, method="GET", times=None)
    if fault is SILENCE:
        give_up_soon()
    client.force_login(operator)
    response = page(client)
    html = response.content.decode()
    assert response.status_code == 503
    assert words in html
    assert "Try again" in html
    assert ">paused</a> this batch" in " ".join(html.split())


def test_while_the_page_cannot_be_read_a_pause_can_still_be_tried(client, batch, operator, viewer):
    client.force_login(operator)
    batch.faults.add(faults.answer(500), method="GET", times=None)
    assert "Try to pause" in page(client).content.decode()
    batch.faults.clear()
    client.post(reverse("batches:batch_pause", args=[ID]))
    assert batch.batch(ID)["status"] == "PAUSED"
    batch.faults.add(faults.answer(401), method="GET", times=None)
    assert "Try to pause" not in page(client).content.decode()
    batch.faults.clear()
    batch.faults.add(faults.answer(500), method="GET", times=None)
    client.force_login(viewer)
    assert "Try to pause" not in page(client).content.decode()


@pytest.mark.parametrize("batch_id", ["a/b", "..", "100%", "a b", "a?b#c", "a%2Fb", "<script>", "日本"])
def test_a_batch_of_any_name_has_a_page(client, batch, operator, batch_id):
    batch.store.add_batch(batch_id, campaign_id=1, status="ACTIVE")
    client.force_login(operator)
    response = page(client, batch_id)
    assert response.status_code == 200
    assert response.context["page"].batch.batch_id == batch_id
    assert "<script>" not in response.content.decode().split("<main")[1].split("</main>")[0].replace("<script src", "")


def test_it_costs_two_calls_at_first_and_one_afterwards(client, batch, operator, django_assert_num_queries):
    client.force_login(operator)
    page(client)
    assert len(batch.requests) == 2
    batch.requests.clear()
    with django_assert_num_queries(7):
        page(client)
    assert len(batch.requests) == 1
