"""Do the changes say what the trail says of them? The seals keep the trail alone from being altered unseen."""

from collections.abc import Iterator

from batches.models import Change, Outcome
from trail.findings import Finding, Problem
from trail.models import Entry

# Rows of one query.
CHUNK = 1000


def changes_compare() -> Finding | None:
    """Return the first change whose outcome is not that of its last entry, None where there is none.

    A change without an entry is one if it began after the first change that has an entry: the entries of earlier ones
    were never written, or were removed by TRAIL_DAYS.
    """
    about_changes = Entry.objects.exclude(outcome="").filter(change_id__isnull=False)
    said_since = about_changes.order_by("pk").values_list("at", flat=True).first()
    for changes in _chunks():
        entries = about_changes.filter(change_id__in=[change.pk for change in changes])
        outcomes = dict(entries.order_by("pk").values_list("change_id", "outcome"))
        for change in changes:
            said = outcomes.get(change.pk)
            is_older = said_since is None or change.started_at <= said_since
            if (said is None and is_older) or said == change.outcome or said == _outcome_now(change):
                continue
            return Finding(Problem.CHANGE_DIFFERS if said else Problem.CHANGE_UNSAID, change=change.pk)
    return None


def _outcome_now(change: Change) -> str | None:
    """Return the outcome as it is now: the change may have been settled since it was read."""
    return Change.objects.filter(pk=change.pk).values_list("outcome", flat=True).first()


def _chunks() -> Iterator[list[Change]]:
    """Yield the changes that have ended, oldest first."""
    ended = Change.objects.exclude(outcome=Outcome.STARTED).only("outcome", "started_at").order_by("pk")
    last = 0
    while chunk := list(ended.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1].pk
