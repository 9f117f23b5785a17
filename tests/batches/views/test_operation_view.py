"""Operations over what the watcher saw: the preview fixes the batches, and only these are written."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from batches.access import Scope
from batches.models import Change, Kind, Operation, Outcome, TargetScope
from batches.selectors import sighting_preview
from tests.batches.services.factories import carried_out
from tests.batches.sightings import sighting_add, watch_state
from tests.batches.views.list_page import shown
from tests.batches.views.operation_pages import OPERATIONS, confirmed, seen, words
from tests.conftest import member_of
from tests.html import attributes, hidden, value_of
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db

PAUSE = {"kind": "pause", "scope": "filter", "expiry": "hour"}


@pytest.fixture
def watched(sandbox):
    """Have a watcher that saw four batches which expire soon, and one that does not. Syllable has them as well."""
    now = timezone.now()
    watch_state()
    soon = now + timedelta(minutes=30)
    for batch_id, status in (("a0", "ACTIVE"), ("idle", "IDLE"), ("p0", "PAUSED"), ("c0", "CANCELED")):
        sandbox.store.add_batch(batch_id, campaign_id=7, status=status, requests=3)
        sighting_add(batch_id, campaign_id=7, status=status, expires_at=soon, seen_at=now - timedelta(seconds=40))
    sandbox.store.add_batch("later", campaign_id=7, status="ACTIVE")
    sighting_add("later", campaign_id=7, expires_at=now + timedelta(days=2))
    return sandbox


@pytest.fixture
def asked(client, watched, operator):
    """Ask for an operation as an operator."""
    client.force_login(operator)
    return lambda data=PAUSE: client.post(OPERATIONS, data)


def ids(operation):
    return list(operation.items.order_by("pk").values_list("batch_id", flat=True))


@pytest.fixture
def without_stop_everything(operator):
    """Provide an operator who may not stop everything."""
    group = operator.groups.get()
    group.permissions.remove(*group.permissions.filter(codename="stop_everything"))
    return operator


class TestWho:
    def test_a_viewer_may_not(self, client, viewer, watched):
        client.force_login(viewer)
        assert client.post(OPERATIONS, PAUSE).status_code == 403

    def test_a_forged_form_starts_nothing(self, operator, watched, client):
        strict = type(client)(enforce_csrf_checks=True)
        strict.force_login(operator)
        assert strict.post(OPERATIONS, PAUSE).status_code == 403

    def test_all_that_run_are_everything_however_these_are_filtered(self, client, without_stop_everything, watched):
        client.force_login(without_stop_everything)
        everything = PAUSE | {"expiry": "", "status": ["ACTIVE", "IDLE", "PENDING"]}
        response = client.post(OPERATIONS, everything)
        assert response.status_code == 403
        assert "This filter matches every batch" in words(response)
        assert client.post(OPERATIONS, PAUSE).status_code == 200
        assert client.post(OPERATIONS, everything | {"campaign": "7"}).status_code == 200

    def test_who_may_stop_everything_needs_that_to_act_on_it_later(self, client, asked, operator, queued):
        everything = PAUSE | {"expiry": "", "status": ["ACTIVE", "IDLE"]}
        confirmed(client, everything)
        operation = Operation.objects.get()
        assert operation.needs_stop_everything
        group = operator.groups.get()
        group.permissions.remove(*group.permissions.filter(codename="stop_everything"))
        assert client.post(f"/operations/{operation.pk}/abort/", {"confirm": "1"}).status_code == 403


class TestPreview:
    def test_it_says_what_it_is_about_as_last_seen_and_asks_nobody(self, asked, watched):
        response = asked()
        assert response.status_code == 200
        text = words(response)
        assert "Pause 3 batches" in text
        assert "2 batches will be paused." in text
        assert f"saw at {timezone.now() - timedelta(seconds=40):%H:%M}" in text
        assert "1 already paused" in text
        assert not Operation.objects.exists()
        assert not watched.requests

    def test_what_is_over_is_left_out_and_told(self, asked):
        text = words(asked(PAUSE | {"expiry": "", "status": ["ACTIVE", "CANCELED"]}))
        assert "Pause 2 batches" in text
        assert "1 canceled" in text

    def test_the_bar_of_the_list_asks_for_what_the_list_shows(self, client, asked):
        listed = client.get("/batches/", {"status": ["ACTIVE", "IDLE"], "campaign": ["7", "8"], "failing": "1"})
        bar = hidden(client.get("/batches/", {"expiry": "hour", "q": "0"}), "#selected")
        assert shown(listed.content.decode()) == []
        assert {name: bar[name] for name in ("expiry", "q", "list")} == {
            "expiry": "hour",
            "q": "0",
            "list": "q=0&expiry=hour",
        }
        response = asked({"kind": "pause", "scope": "filter"} | bar)
        assert "Pause 2 batches" in words(response)
        assert "/batches/?q=0&expiry=hour" in attributes(response, ".form-actions a", "href")

    def test_a_view_of_nothing_starts_nothing(self, asked):
        response = asked(PAUSE | {"expiry": "passed"})
        assert response.status_code == 422
        assert "No batch of this view can be changed like that." in words(response)

    def test_more_than_it_fixes_have_to_be_narrowed(self, asked, monkeypatch):
        monkeypatch.setattr(sighting_preview, "MOST_FIXED", 2)
        response = asked()
        assert response.status_code == 422
        assert "can have at most 5,000 batches" in words(response)

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"expiry": "soon"}, "expiry"),
            ({"failing": "yes"}, "failing"),
            ({"campaign": ["7", "x"]}, "campaign"),
            ({"status": [str(number) for number in range(21)]}, ""),
        ],
    )
    def test_a_filter_that_cannot_be_starts_nothing(self, asked, data, field):
        response = asked(PAUSE | data)
        assert response.status_code == 422
        assert field in attributes(response, "[data-problem]", "data-problem")

    def test_what_it_costs(self, asked, django_assert_num_queries):
        asked()
        with django_assert_num_queries(10):
            asked()


class TestStart:
    def test_it_is_about_exactly_the_batches_of_the_preview_active_ones_first(self, client, asked, queued):
        preview = asked()
        sighting_add("new", expires_at=timezone.now() + timedelta(minutes=5))
        response = client.post(OPERATIONS, PAUSE | {"seen": seen(preview), "confirm": "1"})

        operation = Operation.objects.get()
        assert response.url == f"/operations/{operation.pk}/"
        assert operation.scope == TargetScope.SELECTION
        assert ids(operation) == ["a0", "idle", "p0"]
        assert queued() == [operation]
        [entry] = Entry.objects.filter(action=Action.OPERATION_STARTED)
        assert entry.body["filter"] == {"expiry": "hour"}

    @pytest.mark.django_db(transaction=True)
    def test_each_batch_is_read_anew(self, client, asked, watched):
        preview = asked()
        watched.store.change_batch("idle", status="CANCELED")
        watched.store.change_batch("p0", status="ACTIVE")
        client.post(OPERATIONS, PAUSE | {"seen": seen(preview), "confirm": "1"})
        carried_out(Operation.objects.get())

        paused = Change.objects.filter(outcome=Outcome.APPLIED).values_list("batch_id", flat=True)
        assert sorted(paused) == ["a0", "p0"]
        assert watched.batch("idle")["status"] == "CANCELED"
        assert watched.batch("later")["status"] == "ACTIVE"

    @pytest.mark.parametrize("token", ["", "forged", "of another kind", "of another view"])
    def test_nothing_starts_without_its_own_preview(self, client, asked, token):
        others = {"of another kind": PAUSE | {"kind": "resume"}, "of another view": PAUSE | {"expiry": "today"}}
        sealed = seen(asked(others[token])) if token in others else token
        response = client.post(OPERATIONS, PAUSE | {"seen": sealed, "confirm": "1"})
        assert response.status_code == 422
        assert "This preview is no longer valid." in words(response)
        assert not Operation.objects.exists()

    def test_a_problem_with_a_field_keeps_the_batches(self, client, asked):
        data = PAUSE | {"kind": "expiry"}
        preview = asked(data)
        sighting_add("new", expires_at=timezone.now() + timedelta(minutes=5))
        again = client.post(OPERATIONS, data | {"seen": seen(preview), "confirm": "1", "expires_on": "never"})
        assert again.status_code == 422
        assert value_of(again, "expires_on") == "never"
        client.post(OPERATIONS, data | {"seen": seen(again), "confirm": "1", "expires_on": "2999-01-01T10:00"})
        assert ids(Operation.objects.get()) == ["a0", "idle", "p0"]

    def test_a_cancel_asks_for_the_number_of_batches(self, client, asked):
        cancel = PAUSE | {"kind": "cancel"}
        confirmed(client, cancel, deleted_reason="Wrong list", typed="2")
        assert not Operation.objects.exists()
        confirmed(client, cancel, deleted_reason="Wrong list", typed="3")
        assert Operation.objects.get().kind == Kind.CANCEL

    def test_a_resume_says_how_many_people_it_contacts(self, asked, watched):
        text = words(asked(PAUSE | {"kind": "resume"}))
        assert "1 batch will be resumed." in text
        assert "3 people are still to be contacted." in text

    def test_as_many_as_it_fixes_fit_the_form(self, client, asked, queued):
        now = timezone.now()
        rows = [
            sighting_preview.Sighting(
                batch_id=str(uuid.UUID(int=number**7)),
                campaign_id=8,
                status="ACTIVE",
                created_at=now,
                seen_at=now,
                first_seen_at=now,
                raw={"batch_id": "x"},
                is_over=False,
            )
            for number in range(1, 5001)
        ]
        sighting_preview.Sighting.objects.bulk_create(rows, batch_size=500)
        data = {"kind": "pause", "scope": "filter", "campaign": ["8", "9"]}
        preview = asked(data)
        assert len(seen(preview)) < settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 4
        response = client.post(OPERATIONS, data | {"seen": seen(preview), "confirm": "1"})
        assert response.status_code == 302
        assert Operation.objects.get().items.count() == 5000

    def test_a_second_one_over_the_same_batches_is_refused(self, client, asked):
        confirmed(client, PAUSE)
        preview = asked()
        assert client.post(OPERATIONS, PAUSE | {"seen": seen(preview), "confirm": "1"}).status_code == 409


def test_it_keeps_to_everything_that_a_scope_covers(client, watched, monkeypatch):
    monkeypatch.setattr("batches.services.operations.permissions.scope_of", lambda user: Scope(frozenset({7})))
    client.force_login(member_of("Operators", "limited@example.com"))
    assert client.post(OPERATIONS, PAUSE).status_code == 403
