"""A batch that the API gives and does not take back as it is: it can be paused all the same, in every way there is."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from batches.models import Change, Kind, Outcome, TargetScope
from batches.services.changes.reconcile import change_settle
from batches.services.changes.update import batch_pause, batch_resume
from sandbox import faults
from syllable.schemas import BatchStatus
from tests.batches.services.factories import carried_out, start, totals
from tests.batches.views.edit_page import EditPage
from tests.html import outcomes

pytestmark = pytest.mark.django_db

ID = "20261123.9"
SOON = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
GIVEN = {
    "a call rate of 0": {"expires_on": SOON, "more": {"call_rate": 0}},
    "a call rate past the highest": {"expires_on": SOON, "more": {"call_rate": 9000}},
    "a call rate in words": {"expires_on": SOON, "more": {"call_rate": "fast"}},
    "an automatic rate without an expiry": {"more": {"auto_call_rate": True}},
    "an expiry in words": {"expires_on": "soon"},
    "an expiry that is an object": {"extra": {"expires_on": {"on": "Sunday"}}},
    "all of it": {"expires_on": "soon", "more": {"call_rate": 0, "auto_call_rate": True}},
}
REFUSED = ["an automatic rate without an expiry", "an expiry in words", "an expiry that is an object", "all of it"]
WAYS = {
    "form": lambda client: EditPage(client, ID).confirm(status="PAUSED"),
    "one click": lambda client: client.post(reverse("batches:batch_pause", args=[ID])),
}


@pytest.fixture
def contract():
    return "current"


@pytest.fixture
def given():
    """Return what the API says of the batch: one of GIVEN, by its name."""
    return "an expiry in words"


@pytest.fixture
def batch(sandbox, given):
    sandbox.store.add_batch(ID, status="ACTIVE", last_worked_on="2026-01-01T00:00:00Z", **GIVEN[given])
    return sandbox


@pytest.fixture
def visitor(client, batch, operator):
    client.force_login(operator)
    return client


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("given", GIVEN)
def test_it_is_paused_and_keeps_all_the_rest(visitor, batch, given, way):
    before = batch.batch(ID)
    response = WAYS[way](visitor)
    assert response.status_code == 302
    after = batch.batch(ID)
    assert (after["status"], Change.objects.get().outcome) == ("PAUSED", Outcome.APPLIED)
    kept = ("expires_on", "call_rate", "auto_call_rate")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert outcomes(visitor.get(response.url)) == ["applied"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scope", [TargetScope.ALL, TargetScope.CAMPAIGN, TargetScope.SELECTION])
def test_an_operation_pauses_every_one_of_them(sandbox, operator, scope):
    for given in GIVEN:
        sandbox.store.add_batch(given, campaign_id=7, status="ACTIVE", **GIVEN[given])
    target = {"batch_ids": tuple(GIVEN)} if scope == TargetScope.SELECTION else {}
    operation = carried_out(start(Kind.PAUSE, operator, scope=scope, **target))
    assert totals(operation) == {"done": len(GIVEN)}
    assert {sandbox.batch(given)["status"] for given in GIVEN} == {"PAUSED"}
    told = operation.items.get(batch_id="an expiry in words").detail
    assert "Only the pause was sent" in told


@pytest.mark.parametrize("given", REFUSED)
def test_the_pause_is_sent_alone_after_the_refusal_and_read_back(visitor, batch, operator, given):
    change = batch_pause(batch_id=ID, actor=operator).change
    assert [request.method for request in batch.requests] == ["GET", "PUT", "PUT", "GET"]
    refused, taken = batch.requests.of("PUT")
    assert set(refused.body) == {"paused", "expires_on"}
    assert taken.body == {"paused": True}
    assert "Only the pause was sent" in change.detail
    assert "expiry" not in change.detail.partition("sent alone")[2]
    assert "Only the pause was sent" in text(visitor.get(reverse("batches:batch", args=[ID]), {"change": change.pk}))


@pytest.mark.parametrize("now", ["2040-05-06T07:08:09Z", None])
def test_an_expiry_that_changed_with_it_is_told(visitor, batch, operator, now):
    batch.after(lambda request: batch.store.change_batch(ID, expires_on=now), method="PUT", skip=1)
    change = batch_pause(batch_id=ID, actor=operator).change
    assert change.outcome == Outcome.APPLIED
    assert f"The expiry changed too, from soon to {now or 'none'}." in change.detail
    for page in (reverse("batches:change", args=[change.pk]), reverse("batches:batch", args=[ID])):
        assert change.detail in text(visitor.get(page))


def test_what_was_not_confirmed_then_tells_of_the_expiry_too(batch, operator):
    """The answers to the pause alone are lost, and so is every read-back: the change is settled later."""
    batch.faults.add(faults.reset(applied=True), method="PUT", skip=1, times=None)
    batch.faults.add(faults.answer(503), method="GET", skip=1, times=None)
    change = batch_pause(batch_id=ID, actor=operator).change
    assert change.outcome == Outcome.UNCONFIRMED
    batch.faults.clear()
    batch.store.change_batch(ID, expires_on=None)
    change = change_settle(change)
    assert change.outcome == Outcome.APPLIED
    assert "The expiry changed too, from soon to none." in change.detail


def test_a_pause_that_was_taken_alone_is_confirmed_by_the_answer_where_nothing_else_can_be_read(batch, operator):
    batch.faults.add(faults.answer(503), method="GET", skip=1, times=None)
    assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED


def test_a_pause_alone_that_does_not_show_when_read_is_not_confirmed(batch, operator):
    """The answer says that it is paused, and the batch that it is not."""
    batch.after(lambda request: batch.store.change_batch(ID, status="ACTIVE"), method="PUT", times=None)
    change = batch_pause(batch_id=ID, actor=operator).change
    assert change.outcome == Outcome.UNCONFIRMED


def test_a_pause_that_is_refused_alone_as_well_is_rejected(batch, operator):
    batch.faults.add(faults.answer(409, {"detail": "The batch is locked"}), method="PUT", skip=1)
    change = batch_pause(batch_id=ID, actor=operator).change
    assert change.outcome == Outcome.REJECTED
    assert "The batch is locked" in change.detail


@pytest.mark.parametrize("fault", [lambda: faults.reset(applied=True), lambda: faults.answer(429), faults.ignore])
def test_what_goes_wrong_with_the_pause_alone_goes_on_like_any_write(batch, operator, fault):
    batch.faults.add(fault(), method="PUT", skip=1)
    assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
    assert batch.batch(ID)["status"] == "PAUSED"


def test_no_other_edit_is_cut_down(visitor, batch, operator):
    batch.store.change_batch(ID, status="PAUSED")
    assert batch_resume(batch_id=ID, actor=operator).outcome == Outcome.REJECTED
    assert EditPage(visitor, ID).confirm(call_rate="60").status_code == 422
    assert [set(request.body) for request in batch.requests.of("PUT")] == [
        {"paused", "expires_on"},
        {"paused", "expires_on", "call_rate"},
    ]
    assert batch.batch(ID)["status"] == BatchStatus.PAUSED


def test_a_pause_with_another_edit_is_not_cut_down(visitor, batch):
    assert EditPage(visitor, ID).confirm(status="PAUSED", call_rate="60").status_code == 422
    assert [request.body.get("call_rate") for request in batch.requests.of("PUT")] == [60]
    assert batch.batch(ID)["status"] == "ACTIVE"


def test_a_refusal_that_is_no_422_is_the_end(batch, operator):
    batch.faults.add(faults.answer(409), method="PUT")
    assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.REJECTED
    assert len(batch.requests.of("PUT")) == 1


@pytest.mark.parametrize("given", ["a call rate of 0", "a call rate past the highest", "a call rate in words"])
def test_a_rate_that_nobody_edits_is_not_sent(batch, operator, given):
    assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
    [put] = batch.requests.of("PUT")
    assert put.body == {"paused": True, "expires_on": SOON}


@pytest.mark.parametrize("given", ["a call rate of 0", "a call rate in words"])
def test_a_rate_that_the_form_cannot_say_is_untouched_unless_it_is_typed(visitor, batch, given):
    page = EditPage(visitor, ID)
    assert [step.field for step in page.post(status="PAUSED").context["steps"]] == ["status"]
    assert [step.field for step in page.post(call_rate="60").context["steps"]] == ["call_rate"]


class TestTheWholeBatch:
    """Where the whole batch goes back there is no asking for less: what was refused is told by its name."""

    @pytest.fixture
    def contract(self):
        return "2025-04"

    @pytest.mark.parametrize("way", WAYS)
    def test_the_pause_is_rejected_and_the_field_is_named(self, visitor, batch, way):
        batch.store.change_batch(ID, count="many")
        response = WAYS[way](visitor)
        page = visitor.get(response.url) if response.status_code == 302 else response
        assert outcomes(page) == ["rejected"]
        assert "Syllable said: count: Input should be a valid integer" in text(page)
        assert batch.batch(ID)["status"] == "ACTIVE"
        assert len(batch.requests.of("PUT")) == 1
