"""What we ask of the API: an edit of a batch, a query for a list, and what a contract can express of both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from syllable.schemas.status import BatchStatus
from syllable.schemas.timestamp import Timestamp


class Keep(Enum):
    """`KEEP` marks a field as not edited. None cannot do that: an expiry of None means "no expiry"."""

    KEEP = "keep"


KEEP = Keep.KEEP


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

    def fields(self) -> dict[str, Any]:
        """Return the edited fields by API name, as JSON can hold them."""
        fields: dict[str, Any] = {}
        if self.status is not None:
            fields["status"] = self.status.value
        if self.expires_on is not KEEP:
            fields["expires_on"] = self.expires_on.text if self.expires_on else None
        if self.deleted_reason is not None:
            fields["deleted_reason"] = self.deleted_reason
        if self.call_rate is not KEEP:
            fields["call_rate"] = self.call_rate
        if self.auto_call_rate is not None:
            fields["auto_call_rate"] = self.auto_call_rate
        return fields

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Rebuild an edit from the result of `fields()`."""
        expires_on = fields.get("expires_on", KEEP)
        return cls(
            status=BatchStatus(fields["status"]) if "status" in fields else None,
            expires_on=Timestamp.read(expires_on) if isinstance(expires_on, str) else expires_on,
            deleted_reason=fields.get("deleted_reason"),
            call_rate=fields.get("call_rate", KEEP),
            auto_call_rate=fields.get("auto_call_rate"),
        )


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a contract can express.

    `statuses` is in the order in which they are offered; `order_by` is what lists sort by; `editable` the fields of an
    edit. For a step from one status to another, `inexpressible` returns why the API cannot make it.
    """

    contract: str
    statuses: tuple[BatchStatus, ...]
    order_by: tuple[str, ...]
    editable: tuple[str, ...]
    inexpressible: Mapping[tuple[BatchStatus, BatchStatus], str] = field(default_factory=dict)


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
