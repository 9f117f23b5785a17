"""Who and what the newest entries of the trail are about: for choices, and to find people by a part of an email."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model

from batches.access import Scope
from trail.models import FOLDED, Entry

LOOKED_AT = 1000
MOST_PEOPLE = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What the newest entries name: emails, and campaigns by id with the name they had last, "" for none."""

    emails: tuple[str, ...]
    campaigns: tuple[tuple[int, str], ...]


def trail_known(*, scope: Scope) -> Known:
    """Return who acted and which campaigns were touched in the newest entries about batches. Takes one query."""
    newest = scope.limit(Entry.objects.filter(FOLDED)).order_by("-at", "-pk")
    found = newest.values_list("actor_email", "campaign_id", "campaign_name", "change_id", "operation_id")[:LOOKED_AT]
    emails: set[str] = set()
    campaigns: dict[int, str] = {}
    for email, campaign_id, name, change_id, operation_id in found:
        if email and not (change_id is None and operation_id is None):
            emails.add(email)
        if campaign_id is not None:
            campaigns[campaign_id] = campaigns.get(campaign_id) or name
    return Known(tuple(sorted(emails)), tuple(sorted(campaigns.items())))


def actors_matching(who: str, *, scope: Scope) -> list[int]:
    """Return the ids of the people whose email has `who` in it, in any case; of one alone whose email is just that.

    People are those with an account, and those of the newest entries: accounts may be gone, or have another email now.
    """
    wanted = who.lower()
    users = get_user_model().objects.filter(email__icontains=who).values_list("pk", "email")[:MOST_PEOPLE]
    newest = scope.limit(Entry.objects.filter(FOLDED)).order_by("-at", "-pk")
    recent = newest.filter(actor_id__isnull=False).values_list("actor_id", "actor_email")[:LOOKED_AT]
    found = {(pk, (email or "").lower()) for pk, email in (*users, *recent) if pk is not None}
    exact = {pk for pk, email in found if email == wanted}
    return sorted(exact or {pk for pk, email in found if wanted in email})[:MOST_PEOPLE]
