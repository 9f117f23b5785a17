"""What we ask of the API: an edit of a batch, a query for a list, and what a contract can express of both."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Self

from syllable.schemas.status import BatchStatus
from syllable.schemas.timestamp import Timestamp


class Keep(Enum):
    """`KEEP` marks a field as not edited. None cannot do that: an expiry of None means "no expiry"."""

    KEEP = "keep"


KEEP = Keep.KEEP


class EditKind(StrEnum):
    """What an edit is in one word."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    EXPIRY = "expiry"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class BatchEdit:
    """An operator's edit of a batch. Fields that are not edited are KEEP."""

    status: BatchStatus | None = None
    expires_on: Timestamp | Keep | None = KEEP
    deleted_reason: str | None = None
    call_rate: int | Keep | None = KEEP
    auto_call_rate: bool | None = None

    def __bool__(self) -> bool:
        return bool(self.fields())

    @property
    def kinds(self) -> tuple[EditKind, ...]:
        """What this edit is, most important first; a RESUME is any after which the batch may contact people."""
        kinds = []
        if self.status is not None:
            stops = {BatchStatus.PAUSED: EditKind.PAUSE, BatchStatus.CANCELED: EditKind.CANCEL}
            kinds.append(stops.get(self.status, EditKind.RESUME))
        if self.expires_on is not KEEP:
            kinds.append(EditKind.EXPIRY)
        if self.call_rate is not KEEP or self.auto_call_rate is not None:
            kinds.append(EditKind.RATE)
        return tuple(kinds)

    @property
    def kind(self) -> EditKind | None:
        """The most important of its kinds, None for an empty edit."""
        return next(iter(self.kinds), None)

    def fields(self) -> dict[str, Any]:
        """Return the edited fields by API name, as JSON can hold them."""
        values = {field.name: (getattr(self, field.name), field.default) for field in dataclasses.fields(self)}
        edited = {name: value for name, (value, default) in values.items() if value != default}
        if isinstance(self.expires_on, Timestamp):
            edited["expires_on"] = self.expires_on.text
        return edited

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Rebuild an edit from the result of `fields()`."""
        edited = dict(fields)
        if "status" in edited:
            edited["status"] = BatchStatus(edited["status"])
        if isinstance(edited.get("expires_on"), str):
            edited["expires_on"] = Timestamp.read(edited["expires_on"])
        return cls(**edited)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a contract can express.

    `statuses` is in the order in which they are offered; `order_by` is what lists sort by; `editable` the fields of an
    edit. For a step from one status to another, `inexpressible` returns why the API cannot make it. `has_agents` says
    that a campaign has no zone of its own, but an agent that has one.
    """

    contract: str
    statuses: tuple[BatchStatus, ...]
    order_by: tuple[str, ...]
    editable: tuple[str, ...]
    inexpressible: Mapping[tuple[BatchStatus, BatchStatus], str] = field(default_factory=dict)
    has_agents: bool = False


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """What to list. `batch_id` is a search; `campaign_id` and `status` must match; `page` is 0-based."""

    status: str = ""
    campaign_id: str = ""
    batch_id: str = ""
    order_by: str = ""
    descending: bool = False
    page: int = 0
    limit: int = 25
