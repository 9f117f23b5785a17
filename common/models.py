"""What processes tell each other through the database."""

from django.db import models


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
