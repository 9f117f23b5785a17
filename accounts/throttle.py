"""Limits on password attempts and reset requests, counted in the database by account and by network address.

Once somebody has logged in from an address, that address is known for their account and has a counter of its own, so
attempts from elsewhere cannot lock the person out. An account that does not exist is counted like any other.
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
# What a provider gives to one customer: a single machine can use any address in it.
IPV6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts fit in `window`, per account and per address.

    An unknown address has one count over all accounts.
    """

    name: str
    of_account: int
    of_address: int
    window: timedelta


PASSWORD = Limit("password", of_account=5, of_address=10, window=timedelta(minutes=5))
RESET = Limit("reset", of_account=5, of_address=20, window=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was admitted and counted."""

    keys: tuple[str, ...]

    def take_back(self) -> None:
        """Remove this attempt from the counts, because it was correct."""
        Throttle.objects.filter(key__in=self.keys, count__gt=0).update(count=F("count") - 1)


def attempt(limit: Limit, *, email: str, address: str) -> Attempt | None:
    """Count one more attempt at an account; return None after too many. `address` is "" where it is unknown.

    The attempt is counted before the password is checked, so that parallel attempts get no more guesses than attempts
    in a row.
    """
    account, network = email.strip().lower(), network_of(address)
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


def once(what: str, *whom: str, most: int = 1, window: timedelta = timedelta(hours=1)) -> bool:
    """Count one more time that something happened; return whether it is among the first `most` in the window.

    For entries of the trail, which nobody may add without end. Whoever goes on costs one read.
    """
    key = _key("once", what, *whom)
    if Throttle.objects.filter(key=key, count__gte=most, until__gt=Now()).exists():
        return False
    Throttle.objects.filter(until__lte=Now()).delete()
    return _count(key, most, window)


def address_learn(*, email: str, address: str) -> None:
    """Remember the address for this account: whoever is there has proved that the account is theirs."""
    if not address:
        return
    KnownAddress.objects.filter(until__lte=Now()).delete()
    known = KnownAddress(key=_key("known", email.strip().lower(), network_of(address)), until=from_now(KNOWN_FOR))
    KnownAddress.objects.bulk_create([known], update_conflicts=True, unique_fields=["key"], update_fields=["until"])


def _count(key: str, most: int, window: timedelta) -> bool:
    """Count one attempt and return whether the limit allowed it.

    The database decides, so parallel attempts all count.
    """
    Throttle.objects.bulk_create([Throttle(key=key, until=from_now(window))], ignore_conflicts=True)
    return Throttle.objects.filter(key=key, count__lt=most).update(count=F("count") + 1) == 1


def network_of(address: str) -> str:
    """Return what an address is counted by: itself, or the network that a provider gives to one customer."""
    return str(IPv6Network((address, IPV6_PREFIX), strict=False)) if ":" in address else address


def _key(*parts: str) -> str:
    """Hash the parts with the secret key, so that nobody else can learn whom or what a row is about."""
    return salted_hmac("accounts.throttle", json.dumps(parts), algorithm="sha256").hexdigest()
