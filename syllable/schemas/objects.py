"""The objects of the API's answers, typed.

The API is a stranger: expect unknown statuses, extra fields, nulls and wrong types. Reading never fails on them. A
value that does not fit its type stays as the text it came as, so that a page can show it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StrictBool, ValidationError, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler, SkipValidation

from syllable.errors import UnreadableAnswer
from syllable.schemas.status import OVER_REQUESTS, BatchStatus
from syllable.schemas.text import encodable, encodable_json, full_text, is_too_deep, plain_text, short_text
from syllable.schemas.timestamp import Timestamp


def _typed_or_text(value: object, handler: ModelWrapValidatorHandler[Any]) -> Any:
    try:
        typed = handler(value)
    except ValidationError:
        return short_text(value)
    return encodable(typed) if isinstance(typed, str) else typed


def _timestamp(value: object) -> Timestamp | None:
    if value is None or isinstance(value, Timestamp):
        return value
    return Timestamp.read(full_text(value))


def _counts(value: object) -> dict[str, int] | None:
    """Return the countable part of a mapping of counts, without the rest."""
    if not isinstance(value, Mapping):
        return None
    return {
        encodable(str(key)): count
        for key, count in value.items()
        if isinstance(count, int) and not isinstance(count, bool)
    }


def _mapping(value: object) -> dict[str, Any] | None:
    return encodable_json(value) if isinstance(value, Mapping) else None


def _optional_text(value: object) -> str | None:
    return None if value is None else full_text(value)


def _status(value: object) -> BatchStatus | str:
    text = plain_text(value)
    return BatchStatus(text) if text in BatchStatus.__members__ else text


Text = Annotated[str, PlainValidator(plain_text)]
OptionalText = Annotated[str | None, PlainValidator(_optional_text)]
Integer = Annotated[int | str | None, WrapValidator(_typed_or_text)]
Number = Annotated[float | str | None, WrapValidator(_typed_or_text)]
Flag = Annotated[StrictBool | str | None, WrapValidator(_typed_or_text)]
Moment = Annotated[Timestamp | None, PlainValidator(_timestamp)]
Counts = Annotated[dict[str, int] | None, PlainValidator(_counts)]
Anything = Annotated[dict[str, Any] | None, PlainValidator(_mapping)]
Status = Annotated[BatchStatus | str, PlainValidator(_status)]


class _Answer(BaseModel):
    """One object of an answer. `raw` is that object untouched, and not nested deeper than 50 levels."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)
    raw: SkipValidation[dict[str, Any]] = Field(default_factory=dict, exclude=True, repr=False)

    @classmethod
    def read(cls, payload: object) -> Self:
        """Read one object of an answer. Raises UnreadableAnswer where it is no object or nested too deeply."""
        if not isinstance(payload, dict):
            raise UnreadableAnswer(f"expected an object, got {type(payload).__name__}")
        if is_too_deep(payload):
            raise UnreadableAnswer("the object is nested too deeply")
        return cls.model_validate({**payload, "raw": payload})


class Batch(_Answer):
    """A batch, as `BatchDetails` and `CommunicationBatch` of the API describe it in any contract.

    `status` is a BatchStatus, or the API's word where we do not know it ("" where it gave none). `status_counts` comes
    with a single batch only, never in a list. `call_rate` is in attempts per hour. A field that a contract lacks is
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
        """The number of requests, as the API counts them or else as the sum of `status_counts`."""
        if self.count is None and self.status_counts is not None:
            return sum(self.status_counts.values())
        return self.count

    @property
    def open_requests(self) -> int | None:
        """The number of unfinished requests, None where the batch came without `status_counts`.

        Requests with an unknown status count as unfinished.
        """
        if self.status_counts is None:
            return None
        return sum(max(count, 0) for status, count in self.status_counts.items() if status not in OVER_REQUESTS)


class Campaign(_Answer):
    """A campaign, as `OutboundCampaign` of the API describes it in any contract.

    Daily times are `HH:MM:SS` in `timezone`; without a `timezone` the calling hours are unknown. `rate` is in calls per
    minute, `hourly_rate` per hour. `mode` is voice, sms or email.
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
        """Read one request. Parts that are nested too deeply are cut off, because no request is ever sent back."""
        return super().read(encodable_json(payload))


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a remote list.

    `page` is 0-based, as in the API. `total_count` is None where the API does not say; then only a full page suggests
    that another follows, unless `is_followed` is set. `unreadable` counts rows that were no objects.
    """

    items: list[Row]
    page: int
    page_size: int
    total_count: int | None = None
    unreadable: int = 0
    is_followed: bool | None = None

    @property
    def has_next(self) -> bool:
        if self.is_followed is not None:
            return self.is_followed
        if self.total_count is not None:
            return (self.page + 1) * self.page_size < self.total_count
        return len(self.items) + self.unreadable >= self.page_size


def read_rows(model: type["AnswerT"], rows: Iterable[object]) -> tuple[list["AnswerT"], int]:
    """Return the rows that are objects, and the number of the others: one odd row never breaks a page."""
    read: list[AnswerT] = []
    unreadable = 0
    for row in rows:
        try:
            read.append(model.read(row))
        except UnreadableAnswer:
            unreadable += 1
    return read, unreadable


AnswerT = TypeVar("AnswerT", bound=_Answer)
