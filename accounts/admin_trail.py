"""The admin's pages whose changes are in the trail."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse

from accounts.actor import by


class TrailAdmin(admin.ModelAdmin):
    """Pages that record a new object with `record_created`, and an edit with `record_edit`; nothing can be deleted."""

    record_created: ClassVar[Callable[..., None]]
    record_edit: ClassVar[Callable[..., AbstractContextManager[None]]]

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        show = partial(super().changeform_view, request, object_id, *args, **kwargs)
        instance = self.get_object(request, unquote(object_id)) if object_id and request.method == "POST" else None
        if instance is None or not self.has_change_permission(request, instance):
            return show()
        with self.record_edit(instance.pk, **by(request)):
            return show()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            self.record_created(form.instance, **by(request))
