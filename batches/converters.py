"""Ids of batches and campaigns in our own addresses."""

import re

LONGEST = 500  # the longest id that fits the trail
_ESCAPED = re.compile(rb"[^A-Za-z0-9_.-]|^\.|\.\Z")
_UNHOLDABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPE = re.compile(rb"~([0-9A-F]{2})")


class BatchIdConverter:
    """Any batch id as one path segment that browsers, proxies and servers leave alone.

    Letters, digits, `_`, `-` and inner dots stand for themselves, so that `20250117.9` stays readable; every other byte
    of the id's UTF-8 form becomes `~XX`. An id has exactly one spelling; any other is not an address. An id that does
    not fit the trail has no address: see `has_address`.
    """

    regex = r"[A-Za-z0-9_.~-]+"

    def to_url(self, value: str) -> str:
        """Return the segment for an id. Raises ValueError for an id that has no address."""
        if not has_address(value):
            raise ValueError("no id that the trail could hold")
        return _ESCAPED.sub(lambda found: b"~%02X" % ord(found[0]), value.encode()).decode()

    def to_python(self, value: str) -> str:
        """Return the id of a segment. Raises ValueError where `to_url` writes no such segment."""
        raw = _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), value.encode())
        batch_id = raw.decode()
        if self.to_url(batch_id) != value:
            raise ValueError("not the spelling of an id")
        return batch_id


class CampaignIdConverter(BatchIdConverter):
    """Any campaign id, written like a batch id and read as text: the API numbers campaigns but may answer anything."""

    def to_url(self, value: int | str) -> str:
        return super().to_url(str(value))


def has_address(batch_id: str) -> bool:
    """Return whether a batch has a page: its id must not be empty and must fit the database."""
    return 0 < len(batch_id) <= LONGEST and not _UNHOLDABLE.search(batch_id)
