"""Why a batch is changed: optional, suggested or demanded, and added after one click."""

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Change, Kind, Operation, State, TargetScope
from batches.services.changes.update import ReasonMissing, batch_pause
from batches.services.operations.actions import operation_retry, operation_stop
from batches.services.operations.undo import operation_undo
from common.reasons import LONGEST_REASON
from sandbox import faults
from syllable.schemas import BatchEdit, Timestamp
from tests.batches.services.factories import carried_out, start
from tests.batches.views.edit_page import EditPage
from tests.conftest import member_of
from tests.html import hidden, parsed
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db

ID = "20261123.9"
EXPIRY = {"expires_on": "2037-01-01T00:00"}


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_campaign(id=7, campaign_name="Reminders")
    sandbox.store.add_batch(ID, campaign_id=7, status="ACTIVE", expires_on="2036-01-01T00:00:00Z")
    return sandbox


@pytest.fixture
def page(client, operator, batch):
    client.force_login(operator)
    return client


def click(client, action="pause", **posted):
    return client.post(reverse(f"batches:batch_{action}", args=[ID]), posted)


def add(client, change, **posted):
    return client.post(reverse("batches:change_reason", args=[change.pk]), posted)


def undo(client, change, **posted):
    return client.post(reverse("batches:change_undo", args=[change.pk]), posted)


def text(response):
    return response.content.decode()


def entry_of(action):
    return Entry.objects.get(action=action)


class TestTyped:
    def test_the_reason_of_an_edit_is_kept_and_never_sent(self, page, batch):
        form = EditPage(page, ID)
        review = form.post(**EXPIRY, reason="  Asked \n by the clinic ")
        assert "Asked by the clinic" in text(review)
        form.confirm(**EXPIRY, reason="Asked by the clinic")
        assert Change.objects.get().reason == "Asked by the clinic"
        assert entry_of(Action.CHANGE_ENDED).reason == "Asked by the clinic"
        assert "Asked" not in str(batch.requests.of("PUT")[0].body)

    def test_a_confirmation_posts_the_reason_that_was_reviewed(self, page):
        review = EditPage(page, ID).post(**EXPIRY, reason="Asked by the clinic")
        page.post(reverse("batches:batch_edit", args=[ID]), hidden(text(review), "form:has(input[name=confirm])"))
        assert (Change.objects.get().reason, Change.objects.get().outcome) == ("Asked by the clinic", "applied")

    def test_the_reason_of_a_cancellation_goes_to_syllable(self, page, batch):
        EditPage(page, ID).confirm(status="CANCELED", deleted_reason="wrong list", reason="another")
        assert batch.batch(ID)["deleted_reason"] == "wrong list"
        assert Change.objects.get().reason == "wrong list"

    def test_what_was_typed_stays_typed_when_something_else_is_wrong(self, page):
        response = EditPage(page, ID).post(expires_on="2020-01-01T00:00", reason="Asked by the clinic")
        assert response.status_code == 422
        assert parsed(response).css_first("[name=reason]").attributes["value"] == "Asked by the clinic"

    def test_it_stays_typed_in_a_conflict(self, page, batch):
        form = EditPage(page, ID)
        batch.store.change_batch(ID, expires_on="2036-05-05T00:00:00Z")
        response = form.confirm(**EXPIRY, reason="Asked by the clinic")
        assert response.status_code == 409
        assert 'value="Asked by the clinic"' in text(response)

    @pytest.mark.parametrize("action", ["pause", "resume"])
    def test_a_click_can_carry_one(self, page, batch, action):
        batch.store.change_batch(ID, status="ACTIVE" if action == "pause" else "PAUSED")
        click(page, action, reason="Complaint")
        assert (Change.objects.get().reason, Change.objects.get().outcome) == ("Complaint", "applied")

    def test_a_reason_that_is_too_long_or_odd_does_not_keep_anybody_from_pausing(self, page):
        click(page, reason="x\0y" + "z" * 1000)
        change = Change.objects.get()
        assert (change.outcome, len(change.reason)) == ("applied", LONGEST_REASON)

    def test_an_operation_keeps_it_and_gives_it_to_its_changes(self, page, operator):
        page.post(
            "/operations/", {"kind": "pause", "scope": "campaign", "campaign": "7", "confirm": "1", "reason": "Storm"}
        )
        assert Operation.objects.get().reason == "Storm"
        assert entry_of(Action.OPERATION_STARTED).reason == "Storm"
        assert "Storm" in text(page.get(f"/operations/{Operation.objects.get().pk}/"))

    @pytest.mark.parametrize("kind", ["pause", "resume", "expiry"])
    def test_a_preview_asks_for_one_and_a_cancellation_for_its_own(self, page, kind):
        target = {"scope": "campaign", "campaign": "7"}
        assert parsed(page.post("/operations/", {"kind": kind, **target})).css_first("[name=reason]")
        cancel = parsed(page.post("/operations/", {"kind": "cancel", **target}))
        assert not cancel.css_first("[name=reason]")
        assert cancel.css_first("[name=deleted_reason]")

    def test_the_quick_reasons_of_the_installation_are_suggested(self, page, settings):
        settings.CHANGE_REASONS = ["Complaint", "Wrong <list>"]
        found = parsed(page.get(reverse("batches:batch", args=[ID])))
        field = found.css_first("[name=reason]")
        options = found.css(f"datalist#{field.attributes['list']} option")
        assert [option.attributes["value"] for option in options] == ["Complaint", "Wrong <list>"]

    def test_without_quick_reasons_nothing_is_suggested(self, page):
        assert not parsed(page.get(reverse("batches:batch", args=[ID]))).css("datalist")


class TestDemanded:
    @pytest.fixture(autouse=True)
    def _demanded(self, settings):
        settings.REASON_REQUIRED = frozenset({"resume", "expiry"})

    def test_an_edit_without_one_is_refused_and_says_so_beside_the_field(self, page, batch):
        response = EditPage(page, ID).confirm(**EXPIRY)
        assert response.status_code == 422
        assert parsed(response).css_first("[data-problem=reason]")
        assert not batch.requests.of("PUT")
        assert EditPage(page, ID).confirm(**EXPIRY, reason="Asked").status_code == 302

    @pytest.mark.parametrize("blank", ["", "   ", "\u200b"])
    def test_a_click_without_one_is_asked_for_it_and_carries_on_with_what_it_had(self, page, batch, blank):
        batch.store.change_batch(ID, status="PAUSED")
        asked = click(page, "resume", next="/batches/?q=1", **({"reason": blank} if blank else {}))
        assert asked.status_code == 422
        assert "Nothing has been sent" in text(asked)
        assert bool(parsed(asked).css_first("[data-problem=reason]")) == bool(blank)
        assert not Change.objects.exists()
        assert parsed(asked).css_first(f'.form-actions a[href="{reverse("batches:batch", args=[ID])}"]')

        response = page.post(asked.request["PATH_INFO"], hidden(text(asked), "form.card") | {"reason": "Asked"})
        assert response.url.startswith("/batches/?q=1&")
        assert (Change.objects.get().reason, Change.objects.get().outcome) == ("Asked", "applied")

    def test_a_pause_never_needs_one(self, page, settings):
        settings.REASON_REQUIRED = frozenset({"pause", "resume", "expiry", "rate", "undo"})
        click(page)
        assert Change.objects.get().outcome == "applied"

    def test_an_undo_that_pauses_never_needs_one(self, page, batch, settings):
        settings.REASON_REQUIRED = frozenset({"undo"})
        batch.store.change_batch(ID, status="PAUSED")
        click(page, "resume")
        undo(page, Change.objects.get(), confirm="1")
        assert [change.outcome for change in Change.objects.all()] == ["applied", "applied"]

    def test_an_undo_that_resumes_is_asked_for_one(self, page):
        click(page)
        pause = Change.objects.get()
        assert parsed(undo(page, pause)).css_first("[name=reason]")
        assert undo(page, pause, confirm="1").status_code == 422
        undo(page, pause, confirm="1", reason="By mistake")
        assert Change.objects.latest("pk").reason == "By mistake"

    @pytest.mark.parametrize("kind", [Kind.RESUME, Kind.EXPIRY])
    def test_an_operation_without_one_is_refused(self, page, kind):
        asked = {"kind": kind, "scope": "campaign", "campaign": "7", "confirm": "1", **EXPIRY}
        response = page.post("/operations/", asked)
        assert response.status_code == 422
        assert parsed(response).css_first("[data-problem=reason]")
        assert not Operation.objects.exists()
        assert page.post("/operations/", asked | {"reason": "Asked"}).status_code == 302

    def test_no_service_starts_one_without(self, batch, operator):
        with pytest.raises(ReasonMissing):
            start(Kind.EXPIRY, operator, edit=BatchEdit(expires_on=Timestamp.read("2037-01-01T00:00:00Z")))
        assert not Operation.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestOperations:
    @pytest.fixture
    def pause(self, batch, operator):
        return carried_out(start(Kind.PAUSE, operator))

    def test_its_changes_carry_its_reason(self, batch, operator):
        operation = start(Kind.PAUSE, operator, reason="Storm")
        carried_out(operation)
        assert Change.objects.get().reason == "Storm"

    def test_an_undo_has_a_reason_of_its_own(self, page, pause, settings):
        settings.REASON_REQUIRED = frozenset({"undo"})
        address = reverse("batches:operation_undo", args=[pause.pk])
        assert parsed(page.post(address)).css_first("[name=reason]")
        assert page.post(address, {"confirm": "1"}).status_code == 422
        page.post(address, {"confirm": "1", "reason": "The storm is over"})
        undoing = Operation.objects.latest("pk")
        assert (undoing.undoes, undoing.reason) == (pause, "The storm is over")
        assert Entry.objects.filter(operation_id=undoing.pk).earliest("pk").reason == "The storm is over"

    def test_stopping_a_resume_and_pausing_its_batches_can_carry_one(self, page, operator):
        resume = start(Kind.RESUME, operator, scope=TargetScope.SELECTION, batch_ids=[ID])
        page.post(reverse("batches:operation_stop_calling", args=[resume.pk]), {"reason": "Wrong campaign"})
        assert Operation.objects.latest("pk").reason == "Wrong campaign"
        assert entry_of(Action.OPERATION_CALLS_STOPPED).reason == "Wrong campaign"

    def test_a_retry_keeps_the_reason_unless_it_has_a_new_one(self, batch, operator):
        operation = start(Kind.PAUSE, operator, reason="Storm")
        for reason, kept in (("", "Storm"), ("Still the storm", "Still the storm")):
            operation.refresh_from_db()
            operation_stop(operation=operation, actor=operator)
            operation.refresh_from_db()
            assert operation_retry(operation=operation, actor=operator, reason=reason)
            operation.refresh_from_db()
            assert operation.reason == kept
        assert Entry.objects.filter(action=Action.OPERATION_RETRIED).latest("pk").reason == "Still the storm"

    def test_a_confirmation_may_have_one_and_an_abort_does_not_borrow_the_operations_own(self, page, operator):
        operation = start(Kind.RESUME, operator, scope=TargetScope.SELECTION, batch_ids=[ID], reason="Storm is over")
        Operation.objects.update(state=State.ASKING)
        address = reverse("batches:operation_confirm", args=[operation.pk])
        assert parsed(page.post(address)).css_first("[name=reason]")
        page.post(address, {"confirm": "1", "reason": "Still wanted"})
        operation.refresh_from_db()
        assert operation.reason == "Still wanted"
        operation_stop(operation=operation, actor=operator)
        told = dict(Entry.objects.filter(operation_id=operation.pk).values_list("action", "reason"))
        assert told == {
            Action.OPERATION_STARTED: "Storm is over",
            Action.OPERATION_CONFIRMED: "Still wanted",
            Action.OPERATION_ABORTED: "",
            Action.OPERATION_ENDED: "Still wanted",
        }

    def test_an_undo_without_one_is_refused_by_the_service(self, pause, operator, settings):
        settings.REASON_REQUIRED = frozenset({"resume"})
        with pytest.raises(ReasonMissing):
            operation_undo(operation=pause, actor=operator)


class TestAddedLater:
    @pytest.fixture
    def change(self, batch, operator):
        return batch_pause(batch_id=ID, actor=operator).change

    def test_the_confirmation_of_one_click_offers_it_and_shows_it_then(self, page, batch, operator):
        shown = page.post(reverse("batches:batch_pause", args=[ID]), follow=True)
        form = parsed(shown).css_first("form.add-reason")
        fields = hidden(text(shown), "form.add-reason")
        response = page.post(form.attributes["action"], fields | {"reason": " Complaint "}, follow=True)

        change = Change.objects.get()
        assert response.redirect_chain[0][0] == shown.redirect_chain[0][0]
        assert change.reason == "Complaint"
        assert "Reason: Complaint" in text(response)
        assert not parsed(response).css_first("form.add-reason")
        ended, added = Entry.objects.filter(change_id=change.pk).order_by("pk")
        assert (added.action, added.reason, added.actor_id) == (Action.CHANGE_REASON_ADDED, "Complaint", operator.pk)
        assert (added.batch_id, added.kind, added.outcome) == (ID, "pause", "")
        assert added.body == {"made_by": "operator@example.com"}
        assert ended.reason == ""

    def test_nobody_gives_a_reason_for_somebody_else(self, client, change):
        client.force_login(member_of("Operators", "other@example.com"))
        assert "add-reason" not in text(client.get(reverse("batches:change", args=[change.pk])))
        assert add(client, change, reason="She misread the list").status_code == 403
        change.refresh_from_db()
        assert change.reason == ""

    def test_whoever_made_it_can_even_if_they_may_no_longer_edit(self, client, change, operator):
        operator.groups.set(member_of("Viewers", "v@example.com").groups.all())
        client.force_login(operator)
        assert "add-reason" in text(client.get(reverse("batches:change", args=[change.pk])))
        add(client, change, reason="Complaint")
        change.refresh_from_db()
        assert change.reason == "Complaint"

    def test_no_viewer_can(self, client, change, viewer):
        client.force_login(viewer)
        assert "add-reason" not in text(client.get(reverse("batches:change", args=[change.pk])))
        assert add(client, change, reason="Complaint").status_code == 403
        change.refresh_from_db()
        assert change.reason == ""

    def test_nobody_without_a_role_or_without_a_login_can(self, client, change, nobody):
        assert add(client, change, reason="x").url.startswith("/accounts/login/")
        client.force_login(nobody)
        assert add(client, change, reason="x").status_code == 403
        assert not Entry.objects.filter(action=Action.CHANGE_REASON_ADDED).exists()

    def test_it_needs_a_token_and_a_post(self, change, operator):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(operator)
        assert add(strict, change, reason="x").status_code == 403
        assert strict.get(reverse("batches:change_reason", args=[change.pk])).status_code == 405

    def test_a_reason_is_never_replaced(self, page, change):
        add(page, change, reason="Complaint")
        response = page.post(reverse("batches:change_reason", args=[change.pk]), {"reason": "Other"}, follow=True)
        assert "already has a reason" in text(response)
        change.refresh_from_db()
        assert change.reason == "Complaint"
        assert entry_of(Action.CHANGE_REASON_ADDED)

    def test_a_blank_one_is_asked_for_again(self, page, change):
        response = add(page, change, reason=" ", next="/batches/")
        assert response.status_code == 422
        assert hidden(text(response), "form.card")["next"] == "/batches/"

    def test_a_change_that_does_not_exist_has_none(self, page, batch):
        assert page.post("/changes/999/reason/", {"reason": "x"}).status_code == 404

    def test_a_change_that_was_not_sent_is_not_asked_for_one(self, page, batch):
        batch.faults.add(faults.answer(500), method="GET", times=3)
        shown = page.post(reverse("batches:batch_pause", args=[ID]), follow=True)
        assert Change.objects.get().outcome == "not_sent"
        assert "add-reason" not in text(shown)
