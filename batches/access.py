"""Who may do what, to which batches. The roles are created from this table whenever the database is migrated."""

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
    """The batches that somebody may see and act on: those of these campaigns, None for every batch there is.

    Everybody's is EVERYTHING today, as no role is for some campaigns only; reads and writes ask for it all the same.
    What names no campaign, or whose campaign is not known yet, is inside EVERYTHING alone, and so is an operation that
    does not keep to one campaign.
    """

    campaigns: frozenset[int] | None = None

    @property
    def key(self) -> str:
        """What tells it from others in the key of a cache."""
        return "everything" if self.campaigns is None else ".".join(map(str, sorted(self.campaigns)))

    def covers(self, campaign_id: int | str | None) -> bool:
        """Whether what belongs to this campaign is inside; None and "" are for no campaign."""
        return self.campaigns is None or str(campaign_id) in map(str, self.campaigns)

    def limit(self, rows: Rows, *, by: str = "campaign_id") -> Rows:
        """Those of `rows` that are inside, by the field that holds their campaign."""
        return rows if self.campaigns is None else rows.filter(**{f"{by}__in": self.campaigns})


EVERYTHING = Scope()


def scope_of(user: Somebody | None) -> Scope:  # noqa: ARG001 - a role for some campaigns is going to ask who it is
    """Which batches somebody may see and act on. Whether they may is another question: VIEW and EDIT answer it."""
    return EVERYTHING


def scope_behind(operation: Operation) -> Scope:
    """Which batches an operation may touch: what its actor may. What goes on without anybody's authority was decided by
    somebody who had it, and keeps to its target alone."""
    return EVERYTHING if operation.unattended_since else scope_of(operation.actor)


def may_stop_everything(user: Somebody) -> bool:
    """Whether they may act on every batch there is, at once."""
    return user.has_perm(STOP_EVERYTHING)


def sees_targets(user: Somebody) -> bool:
    """Whether they see whole whom a request is to reach; to others phone numbers and email addresses are masked."""
    return user.has_perm(EDIT)


def role_of(user: Somebody) -> str:
    """What they can do here, in one word, whatever the roles that they have are called."""
    if user.is_staff:
        return "Administrator"
    if user.has_perm(EDIT):
        return "Operator"
    return "Viewer" if user.has_perm(VIEW) else "No role"


def create_roles(*, using: str, **_about: Any) -> None:
    """Create the roles that are missing, once all apps have their permissions.

    A role that is there keeps what administrators have made of it.
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
