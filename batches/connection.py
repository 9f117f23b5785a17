"""The account that the settings name."""

from functools import lru_cache

from django.conf import settings

from batches.syllable.client import SyllableClient
from batches.syllable.contracts import CONTRACTS


def syllable_client() -> SyllableClient:
    """The client for the settings as they are now: one per process, so that all threads share its connections."""
    return _client(
        settings.SYLLABLE_API_URL,
        settings.SYLLABLE_API_KEY,
        settings.SYLLABLE_API_CONTRACT,
        settings.SYLLABLE_TIMEOUT,
    )


@lru_cache(maxsize=4)
def _client(base_url: str, api_key: str, contract: str, timeout: float) -> SyllableClient:
    return SyllableClient(base_url, api_key, contract=CONTRACTS[contract], timeout=timeout)
