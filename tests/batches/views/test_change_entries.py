"""What the trail says of a change: one entry when it ends, one more when a later look settles it."""

import pytest
from django.db import DatabaseError
from django.urls import reverse

from batches.models import Change, Kind, Outcome
from batches.services.changes import audit
from batches.services.changes.reconcile import changes_settle
from batches.services.changes.steps import MOST_LOOKS
from sandbox import faults
from tests.batches.services.factories import carried_out, start
from tests.batches.services.looks import make_due, take_every_look
from tests.batches.views.edit_page import EditPage
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db

ID = "20261123.9"
ADDRESS = "192.0.2.7"


@pytest.fixture
def batch(sandbox):
    campaign_id = sandbox.store.add_campaign(campaign_name="Reminders")
    sandbox.store.add_batch(ID, campaign_id=campaign_id, status="ACTIVE", expires_on="2036-01-01T00:00:00Z")
    return sandbox


@pytest.fixture
def page(client, operator, batch):
    client.force_login(operator)
    return client


def click(client, action="pause", **posted):
    return client.post(reverse(f"batches:batch_{action}", args=[ID]), posted, REMOTE_ADDR=ADDRESS)


def entries():
    return list(Entry.objects.exclude(change_id=None).order_by("pk"))


def actions():
    return [(entry.action, entry.outcome) for entry in entries()]


def the_entry():
    [entry] = entries()
    return entry


def test_an_applied_pause_says_who_did_what_to_which_batch_from_where_and_with_which_outcome(page, batch, operator):
    response = click(page)

    change, entry = Change.objects.get(), the_entry()
    assert (entry.action, entry.kind, entry.is_undo) == (Action.CHANGE_ENDED, "pause", False)
    assert (entry.actor_id, entry.actor_email) == (operator.pk, "operator@example.com")
    assert (entry.batch_id, entry.campaign_id, entry.change_id) == (ID, change.campaign_id, change.pk)
    assert (entry.outcome, entry.origin, entry.operation_id) == ("applied", "click", None)
    assert (entry.address, entry.request_id) == (ADDRESS, response.headers["X-Request-ID"])
    assert (change.address, change.web_request_id) == (entry.address, entry.request_id)
    assert entry.body["syllable_request_id"] == batch.requests.of("PUT")[0].headers["X-Request-ID"]
    assert entry.body["edit"] == {"status": "PAUSED"}
    assert (entry.body["before"]["status"], entry.body["after"]["status"]) == ("ACTIVE", "PAUSED")
    assert entry.body["before"]["expires_on"] == "2036-01-01T00:00:00Z"
    assert entry.body["seen"]["status"] == "PAUSED"
    assert entry.body["is_settled"]


def test_each_call_of_the_road_is_kept_with_its_time_and_status(page, batch):
    batch.faults.add(faults.answer(503, applied=True), method="PUT")
    click(page)

    steps = the_entry().body["steps"]
    assert [(step["step"], step["method"], step["status"]) for step in steps] == [
        ("read", "GET", 200),
        ("write", "PUT", 503),
        ("read_back", "GET", 200),
    ]
    assert [step["error"] for step in steps] == ["", "SyllableUnavailable", ""]
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    assert Change.objects.get().steps == steps


def test_a_call_without_an_answer_has_no_status(page, batch):
    batch.faults.add(faults.reset(), method="PUT", times=None)
    click(page)
    writes = [step for step in the_entry().body["steps"] if step["step"] == "write"]
    assert [step["status"] for step in writes] == [None] * 3


def test_a_campaign_is_named_as_it_was_called_then_if_that_is_known_without_a_call(page, batch):
    page.get("/batches/")
    batch.requests.clear()
    click(page)
    assert the_entry().campaign_name == "Reminders"
    assert [request.method for request in batch.requests] == ["GET", "PUT"]


def test_a_campaign_whose_name_nobody_read_has_none(page):
    click(page)
    assert the_entry().campaign_name == ""


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ({"status": "CANCELED", "deleted_reason": "wrong list"}, "cancel"),
        ({"expires_on": "2037-01-01T00:00"}, "expiry"),
        ({"status": "PAUSED", "expires_on": "2037-01-01T00:00"}, "pause"),
    ],
)
def test_its_kind_is_what_the_edit_does_first(page, typed, kind):
    EditPage(page, ID).confirm(**typed)
    entry = the_entry()
    assert (entry.kind, entry.origin, entry.outcome) == (kind, "form", "applied")
    assert entry.reason == typed.get("deleted_reason", "")
    assert entry.body["edit"].keys() == typed.keys()


def test_what_did_not_apply_has_its_entry_too(page, batch):
    batch.store.change_batch(ID, status="PAUSED")
    click(page)
    assert actions() == [("change_ended", "unchanged")]

    form = EditPage(page, ID)
    batch.store.change_batch(ID, expires_on="2036-05-05T00:00:00Z")
    form.confirm(expires_on="2037-01-01T00:00")
    assert actions()[1:] == [("change_ended", "conflict")]

    batch.faults.add(faults.answer(422), method="PUT", times=None)
    click(page, "resume")
    assert actions()[2:] == [("change_ended", "rejected")]
    assert "The sandbox was told" in entries()[2].body["detail"]


def test_a_batch_that_could_not_be_read_has_an_entry_that_says_nothing_was_sent(page, batch):
    batch.faults.add(faults.answer(500), method="GET", times=None)
    click(page)
    entry = the_entry()
    assert (entry.outcome, entry.body["before"], entry.body["seen"]) == ("not_sent", {}, {})


def test_a_change_that_found_its_batch_locked_has_an_entry(page, operator, monkeypatch):
    monkeypatch.setattr("batches.services.changes.update.LOCK_WAIT_SECONDS", 0)
    deadline = "2099-01-01T00:00:00Z"
    Change.objects.create(
        batch_id=ID, actor=operator, actor_email="operator@example.com", edit={"status": "PAUSED"}, deadline_at=deadline
    )
    click(page)
    assert actions() == [("change_ended", "not_sent")]
    assert "is changing this batch" in the_entry().body["detail"]


class TestLater:
    @pytest.fixture
    def unconfirmed(self, page, batch):
        fault = batch.faults.add(faults.ignore(), method="PUT", times=None)
        click(page)
        fault.times = 0
        return Change.objects.get()

    def test_a_look_that_settles_it_adds_an_entry_and_says_who_had_wanted_it(self, batch, unconfirmed, operator):
        batch.store.change_batch(ID, status="PAUSED")
        make_due()
        changes_settle()
        assert actions() == [("change_ended", "unconfirmed"), ("change_settled", "applied")]
        first, second = entries()
        assert (first.body["is_settled"], second.body["is_settled"]) == (False, True)
        assert (second.actor_id, second.address) == (operator.pk, ADDRESS)
        assert second.request_id == first.request_id
        assert second.body["steps"][-1] | {"at": "", "seconds": 0} == {
            "step": "look", "method": "GET", "at": "", "seconds": 0, "status": 200, "error": "",
        }  # fmt: skip

    def test_looks_that_find_nothing_add_none_but_the_last(self, unconfirmed):
        take_every_look()
        assert actions() == [("change_ended", "unconfirmed"), ("change_settled", "unconfirmed")]

    def test_however_often_its_batch_is_looked_for_the_steps_stay_few(self, batch, unconfirmed):
        batch.faults.add(faults.answer(404), method="GET", times=None)
        for _ in range(MOST_LOOKS + 3):
            make_due()
            Change.objects.update(looks=0)
            changes_settle()
        unconfirmed.refresh_from_db()
        assert [step["step"] for step in unconfirmed.steps].count("look") == MOST_LOOKS
        assert unconfirmed.steps[0]["step"] == "read"

    def test_a_click_on_check_again_says_the_same(self, page, batch, unconfirmed):
        batch.store.change_batch(ID, status="PAUSED")
        page.post(reverse("batches:change_settle", args=[unconfirmed.pk]))
        assert actions() == [("change_ended", "unconfirmed"), ("change_settled", "applied")]

    def test_a_change_whose_writer_died_ends_with_the_look(self, page, batch, operator):
        Change.objects.create(
            batch_id=ID,
            actor=operator,
            actor_email="operator@example.com",
            edit={"status": "PAUSED"},
            before=batch.batch(ID),
            deadline_at="2020-01-01T00:00:00Z",
        )
        batch.store.change_batch(ID, status="PAUSED")
        changes_settle()
        assert actions() == [("change_ended", "applied")]


class TestWithoutAnEntry:
    """An entry that cannot be written must never cost the record of what was tried."""

    @pytest.fixture
    def broken_trail(self, monkeypatch):
        """Let entries of changes fail until the test ends it."""
        real = audit.entry_add

        def fail(*args, **kwargs):
            raise DatabaseError("disk full")

        monkeypatch.setattr(audit, "entry_add", fail)
        return lambda: monkeypatch.setattr(audit, "entry_add", real)

    @pytest.mark.parametrize("applied", [True, False])
    def test_the_change_stays_started_and_is_settled_with_its_entry_later(self, page, batch, broken_trail, applied):
        if not applied:
            batch.faults.add(faults.answer(422), method="PUT")
        with pytest.raises(DatabaseError):
            click(page)
        change = Change.objects.get()
        assert (change.outcome, change.before["status"], entries()) == (Outcome.STARTED, "ACTIVE", [])

        broken_trail()
        take_every_look()

        change.refresh_from_db()
        assert change.outcome == (Outcome.APPLIED if applied else Outcome.UNCONFIRMED)
        assert actions()[0] == ("change_ended", change.outcome)
        assert actions()[-1][1] == change.outcome
        assert entries()[0].address == ADDRESS

    def test_a_look_that_cannot_be_recorded_leaves_the_change_open(self, page, batch, broken_trail):
        with pytest.raises(DatabaseError):
            click(page)
        make_due()
        with pytest.raises(DatabaseError):
            changes_settle()
        assert Change.objects.get().outcome == Outcome.STARTED


@pytest.mark.django_db(transaction=True)
def test_a_change_of_an_operation_names_the_operation_and_its_campaign(page, batch, operator):
    campaign_id = batch.batch(ID)["campaign_id"]
    operation = carried_out(start(Kind.PAUSE, operator, campaign_id=campaign_id, campaign_name="Reminders"))
    entry = the_entry()
    assert (entry.operation_id, entry.origin, entry.campaign_name) == (operation.pk, "operation", "Reminders")
    assert (entry.kind, entry.is_undo, entry.address) == ("pause", False, None)


def test_an_undo_says_what_it_does_and_that_it_is_an_undo(page, batch):
    click(page)
    pause = Change.objects.get()
    page.post(reverse("batches:change_undo", args=[pause.pk]), {"confirm": "1"})
    entry = entries()[-1]
    assert (entry.kind, entry.is_undo, entry.origin) == ("resume", True, "undo")
    assert entry.body["undoes"] == pause.pk


def test_texts_that_no_database_can_hold_do_not_keep_a_change_from_ending(page, batch):
    batch.store.change_batch(ID, deleted_reason="a\0b")
    click(page)
    assert the_entry().body["before"]["deleted_reason"] == "a\ufffdb"


def test_a_campaign_with_an_odd_name_can_be_paused(page, batch):
    batch.faults.add(
        faults.answer(200, {"items": [{"id": 1, "campaign_name": "A\0B\ud800"}], "page": 0, "page_size": 100}),
        path="/campaigns",
        times=None,
    )
    page.get("/batches/")
    click(page)
    page.post("/operations/", {"kind": "pause", "scope": "campaign", "campaign": "1", "confirm": "1"})
    assert actions() == [(Action.CHANGE_ENDED, "applied")]
    assert Entry.objects.filter(action=Action.OPERATION_STARTED).exists()
