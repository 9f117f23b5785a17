"""One decision over many batches, carried out in the background, and what became of each batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from batches.models.change import Change
from batches.models.fields import BatchEditField
from syllable.schemas import BatchEdit, BatchQuery


class Kind(models.TextChoices):
    """What an operation does to each of its batches."""

    PAUSE = "pause", "Pause"
    RESUME = "resume", "Resume"
    CANCEL = "cancel", "Cancel"
    EXPIRY = "expiry", "Set expiry"


STOPPING = (Kind.PAUSE, Kind.CANCEL)


class TargetScope(models.TextChoices):
    """Which batches an operation is about."""

    CAMPAIGN = "campaign", "Campaign"
    SELECTION = "selection", "Selected batches"
    FILTER = "filter", "Batches of a filter"
    ALL = "all", "Everything active"


# As many as one form sends.
MOST_SELECTED = 500


@dataclass(frozen=True, slots=True)
class Target:
    """Which batches an operation is about: a campaign, the `batch_ids` of a SELECTION, a FILTER, or ALL.

    `campaign_name` is for people. `status` and `q` are the filter's own, as in the address of the list. Once an
    operation is stored the batches of a SELECTION are its items, and `batch_ids` is empty.
    """

    scope: TargetScope
    campaign_id: int | None = None
    campaign_name: str = ""
    batch_ids: Sequence[str] = ()
    status: str = ""
    q: str = ""

    @property
    def query(self) -> BatchQuery:
        """The batches it is about, as a question to the API; those of a SELECTION cannot be asked for like this."""
        campaign = "" if self.campaign_id is None else str(self.campaign_id)
        return BatchQuery(status=self.status, campaign_id=campaign, batch_id=self.q)

    def fields(self) -> dict[str, Any]:
        """What an `Operation` keeps of it, by the model's fields; `Operation.target` is the way back."""
        query = self.query
        chosen = {"status": query.status, "campaign": query.campaign_id, "q": query.batch_id}
        return {
            "scope": self.scope,
            "campaign_id": self.campaign_id,
            "campaign_name": self.campaign_name,
            "filter": chosen if self.scope == TargetScope.FILTER else {},
        }


class State(models.TextChoices):
    """Where an operation is. ASKING waits for a person: it was delayed, and would dial people."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    ASKING = "asking", "Waiting for your word"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"


OPEN = (State.WAITING, State.RUNNING, State.ASKING)


class Cause(models.TextChoices):
    """Why an operation was stopped before it was finished."""

    ABORTED = "aborted", "Aborted by a person"
    SUPERSEDED = "superseded", "Ended by an operation that stops its batches"
    AUTHORITY = "authority", "Whoever asked for it may not do this any more"


class ItemState(models.TextChoices):
    """What became of one batch of an operation. All but WAITING are final until somebody retries."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"
    UNCONFIRMED = "unconfirmed", "Not confirmed"


class Standing(models.TextChoices):
    """How a batch of an operation stands, as pages tell it; what has to be looked at comes first.

    It is the item's state, but for what is not confirmed: UNCONFIRMED is what `ChangeQuerySet.not_confirmed` finds,
    whether it is going to be tried again or not, and NEVER_CONFIRMED what was given up for good.
    """

    FAILED = "failed", "Failed"
    UNCONFIRMED = "unconfirmed", "Not confirmed"
    NEVER_CONFIRMED = "never_confirmed", "Never confirmed"
    WAITING = "waiting", "Waiting"
    SKIPPED = "skipped", "Skipped"
    DONE = "done", "Done"


class OperationQuerySet(models.QuerySet["Operation"]):
    """The questions that more than one caller asks of the operations."""

    def open(self) -> Self:
        """What is not over yet."""
        return self.filter(state__in=OPEN)

    def stopping(self) -> Self:
        """What takes batches out of the calling."""
        return self.filter(kind__in=STOPPING)

    def emergency_stops(self) -> Self:
        """What pauses everything that is active."""
        return self.filter(scope=TargetScope.ALL)

    def waiting_beside(self, operation: "Operation") -> Self:
        """What waits for a worker of the same queue."""
        kinds = [kind for kind in Kind if (kind in STOPPING) == operation.is_stopping]
        return self.filter(state=State.WAITING, kind__in=kinds).exclude(pk=operation.pk)

    def urgent(self) -> Self:
        """Emergency stops that have not tried each of their batches once: nothing goes before them."""
        untried = OperationItem.objects.filter(operation=OuterRef("pk"), state=ItemState.WAITING, attempts=0)
        return self.filter(Q(listed_at=None) | Exists(untried), scope=TargetScope.ALL)


class Operation(models.Model):
    """One decision over many batches.

    `edit` is what is wanted of each batch; of a RESUME, which decides for each batch, only that it is released.
    `campaign_id` is set where the whole operation keeps to one campaign. `filter` is the list's own query: status,
    campaign, q.

    All its times are by the clock of the database, as several machines compare them.

    The worker that carries it out holds a lease: `token` is its own, and gone with it when another one takes over once
    `lease_until` has passed. `queued_at` is when it was last handed to a worker's queue.
    `confirmed_at` is when a person last said that they want it now.

    It is carried out for its `actor`: whoever started it, or retried, confirmed or took it over since.
    `needs_stop_everything` says that they need that permission: it is about every batch there is, or may be, as the
    filter of somebody who has it is not counted. `unattended_since` is set where they lost their authority and it goes
    on all the same. `cause` is why it was stopped.

    `skipped` counts the batches that were no
    business of the operation, by their status.
    """

    kind = models.CharField(max_length=20, choices=Kind)
    scope = models.CharField(max_length=20, choices=TargetScope)
    campaign_id = models.BigIntegerField(null=True, blank=True)
    campaign_name = models.TextField(blank=True)
    filter = models.JSONField(default=dict, blank=True)
    edit = BatchEditField(default=BatchEdit)
    undoes = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_by")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="operations")
    actor_email = models.EmailField(help_text="As sent to Syllable; stays when the user goes.")
    needs_stop_everything = models.BooleanField(default=False)
    unattended_since = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    cause = models.CharField(max_length=20, choices=Cause, blank=True)
    detail = models.TextField(blank=True, help_text="Why it waits, or why it ended as it did.")
    unlisted = models.TextField(blank=True, help_text="Why not all of its batches could be listed.")
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
        """It goes on although its actor may not do this any more: somebody has to answer for it."""
        return self.is_open and self.unattended_since is not None

    @property
    def is_stopping(self) -> bool:
        """It takes batches out of the calling, so it goes before whatever puts them in."""
        return self.kind in STOPPING

    @property
    def target(self) -> Target:
        """The batches it is about; see `Target.fields`."""
        return Target(
            TargetScope(self.scope),
            campaign_id=self.campaign_id,
            campaign_name=self.campaign_name,
            status=self.filter.get("status", ""),
            q=self.filter.get("q", ""),
        )


class OperationItem(models.Model):
    """One batch of an operation. `detail` says why it ended as it did, with Syllable's own words: untrusted text.

    `attempts` counts the tries that failed although Syllable was answering others. `reopened` says that it had ended,
    but its batch was found calling people again: only what is found out since ends it once more.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="items")
    batch_id = models.CharField(max_length=500)
    state = models.CharField(max_length=20, choices=ItemState, default=ItemState.WAITING)
    detail = models.TextField(blank=True)
    change = models.ForeignKey(Change, null=True, blank=True, on_delete=models.SET_NULL, related_name="items")
    undoes = models.ForeignKey(Change, null=True, blank=True, on_delete=models.SET_NULL, related_name="undoing_items")
    attempts = models.PositiveSmallIntegerField(default=0)
    # A release that does not know it yet may write while the database is migrated.
    reopened = models.BooleanField(default=False, db_default=False)
    finished_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("operation", "batch_id"), name="one_item_per_batch"),)
        indexes = (models.Index(fields=("operation", "state", "attempts", "id"), name="item_next"),)

    def __str__(self) -> str:
        return f"batch {self.batch_id} of operation {self.operation_id}: {self.get_state_display()}"
