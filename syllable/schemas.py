"""What the API says, typed, and what we can ask of it.

The API is a stranger: unknown statuses, extra fields, nulls and wrong types come. Reading never fails on them; a value
that does not fit its type is kept as the text it came as, so that a page can show it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr, StrictBool, ValidationError, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler

from syllable.errors import UnreadableAnswer

LONGEST_ODD_TEXT = 200
# 60 minutes and more, or seconds: Python reads such an offset, and nobody knows what the sender meant.
ODD_OFFSET = re.compile(r"[+-]\d\d(?::?[6-9]\d|:?\d\d:?\d\d(?:[.,]\d+)?)\s*$")
# What reads JSON goes deeper than what writes it, and than what keeps it.
DEEPEST = 50
TOO_DEEP = "nested too deeply to be shown"
# The statuses of a request for which nobody is contacted any more, in every contract.
OVER_REQUESTS = frozenset({"COMPLETED", "FAILED", "CANCELED", "DUPLICATE", "INVALID", "SKIPPED"})


class BatchStatus(StrEnum):
    """The statuses of a batch in every contract; which of them a contract has is in its `Abilities`."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    IDLE = "IDLE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


# No batch of these statuses runs any more. A status that we do not know may.
OVER = frozenset({BatchStatus.CANCELED, BatchStatus.EXPIRED, BatchStatus.FAILED})


_BY_FOLDED_NAME: dict[str, str] = {status.casefold(): status.value for status in BatchStatus}


def typed_status(text: str) -> str:
    """The status that a person means: one that we know in any case, any other as it was typed."""
    text = text.strip()
    return _BY_FOLDED_NAME.get(text.casefold(), text)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment as the API writes it.

    `text` is what the API said and what goes back to it byte for byte; `at` is the same moment as an aware UTC
    datetime, None where the text cannot be read.
    """

    text: str
    at: datetime | None

    @classmethod
    def read(cls, text: str) -> Self:
        """Any text the API may send. A time without a zone is UTC, as everywhere in the API's examples."""
        if ODD_OFFSET.search(text):
            return cls(text, None)
        try:
            at = datetime.fromisoformat(text.strip())
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            return cls(text, None)
        return cls(text, at)

    @classmethod
    def of(cls, at: datetime) -> Self:
        """The moment `at` (aware), written as the API's examples write it: `2025-01-01T00:00:00Z`."""
        utc = at.astimezone(UTC)
        return cls(utc.isoformat().replace("+00:00", "Z"), utc)

    def same_moment(self, other: "Timestamp | None") -> bool:
        """Equal as instants, or, where one cannot be read, equal as texts."""
        if other is None:
            return False
        if self.at is None or other.at is None:
            return self.text == other.text
        return self.at == other.at

    def __str__(self) -> str:
        return self.text


def _as_text(value: object) -> str:
    shown = encodable_json(value)
    text = shown if isinstance(shown, str) else json.dumps(shown, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_ODD_TEXT else text[:LONGEST_ODD_TEXT] + "…"


def _encodable(text: str) -> str:
    """JSON can carry half a surrogate pair, which no page and no database can."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def encodable_json(value: Any, levels: int = DEEPEST) -> Any:
    """Any JSON with every text in it encodable, names included; below so many levels it is cut off."""
    if isinstance(value, str):
        return _encodable(value)
    if not isinstance(value, list | Mapping):
        return value
    if levels == 0:
        return TOO_DEEP
    if isinstance(value, list):
        return [encodable_json(item, levels - 1) for item in value]
    return {_encodable(str(name)): encodable_json(item, levels - 1) for name, item in value.items()}


def _is_too_deep(value: object, levels: int = DEEPEST) -> bool:
    if not isinstance(value, list | dict):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_too_deep(item, levels - 1) for item in items)


def _typed_or_text(value: object, handler: ModelWrapValidatorHandler[Any]) -> Any:
    try:
        typed = handler(value)
    except ValidationError:
        return _as_text(value)
    return _encodable(typed) if isinstance(typed, str) else typed


def _timestamp(value: object) -> Timestamp | None:
    if value is None or isinstance(value, Timestamp):
        return value
    return Timestamp.read(_as_full_text(value))


def _counts(value: object) -> dict[str, int] | None:
    """The countable part of a mapping of counts; the rest is left out."""
    if not isinstance(value, Mapping):
        return None
    return {
        _encodable(str(key)): count
        for key, count in value.items()
        if isinstance(count, int) and not isinstance(count, bool)
    }


def _mapping(value: object) -> dict[str, Any] | None:
    return encodable_json(value) if isinstance(value, Mapping) else None


def plain_text(value: object) -> str:
    """A value where a text belongs: "" for null, JSON for what is no text."""
    return "" if value is None else _as_full_text(value)


def _optional_text(value: object) -> str | None:
    return None if value is None else _as_full_text(value)


def _as_full_text(value: object) -> str:
    return _encodable(value) if isinstance(value, str) else _as_text(value)


def _status(value: object) -> "BatchStatus | str":
    text = plain_text(value)
    return BatchStatus(text) if text in BatchStatus.__members__ else text


Text = Annotated[str, BeforeValidator(plain_text)]
OptionalText = Annotated[str | None, BeforeValidator(_optional_text)]
Integer = Annotated[int | str | None, WrapValidator(_typed_or_text)]
Number = Annotated[float | str | None, WrapValidator(_typed_or_text)]
Flag = Annotated[StrictBool | str | None, WrapValidator(_typed_or_text)]
Moment = Annotated[Timestamp | None, BeforeValidator(_timestamp)]
Counts = Annotated[dict[str, int] | None, BeforeValidator(_counts)]
Anything = Annotated[dict[str, Any] | None, BeforeValidator(_mapping)]
Status = Annotated[BatchStatus | str, BeforeValidator(_status)]


class _Answer(BaseModel):
    """One object of an answer. `raw` is that object untouched, and not nested deeper than 50 levels."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)
    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def read(cls, payload: object) -> Self:
        """Read one object of an answer. Raises UnreadableAnswer where it is no object at all, or nested too deeply."""
        if not isinstance(payload, dict):
            raise UnreadableAnswer(f"expected an object, got {type(payload).__name__}")
        if _is_too_deep(payload):
            raise UnreadableAnswer("the object is nested too deeply")
        answer = cls.model_validate(payload)
        answer._raw = payload
        return answer

    @property
    def raw(self) -> dict[str, Any]:
        return self._raw


class Batch(_Answer):
    """A batch, as `BatchDetails` and `CommunicationBatch` of the API describe it in any contract.

    `status` is a BatchStatus, or the API's word where we do not know it ("" where it gave none). `status_counts` comes
    with a single batch only, never in a list. `call_rate` is in attempts per hour. What a contract does not have is
    None.
    """

    batch_id: Text = ""
    campaign_id: Integer = None
    status: Status = ""
    expires_on: Moment = None
    count: Integer = None
    created_at: Moment = None
    deleted_at: Moment = None
    deleted_reason: OptionalText = None
    last_worked_on: Moment = None
    last_updated_at: Moment = None
    last_updated_by: Text = ""
    paused: Flag = None
    call_rate: Integer = None
    auto_call_rate: Flag = None
    auto_call_rate_baseline: Number = None
    upload_filename: OptionalText = None
    dispatch_id: OptionalText = None
    error_message: OptionalText = None
    status_counts: Counts = None
    detailed_status_counts: Anything = None

    @property
    def request_count(self) -> int | str | None:
        """The number of requests: as the API counts them, else the sum of those it lists by status."""
        if self.count is None and self.status_counts is not None:
            return sum(self.status_counts.values())
        return self.count

    @property
    def open_requests(self) -> int | None:
        """The number of requests that are not over; a word of the API that is not known may be one that is not. None
        where the batch came without `status_counts`."""
        if self.status_counts is None:
            return None
        return sum(max(count, 0) for status, count in self.status_counts.items() if status not in OVER_REQUESTS)


class Campaign(_Answer):
    """A campaign, as `OutboundCampaign` of the API describes it in any contract.

    Daily times are `HH:MM:SS` in `timezone`; where there is none the calling hours are not known. `rate` is in calls
    per minute, `hourly_rate` per hour. `mode` is voice, sms or email.
    """

    id: Integer = None
    campaign_name: Text = ""
    description: OptionalText = None
    label: OptionalText = None
    daily_start_time: OptionalText = None
    daily_end_time: OptionalText = None
    timezone: OptionalText = None
    source: OptionalText = None
    caller_id: OptionalText = None
    mode: OptionalText = None
    rate: Integer = None
    hourly_rate: Integer = None
    retry_count: Integer = None
    retry_interval: OptionalText = None
    created_at: Moment = None
    updated_at: Moment = None
    last_updated_by: Text = ""


class RequestResult(_Answer):
    """One request of a batch with its outcome, as `CommunicationRequestResult` of the API describes it.

    `insights` is any JSON, as it came. `request_status`, `line_type` and `enrichment` are None where the contract has
    no such field.
    """

    reference_id: Text = ""
    target: Text = ""
    request_variables: Anything = None
    channel_manager_sid: OptionalText = None
    created_at: Moment = None
    sent_at: Moment = None
    attempt_count: Integer = 0
    session_id: Integer = None
    conversation_id: Integer = None
    request_status: OptionalText = None
    channel_manager_status: OptionalText = None
    insights_status: OptionalText = None
    insights: Any = None
    line_type: OptionalText = None
    enrichment: Anything = None

    @classmethod
    def read(cls, payload: object) -> Self:
        """As any object; what is nested too deeply is cut off, as nothing of a request goes back."""
        return super().read(encodable_json(payload))


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a remote list.

    `page` is 0-based, as in the API. `total_count` is None where the API does not say; then a full page is the only
    sign that there may be another. `unreadable` counts rows that were no objects.
    """

    items: list[Row]
    page: int
    page_size: int
    total_count: int | None = None
    unreadable: int = 0

    @property
    def has_next(self) -> bool:
        if self.total_count is not None:
            return (self.page + 1) * self.page_size < self.total_count
        return len(self.items) + self.unreadable >= self.page_size


class Keep(Enum):
    """`KEEP` says that a field is not edited, which None cannot: an expiry of None is "no expiry"."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class BatchEdit:
    """What an operator wants of a batch: only what is edited is set."""

    status: BatchStatus | None = None
    expires_on: Timestamp | Keep | None = KEEP
    deleted_reason: str | None = None
    call_rate: int | Keep | None = KEEP
    auto_call_rate: bool | None = None

    def __bool__(self) -> bool:
        return bool(self.fields())

    def fields(self) -> dict[str, Any]:
        """The edited fields by their API names, as JSON can hold them."""
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
        """The inverse of `fields()`."""
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

    `statuses` in the order in which they are offered; `order_by` what lists sort by; `editable` the fields of an edit.
    `inexpressible` says of a step from one status to another why the API offers no way to make it.
    """

    contract: str
    statuses: tuple[BatchStatus, ...]
    order_by: tuple[str, ...]
    editable: tuple[str, ...]
    inexpressible: Mapping[tuple[BatchStatus, BatchStatus], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """What to list. `batch_id` is searched for, `campaign_id` and `status` are matched; `page` is 0-based."""

    status: str = ""
    campaign_id: str = ""
    batch_id: str = ""
    order_by: str = ""
    descending: bool = False
    page: int = 0
    limit: int = 25


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of a 422: `loc` is the path to the field, e.g. ("body", "expires_on")."""

    loc: tuple[str | int, ...]
    msg: str
    type: str = ""

    @property
    def field(self) -> str:
        """The field's name, "" where the entry is about no field."""
        names = [part for part in self.loc if isinstance(part, str)]
        return names[-1] if len(names) > 1 else ""


def read_rows(model: type["AnswerT"], rows: Iterable[object]) -> tuple[list["AnswerT"], int]:
    """The rows that are objects, and how many are not: one odd row never breaks a page."""
    read: list[AnswerT] = []
    unreadable = 0
    for row in rows:
        try:
            read.append(model.read(row))
        except UnreadableAnswer:
            unreadable += 1
    return read, unreadable


AnswerT = TypeVar("AnswerT", bound=_Answer)
