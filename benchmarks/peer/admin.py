"""The admin out of the box: the columns of the product's list, a filter, and every field editable."""

from django.contrib import admin

from benchmarks.peer.models import Batch
from trail.models import Entry


@admin.register(Batch)
class BatchAdmin(admin.ModelAdmin):
    """Django's admin of the rows."""

    list_display = ("batch_id", "campaign_id", "status", "count", "expires_on", "last_worked_on", "last_updated_by")
    list_filter = ("status",)
    list_per_page = 100


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    """Django's admin of the trail: what a line of the product's timeline says, as columns."""

    list_display = (
        "at",
        "actor_email",
        "action",
        "kind",
        "batch_id",
        "campaign_name",
        "outcome",
        "origin",
        "reason",
        "operation_id",
    )
    list_per_page = 50

    # The model has no permissions: there is nothing but reading.
    has_view_permission = lambda *_: True  # noqa: E731
    has_add_permission = has_change_permission = has_delete_permission = lambda *_: False
