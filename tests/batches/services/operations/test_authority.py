"""Who may do what with operations: at each act of a person, and before each write for them."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from batches.models import Cause, Change, ItemState, Kind, Operation, Origin, Outcome, State, TargetScope
from batches.services.changes.update import NotAllowed, batch_update
from batches.services.operations import audit
from batches.services.operations.actions import operation_confirm, operation_retry, operation_stop, operation_take_over
from batches.services.operations.permissions import Uncounted
from batches.services.operations.undo import operation_undo
from sandbox import faults
from syllable.schemas import BatchEdit, Timestamp
from tests.batches.services.factories import EDITS, carried_out, meanwhile, start, totals
from tests.conftest import member_of
from trail.models import Action, Entry
from trail.source import Source

pytestmark = pytest.mark.django_db(transaction=True)

LATER = BatchEdit(expires_on=Timestamp.of(datetime(2099, 1, 1, tzinfo=UTC)))
SHUT_OUT = {
    "deactivated": lambda person: User.objects.filter(pk=person.pk).update(is_active=False),
    "without the role": lambda person: person.groups.clear(),
    "without an email": lambda person: User.objects.filter(pk=person.pk).update(email=None),
    "deleted": lambda person: User.objects.get(pk=person.pk).delete(),
}
HOWEVER = pytest.mark.parametrize("shut_out", SHUT_OUT.values(), ids=SHUT_OUT)
SOURCE = Source(address="192.0.2.1", request_id="abc")


@pytest.fixture
def account(sandbox, settings):
    """Six active batches in two campaigns, worked on one after the other."""
    settings.OPERATION_CONCURRENCY = 1
    for number in range(6):
        sandbox.store.add_batch(f"2025.{number}", campaign_id=7 + number % 2, status="ACTIVE")
    return sandbox


@pytest.fixture
def other(db):
    return member_of("Operators", "other@example.com")


def of_filter(kind, actor, edit=None, **target):
    return start(kind, actor, edit=edit, scope=TargetScope.FILTER, campaign_id=None, **target)


def at_the_third(account, deed):
    """Do `deed` after the third batch was read and before it is written."""
    account.after(meanwhile(deed), method="GET", path=r"/batches/2025\.2$")


def acts(operation):
    entries = Entry.objects.filter(operation_id=operation.pk, change_id=None).exclude(action="operation_ended")
    return list(entries.order_by("pk").values_list("action", flat=True))


def recorded():
    """Return what the trail says people did about operations, oldest first."""
    entries = Entry.objects.filter(change_id=None).exclude(operation_id=None)
    return list(entries.exclude(action=Action.OPERATION_ENDED).order_by("pk"))


def may_not_stop_everything(person):
    permission = Permission.objects.get(codename="stop_everything")
    person.groups.get().permissions.remove(permission)


class TestWhileItRuns:
    @HOWEVER
    @pytest.mark.parametrize(
        ("kind", "edit", "status"),
        [(Kind.RESUME, None, "PAUSED"), (Kind.EXPIRY, LATER, "ACTIVE"), (Kind.CANCEL, None, "ACTIVE")],
    )
    def test_it_writes_nothing_more_once_its_person_is_shut_out(self, account, operator, shut_out, kind, edit, status):
        for number in range(6):
            account.store.change_batch(f"2025.{number}", status=status)
        operation = of_filter(kind, operator, edit, status=status)
        at_the_third(account, lambda: shut_out(operator))

        carried_out(operation)

        assert (operation.state, operation.cause) == (State.STOPPED, Cause.AUTHORITY)
        assert len(account.requests.of("PUT")) == 2
        assert totals(operation) == {"done": 2, "waiting": 4}
        assert not Change.objects.unsettled().exists()
        assert acts(operation) == [Action.OPERATION_STARTED, Action.OPERATION_ENDED_WITHOUT_AUTHORITY]
        ended = Entry.objects.get(action=Action.OPERATION_ENDED_WITHOUT_AUTHORITY)
        assert (ended.actor_email, ended.body["asked_for_by"]) == ("", "operator@example.com")

    @HOWEVER
    def test_a_pause_goes_on_marked_and_under_the_recorded_email(self, account, operator, shut_out):
        operation = of_filter(Kind.PAUSE, operator)
        at_the_third(account, lambda: shut_out(operator))

        carried_out(operation)

        assert operation.state == State.FINISHED
        assert totals(operation) == {"done": 6}
        assert operation.unattended_since >= operation.started_at
        assert acts(operation) == [Action.OPERATION_STARTED, Action.OPERATION_GOES_ON_WITHOUT_AUTHORITY]
        assert {change.actor_email for change in operation.changes.all()} == {"operator@example.com"}
        written_by = {account.batch(f"2025.{number}")["last_updated_by"] for number in range(6)}
        assert written_by == {"operator@example.com"}

    @HOWEVER
    def test_a_pause_is_carried_out_whose_person_was_shut_out_before_a_worker_took_it(
        self, account, operator, shut_out
    ):
        operation = of_filter(Kind.PAUSE, operator)
        shut_out(operator)

        carried_out(operation)

        assert totals(operation) == {"done": 6}
        assert operation.unattended_since

    @HOWEVER
    def test_anything_else_is_not(self, account, operator, shut_out):
        operation = start(Kind.CANCEL, operator)
        shut_out(operator)

        carried_out(operation)

        assert operation.cause == Cause.AUTHORITY
        assert not account.requests

    def test_undoing_an_expiry_is_a_change_of_expiry(self, account, operator):
        expiry = carried_out(start(Kind.EXPIRY, operator, edit=LATER))
        undoing = operation_undo(operation=expiry, actor=operator)
        operator.groups.clear()
        assert carried_out(undoing).cause == Cause.AUTHORITY

    def test_undoing_a_resume_is_a_pause(self, account, operator):
        carried_out(start(Kind.PAUSE, operator))
        resume = carried_out(start(Kind.RESUME, operator))
        undoing = operation_undo(operation=resume, actor=operator)
        operator.groups.clear()
        assert carried_out(undoing).state == State.FINISHED
        assert totals(undoing) == {"done": 3}

    def test_of_what_is_about_everything_its_person_must_be_allowed_to_stop_everything(self, account, operator):
        stop = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL))
        undoing = operation_undo(operation=stop, actor=operator)
        may_not_stop_everything(operator)
        assert carried_out(undoing).cause == Cause.AUTHORITY

        operation_retry(operation=undoing, actor=member_of("", "super@example.com", is_superuser=True))
        assert totals(carried_out(undoing)) == {"done": 6}

    def test_a_stop_of_everything_goes_on_all_the_same(self, account, operator):
        stop = start(Kind.PAUSE, operator, scope=TargetScope.ALL)
        may_not_stop_everything(operator)
        assert totals(carried_out(stop)) == {"done": 6}
        assert stop.unattended_since

    def test_what_is_about_a_campaign_takes_no_more_than_the_role(self, account, operator):
        cancel = start(Kind.CANCEL, operator)
        may_not_stop_everything(operator)
        assert totals(carried_out(cancel)) == {"done": 3}

    def test_a_person_who_is_deleted_while_a_write_of_theirs_begins_is_recorded_by_their_email(self, account, operator):
        operation = start(Kind.PAUSE, operator)
        User.objects.get(pk=operator.pk).delete()

        result = batch_update(
            batch_id="2025.0", edit=operation.edit, actor=operator, origin=Origin.OPERATION, operation=operation
        )

        assert result.outcome == Outcome.APPLIED
        assert (result.change.actor, result.change.actor_email) == (None, "operator@example.com")


class TestTakingOver:
    @pytest.fixture
    def unattended(self, account, operator, other):
        """Provide a pause whose person was deactivated, until somebody else takes it over at its fourth batch."""
        operation = start(Kind.PAUSE, operator, scope=TargetScope.ALL)
        at_the_third(account, lambda: operator.groups.clear())
        return operation

    def test_it_goes_on_for_whoever_takes_it_over(self, account, unattended, other):
        account.after(
            meanwhile(lambda: operation_take_over(operation=unattended, actor=other, source=SOURCE)),
            method="PUT",
            path=r"/batches/2025\.3$",
        )

        carried_out(unattended)

        assert unattended.state == State.FINISHED
        assert (unattended.actor, unattended.actor_email) == (other, "other@example.com")
        assert unattended.unattended_since is None
        assert [account.batch(f"2025.{number}")["last_updated_by"].split("@")[0] for number in range(6)] == [
            *["operator"] * 4,
            *["other"] * 2,
        ]
        entry = Entry.objects.get(action=Action.OPERATION_TAKEN_OVER)
        assert (entry.actor_email, entry.address) == ("other@example.com", "192.0.2.1")
        assert entry.body["asked_for_by"] == "operator@example.com"

    def test_who_loses_their_authority_after_taking_over_is_said_as_well(self, account, unattended, other):
        def take_over_and_be_shut_out():
            operation_take_over(operation=unattended, actor=other)
            other.groups.clear()

        account.after(meanwhile(take_over_and_be_shut_out), method="PUT", path=r"/batches/2025\.3$")
        assert totals(carried_out(unattended)) == {"done": 6}
        assert acts(unattended).count(Action.OPERATION_GOES_ON_WITHOUT_AUTHORITY) == 2

    def test_what_is_attended_or_over_is_not_taken_over(self, account, operator, other):
        operation = start(Kind.PAUSE, operator)
        assert not operation_take_over(operation=operation, actor=other)
        operator.groups.clear()
        carried_out(operation)
        assert operation.unattended_since
        assert not operation_take_over(operation=operation, actor=other)
        assert Action.OPERATION_TAKEN_OVER not in acts(operation)


class TestRecord:
    def over(self, operator, **fields):
        fields = {"kind": Kind.RESUME, "scope": TargetScope.CAMPAIGN, "campaign_id": 7, "edit": BatchEdit()} | fields
        operation = Operation.objects.create(actor=operator, actor_email=operator.email, **fields)
        operation.items.create(batch_id="2025.0", state=ItemState.FAILED)
        return operation

    def test_a_start_is_recorded_with_its_source_and_what_it_is(self, account, operator):
        operation = start(Kind.CANCEL, operator, campaign_name="Flu shots", source=SOURCE)
        [entry] = recorded()
        assert (entry.action, entry.actor_email) == (Action.OPERATION_STARTED, "operator@example.com")
        assert (entry.address, entry.request_id) == ("192.0.2.1", "abc")
        assert (entry.operation_id, entry.campaign_id, entry.campaign_name) == (operation.pk, 7, "Flu shots")
        assert (entry.body["kind"], entry.body["edit"]["deleted_reason"]) == ("cancel", "wrong list")

    def test_an_undo_is_recorded_with_both_operations(self, account, operator, other):
        pause = carried_out(start(Kind.PAUSE, operator))
        undoing = operation_undo(operation=pause, actor=other, source=SOURCE)
        undone, started = recorded()[1:]
        assert (undone.action, undone.operation_id, undone.body["by"]) == ("operation_undone", pause.pk, undoing.pk)
        assert (started.operation_id, started.body["undoes"]) == (undoing.pk, pause.pk)
        assert undone.actor_email == started.actor_email == "other@example.com"
        assert undone.address == started.address == "192.0.2.1"

    @pytest.mark.parametrize(
        ("act", "state", "action"),
        [
            (operation_retry, State.STOPPED, Action.OPERATION_RETRIED),
            (operation_confirm, State.ASKING, Action.OPERATION_CONFIRMED),
        ],
    )
    def test_who_has_it_go_on_is_who_it_is_for_and_the_entry_keeps_who_was_before(
        self, account, operator, other, act, state, action
    ):
        operation = self.over(operator, state=state, stopped_by_email="a@example.com", cause=Cause.ABORTED)

        assert act(operation=operation, actor=other, source=SOURCE)

        operation.refresh_from_db()
        assert (operation.state, operation.cause) == (State.WAITING, "")
        assert (operation.actor, operation.actor_email) == (other, "other@example.com")
        [entry] = recorded()
        assert (entry.action, entry.actor_email, entry.request_id) == (action, "other@example.com", "abc")
        assert entry.body["asked_for_by"] == "operator@example.com"
        assert (entry.body["cause"], entry.body["stopped_by"]) == ("aborted", "a@example.com")

    def test_who_stopped_it_stays_in_the_trail_when_it_is_retried(self, account, operator, other):
        operation = start(Kind.CANCEL, operator)
        assert operation_stop(operation=operation, actor=other, source=SOURCE)
        operation.refresh_from_db()
        assert (operation.cause, operation.stopped_by_email) == (Cause.ABORTED, "other@example.com")
        operation_retry(operation=operation, actor=operator)
        aborted = Entry.objects.get(action=Action.OPERATION_ABORTED)
        assert (aborted.operation_id, aborted.actor_email) == (operation.pk, "other@example.com")

    def test_a_stop_that_ends_another_operation_is_recorded_with_that_one(self, account, operator, other):
        expiry = start(Kind.EXPIRY, operator, edit=LATER)
        pause = start(Kind.PAUSE, other, source=SOURCE)
        expiry.refresh_from_db()
        assert (expiry.state, expiry.cause, expiry.stopped_by) == (State.STOPPED, Cause.SUPERSEDED, pause)
        entry = Entry.objects.get(action=Action.OPERATION_SUPERSEDED)
        assert (entry.operation_id, entry.actor_email, entry.body["by"]) == (expiry.pk, "other@example.com", pause.pk)

    def test_what_was_over_already_is_not_recorded(self, account, operator):
        operation = self.over(operator, state=State.FINISHED)
        assert not operation_stop(operation=operation, actor=operator)
        assert not operation_confirm(operation=operation, actor=operator)
        assert not recorded()

    @pytest.mark.parametrize(
        ("act", "state"),
        [
            (operation_stop, State.WAITING),
            (operation_retry, State.STOPPED),
            (operation_confirm, State.ASKING),
            (operation_take_over, State.WAITING),
        ],
    )
    def test_no_act_is_done_without_its_entry(self, account, operator, other, monkeypatch, act, state):
        operation = self.over(operator, state=state, unattended_since=datetime.now(UTC))
        monkeypatch.setattr(audit, "entry_add", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            act(operation=operation, actor=other)
        kept = Operation.objects.get()
        assert (kept.state, kept.actor) == (state, operator)

    def test_nothing_starts_without_its_entry(self, account, operator, monkeypatch):
        pause = carried_out(start(Kind.PAUSE, operator))
        monkeypatch.setattr(audit, "entry_add", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            start(Kind.CANCEL, operator)
        with pytest.raises(ZeroDivisionError):
            operation_undo(operation=pause, actor=operator)
        assert Operation.objects.get() == pause


class TestEverything:
    """`limited` may edit batches, and may not stop everything."""

    @pytest.mark.parametrize("scope", [TargetScope.ALL, TargetScope.FILTER])
    @pytest.mark.parametrize(
        ("act", "fields"),
        [
            (operation_stop, {"state": State.RUNNING}),
            (operation_retry, {"state": State.STOPPED}),
            (operation_confirm, {"state": State.ASKING}),
            (operation_take_over, {"state": State.WAITING, "unattended_since": datetime.now(UTC)}),
            (operation_undo, {"state": State.FINISHED}),
        ],
    )
    def test_what_is_about_everything_is_left_to_those_who_may_stop_everything(
        self, account, operator, limited, scope, act, fields
    ):
        operation = Operation.objects.create(
            kind=Kind.PAUSE,
            scope=scope,
            filter={"q": "2"} if scope == TargetScope.FILTER else {},
            edit=EDITS[Kind.PAUSE],
            actor=operator,
            actor_email=operator.email,
            **fields,
        )
        operation.items.create(batch_id="2025.0", state=ItemState.FAILED)

        with pytest.raises(NotAllowed):
            act(operation=operation, actor=limited)

        kept = Operation.objects.get()
        assert (kept.state, kept.actor) == (fields["state"], operator)
        assert not recorded()
        assert act(operation=operation, actor=operator)

    def test_what_takes_back_a_stop_of_everything_is_about_everything(self, account, operator, limited):
        stop = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL))
        undoing = operation_undo(operation=stop, actor=operator)
        with pytest.raises(NotAllowed):
            operation_stop(operation=undoing, actor=limited)

    def test_a_campaign_and_a_selection_are_not_everything_whatever_is_in_them(self, account, limited):
        account.store.change_batch("2025.0", status="CANCELED")
        cancel = carried_out(start(Kind.CANCEL, limited))
        assert totals(cancel) == {"done": 2}
        ids = [f"2025.{number}" for number in range(6)]
        pause = start(Kind.PAUSE, limited, scope=TargetScope.SELECTION, batch_ids=ids)
        assert operation_stop(operation=pause, actor=limited)
        assert operation_retry(operation=pause, actor=limited)

    @pytest.mark.parametrize(
        "chosen", [{}, {"q": "2"}, {"q": "2025"}, {"status": "ACTIVE"}, {"status": "ACTIVE", "q": "."}]
    )
    def test_a_filter_that_matches_as_much_as_none_would_is_everything(self, account, operator, limited, chosen):
        account.store.add_batch("over", campaign_id=7, status="CANCELED")
        with pytest.raises(NotAllowed, match="every batch"):
            of_filter(Kind.PAUSE, limited, **chosen)
        assert not Operation.objects.exists()
        assert of_filter(Kind.PAUSE, operator, **chosen).needs_stop_everything

    @pytest.mark.parametrize("chosen", [{"q": "2025.0"}, {"status": "ACTIVE"}, {"q": "2", "status": "PENDING"}])
    def test_a_filter_that_matches_less_is_not(self, account, limited, chosen):
        account.store.add_batch("2026.0", campaign_id=7, status="PENDING")
        operation = of_filter(Kind.PAUSE, limited, **chosen)
        assert not operation.needs_stop_everything
        assert carried_out(operation).state == State.FINISHED

    def test_a_filter_with_a_campaign_is_not_and_costs_no_call(self, account, limited):
        start(Kind.PAUSE, limited, scope=TargetScope.FILTER, campaign_id=7, q="2")
        assert not account.requests

    def test_counting_costs_two_calls_for_each_status_until_one_differs(self, account, limited):
        of_filter(Kind.PAUSE, limited, q="2025.0")
        assert len(account.requests) == 2
        account.requests.clear()
        with pytest.raises(NotAllowed):
            of_filter(Kind.PAUSE, limited, q="2")
        assert len(account.requests) == 2 * 3

    def test_who_may_stop_everything_is_asked_nothing_more(self, account, operator):
        of_filter(Kind.PAUSE, operator, q="2")
        assert not account.requests

    @pytest.mark.parametrize(
        "fault", [faults.answer(503), faults.answer(200, {"items": [], "page": 0, "page_size": 1, "total_count": None})]
    )
    def test_where_that_cannot_be_counted_nothing_starts(self, account, limited, fault):
        account.faults.add(fault, method="GET", times=None)
        with pytest.raises(Uncounted, match="cannot be counted right now"):
            of_filter(Kind.PAUSE, limited, q="2025.0")
        assert not Operation.objects.exists()

    @pytest.mark.parametrize(("kind", "is_ended"), [(Kind.RESUME, True), (Kind.EXPIRY, True), (Kind.PAUSE, False)])
    def test_what_may_call_people_is_ended_even_where_that_cannot_be_counted(
        self, account, operator, limited, kind, is_ended
    ):
        operation = of_filter(kind, operator, LATER if kind == Kind.EXPIRY else None, q="2025.0")
        account.faults.add(faults.answer(503), method="GET", times=None)
        if is_ended:
            assert operation_stop(operation=operation, actor=limited)
        else:
            with pytest.raises(Uncounted):
                operation_stop(operation=operation, actor=limited)

    def test_who_retries_less_than_everything_needs_no_more_than_their_role(self, account, operator, limited):
        operation = of_filter(Kind.PAUSE, operator, q="2025.0")
        operation_stop(operation=operation, actor=limited)
        operation_retry(operation=operation, actor=limited)
        assert totals(carried_out(operation)) == {"done": 1}
        assert operation.unattended_since is None
