"""What processes tell each other through the database."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

from common.clock import from_now

# Several times the pause between two heartbeats: a machine may stall.
ALIVE_FOR = timedelta(seconds=45)


class ProcessLease(models.Model):
    """The right of one process to do the work called `name`, for as long as it renews the lease.

    `until` is by the clock of the database.
    """

    name = models.CharField(max_length=20, primary_key=True)
    token = models.CharField(max_length=32, blank=True)
    until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"lease of {self.name}"


class Process(models.TextChoices):
    """The processes of the Procfile, by their names there."""

    WEB = "web", "Web server"
    WORKER = "worker", "Worker"
    STOPPER = "stopper", "Worker for stops"
    SWEEP = "sweep", "Sweep"
    SETTLE = "settle", "Settling of changes"
    WATCH = "watch", "Watcher"
    SEAL = "seal", "Sealer"
    STREAM = "stream", "Stream"


class HeartbeatQuerySet(models.QuerySet["ProcessHeartbeat"]):
    """Questions that are asked in more than one place."""

    def of_processes(self) -> Self:
        """Return the rows of single processes, without the totals."""
        return self.exclude(instance=ProcessHeartbeat.TOTAL)

    def alive(self) -> Self:
        """Return those that were heard of a moment ago, and did not say that they end."""
        return self.of_processes().filter(ended_at=None, beat_at__gte=from_now(-ALIVE_FOR))


class ProcessHeartbeat(models.Model):
    """A sign of life of one process, and what it has counted since its start.

    `instance` is the name of its machine and a random token. The row with the instance TOTAL has the sums of processes
    that ended long ago and have no row any more: in the same table, so that one query sees each number exactly once.
    `counters` is as `common.counters.to_json` writes it. `readings` are numbers at that moment, in seconds, by name; a
    name that does not apply is left out. All moments are by the clock of the database.
    """

    TOTAL = "total"

    process = models.CharField(max_length=20, choices=Process)
    instance = models.CharField(max_length=100)
    version = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    counters = models.JSONField(default=list)
    readings = models.JSONField(default=dict)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("process", "instance"), name="one_heartbeat_per_instance"),)

    def __str__(self) -> str:
        return f"heartbeat of {self.process}, {self.instance}"
