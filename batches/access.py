"""Who may do what. The roles are created from this table whenever the database is migrated."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import router

VIEW = "batches.view_batches"
EDIT = "batches.edit_batches"
STOP_EVERYTHING = "batches.stop_everything"
MANAGE_PEOPLE = ("accounts.view_user", "accounts.add_user", "accounts.change_user")

ROLES = {
    "Viewers": (VIEW,),
    "Operators": (VIEW, EDIT, STOP_EVERYTHING),
    "Administrators": (VIEW, EDIT, STOP_EVERYTHING, *MANAGE_PEOPLE),
}


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
