"""What the pages of operations say and offer: what still calls comes first, and what is red stops calls."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import Change, ItemState, Kind, Operation, OperationItem, Outcome, State, TargetScope
from batches.services.changes.update import batch_resume
from sandbox import faults
from syllable.schemas import BatchEdit
from tests.batches.services.factories import EDITS, carried_out, start
from tests.batches.views.operation_pages import OPERATIONS, words
from tests.conftest import member_of
from tests.html import attributes, outcomes, parsed, texts

pytestmark = pytest.mark.django_db

OVER = {"state": State.FINISHED, "finished_at": timezone.now()}
ABORTED = {"state": State.STOPPED, "finished_at": timezone.now(), "stopped_by_email": "operator@example.com"}
RUNNING = {"state": State.RUNNING}
STOP_EVERYTHING = {"kind": "pause", "scope": "all"}


@pytest.fixture
def made(operator):
    """Create an operation in the database, with batches of these standings."""

    def made(kind=Kind.PAUSE, items=None, **fields):
        edit = EDITS.get(kind, EDITS[Kind.PAUSE])
        given = {"scope": TargetScope.CAMPAIGN, "campaign_id": 7, "edit": edit, "listed_at": timezone.now()} | fields
        started = {"started_at": timezone.now() - timedelta(minutes=1)} | given
        operation = Operation.objects.create(kind=kind, actor=operator, actor_email=operator.email, **started)
        OperationItem.objects.bulk_create(
            OperationItem(operation=operation, batch_id=f"{state}-{number}", state=state)
            for state, count in (items or {}).items()
            for number in range(count)
        )
        return operation

    return made


@pytest.fixture
def opened(client, operator):
    """Open the page of an operation as an operator."""
    client.force_login(operator)
    return lambda operation, **query: client.get(f"{OPERATIONS}{operation.pk}/", query)


def post(client, operation, what, **data):
    return client.post(f"{OPERATIONS}{operation.pk}/{what}/", data)


def buttons(response, css_class):
    """Return the words of the page's buttons with this class."""
    return texts(response, f"button.btn.{css_class}, a.btn.{css_class}")


class TestWhatIsRed:
    @pytest.mark.parametrize("kind", [Kind.PAUSE, Kind.CANCEL, Kind.EXPIRY])
    def test_on_what_runs_it_is_stop_everything_alone_and_aborting_is_quiet(self, opened, made, kind):
        response = opened(made(kind, {"waiting": 3}, **RUNNING))
        assert buttons(response, "btn-danger") == ["Stop allStop everything"]
        assert buttons(response, "btn-link") == ["Abort…"]

    def test_an_emergency_stop_is_no_exception(self, opened, made):
        response = opened(made(Kind.PAUSE, {"waiting": 3}, scope=TargetScope.ALL, campaign_id=None, **RUNNING))
        assert buttons(response, "btn-danger") == ["Stop allStop everything"]
        assert response.content.decode().count("icon-hand-stop") == 1

    def test_on_a_resume_that_runs_it_is_stop_calling_as_well(self, opened, made):
        response = opened(made(Kind.RESUME, {"waiting": 3}, **RUNNING))
        assert buttons(response, "btn-danger") == ["Stop allStop everything", "Stop and pause"]
        assert buttons(response, "btn-link") == ["Abort…"]

    def test_a_resume_that_asks_starts_nothing_at_a_click(self, opened, made):
        response = opened(made(Kind.RESUME, {"waiting": 3}, state=State.ASKING))
        assert buttons(response, "btn-danger") == ["Stop allStop everything"]
        assert buttons(response, "btn-primary") == ["Confirm…"]
        assert buttons(response, "btn-link") == ["Abort…"]

    def test_a_resume_that_asks_and_may_have_called_somebody_has_its_red_button(self, opened, made):
        response = opened(made(Kind.RESUME, {"waiting": 3, "done": 1}, state=State.ASKING))
        assert buttons(response, "btn-danger") == ["Stop allStop everything", "Stop and pause"]
        assert buttons(response, "btn-primary") == ["Confirm…"]

    def test_who_may_not_stop_everything_has_nothing_red(self, client, made, operator):
        operator.groups.get().permissions.remove(*operator.groups.get().permissions.filter(codename="stop_everything"))
        client.force_login(operator)
        response = client.get(f"{OPERATIONS}{made(Kind.PAUSE, {'waiting': 3}, **RUNNING).pk}/")
        assert buttons(response, "btn-danger") == []


class TestTheQuestionBeforeAborting:
    @pytest.mark.parametrize(
        ("kind", "items", "fields", "said"),
        [
            (Kind.PAUSE, {"waiting": 61}, {}, "61 batches keep running."),
            (Kind.PAUSE, {"waiting": 1, "done": 2}, {}, "1 batch keeps running. 2 batches stay paused."),
            (Kind.PAUSE, {"waiting": 1, "failed": 1}, {}, "2 batches keep running."),
            (Kind.PAUSE, {}, {}, "Nothing has been paused yet. Every running batch keeps running."),
            (Kind.PAUSE, {"waiting": 2}, {"listed_at": None}, "Batches not found yet keep running too."),
            (Kind.PAUSE, {"done": 2}, {}, "All batches found so far are paused. Any other batch keeps running."),
            (Kind.CANCEL, {"waiting": 3}, {}, "3 batches are not canceled. Running batches keep running."),
            (Kind.RESUME, {"waiting": 3, "done": 2}, {}, "2 batches already resumed keep running. 3 batches stay"),
            (Kind.RESUME, {"unconfirmed": 1}, {}, "1 batch may be running (not confirmed)."),
            (Kind.EXPIRY, {"waiting": 3}, {}, "3 batches keep the current expiry."),
        ],
    )
    def test_it_says_what_goes_on(self, client, opened, made, kind, items, fields, said):
        operation = made(kind, items, **RUNNING | fields)
        opened(operation)
        assert said in words(post(client, operation, "abort"))

    @pytest.mark.parametrize("kind", [Kind.PAUSE, Kind.CANCEL, Kind.EXPIRY, Kind.RESUME])
    def test_to_keep_on_is_the_choice_at_hand(self, client, opened, made, kind):
        operation = made(kind, {"waiting": 3}, **RUNNING)
        opened(operation)
        response = post(client, operation, "abort")
        html = response.content.decode()
        (keep,) = buttons(response, "btn-primary")
        assert keep.startswith("Keep ")
        assert f'<a class="btn btn-primary" href="/operations/{operation.pk}/" autofocus>' in html
        assert html.index("Keep ") < html.index(">Abort<")
        red = ["Stop allStop everything"] + (["Stop and pause"] if kind == Kind.RESUME else [])
        assert buttons(response, "btn-danger") == red

    @pytest.mark.parametrize(("items", "red"), [({"waiting": 3}, []), ({"done": 1, "waiting": 2}, ["Stop and pause"])])
    def test_a_resume_that_asks_may_have_called_somebody_already(self, client, opened, made, items, red):
        operation = made(Kind.RESUME, items, state=State.ASKING)
        opened(operation)
        response = post(client, operation, "abort")
        assert buttons(response, "btn-primary") == ["Go back"]
        assert buttons(response, "btn-danger") == ["Stop allStop everything", *red]

    def test_it_works_with_a_form_of_its_own(self, client, opened, made):
        operation = made(Kind.PAUSE, {"waiting": 3}, **RUNNING)
        opened(operation)
        html = post(client, operation, "abort").content.decode()
        form = html[html.index(f'action="/operations/{operation.pk}/abort/"') :]
        assert '<input type="hidden" name="confirm" value="1">' in form[: form.index("</form>")]


class TestStopEverythingTwice:
    @pytest.mark.parametrize("data", [{}, {"confirm": "1"}])
    def test_it_leads_to_the_one_that_runs(self, client, opened, made, sandbox, data):
        stop = made(Kind.PAUSE, {"waiting": 3}, scope=TargetScope.ALL, campaign_id=None, **RUNNING)
        opened(stop)
        response = client.post(OPERATIONS, STOP_EVERYTHING | data, follow=True)
        assert response.redirect_chain == [(f"/operations/{stop.pk}/", 302)]
        assert "This operation is already stopping everything" in words(response)
        assert Operation.objects.count() == 1

    def test_once_that_is_over_it_starts_anew(self, client, opened, made, sandbox):
        opened(made(Kind.PAUSE, {"failed": 3}, scope=TargetScope.ALL, campaign_id=None, **OVER))
        assert client.post(OPERATIONS, STOP_EVERYTHING | {"confirm": "1"}).status_code == 302
        assert Operation.objects.count() == 2

    def test_what_is_in_the_way_does_not_suggest_to_stop_a_stop(self, client, opened, made, sandbox):
        opened(made(Kind.PAUSE, {"waiting": 3}, scope=TargetScope.ALL, campaign_id=None, **RUNNING))
        data = {"kind": "resume", "scope": "campaign", "campaign": "7", "confirm": "1"}
        response = client.post(OPERATIONS, data)
        assert response.status_code == 409
        assert "Try again when this operation is over" in words(response)
        assert "stop it on its page" not in words(response)


class TestWhileAStopRuns:
    @pytest.mark.parametrize(
        ("kind", "items", "fields", "said"),
        [
            (
                Kind.PAUSE,
                {},
                {"started_at": None},
                "Nothing paused yet. Batches keep running. Waiting for a worker.",
            ),
            (Kind.PAUSE, {}, {}, "Nothing paused yet. Batches keep running. Finding batches…"),
            (Kind.PAUSE, {"waiting": 61}, {}, "Nothing paused yet. Batches keep running. 61 batches to pause."),
            (Kind.PAUSE, {"waiting": 57, "done": 4}, {"detail": "No answer."}, "4 paused. 57 still running."),
            (Kind.PAUSE, {"failed": 2, "done": 4}, {"state": State.WAITING}, "4 paused. 2 still running. 2 failed."),
            (Kind.CANCEL, {"waiting": 2}, {}, "Nothing canceled yet. Batches keep running."),
            (Kind.CANCEL, {"waiting": 2, "done": 1}, {"detail": "No answer."}, "1 canceled. 2 not canceled yet."),
        ],
    )
    def test_what_calls_while_it_waits_is_loud_and_comes_first(self, opened, made, kind, items, fields, said):
        response = opened(made(kind, items, **RUNNING | fields))
        assert said in words(response)
        html = response.content.decode()
        assert "operation-loud" in html
        assert html.index("operation-loud") < html.index("operation-numbers")

    @pytest.mark.parametrize(
        ("items", "said"),
        [
            ({"waiting": 57, "done": 4}, "4 paused. 57 still running."),
            ({"done": 4}, "4 paused. Finding more…"),
            ({"skipped": 4}, "Nothing had to be paused so far."),
        ],
    )
    def test_once_it_goes_on_it_is_said_plainly(self, opened, made, items, said):
        response = opened(made(Kind.PAUSE, items, **RUNNING))
        assert said in words(response)
        assert "operation-loud" not in response.content.decode()

    def test_a_resume_has_nothing_to_shout(self, opened, made):
        response = opened(made(Kind.RESUME, {"waiting": 8, "done": 4}, detail="No answer.", **RUNNING))
        assert "Resuming 12 batches: 4 resumed, 8 to go." in words(response)
        assert "operation-loud" not in response.content.decode()


class TestTakenInPart:
    def test_it_is_never_finished_to_a_hundred_percent(self, client, opened, made):
        response = opened(made(Kind.PAUSE, {"done": 10, "failed": 3}, **OVER))
        text = words(response)
        assert "10 paused. 3 are probably still running." in text
        assert '<span class="app-badge app-badge-red">Partly done</span>' in response.content.decode()
        assert "Finished" not in text
        assert "76 % done" in text
        assert 'aria-valuenow="76"' in response.content.decode()
        listed = client.get(OPERATIONS)
        assert "10 paused. 3 are probably still running." in words(listed)
        assert "Partly done" in words(listed)

    @pytest.mark.parametrize(
        ("items", "fields", "badge", "colour"),
        [
            ({"failed": 3}, OVER, "Not done", "red"),
            ({"done": 2, "waiting": 3}, ABORTED, "Aborted", "red"),
            ({}, ABORTED, "Aborted", "red"),
            ({"done": 2}, ABORTED, "Aborted", "yellow"),
            ({"done": 2}, OVER | {"unlisted": "No."}, "Partly done", "red"),
            ({"done": 2}, OVER, "Finished", "green"),
            ({"skipped": 2}, OVER, "Finished", "gray"),
        ],
    )
    def test_the_badge_of_a_pause_says_how_it_ended(self, opened, made, items, fields, badge, colour):
        html = opened(made(Kind.PAUSE, items, **fields)).content.decode()
        assert f'<span class="app-badge app-badge-{colour}">{badge}</span>' in html

    def test_a_resume_that_a_stop_ended_was_stopped(self, opened, made):
        stop = made(Kind.PAUSE, **RUNNING)
        ended = {"state": State.STOPPED, "finished_at": timezone.now(), "stopped_by": stop}
        html = opened(made(Kind.RESUME, {"waiting": 2}, **ended)).content.decode()
        assert '<span class="app-badge app-badge-yellow">Stopped</span>' in html

    def test_how_much_there_is_is_not_claimed_where_not_all_could_be_listed(self, opened, made):
        response = opened(made(Kind.PAUSE, {"done": 2}, unlisted="It timed out.", **OVER))
        assert "100 %" not in words(response)
        assert "operation-bar" not in response.content.decode()
        assert "Find batches again" in words(response)

    @pytest.mark.parametrize(
        ("kind", "items", "said"),
        [
            (
                Kind.PAUSE,
                {"done": 100},
                "100 paused. The operation ended early. Other batches are probably still running.",
            ),
            (
                Kind.PAUSE,
                {"done": 4, "waiting": 2},
                "4 paused. 2 are probably still running. The operation ended early.",
            ),
            (
                Kind.CANCEL,
                {"done": 4, "waiting": 2},
                "4 canceled. 2 were not canceled and may still be running. The operation ended early.",
            ),
        ],
    )
    def test_a_stop_that_was_aborted_while_it_looked_for_batches_has_not_stopped_all(
        self, opened, made, kind, items, said
    ):
        response = opened(made(kind, items, listed_at=None, **ABORTED))
        assert said in words(response)
        assert "100 %" not in words(response)
        assert '<span class="app-badge app-badge-red">Aborted</span>' in response.content.decode()
        left = "Try 2 batches again" if "waiting" in items else "Find batches again"
        assert left in words(response)

    def test_what_ended_says_nothing_of_going_on(self, client, opened, made):
        detail = "Syllable is not answering. This operation continues when Syllable answers."
        operation = made(Kind.PAUSE, {"done": 1, "waiting": 2}, detail=detail, **ABORTED)
        stopped = made(Kind.RESUME, {"waiting": 2}, detail=detail, state=State.STOPPED, stopped_by=operation)
        for one in (operation, stopped):
            assert "continues by itself" not in words(opened(one))
            assert "Waiting" not in words(opened(one))
        assert "continues by itself" not in words(client.get(OPERATIONS))

    def test_what_ended_by_itself_says_why(self, opened, made):
        operation = made(Kind.PAUSE, {"waiting": 2}, detail="Nobody can do this any more.", state=State.STOPPED)
        assert "Nobody can do this any more." in words(opened(operation))

    def test_its_numbers_can_be_read_by_machine(self, opened, made):
        items = {"done": 5, "failed": 4, "unconfirmed": 3, "skipped": 2, "waiting": 1}
        [progress] = parsed(opened(made(Kind.PAUSE, items, **ABORTED))).css("[data-state]")
        assert progress.attributes["data-state"] == "stopped"
        numbers = {name: progress.attributes[f"data-{name}"] for name in ("done", "failed", "unconfirmed", "skipped")}
        assert numbers == {"done": "5", "failed": "4", "unconfirmed": "3", "skipped": "2"}


@pytest.mark.django_db(transaction=True)
class TestWhatProbablyStillCalls:
    @pytest.fixture
    def campaign(self, sandbox):
        for number in range(4):
            sandbox.store.add_batch(f"a{number}", campaign_id=7, status="ACTIVE", requests=2)
        sandbox.faults.add(faults.answer(400), method="PUT", path="/batches/a[12]$")
        sandbox.faults.add(faults.answer(400), method="PUT", path="/batches/a[12]$")
        return sandbox

    @pytest.fixture
    def pause(self, campaign, operator):
        return carried_out(start(Kind.PAUSE, operator))

    def row(self, response, batch_id):
        return parsed(response).css_first(f'tbody tr:has([href="/batches/{batch_id}/"])')

    def buttons(self, response):
        """Where the rows' buttons lead to, in the order of the rows."""
        return attributes(response, "tbody tr form", "action")

    def test_each_comes_first_with_how_it_was_last_read_and_a_button(self, client, opened, pause):
        response = opened(pause)
        assert "2 paused. 2 are probably still running." in words(response)
        assert self.buttons(response) == ["/batches/a1/pause/", "/batches/a2/pause/"]
        assert [bool(row.css_first("form")) for row in parsed(response).css("tbody tr")] == [True, True, False, False]
        for batch_id in ("a1", "a2"):
            assert self.row(response, batch_id).css('[data-status="ACTIVE"] abbr[title]')

    def test_one_click_stops_one_and_everything_says_so(self, client, opened, pause, campaign):
        opened(pause)
        address = f"/operations/{pause.pk}/"
        response = client.post("/batches/a1/pause/", {"next": address}, follow=True)
        assert response.redirect_chain[0][0].startswith(f"{address}?change=")
        assert campaign.batch("a1")["status"] == "PAUSED"
        text = words(response)
        assert outcomes(response) == ["applied"]
        assert "2 paused. 1 is probably still running. 2 failed. 1 paused or canceled later." in text
        assert self.row(response, "a1").css('[data-status="PAUSED"]')
        assert self.buttons(response) == ["/batches/a2/pause/"]
        assert "1 is probably still running." in words(client.get(OPERATIONS))

        response = client.post("/batches/a2/pause/", {"next": address}, follow=True)
        assert "2 paused. The others were stopped later." in words(response)
        assert "Finished" in words(response)

    def test_what_was_let_go_on_since_calls_again(self, client, opened, pause, operator):
        opened(pause)
        client.post("/batches/a1/pause/")
        batch_resume(batch_id="a1", actor=operator)
        assert "2 are probably still running." in words(opened(pause))

    def test_who_may_not_pause_gets_no_button(self, client, viewer, pause):
        client.force_login(viewer)
        response = client.get(f"{OPERATIONS}{pause.pk}/")
        assert "ACTIVE" in attributes(response, "[data-status]", "data-status")
        assert not self.buttons(response)

    def test_what_was_not_reached_has_its_button_once_the_pause_is_over(self, opened, made):
        running = made(Kind.PAUSE, {"waiting": 1}, **RUNNING)
        assert "/pause/" not in opened(running).content.decode()
        assert "/batches/waiting-0/pause/" in opened(made(Kind.PAUSE, {"waiting": 1}, **ABORTED)).content.decode()

    def test_a_resume_in_doubt_can_be_paused(self, opened, made):
        resume = made(Kind.RESUME, {"unconfirmed": 1, "failed": 1}, **OVER)
        change = Change.objects.create(
            operation=resume,
            batch_id="unconfirmed-0",
            outcome=Outcome.UNCONFIRMED,
            edit=BatchEdit(),
            deadline_at=timezone.now(),
        )
        resume.items.filter(state=ItemState.UNCONFIRMED).update(change=change)
        html = opened(resume).content.decode()
        assert "/batches/unconfirmed-0/pause/" in html
        assert "/batches/failed-0/pause/" not in html


class TestTheHeader:
    def test_stop_everything_is_red_wherever_it_stands(self, client, sandbox):
        client.force_login(member_of("Operators", "other@example.com"))
        for address in ("/batches/", "/changes/", "/operations/", "/accounts/profile/"):
            assert buttons(client.get(address), "btn-danger")[0] == "Stop allStop everything"


class TestWhatTheyCost:
    """One query more than its row says in docs/architecture.md is one too many."""

    @pytest.fixture
    def in_part(self, client, operator, made):
        client.force_login(operator)
        return made(Kind.PAUSE, {"done": 10, "failed": 3}, **OVER)

    def test_what_a_stop_did_not_get_is_asked_for_once(self, client, in_part, django_assert_num_queries):
        with django_assert_num_queries(16):
            client.get(f"{OPERATIONS}{in_part.pk}/")

    def test_the_list_asks_for_it_once_for_all(self, client, in_part, made, django_assert_num_queries):
        for _ in range(3):
            made(Kind.PAUSE, {"done": 1, "failed": 1}, **OVER)
        with django_assert_num_queries(10):
            client.get(OPERATIONS)

    def test_the_question_before_aborting_is_cheap(self, client, in_part, made, sandbox, django_assert_num_queries):
        running = made(Kind.PAUSE, {"waiting": 3}, **RUNNING)
        with django_assert_num_queries(8):
            post(client, running, "abort")
        assert not sandbox.requests
