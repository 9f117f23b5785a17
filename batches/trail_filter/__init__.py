"""Which entries of the trail somebody asks for: as a value, in an address, and as a search. Asks no database."""

from batches.trail_filter.address import clean_filter, read_query
from batches.trail_filter.criteria import ACTIONS, FIELDS, WHEN, AsOf, Group, TrailFilter
from batches.trail_filter.search import as_search, read_search

__all__ = [
    "ACTIONS",
    "FIELDS",
    "WHEN",
    "AsOf",
    "Group",
    "TrailFilter",
    "as_search",
    "clean_filter",
    "read_query",
    "read_search",
]
