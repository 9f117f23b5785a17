"""One decision over many batches, carried out in the background, and what became of each batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from batches.models.change import Change, Origin
from batches.models.fields import BatchEditField, storable
from batches.models.sighting_filter import SightingFilter
from common.clock import from_now
from syllable.schemas import BatchEdit, BatchQuery


class Kind(models.TextChoices):
    """What an operation does to each of its batches."""

    PAUSE = "pause", "Pause"
    RESUME = "resume", "Resume"
    CANCEL = "cancel", "Cancel"
    EXPIRY = "expiry", "Set expiry"


STOPPING = (Kind.PAUSE, Kind.CANCEL)


class TargetScope(models.TextChoices):
    """How an operation selects its batches."""

    CAMPAIGN = "campaign", "Campaign"
    SELECTION = "selection", "Selected batches"
    FILTER = "filter", "Filtered batches"
    ALL = "all", "Everything active"


# An operation that was queued longer ago, and that no worker has, is not carried out.
SOON_BEGUN = timedelta(minutes=1)
# The most that one form sends.
MOST_SELECTED = 500


@dataclass(frozen=True, slots=True)
class Target:
    """Which batches an operation is about: a campaign, the `batch_ids` of a SELECTION, a FILTER, or ALL.

    `campaign_name` is for people. `status` and `q` are the filter's own, as in the address of the list. Once an
    operation is stored the batches of a SELECTION are its items, and `batch_ids` is empty. `view` is the filter that
    matched the `batch_ids` when an operation over what the watcher saw was previewed.
    """

    scope: TargetScope
    campaign_id: int | None = None
    campaign_name: str = ""
    batch_ids: Sequence[str] = ()
    status: str = ""
    q: str = ""
    view: SightingFilter | None = None

    @property
    def query(self) -> BatchQuery:
        """The batches as a query to the API, which cannot express a SELECTION."""
        campaign = "" if self.campaign_id is None else str(self.campaign_id)
        return BatchQuery(status=self.status, campaign_id=campaign, batch_id=self.q)

    def fields(self) -> dict[str, Any]:
        """Return the target as the fields of an `Operation`; `Operation.target` is the inverse."""
        query = self.query
        chosen = {"status": query.status, "campaign": query.campaign_id, "q": query.batch_id}
        return {
            "scope": self.scope,
            "campaign_id": self.campaign_id,
            "campaign_name": storable(self.campaign_name),
            "filter": chosen if self.scope == TargetScope.FILTER else {},
        }


class State(models.TextChoices):
    """The state of an operation. ASKING waits for a person: the operation was delayed and would contact people."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    ASKING = "asking", "Needs your confirmation"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"


OPEN = (State.WAITING, State.RUNNING, State.ASKING)


class Cause(models.TextChoices):
    """Why an operation stopped before it was finished."""

    ABORTED = "aborted", "Aborted by a person"
    SUPERSEDED = "superseded", "Ended by a later stop"
    AUTHORITY = "authority", "Its actor can no longer do this"


class ItemState(models.TextChoices):
    """What became of one batch of an operation. All but WAITING are final unless somebody retries."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"
    UNCONFIRMED = "unconfirmed", "Not confirmed"


class Standing(models.TextChoices):
    """How a batch of an operation stands, as pages show it; what needs a look comes first.

    This is the item's state, except for unconfirmed changes: UNCONFIRMED are those of `ChangeQuerySet.not_confirmed`,
    whether or not there will be a retry, and NEVER_CONFIRMED those given up for good.
    """

    FAILED = "failed", "Failed"
    UNCONFIRMED = "unconfirmed", "Not confirmed"
    NEVER_CONFIRMED = "never_confirmed", "Never confirmed"
    WAITING = "waiting", "Waiting"
    SKIPPED = "skipped", "Skipped"
    DONE = "done", "Done"


class OperationQuerySet(models.QuerySet["Operation"]):
    """Queries of operations that have more than one caller."""

    def open(self) -> Self:
        """Return operations that have not ended."""
        return self.filter(state__in=OPEN)

    def stopping(self) -> Self:
        """Return operations that stop their batches from contacting people."""
        return self.filter(kind__in=STOPPING)

    def emergency_stops(self) -> Self:
        """Return operations that pause all active batches."""
        return self.filter(scope=TargetScope.ALL)

    def carried_out_now(self) -> Self:
        """Return operations that a worker has, or is about to have."""
        return self.open().filter(Q(lease_until__gt=Now()) | Q(queued_at__gt=from_now(-SOON_BEGUN)))

    def with_open_batches(self) -> Self:
        """Return operations that have batches to write, or may find some."""
        waiting = OperationItem.objects.filter(operation=OuterRef("pk"), state=ItemState.WAITING)
        return self.filter(Q(listed_at=None) | Exists(waiting))

    def waiting_beside(self, operation: "Operation") -> Self:
        """Return operations that wait for a worker of the same queue."""
        kinds = [kind for kind in Kind if (kind in STOPPING) == operation.is_stopping]
        return self.filter(state=State.WAITING, kind__in=kinds).exclude(pk=operation.pk)

    def urgent(self) -> Self:
        """Return emergency stops that have not yet tried each of their batches once: nothing goes before these."""
        untried = OperationItem.objects.filter(operation=OuterRef("pk"), state=ItemState.WAITING, attempts=0)
        return self.filter(Q(listed_at=None) | Exists(untried), scope=TargetScope.ALL)


class Operation(models.Model):
    """One decision over many batches.

    `edit` is the edit of each batch; of a RESUME, which decides per batch, only that the batch is released.
    `campaign_id` is set if the whole operation keeps to one campaign. `filter` is the list's own query: status,
    campaign, q.

    All times are by the clock of the database, so that several machines can compare them.

    The worker that carries out the operation holds a lease: `token` is its own, and is replaced when another worker
    takes over after `lease_until`. `queued_at` is when the operation last went into a worker's queue. `confirmed_at` is
    when a person last confirmed the operation.

    The operation runs for its `actor`: whoever started, retried, confirmed or took over the operation last.
    `needs_stop_everything` says that the actor needs that permission, because the operation is about all batches, or
    may be: a filter is not counted for an actor who has the permission. `unattended_since` is set if the actor lost
    their authority and the operation continues anyway. `cause` is why the operation was stopped.

    `hold` is set where no person started the operation: the watcher queued it, because batches ran under that hold. Its
    actor is who placed the hold; whether they still have their authority does not matter.

    `skipped` counts the batches that needed no write, by status. `reason` is why it was started; of a CANCEL, what
    Syllable stores.
    """

    kind = models.CharField(max_length=20, choices=Kind)
    scope = models.CharField(max_length=20, choices=TargetScope)
    campaign_id = models.BigIntegerField(null=True, blank=True)
    campaign_name = models.TextField(blank=True)
    filter = models.JSONField(default=dict, blank=True)
    edit = BatchEditField(default=BatchEdit)
    reason = models.TextField(blank=True, default="", db_default="")
    undoes = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_by")
    hold = models.ForeignKey(
        "batches.Hold", null=True, blank=True, on_delete=models.SET_NULL, related_name="operations"
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="operations")
    actor_email = models.EmailField(help_text="As sent to Syllable. Stays when the user is deleted.")
    needs_stop_everything = models.BooleanField(default=False)
    unattended_since = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    cause = models.CharField(max_length=20, choices=Cause, blank=True)
    detail = models.TextField(blank=True, help_text="Why the operation waits, or why it ended.")
    unlisted = models.TextField(blank=True, help_text="Why not all batches could be listed.")
    skipped = models.JSONField(default=dict, blank=True)
    stopped_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="has_stopped")
    stopped_by_email = models.EmailField(blank=True)

    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OperationQuerySet] = OperationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        default_permissions = ()
        indexes = (models.Index(fields=("state",), condition=Q(state__in=OPEN), name="operation_open"),)

    def __str__(self) -> str:
        return f"operation {self.pk}: {self.get_kind_display()}, {self.get_scope_display()}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_unattended(self) -> bool:
        """Whether the operation continues although its actor lost their authority, so that somebody must take over."""
        return self.is_open and self.unattended_since is not None

    @property
    def origin(self) -> Origin:
        """Where the changes of the operation began."""
        return Origin.HOLD if self.hold_id else Origin.OPERATION

    @property
    def is_stopping(self) -> bool:
        """Whether the operation stops batches, so that it takes precedence over any that starts them."""
        return self.kind in STOPPING

    @property
    def target(self) -> Target:
        """The target; see `Target.fields`."""
        return Target(
            TargetScope(self.scope),
            campaign_id=self.campaign_id,
            campaign_name=self.campaign_name,
            status=self.filter.get("status", ""),
            q=self.filter.get("q", ""),
        )


class OperationItem(models.Model):
    """One batch of an operation. `detail` says why it ended as it did, with Syllable's own words: untrusted text.

    `attempts` counts failed tries while Syllable was answering others. `reopened` says that the item had ended, but a
    late write made its batch contact people again: only a result from after that ends the item once more.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="items")
    batch_id = models.CharField(max_length=500)
    state = models.CharField(max_length=20, choices=ItemState, default=ItemState.WAITING)
    detail = models.TextField(blank=True)
    change = models.ForeignKey(Change, null=True, blank=True, on_delete=models.SET_NULL, related_name="items")
    undoes = models.ForeignKey(Change, null=True, blank=True, on_delete=models.SET_NULL, related_name="undoing_items")
    attempts = models.PositiveSmallIntegerField(default=0)
    # An older release, unaware of this field, may write while the database is migrated.
    reopened = models.BooleanField(default=False, db_default=False)
    finished_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("operation", "batch_id"), name="one_item_per_batch"),)
        indexes = (models.Index(fields=("operation", "state", "attempts", "id"), name="item_next"),)

    def __str__(self) -> str:
        return f"batch {self.batch_id} of operation {self.operation_id}: {self.get_state_display()}"
