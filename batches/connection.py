"""The account that the settings name."""

from functools import lru_cache

from django.conf import settings

from syllable.client import SyllableClient
from syllable.contracts import CONTRACTS
from syllable.resilience.bulkhead import Lane


def syllable_client(lane: Lane = Lane.PAGES) -> SyllableClient:
    """The client for the settings as they are now: one per process, so that all threads share its connections.

    Whoever reads for the sake of a write asks for `Lane.WRITES`.
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
    """The one client for these settings; the four that were asked for last are kept."""
    return SyllableClient(base_url, api_key, contract=CONTRACTS[contract], timeout=timeout)
