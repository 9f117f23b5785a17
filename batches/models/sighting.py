"""What the watcher last saw of each batch and campaign, and how their requests progressed.

Pages draw from these rows and say how old they are. No write relies on them.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from batches.models.fields import ApiJSONField
from syllable.schemas import Batch, Campaign


class RequestCounts(models.Model):
    """How many requests there are, by how far they are. None where that is not known.

    `under_way` counts requests that may be reaching somebody now by the status of their channel, `pending` those not
    begun, `failed` is a part of `ended`.
    """

    total = models.PositiveIntegerField(null=True)
    pending = models.PositiveIntegerField(null=True)
    under_way = models.PositiveIntegerField(null=True)
    ended = models.PositiveIntegerField(null=True)
    failed = models.PositiveIntegerField(null=True)

    class Meta:
        abstract = True


class Forecast(models.Model):
    """Where the requests are heading. None where that is not known.

    `pace` is in requests ended a minute. They end between `ends_from` and `ends_until`. The expiry comes before
    `unreached_from` to `unreached_until` people were reached.
    """

    pace = models.FloatField(null=True)
    ends_from = models.DateTimeField(null=True)
    ends_until = models.DateTimeField(null=True)
    unreached_from = models.PositiveIntegerField(null=True)
    unreached_until = models.PositiveIntegerField(null=True)

    class Meta:
        abstract = True


class Sighting(RequestCounts, Forecast):
    """One batch as last seen: `raw` is the object of the API's answer, and the columns are what lists ask for.

    `seen_at` is the moment at which the request left whose answer this is. `counted_at` is the same for the counts of
    requests, which only the batch's own answer gives. `gone_at` is when a full look first missed the batch.
    `created_at` is `first_seen_at` where the API does not say. `newest_change_id` is our newest change of the batch
    that had ended when the request left, 0 for none: what later ones did is not in the row.
    All moments of ours are by the clock of the database.
    """

    batch_id = models.CharField(max_length=500, unique=True)
    campaign_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=100)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    last_updated_at = models.DateTimeField(null=True)
    last_updated_by = models.CharField(max_length=320, blank=True)
    raw = ApiJSONField()
    detailed_counts = ApiJSONField(null=True)
    is_over = models.BooleanField()
    seen_at = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    newest_change_id = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        indexes = (
            # Sums up what is not over without a look at the rows, which are wide.
            models.Index(
                fields=("status", "expires_at", "counted_at", "pending", "under_way"),
                condition=Q(is_over=False, gone_at=None),
                name="sighting_not_over",
            ),
            models.Index(fields=("status", "-created_at", "-id"), name="sighting_status"),
            models.Index(fields=("campaign_id", "-created_at", "-id"), name="sighting_campaign"),
            models.Index(fields=("-created_at", "-id"), name="sighting_newest"),
            models.Index(fields=("expires_at", "id"), name="sighting_expiry"),
            # Few batches are not over, whatever the number of all.
            models.Index(fields=("expires_at",), condition=Q(is_over=False), name="sighting_expiring"),
            models.Index(fields=("counted_at",), condition=Q(is_over=False), name="sighting_counted"),
            # Counts the batches of a campaign by status without a look at their rows, which are wide.
            models.Index(fields=("campaign_id", "status"), condition=Q(gone_at=None), name="sighting_totals"),
        )

    def __str__(self) -> str:
        return f"batch {self.batch_id} as last seen: {self.status}"

    @property
    def batch(self) -> Batch:
        """The batch as it was read."""
        return Batch.read(self.raw)


class CampaignSighting(RequestCounts):
    """One campaign as last seen, with totals over its batches.

    `campaign_id` is None for batches without a campaign, and `raw` is None for a campaign that only batches name.
    `zone` is the IANA name of the zone of its calling hours, "" where it is not known. `batches` is the number of all,
    `statuses` that number by status, `running` those that contact people or will do so by themselves. The counts of
    requests are of the batches that are not over.
    """

    campaign_id = models.BigIntegerField(null=True, unique=True)
    name = models.TextField(blank=True)
    raw = ApiJSONField(null=True)
    zone = models.CharField(max_length=100, blank=True)
    batches = models.PositiveIntegerField(default=0)
    running = models.PositiveIntegerField(default=0)
    statuses = ApiJSONField(default=dict)
    pace = models.FloatField(null=True)
    next_expiry = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    totalled_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=("name",), name="campaign_sighting_name"),
            models.Index(Lower("name"), "id", name="campaign_sighting_alphabet"),
            models.Index(F("running").desc(), Lower("name"), "id", name="campaign_sighting_running"),
        )

    def __str__(self) -> str:
        return f"campaign {self.campaign_id} as last seen"

    @property
    def campaign(self) -> Campaign | None:
        """The campaign as it was read; None where only batches name it."""
        return None if self.raw is None else Campaign.read(self.raw)


class Sample(models.Model):
    """The counts of one batch's requests at one moment. Thinned to one an hour after two days."""

    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE, related_name="samples", db_index=False)
    at = models.DateTimeField()
    pending = models.PositiveIntegerField()
    under_way = models.PositiveIntegerField()
    ended = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("sighting", "at"), name="one_sample_per_moment"),)
        indexes = (models.Index(fields=("at",), name="sample_at"),)

    def __str__(self) -> str:
        return f"sample {self.pk}"


class CampaignSample(models.Model):
    """What happened in the active batches of one campaign in the five minutes from `at`.

    `ended` and `failed` are requests that ended then; `pending` and `under_way` are as they stood last.
    """

    campaign_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    active = models.PositiveIntegerField()
    pending = models.PositiveIntegerField()
    under_way = models.PositiveIntegerField()
    ended = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        # No campaign is a campaign here, and no database but PostgreSQL takes NULLs for equal.
        constraints = (
            models.UniqueConstraint(fields=("at", "campaign_id"), name="one_campaign_sample_per_moment"),
            models.UniqueConstraint(
                fields=("at",), condition=Q(campaign_id=None), name="one_sample_per_moment_of_no_campaign"
            ),
        )

    def __str__(self) -> str:
        return f"sample {self.pk} of a campaign"


class PlatformEventKind(models.TextChoices):
    """What the platform does to a batch by itself."""

    STARTED = "started", "Started"
    ACTIVE_AGAIN = "active_again", "Active again"
    IDLE = "idle", "Idle"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"


class PlatformEvent(models.Model):
    """Something that the platform did to a batch by itself, between two looks: after `since`, by `seen_at`."""

    batch_id = models.CharField(max_length=500)
    campaign_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=20, choices=PlatformEventKind)
    status_before = models.CharField(max_length=100)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=("batch_id", "-seen_at"), name="platform_event_batch"),
            models.Index(fields=("kind", "-seen_at"), name="platform_event_kind"),
        )

    def __str__(self) -> str:
        return f"batch {self.batch_id}: {self.get_kind_display()}"


class WatchProblem(models.TextChoices):
    """Why the watcher cannot look."""

    UNAVAILABLE = "unavailable", "Syllable does not answer"
    RATE_LIMITED = "rate_limited", "Syllable asked for fewer calls"
    KEY_REFUSED = "key_refused", "Syllable refuses the key"
    UNREADABLE = "unreadable", "Syllable's answers cannot be read"


class WatchState(models.Model):
    """How the watcher is doing: one row, with `pk` 1.

    `looked_at` is the moment as of which everything that is not over was last seen, which is when the first request of
    that look left. `full_look_at` is the same for all batches. `tried_at` is when it last tried. After a failure,
    `failing_since` and `problem` say since when and why it cannot look. `calls` and `seconds` are of the last look.
    `position` is how far looks have come that take more than one turn.
    """

    looked_at = models.DateTimeField(null=True)
    full_look_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, blank=True, choices=WatchProblem)
    retry_at = models.DateTimeField(null=True)
    calls = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    position = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "state of the watcher"
