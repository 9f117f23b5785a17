"""The client for the account in the settings."""

import threading
from functools import lru_cache

import structlog
from django.conf import settings
from django.core.cache import caches
from django.utils.crypto import salted_hmac

from batches.api_counts import call_count, readings_of
from syllable.client import SyllableClient
from syllable.contracts import CONTRACTS
from syllable.evidence import AUTO, ByEvidence, ContractChoice, Fixed
from syllable.resilience.bulkhead import Lane

logger = structlog.get_logger(__name__)
_thread = threading.local()


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
    if not getattr(_thread, "keeps_off_the_cache", False):
        client.contracts.sync()
    return client if lane is Lane.PAGES else client.within(lane)


def keep_off_the_cache() -> None:
    """Have this thread learn nothing from the shared cache, and tell that nothing: the cache may be the database."""
    _thread.keeps_off_the_cache = True


@lru_cache(maxsize=4)
def client_for(base_url: str, api_key: str, contract: str, timeout: float) -> SyllableClient:
    """Return the one client for these settings; the last four are cached."""
    shared = SharedContract(base_url, api_key)
    contracts: ContractChoice = ByEvidence(shared) if contract == AUTO else Fixed(CONTRACTS[contract])
    client = SyllableClient(base_url, api_key, contracts=contracts, timeout=timeout, count=call_count)
    readings_of(client)
    return client


class SharedContract:
    """The contract that the answers of an account showed last, in the cache that all processes share."""

    def __init__(self, base_url: str, api_key: str) -> None:
        # The account without its key, which must not be found in the cache.
        self._key = f"contract-{salted_hmac(__name__, f'{base_url} {api_key}').hexdigest()}"

    def read(self) -> str:
        """Return its name; "" where none is shared, or the cache fails."""
        try:
            return str(caches["default"].get(self._key, ""))
        except Exception as error:  # noqa: BLE001 (whatever the cache raises: no page and no write may fail of it)
            logger.warning("contract_not_shared", error=type(error).__name__)
            return ""

    def write(self, name: str) -> None:
        """Share the name until another one replaces it, if the cache can."""
        try:
            caches["default"].set(self._key, name, timeout=None)
        except Exception as error:  # noqa: BLE001 (see above)
            logger.warning("contract_not_shared", error=type(error).__name__)
