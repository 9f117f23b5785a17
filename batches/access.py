"""Who may do what, to which batches. The roles are created from this table whenever the database is migrated."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import router

from accounts.models import User

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
    """Create the roles that are missing. A role that is there keeps what administrators have made of it."""
    if not router.allow_migrate_model(using, Group):
        return
    for name, permissions in ROLES.items():
        group, is_new = Group.objects.using(using).get_or_create(name=name)
        if is_new:
            group.permissions.add(*(_permission(permission, using) for permission in permissions))


def _permission(name: str, using: str) -> Permission:
    app_label, codename = name.split(".")
    return Permission.objects.using(using).get(content_type__app_label=app_label, codename=codename)
