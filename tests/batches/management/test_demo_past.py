"""The demo's past: nobody meets an empty trail, and what it shows really happened in the sandbox."""

from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from batches.models import Change, Operation, Outcome, State
from sandbox.store import Store
from tests.dashboard.test_server import free_port
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database(tmp_path):
    return str(tmp_path / "sandbox.sqlite3")


@pytest.fixture(params=["2025-04", "current"])
def demo_past(request, settings, database):
    settings.SANDBOX = True
    # As `make run` has it.
    settings.SYLLABLE_API_CONTRACT = "auto"
    settings.SYLLABLE_API_URL = f"http://127.0.0.1:{free_port()}"
    call_command("demo_accounts", verbosity=0)
    return lambda: call_command("demo_past", database=database, contract=request.param)


def test_it_is_refused_outside_of_the_sandbox(database):
    with pytest.raises(CommandError, match="SANDBOX=true"):
        call_command("demo_past", database=database, contract="2025-04")


def test_it_has_every_outcome_with_its_reason_in_the_sandbox_as_well_and_a_second_run_adds_nothing(demo_past, database):
    demo_past()

    alone = Counter(Change.objects.filter(operation=None).values_list("outcome", flat=True))
    assert alone == {Outcome.APPLIED: 4, Outcome.CONFLICT: 1, Outcome.REJECTED: 1}
    assert Change.objects.exclude(undoes=None).filter(operation=None).get().reason == "Paused by mistake"
    pause, resume = Operation.objects.order_by("pk")
    assert (pause.kind, resume.kind) == ("pause", "resume")
    assert {pause.state, resume.state} == {State.FINISHED}
    assert resume.changes.filter(outcome=Outcome.APPLIED).count() == pause.changes.count() > 0
    assert Entry.objects.filter(action=Action.CHANGE_ENDED).count() == Change.objects.count()
    canceled = Change.objects.get(edit__status="CANCELED")
    assert Store(database).batch(canceled.batch_id)["deleted_reason"] == canceled.reason

    before = Change.objects.count(), Entry.objects.count()
    demo_past()
    assert (Change.objects.count(), Entry.objects.count()) == before
