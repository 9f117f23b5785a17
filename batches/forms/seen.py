"""What the preview of an operation showed, signed, for the form that starts the operation."""

from dataclasses import asdict, dataclass
from typing import Any

from django.core import signing

from batches.models import Kind, SightingFilter, Target, TargetScope

SEEN_SALT = "batches.operation.seen"
# What a form may post is limited (`DATA_UPLOAD_MAX_MEMORY_SIZE`); 5,000 usual ids take a tenth of this.
LARGEST = 512 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """What the preview of an operation showed: the campaign's name, the word to type, the zone of the expiry."""

    campaign_name: str = ""
    word: str = ""
    zone: str = ""


def seal(kind: Kind, target: Target, seen: Seen) -> str:
    """Return what the preview of an operation showed, signed, for the form that starts it.

    With a target that was fixed at the preview its batches are signed as well: `fixed_target` returns them.
    """
    return signing.dumps({**_identity(kind, target), **asdict(seen)}, salt=SEEN_SALT, compress=True)


def unseal(sealed: str, kind: Kind, target: Target) -> Seen | None:
    """Return what the preview of this very operation showed; None for any other."""
    seen = _read(sealed)
    if not _identity(kind, target).items() <= seen.items():
        return None
    return Seen(seen["campaign_name"], seen["word"], seen.get("zone", ""))


def fixed_target(sealed: str, kind: Kind, view: SightingFilter) -> Target | None:
    """Return the batches that the preview of `kind` over this view was about; None for any other preview."""
    seen = _read(sealed)
    if seen.get("kind") != kind.value or not view.fields() or seen.get("view") != view.fields():
        return None
    return Target(TargetScope.SELECTION, batch_ids=tuple(seen["batches"]), view=view)


def _read(sealed: str) -> dict[str, Any]:
    try:
        seen: dict[str, Any] = signing.loads(sealed, salt=SEEN_SALT)
    except signing.BadSignature:
        return {}
    return seen


def _identity(kind: Kind, target: Target) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "scope": target.scope.value,
        "campaign": target.campaign_id,
        "status": target.status,
        "q": target.q,
        "view": target.view.fields() if target.view else {},
        "batches": list(target.batch_ids),
    }
