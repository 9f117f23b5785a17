"""Holds: somebody decided that batches stay paused, whoever resumes them, until somebody lifts the hold."""

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from batches.models.operation import TargetScope
from common.clock import from_now

# So many attempts within this time raise the alarm, which lasts until none came for as long.
ALARM_ATTEMPTS = 3
ALARM_WITHIN = timedelta(hours=1)
# What a hold can be about; a filter may match other batches tomorrow.
HOLDABLE = (TargetScope.CAMPAIGN, TargetScope.SELECTION, TargetScope.ALL)


class HoldQuerySet(models.QuerySet["Hold"]):
    """Queries of holds that have more than one caller."""

    def active(self) -> Self:
        """Return holds that nobody has lifted, oldest first."""
        return self.filter(lifted_at=None).order_by("pk")

    def over(self, batch_id: str, campaign_id: int | str | None) -> Self:
        """Return active holds that keep this batch paused; `campaign_id` is as the API says."""
        covers = Q(scope=TargetScope.ALL) | Q(pk__in=HeldBatch.objects.filter(batch_id=batch_id).values("hold"))
        if isinstance(campaign_id, int):
            covers |= Q(scope=TargetScope.CAMPAIGN, campaign_id=campaign_id)
        return self.active().filter(covers)

    def alarming(self) -> Self:
        """Return active holds whose pauses are undone again and again."""
        return self.active().filter(alarmed_at__gt=from_now(-ALARM_WITHIN))


class Hold(models.Model):
    """Batches that stay paused: those of a campaign, now and later, selected ones (`batches`), or all.

    A hold lasts until somebody lifts it, whatever becomes of who placed it. `operation` is the pause that it came
    from. `alarmed_at` is the newest attempt that was one of ALARM_ATTEMPTS within ALARM_WITHIN. All moments are by the
    clock of the database.
    """

    scope = models.CharField(max_length=20, choices=[(scope.value, scope.label) for scope in HOLDABLE])
    campaign_id = models.BigIntegerField(null=True, blank=True)
    campaign_name = models.TextField(blank=True)
    operation = models.ForeignKey("batches.Operation", null=True, on_delete=models.SET_NULL, related_name="placed")
    reason = models.TextField(blank=True)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="holds")
    placed_by_email = models.EmailField(help_text="As sent to Syllable. Stays when the user is deleted.")
    placed_at = models.DateTimeField(db_default=Now())
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    lifted_by_email = models.EmailField(blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_reason = models.TextField(blank=True)
    alarmed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[HoldQuerySet] = HoldQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        default_permissions = ()
        # Few are active, however many were lifted.
        indexes = (models.Index(fields=("id",), condition=Q(lifted_at=None), name="hold_active"),)

    def __str__(self) -> str:
        return f"hold {self.pk} by {self.placed_by_email}"

    @property
    def is_active(self) -> bool:
        return self.lifted_at is None


class HeldBatch(models.Model):
    """One batch of a hold over selected batches."""

    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="batches", db_index=False)
    batch_id = models.CharField(max_length=500)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("hold", "batch_id"), name="one_row_per_held_batch"),)
        indexes = (models.Index(fields=("batch_id",), name="held_batch"),)

    def __str__(self) -> str:
        return f"batch {self.batch_id} of hold {self.hold_id}"


class HoldAttempt(models.Model):
    """A confirmed pause under a hold that somebody undid elsewhere: `change` is what was observed."""

    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    change = models.ForeignKey("batches.Change", on_delete=models.CASCADE, related_name="+")
    batch_id = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("hold", "change"), name="one_attempt_per_change"),)
        indexes = (models.Index(fields=("hold", "at"), name="hold_attempt_newest"),)

    def __str__(self) -> str:
        return f"attempt {self.pk} against hold {self.hold_id}"


def active_covering(holds: Iterable[Hold]) -> Q:
    """Return the condition for sightings that any of these active holds keeps paused."""
    scopes = {hold.scope for hold in holds}
    if TargetScope.ALL in scopes:
        return Q()
    covered = Q(campaign_id__in=[hold.campaign_id for hold in holds if hold.scope == TargetScope.CAMPAIGN])
    if TargetScope.SELECTION in scopes:
        covered |= Q(batch_id__in=HeldBatch.objects.filter(hold__in=holds).values("batch_id"))
    return covered
