"""Who may see and act on which batches. Everybody's scope is everything today; a restricted one holds everywhere."""

import inspect
import pkgutil
from datetime import timedelta
from importlib import import_module

import pytest
from django.utils import timezone

import batches
from batches import access, selectors
from batches.access import EVERY_READER, EVERYTHING, Scope, reader_of, scope_behind, scope_of
from batches.models import (
    Change,
    ExportFormat,
    ExportState,
    Kind,
    Operation,
    Outcome,
    State,
    Target,
    TargetScope,
    TrailExport,
)
from batches.selectors import exports, operations, preview
from batches.selectors.batch import batch_now, batch_page
from batches.selectors.batch_requests import Choice, requests_export, requests_page
from batches.selectors.batches import batch_list
from batches.selectors.campaign import campaign_page
from batches.selectors.campaign_list import campaign_list
from batches.selectors.campaign_names import campaign_name
from batches.selectors.changes import (
    batch_history,
    campaign_history,
    change_by_id,
    change_for_notice,
    changes_left_open,
)
from batches.selectors.scoped_reader import reader
from batches.selectors.trail_export import trail_entries
from batches.selectors.trail_not_confirmed import not_confirmed_changes
from batches.selectors.trail_page import trail_page
from batches.selectors.trail_people import trail_known
from batches.services.changes.guard import Reason
from batches.services.changes.update import NotAllowed, batch_pause
from batches.services.exports.ask import export_ask
from batches.services.exports.permissions import export_actor
from batches.services.operations.actions import operation_stop
from batches.services.operations.targets import operation_find
from batches.trail_filter import TrailFilter
from syllable.errors import NotFound
from syllable.schemas import BatchQuery, BatchStatus
from tests.batches.services.factories import EDITS, carried_out, start, totals
from tests.batches.views.operation_pages import words
from trail.models import Action
from trail.services import entry_add

pytestmark = pytest.mark.django_db(transaction=True)

OF_7, NOTHING = Scope(frozenset({7})), Scope(frozenset())
# What reads nothing that belongs to a campaign, and what the command line asks for the whole account.
WITHOUT_SCOPE = {
    "recent_requests",
    "abilities",
    "account_check",
    "campaign_label",
    "changes_compare",
    "ordering",
    "watching",
}
TOOLS = {"hourly_cache", "masking", "parallel_reads", "scoped_reader", "stale_cache", "time_limit"}
SINCE = {"seen_at": timezone.now(), "deadline_at": timezone.now() - timedelta(hours=1)}


@pytest.fixture
def restricted(monkeypatch):
    """Limit everybody's scope to campaign 7 from now on."""

    def restricted():
        # All of them now: what is imported later would keep it for good.
        modules = [import_module(found.name) for found in pkgutil.walk_packages(batches.__path__, "batches.")]
        for module in modules:
            if getattr(module, "scope_of", None) is scope_of:
                monkeypatch.setattr(module, "scope_of", lambda user: OF_7)

    return restricted


@pytest.fixture
def account(sandbox):
    """Provide a batch of each of two campaigns, and one of none."""
    for campaign in (7, 8):
        sandbox.store.add_campaign(id=campaign, campaign_name=f"The {campaign}")
        sandbox.store.add_batch(f"of-{campaign}", campaign_id=campaign, status="ACTIVE", requests=2)
    return sandbox


@pytest.fixture
def kept(operator):
    """Provide a change, an operation and its entry for each of two campaigns and for none, by campaign."""

    def made(campaign):
        about = {"actor": operator, "actor_email": operator.email, "campaign_id": campaign}
        edit = EDITS[Kind.PAUSE]
        operation = Operation.objects.create(kind=Kind.PAUSE, scope=TargetScope.FILTER, edit=edit, **about)
        operation.items.create(batch_id=f"of-{campaign}")
        change = Change.objects.create(
            batch_id=f"of-{campaign}", outcome=Outcome.UNCONFIRMED, edit=edit, seen={}, **SINCE, **about
        )
        entry_add(Action.OPERATION_STARTED, actor=operator, operation_id=operation.pk, campaign_id=campaign)
        return change, operation

    return {campaign: made(campaign) for campaign in (7, 8, None)}


def ids(page):
    return [batch.batch_id for batch in page.items]


class TestScope:
    def test_everybody_has_everything(self, viewer, operator):
        assert scope_of(viewer) == scope_of(operator) == scope_of(None) == EVERYTHING

    @pytest.mark.parametrize("campaign", [7, "7", 8, "odd", "", None])
    def test_everything_covers_whatever_there_is(self, campaign):
        assert EVERYTHING.covers(campaign)
        assert not NOTHING.covers(campaign)
        assert OF_7.covers(campaign) is (str(campaign) == "7")

    def test_no_two_have_the_same_key(self):
        scopes = [EVERYTHING, NOTHING, OF_7, Scope(frozenset({8})), Scope(frozenset({7, 8})), Scope(frozenset({78}))]
        assert len({scope.key for scope in scopes}) == len(scopes)
        assert Scope(frozenset({8, 7})).key == Scope(frozenset({7, 8})).key

    def test_everything_asks_the_database_nothing_more(self):
        rows = Change.objects.all()
        assert EVERYTHING.limit(rows) is rows

    def test_what_goes_on_without_authority_keeps_to_its_target_alone(self, restricted, operator):
        restricted()
        assert scope_behind(Operation(actor=operator)) == OF_7
        assert scope_behind(Operation(actor=operator, unattended_since=timezone.now())) == EVERYTHING

    def test_every_selector_has_to_be_told_the_scope(self):
        for found in pkgutil.iter_modules(selectors.__path__):
            module = import_module(f"{selectors.__name__}.{found.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                is_its_own = function.__module__ == module.__name__ and not name.startswith("_")
                if is_its_own and found.name not in TOOLS and name not in WITHOUT_SCOPE:
                    scope = inspect.signature(function).parameters["scope"]
                    assert (scope.kind, scope.default) == (scope.KEYWORD_ONLY, scope.empty), name


class TestTheDatabase:
    def test_changes(self, kept):
        of_7, others = kept[7][0], (kept[8][0], kept[None][0])
        assert list(changes_left_open(scope=OF_7)) == [of_7]
        not_confirmed = TrailFilter(unsettled="1")
        assert [change.pk for change in not_confirmed_changes(not_confirmed, scope=OF_7)] == [of_7.pk]
        for scope, campaigns in ((OF_7, {7}), (NOTHING, set()), (EVERYTHING, {7, 8, None})):
            for asked in (TrailFilter(), TrailFilter(who="operator"), not_confirmed):
                page = trail_page(asked, scope=scope, reader=EVERY_READER)
                assert {entry.campaign_id for entry in page.entries if entry.action != "person_created"} == campaigns
                entries = trail_entries(asked, scope=scope, reader=EVERY_READER)
                assert {entry.campaign_id for entry in entries} == {entry.campaign_id for entry in page.entries}
        assert {campaign for campaign, _ in trail_known(scope=OF_7).campaigns} == {7}
        assert change_by_id(of_7.pk, scope=OF_7) == change_for_notice(str(of_7.pk), scope=OF_7) == of_7
        for other in others:
            assert change_by_id(other.pk, scope=OF_7) is change_for_notice(str(other.pk), scope=OF_7) is None
            assert not batch_history(other.batch_id, scope=OF_7)
        assert not campaign_history("8", scope=OF_7)
        assert list(campaign_history("7", scope=OF_7)) == list(batch_history("of-7", scope=OF_7)) == [of_7]

    def test_operations(self, kept):
        of_7, others = kept[7][1], (kept[8][1], kept[None][1])
        page, progress = operations.operations_page(scope=OF_7)
        assert list(page) == [found.operation for found in progress] == [of_7]
        assert operations.operation_by_id(of_7.pk, scope=OF_7) == of_7
        assert operations.has_batch(of_7.pk, "of-7", scope=OF_7)
        assert [entry.operation_id for entry in operations.operation_entries(of_7, scope=OF_7)] == [of_7.pk]
        for other in others:
            assert operations.operation_by_id(other.pk, scope=OF_7) is None
            assert not operations.has_batch(other.pk, f"of-{other.campaign_id}", scope=OF_7)
            assert not operations.operation_entries(other, scope=OF_7)
            assert not operations.operation_progress(other, scope=OF_7).total
            assert operations.operation_items(other, scope=OF_7, total=1)[1] == []
        assert operations.campaign_operations("8", scope=OF_7) == []
        assert operations.operation_progress(of_7, scope=OF_7).total == 1

    def test_exports(self, operator):
        def made(scope):
            about = {"query": "", "file_format": "csv", "time_zone": "UTC", "sees_people": False}
            state = ExportState.REMOVED
            return TrailExport.objects.create(actor=operator, scope=scope.key, state=state, **about)

        of_7, of_everything = made(OF_7), made(EVERYTHING)
        for somebody in (reader_of(operator), EVERY_READER):
            assert list(exports.exports_page(scope=OF_7, reader=somebody)) == [of_7]
            assert exports.export_by_id(of_7.pk, scope=OF_7, reader=somebody) == of_7
            assert exports.export_by_id(of_everything.pk, scope=OF_7, reader=somebody) is None
            assert exports.exports_exist(scope=OF_7, reader=somebody)
            assert not exports.exports_exist(scope=NOTHING, reader=somebody)

    def test_an_export_is_for_whoever_has_the_scope_of_then(self, restricted, operator):
        export, _ = export_ask(query="", file_format=ExportFormat.CSV, time_zone="UTC", actor=operator)
        assert export_actor(export) == operator
        restricted()
        assert export_actor(export) is None

    def test_the_counts_of_the_header(self, kept):
        of_7, everything = operations.header_counts(scope=OF_7), operations.header_counts(scope=EVERYTHING)
        assert (of_7.not_confirmed, of_7.running, of_7.newest) == (1, 1, kept[7][1].pk)
        assert (everything.not_confirmed, everything.running) == (3, 3)

    def test_an_emergency_stop_is_about_more_than_some_campaigns(self, operator):
        stop = Operation.objects.create(kind=Kind.PAUSE, scope=TargetScope.ALL, actor=operator)
        assert operations.emergency_stop(scope=EVERYTHING) == stop
        assert operations.emergency_stop(scope=OF_7) is None


class TestTheApi:
    def test_a_batch_outside_is_not_found(self, account):
        assert batch_now("of-7", scope=OF_7).batch_id == "of-7"
        with pytest.raises(NotFound):
            batch_now("of-8", scope=OF_7)
        page = batch_page("of-8", scope=OF_7)
        assert (page.batch, type(page.error)) == (None, NotFound)

    def test_a_list_leaves_out_what_is_outside_whoever_read_it_before(self, account):
        everything = batch_list(BatchQuery(), scope=EVERYTHING)
        assert everything.counts["ACTIVE"] == 2
        found = batch_list(BatchQuery(), scope=OF_7)
        assert ids(found.page) == ["of-7"]
        assert set(found.counts.values()) == {None}
        assert found.campaign_names == {"7": "The 7"}
        assert batch_list(BatchQuery(), scope=EVERYTHING).campaign_names == {"7": "The 7", "8": "The 8"}

    def test_what_was_last_seen_is_not_shown_to_others(self, account, silence):
        query = BatchQuery()
        assert len(batch_list(query, scope=EVERYTHING).page.items) == 2
        silence()
        assert batch_list(query, scope=EVERYTHING).is_stale
        assert batch_list(query, scope=OF_7).page is None

    def test_of_a_campaign_inside_it_is_counted(self, account):
        of_7 = batch_list(BatchQuery(campaign_id="7"), scope=OF_7)
        assert (ids(of_7.page), of_7.counts["ACTIVE"]) == (["of-7"], 1)
        of_8 = batch_list(BatchQuery(campaign_id="8"), scope=OF_7)
        assert (ids(of_8.page), of_8.counts["ACTIVE"]) == ([], None)

    def test_a_page_of_which_nothing_is_left_may_be_followed_by_another(self, account):
        for limit, is_followed in ((1, True), (2, False)):
            page = reader(NOTHING).list_batches(BatchQuery(limit=limit))
            assert (page.items, page.has_next) == ([], is_followed)

    def test_a_campaign(self, account, kept):
        query = BatchQuery(campaign_id="8")
        assert campaign_page(query, scope=EVERYTHING).label == "The 8"
        page = campaign_page(query, scope=OF_7)
        assert (page.campaign, page.label, page.operations, page.history) == (None, "Campaign 8", [], [])
        assert page.is_unknown
        assert campaign_name(8, scope=OF_7) == "Campaign 8"

    def test_the_campaigns(self, account):
        assert [row.label for row in campaign_list(scope=EVERYTHING).rows] == ["The 7", "The 8"]
        found = campaign_list(scope=OF_7)
        assert ([row.label for row in found.rows], found.counted) == (["The 7"], 1)

    def test_the_requests_of_a_batch(self, account):
        for scope in (EVERYTHING, Scope(frozenset({8}))):
            assert requests_page("of-8", Choice(), scope=scope).total == 2
        for read in (requests_page, requests_export):
            with pytest.raises(NotFound):
                read("of-8", Choice(), scope=OF_7)

    @pytest.mark.parametrize(
        ("target", "touched"),
        [
            (Target(TargetScope.CAMPAIGN, campaign_id=7), 1),
            (Target(TargetScope.CAMPAIGN, campaign_id=8), None),
            (Target(TargetScope.FILTER), None),
            (Target(TargetScope.SELECTION, batch_ids=["of-7", "of-8"]), 1),
        ],
    )
    def test_a_preview(self, account, target, touched):
        found = preview.operation_preview(Kind.PAUSE, target, scope=OF_7, statuses={BatchStatus.ACTIVE})
        assert found.touched == touched
        assert found.campaign_name in ("", "The 7", "Campaign 8")


class TestWriting:
    def test_a_batch_outside_is_left_alone(self, account, restricted, operator):
        restricted()
        assert batch_pause(batch_id="of-7", actor=operator).outcome == Outcome.APPLIED
        result = batch_pause(batch_id="of-8", actor=operator)
        assert (result.outcome, result.refused_for) == (Outcome.NOT_SENT, Reason.OUTSIDE)
        assert account.batch("of-8")["status"] == "ACTIVE"

    @pytest.mark.parametrize(
        "target",
        [
            {"campaign_id": 8},
            {"scope": TargetScope.FILTER, "campaign_id": None, "q": "of"},
            {"scope": TargetScope.SELECTION, "batch_ids": ["of-7"]},
            {"scope": TargetScope.ALL},
        ],
    )
    def test_an_operation_keeps_to_a_campaign_inside(self, account, restricted, operator, target):
        there = start(Kind.PAUSE, operator, **target)
        restricted()
        with pytest.raises(NotAllowed):
            start(Kind.PAUSE, operator, **target)
        with pytest.raises(NotAllowed):
            operation_stop(operation=there, actor=operator)
        assert Operation.objects.count() == 1

    def test_a_worker_leaves_alone_what_is_outside(self, account, restricted, operator):
        restricted()
        operation = start(Kind.PAUSE, operator)
        operation.items.create(batch_id="of-8")
        assert totals(carried_out(operation)) == {"done": 1, "skipped": 1}
        assert account.batch("of-8")["status"] == "ACTIVE"

    def test_a_worker_lists_nothing_that_is_outside(self, account, restricted, operator):
        operation = start(Kind.PAUSE, operator, scope=TargetScope.FILTER, campaign_id=None, q="of")
        restricted()
        assert operation_find(operation) == 1
        assert operation.items.get().batch_id == "of-7"

    @pytest.mark.parametrize(("kind", "ends"), [(Kind.PAUSE, State.FINISHED), (Kind.CANCEL, State.STOPPED)])
    def test_whoever_loses_the_campaign_has_lost_the_authority(self, account, restricted, operator, kind, ends):
        operation = start(kind, operator, campaign_id=8)
        restricted()
        assert carried_out(operation).state == ends
        assert account.batch("of-8")["status"] == ("PAUSED" if kind == Kind.PAUSE else "ACTIVE")


def test_the_pages_show_nothing_of_what_is_outside(client, account, restricted, kept, operator):
    restricted()
    client.force_login(operator)
    change, operation = kept[8]
    for path in (f"/changes/{change.pk}/", f"/operations/{operation.pk}/", "/batches/of-8/", "/batches/of-8/requests/"):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/operations/{operation.pk}/abort/", {"confirm": "1"}).status_code == 404
    for path in ("/batches/", "/campaigns/", "/changes/", "/operations/"):
        text = words(client.get(path))
        assert "The 8" not in text, path
        assert "of-8" not in text, path
    assert "1 not confirmed" in words(client.get("/changes/"))


def test_roles_are_words_for_what_somebody_may_do(viewer, operator, nobody):
    assert [access.role_of(user) for user in (viewer, operator, nobody)] == ["Viewer", "Operator", "No role"]
    assert [access.sees_targets(user) for user in (viewer, operator, nobody)] == [False, True, False]
    assert [access.may_stop_everything(user) for user in (viewer, operator, nobody)] == [False, True, False]
