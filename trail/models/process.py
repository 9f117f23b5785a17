"""What the processes of the trail remember: what has left the house."""

from django.db import models
from django.db.models.functions import Now


class ProcessName(models.TextChoices):
    """Work that one process does at a time, on whichever machine."""

    SEAL = "seal", "Sealer"
    STREAM = "stream", "Stream"
    HEAD_MAIL = "head_mail", "Mail of the head"


class StreamProblem(models.TextChoices):
    """Why the last delivery failed."""

    REFUSED = "refused", "Refused"
    REDIRECTED = "redirected", "Redirected"
    TIMED_OUT = "timed_out", "Timed out"
    UNREACHABLE = "unreachable", "Unreachable"


class StreamCursor(models.Model):
    """How far AUDIT_STREAM_URL has the trail.

    `seal` is the number of the last seal it has accepted, 0 for none. `problem` is "" after a success, and `status` the
    HTTP status of the last answer, None without one.
    """

    name = models.CharField(max_length=20, primary_key=True, choices=ProcessName)
    seal = models.BigIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, blank=True, choices=StreamProblem)
    status = models.SmallIntegerField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name}: delivered up to seal {self.seal}"


class HeadMail(models.Model):
    """A head that went out by mail."""

    seal = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"head {self.seal}, mailed"
