"""Check the proof of one entry of the dashboard's trail, offline and without the dashboard.

    python3 verify_proof.py proof.json                 check it, and say up to which head it leads
    python3 verify_proof.py proof.json --head 12:ab…   check also that it leads to a head you know

You know a head from the daily mail, from the stream to your log system, or from `manage.py verify_trail --checkpoint`.
Ends with 0 if everything holds, with 1 if not, with 2 if the file is no proof. Needs Python 3.9 or later, nothing else.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

FORMAT = "outbound-dashboard proof 1"
# What is hashed begins with what it is: an entry, two hashes, or a seal.
LEAF, NODE, SEAL = b"\x00", b"\x01", b"\x02"
SEAL_FIELDS = ("number", "first", "last", "count", "root", "previous", "version", "at")

# How the fields of an entry are called here, in the order in which they are told.
LABELS = {
    "at": "When (UTC)",
    "actor_email": "Who",
    "actor_id": "Their account",
    "action": "Did what",
    "person_email": "To whom",
    "person_id": "Their account",
    "batch_id": "Batch",
    "campaign_name": "Campaign",
    "campaign_id": "Campaign number",
    "operation_id": "Operation",
    "change_id": "Change",
    "outcome": "Outcome",
    "origin": "Began as",
    "reason": "Why",
    "request_id": "Request",
    "id": "Id in the trail",
    "body": "More",
}
NOT_TOLD = ("number", "version", "address")


class Broken(Exception):
    """The proof does not hold, for the reason given."""


def sha256(*parts):
    """Return the hash of these parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def root_from(leaf, index, size, siblings):
    """Return the root that follows from a leaf and its siblings, as RFC 9162 (2.1.3.2) says."""
    if not 0 <= index < size:
        raise Broken("The entry's number does not belong to its seal.")
    last, digest = size - 1, leaf
    for sibling in siblings:
        if last == 0:
            raise Broken("The proof has too many hashes beside the entry.")
        if index % 2 or index == last:
            digest = sha256(NODE, sibling, digest)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            digest = sha256(NODE, digest, sibling)
        index, last = index // 2, last // 2
    if last:
        raise Broken("The proof lacks hashes beside the entry.")
    return digest


def digest_of(seal):
    """Return the hash that a seal with these fields has to have."""
    fields = {name: seal[name] for name in SEAL_FIELDS}
    return sha256(SEAL, json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hex()


def check(proof):
    """Check everything that the proof itself can show. Raises Broken with the first thing that does not hold."""
    entry = json.loads(proof["entry"])
    first = proof["seals"][0]
    leaf = sha256(LEAF, bytes.fromhex(proof["salt"]), proof["entry"].encode())
    siblings = [bytes.fromhex(sibling) for sibling in proof["siblings"]]
    if root_from(leaf, entry["number"] - first["first"], first["count"], siblings).hex() != first["root"]:
        raise Broken("The entry is not the one that was sealed.")
    before = None
    for seal in proof["seals"]:
        if digest_of(seal) != seal["digest"]:
            raise Broken(f"Seal {seal['number']} was altered.")
        if before and (seal["previous"] != before["digest"] or seal["number"] != before["number"] + 1):
            raise Broken(f"Seal {seal['number']} does not follow seal {before['number']}.")
        before = seal
    return entry


def compare(proof, head):
    """Check that the proof leads to a head that is known from elsewhere."""
    number, _, digest = head.strip().partition(":")
    known = {str(seal["number"]): seal["digest"] for seal in proof["seals"]}
    if number not in known:
        first, last = proof["seals"][0]["number"], proof["seals"][-1]["number"]
        raise Broken(f"The proof has seals {first} to {last}, but not seal {number}. Ask for a proof up to that seal.")
    if known[number] != digest.lower():
        raise Broken(f"Seal {number} is another one than yours. The trail was rewritten after you got your head.")


def describe(entry):
    """Return the lines that tell what the entry says: what people ask first, then whatever else it has."""
    told = [(label, entry.get(name)) for name, label in LABELS.items()]
    told += [(name, value) for name, value in sorted(entry.items()) if name not in LABELS and name not in NOT_TOLD]
    lines = [f"  {label:18} {printable(value)}" for label, value in told if value not in (None, "", {}, False)]
    if entry.get("address"):
        lines.append(f"  {'Network address':18} known to the dashboard, not part of this proof")
    return lines


def printable(value):
    """Return a value as text that cannot steer a terminal."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def explain(proof, entry, head):
    """Return what a reader may conclude."""
    first, last = proof["seals"][0], proof["seals"][-1]
    lines = [
        "The proof holds.",
        "",
        f"This is entry number {entry['number']} of the trail:",
        "",
        *describe(entry),
        "",
        f"It was sealed at {first['at']}, by seal {first['number']}.",
        f"That seal has {counted(first['count'], 'entry', 'entries')}.",
        f"The proof has {counted(len(proof['seals']), 'seal', 'seals')}, each with the hash of the one before.",
        "They lead to this head:",
        "",
        f"  {last['number']}:{last['digest']}",
        "",
    ]
    if head:
        return [*lines, "Your head is among them. The entry has not changed since you got that head."]
    return [
        *lines,
        "This says nothing yet about who made the seals: anybody can compute such a chain.",
        "Compare it with a head that you got from elsewhere, by --head NUMBER:HASH.",
        f"Any head from seal {first['number']} to seal {last['number']} will do.",
        "If they agree, the entry has not changed since you got that head.",
    ]


def counted(number, one, many):
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"


def main(arguments=None):
    """Check the file that is named, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the proof, as downloaded")
    parser.add_argument("--head", help="a head that you know, as NUMBER:HASH")
    options = parser.parse_args(arguments)
    try:
        proof = json.loads(options.file.read_text(encoding="utf-8"))
        if proof["format"] != FORMAT:
            raise ValueError(proof["format"])
        entry = check(proof)
        if options.head:
            compare(proof, options.head)
        lines = explain(proof, entry, options.head)
    except Broken as reason:
        print("The proof does not hold.", reason, sep="\n")
        return 1
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        print(f"This is no proof that this script can read: {error!r}")
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
