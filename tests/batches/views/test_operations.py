"""The pages of operations: the list, one while it runs and afterwards, and what can be done about it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import Change, ItemState, Kind, Operation, OperationItem, Outcome, State, TargetScope
from sandbox import faults
from syllable.schemas import BatchEdit
from tests.batches.services.factories import EDITS, carried_out, start
from tests.batches.views.operation_pages import OPERATIONS, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(sandbox):
    for number in range(4):
        sandbox.store.add_batch(f"a{number}", campaign_id=7, status="ACTIVE", requests=2)
    return sandbox


@pytest.fixture
def operation(campaign, operator):
    return start(Kind.PAUSE, operator, campaign_name="Flu <b>shots</b>")


def made(operator, items=None, **fields):
    """Create an operation in the database, with items in these states."""
    fields = {
        "kind": Kind.PAUSE,
        "scope": TargetScope.CAMPAIGN,
        "campaign_id": 7,
        "edit": EDITS[Kind.PAUSE],
    } | fields
    operation = Operation.objects.create(actor=operator, actor_email=operator.email, **fields)
    OperationItem.objects.bulk_create(
        OperationItem(operation=operation, batch_id=f"{state}-{number}", state=state, detail=f"why {state}")
        for state, count in (items or {}).items()
        for number in range(count)
    )
    return operation


def over(operator, items, **fields):
    now = timezone.now()
    ended = {"started_at": now - timedelta(minutes=2), "listed_at": now, "finished_at": now}
    return made(operator, items, **({"state": State.FINISHED} | ended | fields))


def page(client, operation, **query):
    return client.get(f"{OPERATIONS}{operation.pk}/", query)


def do(client, what, operation, **data):
    return client.post(f"{OPERATIONS}{operation.pk}/{what}/", data)


ABORTED = {"state": State.STOPPED, "stopped_by_email": "operator@example.com"}
UNLISTED = {"unlisted": "It timed out."}
CANCELED, RESUMED = {"kind": Kind.CANCEL}, {"kind": Kind.RESUME}


class TestWho:
    @pytest.mark.parametrize("address", ["", "1/"])
    def test_looking_takes_a_role(self, client, nobody, address):
        assert client.get(OPERATIONS + address).url.startswith("/accounts/login/")
        client.force_login(nobody)
        assert client.get(OPERATIONS + address).status_code == 403

    @pytest.mark.parametrize("what", ["abort", "stop-calling", "retry", "confirm", "take-over", "undo"])
    def test_a_viewer_looks_and_does_nothing(self, client, viewer, operation, what):
        client.force_login(viewer)
        html = page(client, operation).content.decode()
        assert f"/operations/{operation.pk}/abort/" not in html
        assert do(client, what, operation, confirm="1").status_code == 403
        operation.refresh_from_db()
        assert operation.state == State.WAITING

    @pytest.mark.parametrize("what", ["abort", "stop-calling", "retry", "confirm", "take-over", "undo"])
    def test_doing_takes_a_post(self, client, operator, operation, what):
        client.force_login(operator)
        assert client.get(f"{OPERATIONS}{operation.pk}/{what}/").status_code == 405

    @pytest.mark.parametrize("what", ["abort", "stop-calling", "retry", "confirm", "take-over", "undo"])
    def test_one_that_is_none_is_not_found(self, client, operator, what):
        client.force_login(operator)
        assert client.get(f"{OPERATIONS}99/").status_code == 404
        assert client.get(f"{OPERATIONS}{10**30}/").status_code == 404
        assert client.post(f"{OPERATIONS}99/{what}/").status_code == 404


class TestWhileItRuns:
    def test_it_says_how_far_it_is_and_refreshes_itself(self, client, operator):
        operation = made(
            operator,
            {ItemState.WAITING: 30, ItemState.DONE: 9, ItemState.FAILED: 1},
            state=State.RUNNING,
            started_at=timezone.now() - timedelta(seconds=30),
            listed_at=timezone.now(),
        )
        operation.items.exclude(state=ItemState.WAITING).update(finished_at=timezone.now())
        client.force_login(operator)
        text = words(page(client, operation))
        assert "9 paused. 31 still running. 1 failed." in text
        assert "Batches per minute 20" in text
        assert "Time left about 2 minutes" in text
        assert "Abort…" in text
        html = page(client, operation).content.decode()
        assert f'hx-get="/operations/{operation.pk}/?phase=open" hx-trigger="every 2s"' in html
        assert 'aria-valuenow="22"' in html

    @pytest.mark.parametrize("hours", [1, -1])
    def test_it_says_the_same_where_the_clock_of_the_web_server_is_wrong(self, client, operator, monkeypatch, hours):
        now = timezone.now()
        operation = made(
            operator,
            {ItemState.WAITING: 30, ItemState.DONE: 10},
            state=State.RUNNING,
            started_at=now - timedelta(minutes=2),
        )
        # Within the last minute, even where the machine stalls.
        operation.items.exclude(state=ItemState.WAITING).update(finished_at=now + timedelta(minutes=10))
        client.force_login(operator)
        monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=hours))
        assert "Batches per minute 10 " in words(page(client, operation))

    def test_htmx_gets_the_part_that_it_asks_for(self, client, operator, operation):
        client.force_login(operator)
        headers = {"HX-Request": "true", "HX-Target": "operation-progress"}
        html = client.get(f"{OPERATIONS}{operation.pk}/?phase=waiting", headers=headers).content.decode()
        assert html.lstrip().startswith('<div id="operation-progress"')
        headers["HX-Target"] = "operation-items"
        html = client.get(f"{OPERATIONS}{operation.pk}/?phase=waiting", headers=headers).content.decode()
        assert html.lstrip().startswith('<div id="operation-items"')

    def test_the_page_is_loaded_anew_when_it_begins(self, client, operator, operation):
        client.force_login(operator)
        headers = {"HX-Request": "true", "HX-Target": "operation-progress"}
        address = f"{OPERATIONS}{operation.pk}/?phase=waiting"
        assert "HX-Refresh" not in client.get(address, headers=headers).headers
        Operation.objects.filter(pk=operation.pk).update(state=State.RUNNING, started_at=timezone.now())
        assert client.get(address, headers=headers).headers["HX-Refresh"] == "true"

    def test_the_badge_says_that_it_waits_for_syllable_and_follows(self, client, operator):
        badge = '<span class="app-badge app-badge-orange">Waiting for Syllable</span>'
        operation = made(operator, state=State.RUNNING, detail="No answer.", started_at=timezone.now())
        client.force_login(operator)
        assert f'<span id="operation-badge">{badge}</span>' in page(client, operation).content.decode()
        headers = {"HX-Request": "true", "HX-Target": "operation-progress"}
        html = client.get(f"{OPERATIONS}{operation.pk}/?phase=open", headers=headers).content.decode()
        assert f'<span id="operation-badge" hx-swap-oob="true">{badge}</span>' in html
        assert badge in client.get(OPERATIONS).content.decode()

    def test_how_much_is_left_is_not_claimed_while_more_is_looked_for(self, client, operator):
        items = {ItemState.WAITING: 3, ItemState.DONE: 9}
        begun = timezone.now() - timedelta(seconds=30)
        operation = made(operator, items, state=State.RUNNING, started_at=begun)
        operation.items.exclude(state=ItemState.WAITING).update(finished_at=timezone.now())
        Operation.objects.update(listed_at=None)
        client.force_login(operator)
        text = words(page(client, operation))
        assert "Confirmed 75 %" not in text
        assert "Time left about" not in text

    def test_once_other_buttons_belong_to_it_the_page_is_loaded_anew(self, client, operator):
        operation = over(operator, {ItemState.DONE: 1})
        client.force_login(operator)
        headers = {"HX-Request": "true", "HX-Target": "operation-progress"}
        response = client.get(f"{OPERATIONS}{operation.pk}/?phase=open", headers=headers)
        assert response.headers["HX-Refresh"] == "true"

    def test_it_says_what_it_waits_for(self, client, operator):
        operation = made(
            operator, state=State.RUNNING, detail="Syllable is <not> answering.", started_at=timezone.now()
        )
        client.force_login(operator)
        assert "Syllable is <not> answering." in words(page(client, operation))

    def test_the_header_of_every_page_leads_to_it(self, client, viewer, operation):
        client.force_login(viewer)
        html = client.get("/changes/").content.decode()
        assert f'<a class="app-running" href="/operations/{operation.pk}/">' in html
        operation.state = State.FINISHED
        operation.save()
        assert "app-running" not in client.get("/changes/").content.decode()

    def test_the_header_counts_several_and_what_is_not_confirmed(self, client, operator):
        made(operator, state=State.ASKING)
        made(operator)
        Change.objects.create(batch_id="x", outcome=Outcome.UNCONFIRMED, edit=BatchEdit(), deadline_at=timezone.now())
        client.force_login(operator)
        html = client.get("/changes/").content.decode()
        assert '<a class="app-running" href="/operations/">' in html
        text = words(client.get("/changes/"))
        assert "1 running 1 waiting for you 1 not confirmed" in text


class TestHowItEnded:
    @pytest.mark.parametrize(
        ("items", "fields", "sentence"),
        [
            ({"done": 4}, {}, "Paused 4 of 4 batches."),
            ({"done": 198, "failed": 2}, {}, "198 paused. 2 are probably still running. 2 failed."),
            ({"done": 1, "unconfirmed": 2}, {}, "1 paused. 2 are probably still running. 2 never confirmed."),
            ({"done": 1, "skipped": 1}, {}, "Paused 1 of 2 batches. 1 skipped."),
            ({"done": 1, "waiting": 1}, ABORTED, "1 paused. 1 is probably still running. 1 not reached."),
            ({}, {}, "There were no batches to change."),
            (
                {},
                ABORTED,
                "Nothing was paused. The operation ended early. Batches keep running.",
            ),
            (
                {"done": 1},
                UNLISTED,
                "1 paused. Not all batches could be listed. Other batches are probably still running.",
            ),
            ({}, UNLISTED, "Nothing was paused. The batches could not be listed. Batches keep running."),
            ({"done": 1, "failed": 2}, CANCELED, "1 canceled. 2 were not canceled and may still be running. 2 failed."),
            (
                {"done": 1, "waiting": 1},
                CANCELED | ABORTED,
                "1 canceled. 1 was not canceled and may still be running. 1 not",
            ),
            ({"done": 1, "failed": 2}, RESUMED, "1 resumed. 2 are probably still paused. 2 failed."),
            ({"unconfirmed": 1, "waiting": 1}, RESUMED | ABORTED, "0 resumed. 1 may already be running. 1 is probably"),
            (
                {"done": 1, "failed": 1},
                {"kind": Kind.EXPIRY},
                "1 given the new expiry. 1 probably keeps the old expiry.",
            ),
            ({"done": 3}, {"kind": Kind.EXPIRY}, "Set the expiry of 3 of 3 batches."),
        ],
    )
    def test_in_words_that_claim_no_more_than_is_confirmed(self, client, viewer, operator, items, fields, sentence):
        operation = over(operator, items, **fields)
        client.force_login(viewer)
        assert sentence in words(page(client, operation))
        assert sentence in words(client.get(OPERATIONS))

    def test_what_could_not_be_listed_and_who_stopped_it_is_said(self, client, viewer, operator):
        stop = made(operator, scope=TargetScope.ALL, campaign_id=None)
        operation = over(
            operator, {"done": 1}, kind=Kind.RESUME, state=State.STOPPED, stopped_by=stop, unlisted="It timed out."
        )
        client.force_login(viewer)
        text = words(page(client, operation))
        assert "1 resumed. Not all batches could be listed. There may be other batches." in text
        assert "Not all batches could be listed. It timed out." in text
        assert "Stopped by Stop everything" in text
        assert "Batches that were done stay that way" in text

    def test_the_batches_come_failures_first_with_the_words_of_the_api(self, client, viewer, operator):
        operation = over(operator, dict.fromkeys(["done", "skipped", "waiting", "unconfirmed", "failed"], 1))
        client.force_login(viewer)
        html = page(client, operation).content.decode()
        order = ["failed-0", "unconfirmed-0", "waiting-0", "skipped-0", "done-0"]
        assert sorted(order, key=html.index) == order
        assert "why failed" in html
        assert 'href="/batches/failed-0/"' in html

    @pytest.mark.django_db(transaction=True)
    def test_carried_out_it_shows_its_changes_and_they_show_it(self, client, viewer, operation, campaign, operator):
        campaign.faults.add(
            faults.answer(422, {"detail": "No <i>way</i>"}), method="PUT", path="/batches/a0$", times=None
        )
        carried_out(operation)
        client.force_login(viewer)
        response = page(client, operation)
        assert "3 paused. 1 is probably still running. 1 failed." in words(response)
        assert "No <i>way</i>" in words(response)
        change = Change.objects.filter(operation=operation).latest("pk")
        assert f'href="/changes/{change.pk}/"' in response.content.decode()
        assert f'href="/operations/{operation.pk}/"' in client.get("/changes/").content.decode()
        assert "Pause campaign Flu <b>shots</b>" in words(client.get(f"/changes/{change.pk}/"))


class TestTenThousandBatches:
    @pytest.fixture
    def operation(self, operator):
        return over(operator, {"done": 9_990, "failed": 10})

    def test_its_page_stays_small_and_cheap(self, client, viewer, operation, django_assert_num_queries):
        client.force_login(viewer)
        # Two more than for one that got all: what was stopped since, and how the others were last read. Three are for
        # the silence.
        with django_assert_num_queries(16):
            response = page(client, operation)
        assert "9,990 paused. 10 are probably still running. 10 failed." in words(response)
        assert len(response.content) < 60_000
        with django_assert_num_queries(15):
            response = page(client, operation, state="done", page="200")
        assert "Page 200 of 200" in words(response)

    def test_refreshing_the_bar_costs_two_queries(self, client, viewer, operation, django_assert_num_queries):
        Operation.objects.filter(pk=operation.pk).update(state=State.RUNNING, finished_at=None)
        client.force_login(viewer)
        headers = {"HX-Request": "true", "HX-Target": "operation-progress"}
        with django_assert_num_queries(6):
            client.get(f"{OPERATIONS}{operation.pk}/?phase=open", headers=headers)

    def test_an_odd_address_gives_the_nearest_page(self, client, viewer, operation):
        client.force_login(viewer)
        for query in ({"page": "x"}, {"page": "9999"}, {"state": "odd"}, {"state": "waiting"}):
            assert page(client, operation, **query).status_code == 200, query


class TestList:
    def test_it_says_who_what_when_and_how_newest_first(self, client, viewer, operator, operation, campaign):
        made(
            operator,
            {"waiting": 2},
            scope=TargetScope.FILTER,
            campaign_id=None,
            filter={"status": "ACTIVE", "q": "2025"},
        )
        campaign.requests.clear()
        client.force_login(viewer)
        response = client.get(OPERATIONS)
        text = words(response)
        assert text.index("Pause all batches that are ACTIVE and match “2025”") < text.index("Pause campaign Flu")
        assert "operator@example.com" in text
        assert "<b>shots" not in response.content.decode()
        assert not campaign.requests

    def test_it_is_empty_at_first(self, client, viewer):
        client.force_login(viewer)
        assert "No operations yet" in words(client.get(OPERATIONS))

    def test_it_costs_the_same_however_many_there_are(self, client, viewer, operator, django_assert_num_queries):
        for _ in range(25):
            over(operator, {"done": 3})
        client.force_login(viewer)
        with django_assert_num_queries(9):
            assert "Page 1 of 2" in words(client.get(OPERATIONS))


class TestOperationActions:
    @pytest.fixture(autouse=True)
    def _logged_in(self, client, operator):
        client.force_login(operator)

    def test_abort_asks_first_and_then_ends_it_where_it_is(self, client, operator, operation):
        response = do(client, "abort", operation)
        assert response.status_code == 200
        operation.refresh_from_db()
        assert operation.state == State.WAITING
        assert do(client, "abort", operation, confirm="1").url == f"/operations/{operation.pk}/"
        operation.refresh_from_db()
        assert operation.state == State.STOPPED
        assert "Aborted by operator@example.com" in words(page(client, operation))
        for data in ({}, {"confirm": "1"}):
            response = client.post(f"{OPERATIONS}{operation.pk}/abort/", data, follow=True)
            assert "already over" in words(response)

    def test_retry_tries_what_is_left_again(self, client, operator, queued):
        operation = over(operator, {"done": 2, "failed": 1, "unconfirmed": 1})
        assert "Try 2 batches again" in words(page(client, operation))
        do(client, "retry", operation)
        operation.refresh_from_db()
        assert operation.state == State.WAITING
        assert queued() == [operation]

    def test_retry_that_another_one_is_in_the_way_of_names_it(self, client, operator, campaign):
        operation = over(operator, {"failed": 1})
        other = start(Kind.PAUSE, operator)
        response = do(client, "retry", operation)
        assert response.status_code == 409
        assert f'href="/operations/{other.pk}/"' in response.content.decode()

    def test_a_delayed_resume_asks_again_before_it_goes_on(self, client, operator, campaign, queued):
        operation = made(operator, kind=Kind.RESUME, state=State.ASKING, detail="It was delayed.")
        campaign.store.change_batch("a0", status="PAUSED")
        OperationItem.objects.create(operation=operation, batch_id="a0")
        text = words(page(client, operation))
        assert "Confirm…" in text
        assert "It was delayed." in text
        assert "Confirm and contact people" in words(do(client, "confirm", operation))
        assert not queued()
        do(client, "confirm", operation, confirm="1")
        operation.refresh_from_db()
        assert operation.state == State.WAITING
        assert queued() == [operation]

    @pytest.mark.django_db(transaction=True)
    def test_undoing_a_pause_warns_first_as_it_calls_people(self, client, operator, operation, campaign, queued):
        carried_out(operation)
        assert "Resume these batches" in words(page(client, operation))
        text = words(do(client, "undo", operation))
        assert "4 batches will be resumed" in text
        assert "8 people are still to be contacted" in text
        assert queued() == [operation]
        response = do(client, "undo", operation, confirm="1")
        undoing = Operation.objects.latest("pk")
        assert response.url == f"/operations/{undoing.pk}/"
        assert queued() == [operation, undoing]
        carried_out(undoing)
        assert {campaign.batch(f"a{number}")["status"] for number in range(4)} == {"ACTIVE"}
        assert f"Undo operation {operation.pk}" in words(page(client, undoing))

    @pytest.mark.django_db(transaction=True)
    def test_undoing_a_resume_stops_at_once(self, client, operator, campaign, queued):
        carried_out(start(Kind.PAUSE, operator))
        resume = carried_out(start(Kind.RESUME, operator))
        assert do(client, "undo", resume).status_code == 302
        assert queued()[-1].kind == Kind.PAUSE

    def test_what_cannot_be_undone_is_refused(self, client, operator):
        canceled = over(operator, {"done": 1}, kind=Kind.CANCEL, edit=EDITS[Kind.CANCEL])
        assert "Undo" not in words(page(client, canceled))
        assert do(client, "undo", canceled).status_code == 403

    def test_one_that_runs_is_stopped_before_it_is_undone(self, client, operation):
        response = do(client, "undo", operation, confirm="1")
        assert response.status_code == 403
        assert "Abort this operation first" in words(response)
