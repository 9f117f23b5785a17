"""The append-only record: who did what, when, from where, and to what."""

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AppendOnly(Exception):
    """Somebody tried to edit or delete an entry of the trail."""

    def __init__(self) -> None:
        super().__init__("Entries of the trail are never edited or deleted.")


class Action(models.TextChoices):
    """What a person did, or what happened to something they had started."""

    # One when a change ends, whatever its outcome, and one more if a later look settles what was left open.
    CHANGE_ENDED = "change_ended", "Ended"
    CHANGE_SETTLED = "change_settled", "Settled later"
    CHANGE_REASON_ADDED = "change_reason_added", "Reason added"
    OPERATION_STARTED = "operation_started", "Started"
    OPERATION_ABORTED = "operation_aborted", "Aborted"
    OPERATION_RETRIED = "operation_retried", "Tried again"
    OPERATION_CONFIRMED = "operation_confirmed", "Confirmed"
    OPERATION_UNDONE = "operation_undone", "Undone"
    OPERATION_TAKEN_OVER = "operation_taken_over", "Taken over"
    OPERATION_SUPERSEDED = "operation_superseded", "Ended by a later stop"
    OPERATION_CALLS_STOPPED = "operation_calls_stopped", "Stopped and paused"
    # With the numbers of its batches, each time it ends: once more after a retry.
    OPERATION_ENDED = "operation_ended", "Ended"
    # After a stop: nobody is contacted any more, or a request has begun all the same.
    STOP_SILENT = "stop_silent", "Nobody contacted any more"
    STOP_BROKEN = "stop_broken", "A request began after the stop"
    # The actor lost their authority while the operation ran.
    OPERATION_ENDED_WITHOUT_AUTHORITY = (
        "operation_ended_without_authority",
        "Ended because its actor can no longer do this",
    )
    OPERATION_GOES_ON_WITHOUT_AUTHORITY = (
        "operation_goes_on_without_authority",
        "Continues, although its actor can no longer do this",
    )
    HOLD_PLACED = "hold_placed", "Kept paused"
    HOLD_LIFTED = "hold_lifted", "Hold lifted"
    # Somebody resumed elsewhere what a hold keeps paused; an alarm, when that happened too often.
    HOLD_ATTEMPT = "hold_attempt", "Resumed under a hold"
    HOLD_ALARM = "hold_alarm", "Resumed again and again under a hold"
    LOGGED_IN = "logged_in", "Logged in"
    LOGGED_OUT = "logged_out", "Logged out"
    LOGIN_FAILED = "login_failed", "Login failed"
    # Of many attempts that the throttle refuses, one an hour for each network address.
    LOGIN_LOCKED = "login_locked", "Too many failed logins"
    REFUSED = "refused", "Refused"
    EXPORTED = "exported", "Downloaded"
    TARGETS_SEEN = "targets_seen", "Saw phone numbers and emails"
    PERSON_CREATED = "person_created", "Person created"
    PERSON_INVITED = "person_invited", "Invited"
    PERSON_RESET_STARTED = "person_reset_started", "Password reset started"
    PERSON_EMAIL_CHANGED = "person_email_changed", "Email changed"
    # By an administrator, by the person themselves, by whoever had the link.
    PERSON_PASSWORD_SET = "person_password_set", "Password set"
    PERSON_PASSWORD_CHANGED = "person_password_changed", "Password changed"
    PERSON_PASSWORD_RESET = "person_password_reset", "Password set by link"
    PERSON_RESET_REQUESTED = "person_reset_requested", "Password reset requested"
    PERSON_ROLES_CHANGED = "person_roles_changed", "Roles changed"
    PERSON_DEACTIVATED = "person_deactivated", "Deactivated"
    PERSON_REACTIVATED = "person_reactivated", "Reactivated"
    PERSON_DELETED = "person_deleted", "Deleted"
    ROLE_CREATED = "role_created", "Role created"
    ROLE_CHANGED = "role_changed", "Role changed"
    # By TRAIL_DAYS: all entries up to the seal that the entry names.
    TRAIL_EMPTIED = "trail_emptied", "Old entries removed"


# Entries of decisions: without those of the changes that an operation made.
FOLDED = Q(change_id__isnull=True) | Q(operation_id__isnull=True)
# What people do beside writing: logins, accounts, roles, downloads, refusals.
BESIDE = Q(change_id__isnull=True, operation_id__isnull=True)


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries that can be added and read. Editing or deleting raises AppendOnly."""

    def update(self, *_args: Any, **_fields: Any) -> NoReturn:
        raise AppendOnly

    bulk_update = delete = update


class Entry(models.Model):
    """One act.

    An entry stores people, batches, campaigns and operations as plain ids and by the names they had then: it outlives
    them, and does not change when they are renamed. `actor_id` is None where no person acted; `address` is the network
    address of the request, None outside of one. `person_id` and `person_email` name the person the act was done to.
    `kind` is what a change or an operation does (pause, resume, cancel, expiry, rate), also where it does so to undo
    something, which `is_undo` says. `outcome` and `origin` belong to a change. `body` holds everything else, as JSON.
    """

    at = models.DateTimeField(db_default=Now(), help_text="By the clock of the database.")
    # No choices: a new action would need a migration, and an old entry may name an action that no longer exists.
    action = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    actor_email = models.CharField(max_length=254, blank=True)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    batch_id = models.CharField(max_length=500, blank=True)
    campaign_id = models.BigIntegerField(null=True)
    campaign_name = models.TextField(blank=True)
    operation_id = models.BigIntegerField(null=True)
    change_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    person_email = models.CharField(max_length=254, blank=True)

    # An older release, unaware of these two, may write while the database is migrated.
    kind = models.CharField(max_length=20, blank=True, default="", db_default="")
    is_undo = models.BooleanField(default=False, db_default=False)
    outcome = models.CharField(max_length=20, blank=True)
    origin = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    body = models.JSONField(default=dict)

    objects: ClassVar[EntryQuerySet] = EntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        default_permissions = ()
        # Every page of the trail is the newest of some entries: by time, and by id where two have the same time.
        indexes = (
            models.Index(fields=("at", "id"), name="entry_newest"),
            # With the columns that decide who sees what: to count or skip thousands takes no look at the table.
            models.Index(
                fields=("at", "id", "action", "operation_id", "change_id", "actor_id", "person_id"),
                condition=FOLDED,
                name="entry_folded_newest",
            ),
            models.Index(
                fields=("at", "id", "action", "actor_id", "person_id"), condition=BESIDE, name="entry_beside_newest"
            ),
            models.Index(fields=("at", "id"), condition=Q(is_undo=True), name="entry_undo_newest"),
            models.Index(fields=("actor_id", "at", "id"), name="entry_actor_newest"),
            models.Index(fields=("batch_id", "at", "id"), name="entry_batch_newest"),
            models.Index(
                fields=("campaign_id", "at", "id"),
                condition=Q(campaign_id__isnull=False),
                name="entry_campaign_newest",
            ),
            models.Index(
                fields=("operation_id", "at", "id"),
                condition=Q(operation_id__isnull=False),
                name="entry_operation_newest",
            ),
            models.Index(
                fields=("operation_id", "at", "id"),
                condition=Q(change_id__isnull=True, operation_id__isnull=False),
                name="entry_acts_newest",
            ),
            models.Index(fields=("outcome", "at", "id"), name="entry_outcome_newest"),
            models.Index(fields=("kind", "at", "id"), name="entry_kind_newest"),
            models.Index(fields=("person_id", "id"), name="entry_person"),
            models.Index(fields=("change_id", "id"), condition=Q(change_id__isnull=False), name="entry_change"),
        )

    def __str__(self) -> str:
        return f"entry {self.pk}: {self.action_label}, {self.actor_email or 'nobody'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the entry. Raises AppendOnly for one that exists already."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnly

    @property
    def action_label(self) -> str:
        """The action in words, or as stored where this version does not know it."""
        return Action(self.action).label if self.action in Action.values else self.action
