"""Which contract the API speaks: the one that is set, or the one that its answers show.

Only positive evidence counts (`Batch.spoken_contract`). A platform that migrates may answer in either contract for a
while, so whatever is about one batch goes by the evidence of that batch.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from syllable import errors
from syllable.contracts import CONTRACTS, Contract, Write
from syllable.errors import UnknownContract, WrongContract
from syllable.schemas import Abilities, Batch, BatchEdit, BatchStatus

# As a setting: the answers decide.
AUTO = "auto"
# At most this often one process asks, or tells, what is shared.
SHARED_EVERY_SECONDS = 5.0


class ContractUnknown:
    """What is certain while nothing has shown the contract: only what all contracts have in common. Nothing is sent."""

    records_author = False
    abilities = Abilities(
        contract="",
        statuses=tuple(
            status for status in BatchStatus if all(status in known.abilities.statuses for known in CONTRACTS.values())
        ),
        order_by=("batch_id", "campaign_id", "status", "expires_on"),
        editable=("status", "expires_on", "deleted_reason"),
    )

    def write(self, batch: Batch, edit: BatchEdit, *, by: str, now: datetime) -> Write:  # noqa: ARG002
        raise UnknownContract(errors.SET_CONTRACT)

    def fallback(self, batch: Batch, edit: BatchEdit) -> Write | None:  # noqa: ARG002
        return None

    def after(self, batch: Batch, edit: BatchEdit, *, now: datetime) -> dict[str, Any]:  # noqa: ARG002
        return edit.fields()

    def shows(self, batch: Batch, edit: BatchEdit) -> bool:
        """Return whether the batch shows the edit by every contract."""
        return all(contract.shows(batch, edit) for contract in CONTRACTS.values())


UNKNOWN = ContractUnknown()


class ContractChoice(Protocol):
    """Which contract counts.

    Whichever contract the next answer speaks: `certain` is what can be expressed, and `statuses` are all that a batch
    may have.
    """

    is_fixed: bool
    certain: Abilities
    statuses: tuple[BatchStatus, ...]

    @property
    def known(self) -> Contract:
        """The contract to expect of the next answer; UNKNOWN where there is no telling."""

    def of(self, spoken: str, *, otherwise: Contract | None = None) -> Contract:
        """Return the contract of an answer that speaks `spoken`; where it shows none: `otherwise`, or the one known."""

    def to_write(self, batch: Batch) -> Contract:
        """Return the contract by which `batch`, just read, is to be written. Raises WrongContract, UnknownContract."""

    def saw(self, batches: Sequence[Batch]) -> None:
        """Learn from an answer of the API."""

    def sync(self) -> None:
        """Exchange what is known with other processes, where that is due. May wait for them: hold no lock meanwhile."""


class Fixed:
    """The contract that is set, whatever answers show."""

    is_fixed = True

    def __init__(self, contract: Contract) -> None:
        self.known = contract
        self.certain = contract.abilities
        self.statuses = contract.abilities.statuses

    def of(self, spoken: str, *, otherwise: Contract | None = None) -> Contract:  # noqa: ARG002
        return self.known

    def to_write(self, batch: Batch) -> Contract:
        spoken, own = batch.spoken_contract, self.known.abilities.contract
        if spoken and spoken != own:
            raise WrongContract(errors.speaks(spoken, own))
        return self.known

    def saw(self, batches: Sequence[Batch]) -> None:
        """Learn nothing."""

    def sync(self) -> None:
        """Exchange nothing."""


class Store(Protocol):
    """Where processes share the name of the contract last shown. Its failures are its own: it never raises."""

    def read(self) -> str:
        """Return the name, "" where there is none."""

    def write(self, name: str) -> None:
        """Keep the name."""


class ByEvidence:
    """The contract that answers show, as remembered from the last one that showed any. Safe to share between threads.

    A process that has seen no evidence yet starts with what others left in `store`.
    """

    is_fixed = False
    certain = UNKNOWN.abilities
    statuses = tuple(dict.fromkeys(status for known in CONTRACTS.values() for status in known.abilities.statuses))

    def __init__(self, store: Store) -> None:
        self._store = store
        self._remembered: Contract = UNKNOWN
        self._shared: Contract = UNKNOWN
        self._asks_at = self._tells_at = float("-inf")
        # The second is held while the store is asked, and nobody waits for it.
        self._lock, self._syncing = Lock(), Lock()

    @property
    def known(self) -> Contract:
        return self._remembered

    def of(self, spoken: str, *, otherwise: Contract | None = None) -> Contract:
        return CONTRACTS.get(spoken) or otherwise or self._remembered

    def to_write(self, batch: Batch) -> Contract:
        contract = self.of(batch.spoken_contract)
        if contract is UNKNOWN:
            raise UnknownContract(errors.SET_CONTRACT)
        return contract

    def saw(self, batches: Sequence[Batch]) -> None:
        spoken = next(filter(None, (batch.spoken_contract for batch in reversed(batches))), "")
        contract = self.of(spoken)
        if contract is not self._remembered:
            with self._lock:
                self._remembered = contract

    def sync(self) -> None:
        if self._remembered is self._shared is not UNKNOWN or not self._syncing.acquire(blocking=False):
            return
        try:
            if self._remembered is UNKNOWN:
                self._ask()
            else:
                self._say(self._remembered)
        finally:
            self._syncing.release()

    def _ask(self) -> None:
        if time.monotonic() < self._asks_at:
            return
        self._asks_at = time.monotonic() + SHARED_EVERY_SECONDS
        shared = CONTRACTS.get(self._store.read(), UNKNOWN)
        with self._lock:
            self._shared = shared
            # Evidence may have come since, and counts more.
            if self._remembered is UNKNOWN:
                self._remembered = shared

    def _say(self, contract: Contract) -> None:
        if time.monotonic() < self._tells_at:
            return
        self._tells_at = time.monotonic() + SHARED_EVERY_SECONDS
        self._store.write(contract.abilities.contract)
        self._shared = contract
