"""The models of the trail."""

from trail.models.entry import Action, AppendOnly, Entry, EntryQuerySet
from trail.models.process import HeadMail, ProcessLease, ProcessName, StreamCursor, StreamProblem
from trail.models.seal import GENESIS, Emptied, Leaf, Pending, Seal

__all__ = [
    "GENESIS",
    "Action",
    "AppendOnly",
    "Emptied",
    "Entry",
    "EntryQuerySet",
    "HeadMail",
    "Leaf",
    "Pending",
    "ProcessLease",
    "ProcessName",
    "Seal",
    "StreamCursor",
    "StreamProblem",
]
