"""What reads alone can tell about the account in the settings."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

from django.conf import settings

from batches.api_client import syllable_client
from syllable.errors import NotSent, SyllableError, TimedOut
from syllable.evidence import AUTO
from syllable.schemas import Batch, BatchQuery, Campaign, Page

CALLS_TIMED = 3
SAMPLE = 25
MOST_NAMES, LONGEST_NAME = 30, 60


@dataclass(slots=True)
class Account:
    """The result of `account_check`. Counts are None where the API does not say; `latency` is seconds, a median.

    `contract` is what is set, `is_auto` whether answers decide, and `remembered` the contract that they showed before
    the check. `spoken` are the contracts that they show now, by positive evidence. `unknown_fields` are names that the
    answers have and we do not know, by the kind of their objects: untrusted text. `troubles` are sentences; an account
    without any is usable.
    """

    contract: str
    is_auto: bool
    remembered: str
    answers: bool = False
    key_accepted: bool = False
    spoken: list[str] = field(default_factory=list)
    unknown_fields: dict[str, list[str]] = field(default_factory=dict)
    batches: int | None = None
    campaigns: int | None = None
    latency: float | None = None
    troubles: list[str] = field(default_factory=list)


def account_check() -> Account:
    """Read one page of batches several times and one of campaigns; report what these show. Raises no SyllableError."""
    client, contract = syllable_client(), settings.SYLLABLE_API_CONTRACT
    account = Account(contract, is_auto=contract == AUTO, remembered=client.contract.abilities.contract)
    try:
        timed = [_timed(lambda: client.list_batches(BatchQuery(limit=SAMPLE))) for _ in range(CALLS_TIMED)]
        campaigns = client.list_campaigns(limit=SAMPLE)
    except SyllableError as error:
        account.answers = not isinstance(error, (NotSent, TimedOut))
        account.troubles.append(f"{error.user_message} {error.detail}".strip())
        return account
    batches = timed[-1][0]
    account.answers = account.key_accepted = True
    account.latency = median(seconds for _, seconds in timed)
    account.batches, account.campaigns = batches.total_count, campaigns.total_count
    account.spoken = sorted({batch.spoken_contract for batch in batches.items} - {""})
    sampled = {"batches": _unknown(batches.items), "campaigns": _unknown(campaigns.items)}
    account.unknown_fields = {kind: names for kind, names in sampled.items() if names}
    if not account.is_auto and account.spoken not in ([], [account.contract]):
        account.troubles.append(
            f"The API speaks contract {' and '.join(account.spoken)}, but SYLLABLE_API_CONTRACT is {account.contract}. "
            "Nothing is written until this is fixed."
        )
    # What was learned is for the other processes too.
    client.contracts.sync()
    return account


def _unknown(rows: Iterable[Batch | Campaign]) -> list[str]:
    """Return the names of unknown fields, each once; no list is longer than a person reads."""
    names = sorted({name[:LONGEST_NAME] for row in rows for name in row.unknown_fields})
    return names[:MOST_NAMES]


def _timed(read: Callable[[], Page[Batch]]) -> tuple[Page[Batch], float]:
    begun = time.perf_counter()
    return read(), time.perf_counter() - begun
