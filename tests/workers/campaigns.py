"""Campaigns with many batches, and what must be true of these whatever happened to the workers."""

from collections import defaultdict
from datetime import timedelta
from urllib.parse import unquote

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from batches.models import Change, Operation, Outcome, State
from batches.services.changes.reconcile import changes_settle
from tests.batches.services.factories import totals
from tests.batches.services.looks import make_due
from tests.workers.processes import eventually

FOR_SECONDS = 40
# Of the eight calls that a worker has under way at a time.
MOST_AGAIN = 5


def fill(sandbox, count, *, campaign_id=7, status="ACTIVE"):
    """Add so many batches to a campaign; return their ids."""
    ids = [f"{campaign_id}-{number}" for number in range(count)]
    for batch_id in ids:
        sandbox.store.add_batch(batch_id, campaign_id=campaign_id, status=status)
    return ids


def fill_for_seconds(sandbox, *, status="ACTIVE"):
    """Add batches for an operation of seconds, because the API takes its time: many would cost a core as long."""
    sandbox.latency = 0.15
    return fill(sandbox, FOR_SECONDS, status=status)


def finished(operation):
    """Wait for the operation to end, and return it."""

    def is_over():
        operation.refresh_from_db()
        return not operation.is_open

    eventually(is_over)
    return operation


def holder(operation):
    """Return the lease's token of the operation's current worker, "" where it has none."""
    operation.refresh_from_db()
    return operation.token if operation.state == State.RUNNING else ""


def taken_over(operation, *, other_than=""):
    """Return the token of the next worker that takes the operation."""
    return eventually(lambda: (token := holder(operation)) not in ("", other_than) and token)


def writes(sandbox):
    """Return all writes so far, oldest first."""
    return [request for request in list(sandbox.requests) if request.method != "GET"]


def wait_for_writes(sandbox, number):
    """Return when so many more writes have come."""
    so_far = len(writes(sandbox))
    eventually(lambda: len(writes(sandbox)) >= so_far + number)


def written(sandbox):
    """Return the `X-Request-ID`s of all writes by batch, in order."""
    request_ids = defaultdict(list)
    for request in writes(sandbox):
        request_ids[unquote(request.path.rsplit("/", 1)[-1])].append(request.headers["X-Request-ID"])
    return request_ids


def never_queued(operation):
    """Make the operation look as if its queue had been down at the start."""
    DBTaskResult.objects.all().delete()
    Operation.objects.filter(pk=operation.pk).update(queued_at=None)
    return operation


def an_hour_later(operation):
    """Pretend that everything was down for an hour after the operation was started."""
    then = timezone.now() - timedelta(hours=1)
    Operation.objects.filter(pk=operation.pk).update(created_at=then, confirmed_at=then, queued_at=then)


def assert_all_done(operation, sandbox, ids, *, status="PAUSED"):
    """Assert that every batch shows it, every item and change has ended, and no write followed a confirmation."""
    assert finished(operation).state == State.FINISHED
    assert totals(operation) == {"done": len(ids)}
    assert {sandbox.store.batch(batch_id)["status"] for batch_id in ids} == {status}
    assert not operation.changes.filter(outcome=Outcome.STARTED).exists()
    assert_settled()
    assert_none_written_after_it_was_confirmed(operation, sandbox)


def assert_settled():
    """Assert that what an unanswered call left open can be settled."""

    def is_settled():
        make_due()
        changes_settle()
        return not Change.objects.unsettled().exists()

    eventually(is_settled)


def assert_none_written_after_it_was_confirmed(operation, sandbox):
    """Assert one applied change per batch, and no write of another change after that one's."""
    confirmed = dict(operation.changes.filter(outcome=Outcome.APPLIED).values_list("batch_id", "request_id"))
    assert operation.changes.filter(outcome=Outcome.APPLIED).count() == len(confirmed)
    done = set(operation.items.values_list("batch_id", flat=True))
    request_ids = {batch_id: ids for batch_id, ids in written(sandbox).items() if batch_id in done}
    assert {batch_id: ids[-1] for batch_id, ids in request_ids.items()} == confirmed
    again = {batch_id: ids for batch_id, ids in request_ids.items() if len(ids) > 1}
    # A call that was not answered in time may be made again; where all are answered there is nothing of that kind.
    assert len(again) <= max(MOST_AGAIN, len(confirmed) / 20), again
