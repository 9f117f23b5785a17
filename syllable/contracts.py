"""One class per published contract of the API: how an edit becomes a request, and how a batch shows the edit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from syllable import errors
from syllable.errors import Inexpressible
from syllable.schemas import KEEP, OVER, Abilities, Batch, BatchEdit, BatchStatus, Timestamp

_S = BatchStatus
STATUSES_2025_04 = (_S.PENDING, _S.ACTIVE, _S.PAUSED, _S.IDLE, _S.CANCELED, _S.EXPIRED)
STATUSES_CURRENT = (_S.PENDING, _S.ACTIVE, _S.PAUSED, _S.CANCELED, _S.EXPIRED, _S.FAILED)


@dataclass(frozen=True, slots=True)
class Write:
    """One request that changes a batch: a method on the batch's own address, with a body of JSON or of form fields."""

    method: str
    batch_id: str
    json: dict[str, Any] | None = None
    form: dict[str, str] | None = None


class Contract(Protocol):
    """What differs between the contracts. `now` is aware; `by` is the email under which the API records the change.

    `records_author` says whether the API does so: a batch then shows who wrote it last.
    """

    abilities: Abilities
    records_author: bool

    def write(self, batch: Batch, edit: BatchEdit, *, by: str, now: datetime) -> Write:
        """Return the request that applies `edit` to `batch`, which was just read. Raises Inexpressible."""

    def fallback(self, batch: Batch, edit: BatchEdit) -> Write | None:
        """Return a smaller request for when the API refused the one of `write` as invalid; None where there is none.

        There is one only for an edit that does nothing but pause: a batch that the API does not accept back as it sent
        it must still be stopped.
        """

    def after(self, batch: Batch, edit: BatchEdit, *, now: datetime) -> dict[str, Any]:
        """Return the fields that `write` changes, by API name, with their new values as JSON can hold them."""

    def shows(self, batch: Batch, edit: BatchEdit) -> bool:
        """Return whether `batch` shows every edited field as `edit` sets it. Other fields do not matter."""


class Contract202504:
    """Contract `2025-04`: a PUT replaces the whole batch, and what it leaves out falls back to a default."""

    records_author = True
    abilities = Abilities(
        contract="2025-04",
        statuses=STATUSES_2025_04,
        order_by=("batch_id", "campaign_id", "status", "expires_on"),
        editable=("status", "expires_on", "deleted_reason"),
    )
    # The contract's `CommunicationBatch`. A single batch also comes with `status_counts`, which the type lacks.
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
        _check_editable(edit, self.abilities)
        given = batch.raw | edit.fields()
        missing = [field for field in self.required if given.get(field) in (None, "")]
        if missing:
            raise Inexpressible(errors.not_whole(missing))
        body = {field: batch.raw[field] for field in self.fields if field in batch.raw}
        body |= self.after(batch, edit, now=now)
        body["last_updated_by"] = by
        return Write("PUT", batch.batch_id, json=body)

    def fallback(self, batch: Batch, edit: BatchEdit) -> Write | None:  # noqa: ARG002
        """Return None: what a PUT leaves out falls back to a default, so no smaller request exists."""
        return None

    def after(self, batch: Batch, edit: BatchEdit, *, now: datetime) -> dict[str, Any]:
        fields = edit.fields()
        if edit.status is BatchStatus.CANCELED and batch.raw.get("deleted_at") is None:
            fields["deleted_at"] = Timestamp.of(now).text
        return fields

    def shows(self, batch: Batch, edit: BatchEdit) -> bool:
        # An active batch with nothing to do shows as IDLE: the platform accepted ACTIVE.
        also = (BatchStatus.IDLE,) if edit.status is BatchStatus.ACTIVE else ()
        return (edit.status is None or batch.status in (edit.status, *also)) and _shows_the_rest(batch, edit)


class ContractCurrent:
    """Contract `current`: a PUT takes four fields and silently drops all others; canceling is a DELETE.

    The API records every change under the key's own name, so `by` is not sent. A rate that is not edited is left out:
    the documents say that it stays as it is. They do not say so of the expiry, which is sent back as it came.
    """

    records_author = False
    abilities = Abilities(
        contract="current",
        statuses=STATUSES_CURRENT,
        order_by=("batch_id", "campaign_id", "status", "expires_on", "last_updated_at"),
        editable=("status", "expires_on", "deleted_reason", "call_rate", "auto_call_rate"),
        inexpressible={
            (BatchStatus.PENDING, BatchStatus.ACTIVE): errors.STARTS_BY_ITSELF,
        },
        has_agents=True,
    )
    fields = ("paused", "expires_on", "call_rate", "auto_call_rate")
    sent_back = ("paused", "expires_on")

    def write(self, batch: Batch, edit: BatchEdit, *, by: str, now: datetime) -> Write:  # noqa: ARG002
        _check_editable(edit, self.abilities)
        if edit.status is BatchStatus.CANCELED:
            return Write("DELETE", batch.batch_id, form={"delete_reason": edit.deleted_reason or ""})
        after = self.after(batch, edit, now=now)
        body = {field: batch.raw[field] for field in self.sent_back if field in batch.raw}
        body |= {field: after[field] for field in self.fields if field in after}
        if edit.status is not None:
            body["paused"] = edit.status is BatchStatus.PAUSED
        elif body.get("paused") is None:
            body["paused"] = batch.status == BatchStatus.PAUSED
        return Write("PUT", batch.batch_id, json=body)

    def fallback(self, batch: Batch, edit: BatchEdit) -> Write | None:
        """Return the pause alone, without the expiry."""
        if edit != BatchEdit(status=BatchStatus.PAUSED) or "expires_on" not in batch.raw:
            return None
        return Write("PUT", batch.batch_id, json={"paused": True})

    def after(self, batch: Batch, edit: BatchEdit, *, now: datetime) -> dict[str, Any]:  # noqa: ARG002
        return edit.fields()

    def shows(self, batch: Batch, edit: BatchEdit) -> bool:
        return self._shows_status(batch, edit.status) and _shows_the_rest(batch, edit)

    def _shows_status(self, batch: Batch, status: BatchStatus | None) -> bool:
        """Compare `paused`, which was written.

        Whether a released batch is PENDING or ACTIVE is the platform's choice.
        """
        if status is BatchStatus.PAUSED and isinstance(batch.paused, bool):
            return batch.paused and batch.status not in OVER
        if status in RELEASED:
            return batch.paused is not True and batch.status in RELEASED
        return status in (None, batch.status)


RELEASED = (BatchStatus.PENDING, BatchStatus.ACTIVE)
CONTRACTS: Mapping[str, Contract] = {"2025-04": Contract202504(), "current": ContractCurrent()}


def _check_editable(edit: BatchEdit, abilities: Abilities) -> None:
    if foreign := sorted(set(edit.fields()) - set(abilities.editable)):
        raise Inexpressible(errors.no_such_fields(abilities.contract, foreign))
    if edit.status is not None and edit.status not in abilities.statuses:
        raise Inexpressible(errors.no_such_status(abilities.contract, edit.status))


def _shows_the_rest(batch: Batch, edit: BatchEdit) -> bool:
    return (
        _shows_expiry(batch, edit)
        and (edit.deleted_reason is None or edit.deleted_reason.strip() == (batch.deleted_reason or "").strip())
        and edit.call_rate in (KEEP, batch.call_rate)
        and edit.auto_call_rate in (None, batch.auto_call_rate)
    )


def _shows_expiry(batch: Batch, edit: BatchEdit) -> bool:
    if edit.expires_on is KEEP:
        return True
    if edit.expires_on is None or batch.expires_on is None:
        return edit.expires_on is batch.expires_on
    return edit.expires_on.same_moment(batch.expires_on)
