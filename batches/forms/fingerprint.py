"""What a form was loaded with, signed: the form posts it back, so that nothing has to be kept meanwhile."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from django.core import signing
from django.utils import timezone

from batches import rules
from batches.forms.expiry import in_picker
from syllable.schemas import Batch

FINGERPRINT_SALT = "batches.fingerprint"


def fingerprint_of(batch: Batch, campaign_zone: tzinfo | None = None) -> str:
    """Return what a form for `batch` is loaded with, signed.

    This means the editable fields, the expiry as the picker shows it, the zones for that, and the contract that the
    batch speaks.
    """
    loaded = {
        "batch_id": batch.batch_id,
        "contract": batch.spoken_contract,
        "zone": timezone.get_current_timezone_name(),
        "campaign_zone": str(campaign_zone or ""),
        "shown_expiry": in_picker(batch.expires_on, timezone.get_current_timezone()),
        **rules.snapshot(batch),
    }
    return signing.dumps(loaded, salt=FINGERPRINT_SALT)


def contract_as_loaded(data: Mapping[str, str], batch_id: str) -> str:
    """Return the contract that the batch spoke when the form that posts `data` was loaded; "" where it showed none.

    What was typed is checked by it: a field that only this contract has must not be dropped unread.
    """
    return str((loaded_with(data.get("fingerprint", ""), batch_id) or {}).get("contract", ""))


def loaded_with(fingerprint: str, batch_id: str) -> dict[str, Any] | None:
    """Return the content of a fingerprint; None where it is forged or belongs to another batch."""
    loaded = unsealed(fingerprint, FINGERPRINT_SALT)
    return loaded if loaded and loaded.get("batch_id") == batch_id else None


def unsealed(sealed: str, salt: str) -> dict[str, Any] | None:
    """Return what was signed with `salt`; None where nothing was."""
    try:
        content: dict[str, Any] = signing.loads(sealed, salt=salt)
    except signing.BadSignature:
        return None
    return content
