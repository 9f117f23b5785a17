"""How pages speak of holds."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from batches.models import Hold, TargetScope
from batches.words.operation import batches
from common.moments import clock
from common.untrusted import visible

STAYS = "What is resumed elsewhere stays running."


def hold_title(line: Any) -> str:
    """Return who keeps what paused (`selectors.holds.HoldLine`): `Held by Ana since 14:02`."""
    return f"Held by {visible(line.who)} since {clock(line.hold.placed_at, seconds=False)}"


def hold_attempts(line: Any) -> str:
    """Return how often somebody undid a pause: `2 attempts from outside`, "" for never."""
    count = line.attempts
    return f"{count:,} attempt{'' if count == 1 else 's'} from outside" if count else ""


def hold_what(line: Any) -> str:
    """Return what stays paused: `Campaign Flu shots`."""
    hold: Hold = line.hold
    match hold.scope:
        case TargetScope.ALL:
            return "Everything"
        case TargetScope.CAMPAIGN:
            return visible(hold.campaign_name.strip() or f"Campaign {hold.campaign_id}")
    return f"{batches(line.batches)}, selected"


def hold_blind(watching: Any) -> str:
    """Return that nobody sees what is resumed elsewhere (`selectors.watching.Watching`); "" where the watcher looks."""
    match watching.watch:
        case "failing":
            return f"The watcher cannot look since {clock(watching.since)}. {STAYS}"
        case "silent":
            return f"Nobody has looked at the batches since {clock(watching.since)}. {STAYS}"
        case "never":
            return f"The watcher has not looked yet. {STAYS}"
        case "off":
            return f"The watcher is turned off. {STAYS}"
    return ""


def holds_address(campaigns: Iterable[str]) -> str:
    """Return the address of the bands alone on a page with batches of these campaigns."""
    return f"{reverse('batches:hold_list')}?{urlencode({'campaign': list(campaigns)}, doseq=True)}"


def alarm_text(count: int) -> str:
    """Return what the header says of so many holds that are undone again and again."""
    return "hold undone again and again" if count == 1 else "holds undone again and again"
