"""The admin as it comes: the columns of the product's list, a filter, and every field to be edited."""

from django.contrib import admin

from benchmarks.peer.models import Batch


@admin.register(Batch)
class BatchAdmin(admin.ModelAdmin):
    list_display = ("batch_id", "campaign_id", "status", "count", "expires_on", "last_worked_on", "last_updated_by")
    list_filter = ("status",)
    list_per_page = 100
