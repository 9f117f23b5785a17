"""Verification: recompute every hash, and name the first thing that is not as it was sealed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from trail.chain import Chain, Leaves, entries_by_id, seals_up_to
from trail.findings import Finding, Problem
from trail.models import GENESIS, Action, Emptied, Entry, Leaf, Pending, Seal
from trail.sealer import head_seal


@dataclass(frozen=True, slots=True)
class Head:
    """A seal that somebody knows from elsewhere."""

    number: int
    digest: str

    @classmethod
    def read(cls, text: str) -> "Head":
        """Read a head as `Seal.head` writes it. Raises ValueError if it is none."""
        number, _, digest = text.strip().partition(":")
        if len(digest) != len(GENESIS):
            raise ValueError(text)
        return cls(int(number), digest.lower())

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


# Compares other records with the trail, once the trail itself is as it was sealed.
Comparison = Callable[[], Finding | None]


def head_now() -> Head:
    """Return the newest head; of an empty chain number 0."""
    seal = head_seal()
    return Head(seal.number, seal.digest) if seal else Head(0, GENESIS)


def trail_verify(*, expect: Head | None = None, comparison: Comparison | None = None) -> Finding | None:
    """Return the first problem, None where there is none. Safe while entries are added, sealed and removed.

    `expect` is a head that must still be part of the chain.
    """
    while True:
        emptied = _emptied()
        found = _unsaid(emptied) or _walk(emptied) or _unsealed() or _expected(expect)
        # Retention may have removed meanwhile what is missing.
        if found is None or emptied == _emptied():
            break
    if found is None and comparison and comparison():
        # Entries may have been removed while changes were compared with them.
        found = comparison()
    return found


def waits_since() -> datetime | None:
    """Return the moment of the oldest entry that has no seal yet, None where all have one."""
    oldest = Pending.objects.order_by("pk").values_list("pk", flat=True).first()
    return Entry.objects.filter(pk=oldest).values_list("at", flat=True).first() if oldest else None


def _walk(emptied: Emptied | None) -> Finding | None:
    """Return the first problem of the seals that there are now, and of their entries."""
    until = emptied.last_number if emptied else 0
    chain = Chain(Leaves(after=until))
    found = (chain.follow(seal, is_emptied=seal.last <= until) for seal in seals_up_to(head_seal()))
    return next((problem for problem in found if problem), None)


def _emptied() -> Emptied | None:
    """Return the last removal that a sealed entry tells of."""
    return next((row for row in Emptied.objects.order_by("-last_seal") if _is_said(row)), None)


def _is_said(emptied: Emptied) -> bool:
    number = Leaf.objects.filter(pk=emptied.entry_id).values_list("number", flat=True).first() or 0
    entry = entries_by_id([emptied.entry_id]).get(emptied.entry_id) or {}
    said = {"last_seal": emptied.last_seal, "last_number": emptied.last_number}
    return number > emptied.last_number and entry.get("action") == Action.TRAIL_EMPTIED and entry.get("body") == said


def _unsaid(emptied: Emptied | None) -> Finding | None:
    """Return a later removal whose entry is not merely waiting for its seal."""
    later = Emptied.objects.filter(last_seal__gt=emptied.last_seal if emptied else 0)
    lost = later.filter(~Exists(_of(Pending))).first()
    return Finding(Problem.EMPTIED_UNSAID, entry=lost.entry_id, seal=lost.last_seal) if lost else None


def _unsealed() -> Finding | None:
    """Return what is in no seal although it should be. Each question is one statement: the sealer may be at work."""
    newest = Seal.objects.order_by().values(one=Value(1)).annotate(last=Max("last")).values("last")
    beyond = Leaf.objects.filter(number__gt=Coalesce(Subquery(newest), 0)).order_by("number").first()
    if beyond:
        return Finding(Problem.SEAL_REMOVED, entry=beyond.entry_id, number=beyond.number)
    inserted = Entry.objects.filter(~Exists(_of(Leaf)), ~Exists(_of(Pending))).order_by("pk").first()
    if inserted:
        return Finding(Problem.INSERTED, entry=inserted.pk)
    removed = Pending.objects.filter(~Exists(Entry.objects.filter(pk=OuterRef("pk")))).order_by("pk").first()
    return Finding(Problem.REMOVED, entry=removed.pk) if removed else None


def _of(model: type[Leaf] | type[Pending]) -> QuerySet[Leaf] | QuerySet[Pending]:
    """Return the rows of the entry that the query around this one is about: all these tables have its id as key."""
    return model._default_manager.filter(pk=OuterRef("pk"))


def _expected(head: Head | None) -> Finding | None:
    if head is None or head == Head(0, GENESIS):
        return None
    seal = Seal.objects.filter(number=head.number).first()
    if seal is None:
        return Finding(Problem.TRUNCATED, seal=head.number)
    return None if seal.digest == head.digest else Finding(Problem.REWRITTEN, seal=head.number)
