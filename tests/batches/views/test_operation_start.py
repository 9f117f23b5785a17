"""Starting an operation: the preview, what has to be confirmed, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django_tasks_db import DatabaseBackend

from batches.models import Change, Kind, Operation, State, TargetScope
from batches.selectors import preview as previewing
from batches.services.changes.update import batch_pause
from batches.services.operations.enqueue import operations_to_queue
from sandbox import faults
from syllable.schemas import BatchEdit
from tests.batches.services.factories import carried_out, start
from tests.batches.views.list_page import shown
from tests.batches.views.operation_pages import OPERATIONS, confirmed, seen, words
from tests.conftest import member_of
from tests.html import attributes, hidden

pytestmark = pytest.mark.django_db

PAUSE = {"kind": "pause", "scope": "campaign", "campaign": "7"}
RESUME = PAUSE | {"kind": "resume"}
CANCEL = PAUSE | {"kind": "cancel"}
EXPIRY = PAUSE | {"kind": "expiry"}
STOP_EVERYTHING = {"kind": "pause", "scope": "all"}


@pytest.fixture
def campaign(sandbox):
    """Provide campaign 7 with three batches that run and three that do not."""
    sandbox.store.add_campaign(id=7, campaign_name="Flu <b>shots</b>")
    for number in range(3):
        sandbox.store.add_batch(f"a{number}", campaign_id=7, status="ACTIVE", requests=2)
    sandbox.store.add_batch("paused", campaign_id=7, status="PAUSED", requests=5)
    sandbox.store.add_batch("canceled", campaign_id=7, status="CANCELED")
    sandbox.store.add_batch("expired", campaign_id=7, status="EXPIRED")
    sandbox.store.add_batch("other", campaign_id=8, status="ACTIVE")
    return sandbox


@pytest.fixture
def asked(client, campaign, operator):
    """Start an operation as an operator."""
    client.force_login(operator)
    return lambda data: client.post(OPERATIONS, data)


class TestWho:
    def test_an_anonymous_visitor_is_sent_to_the_login(self, client, sandbox):
        assert client.post(OPERATIONS, PAUSE).url.startswith("/accounts/login/")

    @pytest.mark.parametrize("data", [PAUSE, STOP_EVERYTHING | {"confirm": "1"}])
    def test_a_viewer_may_not(self, client, viewer, campaign, data):
        client.force_login(viewer)
        assert client.post(OPERATIONS, data).status_code == 403
        assert not Operation.objects.exists()
        assert not campaign.requests

    def test_somebody_without_an_email_is_told_why(self, client, campaign):
        client.force_login(member_of("Operators", None))
        response = client.post(OPERATIONS, PAUSE | {"confirm": "1"})
        assert response.status_code == 403
        assert "no email address" in words(response)

    def test_stopping_everything_takes_its_own_permission(self, client, operator, campaign):
        operator.groups.get().permissions.remove(*operator.groups.get().permissions.filter(codename="stop_everything"))
        client.force_login(operator)
        assert "Stop everything" not in words(client.get("/changes/"))
        response = client.post(OPERATIONS, STOP_EVERYTHING | {"confirm": "1"})
        assert response.status_code == 403
        assert "does not let you stop everything" in words(response)

    def test_a_forged_form_starts_nothing(self, operator, campaign, client):
        strict = type(client)(enforce_csrf_checks=True)
        strict.force_login(operator)
        assert strict.post(OPERATIONS, PAUSE | {"confirm": "1"}).status_code == 403
        assert not Operation.objects.exists()


class TestPause:
    def test_the_preview_says_how_many_it_touches_and_leaves_alone_and_starts_nothing(self, asked, campaign):
        response = asked(PAUSE)
        assert response.status_code == 200
        text = words(response)
        assert "Pause campaign Flu <b>shots</b>" in text
        assert "<b>shots" not in response.content.decode()
        assert "3 batches will be paused." in text
        assert "1 already paused" in text
        assert "1 canceled" in text
        assert "1 expired" in text
        assert not Operation.objects.exists()
        assert not campaign.requests.of("PUT")

    def test_it_costs_a_count_for_each_status_one_of_all_and_the_campaign(
        self, asked, campaign, django_assert_num_queries
    ):
        campaign.requests.clear()
        with django_assert_num_queries(5):
            asked(PAUSE)
        assert len(campaign.requests) == 6 + 1 + 1
        # And whether everything is being stopped already.
        with django_assert_num_queries(6):
            asked(STOP_EVERYTHING)

    def test_confirmed_it_starts_and_leads_to_its_page(self, client, asked, operator, queued):
        response = confirmed(client, PAUSE)
        operation = Operation.objects.get()
        assert response.url == f"/operations/{operation.pk}/"
        assert (operation.kind, operation.scope, operation.campaign_id) == (Kind.PAUSE, TargetScope.CAMPAIGN, 7)
        assert operation.campaign_name == "Flu <b>shots</b>"
        assert operation.actor == operator
        assert queued() == [operation]

    def test_confirmed_at_once_it_starts_with_the_name_of_its_campaign(self, asked):
        assert asked(PAUSE | {"confirm": "1"}).status_code == 302
        assert Operation.objects.get().campaign_name == "Flu <b>shots</b>"

    def test_a_preview_of_something_else_names_nothing(self, client, asked):
        token = seen(asked(PAUSE))
        asked(PAUSE | {"campaign": "8", "seen": token, "confirm": "1"})
        assert Operation.objects.get().campaign_name == "Campaign 8"

    def test_a_queue_that_is_away_does_not_undo_the_decision_and_the_sweep_queues_it(self, asked, queued, monkeypatch):
        def away(*args, **kwargs):
            raise ConnectionError("no queue")

        monkeypatch.setattr(DatabaseBackend, "enqueue", away)
        assert asked(PAUSE | {"confirm": "1"}).status_code == 302
        Operation.objects.update(created_at=timezone.now() - timedelta(minutes=1))
        assert operations_to_queue() == [Operation.objects.get()]

    def test_a_second_one_is_refused_with_a_link_to_the_first(self, asked):
        asked(PAUSE | {"confirm": "1"})
        first = Operation.objects.get()
        response = asked(PAUSE | {"confirm": "1"})
        assert response.status_code == 409
        assert f'href="/operations/{first.pk}/"' in response.content.decode()
        assert Operation.objects.count() == 1


class TestApiDown:
    @pytest.fixture
    def down(self, campaign, monkeypatch):
        monkeypatch.setattr(previewing, "STOP_SECONDS", 0.3)
        campaign.faults.add(faults.hang(), times=None)
        return campaign

    @pytest.mark.parametrize("data", [PAUSE, STOP_EVERYTHING])
    def test_a_stop_is_offered_although_nothing_can_be_counted(self, asked, down, data):
        text = words(asked(data))
        assert "The number of batches is not known. Syllable" in text
        assert (
            "Start now. Each batch is paused as soon as Syllable answers. Until then, running batches keep running."
            in text
        )
        assert asked(data | {"confirm": "1"}).status_code == 302

    def test_a_cancel_asks_for_the_campaign_by_its_number(self, client, asked, down):
        response = confirmed(client, CANCEL, deleted_reason="wrong list", typed="campaign 7")
        assert response.status_code == 302

    def test_a_resume_says_what_it_does_not_know(self, asked, down, operator, monkeypatch):
        monkeypatch.setattr(previewing, "EXTRAS_SECONDS", 0.3)
        pause = start(Kind.PAUSE, operator)
        Operation.objects.filter(pk=pause.pk).update(state=State.FINISHED)
        paused = {"origin": "operation", "outcome": "applied", "edit": BatchEdit(), "deadline_at": timezone.now()}
        Change.objects.create(operation=pause, campaign_id=7, batch_id="a0", **paused)
        text = words(asked(RESUME))
        assert "1 batch will be resumed" in text
        assert "The number of people still to be contacted is not known" in text

    def test_an_api_that_refuses_fails_no_page(self, asked, campaign):
        campaign.faults.add(faults.answer(401), times=None)
        assert "refused the API key" in words(asked(PAUSE))


class TestCancel:
    def test_it_asks_for_a_reason_and_for_the_name_of_the_campaign(self, asked):
        text = words(asked(CANCEL))
        assert "Canceling is final" in text
        assert "Reason for canceling" in text
        assert "Type Flu <b>shots</b> to confirm" in text
        # What is not typed yet is no mistake.
        assert "Say why" not in text

    def test_with_both_it_starts(self, client, asked):
        assert confirmed(client, CANCEL, deleted_reason=" wrong  list ", typed="flu <b>shots</b>").status_code == 302
        assert Operation.objects.get().edit.fields() == {"status": "CANCELED", "deleted_reason": "wrong list"}

    @pytest.mark.parametrize(
        ("typed", "complaint"),
        [
            ({"deleted_reason": " ", "typed": "Flu <b>shots</b>"}, "Enter a reason for canceling"),
            ({"deleted_reason": "\u200b\u2060", "typed": "Flu <b>shots</b>"}, "Enter a reason for canceling"),
            ({"deleted_reason": "wrong list", "typed": ""}, "Type exactly this"),
            ({"deleted_reason": "wrong list", "typed": "Flu"}, "Type exactly this"),
        ],
    )
    def test_without_one_of_them_nothing_starts_and_nothing_typed_is_lost(self, client, asked, typed, complaint):
        response = confirmed(client, CANCEL, **typed)
        assert response.status_code == 422
        assert complaint in words(response)
        for value in filter(str.strip, typed.values()):
            assert value.replace("<", "&lt;").replace(">", "&gt;") in response.content.decode()
        assert not Operation.objects.exists()

    def test_confirmed_without_a_preview_it_asks_for_the_name_all_the_same(self, asked):
        assert asked(CANCEL | {"deleted_reason": "x", "confirm": "1"}).status_code == 422
        assert not Operation.objects.exists()

    def test_of_a_filter_it_asks_for_the_number_of_batches(self, client, asked):
        cancel = {"kind": "cancel", "scope": "filter", "status": "ACTIVE"}
        assert confirmed(client, cancel, deleted_reason="x", typed="3").status_code == 422
        assert confirmed(client, cancel, deleted_reason="x", typed="4").status_code == 302


class TestExpiry:
    def test_it_is_read_in_the_zone_of_the_reader_which_is_written_beside_it(self, client, asked, operator):
        operator.time_zone = "America/New_York"
        operator.save()
        assert "Time zone: America/New_York" in words(asked(EXPIRY))
        assert confirmed(client, EXPIRY, expires_on="2050-01-31T12:00").status_code == 302
        assert Operation.objects.get().edit.fields() == {"expires_on": "2050-01-31T17:00:00Z"}

    @pytest.mark.parametrize(
        ("typed", "complaint"),
        [
            ("2020-01-01T00:00", "must be in the future"),
            ("soon", "Enter a date and time"),
            ("", "Enter the new expiry"),
        ],
    )
    def test_one_that_cannot_be_is_refused_and_kept(self, client, asked, typed, complaint):
        response = confirmed(client, EXPIRY, expires_on=typed)
        assert response.status_code == 422
        assert complaint in words(response)
        assert attributes(response, "[data-problem]", "data-problem") == ["expires_on"]
        assert f'value="{typed}"' in response.content.decode() or not typed
        assert not Operation.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestResume:
    def test_it_warns_of_what_it_starts_and_of_what_stays_paused(self, asked, campaign, operator):
        past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        for batch_id in ("a1", "a2"):
            campaign.store.change_batch(batch_id, expires_on=past)
        carried_out(start(Kind.PAUSE, operator))
        campaign.store.change_batch("a2", status="CANCELED")

        text = words(asked(RESUME))

        assert "This contacts people" in text
        assert "2 batches will be resumed" in text
        assert "4 people are still to be contacted" in text
        assert "1 batch is past the expiry" in text
        assert "1 batch will stay paused. No operation of this dashboard paused that batch" in text

    def test_what_was_changed_since_stays_paused(self, asked, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        campaign.store.change_batch("a0", status="ACTIVE")
        batch_pause(batch_id="a0", actor=operator)
        text = words(asked(RESUME))
        assert "2 batches will be resumed" in text
        assert "2 batches will stay paused" in text

    def test_it_says_that_it_is_out_of_calling_hours(self, asked, campaign, operator):
        campaign.store.add_campaign(
            id=9, campaign_name="Night", daily_start_time="00:00:00", daily_end_time="00:00:01", timezone="Asia/Tokyo"
        )
        campaign.store.add_batch("night", campaign_id=9, status="ACTIVE", requests=1)
        carried_out(start(Kind.PAUSE, operator, campaign_id=9))
        assert "Contact hours are closed until" in words(asked(RESUME | {"campaign": "9"}))

    def test_nothing_to_resume_cannot_be_started(self, asked, campaign):
        text = words(asked(RESUME | {"campaign": "8"}))
        assert "0 batches will be resumed" in text
        assert "No batch needs this" in text
        assert "people" not in text


class TestSelection:
    def test_the_selected_ones_are_read_with_the_page_they_were_selected_on(self, asked, campaign):
        campaign.requests.clear()
        response = asked(
            {"kind": "pause", "scope": "selection", "batch": ["a0", "a1", "canceled"], "list": "campaign=7&limit=50"}
        )
        assert "2 batches will be paused." in words(response)
        assert "1 canceled" in words(response)
        assert len(campaign.requests) == 1

    def test_those_that_are_elsewhere_by_now_are_read_alone(self, asked, campaign):
        campaign.requests.clear()
        response = asked({"kind": "pause", "scope": "selection", "batch": ["a0", "gone"], "list": "status=PAUSED"})
        assert "1 batch will be paused." in words(response)
        assert "1 no longer known to Syllable" in words(response)
        assert len(campaign.requests) == 3

    def test_more_than_can_be_read_soon_are_not_counted(self, asked, campaign):
        response = asked({"kind": "pause", "scope": "selection", "batch": [f"n{number}" for number in range(30)]})
        assert "10 batches could not be read" in words(response)

    def test_they_start_as_items(self, client, asked):
        confirmed(client, {"kind": "pause", "scope": "selection", "batch": ["a0", "a0", "a1"]})
        assert sorted(Operation.objects.get().items.values_list("batch_id", flat=True)) == ["a0", "a1"]


class TestFilter:
    def test_all_that_match_are_counted_and_started_with_the_same_filter(self, client, asked):
        data = {"kind": "pause", "scope": "filter", "status": "ACTIVE", "campaign": "7", "q": "a"}
        assert "3 batches will be paused." in words(asked(data))
        confirmed(client, data)
        assert Operation.objects.get().filter == {"status": "ACTIVE", "campaign": "7", "q": "a"}

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("typed", ["active", "Active", " ACTIVE ", "\tactive\n"])
    def test_a_status_means_the_same_to_the_list_and_to_all_that_match(self, client, asked, campaign, typed):
        listed = client.get("/batches/", {"status": typed, "campaign": "7"}).content.decode()
        assert shown(listed) == ["a2", "a1", "a0"]
        bar = {name: hidden(listed, "#selected")[name] for name in ("list", "status", "campaign")}
        for data in (bar, {"status": typed, "campaign": "7"}):
            asked({"kind": "pause", "scope": "filter", "confirm": "1"} | data)
            operation = Operation.objects.first()
            assert operation.filter["status"] == "ACTIVE"
            carried_out(operation)
            assert sorted(operation.items.values_list("batch_id", flat=True)) == ["a0", "a1", "a2"]
            for batch_id in ("a0", "a1", "a2"):
                assert campaign.batch(batch_id)["status"] == "PAUSED"
                campaign.store.change_batch(batch_id, status="ACTIVE")

    def test_a_status_that_nobody_knows_stays_as_it_was_typed(self, client, asked, campaign):
        campaign.store.change_batch("a1", status="throttled")
        assert shown(client.get("/batches/", {"status": "throttled"}).content.decode()) == ["a1"]
        asked({"kind": "pause", "scope": "filter", "status": "throttled", "confirm": "1"})
        assert Operation.objects.get().filter["status"] == "throttled"


class TestUnclear:
    @pytest.mark.parametrize(
        ("data", "complaint", "field"),
        [
            ({}, "Choose an action", "kind"),
            ({"kind": "delete", "scope": "all"}, "Choose an action", "kind"),
            ({"kind": "pause", "scope": "world"}, "Choose which batches", "scope"),
            ({"kind": "pause", "scope": "campaign"}, "A campaign id must be a number", "campaign"),
            ({"kind": "pause", "scope": "filter", "campaign": "x"}, "A campaign id must be a number", "campaign"),
            ({"kind": "pause", "scope": "filter", "campaign": "007"}, "A campaign id must be a number", "campaign"),
            ({"kind": "pause", "scope": "filter", "campaign": "None"}, "A campaign id must be a number", "campaign"),
            ({"kind": "pause", "scope": "campaign", "campaign": "None"}, "A campaign id must be a number", "campaign"),
            ({"kind": "pause", "scope": "selection"}, "No batches selected", ""),
            ({"kind": "pause", "scope": "selection", "batch": ["\x00"]}, "an id that this dashboard cannot store", ""),
            ({"kind": "pause", "scope": "selection", "batch": [str(n) for n in range(501)]}, "at most 500", ""),
        ],
    )
    def test_it_says_what_is_missing(self, asked, data, complaint, field):
        response = asked(data | {"confirm": "1"})
        assert response.status_code == 422
        assert complaint in words(response)
        assert field in attributes(response, "[data-problem]", "data-problem")
        assert not Operation.objects.exists()

    @pytest.mark.parametrize("kind", ["resume", "cancel", "expiry"])
    def test_everything_can_only_be_paused(self, asked, kind):
        assert asked({"kind": kind, "scope": "all", "confirm": "1"}).status_code == 403
