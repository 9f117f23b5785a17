"""Who may do what, to which batches. Every migration of the database creates missing roles from this table."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import connections, router, transaction
from django.db.models import QuerySet

from accounts.models import User
from batches.models import Operation

VIEW = "batches.view_batches"
EDIT = "batches.edit_batches"
STOP_EVERYTHING = "batches.stop_everything"
MANAGE_PEOPLE = ("accounts.view_user", "accounts.add_user", "accounts.change_user")

ROLES = {
    "Viewers": (VIEW,),
    "Operators": (VIEW, EDIT, STOP_EVERYTHING),
    "Administrators": (VIEW, EDIT, STOP_EVERYTHING, *MANAGE_PEOPLE),
}


Somebody = User | AnonymousUser
Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


@dataclass(frozen=True, slots=True)
class Scope:
    """The batches that somebody may see and act on: those of these campaigns, or all batches where it is None.

    Today every scope is EVERYTHING, since no role is limited to some campaigns; reads and writes respect the scope
    anyway. A thing without a campaign, or whose campaign is not known yet, is only inside EVERYTHING, and so is an
    operation over several campaigns.
    """

    campaigns: frozenset[int] | None = None

    @property
    def key(self) -> str:
        """A string that tells scopes apart in cache keys."""
        return "everything" if self.campaigns is None else ".".join(map(str, sorted(self.campaigns)))

    def covers(self, campaign_id: int | str | None) -> bool:
        """Return whether the scope includes things of this campaign; None and "" mean no campaign."""
        return self.campaigns is None or str(campaign_id) in map(str, self.campaigns)

    def limit(self, rows: Rows, *, by: str = "campaign_id") -> Rows:
        """Return those of `rows` that are inside the scope; `by` is the field that holds their campaign."""
        return rows if self.campaigns is None else rows.filter(**{f"{by}__in": self.campaigns})


EVERYTHING = Scope()


def scope_of(user: Somebody | None) -> Scope:  # noqa: ARG001 - a role for some campaigns is going to ask who it is
    """Return which batches somebody may see and act on. Whether they may do so at all is up to VIEW and EDIT."""
    return EVERYTHING


def scope_behind(operation: Operation) -> Scope:
    """Return which batches an operation may touch: those of its actor's scope.

    An unattended operation, or one for a hold, keeps to its target alone: somebody with authority decided on it.
    """
    return EVERYTHING if operation.unattended_since or operation.hold_id else scope_of(operation.actor)


def may_stop_everything(user: Somebody) -> bool:
    """Return whether they may act on all batches at once."""
    return user.has_perm(STOP_EVERYTHING)


def sees_targets(user: Somebody) -> bool:
    """Return whether they see phone numbers and email addresses unmasked."""
    return user.has_perm(EDIT)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the trail. `sees_people` is whether they see logins, accounts, roles and network addresses of others.

    Everybody who may view batches reads what happened to batches and operations, and all entries about themselves.
    """

    person_id: int | None = None
    sees_people: bool = False

    def sees_address(self, actor_id: int | None) -> bool:
        """Return whether they see from which network address this person acted."""
        return self.sees_people or (actor_id is not None and actor_id == self.person_id)


# Whoever has the command line.
EVERY_READER = Reader(sees_people=True)


def reader_of(user: Somebody) -> Reader:
    """Return what somebody may read of the trail, beside what their scope limits."""
    return Reader(user.pk, sees_people=user.has_perm(MANAGE_PEOPLE[0]))


def role_of(user: Somebody) -> str:
    """Return what they can do here in one word, whatever their roles are called."""
    if user.is_staff:
        return "Administrator"
    if user.has_perm(EDIT):
        return "Operator"
    return "Viewer" if user.has_perm(VIEW) else "No role"


def create_roles(*, using: str, **_about: Any) -> None:
    """Create missing roles, once all apps have their permissions.

    An existing role keeps whatever administrators have made of it.
    """
    if not router.allow_migrate_model(using, Group) or Group._meta.db_table not in _tables(using):
        return
    there = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for name, permissions in ROLES.items():
        if there.keys() >= set(permissions):
            with transaction.atomic(using=using):
                group, is_new = Group.objects.using(using).get_or_create(name=name)
                if is_new:
                    group.permissions.add(*(there[permission] for permission in permissions))


def _tables(using: str) -> list[str]:
    return connections[using].introspection.table_names()
