"""Somebody resumes elsewhere what a hold keeps paused: each time is recorded, and too many raise the alarm."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.template.loader import render_to_string

from accounts.models import MailPurpose, User
from accounts.tasks import mail_queue
from batches.access import EDIT, scope_of
from batches.models import ALARM_ATTEMPTS, ALARM_WITHIN, TAKEN, Change, Hold, HoldAttempt, Outcome
from batches.models.fields import storable
from batches.services.holds.audit import hold_entry
from common.clock import from_now
from syllable.schemas import RUNNING, BatchStatus
from trail.models import Action
from trail.services import entry_add


def attempt_observed(change: Change, *, seen_at: datetime) -> None:
    """Record against each hold over its batch that somebody resumed it elsewhere, within the caller's transaction.

    `change` was just observed, `seen_at` is when the batch was last seen before. Only a pause that was confirmed since
    the hold was placed can be undone: what was resumed before is no attempt.
    """
    if change.edit.status not in RUNNING or change.status_before != BatchStatus.PAUSED:
        return
    paused = _paused_at(change)
    holds = Hold.objects.over(change.batch_id, change.campaign_id).select_for_update()
    for hold in holds:
        if seen_at >= hold.placed_at or (paused and paused >= hold.placed_at):
            _attempt(hold, change)


@transaction.atomic
def attempt_overwritten(change: Change) -> None:
    """Record the same of a resume that our own pause for a hold overwrote before anybody observed it.

    `change` is that pause: it found a batch running whose newest change before was a confirmed pause.
    """
    before = Change.objects.of_batch(change.batch_id).filter(pk__lt=change.pk)
    newest = before.exclude(outcome__in=(Outcome.NOT_SENT, Outcome.REJECTED, Outcome.CONFLICT)).first()
    if newest is None or newest.edit.status != BatchStatus.PAUSED or change.status_before not in RUNNING:
        return
    if newest.outcome not in (*TAKEN, Outcome.UNCHANGED):
        return
    for hold in Hold.objects.over(change.batch_id, change.campaign_id).select_for_update():
        if newest.settled_at and newest.settled_at >= hold.placed_at:
            _attempt(hold, change)


def _paused_at(change: Change) -> datetime | None:
    """Return when our newest change of the batch was confirmed, if that showed it paused."""
    ours = Change.objects.of_batch(change.batch_id).ours().filter(outcome__in=(Outcome.APPLIED, Outcome.UNCHANGED))
    newest = ours.only("edit", "settled_at").first()
    return newest.settled_at if newest and newest.edit.status == BatchStatus.PAUSED else None


def _attempt(hold: Hold, change: Change) -> None:
    _, is_new = HoldAttempt.objects.get_or_create(
        hold=hold, change=change, defaults={"batch_id": change.batch_id, "at": Now()}
    )
    if not is_new:
        return
    by = change.last_updated_by or (change.batch_before.last_updated_by if change.batch_before else "")
    entry_add(
        Action.HOLD_ATTEMPT,
        actor=None,
        batch_id=change.batch_id,
        campaign_id=change.campaign_id,
        campaign_name=storable(change.campaign_name),
        change_id=change.pk,
        body=storable({"hold": hold.pk, "last_updated_by": by or ""}),
    )
    lately = hold.attempts.filter(at__gt=from_now(-ALARM_WITHIN)).count()
    if lately >= ALARM_ATTEMPTS:
        _alarm(hold, lately)


def _alarm(hold: Hold, attempts: int) -> None:
    """Note the alarm, and tell everybody who may stop batches where it was quiet before."""
    is_on = Hold.objects.alarming().filter(pk=hold.pk).exists()
    Hold.objects.filter(pk=hold.pk).update(alarmed_at=Now())
    if is_on:
        return
    hold_entry(Action.HOLD_ALARM, hold, attempts=attempts)
    if not settings.MAIL_DELIVERS:
        return
    about = {"hold": hold, "attempts": attempts}
    subject = render_to_string("batches/email/hold_alarm_subject.txt", about).strip()
    subject = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}"
    text = render_to_string("batches/email/hold_alarm_message.txt", about).strip() + "\n"
    for person in _who_may_stop(hold):
        mail_queue(purpose=MailPurpose.NOTICE, person=person, to=person.email or "", subject=subject, text=text)


def _who_may_stop(hold: Hold) -> list[User]:
    """Return everybody with an email who may stop batches that the hold keeps paused."""
    people = User.objects.filter(is_active=True).exclude(email=None).order_by("pk")
    return [person for person in people if person.has_perm(EDIT) and scope_of(person).covers(hold.campaign_id)]
