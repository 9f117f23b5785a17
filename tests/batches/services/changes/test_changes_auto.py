"""The road for a write where the answers decide which contract the API speaks, also while it migrates."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batches.api_client import client_for, syllable_client
from batches.models import Change, Origin, Outcome
from batches.rules import snapshot
from batches.services.changes.reconcile import change_settle
from batches.services.changes.undo import change_undo
from batches.services.changes.update import batch_edit, batch_pause, batch_resume, batch_update
from sandbox import faults
from sandbox.contracts import CONTRACTS as SPOKEN
from syllable.contracts import CONTRACTS
from syllable.evidence import UNKNOWN
from syllable.schemas import RUNNING, Batch, BatchEdit, BatchStatus, Timestamp
from tests.batches.services.looks import make_due, take_every_look

pytestmark = pytest.mark.django_db

OLD, NEW, NEITHER = "2025-04", "current", "neither"
BOTH = pytest.mark.parametrize("contract", [OLD, NEW])
ID = "20261123.9"
EVIDENCE = ["paused", "count", "last_worked_on"]
PAUSE = BatchEdit(status=BatchStatus.PAUSED)
CANCEL = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")
UNTOLD = "do not show which API contract they speak. Nothing was sent."


@pytest.fixture
def batch(auto_contract):
    add_batch(auto_contract)
    return auto_contract


def add_batch(sandbox, **fields):
    expiry = (timezone.now() + timedelta(days=3)).isoformat()
    sandbox.store.add_batch(ID, **{"status": "ACTIVE", "expires_on": expiry} | fields)


def speak(sandbox, name):
    """Have the API answer in a contract from now on, or without a sign of the one that it speaks."""
    sandbox.contract = SPOKEN.get(name, sandbox.contract)
    sandbox.store.change_batch(ID, omit=EVIDENCE if name == NEITHER else [])


def loaded(sandbox):
    return snapshot(Batch.read(sandbox.batch(ID)))


def edit(sandbox, operator, edit):
    return batch_edit(batch_id=ID, edit=edit, actor=operator, loaded=loaded(sandbox))


def is_of(request):
    """Return the contract of the request of a write."""
    return NEW if request.method == "DELETE" or "batch_id" not in request.body else OLD


class TestOneContract:
    @BOTH
    def test_the_first_write_of_a_process_is_in_the_contract_of_its_own_read(self, batch, operator, contract):
        assert syllable_client().contract is UNKNOWN
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
        [put] = batch.requests.of("PUT")
        assert is_of(put) == contract
        assert [request.method for request in batch.requests] == ["GET", "PUT"]
        assert syllable_client().contract is CONTRACTS[contract]

    @BOTH
    def test_a_cancel_is_what_the_contract_has_for_it(self, batch, operator, contract):
        assert edit(batch, operator, CANCEL).outcome == Outcome.APPLIED
        assert batch.batch(ID)["status"] == "CANCELED"
        assert bool(batch.requests.of("DELETE")) == (contract == NEW)

    @BOTH
    def test_a_batch_that_shows_none_is_written_in_the_one_shown_last(self, batch, operator, contract):
        syllable_client().get_batch(ID)
        speak(batch, NEITHER)
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
        assert is_of(batch.requests.of("PUT")[0]) == contract

    @BOTH
    def test_nothing_is_sent_while_nothing_is_known(self, batch, operator):
        speak(batch, NEITHER)
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.NOT_SENT
        assert UNTOLD in result.change.detail
        assert "SYLLABLE_API_CONTRACT" in result.change.detail
        assert result.change.before is None
        assert {request.method for request in batch.requests} == {"GET"}


class TestAPlatformThatMigrates:
    @pytest.mark.parametrize(("first", "then"), [(OLD, NEW), (NEW, OLD)])
    def test_each_write_is_in_the_contract_of_its_own_read(self, batch, operator, first, then):
        speak(batch, first)
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
        speak(batch, then)
        assert batch_resume(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
        assert [is_of(put) for put in batch.requests.of("PUT")] == [first, then]

    @pytest.mark.parametrize(("first", "then"), [(OLD, NEW), (NEW, OLD)])
    def test_an_undo_is_in_the_contract_of_its_own_read(self, batch, operator, first, then):
        speak(batch, first)
        change = batch_pause(batch_id=ID, actor=operator).change
        speak(batch, then)
        assert change_undo(change=change, actor=operator).outcome == Outcome.APPLIED
        assert batch.store.batch(ID)["status"] in RUNNING
        assert is_of(batch.requests.of("PUT")[-1]) == then

    def test_what_others_read_meanwhile_does_not_count(self, batch, operator):
        batch.store.add_batch("other")

        def read_another(_):
            speak(batch, NEW)
            syllable_client().get_batch("other")
            assert syllable_client().contract is CONTRACTS[NEW]
            speak(batch, OLD)

        result = batch_update(batch_id=ID, edit=PAUSE, actor=operator, origin=Origin.CLICK, guard=read_another)
        assert result.outcome == Outcome.APPLIED
        assert [is_of(put) for put in batch.requests.of("PUT")] == [OLD]
        assert len(batch.requests) == 3

    @pytest.mark.parametrize("contract", [OLD])
    def test_a_read_back_that_shows_none_goes_by_the_read_before_the_write(self, batch, operator):
        batch.store.change_batch(ID, status="PAUSED")
        batch.faults.add(faults.answer(200, {"batch_id": "x"}), method="PUT")
        contracts = syllable_client().contracts

        def taken(request):
            speak(batch, NEITHER)
            batch.store.change_batch(ID, status="IDLE")
            # Another page has seen a contract in which IDLE is no sign of a resume.
            contracts.saw([Batch.read({"paused": False})])

        batch.before(taken, method="GET", skip=1)
        assert batch_resume(batch_id=ID, actor=operator).outcome == Outcome.APPLIED

    def test_what_only_one_contract_has_is_no_success_in_the_other(self, batch, operator):
        speak(batch, NEW)
        seen = loaded(batch)
        speak(batch, OLD)
        result = batch_edit(batch_id=ID, edit=BatchEdit(call_rate=60), actor=operator, loaded={"status": "ACTIVE"})
        assert result.outcome == Outcome.NOT_SENT
        assert "Contract 2025-04 cannot edit call_rate." in result.change.detail
        assert not batch.requests.of("PUT")
        result = batch_edit(batch_id=ID, edit=BatchEdit(call_rate=60), actor=operator, loaded=seen)
        assert result.outcome == Outcome.CONFLICT

    def test_a_pending_batch_is_not_started_where_only_the_platform_can(self, batch, operator):
        batch.store.change_batch(ID, status="PENDING")
        speak(batch, OLD)
        seen = {"status": loaded(batch)["status"]}
        speak(batch, NEW)
        result = batch_edit(batch_id=ID, edit=BatchEdit(status=BatchStatus.ACTIVE), actor=operator, loaded=seen)
        assert result.outcome == Outcome.NOT_SENT
        assert "only Syllable can start a pending batch" in result.change.detail

    def test_a_write_between_two_contracts_is_believed_only_as_read_back(self, batch, operator):
        # The GET speaks one contract, the server that gets the PUT the other: it drops the status and says 200.
        batch.before(lambda request: speak(batch, NEW), method="PUT")
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.APPLIED
        assert [is_of(put) for put in batch.requests.of("PUT")] == [OLD, NEW]
        assert batch.store.batch(ID)["status"] == "PAUSED"

    def test_a_write_that_is_refused_between_two_contracts_is_made_in_the_new_one(self, batch, operator):
        speak(batch, NEW)
        batch.before(lambda request: speak(batch, OLD), method="PUT")
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
        # A pause alone is tried where the whole edit is refused.
        assert [is_of(put) for put in batch.requests.of("PUT")] == [NEW, NEW, OLD]

    def test_so_is_a_cancel(self, batch, operator):
        speak(batch, NEW)
        batch.faults.add(faults.answer(405), method="DELETE")
        batch.before(lambda request: speak(batch, OLD), method="GET", skip=1)
        assert ACTS["cancel"](operator).outcome == Outcome.APPLIED
        assert batch.store.batch(ID)["status"] == "CANCELED"

    def test_where_reads_and_writes_never_agree_nothing_happens_and_the_words_of_the_api_are_shown(
        self, batch, operator
    ):
        batch.before(lambda request: speak(batch, NEW), method="GET", times=None)
        batch.before(lambda request: speak(batch, OLD), method="PUT", times=None)
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.REJECTED
        assert "Syllable refused the values." in result.change.detail
        assert batch.store.batch(ID)["status"] == "ACTIVE"

    def test_an_ordinary_refusal_costs_one_more_read_and_no_more_writes(self, batch, operator):
        batch.faults.add(faults.answer(422, {"detail": "No"}), method="PUT", times=None)
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.REJECTED
        assert [request.method for request in batch.requests] == ["GET", "PUT", "GET"]

    @given(
        st.lists(st.sampled_from([OLD, NEW, NEITHER]), min_size=3, max_size=12),
        st.lists(st.sampled_from(["pause", "resume", "cancel", "expiry"]), min_size=1, max_size=3),
    )
    @settings(
        max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def test_whatever_answers_come_no_write_is_in_another_contract_than_its_own_read(
        self, auto_contract, operator, answers, acts
    ):
        sandbox = auto_contract
        sandbox.reset()
        caches["default"].clear()
        client_for.cache_clear()
        add_batch(sandbox)
        known, wrong, turns = [], [], iter(answers)

        def read(request):
            # What the batch shows in this answer, or else what was shown last.
            speak(sandbox, next(turns, OLD))
            shown = Batch.read(sandbox.batch(ID)).spoken_contract
            known.extend([shown] if shown else [])

        def written(request):
            if not known or is_of(request) != known[-1]:
                wrong.append((request.method, request.body, known[-1:]))

        def answered(request):
            shown = Batch.read(sandbox.batch(ID)).spoken_contract
            known.extend([shown] if shown else [])

        sandbox.before(read, method="GET", times=None)
        for method in ("PUT", "DELETE"):
            sandbox.before(written, method=method, times=None)
            sandbox.after(answered, method=method, times=None)
        for act in acts:
            before = sandbox.store.batch(ID)["status"]
            result = ACTS[act](operator)
            after = sandbox.store.batch(ID)["status"]
            if result.outcome == Outcome.APPLIED:
                assert shows(act, sandbox.store.batch(ID))
            elif result.outcome != Outcome.UNCONFIRMED:
                assert after == before
        assert not wrong


LATER = Timestamp.read("2099-01-01T00:00:00Z")
ACTS = {
    "pause": lambda actor: batch_pause(batch_id=ID, actor=actor),
    "resume": lambda actor: batch_resume(batch_id=ID, actor=actor),
    "cancel": lambda actor: batch_edit(batch_id=ID, edit=CANCEL, actor=actor, loaded={}),
    "expiry": lambda actor: batch_edit(batch_id=ID, edit=BatchEdit(expires_on=LATER), actor=actor, loaded={}),
}


def shows(act, row):
    if act == "expiry":
        return LATER.same_moment(Timestamp.read(row["expires_on"]))
    return row["status"] in {"pause": ["PAUSED"], "resume": ["ACTIVE", "PENDING"], "cancel": ["CANCELED"]}[act]


class TestSettling:
    @pytest.fixture
    def resumed(self, batch, operator):
        """Make a resume that the API neither took nor refused, in the first contract."""
        batch.store.change_batch(ID, status="PAUSED")
        fault = batch.faults.add(faults.ignore(), method="PUT", times=None)
        change = batch_resume(batch_id=ID, actor=operator).change
        fault.times = 0
        assert change.outcome == Outcome.UNCONFIRMED
        make_due()
        return change

    def test_it_goes_by_what_the_batch_shows_now(self, batch, resumed):
        speak(batch, NEW)
        # Where the platform chooses between PENDING and ACTIVE, either shows that the batch was released.
        batch.store.change_batch(ID, status="PENDING")
        assert change_settle(resumed).outcome == Outcome.APPLIED

    def test_where_the_batch_shows_none_it_goes_by_what_it_showed_before_the_write(self, batch, resumed):
        client_for.cache_clear()
        speak(batch, NEITHER)
        batch.store.change_batch(ID, status="IDLE")
        assert change_settle(resumed).outcome == Outcome.APPLIED

    def test_what_never_shows_is_never_confirmed(self, batch, resumed):
        speak(batch, NEW)
        take_every_look()
        change = Change.objects.get(pk=resumed.pk)
        assert (change.outcome, change.is_settled) == (Outcome.UNCONFIRMED, True)


class TestAContractThatIsSet:
    @pytest.mark.parametrize(("configured", "spoken"), [(OLD, NEW), (NEW, OLD)])
    def test_what_others_showed_changes_nothing(self, batch, operator, settings, configured, spoken):
        speak(batch, spoken)
        batch_pause(batch_id=ID, actor=operator)
        settings.SYLLABLE_API_CONTRACT = configured
        batch.requests.clear()
        result = batch_resume(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.NOT_SENT
        assert f"The API speaks {spoken}. SYLLABLE_API_CONTRACT is {configured}." in result.change.detail
        assert [request.method for request in batch.requests] == ["GET"]
