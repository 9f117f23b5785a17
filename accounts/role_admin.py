"""The admin's pages for roles. Every change is in the trail."""

from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.actor import actor_of
from accounts.admin_trail import TrailAdmin
from accounts.people import role_created, role_edit


class RoleAdmin(TrailAdmin, GroupAdmin):
    """Only superusers edit roles: others could edit their own.

    Nobody deletes roles: people would lose them with no entry.
    """

    record_created = staticmethod(role_created)
    record_edit = staticmethod(role_edit)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return actor_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:  # noqa: ARG002
        return actor_of(request).is_superuser
