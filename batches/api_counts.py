"""What this process counts of its calls to the API, and what its heartbeat says of them."""

import time
from datetime import UTC, datetime

from common.counters import API_CALLS, API_SECONDS
from common.heartbeat import readings
from syllable.client import SyllableClient
from syllable.exchanges import Exchange

# The results of calls, by the name of the class of their error. Any other error is a refusal.
RESULTS = {
    "": "ok",
    "KeyRefused": "key_refused",
    "RateLimited": "rate_limited",
    "TimedOut": "timed_out",
    "NotSent": "not_sent",
    "SyllableUnavailable": "unavailable",
    "UnreadableAnswer": "unreadable",
    # Turned away on this side: by the bulkhead, and by the circuit breaker.
    "TooBusy": "too_busy",
    "NotAnswering": "breaker_open",
}
REFUSED = "refused"
# Results of calls that were never attempted.
TURNED_AWAY = ("too_busy", "breaker_open")
# What a result shows of the API: it accepts the key, it refuses the key, it does not answer.
SHOWS = {"ok": "accepted", REFUSED: "accepted", "key_refused": "refused"}
SHOWS |= dict.fromkeys(("timed_out", "not_sent", "unavailable", "unreadable"), "failed")

# When a call last showed each of these, by the monotonic clock.
_last: dict[str, float] = {}


def call_count(call: Exchange) -> None:
    """Count an attempt at a call, or a call that was turned away."""
    result = RESULTS.get(call.error, REFUSED)
    API_CALLS.labels(call.lane.value, result).inc()
    if result not in TURNED_AWAY:
        API_SECONDS.labels(call.lane.value).inc(call.seconds)
    if result in SHOWS:
        _last[SHOWS[result]] = time.monotonic()


def readings_of(client: SyllableClient) -> None:
    """Have the heartbeat say how the calls of `client` fare."""
    readings["api_accepted_ago"] = lambda: _ago("accepted")
    readings["api_refused_ago"] = lambda: _ago("refused")
    readings["api_failed_ago"] = lambda: _ago("failed")
    readings["api_silent_for"] = lambda: _silent_for(client)
    readings["api_held_for"] = lambda: client.held_for or None


def _ago(what: str) -> float | None:
    at = _last.get(what)
    return None if at is None else time.monotonic() - at


def _silent_for(client: SyllableClient) -> float | None:
    since = client.silent_since
    return None if since is None else (datetime.now(UTC) - since).total_seconds()
