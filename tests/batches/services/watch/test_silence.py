"""Proof of silence: the page of a stop says who is still being contacted, and whether a request began later."""

from datetime import timedelta

import pytest

from batches.models import Kind, StopCheck
from sandbox import faults
from tests.batches.services.factories import carried_out, start
from tests.batches.services.passing import let_pass
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = pytest.mark.parametrize("contract", ["2025-04", "current"])


@pytest.fixture
def calling(sandbox):
    """Add batches to campaign 7 in which calls are in progress; returns a function that adds one."""
    sandbox.store.add_campaign(id=7, rate=60)

    def calling(batch_id, **more):
        sandbox.store.add_batch(batch_id, campaign_id=7, status="ACTIVE", requests=100, more=more)
        sandbox.let_pass(30)

    return calling


@pytest.fixture
def stop(operator):
    """Pause campaign 7, and return the operation."""
    return lambda: carried_out(start(Kind.PAUSE, operator))


@pytest.fixture
def page(client, viewer):
    """Return the part of a stop's page about the silence, by its attributes and words."""
    client.force_login(viewer)

    def page(operation):
        answer = client.get(
            f"/operations/{operation.pk}/", {"phase": "over"}, headers={"HX-Target": "operation-silence"}
        )
        assert answer.status_code == 200
        return answer.text

    return page


@pytest.fixture
def passes(sandbox):
    """Let time pass at the API and for us."""
    return lambda seconds: let_pass(sandbox, seconds)


def entries(operation):
    found = Entry.objects.filter(operation_id=operation.pk, action__in=(Action.STOP_SILENT, Action.STOP_BROKEN))
    return list(found.order_by("pk").values_list("action", flat=True))


@BOTH
def test_those_on_the_line_are_counted_until_the_last_has_hung_up(calling, passes, stop, watcher, page, contract):
    calling("a")
    operation = stop()
    assert 'data-silence="unchecked"' in page(operation)
    watcher.look()
    told = page(operation)
    assert 'data-silence="contacting"' in told
    assert "still being contacted" in told
    assert "No request has begun since" in told
    assert not entries(operation)
    passes(200)
    watcher.look()
    told = page(operation)
    assert 'data-silence="silent"' in told
    assert 'data-under-way="0"' in told
    assert entries(operation) == [Action.STOP_SILENT]
    watcher.look()
    assert entries(operation) == [Action.STOP_SILENT]


@BOTH
def test_who_talks_on_for_minutes_is_still_counted(calling, passes, stop, watcher, page, contract):
    calling("a", ends_late=600)
    operation = stop()
    passes(300)
    watcher.look()
    assert 'data-silence="contacting"' in page(operation)
    passes(400)
    watcher.look()
    assert 'data-silence="silent"' in page(operation)


@BOTH
@pytest.mark.parametrize("is_seen_before", [True, False])
def test_a_request_that_begins_after_the_stop_is_told_at_once_and_for_good(
    calling, passes, stop, watcher, page, contract, is_seen_before
):
    calling("a")
    calling("b", starts_late=2)
    operation = stop()
    if is_seen_before:
        watcher.look()
        assert 'data-silence="contacting"' in page(operation)
    passes(12)
    watcher.look()
    told = page(operation)
    assert 'data-silence="broken"' in told
    assert 'data-began="2"' in told
    assert "/batches/b/" in told
    assert "/batches/a/" not in told
    assert entries(operation) == [Action.STOP_BROKEN]
    passes(200)
    watcher.look()
    told = page(operation)
    assert 'data-silence="broken"' in told
    assert "None of them is under way any more." in told
    assert entries(operation) == [Action.STOP_BROKEN, Action.STOP_SILENT]


@BOTH
def test_requests_that_stay_connected_when_they_have_ended_are_not_under_way(
    calling, sandbox, passes, stop, watcher, page, contract
):
    calling("a", stays_connected=True)
    sandbox.let_pass(200)
    operation = stop()
    passes(200)
    watcher.look()
    assert 'data-silence="silent"' in page(operation)


def test_cancel_is_offered_to_who_may(calling, passes, stop, watcher, client, operator, viewer):
    calling("a", starts_late=1)
    operation = stop()
    passes(12)
    watcher.look()
    for person, is_offered in ((operator, True), (viewer, False)):
        client.force_login(person)
        assert ('name="kind" value="cancel"' in client.get(f"/operations/{operation.pk}/").text) == is_offered


@BOTH
def test_requests_that_are_canceled_after_the_stop_have_not_begun(
    calling, sandbox, passes, stop, watcher, page, contract
):
    calling("a")
    operation = stop()
    watcher.look()
    waiting = sandbox.store.rows("SELECT rowid FROM requests WHERE status = 'PENDING'")
    assert waiting
    sandbox.store.change_requests([(row["rowid"], {"status": "CANCELED"}) for row in waiting])
    sandbox.store.change_batch("a", status="CANCELED")
    passes(200)
    watcher.look()
    told = page(operation)
    assert 'data-silence="silent"' in told
    assert 'data-began="0"' in told


@BOTH
def test_what_somebody_resumed_is_told_and_not_counted(calling, sandbox, passes, stop, watcher, page, contract):
    calling("a")
    operation = stop()
    watcher.look()
    sandbox.store.change_batch("a", status="ACTIVE")
    passes(60)
    watcher.look()
    told = page(operation)
    assert 'data-silence="resumed"' in told
    assert "Somebody has resumed 1 batch since the stop" in told
    assert 'data-began="0"' in told
    assert not entries(operation)


def test_while_the_api_is_away_the_page_says_since_when_nobody_checks(calling, sandbox, stop, watcher, page):
    calling("a")
    operation = stop()
    watcher.look()
    sandbox.faults.add(faults.answer(500), times=None)
    watcher.look()
    told = page(operation)
    assert "still being contacted" in told
    assert 'data-watch="failing"' in told
    assert "The watcher cannot look since" in told


def test_after_an_hour_nobody_looks_any_more(calling, stop, watcher, page):
    calling("a", ends_late=9000)
    operation = stop()
    watcher.look()
    long_ago = timedelta(minutes=66)
    operation.finished_at -= long_ago
    operation.save()
    for item in operation.items.all():
        item.finished_at -= long_ago
        item.save()
    checked_at = StopCheck.objects.get().checked_at
    watcher.look()
    assert StopCheck.objects.get().checked_at == checked_at
    assert "hx-get" not in page(operation)


def test_a_resume_has_no_silence(calling, sandbox, operator, watcher, client):
    sandbox.store.add_batch("p", campaign_id=7, status="PAUSED")
    operation = carried_out(start(Kind.RESUME, operator))
    watcher.look()
    client.force_login(operator)
    assert "data-silence" not in client.get(f"/operations/{operation.pk}/").text
    assert not StopCheck.objects.exists()
