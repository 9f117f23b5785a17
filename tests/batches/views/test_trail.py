"""The trail: read as a timeline, asked by its address or by a search, and paged by keyset."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.utils import timezone

from batches.models import Change, Kind, Origin, Outcome
from batches.selectors import trail_page, trail_people
from batches.services.changes.reconcile import changes_settle
from batches.services.changes.update import batch_edit, batch_pause
from batches.trail_filter import FIELDS
from sandbox import faults
from syllable.schemas import BatchEdit, BatchStatus
from tests.batches.services.factories import carried_out, start
from tests.batches.services.looks import make_due
from tests.conftest import member_of
from trail.models import Action, Entry
from trail.services import entry_add

pytestmark = pytest.mark.django_db

ID = "20261123.9"
ABOUT = {"kind": "pause", "outcome": "applied", "origin": "click"}


@pytest.fixture
def account(sandbox):
    sandbox.store.add_campaign(id=3, campaign_name="Reminders")
    sandbox.store.add_batch(ID, campaign_id=3, status="ACTIVE")
    sandbox.store.add_batch("other", campaign_id=4, status="ACTIVE")
    return sandbox


@pytest.fixture
def anna(db):
    return member_of("Operators", "anna@example.com")


@pytest.fixture
def admin(db):
    return member_of("Administrators", "admin@example.com")


@pytest.fixture
def read(client, viewer):
    """Open the trail as a viewer, or as whoever is given."""

    def read(user=viewer, **params):
        client.force_login(user)
        return client.get("/changes/", params)

    return read


def lines(response):
    """Return the lines of the page as they are read."""
    parts = re.findall(r'<li class="entry".*?</li>(?=\s*(?:<li|</ol>))', response.content.decode(), re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]*>", " ", part)).split()) for part in parts]


def told(response):
    return [(entry.action, entry.batch_id) for entry in response.context["page"].entries]


def problems(response):
    return response.context["problems"]


def added(actor, count=1, **about):
    """Add entries of changes, one millisecond after the other."""
    now = timezone.now()
    Entry.objects.bulk_create(
        Entry(
            action=Action.CHANGE_ENDED,
            actor_id=actor.pk,
            actor_email=actor.email,
            **ABOUT
            | {"at": now + timedelta(milliseconds=number), "change_id": 10**6 + number, "batch_id": f"b{number}"}
            | about,
        )
        for number in range(count)
    )


class TestReading:
    def test_a_line_says_who_did_what_to_which_batch_why_and_how_it_ended(self, read, account, anna):
        edit = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong <b>list</b>")
        batch_edit(batch_id=ID, edit=edit, actor=anna, loaded={})
        response = read()
        [line] = [line for line in lines(response) if "anna" in line]
        assert f"anna@example.com canceled {ID} of" in line
        assert "Status: ACTIVE to CANCELED “Wrong <b>list</b>”" in line
        assert line.endswith("Applied")
        assert "<b>list" not in response.content.decode()
        assert re.match(r"\d\d:\d\d:\d\d (now|just now) ", line)

    def test_it_is_grouped_by_day_in_the_readers_zone(self, read, anna, viewer):
        viewer.time_zone = "Pacific/Kiritimati"
        viewer.save()
        for hours in (0, 24):
            at = timezone.now() - timedelta(hours=hours)
            entry_add(Action.CHANGE_ENDED, actor=anna, at=at, batch_id="b", change_id=1, **ABOUT)
        html = read().content.decode()
        assert re.search(r"Today, \w+day \d+ \w+ \d{4}", html)
        assert re.search(r"Yesterday, \w+day \d+ \w+ \d{4}", html)
        assert "Times are in Pacific/Kiritimati" in html
        assert html.index("Today, ") < html.index("Yesterday, ")

    def test_an_entry_that_settles_an_earlier_one_reads_as_that(self, read, account, anna):
        fault = account.faults.add(faults.ignore(), method="PUT", times=None)
        batch_pause(batch_id=ID, actor=anna)
        fault.times = 0
        account.store.change_batch(ID, status="PAUSED")
        make_due()
        changes_settle()
        settled, ended = (line for line in lines(read()) if "anna" in line)
        assert "paused" in settled
        assert "whose outcome was not known before" in settled
        assert settled.endswith("Applied")
        assert "tried to pause" in ended
        assert "Settled later: Applied." in ended
        assert ended.endswith("Not confirmed")

    def test_it_needs_a_role(self, client, nobody):
        assert client.get("/changes/").url.startswith("/accounts/login/")
        client.force_login(nobody)
        assert client.get("/changes/").status_code == 403
        assert client.get("/changes/export/").status_code == 403

    def test_it_says_so_where_nothing_matches(self, read):
        assert "Nothing in the trail matches." in read(batch="none").content.decode()

    def test_odd_entries_of_another_version_are_shown_as_far_as_they_can_be_read(self, read, anna):
        odd = [
            {"body": {"edit": [], "before": "x", "numbers": 3}},
            {"body": {"edit": {"status": {"a": 1}, "new\u202efield": None}, "undoes": 7}},
            {"action": "change_exploded", "outcome": "melted", "kind": "melt"},
            {"action": "operation_ended", "change_id": None, "operation_id": 9, "body": {"numbers": {"applied": "x"}}},
            {"action": "operation_danced", "change_id": None, "operation_id": 9},
            {"batch_id": "../..\u202e", "campaign_id": -1},
        ]
        for about in odd:
            fields = {"action": Action.CHANGE_ENDED, "change_id": 1, **ABOUT} | about
            Entry.objects.create(actor_email=anna.email, **fields)
        response = read()
        assert len(lines(response)) == len(response.context["page"].entries) >= len(odd)
        assert "\u202e" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
class TestOperations:
    @pytest.fixture
    def paused(self, account, anna):
        for number in range(3):
            account.store.add_batch(f"a{number}", campaign_id=7, status="ACTIVE")
        return start(Kind.PAUSE, anna, campaign_name="Flu shots")

    def test_an_operation_is_one_line_with_its_numbers(self, read, account, paused):
        account.faults.add(faults.answer(422), method="PUT", times=None, path="/api/v1/outbound/batches/a1")
        carried_out(paused)
        response = read()
        [line] = [line for line in lines(response) if "anna" in line]
        assert "anna@example.com paused 3 batches of Flu shots 2 applied 1 failed" in line
        assert line.endswith("Partly done")
        assert [entry.action for entry in response.context["page"].entries if entry.operation_id] == ["operation_ended"]

    def test_while_it_runs_its_start_stands_for_it(self, read, paused):
        [line] = [line for line in lines(read()) if "anna" in line]
        assert "anna@example.com started to pause batches of Flu shots" in line
        assert line.endswith("Started")

    def test_a_filtered_trail_shows_each_of_its_changes(self, read, paused):
        carried_out(paused)
        actions = [action for action, _ in told(read(operation=paused.pk))]
        assert sorted(actions) == ["change_ended"] * 3 + ["operation_ended", "operation_started"]

    def test_it_opens_in_place_and_without_scripts_by_a_link(self, read, client, paused):
        carried_out(paused)
        assert f'<a href="/changes/?operation={paused.pk}">' in read().content.decode()
        part = client.get("/changes/", {"operation": paused.pk}, headers={"HX-Request": "true"}).content.decode()
        assert part.count('<li class="entry"') == 3
        assert "<html" not in part


class TestAsking:
    @pytest.fixture(autouse=True)
    def past(self, anna, operator):
        now = timezone.now()
        added(anna, batch_id="a", campaign_id=3, operation_id=12, reason="Wrong list")
        added(operator, batch_id="b", campaign_id=4, kind="cancel", outcome="rejected", origin="form")
        added(operator, batch_id="c", kind="resume", is_undo=True, origin="undo", at=now - timedelta(days=2))

    @pytest.mark.parametrize(
        ("asked", "batches"),
        [
            ({"who": "anna"}, "a"),
            ({"who": "ANNA@example.com"}, "a"),
            ({"who": "example.com"}, "bac"),
            ({"who": "nobody-there"}, ""),
            ({"batch": "b"}, "b"),
            ({"campaign": "3"}, "a"),
            ({"operation": "12"}, "a"),
            ({"action": "cancel"}, "b"),
            ({"action": "undo"}, "c"),
            ({"outcome": "rejected"}, "b"),
            ({"origin": "form"}, "b"),
            ({"reason": "WRONG"}, "a"),
            ({"when": "today", "who": "operator"}, "b"),
            ({"until": "yesterday"}, "c"),
            ({"campaign": "3", "outcome": "rejected"}, ""),
            ({"who": "anna", "campaign": "3", "action": "pause", "outcome": "applied", "origin": "click"}, "a"),
        ],
    )
    def test_each_filter_alone_and_together(self, read, asked, batches):
        response = read(**asked)
        assert sorted(batch for _, batch in told(response) if batch) == sorted(batches)
        assert problems(response) == {}
        assert re.findall(r'data-filter="(\w+)"', response.content.decode()) == [
            name for name in FIELDS if name in asked
        ]

    def test_a_search_leads_to_the_address_of_its_filter(self, read):
        response = read(q='who:anna campaign:3 reason:"wrong list"')
        assert (response.status_code, response.url) == (302, "/changes/?who=anna&campaign=3&reason=wrong+list")
        response = read(who="anna", reason="wrong list")
        assert 'value="who:anna reason:&#34;wrong list&#34;"' in response.content.decode()

    def test_what_a_search_does_not_understand_is_told_and_stays_typed(self, read):
        typed = "who:anna colour:red since:someday"
        response = read(q=typed)
        assert list(problems(response)) == ["q0", "since"]
        assert f'value="{typed}"' in response.content.decode()
        assert [batch for _, batch in told(response)] == ["a"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("campaign", "flu"),
            ("campaign", "9" * 30),
            ("operation", "-1"),
            ("action", "explode"),
            ("outcome", "started"),
            ("origin", "moon"),
            ("since", "2026-13-01"),
            ("until", "0001-01-01"),
            ("when", "tomorrow"),
            ("who", "x" * 300),
            ("batch", "a\x00b"),
            ("reason", "a\x00b"),
            ("unsettled", "2"),
        ],
    )
    def test_a_part_of_an_address_that_cannot_be_used_is_told_and_stays_typed(self, read, name, value):
        response = read(**{name: value})
        assert response.status_code == 200
        assert list(problems(response)) == [name]
        assert f'data-problem="{name}"' in response.content.decode()
        assert value in unescape(response.content.decode())

    def test_the_tabs_are_questions_people_ask(self, read, anna):
        tabs = dict(re.findall(r'<li><a href="(/changes/[^"]*)"[^>]*>([^<]+)</a></li>', read(anna).content.decode()))
        assert {name: unescape(address) for address, name in tabs.items()} == {
            "All": "/changes/",
            "Today": "/changes/?when=today",
            "Mine": "/changes/?who=anna%40example.com",
            "Not confirmed": "/changes/?unsettled=1",
            "Cancellations": "/changes/?action=cancel",
            "People and logins": "/changes/?action=people-and-logins",
        }

    def test_what_no_index_finds_is_looked_for_in_90_days_and_the_page_says_so(self, read, anna):
        added(anna, batch_id="old", reason="Wrong list", at=timezone.now() - timedelta(days=91))
        response = read(reason="wrong")
        assert [batch for _, batch in told(response)] == ["a"]
        assert "Only 90 days were searched" in response.content.decode()
        assert {batch for _, batch in told(read(who="anna"))} == {"a", "old"}
        assert [batch for _, batch in told(read(reason="wrong", until="2020-01-01"))] == []

    def test_a_query_that_takes_too_long_is_stopped_and_the_page_says_so(self, read, monkeypatch):
        counting = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e12) SELECT COUNT(*) FROM n"
        )

        def slow(*_args):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(600)" if connection.vendor == "postgresql" else counting)

        with monkeypatch.context() as patched:
            patched.setattr(trail_page, "QUERY_SECONDS", 0.1)
            patched.setattr(trail_page, "_page", slow)
            response = read(reason="wrong", origin="form")
            assert response.status_code == 200
            assert "This search took too long and was stopped." in response.content.decode()
        assert [batch for _, batch in told(read(reason="wrong"))] == ["a"]


class TestNotConfirmed:
    def test_it_lists_what_is_not_confirmed_even_without_an_entry(self, read, account, anna):
        account.faults.add(faults.ignore(), method="PUT", times=None)
        unconfirmed = batch_pause(batch_id=ID, actor=anna).change
        edit, past = BatchEdit(status=BatchStatus.PAUSED), timezone.now() - timedelta(hours=1)
        dead = Change.objects.create(batch_id="dead", actor=anna, actor_email=anna.email, edit=edit, deadline_at=past)
        batch_pause(batch_id="gone", actor=anna)
        response = read(anna, unsettled="1")
        html = response.content.decode()
        assert [entry.change_id for entry in response.context["page"].entries] == [dead.pk, unconfirmed.pk]
        assert "Last seen ACTIVE at" in html
        assert f"/changes/{unconfirmed.pk}/settle/" in html
        assert lines(response)[0].count("Not confirmed") == 1
        assert [batch for _, batch in told(read(unsettled="1", batch=ID))] == [ID]
        assert told(read(unsettled="1", action="cancel")) == []
        assert len(told(read(unsettled="1", action="pause", who="anna"))) == 2

    def test_a_viewer_has_no_buttons(self, read, account, anna):
        batch_pause(batch_id=ID, actor=anna)
        assert "/undo/" in read(anna).content.decode()
        assert "/undo/" not in read().content.decode()

    def test_checking_again_leads_back_to_the_filtered_trail(self, client, account, anna):
        fault = account.faults.add(faults.ignore(), method="PUT", times=None)
        change = batch_pause(batch_id=ID, actor=anna).change
        fault.times = 0
        client.force_login(anna)
        address = f"/changes/{change.pk}/settle/"
        response = client.post(address, {"next": "/changes/?unsettled=1"})
        assert response.url == f"/changes/?unsettled=1&change={change.pk}"
        for elsewhere in ("//evil.example", "https://evil.example/changes/", "/batches/", "/changes/1/"):
            assert client.post(address, {"next": elsewhere}).url == f"/changes/{change.pk}/"


class TestUndo:
    def test_from_a_filtered_trail_it_leads_back_to_it(self, client, account, anna):
        change = batch_pause(batch_id=ID, actor=anna).change
        client.force_login(anna)
        back = f"/changes/?batch={ID}"
        review = client.post(f"/changes/{change.pk}/undo/", {"next": back}).content.decode()
        assert f'name="next" value="{back}"' in review
        response = client.post(f"/changes/{change.pk}/undo/", {"next": back, "confirm": "1"})
        undone = Change.objects.get(undoes=change)
        assert (undone.outcome, response.url) == (Outcome.APPLIED, f"{back}&change={undone.pk}")
        html = client.get(response.url).content.decode()
        assert html.count(f'data-outcome="applied" data-change="{undone.pk}"') == 1


class TestPaging:
    def test_older_and_newer_show_each_entry_once(self, read, admin, anna):
        added(anna, 120)
        first = read(admin, who="anna")
        second = read(who="anna", before=str(first.context["page"].older))
        third = read(who="anna", before=str(second.context["page"].older))
        shown = [batch for response in (first, second, third) for _, batch in told(response)]
        assert shown == [f"b{number}" for number in reversed(range(120))]
        assert third.context["page"].older is None
        back = read(who="anna", after=str(third.context["page"].newer))
        assert told(back) == told(second)
        assert told(read(who="anna", after=str(back.context["page"].newer))) == told(first)
        assert first.context["page"].total == 120

    def test_entries_of_the_same_moment_are_shown_once(self, read, anna):
        added(anna, 120, at=timezone.now())
        first = read(who="anna")
        rest = read(who="anna", before=str(first.context["page"].older))
        assert len({batch for response in (first, rest) for _, batch in told(response)}) == 100

    @pytest.mark.parametrize("place", ["x", "-1", "9" * 40, "0", "²"])
    def test_a_place_that_is_none_is_no_error(self, read, anna, place):
        added(anna)
        assert read(before=place).status_code == 200
        assert read(after=place).status_code == 200

    def test_more_than_10000_are_not_counted(self, read, admin, anna, monkeypatch):
        monkeypatch.setattr(trail_page, "MOST_COUNTED", 60)
        added(anna, 62)
        response = read(admin, who="anna")
        assert "More than 10,000 entries" in response.content.decode()
        assert response.context["page"].total is None


class TestPeople:
    @pytest.fixture(autouse=True)
    def logins(self, anna, operator):
        for user in (anna, operator):
            entry_add(Action.LOGGED_IN, actor=user)
        entry_add(Action.LOGIN_FAILED, actor=None, person=anna, person_email=anna.email)

    def seen(self, response):
        return sorted(
            (entry.action, entry.actor_email, entry.person_email) for entry in response.context["page"].entries
        )

    def test_an_administrator_sees_the_logins_of_all(self, read, admin):
        found = self.seen(read(admin, action="logins"))
        assert ("logged_in", "anna@example.com", "") in found
        assert ("login_failed", "", "anna@example.com") in found
        assert {action for action, *_ in self.seen(read(admin, action="logins", who="anna"))} == {
            "logged_in",
            "login_failed",
        }

    def test_others_see_their_own_alone(self, read, anna):
        found = self.seen(read(anna, action="logins"))
        assert {(actor, person) for _, actor, person in found} == {
            ("anna@example.com", ""),
            ("", "anna@example.com"),
        }
        everything = {entry.actor_email for entry in read(anna).context["page"].entries}
        assert "operator@example.com" not in everything

    def test_each_act_is_a_sentence(self, read, admin, anna):
        for action in Action:
            if not action.startswith(("change", "operation")):
                body = {"method": "GET", "path": "/x", "new": {"name": "R", "roles": ["R"]}, "old": {}, "what": "trail"}
                entry_add(action, actor=admin, person=anna, body=body)
        html = read(admin).content.decode()
        assert "admin@example.com</strong> changed the roles of anna@example.com" in " ".join(html.split())
        assert "was refused GET /x" in " ".join(html.split())


class TestQueries:
    @pytest.fixture
    def many(self, account, anna):
        added(anna, 130, campaign_id=3)
        account.requests.clear()
        return account

    @pytest.mark.parametrize(
        ("params", "queries"),
        [({}, 9), ({"batch": "b1"}, 9), ({"who": "anna"}, 11), ({"outcome": "rejected"}, 8), ({"unsettled": "1"}, 8)],
    )
    def test_a_page_asks_the_api_nothing_and_the_database_little(
        self, read, client, viewer, many, django_assert_max_num_queries, params, queries
    ):
        read()
        with django_assert_max_num_queries(queries):
            client.get("/changes/", params)
        assert not many.requests


def test_a_person_without_an_account_is_found_by_the_email_in_the_entry(read, admin, monkeypatch):
    monkeypatch.setattr(trail_people, "LOOKED_AT", 0)
    Entry.objects.create(action=Action.CHANGE_ENDED, actor_id=999, actor_email="bob@gone.example", change_id=1)
    Entry.objects.create(action=Action.LOGIN_FAILED, person_email="bob@gone.example")
    response = read(admin, who="bob@gone.example")
    assert len(response.context["page"].entries) == 2
    assert "Only 90 days were searched" in response.content.decode()


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"actor": "bob"}, "actor: cannot be searched."),
        ({"since": "2026-03-02", "until": "2026-02-01"}, "The period ends before it begins."),
    ],
)
def test_what_the_address_asks_in_vain_is_said(read, params, sentence):
    assert sentence in read(**params).content.decode()


def test_choosing_more_keeps_to_what_is_not_confirmed(read):
    assert '<input type="hidden" name="unsettled" value="1">' in read(unsettled="1").content.decode()


@pytest.mark.parametrize(
    ("action", "edit"),
    [
        ("pause", {"status": "PAUSED"}),
        ("cancel", {"status": "CANCELED"}),
        ("resume", {"status": "ACTIVE"}),
        ("expiry", {"expires_on": None}),
        ("rate", {"call_rate": 5}),
    ],
)
def test_what_is_not_confirmed_can_be_asked_by_its_action(read, action, edit):
    edits = [{"status": "PAUSED"}, {"status": "CANCELED"}, {"status": "ACTIVE"}, {"expires_on": None}, {"call_rate": 5}]
    for number, fields in enumerate(edits):
        Change.objects.create(
            batch_id=f"b{number}",
            outcome=Outcome.UNCONFIRMED,
            edit=BatchEdit.from_fields(fields),
            deadline_at=timezone.now(),
        )
    found = read(unsettled="1", action=action).context["page"].entries
    assert [entry.batch_id for entry in found] == [f"b{edits.index(edit)}"]


def test_an_undo_that_is_not_confirmed_is_found_as_one(read):
    for origin in (Origin.UNDO, Origin.CLICK):
        Change.objects.create(
            batch_id=origin, outcome=Outcome.UNCONFIRMED, origin=origin, edit=BatchEdit(), deadline_at=timezone.now()
        )
    found = read(unsettled="1", action="undo").context["page"].entries
    assert [entry.batch_id for entry in found] == ["undo"]
    assert read(unsettled="1", action="logins").context["page"].entries == []
