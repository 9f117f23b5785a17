"""A proof is checked by a Python that knows nothing of the dashboard, and shows nothing of other entries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trail.factories import sealed
from trail.merkle import digest_of, root_of, siblings_of
from trail.models import Action, Entry, Seal
from trail.proof import NotSealed, proof_make
from trail.sealer import entries_seal
from trail.services import entry_add
from trail.verify import head_now

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "verify_proof.py"
ADDRESS = "192.0.2.77"


def check(folder, proof, *options):
    """Run the script as somebody does who has Python alone: no packages, no environment, another folder."""
    file = folder / "proof.json"
    file.write_text(proof if isinstance(proof, str) else json.dumps(proof))
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(file), *options]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)


@pytest.fixture
def entry(db):
    """Seal an entry among others, with more seals behind it."""
    sealed(3)
    entry_add(Action.OPERATION_STARTED, actor=None, reason="their secret")
    about = {
        "actor_email": "anna@example.com",
        "address": ADDRESS,
        "reason": "because\x1b[2J",
        "body": {"kind": "pause"},
    }
    entry = Entry.objects.create(action=Action.OPERATION_STARTED, **about)
    entry_add(Action.OPERATION_STARTED, actor=None, reason="their secret")
    sealed(4, 2, 1)
    return entry


def test_a_proof_holds_and_says_in_words_what_it_shows(entry, tmp_path):
    result = check(tmp_path, proof_make(entry.pk))
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("The proof holds.\n")
    for words in (
        "entry number 5 of the trail",
        "anna@example.com",
        "by seal 2.\nThat seal has 7 entries.",
        "Who                anna@example.com",
        str(head_now()),
    ):
        assert words in result.stdout
    assert "because\\u001b[2J" in result.stdout
    assert "anybody can compute such a chain" in result.stdout


def test_a_head_that_the_reader_knows_makes_it_a_proof(entry, tmp_path):
    for seal in Seal.objects.filter(number__gte=2):
        result = check(tmp_path, proof_make(entry.pk), "--head", seal.head)
        assert result.returncode == 0, result.stdout
        assert "Your head is among them." in result.stdout


def test_a_proof_leads_as_far_as_was_asked(entry, tmp_path):
    proof = proof_make(entry.pk, up_to=3)
    assert [seal["number"] for seal in proof["seals"]] == [2, 3]
    assert check(tmp_path, proof, "--head", Seal.objects.get(number=3).head).returncode == 0
    refused = check(tmp_path, proof, "--head", str(head_now()))
    assert refused.returncode == 1
    assert "Ask for a proof up to that seal" in refused.stdout


def test_no_proof_leads_to_a_head_that_is_older_than_the_entry(entry):
    with pytest.raises(NotSealed):
        proof_make(entry.pk, up_to=1)


def test_it_shows_no_network_address_and_nothing_of_other_entries(entry):
    text = json.dumps(proof_make(entry.pk))
    assert ADDRESS not in text
    assert "their secret" not in text
    assert "anna@example.com" in text


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7])
def test_every_entry_of_a_seal_of_any_size_has_a_proof(db, tmp_path, count):
    for entry in sealed(count):
        assert check(tmp_path, proof_make(entry.pk), "--head", str(head_now())).returncode == 0


def altered(proof, path, value):
    """Return a proof in which one value is another."""
    copy = json.loads(json.dumps(proof))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


ALTERED = [
    ("salt",),
    ("siblings", 0),
    *(("seals", 0, name) for name in ("root", "at", "first", "last", "count", "previous", "digest", "number")),
    *(("seals", 1, name) for name in ("root", "at", "first", "last", "count", "previous", "digest", "number")),
]


@pytest.mark.parametrize("path", ALTERED, ids=lambda path: ".".join(map(str, path)))
def test_a_proof_in_which_anything_was_altered_does_not_hold(entry, tmp_path, path):
    proof = proof_make(entry.pk)
    value = proof
    for step in path:
        value = value[step]
    other = value + 1 if isinstance(value, int) else "f" * len(value)
    result = check(tmp_path, altered(proof, path, other))
    assert (result.returncode, result.stderr) == (1, ""), result.stdout
    assert result.stdout.startswith("The proof does not hold.\n")


@pytest.mark.parametrize(("old", "new"), [("anna@", "otto@"), ('"number":5', '"number":6'), ("pause", "abort")])
def test_an_entry_that_was_altered_does_not_hold(entry, tmp_path, old, new):
    proof = proof_make(entry.pk)
    assert old in proof["entry"]
    result = check(tmp_path, altered(proof, ("entry",), proof["entry"].replace(old, new)))
    assert result.returncode == 1


def test_a_seal_that_is_left_out_does_not_hold(entry, tmp_path):
    proof = proof_make(entry.pk)
    del proof["seals"][1]
    assert "does not follow" in check(tmp_path, proof).stdout


def test_another_head_than_the_reader_knows_is_said(entry, tmp_path):
    result = check(tmp_path, proof_make(entry.pk), "--head", "3:" + "a" * 64)
    assert result.returncode == 1
    assert "The trail was rewritten" in result.stdout


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "other"}', "\ud800".encode("utf-8", "replace").decode()])
def test_what_is_no_proof_is_said(tmp_path, text):
    result = check(tmp_path, text)
    assert (result.returncode, result.stderr) == (2, "")


def test_what_is_not_sealed_yet_has_no_proof(entry):
    waiting = entry_add(Action.OPERATION_STARTED, actor=None)
    with pytest.raises(NotSealed):
        proof_make(waiting.pk)
    entries_seal()
    assert proof_make(waiting.pk)["seals"]


def test_the_tree_is_that_of_rfc_6962():
    """As RFC 6962 (2.1) defines it: split at the largest power of two below the number of leaves."""

    def root(leaves):
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return digest_of(b"\x01", root(leaves[:split]), root(leaves[split:]))

    def path(index, leaves):
        if len(leaves) == 1:
            return []
        split = 1 << (len(leaves) - 1).bit_length() - 1
        if index < split:
            return [*path(index, leaves[:split]), root(leaves[split:])]
        return [*path(index - split, leaves[split:]), root(leaves[:split])]

    for count in range(1, 40):
        leaves = [digest_of(b"\x00", bytes([number])) for number in range(count)]
        assert root_of(leaves) == root(leaves)
        assert [siblings_of(leaves, index) for index in range(count)] == [path(index, leaves) for index in range(count)]
