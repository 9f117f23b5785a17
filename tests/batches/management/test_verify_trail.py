"""`manage.py verify_trail` says in words what was found, and by its exit code whether anything was."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from batches.models import Change, Origin, Outcome
from batches.selectors import trail_comparison
from batches.selectors.trail_comparison import changes_compare
from batches.words.finding import SENTENCES, finding_sentence
from syllable.schemas import BatchEdit, BatchStatus
from tests.trail.factories import sealed
from tests.trail.tampering import tamper
from trail.findings import Finding, Problem
from trail.models import Action, Entry
from trail.sealer import entries_seal, head_seal
from trail.services import entry_add

pytestmark = pytest.mark.django_db


def run(*arguments):
    """Return the exit code and what the command says."""
    said, code = StringIO(), 0
    try:
        call_command("verify_trail", *arguments, stdout=said)
    except SystemExit as left:
        code = left.code
    return code, said.getvalue().strip()


def test_a_trail_that_holds_is_said_with_its_head():
    sealed(2, 1)
    assert run() == (0, f"The trail holds up to its head {head_seal().head}")


def test_the_checkpoint_is_the_head_alone():
    assert run("--checkpoint") == (0, f"0:{'0' * 64}")
    sealed(2, 1)
    assert run("--checkpoint") == (0, head_seal().head)
    assert run("--expect", head_seal().head)[0] == 0


def test_the_first_problem_is_named():
    entries = sealed(2, 1)
    tamper(("UPDATE trail_entry SET reason = 'x' WHERE id = %s", entries[1].pk))
    assert run() == (1, f"Entry {entries[1].pk} (number 2) was altered since it was sealed.")


def test_an_end_that_was_cut_off_is_found_by_the_head_that_is_expected():
    sealed(2)
    assert run("--expect", f"2:{'a' * 64}") == (1, "Seal 2 is missing. The end of the trail was cut off.")
    assert run("--expect", f"1:{'a' * 64}")[1].startswith("Seal 1 has another hash than the expected one.")


def test_what_is_no_head_is_refused():
    with pytest.raises(CommandError, match="abc is no head"):
        call_command("verify_trail", "--expect", "abc")


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_its_sentence(problem):
    for finding in (Finding(problem, entry=7, number=3), Finding(problem, number=3), Finding(problem, seal=2)):
        said = finding_sentence(finding)
        assert said[0].isupper()
        assert said.endswith(".")
        assert "{" not in said
    assert problem in SENTENCES


def test_an_entry_that_cannot_be_told_is_named_by_its_seal():
    said = finding_sentence(Finding(Problem.ALTERED, seal=2))
    assert said == "An entry of seal 2 was altered, together with the hash that is kept of it."
    assert finding_sentence(Finding(Problem.SEAL_REMOVED, seal=2)) == "Seal 2 was removed."
    assert finding_sentence(Finding(Problem.CHANGE_DIFFERS, change=9)).startswith("Change 9 has another outcome")


def change(outcome, *said):
    """Make a change with this outcome, and the entries that tell of it."""
    made = Change.objects.create(
        batch_id="b",
        actor_email="anna@example.com",
        origin=Origin.CLICK,
        edit=BatchEdit(status=BatchStatus.PAUSED),
        outcome=outcome,
        deadline_at=timezone.now(),
    )
    for word in said:
        entry_add(Action.OPERATION_STARTED, actor=None, change_id=made.pk, outcome=word)
    return made


def test_a_change_says_what_its_last_entry_says():
    change(Outcome.APPLIED, "applied")
    change(Outcome.APPLIED, "unconfirmed", "applied")
    # Somebody gave a reason later.
    change(Outcome.REJECTED, "rejected", "")
    change(Outcome.STARTED)
    entries_seal()
    assert run()[0] == 0


@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_change_that_was_altered_is_found(monkeypatch, chunk):
    monkeypatch.setattr(trail_comparison, "CHUNK", chunk)
    change(Outcome.APPLIED, "applied")
    altered = change(Outcome.UNCONFIRMED, "unconfirmed")
    Change.objects.filter(pk=altered.pk).update(outcome=Outcome.APPLIED)
    assert changes_compare() == Finding(Problem.CHANGE_DIFFERS, change=altered.pk)
    entries_seal()
    assert run() == (1, f"Change {altered.pk} has another outcome than its last entry says.")


def test_a_change_that_no_entry_tells_of_is_found_unless_it_is_older_than_all_that_do():
    older = change(Outcome.APPLIED)
    Change.objects.filter(pk=older.pk).update(started_at=F("started_at") - timedelta(days=1))
    assert changes_compare() is None
    change(Outcome.APPLIED, "applied")
    assert changes_compare() is None
    inserted = change(Outcome.APPLIED)
    Change.objects.filter(pk=inserted.pk).update(started_at=F("started_at") + timedelta(seconds=5))
    assert changes_compare() == Finding(Problem.CHANGE_UNSAID, change=inserted.pk)


def test_a_change_that_is_settled_during_the_comparison_is_no_difference(monkeypatch):
    made = change(Outcome.UNCONFIRMED, "unconfirmed")
    chunks = trail_comparison._chunks

    def settled_meanwhile():
        for chunk in chunks():
            Change.objects.filter(pk=made.pk).update(outcome=Outcome.APPLIED)
            entry_add(Action.OPERATION_STARTED, actor=None, change_id=made.pk, outcome="applied")
            yield chunk

    monkeypatch.setattr(trail_comparison, "_chunks", settled_meanwhile)
    assert changes_compare() is None


def test_entries_that_wait_long_for_their_seal_are_told():
    Entry.objects.create(action="a", at=timezone.now() - timedelta(hours=1))
    code, words = run()
    assert code == 1
    assert "Entries wait for their seal since" in words
