"""The expiry as it is typed: hours that the clocks show twice or never, and zones that change on the way."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.signing import dumps
from django.urls import reverse
from django.utils import timezone

from batches.forms.batch import REVIEW_SALT, BatchForm
from batches.models import Change, Operation
from batches.services.changes.update import batch_edit
from syllable.contracts import CONTRACTS
from syllable.schemas import Batch, BatchEdit, Timestamp
from tests.batches.views.edit_page import EditPage
from tests.batches.views.operation_pages import OPERATIONS, seen
from tests.html import hidden

pytestmark = pytest.mark.django_db

ID = "20261123.9"
ABLE = CONTRACTS["2025-04"].abilities
# 01:30 of the same night, an hour apart.
FIRST, SECOND = "2036-11-02T05:30:00Z", "2036-11-02T06:30:00Z"
TWICE, NEVER = "2036-11-02T01:30", "2036-03-09T02:30"


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch(ID, status="ACTIVE", expires_on="2036-01-01T00:00:30.25Z")
    return sandbox


@pytest.fixture
def reader(client, batch, operator):
    """Somebody in New York."""
    client.force_login(operator)
    move_to(operator, "America/New_York")
    return client


def move_to(person, zone):
    person.time_zone = zone
    person.save()


def text(response):
    return response.content.decode()


def confirm(client, review, **typed):
    return client.post(reverse("batches:batch_edit", args=[ID]), hidden(review) | typed)


def wanted(response):
    return {step.field: step.after for step in response.context["steps"]}


class TestAnHourThatComesTwice:
    @pytest.mark.parametrize("expires_on", [FIRST, SECOND])
    def test_a_batch_that_expires_in_it_can_be_edited_and_keeps_it(self, reader, batch, expires_on):
        batch.store.change_batch(ID, expires_on=expires_on)
        page = EditPage(reader, ID)
        assert page.typed["expires_on"] == TWICE
        assert wanted(page.post(status="PAUSED")) == {"status": "PAUSED"}
        assert page.confirm(status="PAUSED").status_code == 302
        assert batch.batch(ID)["expires_on"] == expires_on

    @pytest.mark.parametrize(("expires_on", "name"), [(FIRST, "EDT"), (SECOND, "EST")])
    def test_the_form_says_which_one_it_is(self, reader, batch, expires_on, name):
        batch.store.change_batch(ID, expires_on=expires_on)
        html = text(reader.get(reverse("batches:batch", args=[ID])))
        assert f"Current expiry: 2036-11-02 01:30:00 {name}. The expiry stays unless you change it." in html

    def test_choosing_it_asks_which_one_with_the_offset_of_each(self, reader):
        response = EditPage(reader, ID).post(expires_on=TWICE, status="PAUSED")
        assert response.status_code == 422
        html = text(response)
        assert "The clocks in America/New_York show 01:30 twice on this day" in html
        assert "Which time?" in html
        assert '<option value="-04:00">The first: 01:30 EDT (UTC-04:00)</option>' in html
        assert '<option value="-05:00">The second: 01:30 EST (UTC-05:00)</option>' in html
        assert f'value="{TWICE}"' in html
        assert '<option value="PAUSED" selected>' in html

    @pytest.mark.parametrize(("offset", "expires_on"), [("-04:00", FIRST), ("-05:00", SECOND)])
    def test_the_one_that_is_chosen_is_reviewed_and_written(self, reader, batch, offset, expires_on):
        review = EditPage(reader, ID).post(expires_on=TWICE, expires_on_offset=offset)
        assert wanted(review) == {"expires_on": expires_on}
        assert confirm(reader, review).status_code == 302
        assert batch.batch(ID)["expires_on"] == expires_on

    @pytest.mark.parametrize("offset", ["", "-06:00", "nonsense"])
    def test_another_offset_is_asked_for_again(self, reader, offset):
        assert EditPage(reader, ID).post(expires_on=TWICE, expires_on_offset=offset).status_code == 422

    def test_an_offset_means_nothing_for_any_other_hour(self, reader):
        review = EditPage(reader, ID).post(expires_on="2036-11-02T03:30", expires_on_offset="-04:00")
        assert wanted(review) == {"expires_on": "2036-11-02T08:30:00Z"}

    def test_an_operation_asks_as_well(self, reader):
        expiry = {"kind": "expiry", "scope": "selection", "batch": ID}
        token = seen(reader.post(OPERATIONS, expiry))
        started = {**expiry, "seen": token, "confirm": "1", "expires_on": TWICE}
        response = reader.post(OPERATIONS, started)
        assert response.status_code == 422
        assert "The second: 01:30 EST (UTC-05:00)" in text(response)
        assert reader.post(OPERATIONS, started | {"expires_on_offset": "-05:00"}).status_code == 302
        assert Operation.objects.get().edit.fields() == {"expires_on": SECOND}


def test_an_hour_that_never_comes_gets_a_sentence_and_stays_typed(reader):
    response = EditPage(reader, ID).post(expires_on=NEVER)
    assert response.status_code == 422
    assert "The clocks in America/New_York go forward on this day, so there is no 02:30." in text(response)
    assert f'value="{NEVER}"' in text(response)


@pytest.mark.parametrize(
    ("typed", "zone"), [("9999-12-31T23:59", "America/New_York"), ("0001-01-01T00:00", "Asia/Tokyo")]
)
def test_an_expiry_outside_all_years_gets_a_sentence(reader, operator, typed, zone):
    move_to(operator, zone)
    response = EditPage(reader, ID).post(expires_on=typed)
    assert response.status_code == 422
    assert "Choose a year between 1 and 9999" in text(response)


def quick(batch):
    """Return the quick choices by their labels."""
    form = BatchForm(batch_id=ID, batch=batch, abilities=ABLE)
    return {label: value for label, value, _ in form.quick_expiries}


def test_quick_choices_that_add_count_from_the_expiry_that_is_shown(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2036, 6, 1, 12, tzinfo=UTC))
    with timezone.override(ZoneInfo("America/New_York")):
        shown = quick(Batch(batch_id=ID, expires_on=Timestamp.read("2036-06-10T21:30:00Z")))
        passed = quick(Batch(batch_id=ID, expires_on=Timestamp.read("2036-05-01T00:00:00Z")))

    assert (shown["+1 hour"], shown["+1 day"]) == ("2036-06-10T18:30", "2036-06-11T17:30")
    assert shown["+1 week"] == "2036-06-17T17:30"
    assert shown["End of today"] == passed["End of today"] == "2036-06-01T23:59"
    assert passed["+1 day"] == "2036-06-02T08:00"


@pytest.mark.parametrize("at", ["2036-03-09T06:45:00Z", "2036-11-02T04:45:00Z", "2036-03-08T07:30:00Z"])
def test_no_quick_choice_is_an_hour_that_never_comes(monkeypatch, at):
    now, zone = datetime.fromisoformat(at), ZoneInfo("America/New_York")
    monkeypatch.setattr(timezone, "now", lambda: now)
    with timezone.override(zone):
        choices = quick(Batch())
    for typed in choices.values():
        local = datetime.fromisoformat(typed).replace(tzinfo=zone)
        assert local.astimezone(UTC).astimezone(zone).strftime("%H:%M") == local.strftime("%H:%M")
    assert choices["+1 hour"] == (now + timedelta(hours=1)).astimezone(zone).strftime("%Y-%m-%dT%H:%M")


class TestTheZoneChangesOnTheWay:
    def test_what_was_reviewed_is_written_whatever_zone_is_chosen_meanwhile(self, reader, batch, operator):
        review = EditPage(reader, ID).post(expires_on="2036-06-01T08:00")
        assert wanted(review) == {"expires_on": "2036-06-01T12:00:00Z"}
        move_to(operator, "Asia/Tokyo")
        assert confirm(reader, review).status_code == 302
        assert batch.batch(ID)["expires_on"] == "2036-06-01T12:00:00Z"

    def test_what_was_typed_is_read_in_the_zone_that_stood_beside_it(self, reader, operator):
        page = EditPage(reader, ID)
        move_to(operator, "Asia/Tokyo")
        assert wanted(page.post(expires_on="2036-06-01T08:00")) == {"expires_on": "2036-06-01T12:00:00Z"}
        refused = text(page.post(expires_on="2020-06-01T08:00"))
        assert "Time zone: America/New_York" in refused
        assert wanted(page.post(status="PAUSED")) == {"status": "PAUSED"}

    def test_what_is_sent_from_a_conflict_is_what_it_showed(self, reader, batch, operator):
        page = EditPage(reader, ID)
        batch.store.change_batch(ID, expires_on="2038-01-01T00:00:00Z")
        conflict = page.confirm(expires_on="2036-06-01T08:00")
        assert conflict.status_code == 409
        move_to(operator, "Asia/Tokyo")
        assert confirm(reader, conflict).status_code == 302
        assert batch.batch(ID)["expires_on"] == "2036-06-01T12:00:00Z"

    def test_an_undo_that_conflicts_gives_back_the_very_moment(self, reader, batch, operator):
        moved = BatchEdit(expires_on=Timestamp.read("2037-01-01T00:00:00Z"))
        loaded = {"expires_on": "2036-01-01T00:00:30.25Z"}
        change = batch_edit(batch_id=ID, edit=moved, actor=operator, loaded=loaded).change
        batch.store.change_batch(ID, expires_on="2038-01-01T00:00:00Z")
        conflict = reader.post(reverse("batches:change_undo", args=[change.pk]), {"confirm": "1"})
        assert conflict.status_code == 409
        assert confirm(reader, conflict).status_code == 302
        same = Timestamp.read("2036-01-01T00:00:30.25Z")
        assert Batch.read(batch.batch(ID)).expires_on.same_moment(same)

    def test_an_operation_sets_the_moment_that_its_preview_was_asked_for(self, reader, operator):
        expiry = {"kind": "expiry", "scope": "selection", "batch": ID, "expires_on": "2036-06-01T08:00"}
        preview = reader.post(OPERATIONS, expiry)
        assert "Time zone: America/New_York" in text(preview)
        move_to(operator, "Asia/Tokyo")
        refused = reader.post(OPERATIONS, {**expiry, "seen": seen(preview), "confirm": "1", "expires_on": "soon"})
        assert "Time zone: America/New_York" in text(refused)
        assert reader.post(OPERATIONS, {**expiry, "seen": seen(refused), "confirm": "1"}).status_code == 302
        assert Operation.objects.get().edit.fields() == {"expires_on": "2036-06-01T12:00:00Z"}


class TestWhatWasNotReviewed:
    """A confirmation that carries the seal of a review is of that review or of nothing."""

    @pytest.mark.parametrize(
        "typed",
        [
            {"expires_on": "2036-06-02T08:00"},
            {"status": "PAUSED"},
            {"clear_expiry": "on"},
            {"reviewed": "nonsense"},
            {"reviewed": dumps({"batch_id": ID}, salt=REVIEW_SALT)},
        ],
        ids=lambda typed: next(iter(typed)),
    )
    def test_it_is_reviewed_first(self, reader, batch, typed):
        review = EditPage(reader, ID).post(expires_on="2036-06-01T08:00")
        again = confirm(reader, review, **typed)
        assert again.status_code == 200
        assert "Nothing has been sent yet" in text(again)
        assert not Change.objects.exists()
        assert confirm(reader, again).status_code == 302
        assert Change.objects.get().edit.fields() == wanted(again)

    def test_the_review_of_another_batch_is_no_review(self, reader, batch):
        batch.store.add_batch("other", status="ACTIVE", expires_on="2036-01-01T00:00:30.25Z")
        other = hidden(EditPage(reader, "other").post(status="PAUSED"))["reviewed"]
        assert EditPage(reader, ID).confirm(status="PAUSED", reviewed=other).status_code == 200
        assert not Change.objects.exists()

    def test_a_preview_that_is_only_asked_for_needs_no_other(self, reader):
        asked = {"kind": "expiry", "scope": "selection", "batch": ID, "seen": "nonsense"}
        assert reader.post(OPERATIONS, asked).status_code == 200

    @pytest.mark.parametrize("token", ["nonsense", None])
    def test_an_operation_whose_preview_is_lost_or_another_is_previewed_again(self, reader, batch, token):
        expiry = {"kind": "expiry", "scope": "selection", "batch": ID, "expires_on": "2036-06-01T08:00"}
        token = token or seen(reader.post(OPERATIONS, expiry | {"batch": "other"}))
        response = reader.post(OPERATIONS, {**expiry, "seen": token, "confirm": "1"})
        assert response.status_code == 422
        assert "This preview is no longer valid" in text(response)
        assert 'value="2036-06-01T08:00"' in text(response)
        assert not Operation.objects.exists()
        assert reader.post(OPERATIONS, {**expiry, "seen": seen(response), "confirm": "1"}).status_code == 302
