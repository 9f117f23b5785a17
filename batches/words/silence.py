"""How the page of a stop speaks of those who are still being contacted."""

from typing import Any

from batches.words.operation import batches
from batches.words.tones import Alert
from batches.words.watch import watch_trouble
from common.moments import clock

KINDS = {
    "unchecked": Alert.INFO,
    "contacting": Alert.WARNING,
    "resumed": Alert.WARNING,
    "silent": Alert.SUCCESS,
    "broken": Alert.DANGER,
}


def silence_kind(silence: Any) -> Alert:
    """Return the kind of alert for a `selectors.silence.Silence`."""
    return KINDS[silence.state]


def silence_title(silence: Any) -> str:
    """Return who is still being contacted after a stop."""
    match silence.state:
        case "broken":
            count = silence.began_since
            return f"{count:,} request{' has' if count == 1 else 's have'} begun after the stop"
        case "unchecked":
            return f"Checking who is still being contacted: {silence.checked:,} of {batches(silence.stopped)} checked"
        case "resumed":
            return f"Somebody has resumed {batches(silence.runs_again)} since the stop"
        case "contacting":
            return _still(silence)
    return "Nobody is being contacted any more"


def silence_facts(silence: Any) -> str:
    """Return what else is known: when a request last began, as of when, and what keeps anybody from knowing."""
    checked = f"Checked at {clock(silence.checked_at)}." if silence.checked_at else ""
    if silence.state == "broken":
        told = f"The newest request began at {clock(silence.last_began_at)}." if silence.last_began_at else ""
        still = f"{_still(silence)}." if silence.under_way or silence.untold else "None of them is under way any more."
        facts = [still, told]
    elif silence.state == "unchecked":
        facts = []
    elif silence.last_began_at and not silence.undated:
        facts = [f"No request has begun since {clock(silence.last_began_at)}."]
    else:
        facts = ["No request has begun since the first check."]
    if silence.state == "resumed":
        is_silent = not (silence.under_way or silence.untold)
        others = "Nobody is being contacted in the others." if is_silent else f"{_still(silence)} in the others."
        facts = [others] if silence.stopped > silence.runs_again else []
    elif silence.runs_again:
        facts.append(f"Somebody has resumed {batches(silence.runs_again)}.")
    return " ".join(filter(None, [*facts, checked, silence_trouble(silence)]))


def silence_trouble(silence: Any) -> str:
    """Return why nobody checks, "" where somebody does or needs to no more."""
    if not silence.is_followed:
        return ""
    if silence.watching.watch == "off":
        return "The watcher is turned off, so nobody checks."
    return watch_trouble(silence.watching)


def _still(silence: Any) -> str:
    count = silence.under_way
    if not count and silence.untold:
        return f"Syllable does not say who is still being contacted in {batches(silence.untold)}"
    more = f", and perhaps more in {batches(silence.untold)}" if silence.untold else ""
    return f"{count:,} {'person is' if count == 1 else 'people are'} still being contacted{more}"
