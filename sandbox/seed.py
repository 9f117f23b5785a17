"""The sandbox's first data: the same for the same moment, and always recent."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.life import advance, outcome
from sandbox.seed_campaigns import AGENTS, AUTHORS, CAMPAIGNS, DATE_RULES, ERRORS, FIRST_NAMES, LAST_NAMES, REASONS
from sandbox.store import Store
from sandbox.tables import Row
from sandbox.times import timestamp

STATUSES = {"EXPIRED": 45, "IDLE": 36, "CANCELED": 21, "ACTIVE": 20, "PAUSED": 17, "PENDING": 13, "FAILED": 4}
AGE_IN_DAYS = {"ACTIVE": (0.1, 1.5), "PENDING": (0.1, 1), "PAUSED": (0.1, 6), "EXPIRED": (4, 45)}
SIZES = {(4, 40): 66, (40, 160): 27, (160, 400): 6, (1500, 2000): 1}
SIZE_WHILE_ACTIVE = (80, 450)


@dataclass(frozen=True, slots=True)
class Draft:
    """A batch to be: `done` of its `size` requests were finished between `created` and `last_worked`."""

    campaign: Row
    status: str
    created: datetime
    size: int
    done: int
    last_worked: datetime


def fill(store: Store, now: datetime, *, seed: int = 20261123) -> None:
    """Fill an empty store with six campaigns, their agents and some 150 batches with their requests.

    All is as of `now` (aware). Running batches are from the last two days. Some need a look: they expire within the
    hour, tomorrow, or never.
    """
    chance = random.Random(seed)
    with store.transaction():
        _add_agents(store, now)
        campaigns = [_add_campaign(store, chance, now, number, fields) for number, fields in enumerate(CAMPAIGNS)]
        statuses = [status for status, number in STATUSES.items() for _ in range(number)]
        chance.shuffle(statuses)
        drafts = [_draft(chance, now, campaigns[i % len(campaigns)], status) for i, status in enumerate(statuses)]
        numbers: Counter[str] = Counter()
        for draft in sorted(drafts, key=lambda draft: draft.created):
            day = draft.created.strftime("%Y%m%d")
            numbers[day] += 1
            _add_batch(store, chance, now, f"{day}.{numbers[day]}", draft)
        # Turns batches outside their calling hours IDLE.
        advance(store, now, 0)


def _add_agents(store: Store, now: datetime) -> None:
    touched = {"updated_at": timestamp(now - timedelta(days=30)), "last_updated_by": AUTHORS[0]}
    for name, mode, target, zone in AGENTS:
        agent_id = store.add_agent(name=name, timezone=zone, **touched)
        store.add_target(target, agent_id=agent_id, target_mode=mode, channel_name=mode, **touched)


def _add_campaign(store: Store, chance: random.Random, now: datetime, number: int, fields: Row) -> Row:
    if rules := fields["more"].get("outreach_override_rules"):
        dates = {(now + timedelta(days=days)).date().isoformat(): rule for days, rule in DATE_RULES.items()}
        fields = fields | {"more": fields["more"] | {"outreach_override_rules": rules | {"dates": dates}}}
    campaign_id = store.add_campaign(
        **fields,
        created_at=timestamp(now - timedelta(days=200 - 20 * number, minutes=chance.randint(0, 600))),
        updated_at=timestamp(now - timedelta(days=chance.randint(1, 20), minutes=chance.randint(0, 600))),
        last_updated_by=chance.choice(AUTHORS),
    )
    return {**fields, "id": campaign_id}


def _draft(chance: random.Random, now: datetime, campaign: Row, status: str) -> Draft:
    created = now - timedelta(days=chance.uniform(*AGE_IN_DAYS.get(status, (0.1, 45))))
    low, high = chance.choices(list(SIZES), weights=list(SIZES.values()))[0]
    if status == "ACTIVE":
        low, high = SIZE_WHILE_ACTIVE
    elif status == "FAILED":
        low, high = 0, 0
    size = chance.randint(low, high)
    last_worked = created + timedelta(hours=chance.uniform(0.5, 24))
    latest = now - timedelta(seconds=chance.randint(5, 50))
    return Draft(
        campaign=campaign,
        status=status,
        created=created,
        size=size,
        done=round(size * _worked(chance, status)),
        last_worked=latest if status == "ACTIVE" else min(last_worked, latest),
    )


def _worked(chance: random.Random, status: str) -> float:
    if status == "PENDING":
        return 0.0
    if status == "IDLE":
        return 1.0 if chance.random() < 0.75 else chance.uniform(0.2, 0.9)
    if status == "ACTIVE":
        return chance.uniform(0.05, 0.6)
    return chance.choice((0.0, chance.uniform(0.1, 0.5), chance.uniform(0.5, 0.98)))


def _add_batch(store: Store, chance: random.Random, now: datetime, batch_id: str, draft: Draft) -> None:
    expires = _expiry(chance, now, draft)
    deleted = None
    if draft.status == "CANCELED":
        deleted = min(draft.last_worked + timedelta(minutes=chance.uniform(1, 300)), now)
    touched = deleted or (draft.last_worked if draft.status == "PAUSED" else draft.created)
    store.add_batch(
        batch_id,
        campaign_id=draft.campaign["id"],
        status=draft.status,
        expires_on=timestamp(expires) if expires else None,
        count=draft.size,
        created_at=timestamp(draft.created),
        deleted_at=timestamp(deleted) if deleted else None,
        deleted_reason=chance.choice(REASONS) if deleted else None,
        last_worked_on=timestamp(draft.last_worked) if draft.done else None,
        last_updated_at=timestamp(touched),
        last_updated_by=chance.choice(AUTHORS),
        more=_more(chance, draft, expires=expires is not None) | _lateness(batch_id),
    )
    store.add_requests(batch_id, _requests(chance, batch_id, draft))


def _more(chance: random.Random, draft: Draft, *, expires: bool) -> Row:
    failed = draft.status == "FAILED"
    uploaded = failed or chance.random() < 0.8
    name = "_".join(re.findall("[A-Z0-9]+", draft.campaign["campaign_name"].upper())[:2])
    return {
        "upload_filename": f"{name}_{draft.created:%Y%m%d}.csv" if uploaded else None,
        "dispatch_id": f"{chance.getrandbits(128):032x}" if draft.done else None,
        "call_rate": chance.choice((120, 240, 600)) if chance.random() < 0.2 else None,
        "auto_call_rate": expires and not failed and chance.random() < 0.1,
        "error_message": chance.choice(ERRORS) if failed else None,
    }


def _lateness(batch_id: str) -> Row:
    """Return how a stop looks in the batch: in some, people talk on, or requests begin after it; see `life.py`."""
    chance = random.Random(f"{batch_id}/lateness")
    return chance.choices(({}, {"ends_late": 300}, {"starts_late": 1}), weights=(7, 2, 1))[0]


def _expiry(chance: random.Random, now: datetime, draft: Draft) -> datetime | None:
    if draft.status in ("EXPIRED", "CANCELED"):
        return draft.created + timedelta(days=chance.randint(1, 3))
    within_the_hour = now + timedelta(minutes=chance.randint(12, 58))
    tomorrow = (now + timedelta(days=1)).replace(hour=chance.choice((12, 18, 22)), minute=0, second=0, microsecond=0)
    later = (now + timedelta(days=chance.randint(2, 12))).replace(hour=23, minute=0, second=0, microsecond=0)
    return chance.choices((within_the_hour, tomorrow, later, None), weights=(2, 4, 6, 3))[0]


def _requests(chance: random.Random, batch_id: str, draft: Draft) -> Iterator[Row]:
    retries = draft.campaign["more"].get("retry_count")
    by_mail = "@" in draft.campaign["source"]
    created_at = timestamp(draft.created)
    for number in range(draft.size):
        first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
        mailbox = f"{first}.{last}.{number}".lower().encode("ascii", "ignore").decode()
        request: Row = {
            "reference_id": str(100001 + number),
            "target": f"{mailbox}@example.com" if by_mail else f"+155501{chance.randint(0, 99):02d}",
            "request_variables": {"first_name": first, "last_name": last},
            "created_at": created_at,
        }
        if number < draft.done:
            request |= outcome(batch_id, request["reference_id"], retry_count=retries)
            share = (number + 1) / draft.done
            request["sent_at"] = timestamp(draft.created + (draft.last_worked - draft.created) * share)
        elif chance.random() < 0.01:
            request |= _unsent("DUPLICATE")
        elif draft.status == "CANCELED":
            request |= _unsent("CANCELED")
        yield request


def _unsent(word: str) -> Row:
    """Return how a request ended that was never sent: its channel documents the same words."""
    return {"status": word, "channel_manager_status": word}
