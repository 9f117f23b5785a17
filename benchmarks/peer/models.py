"""A batch as a row, with the columns of contract `2025-04`."""

from django.db import models

from syllable.schemas import BatchStatus


class Batch(models.Model):
    """One batch as a row."""

    batch_id = models.CharField(max_length=64, primary_key=True)
    campaign_id = models.IntegerField()
    status = models.CharField(max_length=16, choices=[(str(status), str(status)) for status in BatchStatus])
    expires_on = models.DateTimeField(null=True, blank=True)
    count = models.IntegerField()
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_reason = models.TextField(blank=True)
    last_worked_on = models.DateTimeField(null=True, blank=True)
    last_updated_by = models.CharField(max_length=254, blank=True)

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.batch_id
