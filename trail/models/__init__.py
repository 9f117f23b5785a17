"""The models of the trail."""

from trail.models.entry import Action, AppendOnly, Entry, EntryQuerySet

__all__ = ["Action", "AppendOnly", "Entry", "EntryQuerySet"]
