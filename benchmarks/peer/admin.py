"""The admin out of the box: the columns of the product's list, a filter, and every field editable."""

from django.contrib import admin

from benchmarks.peer.models import Batch


@admin.register(Batch)
class BatchAdmin(admin.ModelAdmin):
    """Django's admin of the rows."""

    list_display = ("batch_id", "campaign_id", "status", "count", "expires_on", "last_worked_on", "last_updated_by")
    list_filter = ("status",)
    list_per_page = 100
