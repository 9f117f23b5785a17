"""One class per published contract of the API: how an edit becomes a request, and how it is recognised as taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from batches.syllable.errors import Inexpressible
from batches.syllable.schemas import KEEP, Abilities, Batch, BatchEdit, BatchStatus, Timestamp


@dataclass(frozen=True, slots=True)
class Write:
    """One request that changes a batch: a method on the batch's own address, with a body of JSON or of form fields."""

    method: str
    batch_id: str
    json: dict[str, Any] | None = None
    form: dict[str, str] | None = None


class Contract(Protocol):
    """What differs between the contracts. `now` is aware; `by` is the email under which the API files the change."""

    abilities: Abilities

    def write(self, batch: Batch, edit: BatchEdit, *, by: str, now: datetime) -> Write:
        """The request that makes `batch`, as it was just read, what `edit` wants. Raises Inexpressible."""

    def after(self, batch: Batch, edit: BatchEdit, *, now: datetime) -> dict[str, Any]:
        """The fields that `write` changes, by their API names, as they will be; JSON can hold them."""

    def shows(self, batch: Batch, edit: BatchEdit) -> bool:
        """Whether `batch` shows every edited field as `edit` wants it. Other fields do not matter."""


class Contract202504:
    """Contract `2025-04`: a PUT replaces the whole batch, and what it leaves out falls back to a default."""

    abilities = Abilities(
        contract="2025-04",
        statuses=(
            BatchStatus.PENDING,
            BatchStatus.ACTIVE,
            BatchStatus.PAUSED,
            BatchStatus.IDLE,
            BatchStatus.CANCELED,
            BatchStatus.EXPIRED,
        ),
        order_by=("batch_id", "campaign_id", "status", "expires_on"),
    )
    # `CommunicationBatch` of the contract; `status_counts` is told with a single batch but is no part of it.
    fields = (
        "batch_id",
        "campaign_id",
        "expires_on",
        "status",
        "count",
        "created_at",
        "deleted_at",
        "deleted_reason",
        "last_worked_on",
        "last_updated_by",
    )
    required = ("batch_id", "campaign_id", "status")

    def write(self, batch: Batch, edit: BatchEdit, *, by: str, now: datetime) -> Write:
        given = batch.raw | edit.fields()
        missing = [field for field in self.required if given.get(field) in (None, "")]
        if missing:
            raise Inexpressible(
                f"Syllable gave this batch without {' and '.join(missing)}: it cannot be sent back whole."
            )
        if edit.status is not None and edit.status not in self.abilities.statuses:
            raise Inexpressible(f"Contract {self.abilities.contract} has no status {edit.status}.")
        body = {field: batch.raw[field] for field in self.fields if field in batch.raw}
        body |= self.after(batch, edit, now=now)
        body["last_updated_by"] = by
        return Write("PUT", batch.batch_id, json=body)

    def after(self, batch: Batch, edit: BatchEdit, *, now: datetime) -> dict[str, Any]:
        fields: dict[str, Any] = dict(edit.fields())
        if edit.status is BatchStatus.CANCELED and batch.raw.get("deleted_at") is None:
            fields["deleted_at"] = Timestamp.of(now).text
        return fields

    def shows(self, batch: Batch, edit: BatchEdit) -> bool:
        return _shows_status(batch, edit) and _shows_expiry(batch, edit) and _shows_reason(batch, edit)


def _shows_status(batch: Batch, edit: BatchEdit) -> bool:
    # An active batch that has nothing to do at the moment is IDLE: the platform took the ACTIVE.
    shown = (BatchStatus.IDLE,) if edit.status is BatchStatus.ACTIVE else ()
    return edit.status is None or batch.status in (edit.status, *shown)


def _shows_expiry(batch: Batch, edit: BatchEdit) -> bool:
    if edit.expires_on is KEEP:
        return True
    if edit.expires_on is None or batch.expires_on is None:
        return edit.expires_on is batch.expires_on
    return edit.expires_on.same_moment(batch.expires_on)


def _shows_reason(batch: Batch, edit: BatchEdit) -> bool:
    return edit.deleted_reason is None or edit.deleted_reason.strip() == (batch.deleted_reason or "").strip()


CONTRACTS: Mapping[str, Contract] = {"2025-04": Contract202504()}
