"""Writing to the trail. Whoever does something for a person adds the entry in the same transaction."""

from typing import Any, Protocol

from trail.models import Action, Entry
from trail.source import BACKGROUND, Source


class Person(Protocol):
    """Somebody with an account."""

    pk: Any
    email: str | None


def entry_add(
    action: Action, *, actor: Person | None, source: Source = BACKGROUND, person: Person | None = None, **about: Any
) -> Entry:
    """Add one entry; part of the caller's transaction, so that no act is done without its entry.

    `actor` is who did it, None where no person did; `person` whom it was done to. `about` are the other fields of
    `Entry` by their names: ids, names, `body`.
    """
    if person is not None:
        about = {"person_id": person.pk, "person_email": person.email or ""} | about
    return Entry.objects.create(
        action=action,
        actor_id=actor.pk if actor else None,
        actor_email=(actor.email or "") if actor else "",
        address=source.address or None,
        request_id=source.request_id,
        **about,
    )
