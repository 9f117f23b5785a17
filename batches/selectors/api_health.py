"""What reads alone can tell about the account in the settings."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from batches.api_client import syllable_client
from syllable.contracts import spoken_contract
from syllable.errors import NotSent, SyllableError, TimedOut
from syllable.schemas import Batch, BatchQuery, Page

CALLS_TIMED = 3


@dataclass(slots=True)
class Account:
    """The result of `account_check`. Counts are None where the API does not say; `latency` is seconds, a median.

    `spoken` is the contract that the answers show by positive evidence, "" where they show none. `troubles` are
    sentences; an account without any is usable.
    """

    contract: str
    answers: bool = False
    key_accepted: bool = False
    spoken: str = ""
    batches: int | None = None
    campaigns: int | None = None
    latency: float | None = None
    troubles: list[str] = field(default_factory=list)


def account_check() -> Account:
    """Read one batch several times and one campaign, and report what that shows. Raises no SyllableError."""
    client = syllable_client()
    account = Account(contract=client.contract.abilities.contract)
    try:
        timed = [_timed(lambda: client.list_batches(BatchQuery(limit=1))) for _ in range(CALLS_TIMED)]
        campaigns = client.list_campaigns(limit=1)
    except SyllableError as error:
        account.answers = not isinstance(error, (NotSent, TimedOut))
        account.troubles.append(f"{error.user_message} {error.detail}".strip())
        return account
    batches = timed[-1][0]
    account.answers = account.key_accepted = True
    account.latency = median(seconds for _, seconds in timed)
    account.batches, account.campaigns = batches.total_count, campaigns.total_count
    account.spoken = next(filter(None, map(spoken_contract, batches.items)), "")
    if account.spoken and account.spoken != account.contract:
        account.troubles.append(
            f"The API speaks contract {account.spoken}, but SYLLABLE_API_CONTRACT is {account.contract}. "
            "Nothing is written until this is fixed."
        )
    return account


def _timed(read: Callable[[], Page[Batch]]) -> tuple[Page[Batch], float]:
    begun = time.perf_counter()
    return read(), time.perf_counter() - begun
