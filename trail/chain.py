"""The chain of the seals, followed from the first one on: each seal is compared with what it should seal."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from trail import sealer
from trail.canonical import FIELDS, VERSION, leaf_digest, seal_digest
from trail.findings import Finding, Problem
from trail.merkle import root_of
from trail.models import GENESIS, Entry, Leaf, Seal

# Rows of one query.
CHUNK = 1000
# How long the transaction of an entry may have been open when a seal without it was made, and how far clocks may jump.
SLACK = timedelta(hours=1)
# What is no entry any more raises one of these when it is read or brought into its form.
UNREADABLE = (AttributeError, TypeError, ValueError)
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A leaf, with the fields of its entry: None where the entry is missing, empty where nobody could read it."""

    leaf: Leaf
    entry: Fields | None

    def digest(self, *, entry: Fields | None = None, number: int | None = None, version: int) -> bytes:
        """Return the digest of what is there now, or of it with another `entry` or `number`; b"" if it has none."""
        try:
            return leaf_digest(
                entry or self.entry or {},
                number=number or self.leaf.number,
                salt=bytes(self.leaf.salt),
                address_salt=bytes(self.leaf.address_salt),
                version=version,
            )
        except (KeyError, *UNREADABLE):
            return b""

    def is_as_sealed(self, digest: bytes) -> bool:
        """Return whether the leaf has this digest."""
        return isinstance(self.leaf.digest, bytes | memoryview) and bytes(self.leaf.digest) == digest

    def finding(self, problem: Problem) -> Finding:
        return Finding(problem, entry=self.leaf.entry_id, number=self.leaf.number)


class Leaves:
    """All leaves after a number with their entries, in order, read a chunk at a time."""

    def __init__(self, *, after: int) -> None:
        self._last = after
        self._chunk: deque[Sealed] = deque()

    def up_to(self, number: int) -> Iterator[Sealed]:
        """Yield the next leaves, up to this number."""
        while self._chunk or self._read():
            if self._chunk[0].leaf.number > number:
                return
            yield self._chunk.popleft()

    def _read(self) -> bool:
        leaves = list(Leaf.objects.filter(number__gt=self._last).order_by("number")[:CHUNK])
        if leaves:
            entries = entries_by_id([leaf.entry_id for leaf in leaves])
            self._chunk.extend(Sealed(leaf, entries.get(leaf.entry_id)) for leaf in leaves)
            self._last = leaves[-1].number
        return bool(leaves)


def entries_by_id(ids: list[int]) -> dict[int, Fields]:
    """Return the fields of these entries, as far as they are there; none of one that nobody could read."""
    try:
        return {entry["id"]: entry for entry in Entry.objects.filter(pk__in=ids).values(*FIELDS[VERSION])}
    except UNREADABLE:
        if len(ids) == 1:
            return {ids[0]: {}}
        return {entry_id: fields for one in ids for entry_id, fields in entries_by_id([one]).items()}


def seals_up_to(head: Seal | None) -> Iterator[Seal]:
    """Yield the seals up to `head`, read a chunk at a time."""
    last = 0
    while head and (chunk := list(Seal.objects.filter(number__gt=last, number__lte=head.number)[:CHUNK])):
        yield from chunk
        last = chunk[-1].number


@dataclass(slots=True)
class Chain:
    """The seals that have been followed: the last one's numbers and digest.

    `drained_at` is when the last seal was made that left nothing waiting. No entry sealed later can be much older.
    """

    leaves: Leaves
    number: int = 0
    last: int = 0
    digest: str = GENESIS
    drained_at: datetime | None = field(default=None)

    def follow(self, seal: Seal, *, is_emptied: bool) -> Finding | None:
        """Take the next seal; return what is wrong with it or, unless these were removed, with its entries."""
        if found := self._link(seal):
            return found
        if not is_emptied and (found := self._entries(seal)):
            return found
        self.number, self.last, self.digest = seal.number, seal.last, seal.digest
        if seal.count < sealer.MOST_ENTRIES:
            self.drained_at = seal.at
        return None

    def _link(self, seal: Seal) -> Finding | None:
        if seal.number != self.number + 1:
            return Finding(Problem.SEAL_REMOVED, seal=self.number + 1)
        altered = Finding(Problem.SEAL_ALTERED, seal=seal.number)
        try:
            if seal_digest(seal) != seal.digest or seal.version not in FIELDS:
                return altered
        except UNREADABLE:
            return altered
        if seal.first != self.last + 1 or seal.count != seal.last - self.last:
            return altered
        if seal.previous != self.digest:
            # That seal is right by itself, and so is this one. The later one was made from the real one.
            return Finding(Problem.SEAL_ALTERED, seal=self.number or seal.number)
        return None

    def _entries(self, seal: Seal) -> Finding | None:
        sealed: list[Sealed] = []
        for one in self.leaves.up_to(seal.last):
            number = seal.first + len(sealed)
            if one.leaf.number != number:
                # A second leaf with the same number, or none with this one.
                return one.finding(Problem.INSERTED) if one.leaf.number < number else _gap(number)
            if one.entry is None:
                return one.finding(Problem.REMOVED)
            sealed.append(one)
        if len(sealed) != seal.count:
            return _gap(seal.first + len(sealed))
        return _compared(seal, sealed) or self._backdated(seal, sealed)

    def _backdated(self, seal: Seal, sealed: list[Sealed]) -> Finding | None:
        if self.drained_at is None:
            return None
        # A clock that was put back makes nothing older than its seal.
        earliest = min(self.drained_at, seal.at) - SLACK
        late = (one for one in sealed if one.entry and one.entry["at"] < earliest)
        return next((one.finding(Problem.BACKDATED) for one in late), None)


def _gap(number: int) -> Finding:
    return Finding(Problem.REMOVED, number=number)


def _compared(seal: Seal, sealed: list[Sealed]) -> Finding | None:
    """Return what the hashes of a seal's entries tell."""
    digests = [one.digest(version=seal.version) for one in sealed]
    is_sealed = root_of(digests).hex() == seal.root
    for one, digest in zip(sealed, digests, strict=True):
        if not one.is_as_sealed(digest):
            if is_sealed:
                return one.finding(Problem.LEAF_ALTERED)
            moved = _is_moved(one, sealed, seal.version)
            return one.finding(Problem.OUT_OF_ORDER if moved else Problem.ALTERED)
    # Whoever altered an entry made its leaf fit.
    return None if is_sealed else Finding(Problem.ALTERED, seal=seal.number)


def _is_moved(one: Sealed, sealed: list[Sealed], version: int) -> bool:
    """Return whether the leaf fits its entry under a number nearby, or an entry of its seal in the place of its own."""
    number = one.leaf.number
    nearby = range(max(1, number - CHUNK), number + CHUNK)
    if any(one.is_as_sealed(one.digest(number=other, version=version)) for other in nearby):
        return True
    entries = [other.entry for other in sealed if other.entry]
    swapped = [dict(entry) | {"id": one.leaf.entry_id} for entry in entries]
    return any(one.is_as_sealed(one.digest(entry=entry, version=version)) for entry in [*entries, *swapped])
