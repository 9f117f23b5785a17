"""The proof of one entry, for somebody who has nothing but the proof and a head: docs/verify_proof.py checks it."""

from typing import Any

from trail.canonical import FIELDS, canonical, seal_fields
from trail.merkle import siblings_of
from trail.models import Entry, Leaf, Seal

FORMAT = "outbound-dashboard proof 1"
# More than a day has: within these there is a head that was mailed.
MOST_SEALS = 50_000


class NotSealed(Exception):
    """The entry has no seal yet, or its seal comes after the head that was asked for."""


def proof_make(entry_id: int, *, up_to: int | None = None) -> dict[str, Any]:
    """Return the proof of an entry, to be written as JSON.

    It has the entry, and hashes: nothing of other entries and no network address. `up_to` is the number of the seal
    whose head the reader knows; without it, or where that seal is not there yet, the proof goes on to the newest seal,
    or to MOST_SEALS of them. Raises Entry.DoesNotExist where the entry is not there, and NotSealed.
    """
    entry = Entry.objects.values(*FIELDS[max(FIELDS)]).get(pk=entry_id)
    leaf = Leaf.objects.filter(pk=entry_id).first()
    if leaf is None:
        raise NotSealed
    seals = Seal.objects.filter(last__gte=leaf.number).order_by("number")
    if up_to is not None:
        seals = seals.filter(number__lte=up_to)
    chain = list(seals[:MOST_SEALS])
    if not chain:
        raise NotSealed
    form = canonical(entry, number=leaf.number, address_salt=bytes(leaf.address_salt), version=chain[0].version)
    return {
        "format": FORMAT,
        "entry": form.decode(),
        "salt": bytes(leaf.salt).hex(),
        "siblings": [sibling.hex() for sibling in _siblings(leaf, chain[0])],
        "seals": [seal_fields(seal) | {"digest": seal.digest} for seal in chain],
    }


def _siblings(leaf: Leaf, seal: Seal) -> list[bytes]:
    numbers = Leaf.objects.filter(number__range=(seal.first, seal.last)).order_by("number")
    digests = [bytes(digest) for digest in numbers.values_list("digest", flat=True)]
    return siblings_of(digests, leaf.number - seal.first)
