"""The objects of the API's answers, typed: batches, their requests, and pages of any object."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from syllable.errors import UnreadableAnswer
from syllable.schemas.fields import (
    Answer,
    Anything,
    Counts,
    Flag,
    Integer,
    Moment,
    Number,
    OptionalText,
    Status,
    Text,
)
from syllable.schemas.status import OVER_REQUESTS
from syllable.schemas.text import encodable_json

# The keys of a batch that only one contract has, those that count more first.
EVIDENCE = {"paused": "current", "last_worked_on": "2025-04", "count": "2025-04"}


class Batch(Answer):
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
    def spoken_contract(self) -> str:
        """The contract that the answer speaks, by positive evidence only: the keys it has. "" where there is none."""
        return next((contract for key, contract in EVIDENCE.items() if key in self.raw), "")

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


class RequestResult(Answer):
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


AnswerT = TypeVar("AnswerT", bound=Answer)
