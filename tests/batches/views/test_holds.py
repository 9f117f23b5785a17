"""Holds through the front door: placing, the bands, the refusals and lifting."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches.models import Change, Hold, HoldAttempt, Kind, Operation, Outcome, TargetScope, WatchState
from tests.batches.holds import pause_again
from tests.batches.services.factories import carried_out, start
from tests.batches.views.edit_page import EditPage
from trail.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def batches(sandbox, settings):
    """Provide two running batches of campaign 7, and one of campaign 8."""
    settings.WATCH_INTERVAL = 15.0
    sandbox.store.add_campaign(campaign_name="Reminders", id=7)
    sandbox.store.add_campaign(campaign_name="Feedback", id=8)
    for batch_id, campaign_id in (("a", 7), ("b", 7), ("c", 8)):
        sandbox.store.add_batch(batch_id, campaign_id=campaign_id, status="ACTIVE", requests=2)
    return sandbox.store


def ask(client, person, **about):
    """Post to the operations as this person does."""
    client.force_login(person)
    return client.post("/operations/", {"kind": "pause", **about})


def hold_of(operator, *, scope=TargetScope.CAMPAIGN, **about):
    """Place a hold, with all of its batches paused."""
    operation = start(Kind.PAUSE, operator, scope=scope, keep_paused=True, reason="wrong list", **about)
    carried_out(operation)
    return Hold.objects.get(operation=operation)


def band(client, path):
    """Return the page, of which something is asserted."""
    return client.get(path).content.decode()


BANDED = ("/", "/batches/", "/campaigns/7/", "/batches/a/")


@pytest.mark.parametrize(
    "target",
    [{"scope": "campaign", "campaign": "7"}, {"scope": "selection", "batch": ["a", "c"]}, {"scope": "all"}],
    ids=lambda target: target["scope"],
)
def test_a_pause_offers_to_keep_it_and_places_the_hold_with_the_operation(client, operator, target):
    html = ask(client, operator, **target).content.decode()
    assert 'name="keep_paused"' in html
    assert not Hold.objects.exists()
    ask(client, operator, **target, confirm="1", keep_paused="on", reason="wrong list")
    hold = Hold.objects.get()
    assert (hold.scope, hold.reason, hold.placed_by) == (target["scope"], "wrong list", operator)
    assert hold.operation == Operation.objects.get()
    assert set(hold.batches.values_list("batch_id", flat=True)) == set(target.get("batch", ()))
    [entry] = Entry.objects.filter(action="hold_placed")
    assert (entry.actor_email, entry.reason, entry.body["hold"]) == (operator.email, "wrong list", hold.pk)


def test_without_the_box_nothing_is_held(client, operator):
    ask(client, operator, scope="campaign", campaign="7", confirm="1")
    assert Operation.objects.exists()
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    "about", [{"kind": "resume", "scope": "campaign", "campaign": "7"}, {"scope": "filter", "q": "a"}]
)
def test_nothing_else_offers_to_keep(client, operator, about):
    assert 'name="keep_paused"' not in ask(client, operator, **about).content.decode()
    ask(client, operator, **about, confirm="1", keep_paused="on")
    assert not Hold.objects.exists()


def test_what_a_stop_of_everything_is_pausing_already_can_still_be_kept(client, operator):
    stop = start(Kind.PAUSE, operator, scope=TargetScope.ALL)
    ask(client, operator, scope="all", confirm="1", keep_paused="on")
    assert Hold.objects.get().operation == stop
    ask(client, operator, scope="all", confirm="1", keep_paused="on")
    assert Hold.objects.count() == 1


def test_a_viewer_places_and_lifts_nothing(client, viewer, operator):
    assert ask(client, viewer, scope="campaign", campaign="7", confirm="1", keep_paused="on").status_code == 403
    hold = hold_of(operator)
    assert client.post(f"/holds/{hold.pk}/lift/", {"reason": "over"}).status_code == 403
    page = band(client, f"/holds/{hold.pk}/")
    assert f'data-hold="{hold.pk}"' in page
    assert "/lift/" not in page
    assert Hold.objects.get().is_active


@pytest.mark.parametrize("path", ["/holds/", "/holds/1/", "/holds/1/lift/"])
def test_nobody_without_a_login_or_a_role_sees_holds(client, nobody, path):
    assert client.get(path).status_code == 302
    client.force_login(nobody)
    assert client.get(path).status_code in (403, 405)


def test_every_page_that_it_concerns_has_a_band(client, operator, look):
    look()
    operator.name = "Ana"
    operator.save()
    hold = hold_of(operator)
    look()
    client.force_login(operator)
    for path in BANDED:
        page = band(client, path)
        assert f'data-hold="{hold.pk}"' in page, path
        assert 'data-attempts="0"' in page
        assert 'data-watch="looking"' in page
        assert "Held by Ana since" in page
        assert 'class="hold-blind"' not in page
    for path in ("/batches/c/", "/campaigns/8/", "/batches/?campaign=8"):
        assert "data-hold=" not in band(client, path), path


def test_the_band_of_selected_batches_is_on_their_pages(client, operator, look):
    look()
    hold = hold_of(operator, scope=TargetScope.SELECTION, batch_ids=("a",))
    client.force_login(operator)
    for path in BANDED:
        assert f'data-hold="{hold.pk}"' in band(client, path), path
    for path in ("/batches/b/", "/campaigns/8/"):
        assert "data-hold=" not in band(client, path), path


def test_the_parts_that_refresh_themselves_bring_the_band_along(client, operator, look):
    look()
    hold = hold_of(operator)
    client.force_login(operator)
    for path in ("/", "/batches/a/"):
        part = client.get(path, headers={"HX-Request": "true"}).content.decode()
        assert '<div id="holds" hx-swap-oob="true">' in part
        assert f'data-hold="{hold.pk}"' in part


def test_the_bands_of_lists_refresh_themselves(client, operator, look):
    look()
    client.force_login(operator)
    for path, other in (("/batches/?campaign=7", "/batches/?campaign=8"), ("/campaigns/7/", "/campaigns/8/")):
        assert 'hx-get="/holds/?campaign=7"' in band(client, path)
        assert 'hx-get="/holds/?campaign=8"' in band(client, other)
    hold = hold_of(operator)
    refreshed = [client.get(f"/holds/?campaign={campaign}", headers={"HX-Request": "true"}) for campaign in (7, 8)]
    held, free = (response.content.decode() for response in refreshed)
    assert f'data-hold="{hold.pk}"' in held
    assert 'hx-get="/holds/?campaign=7"' in held
    assert "data-hold=" not in free


def test_the_band_is_loud_where_the_watcher_cannot_see(client, operator, look):
    look()
    hold_of(operator)
    WatchState.objects.update(failing_since=timezone.now(), problem="unavailable")
    client.force_login(operator)
    for path in BANDED:
        page = band(client, path)
        assert 'data-watch="failing"' in page, path
        assert 'class="hold-band is-loud"' in page
        assert "The watcher cannot look since" in page


def test_a_resume_is_refused_with_the_name_of_the_hold(client, operator, batches, look):
    look()
    hold = hold_of(operator)
    name = f"Hold {hold.pk} of operator@example.com keeps this paused."
    client.force_login(operator)
    page = client.post("/batches/a/resume/", follow=True).content.decode()
    assert 'data-outcome="not_sent"' in page
    assert name in page
    pause = Change.objects.get(batch_id="a", outcome=Outcome.APPLIED)
    assert name in client.post(f"/changes/{pause.pk}/undo/", {"confirm": "1"}, follow=True).content.decode()
    for path, data in (
        ("/operations/", {"kind": "resume", "scope": "campaign", "campaign": "7", "confirm": "1"}),
        ("/operations/", {"kind": "resume", "scope": "selection", "batch": ["a", "b"], "confirm": "1"}),
        (f"/operations/{hold.operation_id}/undo/", {"confirm": "1"}),
    ):
        response = client.post(path, data)
        assert (response.status_code, name in response.content.decode()) == (403, True), data
    assert {batches.batch(batch_id)["status"] for batch_id in ("a", "b")} == {"PAUSED"}
    assert Operation.objects.count() == 1


def test_the_form_is_refused_as_well(client, operator, batches):
    hold = hold_of(operator)
    client.force_login(operator)
    page = EditPage(client, "a")
    response = page.confirm(status="ACTIVE")
    assert f"Hold {hold.pk} of" in response.content.decode()
    assert batches.batch("a")["status"] == "PAUSED"


def test_of_a_resume_the_held_batches_are_skipped(operator, batches, look):
    look()
    hold = hold_of(operator, scope=TargetScope.SELECTION, batch_ids=("a",))
    batches.change_batch("b", status="PAUSED")
    resume = carried_out(start(Kind.RESUME, operator, scope=TargetScope.SELECTION, batch_ids=("a", "b")))
    assert dict(resume.items.values_list("batch_id", "state")) == {"a": "skipped", "b": "done"}
    assert f"Hold {hold.pk} of" in resume.items.get(batch_id="a").detail


def test_of_two_holds_both_must_be_lifted(client, operator, batches, look, elsewhere):
    look()
    first, second = hold_of(operator), hold_of(operator, scope=TargetScope.SELECTION, batch_ids=("a",))
    look()
    client.force_login(operator)
    client.post(f"/holds/{first.pk}/lift/", {"reason": "the list is right"})
    assert f"Hold {second.pk} of" in client.post("/batches/a/resume/", follow=True).content.decode()
    elsewhere("a", status="ACTIVE")
    look()
    pause_again()
    assert batches.batch("a")["status"] == "PAUSED"
    client.post(f"/holds/{second.pk}/lift/", {"reason": "the list is right"})
    assert 'data-outcome="applied"' in client.post("/batches/a/resume/", follow=True).content.decode()


def test_lifting_asks_for_a_reason_and_resumes_nothing(client, operator, batches, look):
    look()
    hold = hold_of(operator)
    client.force_login(operator)
    assert 'action="/holds/' in band(client, f"/holds/{hold.pk}/")
    for reason in ("", "  ", "\u2800"):
        response = client.post(f"/holds/{hold.pk}/lift/", {"reason": reason})
        assert response.status_code == 422
        assert 'data-problem="reason"' in response.content.decode()
    assert Hold.objects.get().is_active
    page = client.post(f"/holds/{hold.pk}/lift/", {"reason": "the list is right"}, follow=True).content.decode()
    assert 'data-lifted="yes"' in page
    look()
    hold.refresh_from_db()
    assert (hold.lifted_by, hold.lifted_reason) == (operator, "the list is right")
    [entry] = Entry.objects.filter(action="hold_lifted")
    assert (entry.actor_email, entry.reason) == (operator.email, "the list is right")
    assert {batches.batch(batch_id)["status"] for batch_id in ("a", "b")} == {"PAUSED"}
    for path in BANDED:
        assert "data-hold=" not in band(client, path)
    client.post(f"/holds/{hold.pk}/lift/", {"reason": "again"})
    assert Hold.objects.get().lifted_reason == "the list is right"


def test_only_who_may_stop_everything_lifts_a_hold_on_everything(client, operator, limited):
    hold = hold_of(operator, scope=TargetScope.ALL)
    client.force_login(limited)
    assert client.post(f"/holds/{hold.pk}/lift/", {"reason": "over"}).status_code == 403
    assert Hold.objects.get().is_active


def test_pages_and_the_trail_say_how_often_somebody_tried(client, operator, look, elsewhere):
    look()
    hold = hold_of(operator)
    look()
    elsewhere("a", status="ACTIVE")
    look()
    pause_again()
    look()
    assert HoldAttempt.objects.count() == 1
    client.force_login(operator)
    for path in BANDED:
        page = band(client, path)
        assert 'data-attempts="1"' in page
        assert "1 attempt from outside" in page
    page = band(client, f"/holds/{hold.pk}/")
    assert "data-attempt=" in page
    trail = band(client, "/changes/")
    for action in ("hold_placed", "hold_attempt"):
        assert f'data-action="{action}"' in trail
    assert "resumed, under a hold," in trail
    assert "placed a hold with" in trail


def test_after_the_third_attempt_the_header_says_so_and_cancel_is_offered(client, operator, look, elsewhere, batches):
    look()
    hold = hold_of(operator)
    look()
    for count in range(3):
        client.force_login(operator)
        assert "data-alarms" not in band(client, "/changes/"), count
        elsewhere("a", status="ACTIVE")
        look()
        pause_again()
    assert 'data-alarms="1"' in band(client, "/changes/")
    assert f'href="/holds/{hold.pk}/"' in band(client, "/changes/")
    page = band(client, "/batches/a/")
    assert f'data-alarm="{hold.pk}"' in page
    page = band(client, f"/holds/{hold.pk}/")
    assert '<input type="hidden" name="batch" value="a">' in page
    cancel = {"kind": "cancel", "scope": "selection", "batch": "a"}
    assert client.post("/operations/", cancel).status_code == 200
    # The pausing goes on.
    elsewhere("a", status="ACTIVE")
    look()
    pause_again()
    assert batches.batch("a")["status"] == "PAUSED"


def test_the_preview_of_a_resume_tells_of_the_hold(client, operator, look):
    look()
    hold = hold_of(operator)
    html = ask(client, operator, kind="resume", scope="campaign", campaign="7").content.decode()
    assert f'data-hold="{hold.pk}"' in html


def test_pages_read_holds_only_where_there_are_any(client, operator, look):
    def cost(path):
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        return len(queries)

    look()
    client.force_login(operator)
    hold = hold_of(operator)
    look()
    for path in BANDED:
        client.get(path)
    held = {path: cost(path) for path in BANDED}
    assert (cost("/holds/"), cost(f"/holds/{hold.pk}/")) == (6, 10)
    Hold.objects.update(lifted_at=timezone.now())
    # The holds of the page, and whether the watcher looks.
    more = {path: held[path] - cost(path) for path in BANDED}
    assert more == dict.fromkeys(BANDED, 2)
