"""The canonical form: the same entry is always the same bytes, whichever database it comes from."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trail.merkle import ADDRESS, LEAF, SEAL, digest_of
from trail.models import Seal

# A new form gets a new number. Old seals keep theirs, so an old form stays here for ever.
VERSION = 1
# The fields of `Entry` that each form contains: all, so that none can be altered unseen.
FIELDS = {
    1: (
        "id",
        "at",
        "action",
        "actor_id",
        "actor_email",
        "address",
        "request_id",
        "batch_id",
        "campaign_id",
        "campaign_name",
        "operation_id",
        "change_id",
        "person_id",
        "person_email",
        "kind",
        "is_undo",
        "outcome",
        "origin",
        "reason",
        "body",
    ),
}


def canonical(entry: Mapping[str, Any], *, number: int, address_salt: bytes, version: int = VERSION) -> bytes:
    """Return the canonical form of an entry, given by its fields. The address is in it as a salted digest alone."""
    form = {name: entry[name] for name in FIELDS[version]}
    address = form["address"]
    if address is not None:
        form["address"] = digest_of(ADDRESS, address_salt, address.encode()).hex()
    form["at"] = moment(form["at"])
    return to_json(form | {"number": number, "version": version})


def leaf_digest(entry: Mapping[str, Any], *, number: int, salt: bytes, address_salt: bytes, version: int) -> bytes:
    """Return the digest of an entry that has this number."""
    return digest_of(LEAF, salt, canonical(entry, number=number, address_salt=address_salt, version=version))


def seal_fields(seal: Seal) -> dict[str, Any]:
    """Return what the digest of a seal is made of."""
    names = ("number", "first", "last", "count", "root", "previous", "version")
    return {name: getattr(seal, name) for name in names} | {"at": moment(seal.at)}


def seal_digest(seal: Seal) -> str:
    """Return the digest that a seal with these fields has to have."""
    return digest_of(SEAL, to_json(seal_fields(seal))).hex()


def moment(at: datetime) -> str:
    """Return a moment in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def to_json(value: Any) -> bytes:
    """Return JSON with sorted names, without spaces, and in ASCII: text that is no valid Unicode has a form as well."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
