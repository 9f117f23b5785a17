"""Changes that are not confirmed, by the filter of the trail."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from batches.access import Scope
from batches.models import Change, Origin
from batches.selectors.trail_people import actors_matching
from batches.trail_filter import AsOf, Group, TrailFilter
from syllable.schemas import BatchStatus

STATUSES = {"pause": BatchStatus.PAUSED, "cancel": BatchStatus.CANCELED}


def not_confirmed_changes(asked: TrailFilter, *, scope: Scope, as_of: AsOf | None = None) -> QuerySet[Change]:
    """Return the changes that are not confirmed, newest first. Some have no entry yet: their writer died.

    `as_of` is when and where it was asked, by default here and now. What is not confirmed is always that of now.
    """
    now, zone = (as_of.moment, as_of.zone) if as_of else (timezone.now(), timezone.get_current_timezone())
    changes = scope.limit(Change.objects.not_confirmed().select_related("operation"))
    since, until = asked.period(now=now, zone=zone)
    equal: dict[str, object] = {
        "actor_id__in": actors_matching(asked.who, scope=scope) if asked.who else "",
        "batch_id": asked.batch,
        "campaign_id": asked.campaign and int(asked.campaign),
        "operation_id": asked.operation and int(asked.operation),
        "outcome": asked.outcome,
        "origin": asked.origin,
        "reason__icontains": asked.reason,
        "started_at__gte": since or "",
        "started_at__lt": until or "",
    }
    changes = changes.filter(**{name: value for name, value in equal.items() if value != ""})
    return _of_kind(changes, asked.action).order_by("-pk")


def _of_kind(changes: QuerySet[Change], action: str) -> QuerySet[Change]:
    match action:
        case "":
            return changes
        case "pause" | "cancel":
            return changes.filter(edit__status=STATUSES[action])
        case "resume":
            return changes.filter(edit__has_key="status").exclude(edit__status__in=list(STATUSES.values()))
        case "expiry":
            return changes.filter(edit__has_key="expires_on").exclude(edit__has_key="status")
        case "rate":
            is_other = Q(edit__has_key="status") | Q(edit__has_key="expires_on")
            return changes.filter(edit__has_any_keys=["call_rate", "auto_call_rate"]).exclude(is_other)
        case Group.UNDO:
            return changes.filter(Q(origin=Origin.UNDO) | Q(operation__undoes__isnull=False))
    return changes.none()
