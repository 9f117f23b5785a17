"""What campaigns were last called, as far as this process has read it: for records, which must not cost a call."""

from collections.abc import Mapping
from threading import Lock

from cachetools import TTLCache

from batches.models.fields import storable

MOST_NAMES = 2000
KEPT_SECONDS = 60 * 60

_names: TTLCache[str, str] = TTLCache(MOST_NAMES, KEPT_SECONDS)
_lock = Lock()


def campaign_names_note(names: Mapping[str, str]) -> None:
    """Remember what campaigns are called now, by id, as the database can hold it."""
    with _lock:
        _names.update({campaign_id: storable(name) for campaign_id, name in names.items()})


def campaign_name_known(campaign_id: int | str | None) -> str:
    """Return what the campaign was called when it was last read, at most an hour ago; "" where that is not known."""
    with _lock:
        return str(_names.get(str(campaign_id), ""))


def campaign_names_forget() -> None:
    """Forget all names."""
    with _lock:
        _names.clear()
