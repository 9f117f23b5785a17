"""`python -m benchmarks.peer.fill_trail ENTRIES`: fill the trail, and the changes it tells of. A full one stays."""

import sys
from collections.abc import Iterator
from itertools import islice
from random import Random

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from batches.models import Change, Operation, State, TargetScope  # noqa: E402
from benchmarks.peer.bulk import add_rows, hurry, settle, without_indexes  # noqa: E402
from benchmarks.peer.trail_rows import (  # noqa: E402
    BATCHES_OF_OPERATION,
    CAMPAIGNS,
    CHANGE,
    ENTRY,
    OF_OPERATIONS,
    Decision,
    Past,
    Person,
    name_of,
)
from trail.models import Entry  # noqa: E402

PEOPLE = 40
AT_A_TIME = 20_000
KINDS = ("pause", "pause", "resume", "expiry", "cancel")


def main(entries: int) -> None:
    """Add entries from three years ago until now."""
    call_command("migrate", "peer", run_syncdb=True, verbosity=0)
    if Entry.objects.count() >= entries:
        return
    if Change.objects.exists():
        sys.exit("The trail is filled from nothing only: give an empty database.")
    people = _people()
    past = Past(entries, people, _operations(entries, people), timezone.now())
    rows = past.rows()
    hurry()
    with without_indexes(Entry, Change):
        while some := list(islice(rows, AT_A_TIME)):
            with transaction.atomic():
                add_rows(Change, CHANGE, _taken(past))
                add_rows(Entry, ENTRY, some)
    settle(Change, Entry)


def _people() -> list[Person]:
    made = User.objects.bulk_create(
        User(email=f"person{number:02}@example.com", name=f"Person {number}") for number in range(1, PEOPLE + 1)
    )
    return [Person(user.pk, user.email or "") for user in made]


def _operations(entries: int, people: list[Person]) -> list[Decision]:
    random = Random(7)  # noqa: S311 - nothing is secret here
    made = []
    for _ in range(round(entries * OF_OPERATIONS / BATCHES_OF_OPERATION)):
        person, campaign = random.choice(people), random.randint(1, CAMPAIGNS)
        made.append(
            Operation(
                kind=random.choice(KINDS),
                scope=TargetScope.CAMPAIGN,
                campaign_id=campaign,
                campaign_name=name_of(campaign),
                actor_id=person.pk,
                actor_email=person.email,
                state=State.FINISHED,
            )
        )
    people_by_id = {person.pk: person for person in people}
    return [
        Decision(operation.pk, people_by_id[operation.actor_id or 0], operation.kind, operation.campaign_id or 0)
        for operation in Operation.objects.bulk_create(made)
    ]


def _taken(past: Past) -> Iterator[tuple[object, ...]]:
    taken, past.changes = past.changes, []
    yield from taken


if __name__ == "__main__":
    main(int(sys.argv[1]))
