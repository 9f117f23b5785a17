"""Files of the trail that a worker makes, because they are long."""

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ExportFormat(models.TextChoices):
    """What a file of the trail is."""

    CSV = "csv", "CSV"
    JSONL = "jsonl", "JSON Lines"


class ExportState(models.TextChoices):
    """The state of an export. A REMOVED one was READY; its file was kept long enough."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    REMOVED = "removed", "Removed"


UNDER_WAY = (ExportState.WAITING, ExportState.RUNNING)


class ExportProblem(models.TextChoices):
    """Why an export failed."""

    AUTHORITY = "authority", "Its actor can no longer have this file"
    FILTER = "filter", "The filter is not understood"
    DISK_FULL = "disk_full", "The disk is full"
    FOLDER = "folder", "The folder cannot be written"
    LOST = "lost", "Its workers ended too often"
    BROKEN = "broken", "Unexpected"


def exports_storage() -> Storage:
    """Return where the files are. A callable, so that the migration does not name a folder."""
    return storages["exports"]


class TrailExport(models.Model):
    """One file of the trail, for the person who asked for it.

    `query` is the filter as its address holds it, without the `?`. What the person sees is stored as it was when they
    asked: `scope` is the key of their scope, `sees_people` is that of their Reader, and `time_zone` says which days
    the words of the filter mean. Nothing later than `asked_at` is part of the file.

    `rows` and `bytes` say how much of the file there is so far. `cursor` is set while an export waits whose worker gave
    way to others: the id of the last entry that the file holds. After anything else a file begins anew, which `tries`
    counts. `file` is a random name.

    All moments are by the clock of the database. `token` and `lease_until` are a lease, as those of an `Operation`.
    """

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="exports")
    actor_email = models.EmailField(blank=True, help_text="Stays when the user is deleted.")
    file_format = models.CharField(max_length=10, choices=ExportFormat)
    query = models.TextField(blank=True)
    scope = models.TextField()
    sees_people = models.BooleanField()
    time_zone = models.CharField(max_length=64)

    state = models.CharField(max_length=20, choices=ExportState, default=ExportState.WAITING)
    problem = models.CharField(max_length=20, choices=ExportProblem, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    file = models.FileField(storage=exports_storage, blank=True)
    cursor = models.BigIntegerField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    asked_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("actor",), condition=Q(state__in=UNDER_WAY), name="one_export_under_way_per_person"
            ),
        )
        indexes = (
            models.Index(
                fields=("state",), condition=Q(state__in=(*UNDER_WAY, ExportState.READY)), name="export_to_look_after"
            ),
        )

    def __str__(self) -> str:
        return f"export {self.pk}: {self.get_file_format_display()}, {self.get_state_display()}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY
