"""The sealer: gives pending entries their numbers and seals them. Whoever adds an entry never waits for it."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from common.lease import WorkLease
from trail.canonical import FIELDS, VERSION, leaf_digest, seal_digest
from trail.merkle import root_of
from trail.models import GENESIS, Entry, Leaf, Pending, ProcessName, Seal

logger = structlog.get_logger(__name__)

# Entries of one seal. A body of the stream holds at least one seal, and SQLite is locked while one is written.
MOST_ENTRIES = 1000
SALT_BYTES = 16
# Many times what a seal takes. After a crash nothing is sealed for so long.
LEASE = timedelta(seconds=10)


class Overtaken(Exception):
    """Another sealer continued the chain first. Nothing was written."""


def entries_seal() -> int:
    """Seal all pending entries, and return how many. Does nothing while another process does it."""
    lease, sealed = WorkLease(ProcessName.SEAL, length=LEASE), 0
    try:
        while Pending.objects.exists() and lease.hold() and (seal := seal_add()):
            sealed += seal.count
    except Overtaken:
        logger.warning("seal_overtaken")
    finally:
        lease.give_back()
    return sealed


def seal_add() -> Seal | None:
    """Seal the oldest pending entries, at most MOST_ENTRIES; return None without any.

    Raises Overtaken if another sealer has sealed any of them meanwhile: of two, the database accepts one.
    """
    head = head_seal()
    waiting = _waiting()
    if waiting is None:
        return None
    leaves = _leaves(waiting.entries, first=head.last + 1 if head else 1)
    seal = _seal(leaves, head=head, at=waiting.at)
    try:
        with transaction.atomic():
            seal.save()
            Leaf.objects.bulk_create(leaves)
            Pending.objects.filter(pk__in=[leaf.entry_id for leaf in leaves]).delete()
    except IntegrityError as error:
        raise Overtaken from error
    return seal


class Waiting(NamedTuple):
    """Entries that are to be sealed, and when the database was asked for them."""

    entries: list[dict[str, Any]]
    at: datetime


def _waiting() -> Waiting | None:
    """Return the oldest pending entries.

    A row whose entry is gone stays, and tells `trail_verify` of it. It is passed over, and so is one of an entry that
    has a seal. Queries by lists of ids: joins of these tables have plans that read one of them to the end.
    """
    last = 0
    while rows := list(Pending.objects.filter(pk__gt=last).order_by("pk").values_list("pk", Now())[:MOST_ENTRIES]):
        ids, at = [pk for pk, _ in rows], rows[-1][1]
        sealed = set(Leaf.objects.filter(pk__in=ids).values_list("pk", flat=True))
        entries = list(Entry.objects.filter(pk__in=ids).order_by("pk").values(*FIELDS[VERSION]))
        if waiting := [entry for entry in entries if entry["id"] not in sealed]:
            return Waiting(waiting, at)
        last = ids[-1]
    return None


class SealState(NamedTuple):
    """How many entries wait for their seal, and when the first of them was added; None where it is gone."""

    waiting: int
    waiting_since: datetime | None


def seal_state() -> SealState:
    """Return how far the sealer is. Takes one query, and two more where an entry waits."""
    first = Pending.objects.order_by("pk").first()
    if first is None:
        return SealState(0, None)
    entry = Entry.objects.filter(pk=first.pk).values_list("at", flat=True).first()
    return SealState(Pending.objects.count(), entry)


def head_seal() -> Seal | None:
    """Return the newest seal."""
    return Seal.objects.order_by("-number").first()


def _leaves(entries: Sequence[Mapping[str, Any]], *, first: int) -> list[Leaf]:
    """Return the leaves of the entries, numbered from `first` on."""
    salts = os.urandom(2 * SALT_BYTES * len(entries))
    leaves = []
    for index, entry in enumerate(entries):
        at = 2 * SALT_BYTES * index
        salt, address_salt = salts[at : at + SALT_BYTES], salts[at + SALT_BYTES : at + 2 * SALT_BYTES]
        number = first + index
        digest = leaf_digest(entry, number=number, salt=salt, address_salt=address_salt, version=VERSION)
        leaves.append(Leaf(entry_id=entry["id"], number=number, salt=salt, address_salt=address_salt, digest=digest))
    return leaves


def _seal(leaves: Sequence[Leaf], *, head: Seal | None, at: datetime) -> Seal:
    seal = Seal(
        number=head.number + 1 if head else 1,
        first=leaves[0].number,
        last=leaves[-1].number,
        count=len(leaves),
        root=root_of([bytes(leaf.digest) for leaf in leaves]).hex(),
        previous=head.digest if head else GENESIS,
        at=at,
        version=VERSION,
    )
    seal.digest = seal_digest(seal)
    return seal
