"""Changes to people's accounts and to roles, with their entries in the trail and mails to the people concerned."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Powers, User, permission_names
from trail.models import Action, Entry
from trail.services import entry_add
from trail.source import BACKGROUND, Source


@dataclass(frozen=True, slots=True)
class Account:
    """What the trail follows of an account, at one moment."""

    email: str
    password: str
    is_active: bool
    powers: Powers


def person_created(person: User, *, actor: User | None, source: Source = BACKGROUND) -> None:
    """Record that `person` was created. Their roles must be saved already."""
    entry_add(Action.PERSON_CREATED, actor=actor, source=source, person=person, body=person.as_created())


@contextmanager
def person_edit(person_id: int, *, actor: User, source: Source) -> Iterator[None]:
    """Record what the block changes about a person's account, in the same transaction, and notify the person by mail.

    Raises User.DoesNotExist.
    """
    with transaction.atomic():
        before = _account(User.objects.select_for_update().get(pk=person_id))
        yield
        person = User.objects.get(pk=person_id)
        after = _account(person)
        for action, body in _changes(before, after):
            entry_add(action, actor=actor, source=source, person=person, body=body)
        _tell(before, after, actor=actor)


def role_created(role: Group, *, actor: User, source: Source) -> None:
    """Record that `role` was created. Its permissions must be saved already."""
    entry_add(Action.ROLE_CREATED, actor=actor, source=source, body={"role_id": role.pk, "new": _role(role)})


@contextmanager
def role_edit(role_id: int, *, actor: User, source: Source) -> Iterator[None]:
    """Record what the block changes about a role, in the same transaction. Raises Group.DoesNotExist."""
    with transaction.atomic():
        before = _role(Group.objects.select_for_update().get(pk=role_id))
        yield
        after = _role(Group.objects.get(pk=role_id))
        if before != after:
            body = {"role_id": role_id, "old": before, "new": after}
            entry_add(Action.ROLE_CHANGED, actor=actor, source=source, body=body)


def person_entries(person_id: int) -> QuerySet[Entry]:
    """Return what was done to a person, newest first."""
    return Entry.objects.filter(person_id=person_id).order_by("-pk")


def _role(role: Group) -> dict[str, Any]:
    return {"name": role.name, "permissions": permission_names(role.permissions)}


def _account(person: User) -> Account:
    return Account(person.email or "", person.password, person.is_active, person.powers())


def _changes(before: Account, after: Account) -> Iterator[tuple[Action, dict[str, Any]]]:
    if before.email != after.email:
        yield Action.PERSON_EMAIL_CHANGED, {"old": before.email, "new": after.email}
    if before.password != after.password:
        yield Action.PERSON_PASSWORD_SET, {"usable": is_password_usable(after.password)}
    if before.powers != after.powers:
        yield Action.PERSON_ROLES_CHANGED, {"old": before.powers, "new": after.powers}
    if before.is_active != after.is_active:
        yield Action.PERSON_REACTIVATED if after.is_active else Action.PERSON_DEACTIVATED, {}


def _tell(before: Account, after: Account, *, actor: User) -> None:
    """Mail the person about changes to their email and their password."""
    about = {"actor": actor.email or str(actor), "at": timezone.now()}
    mails: list[tuple[str, str, dict[str, Any]]] = []
    if before.email != after.email:
        changed = {"old": before.email, "new": after.email}
        mails += [(address, "email_changed_by_administrator", changed) for address in (before.email, after.email)]
    if before.password != after.password:
        mails.append((after.email, "password_set_by_administrator", {"usable": is_password_usable(after.password)}))
    for to, template, more in mails:
        if to:
            get_adapter().send_mail(f"account/email/{template}", to, about | more)
