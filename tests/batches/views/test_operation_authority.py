"""What the pages of operations say of who did what, and whom they refuse."""

import pytest
from django.utils import timezone

from batches.models import Cause, Kind, Operation, State, TargetScope
from batches.services.operations.actions import operation_stop
from batches.services.operations.undo import operation_undo
from tests.batches.services.factories import EDITS, carried_out, start
from tests.batches.views.operation_pages import OPERATIONS, words
from tests.conftest import member_of
from tests.html import attributes, parsed
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(sandbox):
    for number in range(4):
        sandbox.store.add_batch(f"2025.{number}", campaign_id=7, status="ACTIVE")
    return sandbox


def made(operator, **fields):
    """Create an emergency stop in the database, with one batch left."""
    fields = {"kind": Kind.PAUSE, "scope": TargetScope.ALL, "edit": EDITS[Kind.PAUSE]} | fields
    operation = Operation.objects.create(actor=operator, actor_email=operator.email, **fields)
    operation.items.create(batch_id="2025.0")
    return operation


def unattended(operator, **fields):
    return made(operator, state=State.RUNNING, unattended_since=timezone.now(), **fields)


def page(client, operation):
    return client.get(f"{OPERATIONS}{operation.pk}/")


def do(client, what, operation, **data):
    return client.post(f"{OPERATIONS}{operation.pk}/{what}/", data)


def acts_on(response):
    acts = parsed(response).css("[data-action]")
    return [(act.attributes["data-action"], act.attributes["data-actor"]) for act in acts]


class TestEntries:
    def test_the_page_says_who_did_what_oldest_first(self, client, account, operator):
        other = member_of("Operators", "other@example.com")
        operation = start(Kind.CANCEL, operator)
        operation_stop(operation=operation, actor=other)
        client.force_login(other)
        do(client, "retry", operation)

        response = page(client, operation)

        assert acts_on(response) == [
            ("operation_started", "operator@example.com"),
            ("operation_aborted", "other@example.com"),
            ("operation_ended", "operator@example.com"),
            ("operation_retried", "other@example.com"),
        ]
        text = words(response)
        happened = text[text.index("What happened") :]
        assert happened.index("Started operator@") < happened.index("Aborted other@") < happened.index("Tried again")
        # Nobody is said to have ended it who did not.
        assert "Ended operator@" not in happened
        assert "Previously for operator@example.com" in happened
        assert f"{Entry.objects.latest('pk').at:%Y-%m-%d %H:%M:%S UTC}" in happened

    @pytest.mark.django_db(transaction=True)
    def test_an_undo_is_found_from_both_sides(self, client, account, operator, viewer):
        pause = carried_out(start(Kind.PAUSE, operator))
        undoing = operation_undo(operation=pause, actor=operator)
        client.force_login(viewer)
        assert f"Undone operation {undoing.pk} operator@example.com" in words(page(client, pause))
        assert f"Started to undo operation {pause.pk} operator@example.com" in words(page(client, undoing))

    def test_changes_of_its_batches_are_not_among_them(self, client, operator):
        operation = made(operator)
        Entry.objects.create(action="change_applied", operation_id=operation.pk, change_id=3)
        client.force_login(operator)
        assert not acts_on(page(client, operation))

    @pytest.mark.parametrize(
        ("what", "fields", "action"),
        [
            ("abort", {}, Action.OPERATION_ABORTED),
            ("retry", {"state": State.STOPPED}, Action.OPERATION_RETRIED),
            ("confirm", {"state": State.ASKING, "kind": Kind.RESUME}, Action.OPERATION_CONFIRMED),
            ("take-over", {"unattended_since": timezone.now()}, Action.OPERATION_TAKEN_OVER),
            ("undo", {"state": State.FINISHED}, Action.OPERATION_UNDONE),
        ],
    )
    def test_each_act_is_recorded_with_the_address_and_the_request_it_came_from(
        self, client, operator, what, fields, action
    ):
        operation = made(operator, **fields)
        client.force_login(operator)
        client.defaults["REMOTE_ADDR"] = "192.0.2.1"

        response = do(client, what, operation, confirm="1")

        assert response.status_code == 302
        entry = Entry.objects.filter(operation_id=operation.pk).earliest("pk")
        assert (entry.action, entry.actor_id, entry.address) == (action, operator.pk, "192.0.2.1")
        assert entry.request_id == response.headers["X-Request-ID"]
        assert entry.body["kind"] == operation.kind

    def test_so_is_a_start(self, client, account, operator):
        client.force_login(operator)
        client.defaults["REMOTE_ADDR"] = "192.0.2.1"
        response = client.post(OPERATIONS, {"kind": "pause", "scope": "campaign", "campaign": "7", "confirm": "1"})
        entry = Entry.objects.get(operation_id=Operation.objects.get().pk)
        assert (entry.action, entry.campaign_id, entry.address) == (Action.OPERATION_STARTED, 7, "192.0.2.1")
        assert entry.request_id == response.headers["X-Request-ID"]


class TestWithoutAuthority:
    def test_an_unattended_pause_says_so_and_can_be_taken_over(self, client, operator):
        other = member_of("Operators", "other@example.com")
        operation = unattended(operator)
        client.force_login(other)
        response = page(client, operation)
        assert "operator@example.com can no longer do this" in words(response)
        assert f'action="{OPERATIONS}{operation.pk}/take-over/"' in response.content.decode()

        assert do(client, "take-over", operation).url == f"{OPERATIONS}{operation.pk}/"

        response = page(client, operation)
        assert "data-unattended" not in response.content.decode()
        assert "Who other@example.com" in words(response)
        assert acts_on(response) == [("operation_taken_over", "other@example.com")]

    def test_the_page_is_loaded_anew_when_it_becomes_unattended(self, client, operator):
        headers = {"HX-Request": "true", "HX-Target": "operation-progress"}
        client.force_login(operator)
        response = client.get(f"{OPERATIONS}{unattended(operator).pk}/?phase=open", headers=headers)
        assert response.headers["HX-Refresh"] == "true"

    def test_the_button_is_for_those_who_may(self, client, operator, viewer, limited):
        everything = unattended(operator, needs_stop_everything=True)
        of_a_campaign = unattended(operator, scope=TargetScope.CAMPAIGN, campaign_id=7)
        for person, operation, is_shown in [
            (viewer, of_a_campaign, False),
            (limited, everything, False),
            (limited, of_a_campaign, True),
            (operator, everything, True),
        ]:
            client.force_login(person)
            html = page(client, operation).content.decode()
            assert "data-unattended" in html
            assert ("/take-over/" in html) == is_shown

    def test_nothing_is_offered_once_it_is_over(self, client, operator):
        operation = unattended(operator)
        Operation.objects.update(state=State.FINISHED)
        client.force_login(operator)
        assert "/take-over/" not in page(client, operation).content.decode()
        assert "Nobody needs to take over this operation" in words(
            client.post(f"{OPERATIONS}{operation.pk}/take-over/", follow=True)
        )

    def test_what_ended_for_that_says_so_as_a_value_and_in_words(self, client, viewer, operator):
        operation = made(operator, kind=Kind.RESUME, state=State.STOPPED, cause=Cause.AUTHORITY)
        client.force_login(viewer)
        response = page(client, operation)
        assert attributes(response, '[data-state="stopped"]', "data-cause") == ["authority"]
        assert "Ended because operator@example.com can no longer do this." in words(response)

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": State.STOPPED, "cause": Cause.AUTHORITY},
            {"state": State.RUNNING, "unattended_since": timezone.now()},
        ],
    )
    def test_the_list_says_it_too(self, client, viewer, operator, fields):
        made(operator, **fields)
        client.force_login(viewer)
        assert "operator@example.com can no longer do this." in words(client.get(OPERATIONS))


class TestEverything:
    FILTER = {"kind": "pause", "scope": "filter", "q": "2"}

    @pytest.fixture(autouse=True)
    def _as_limited(self, client, account, limited):
        client.force_login(limited)

    @pytest.mark.parametrize("confirm", [{}, {"confirm": "1"}])
    def test_a_filter_that_is_everything_is_refused_with_and_without_a_preview(self, client, confirm):
        response = client.post(OPERATIONS, self.FILTER | confirm)
        assert response.status_code == 403
        assert "This filter matches every batch" in words(response)
        assert not Operation.objects.exists()

    def test_a_filter_that_is_less_is_previewed_and_started(self, client, account):
        account.store.add_batch("2024.0", campaign_id=7, status="ACTIVE")
        less = self.FILTER | {"q": "2025"}
        assert "4 batches will be paused." in words(client.post(OPERATIONS, less))
        assert client.post(OPERATIONS, less | {"confirm": "1"}).status_code == 302

    @pytest.mark.parametrize(
        ("what", "fields"),
        [
            ("abort", {}),
            ("retry", {"state": State.STOPPED}),
            ("confirm", {"state": State.ASKING, "kind": Kind.RESUME}),
            ("take-over", {"unattended_since": timezone.now()}),
            ("undo", {"state": State.FINISHED}),
        ],
    )
    @pytest.mark.parametrize("confirm", [{}, {"confirm": "1"}])
    def test_what_an_administrator_did_to_everything_is_not_theirs(self, client, operator, what, fields, confirm):
        operation = made(operator, **fields)
        response = do(client, what, operation, **confirm)
        assert response.status_code == 403
        assert "does not let you stop everything" in words(response)
        kept = Operation.objects.get()
        assert (kept.state, kept.actor) == (operation.state, operator)
