"""The first page: what runs now, what needs somebody, and how far the numbers can be relied on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from batches.access import Scope
from batches.models import Change, Kind, Outcome, PlatformEvent, PlatformEventKind, WatchProblem
from batches.selectors.overview import overview
from sandbox import faults
from tests.batches.services.factories import start
from tests.batches.sightings import campaign_sample_add, campaign_sighting_add, sighting_add, watch_state
from tests.conftest import member_of
from tests.html import attributes, in_words, parsed, texts
from trail.models import Action
from trail.services import entry_add

pytestmark = pytest.mark.django_db

COUNTS = {"total": 162, "pending": 30, "under_way": 4, "ended": 128, "failed": 18}


@pytest.fixture
def look(client, viewer, sandbox):
    """Open the page as a viewer, or as whoever is given, and return the response."""

    def look(user=viewer, **headers):
        client.force_login(user)
        response = client.get("/", headers=headers)
        assert response.status_code == 200
        return response

    return look


def active(batch_id="b", **fields):
    return sighting_add(batch_id, **{"counted_at": timezone.now(), **COUNTS, **fields})


def failed(batch_id, seen_at, *, kind=PlatformEventKind.FAILED, campaign_id=1):
    """Add what the platform did to a batch by itself."""
    about = {"batch_id": batch_id, "campaign_id": campaign_id, "kind": kind, "status_before": "ACTIVE"}
    PlatformEvent.objects.create(**about, since=seen_at, seen_at=seen_at)


def tiles(page):
    """Return the big numbers by what they are of."""
    return dict(zip(texts(page, ".tile-label"), texts(page, ".tile-value"), strict=True))


def ago(**distance):
    return timezone.now() - timedelta(**distance)


def ahead(**distance):
    return timezone.now() + timedelta(**distance)


# Who ---------------------------------------------------------------------------------------------------------------


def test_an_anonymous_visitor_is_sent_to_the_login(client):
    response = client.get("/")

    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=/"


def test_somebody_without_a_role_is_refused(client, nobody):
    client.force_login(nobody)

    assert client.get("/").status_code == 403


def test_it_is_only_read(client, viewer):
    client.force_login(viewer)

    assert client.post("/").status_code == 405


def test_a_login_leads_here(client, operator, sandbox):
    operator.set_password("a long enough one")
    operator.save()

    response = client.post("/accounts/login/", {"login": operator.email, "password": "a long enough one"}, follow=True)

    assert response.request["PATH_INFO"] == "/"
    assert attributes(response, ".app-nav [aria-current]", "href") == ["/"]


# What runs ---------------------------------------------------------------------------------------------------------


def test_it_says_what_runs_now(look):
    watch_state()
    active("a")
    active("b", pending=3_090, total=4_000)
    sighting_add("waiting", status="PENDING")
    active("held", status="PAUSED")
    sighting_add("over", status="CANCELED")
    sighting_add("gone", gone_at=timezone.now())

    page = look()

    assert texts(page, "h1") == ["2 batches are active."]
    assert "1 pending, 1 paused" in in_words(page)
    assert "30 more in paused batches" in in_words(page)
    found = tiles(page)
    assert found["active batches"] == "2"
    assert found["requests under way"] == "8"
    assert found["people still to reach"] == "3,120"


def test_each_number_leads_to_the_list_behind_it(look):
    watch_state()
    active()

    links = dict(zip(texts(look(), ".tile-label"), attributes(look(), ".tile-link", "href"), strict=True))

    assert links == {
        "active batches": "/batches/?status=ACTIVE",
        "requests under way": "/batches/?status=ACTIVE",
        "people still to reach": "/batches/?status=ACTIVE",
        "requests ended a minute": "#trend",
        "of requests fail": "/batches/?failing=1",
        "expire within the hour": "/batches/?expiry=hour",
        "failed in 24 hours": "/batches/?status=FAILED",
        "not confirmed": "/changes/?unsettled=1",
        "operations under way": "/operations/",
    }


def test_it_says_plainly_when_nothing_runs(look):
    watch_state()
    sighting_add("held", status="PAUSED")

    page = look()

    assert texts(page, "h1") == ["No batch is active."]
    assert "1 paused" in in_words(page)
    assert "No request ended." in in_words(page)
    assert not parsed(page).css("#active, #overview-trend svg")


def test_an_active_batch_shows_how_far_it_is(look):
    watch_state()
    campaign_sighting_add(1, name="Flu shots")
    active(
        "20261201.9",
        ends_from=ahead(minutes=40, seconds=9),
        ends_until=ahead(minutes=40, seconds=9),
        expires_at=ahead(minutes=30, seconds=5),
        unreached_from=20,
        unreached_until=40,
    )

    page = look()

    assert texts(page, "#overview-active .progress-campaign") == ["Flu shots"]
    [line] = texts(page, "#overview-active .progress-how")
    assert line.startswith("128 of 162 · 14 % failed · about 40 min left expires in 30 min")
    assert "About 20 to 40 people will not be reached before the expiry." in line
    assert attributes(page, "#overview-active .bar", "aria-label") == ["Requests: 128 of 162 · 14 % failed"]


def test_a_batch_that_is_not_counted_yet_says_so(look):
    watch_state()
    sighting_add("new")
    sighting_add("sized", total=162)

    page = look()

    assert "Requests not counted yet" in in_words(page)
    assert "162 requests" in in_words(page)
    assert "2 batches not counted yet" in in_words(page)
    assert not parsed(page).css("#overview-active .bar")


def test_of_many_batches_a_few_are_shown(look):
    watch_state()
    for number in range(19):
        active(f"b.{number}", created_at=ago(hours=number))

    page = look()

    assert texts(page, "#overview-active a")[:3] == ["All 19", "b.0", "b.1"]
    assert len(parsed(page).css("#overview-active .progress-line")) == 8


# How fast ----------------------------------------------------------------------------------------------------------


def five_minutes_of(at):
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def test_the_pace_is_that_of_the_last_five_minutes(look):
    begun = five_minutes_of(timezone.now())
    watch_state(looked_at=begun + timedelta(minutes=2))
    campaign_sample_add(begun - timedelta(minutes=5), ended=50, failed=5)
    campaign_sample_add(begun, ended=20, failed=5, campaign_id=1)
    campaign_sample_add(begun, ended=20, failed=4, campaign_id=2)
    campaign_sample_add(begun - timedelta(minutes=10), ended=900, failed=900)

    page = look()

    # 40 in two minutes, and three fifths of the 50 before.
    assert tiles(page)["requests ended a minute"] == "14"
    assert tiles(page)["of requests fail"] == "16 %"
    assert "of 90 in 10 minutes" in in_words(page)


def test_many_failures_are_marked(look):
    begun = five_minutes_of(timezone.now())
    watch_state(looked_at=begun + timedelta(minutes=2))
    campaign_sample_add(begun, ended=20, failed=16)

    assert attributes(look(), ".tile-red .tile-link", "id") == ["tile-failing"]


def test_the_trend_is_a_picture_and_a_table(look):
    begun = five_minutes_of(timezone.now())
    watch_state(looked_at=begun + timedelta(minutes=2))
    campaign_sample_add(begun - timedelta(minutes=60), ended=50, failed=5)
    campaign_sample_add(begun, ended=100)
    campaign_sample_add(begun - timedelta(hours=7), ended=10_000)

    page = look()

    [words] = attributes(page, "#overview-trend svg[role=img]", "aria-label")
    assert words.endswith("150 requests ended and 3 % of these failed.")
    assert attributes(page, "#overview-trend path", "d") == [
        "M590 100v-50h8v50zM710 100v-100h8v100z",
        "M590 100v-5h8v5z",
    ]
    rows = texts(page, "#trend-table tbody td")
    assert len(rows) == 24
    assert sum(int(number) for number in rows[::2]) == 150
    assert "style=" not in page.content.decode()


# What needs somebody -----------------------------------------------------------------------------------------------


def test_it_shows_what_expires_within_the_hour(look):
    watch_state()
    active("soon", expires_at=ahead(minutes=50))
    active("sooner", status="PAUSED", expires_at=ahead(minutes=5))
    active("later", expires_at=ahead(minutes=70))
    active("passed", expires_at=ago(minutes=5))
    active("over", status="EXPIRED", expires_at=ahead(minutes=5))

    page = look()

    assert tiles(page)["expire within the hour"] == "2"
    assert texts(page, "#overview-expiring a") == ["sooner", "soon"]


def test_what_expires_with_nobody_left_to_reach_comes_last(look):
    watch_state()
    active("done", expires_at=ahead(minutes=5), **COUNTS | {"pending": 0})
    active("unknown", expires_at=ahead(minutes=20), pending=None)
    active("waiting", expires_at=ahead(minutes=10), **COUNTS)

    assert texts(look(), "#overview-expiring a") == ["waiting", "unknown", "done"]


def test_it_shows_what_failed_within_a_day(look):
    watch_state()
    campaign_sighting_add(2, name="Invoices")

    def failed(batch_id, seen_at, kind=PlatformEventKind.FAILED, campaign_id=2):
        PlatformEvent.objects.create(
            batch_id=batch_id,
            campaign_id=campaign_id,
            kind=kind,
            status_before="ACTIVE",
            since=seen_at,
            seen_at=seen_at,
        )

    failed("first", ago(hours=3, minutes=1))
    failed("second", ago(hours=2, minutes=1), campaign_id=None)
    failed("long ago", ago(hours=25))
    failed("expired", ago(hours=1), kind=PlatformEventKind.EXPIRED)

    page = look()

    assert tiles(page)["failed in 24 hours"] == "2"
    assert texts(page, "#overview-failures li") == ["second 2 h ago", "first Invoices, 3 h ago"]


def test_it_shows_operations_under_way(look, operator):
    operation = start(Kind.PAUSE, operator)

    page = look()

    assert tiles(page)["operations under way"] == "1"
    assert attributes(page, "#overview-operations a", "href") == [f"/operations/{operation.pk}/"]
    assert "Nothing paused yet. Batches keep running." in in_words(page)


def test_it_counts_what_is_not_confirmed(look, operator):
    Change.objects.create(
        actor=operator, actor_email=operator.email, batch_id="b", campaign_id=1, edit={"status": "PAUSED"},
        outcome=Outcome.UNCONFIRMED, deadline_at=ago(hours=1),
    )  # fmt: skip

    assert tiles(look())["not confirmed"] == "1"


def test_the_last_ten_decisions_are_about_batches(look, operator):
    for number in range(12):
        entry_add(
            Action.CHANGE_ENDED, actor=operator, batch_id=f"b.{number}", change_id=number + 1, kind="pause",
            outcome="applied", at=ago(minutes=60 - number),
        )  # fmt: skip
    entry_add(Action.CHANGE_ENDED, actor=operator, batch_id="b", change_id=99, operation_id=7, outcome="applied")
    entry_add(Action.OPERATION_STARTED, actor=operator, operation_id=7, kind="pause", body={"scope": "campaign"})
    entry_add(Action.OPERATION_ENDED, actor=operator, operation_id=7, kind="pause", body={"numbers": {"applied": 3}})
    entry_add(Action.LOGGED_IN, actor=operator)

    page = look(member_of("Administrators", "admin@example.com"))

    lines = texts(page, "#overview-decisions .entry-said")
    assert len(lines) == 10
    assert lines[:2] == [f"{operator.email} paused 3 batches", f"{operator.email} paused b.11"]
    assert parsed(page).css_first("#decisions-all").attributes["href"] == "/changes/"


# How far it can be relied on ---------------------------------------------------------------------------------------


def test_it_says_as_of_when(look):
    watch_state(looked_at=datetime(2026, 11, 1, 14, 2, 5, tzinfo=UTC))

    assert texts(look(), ".overview-as-of") == ["as of 2026-11-01 14:02:05"]


@pytest.mark.parametrize(
    ("problem", "why"),
    [(problem, problem.label) for problem in WatchProblem],
)
def test_it_says_loudly_since_when_and_why_the_watcher_cannot_look(look, problem, why):
    active()
    looked_at, since = ago(minutes=14), ago(minutes=13)
    watch_state(looked_at=looked_at, failing_since=since, problem=problem, retry_at=ahead(seconds=40))

    page = look()

    [said] = texts(page, ".alert-danger")
    assert said.startswith(f"The numbers below are old. The watcher cannot look since {since:%H:%M:%S}")
    assert f"{why}." in said
    assert attributes(page, ".alert-danger", "role") == ["alert"]
    assert attributes(page, "#overview-now", "data-watch") == ["failing"]
    assert "is-old" in attributes(page, "#overview-now", "class")[0]
    assert texts(page, "h1") == [f"1 batch was active at {looked_at:%H:%M:%S}."]


def test_a_watcher_that_could_never_look_says_so(look):
    watch_state(looked_at=None, full_look_at=None, failing_since=ago(minutes=1), problem=WatchProblem.KEY_REFUSED)

    page = look()

    assert texts(page, "h1") == ["What is running is not known here."]
    assert "The watcher cannot look at the batches since" in texts(page, ".alert-danger")[0]
    assert set(tiles(page)) == {"not confirmed", "operations under way"}


def test_a_watcher_whose_process_is_gone_is_noticed(look):
    watch_state(looked_at=ago(minutes=5), tried_at=ago(minutes=5))

    page = look()

    assert attributes(page, "#overview-now", "data-watch") == ["silent"]
    assert "Nobody has looked at the batches since" in texts(page, ".alert-danger")[0]


def test_a_watcher_that_failed_and_whose_process_is_gone_is_noticed(look):
    watch_state(
        looked_at=ago(minutes=20),
        tried_at=ago(minutes=10),
        failing_since=ago(minutes=15),
        problem=WatchProblem.UNAVAILABLE,
        retry_at=ago(minutes=5),
    )

    page = look()

    assert attributes(page, "#overview-now", "data-watch") == ["silent"]
    assert "Syllable does not answer" not in texts(page, ".alert-danger")[0]


def test_a_watcher_that_waits_before_it_tries_again_is_not_gone(look):
    watch_state(
        looked_at=ago(minutes=20),
        tried_at=ago(minutes=8),
        failing_since=ago(minutes=15),
        problem=WatchProblem.RATE_LIMITED,
        retry_at=ahead(minutes=2),
    )

    assert attributes(look(), "#overview-now", "data-watch") == ["failing"]


def test_a_long_look_is_no_silence(look):
    watch_state(looked_at=ago(minutes=15), tried_at=ago(seconds=5))

    page = look()

    assert attributes(page, "#overview-now", "data-watch") == ["looking"]
    assert not parsed(page).css(".alert")


def test_before_the_first_look_it_says_what_works_anyway(look):
    page = look()

    assert attributes(page, "#overview-now", "data-watch") == ["never"]
    assert "The watcher has not looked yet." in in_words(page)
    assert "do not need the watcher" in in_words(page)
    assert parsed(page).css("#overview-decisions")


def test_a_watcher_that_is_turned_off_says_so(look, settings):
    settings.WATCH_INTERVAL = 0

    page = look()

    assert attributes(page, "#overview-now", "data-watch") == ["off"]
    assert "The watcher is turned off. So this page knows no numbers." in in_words(page)


def test_what_was_seen_before_the_watcher_was_turned_off_is_old(look, settings):
    settings.WATCH_INTERVAL = 0
    watch_state(looked_at=ago(hours=3))
    active()

    page = look()

    assert "The numbers below are from" in texts(page, ".alert-warning")[0]
    assert "is-old" in attributes(page, "#overview-now", "class")[0]


def test_what_the_api_said_is_never_markup(look):
    attack = '"><script>alert(1)</script>'
    watch_state()
    campaign_sighting_add(1, name=attack)
    sighting_add(attack, expires_at=ahead(minutes=5), **COUNTS)
    sighting_add("odd", status=attack)
    failed(attack, ago(hours=1))

    html = look().content.decode()

    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


# Refreshing --------------------------------------------------------------------------------------------------------


def test_for_htmx_it_returns_the_parts_alone(look):
    watch_state()
    active()

    part = look(**{"HX-Request": "true"})

    assert "<html" not in part.content.decode()
    ids = attributes(part, "[hx-swap-oob]", "id")
    assert "overview-now" in ids
    assert "app-heads" in ids
    whole = look()
    assert [element for element in ids if not parsed(whole).css(f"#{element}")] == []
    assert not parsed(whole).css("[hx-swap-oob]")


def test_everything_that_can_have_the_focus_in_a_number_keeps_it(look):
    watch_state()
    active(expires_at=ahead(minutes=5))

    page = look()

    assert None not in attributes(
        page, ".tile a, #overview-active a, #overview-expiring a, #overview-trend summary", "id"
    )
    ids = [found for found in attributes(page, "[id]", "id") if found]
    assert len(ids) == len(set(ids))


# What it costs -----------------------------------------------------------------------------------------------------


def everything(operator):
    watch_state()
    campaign_sighting_add(1, name="Flu shots")
    for number in range(30):
        active(f"b.{number}", expires_at=ahead(minutes=5))
    failed("f", ago(hours=1))
    campaign_sample_add(five_minutes_of(timezone.now()), ended=20, failed=16)
    operation = start(Kind.PAUSE, operator)
    entry_add(Action.OPERATION_STARTED, actor=operator, operation_id=operation.pk, kind="pause")
    entry_add(Action.CHANGE_ENDED, actor=operator, batch_id="b", change_id=99, outcome="applied")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_it_asks_the_database_little_and_the_api_nothing(client, operator, sandbox, django_assert_num_queries, headers):
    everything(operator)
    client.force_login(operator)
    sandbox.faults.add(faults.answer(500), times=None)

    # Three for the person, two for the header, one for the watcher, six for what it saw, three for operations, three
    # for decisions.
    with django_assert_num_queries(18):
        client.get("/", headers=headers)

    assert not sandbox.requests


def test_it_asks_less_where_the_watcher_never_looked(client, viewer, django_assert_num_queries):
    client.force_login(viewer)

    with django_assert_num_queries(8):
        client.get("/")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of PostgreSQL depends on how many rows there are")
def test_no_query_reads_a_whole_table_of_the_watcher(client, operator, django_assert_num_queries):
    everything(operator)
    client.force_login(operator)
    with django_assert_num_queries(18) as asked:
        client.get("/")

    about = [query["sql"] for query in asked if "sighting" in query["sql"] or "sample" in query["sql"]]
    assert len(about) == 5
    for sql in about:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [row[-1] for row in cursor.fetchall()]
        # The index of those that are not over is the one that is short.
        assert not [step for step in plan if step.startswith("SCAN") and "sighting_not_over" not in step], (sql, plan)


def test_a_restricted_reader_sees_their_campaigns_alone(operator):
    everything(operator)
    active("mine", campaign_id=7, expires_at=ahead(minutes=5))
    campaign_sample_add(five_minutes_of(timezone.now()), ended=1, campaign_id=7)

    mine = overview(scope=Scope(frozenset({7})))

    assert mine.now_active.batches == 1
    assert mine.expiring_count == 1
    assert [row.batch_id for row in [*mine.active, *mine.expiring]] == ["mine", "mine"]
    assert mine.failures == []
    assert mine.trend.ended == 1
    assert mine.campaigns == {7: "Campaign 7"}
    assert {entry.campaign_id for entry in mine.decisions.entries} == {7}
    assert [progress.operation.campaign_id for progress in mine.operations] == [7]
