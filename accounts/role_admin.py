"""The admin's pages for roles. Every change is in the trail."""

from functools import partial
from typing import Any

from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse

from accounts.actor import actor_of
from accounts.people import role_created, role_edit
from trail.source import Source


class RoleAdmin(GroupAdmin):
    """Only superusers edit roles: others could edit their own.

    Nobody deletes roles: people would lose them with no entry.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return actor_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:  # noqa: ARG002
        return actor_of(request).is_superuser

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        role = self.get_object(request, unquote(object_id)) if object_id else None
        show = partial(super().changeform_view, request, object_id, form_url, extra_context)
        if request.method != "POST" or role is None:
            return show()
        with role_edit(role.pk, actor=actor_of(request), source=Source.of(request)):
            return show()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            role_created(form.instance, actor=actor_of(request), source=Source.of(request))
