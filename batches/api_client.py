"""The client for the account in the settings."""

from functools import lru_cache

from django.conf import settings

from batches.api_counts import call_count, readings_of
from syllable.client import SyllableClient
from syllable.contracts import CONTRACTS
from syllable.resilience.bulkhead import Lane


def syllable_client(lane: Lane = Lane.PAGES) -> SyllableClient:
    """Return the client for the current settings: one per process, so that all threads share its connections.

    Reads that belong to a write use `Lane.WRITES`.
    """
    client = client_for(
        settings.SYLLABLE_API_URL,
        settings.SYLLABLE_API_KEY,
        settings.SYLLABLE_API_CONTRACT,
        settings.SYLLABLE_TIMEOUT,
    )
    return client if lane is Lane.PAGES else client.within(lane)


@lru_cache(maxsize=4)
def client_for(base_url: str, api_key: str, contract: str, timeout: float) -> SyllableClient:
    """Return the one client for these settings; the last four are cached."""
    client = SyllableClient(base_url, api_key, contract=CONTRACTS[contract], timeout=timeout, count=call_count)
    readings_of(client)
    return client
