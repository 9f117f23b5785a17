"""How often a password may be tried and a reset asked for: counted in the database, by account and by network address.

An address from which somebody has logged in is known for their account, and is counted by itself: what is tried from
elsewhere keeps nobody out there. An account that does not exist is counted like any other.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Network

from django.db.models import F
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from accounts.models import KnownAddress, Throttle
from common.clock import from_now

KNOWN_FOR = timedelta(days=90)
# What a provider gives to one customer: a single machine has all of its addresses to choose from.
IPV6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """How often within `window`: of one account, and from one address that is not known for it, for all accounts."""

    name: str
    of_account: int
    of_address: int
    window: timedelta


PASSWORD = Limit("password", of_account=5, of_address=10, window=timedelta(minutes=5))
RESET = Limit("reset", of_account=5, of_address=20, window=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was let through, and counted."""

    keys: tuple[str, ...]

    def take_back(self) -> None:
        """Count it no more: it was right."""
        Throttle.objects.filter(key__in=self.keys, count__gt=0).update(count=F("count") - 1)


def attempt(limit: Limit, *, email: str, address: str) -> Attempt | None:
    """Count one more attempt at an account; None where there were too many. `address` is "" where it is unknown.

    Counted before it is known whether it was right, so that many at once are not more than many in a row.
    """
    account, network = email.strip().lower(), _network(address)
    if KnownAddress.objects.filter(key=_key("known", account, network), until__gt=Now()).exists():
        counts = {_key(limit.name, "known", account, network): limit.of_account}
    else:
        counts = {
            _key(limit.name, "address", network): limit.of_address,
            _key(limit.name, "account", account): limit.of_account,
        }
    Throttle.objects.filter(until__lte=Now()).delete()
    if all(_count(key, most, limit.window) for key, most in counts.items()):
        return Attempt(tuple(counts))
    return None


def address_learn(*, email: str, address: str) -> None:
    """Know the address for this account from now on: whoever is there has shown that the account is theirs."""
    if not address:
        return
    KnownAddress.objects.filter(until__lte=Now()).delete()
    known = KnownAddress(key=_key("known", email.strip().lower(), _network(address)), until=from_now(KNOWN_FOR))
    KnownAddress.objects.bulk_create([known], update_conflicts=True, unique_fields=["key"], update_fields=["until"])


def _count(key: str, most: int, window: timedelta) -> bool:
    """Whether there was room for one more. The database decides: each of many at the same moment finds the others."""
    Throttle.objects.bulk_create([Throttle(key=key, until=from_now(window))], ignore_conflicts=True)
    return Throttle.objects.filter(key=key, count__lt=most).update(count=F("count") + 1) == 1


def _network(address: str) -> str:
    return str(IPv6Network((address, IPV6_PREFIX), strict=False)) if ":" in address else address


def _key(*parts: str) -> str:
    """Without the secret key nobody finds out whom or what it is about."""
    return salted_hmac("accounts.throttle", json.dumps(parts), algorithm="sha256").hexdigest()
