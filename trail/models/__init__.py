"""The models of the trail."""

from trail.models.entry import BESIDE, FOLDED, Action, AppendOnly, Entry, EntryQuerySet
from trail.models.process import HeadMail, ProcessName, StreamCursor, StreamProblem
from trail.models.seal import GENESIS, Emptied, Leaf, Pending, Seal

__all__ = [
    "BESIDE",
    "FOLDED",
    "GENESIS",
    "Action",
    "AppendOnly",
    "Emptied",
    "Entry",
    "EntryQuerySet",
    "HeadMail",
    "Leaf",
    "Pending",
    "ProcessName",
    "Seal",
    "StreamCursor",
    "StreamProblem",
]
