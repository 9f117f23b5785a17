"""Writing to the trail. Code that acts for a person adds the entry in the same transaction."""

from typing import Any, Protocol

from trail.models import Action, Entry
from trail.source import BACKGROUND, Source


class Person(Protocol):
    """Somebody with an account, or who had one."""

    @property
    def pk(self) -> Any: ...

    @property
    def email(self) -> str | None: ...


def entry_add(
    action: Action, *, actor: Person | None, source: Source = BACKGROUND, person: Person | None = None, **about: Any
) -> Entry:
    """Add one entry within the caller's transaction, so that no act goes without an entry.

    `actor` is who acted, None where no person did; `person` is whom the act was done to. `about` holds the other fields
    of `Entry` by name: ids, names, `body`.
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
