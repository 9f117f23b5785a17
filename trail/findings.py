"""What verification can find. The sentences about it are elsewhere: a finding is a value."""

from dataclasses import dataclass
from enum import Enum


class Problem(Enum):
    """What is wrong with the trail."""

    # An entry, or an entry somewhere in a seal, is not what was sealed.
    ALTERED = "altered"
    REMOVED = "removed"
    # It is in no seal, and does not wait for one either.
    INSERTED = "inserted"
    # It was sealed long after the moment that it names.
    BACKDATED = "backdated"
    OUT_OF_ORDER = "out_of_order"
    # The entry is as it was, but not the hash that is kept of it.
    LEAF_ALTERED = "leaf_altered"
    SEAL_ALTERED = "seal_altered"
    SEAL_REMOVED = "seal_removed"
    # Entries were declared as removed by retention, but no sealed entry says so.
    EMPTIED_UNSAID = "emptied_unsaid"
    # The chain ends before the expected head.
    TRUNCATED = "truncated"
    # The chain leads to another head than the expected one.
    REWRITTEN = "rewritten"
    # The trail is as it was sealed, but a change has another outcome than its last entry says, or no entry at all.
    CHANGE_DIFFERS = "change_differs"
    CHANGE_UNSAID = "change_unsaid"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first problem, and where: as far as known an entry's id and number, a seal's number, a change's id."""

    problem: Problem
    entry: int | None = None
    number: int | None = None
    seal: int | None = None
    change: int | None = None
