"""The filter of the trail as a query that stands on an index."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from batches.access import Reader, Scope
from batches.selectors.trail_people import actors_matching
from batches.trail_filter import AsOf, Group, TrailFilter
from trail.models import BESIDE, FOLDED, Action, Entry

# What no index finds is looked for among the entries of so many days.
LONGEST_LOOK = timedelta(days=90)
LOGINS = tuple(
    action for action in Action if action.startswith(("login", "logged", "person_password", "person_reset_requested"))
)
PEOPLE = tuple(action for action in Action if action.startswith(("person_", "role_")))
ACTIONS = {
    Group.LOGINS: LOGINS,
    Group.PEOPLE: PEOPLE,
    Group.PEOPLE_AND_LOGINS: tuple(dict.fromkeys((*LOGINS, *PEOPLE))),
    Group.EXPORTS: (Action.EXPORTED, Action.TARGETS_SEEN),
    Group.REFUSALS: (Action.REFUSED,),
}
# One of these is never about many entries, so whatever comes with it needs no index.
FEW = ("batch", "operation")


@dataclass(frozen=True, slots=True)
class Selection:
    """The entries that somebody asked for and may see, without an order.

    `looked_since` is set where they are only those of LONGEST_LOOK, because no index finds them. `is_folded` says that
    the changes of operations are left out. `is_countable` says that an index alone counts them.
    """

    rows: QuerySet[Entry]
    is_folded: bool
    looked_since: datetime | None = None
    is_countable: bool = False

    @property
    def is_indexed(self) -> bool:
        return self.looked_since is None


def trail_selection(
    asked: TrailFilter,
    *,
    scope: Scope,
    reader: Reader,
    is_foldable: bool = True,
    is_whole: bool = False,
    as_of: AsOf | None = None,
) -> Selection:
    """Return the entries that `asked` names, whether or not their changes are settled by now.

    `is_whole`: however long that takes, not those of LONGEST_LOOK alone. `as_of` is when and where it was asked, by
    default here and now. Takes two queries where it names a person, else none.
    """
    now, zone = (as_of.moment, as_of.zone) if as_of else (timezone.now(), timezone.get_current_timezone())
    is_folded = is_foldable and not asked.chosen
    rows = scope.limit(_seen_by(reader, Entry.objects.all()))
    if as_of:
        rows = rows.filter(at__lte=as_of.moment)
    if is_folded:
        return Selection(rows.filter(FOLDED), is_folded=True)
    actors = actors_matching(asked.who, scope=scope) if asked.who else []
    rows = _matching(rows, asked, actors)
    since, until = asked.period(now=now, zone=zone)
    looked_since = None
    if not is_whole and not _has_index(asked, actors, reader):
        earliest = (until or now) - LONGEST_LOOK
        if since is None or since < earliest:
            since = looked_since = earliest
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    is_countable = looked_since is None and reader.sees_people and asked.action not in ACTIONS
    return Selection(rows, is_folded=False, looked_since=looked_since, is_countable=is_countable)


def _seen_by(reader: Reader, rows: QuerySet[Entry]) -> QuerySet[Entry]:
    if reader.sees_people:
        return rows
    own = Q(actor_id=reader.person_id) | Q(person_id=reader.person_id)
    return rows.filter(~BESIDE | own)


def without_ended_starts(entries: list[Entry], *, scope: Scope) -> list[Entry]:
    """Return the entries without the starts of operations whose end is there. Takes a query if there are starts.

    As a condition of the page PostgreSQL would look at each end there is, and takes a second for it.
    """
    started = {entry.operation_id for entry in entries if entry.action == Action.OPERATION_STARTED}
    if not started:
        return entries
    ends = Entry.objects.filter(change_id__isnull=True, operation_id__in=started, action=Action.OPERATION_ENDED)
    ended = set(scope.limit(ends).values_list("operation_id", flat=True))
    return [entry for entry in entries if entry.action != Action.OPERATION_STARTED or entry.operation_id not in ended]


def _matching(rows: QuerySet[Entry], asked: TrailFilter, actors: list[int]) -> QuerySet[Entry]:
    group = ACTIONS.get(Group(asked.action)) if asked.action in list(Group) else None
    if asked.who:
        by = Q(actor_id=actors[0]) if len(actors) == 1 else Q(actor_id__in=actors)
        # Of a failed login, and of what an administrator does, the person it is about matters as well.
        about = Q(person_id__in=actors) | Q(person_email__icontains=asked.who)
        if not actors:
            # Their account is gone, or has another email now.
            by = Q(actor_email__icontains=asked.who)
        rows = rows.filter(by | about if group or not actors else by)
    if asked.action == Group.UNDO:
        rows = rows.filter(is_undo=True)
    elif group:
        rows = rows.filter(BESIDE, action__in=group)
    elif asked.action:
        rows = rows.filter(kind=asked.action)
    if asked.reason:
        rows = rows.filter(reason__icontains=asked.reason)
    equal = {
        "batch_id": asked.batch,
        "campaign_id": asked.campaign and int(asked.campaign),
        "operation_id": asked.operation and int(asked.operation),
        "outcome": asked.outcome,
        "origin": asked.origin,
    }
    return rows.filter(**{name: value for name, value in equal.items() if value != ""})


def _has_index(asked: TrailFilter, actors: list[int], reader: Reader) -> bool:
    """Return whether an index gives the entries in their order, so that a page reads little more than it shows."""
    if any(getattr(asked, name) for name in FEW):
        return True
    if asked.origin or asked.reason or len(actors) > 1 or (asked.who and not actors):
        return False
    if asked.action in ACTIONS and (asked.who or not reader.sees_people):
        return False
    return sum(bool(value) for value in (asked.who, asked.campaign, asked.action, asked.outcome)) <= 1
