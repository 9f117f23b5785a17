"""Operations where the answers decide which contract the API speaks, also while it migrates."""

import pytest

from batches.api_client import syllable_client
from batches.models import Change, Kind, Outcome, State, TargetScope
from batches.services.operations.undo import operation_undo
from sandbox import faults
from sandbox.contracts import CONTRACTS as SPOKEN
from syllable.evidence import UNKNOWN
from tests.batches.services.factories import carried_out, start, totals

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = "2025-04", "current"
BOTH = pytest.mark.parametrize("contract", [OLD, NEW])
RUNNING = {"active": "ACTIVE", "pending": "PENDING", "idle": "IDLE"}


@pytest.fixture
def account(auto_contract):
    for batch_id, status in (RUNNING | {"paused": "PAUSED", "expired": "EXPIRED"}).items():
        auto_contract.store.add_batch(batch_id, campaign_id=7, status=status, last_worked_on="2026-01-01T00:00:00Z")
    return auto_contract


def stored(account):
    return {batch_id: account.store.batch(batch_id)["status"] for batch_id in RUNNING}


def refuse_searches(account, *statuses, code=422):
    """Answer a search for one of these statuses with an error."""
    refusal = faults.answer(code, {"detail": [{"loc": ["query"], "msg": "No such status", "type": "enum"}]})

    def answer(exchange):
        if set(statuses) & set(exchange.request.query.get("search_field_values", [])):
            refusal(exchange)
        else:
            exchange.send(exchange.handle())

    account.faults.add(answer, method="GET", path=r"/batches$", times=None)


@BOTH
def test_everything_is_stopped_by_a_worker_that_knows_nothing_yet(account, operator, contract):
    if contract == NEW:
        refuse_searches(account, "IDLE")
    assert syllable_client().contract is UNKNOWN

    operation = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL))

    assert operation.state == State.FINISHED
    assert totals(operation) == {"done": 3}
    assert set(stored(account).values()) == {"PAUSED"}


def test_idle_batches_are_found_by_a_worker_that_last_saw_a_contract_without_that_status(account, operator):
    account.contract = SPOKEN[NEW]
    syllable_client().get_batch("idle")
    account.contract = SPOKEN[OLD]
    for batch_id in ("active", "pending"):
        account.store.change_batch(batch_id, status="EXPIRED")

    operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"done": 1}
    assert account.batch("idle")["status"] == "PAUSED"


@pytest.mark.parametrize("code", [400, 422, 500])
def test_an_api_that_fails_at_a_status_it_lacks_delays_no_stop(account, operator, code):
    account.contract = SPOKEN[NEW]
    refuse_searches(account, "IDLE", code=code)

    operation = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL))

    assert totals(operation) == {"done": 3}
    assert not operation.unlisted


@pytest.mark.parametrize("code", [401, 503])
def test_other_trouble_with_such_a_status_is_said_once_all_others_are_stopped(account, operator, code):
    account.contract = SPOKEN[NEW]
    refuse_searches(account, "IDLE", code=code)

    operation = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL))

    assert operation.unlisted
    assert totals(operation) == {"done": 3}


def test_a_failure_at_a_status_is_said_while_nothing_shows_that_there_is_no_such_status(account, operator):
    for batch_id in (*RUNNING, "paused", "expired"):
        account.store.change_batch(batch_id, omit=["count", "last_worked_on"])
    refuse_searches(account, "IDLE", code=500)

    assert carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL)).unlisted


def test_a_status_that_every_contract_has_is_not_given_up_that_easily(account, operator):
    refuse_searches(account, "ACTIVE")

    operation = carried_out(start(Kind.PAUSE, operator))

    assert operation.unlisted


@pytest.mark.parametrize(("first", "then"), [(OLD, NEW), (NEW, OLD)])
def test_each_batch_is_written_in_the_contract_of_its_own_read_while_the_platform_migrates(
    account, operator, settings, first, then
):
    settings.OPERATION_CONCURRENCY = 1
    account.contract = SPOKEN[first]
    account.after(lambda request: setattr(account, "contract", SPOKEN[then]), method="PUT")

    operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"done": 3}
    assert set(stored(account).values()) == {"PAUSED"}
    spoken = [OLD if "batch_id" in put.body else NEW for put in account.requests.of("PUT")]
    assert spoken == [first, then, then]


def test_an_undo_after_the_migration_restores_what_was_before(account, operator):
    paused = carried_out(start(Kind.PAUSE, operator))
    account.contract = SPOKEN[NEW]

    undone = carried_out(operation_undo(operation=paused, actor=operator))

    assert totals(undone) == {"done": 3}
    assert "PAUSED" not in stored(account).values()


def test_batches_that_show_no_contract_are_not_written_and_say_why(account, operator):
    for batch_id in (*RUNNING, "paused", "expired"):
        account.store.change_batch(batch_id, omit=["count", "last_worked_on"])

    operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"failed": 3}
    assert "do not show which API contract they speak" in operation.items.first().detail
    assert not account.requests.of("PUT")
    assert set(Change.objects.values_list("outcome", flat=True)) == {Outcome.NOT_SENT}
