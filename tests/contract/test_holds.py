"""Somebody resumes with the real SDK what a hold keeps paused: it is paused again, and both sides have a record."""

import pytest

from accounts.models import Mail
from batches.models import Change, Hold, HoldAttempt, Kind, Outcome
from batches.services.watch.watcher import Watcher
from tests.batches.holds import open_for_holds, pause_again, queued_for_holds
from tests.batches.services.factories import carried_out, start
from trail.models import Entry

pytestmark = [
    pytest.mark.contract,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("contract", ["2025-04", "current"]),
]

EVE = {"2025-04": "eve@example.com", "current": "api-key@example.com"}


@pytest.fixture
def dashboard(sandbox, contract, settings, operator):
    """Have a dashboard that keeps campaign 2 paused, in a sandbox that the SDK talks to; return its look."""
    settings.SYLLABLE_API_CONTRACT = contract
    settings.SYLLABLE_API_URL = sandbox.url
    settings.SYLLABLE_API_KEY = sandbox.api_key
    settings.WATCH_CALLS_PER_MINUTE = 100_000
    settings.MAIL_DELIVERS = True
    sandbox.store.add_campaign(campaign_name="Reminders")
    sandbox.store.add_campaign(campaign_name="Feedback")
    for number in (1, 2):
        sandbox.store.add_batch(f"20260101.{number}", campaign_id=2, status="ACTIVE", requests=number)
    watcher = Watcher(interval=60.0)
    watcher.look()
    carried_out(start(Kind.PAUSE, operator, campaign_id=2, keep_paused=True, reason="wrong list"))
    watcher.look()
    return watcher.look


@pytest.fixture
def resume(sdk, sandbox, contract):
    """Resume a batch by the SDK as its contract has it."""

    def resume(batch_id):
        if contract == "current":
            return sdk("batches.update", batch_id=batch_id, communication_batch_update={"paused": False})
        whole = {name: value for name, value in sandbox.batch(batch_id).items() if name != "status_counts"}
        body = whole | {"status": "ACTIVE", "last_updated_by": EVE[contract]}
        return sdk("batches.update", batch_id=batch_id, communication_batch=body)

    return resume


def runs(sandbox, batch_id):
    return sandbox.batch(batch_id)["status"] != "PAUSED"


def test_a_resumed_batch_is_paused_again_and_recorded_on_both_sides(dashboard, resume, sandbox, contract, operator):
    resume("20260101.1")
    assert runs(sandbox, "20260101.1")
    sandbox.requests.clear()
    dashboard()
    [operation] = open_for_holds()
    assert {request.method for request in sandbox.requests} == {"GET"}
    pause_again()
    assert not runs(sandbox, "20260101.1")
    if contract == "2025-04":
        assert sandbox.batch("20260101.1")["last_updated_by"] == operator.email
    [seen] = Change.objects.filter(outcome=Outcome.OBSERVED)
    [made] = operation.changes.all()
    assert (seen.last_updated_by, made.origin, made.outcome) == (EVE[contract], "hold", "applied")
    put = next(request for request in sandbox.requests if request.method == "PUT")
    assert put.headers["X-Request-ID"] == made.request_id
    assert HoldAttempt.objects.get().change == seen
    assert Entry.objects.filter(action="hold_attempt", change_id=seen.pk).count() == 1
    dashboard()
    assert len(queued_for_holds()) == 1


def test_a_new_batch_is_paused_as_well(dashboard, sdk, sandbox):
    sdk("batches.create", request={"batch_id": "20260102.1", "campaign_id": 2})
    assert runs(sandbox, "20260102.1")
    dashboard()
    pause_again()
    assert not runs(sandbox, "20260102.1")
    assert not HoldAttempt.objects.exists()


def test_the_third_attempt_raises_the_alarm_and_the_pausing_goes_on(dashboard, resume, sandbox, operator):
    for count in range(1, 5):
        resume("20260101.1")
        dashboard()
        pause_again()
        assert not runs(sandbox, "20260101.1")
        assert HoldAttempt.objects.count() == count
        assert Hold.objects.alarming().exists() == (count >= 3)
    assert Entry.objects.filter(action="hold_alarm").count() == 1
    assert [mail.to for mail in Mail.objects.all()] == [operator.email]


def test_200_resumed_at_once_do_not_blind_the_watcher(dashboard, resume, sdk, sandbox):
    many = [f"20260103.{number}" for number in range(200)]
    for batch_id in many:
        sandbox.store.add_batch(batch_id, campaign_id=2, status="ACTIVE", requests=1)
    sandbox.store.add_batch("20260104.1", campaign_id=1, status="ACTIVE", requests=1)
    dashboard()
    pause_again()
    dashboard()
    for batch_id in many:
        resume(batch_id)
    dashboard()
    # The pause of 200 waits for a worker; meanwhile somebody does something else.
    sdk("batches.delete", batch_id="20260104.1", body_outbound_batch_delete={"delete_reason": "Sent twice"})
    dashboard()
    assert Change.objects.filter(outcome=Outcome.OBSERVED, batch_id="20260104.1").exists()
    pause_again()
    assert not [batch_id for batch_id in many if runs(sandbox, batch_id)]
    assert HoldAttempt.objects.values("batch_id").distinct().count() == 200


def test_what_the_sdk_cancels_stays_canceled(dashboard, sdk, sandbox):
    sdk("batches.delete", batch_id="20260101.1", body_outbound_batch_delete={"delete_reason": "Sent twice"})
    dashboard()
    assert not queued_for_holds()
    assert sandbox.batch("20260101.1")["status"] == "CANCELED"
