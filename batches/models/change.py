"""Changes: every attempt to write a batch, whatever its outcome."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Now

from batches.models.fields import ApiJSONField, BatchEditField
from common.numbers import whole_number
from syllable.schemas import Batch, BatchStatus


class Outcome(models.TextChoices):
    """The outcome of a change. Only STARTED and an unsettled UNCONFIRMED leave a question open."""

    STARTED = "started", "In progress"
    APPLIED = "applied", "Applied"
    UNCHANGED = "unchanged", "Unchanged"
    REJECTED = "rejected", "Rejected"
    CONFLICT = "conflict", "Conflict"
    NOT_SENT = "not_sent", "Not sent"
    UNCONFIRMED = "unconfirmed", "Not confirmed"
    OBSERVED = "observed", "Made elsewhere"


# Outcomes of changes that their batch has shown.
TAKEN = (Outcome.APPLIED, Outcome.OBSERVED)
# Outcomes of changes that never reached their batch.
NOT_WRITTEN = (Outcome.UNCHANGED, Outcome.NOT_SENT, Outcome.REJECTED, Outcome.CONFLICT)


class Origin(models.TextChoices):
    """Where in the dashboard a change began."""

    FORM = "form", "Form"
    CLICK = "click", "One click"
    UNDO = "undo", "Undo"
    OPERATION = "operation", "Operation"
    HOLD = "hold", "Hold"
    ELSEWHERE = "elsewhere", "Elsewhere"


class ChangeQuerySet(models.QuerySet["Change"]):
    """Queries of changes that have more than one caller."""

    def unsettled(self) -> Self:
        """Return the changes whose outcome is not known for good."""
        return self.filter(settled_at=None)

    def not_confirmed(self) -> Self:
        """Return changes that Syllable may or may not have taken and nobody is writing: at most one per batch.

        Such a change ended UNCONFIRMED, or stayed STARTED past its deadline, and is not settled. If a later change of
        the batch may have written, that one decides what became of the batch.
        """
        being_written = Q(outcome=Outcome.STARTED, deadline_at__gt=Now())
        return self.unsettled().exclude(being_written).newest_of_their_batch()

    def under_way(self) -> Self:
        """Return changes that may still reach their batch: started, unconfirmed or in doubt, with time left."""
        is_open = Q(settled_at=None, deadline_at__gt=Now())
        return self.filter(is_open | Q(in_doubt_until__gt=Now()))

    def left_open(self) -> Self:
        """Return changes whose outcome is not known for good, and those that may still arrive late."""
        return self.filter(Q(settled_at=None) | Q(in_doubt_until__gt=Now()))

    def ours(self) -> Self:
        """Return the changes that this dashboard made, or tried to make."""
        return self.exclude(outcome=Outcome.OBSERVED)

    def over(self) -> Self:
        """Return changes that have no time left: the writer is dead, or has stopped writing."""
        return self.filter(deadline_at__lte=Now())

    def due(self) -> Self:
        """Return the changes due for a look, as far as they are not settled."""
        return self.over().filter(Q(next_look_at=None) | Q(next_look_at__lte=Now()))

    def of_batch(self, batch_id: str) -> Self:
        """Return the changes of one batch, newest first; none for an id that the database could not hold."""
        return self.none() if "\0" in batch_id else self.filter(batch_id=batch_id).order_by("-pk")

    def of_campaign(self, campaign_id: str) -> Self:
        """Return the changes of one campaign's batches, newest first; none for an id that is no number."""
        number = whole_number(campaign_id)
        return self.none() if number is None else self.filter(campaign_id=number).order_by("-pk")

    def paused_from(self, batch_id: str) -> BatchStatus | None:
        """Return the status from which the batch's newest change paused it, wherever that was made; else None."""
        newest = self.of_batch(batch_id).filter(outcome__in=TAKEN).only("edit", "before").first()
        return newest.paused_from if newest else None

    def newest_of_their_batch(self) -> Self:
        """Return those of the changes after which nothing may have written the batch."""
        later = Change.objects.may_have_written().filter(batch_id=OuterRef("batch_id"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later))

    def may_have_written(self) -> Self:
        """Return the changes that reached their batch, or may have."""
        return self.exclude(outcome__in=NOT_WRITTEN)


class Change(models.Model):
    """One attempt to write one batch.

    A STARTED row is also the lock on its batch: the database allows one. `edit` is what was requested, `loaded` what
    the operator was looking at, `before` the batch as Syllable returned it just before the write, `after` the edited
    fields as the write sets them, `seen` the batch as last read. `detail` says why the change ended as it did, with
    Syllable's own words if there are any: untrusted text. It is "" for an UNCONFIRMED change whose batch was read
    again and does not show it: `seen` and `seen_at` tell that.

    A send without a definite answer may reach the batch late, whatever a later send or a read has confirmed since:
    until `in_doubt_until`, which is None if every send was answered.

    `steps` are the calls of the road and of the newest looks, oldest first: `step` (read, write, read_back or look),
    `method`, `at`, `seconds`, the HTTP `status` (None without an answer) and `error` (the kind of failure, or "").
    `address` and `web_request_id` say where the web request came from and how the log names it; both are empty for
    background work. `campaign_name` is what the campaign was called then, "" where that was not known.

    An OBSERVED change was made elsewhere and seen by the watcher. It is settled from the start and has no actor.
    `last_updated_by` is who made it, in the words of the API: untrusted text.

    All moments are by the clock of the database.
    """

    batch_id = models.CharField(max_length=500)
    campaign_id = models.BigIntegerField(null=True, blank=True)
    campaign_name = models.TextField(blank=True, default="", db_default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="changes")
    actor_email = models.EmailField(help_text="As sent to Syllable. Stays when the user is deleted.", blank=True)
    last_updated_by = models.TextField(
        blank=True, default="", db_default="", help_text="Who made it elsewhere, in the words of the API."
    )
    origin = models.CharField(max_length=20, choices=Origin)
    request_id = models.CharField(max_length=64, help_text="Sent to Syllable as X-Request-ID, and in the log.")
    address = models.GenericIPAddressField(null=True, blank=True)
    web_request_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    undoes = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_by")
    operation = models.ForeignKey(
        "batches.Operation", null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )

    edit = BatchEditField()
    reason = models.TextField(blank=True)
    loaded = ApiJSONField(null=True, blank=True)
    before = ApiJSONField(null=True, blank=True)
    after = ApiJSONField(null=True, blank=True)
    seen = ApiJSONField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    steps = models.JSONField(default=list, blank=True, db_default=Value([], models.JSONField()))

    outcome = models.CharField(max_length=20, choices=Outcome, default=Outcome.STARTED)
    detail = models.TextField(blank=True)
    started_at = models.DateTimeField(db_default=Now())
    deadline_at = models.DateTimeField(help_text="Until then, a write may be under way.")
    looks = models.PositiveSmallIntegerField(default=0, help_text="How often the batch was checked again.")
    next_look_at = models.DateTimeField(null=True, blank=True, help_text="None: when the deadline has passed.")
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When the outcome became final.")
    in_doubt_until = models.DateTimeField(null=True, blank=True, help_text="Until then, a write may arrive late.")

    objects: ClassVar[ChangeQuerySet] = ChangeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        default_permissions = ()
        permissions = (
            ("view_batches", "Can see batches and their changes"),
            ("edit_batches", "Can edit batches"),
            ("stop_everything", "Can stop everything that is active"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("batch_id",), condition=Q(outcome=Outcome.STARTED), name="one_started_change_per_batch"
            ),
        )
        indexes = (
            models.Index(fields=("batch_id", "-id"), name="change_batch_newest"),
            models.Index(fields=("campaign_id", "-id"), name="change_campaign_newest"),
            models.Index(fields=("deadline_at",), condition=Q(settled_at=None), name="change_unsettled"),
            # Few are open, and their page is the newest: without it SQLite reads the whole table backwards.
            models.Index(fields=("id",), condition=Q(settled_at=None), name="change_unsettled_newest"),
            models.Index(fields=("in_doubt_until",), condition=Q(in_doubt_until__isnull=False), name="change_in_doubt"),
        )

    def __str__(self) -> str:
        return f"change {self.pk} of batch {self.batch_id}: {self.get_outcome_display()}"

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    def is_over(self) -> bool:
        """Return whether the change has no time left, which the database decides."""
        return Change.objects.over().filter(pk=self.pk).exists()

    @property
    def batch_before(self) -> Batch | None:
        """The batch as it was just before the write; None where nothing was written."""
        return Batch.read(self.before) if self.before is not None else None

    @property
    def batch_seen(self) -> Batch | None:
        """The batch as last read since the write."""
        return Batch.read(self.seen) if self.seen is not None else None

    @property
    def paused_from(self) -> BatchStatus | None:
        """The status from which this change paused its batch; None where it is no pause."""
        if self.edit.status != BatchStatus.PAUSED or not isinstance(self.status_before, BatchStatus):
            return None
        return self.status_before

    @property
    def status_before(self) -> BatchStatus | str | None:
        return self.batch_before.status if self.batch_before else None
