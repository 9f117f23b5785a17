"""Exports through the front door: asking for a long file, watching it, and taking it along."""

import csv
import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.db import OperationalError
from django_tasks_db.models import DBTaskResult

from batches.models import ExportProblem, ExportState, TrailExport
from batches.selectors import trail_export
from batches.selectors.time_limit import TooSlow
from batches.services.exports import ask
from tests.batches.services.exports.files import FORMULA, added, asked_for, carried_out, content
from tests.conftest import member_of
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db

QUEUED = ("batches.tasks.make_export", "default")


@pytest.fixture
def anna(exports_folder):
    return member_of("Operators", "anna@example.com")


@pytest.fixture
def admin(exports_folder):
    return member_of("Administrators", "admin@example.com")


@pytest.fixture
def get(client):
    """Open an address as somebody."""

    def get(user, address, method="get", **options):
        client.force_login(user)
        return getattr(client, method)(address, **options)

    return get


@pytest.fixture
def ready(anna):
    added(anna, 5)
    export = carried_out(asked_for(anna))
    assert export.state == ExportState.READY
    return export


def page_of(export, part=""):
    return f"/changes/exports/{export.pk}/{part}"


def text(response):
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def downloads():
    return Entry.objects.filter(action=Action.EXPORTED)


class TestAsking:
    def test_a_long_file_is_made_by_a_worker(self, get, anna):
        added(anna, 5)
        response = get(anna, "/changes/export/?campaign=3&format=csv")
        export = TrailExport.objects.get()
        assert (response.status_code, response["Location"]) == (302, page_of(export))
        assert (export.actor, export.query, export.file_format) == (anna, "campaign=3", "csv")
        [task] = DBTaskResult.objects.all()
        assert (task.task_path, task.queue_name) == QUEUED
        assert task.args_kwargs["args"] == [export.pk]
        assert not downloads()

    @pytest.mark.parametrize(("entries", "status"), [(3, 200), (4, 302)])
    def test_it_counts_what_the_filter_shows(self, get, anna, operator, entries, status):
        added(operator, 9, campaign_id=4)
        added(anna, entries)
        response = get(anna, "/changes/export/?campaign=3")
        assert response.status_code == status
        if response.streaming:
            assert len(content(response).splitlines()) > entries

    def test_the_changes_of_a_folded_operation_count(self, get, anna):
        added(anna, 5, operation_id=9)
        assert get(anna, "/changes/export/").status_code == 302

    def test_what_takes_too_long_to_count_is_made_by_a_worker(self, get, anna, monkeypatch):
        def too_slow(*args, **kwargs):
            raise TooSlow

        monkeypatch.setattr(trail_export, "time_limit", too_slow)
        assert get(anna, "/changes/export/").status_code == 302

    def test_the_second_one_shows_the_first(self, get, anna):
        added(anna, 5)
        first = get(anna, "/changes/export/?format=csv")["Location"]
        second = get(anna, "/changes/export/?format=jsonl&campaign=3")
        assert second["Location"] == first
        assert TrailExport.objects.count() == 1
        assert "This file has to be ready before you can have another one." in text(get(anna, first))

    def test_not_too_many_wait(self, get, anna, viewer, monkeypatch):
        monkeypatch.setattr(ask, "MOST_UNDER_WAY", 1)
        added(anna, 5)
        get(viewer, "/changes/export/")
        response = get(anna, "/changes/export/?campaign=3")
        assert response.status_code == 429
        assert "Many other people wait for a file." in text(response)
        assert 'href="/changes/?campaign=3"' in response.content.decode()

    def test_asking_what_would_be_there_makes_nothing(self, get, anna):
        added(anna, 5)
        assert get(anna, "/changes/export/", "head")["Location"] == "/changes/exports/"
        assert not TrailExport.objects.exists()

    @pytest.mark.parametrize("address", ["/changes/export/?campaign=flu", "/changes/export/?q=colour:red"])
    def test_what_is_not_understood_makes_nothing(self, get, anna, address):
        added(anna, 5)
        assert get(anna, address).status_code == 422
        assert not TrailExport.objects.exists()

    @pytest.mark.parametrize("zone", ["", "Asia/Tokyo"])
    def test_its_days_are_those_of_whoever_asks(self, get, anna, zone):
        added(anna, 5)
        anna.time_zone = zone
        anna.save()
        get(anna, "/changes/export/")
        assert TrailExport.objects.get().time_zone == (zone or "UTC")


class TestItsPage:
    def test_it_says_how_far_it_is(self, get, anna):
        export = asked_for(anna, query="who=anna&when=7d")
        html = get(anna, page_of(export)).content.decode()
        assert 'data-state="waiting"' in html
        assert "Waiting for a worker." in html
        assert "Person: anna · When: Last 7 days" in html
        TrailExport.objects.update(state=ExportState.RUNNING, rows=40_000)
        html = get(anna, page_of(export)).content.decode()
        assert 'data-state="running"' in html
        assert 'data-rows="40000"' in html
        assert "40,000 entries so far." in html

    def test_it_refreshes_itself_with_and_without_scripts_until_it_has_ended(self, get, anna):
        export = asked_for(anna)
        refreshed = f'hx-get="{page_of(export)}" hx-trigger="every 2s"'
        html = get(anna, page_of(export)).content.decode()
        assert refreshed in html
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in html
        carried_out(export)
        html = get(anna, page_of(export)).content.decode()
        assert "hx-trigger" not in html
        assert 'http-equiv="refresh"' not in html

    def test_the_part_that_is_refreshed_comes_alone_and_at_the_end_the_page_reloads(self, get, anna):
        export = asked_for(anna)
        part = {"headers": {"HX-Request": "true", "HX-Target": "export-progress"}}
        response = get(anna, page_of(export), **part)
        assert response.content.decode().strip().startswith('<div id="export-progress"')
        assert "<html" not in response.content.decode()
        carried_out(export)
        assert get(anna, page_of(export), **part)["HX-Refresh"] == "true"

    def test_a_ready_one_has_its_file_and_says_until_when(self, get, anna, ready):
        html = get(anna, page_of(ready)).content.decode()
        assert 'data-state="ready"' in html
        assert f'href="{page_of(ready, "file/")}"' in html
        assert f"Ready. {ready.rows} entries." in html
        assert f"{ready.finished_at + timedelta(days=7):%Y-%m-%d %H:%M:%S} UTC" in html

    @pytest.mark.parametrize("problem", ExportProblem)
    def test_a_failed_one_says_why_and_what_to_do(self, get, anna, problem):
        export = asked_for(anna)
        TrailExport.objects.update(state=ExportState.FAILED, problem=problem)
        html = get(anna, page_of(export)).content.decode()
        assert f'data-state="failed" data-rows="0" data-bytes="0" data-problem="{problem}"' in html
        assert "Not made." in html
        assert page_of(export, "file/") not in html

    def test_a_removed_one_says_so(self, get, anna, ready):
        TrailExport.objects.update(state=ExportState.REMOVED)
        html = get(anna, page_of(ready)).content.decode()
        assert "The file was removed." in html
        assert page_of(ready, "file/") not in html
        assert get(anna, page_of(ready, "file/"))["Location"] == page_of(ready)

    def test_it_leads_back_to_what_is_in_it(self, get, anna):
        export = asked_for(anna, query="reason=a%26b+%22%3Cb%3E&campaign=3")
        html = get(anna, page_of(export)).content.decode()
        assert 'href="/changes/?campaign=3&amp;reason=a%26b+%22%3Cb%3E"' in html
        assert "Reason: a&amp;b &#34;&lt;b&gt;" in html

    def test_an_odd_filter_does_not_break_it(self, get, anna):
        export = asked_for(anna, query="origin=telepathy&%FF=1&campaign")
        assert "All entries" in text(get(anna, page_of(export)))


class TestItsFile:
    def test_it_is_what_was_asked_for_with_the_time_and_the_filter_in_its_name(self, get, anna):
        added(anna, 5)
        export = carried_out(asked_for(anna, query="who=anna&campaign=3", file_format="csv"))
        response = get(anna, page_of(export, "file/"))
        name = f"trail-{export.asked_at:%Y%m%dT%H%M%SZ}-who-anna-campaign-3.csv"
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Cache-Control"] == "no-store"
        assert int(response["Content-Length"]) == export.bytes
        rows = list(csv.DictReader(StringIO(content(response).decode("utf-8-sig"))))
        assert {row["reason"] for row in rows} == {f"'{FORMULA}"}
        assert len(rows) == export.rows == 5

    def test_json_lines_too(self, get, anna, ready):
        response = get(anna, page_of(ready, "file/"))
        assert response["Content-Disposition"].endswith('-all.jsonl"')
        assert len([json.loads(line) for line in content(response).splitlines()]) == ready.rows

    def test_it_is_compressed_for_whoever_takes_that(self, get, anna, ready):
        response = get(anna, page_of(ready, "file/"), headers={"Accept-Encoding": "gzip"})
        assert response["Content-Encoding"] == "gzip"
        assert len(content(response)) < ready.bytes

    def test_each_download_is_an_entry(self, get, anna, ready, admin):
        for user in (anna, admin):
            content(get(user, page_of(ready, "file/")))
        assert content(get(anna, page_of(ready, "file/"), "head")) == b""
        found = list(downloads().order_by("pk").values_list("actor_id", "body"))
        body = {"what": "trail", "format": "jsonl", "filter": {}, "export": ready.pk}
        assert found == [(anna.pk, body), (admin.pk, body)]
        assert f"anna@example.com downloaded the trail, export {ready.pk}" in text(
            get(admin, "/changes/?action=exports")
        )

    @pytest.mark.parametrize("state", [ExportState.WAITING, ExportState.RUNNING, ExportState.FAILED])
    def test_without_a_file_it_leads_to_the_page(self, get, anna, ready, state):
        TrailExport.objects.update(state=state)
        assert get(anna, page_of(ready, "file/"))["Location"] == page_of(ready)
        assert not downloads()

    @pytest.mark.parametrize("damage", ["unlink", "truncate"])
    def test_a_file_that_is_not_here_is_told_in_words(self, get, anna, ready, exports_folder, damage):
        path = exports_folder / ready.file.name
        path.unlink() if damage == "unlink" else path.write_bytes(b"half")
        response = get(anna, page_of(ready, "file/"))
        assert response.status_code == 404
        assert "The file is not on this web server." in text(response)
        assert not downloads()

    def test_a_few_downloads_at_a_time_leave_the_server_to_others(self, get, anna, ready):
        running = [get(anna, page_of(ready, "file/")) for _ in range(2)]
        refused = get(anna, page_of(ready, "file/"))
        assert refused.status_code == 429
        assert "Other downloads of the trail are running" in text(refused)
        for response in running:
            content(response)
        assert content(get(anna, page_of(ready, "file/")))

    @pytest.mark.parametrize("address", ["/changes/export/?campaign=4", "/changes/exports/{}/file/"])
    def test_one_that_is_not_recorded_gives_its_place_back(self, get, client, anna, ready, monkeypatch, address):
        added(anna, 3, campaign_id=4)

        def fail(*args, **kwargs):
            raise OperationalError("database is locked")

        client.raise_request_exception = False
        with monkeypatch.context() as broken:
            broken.setattr("batches.services.reads.entry_add", fail)
            for _ in range(2):
                assert get(anna, address.format(ready.pk)).status_code == 500
        assert content(get(anna, address.format(ready.pk)))


class TestAuthority:
    def test_whoever_lost_it_since_gets_nothing_and_nobody_else_does(self, get, anna, admin, ready):
        anna.is_active = False
        anna.save()
        response = get(admin, page_of(ready, "file/"))
        assert response.status_code == 403
        assert "The person who asked for this file can no longer see what is in the file." in text(response)
        assert not downloads()

    def test_whoever_saw_people_and_no_longer_does_gets_nothing(self, get, admin):
        added(admin, 5)
        export = carried_out(asked_for(admin))
        admin.groups.set(member_of("Operators", "o@example.com").groups.all())
        assert get(admin, page_of(export, "file/")).status_code == 403

    def test_one_of_another_person_is_not_found(self, get, anna, viewer, ready):
        for part in ("", "file/"):
            assert get(viewer, page_of(ready, part)).status_code == 404
        assert "data-export" not in get(viewer, "/changes/exports/").content.decode()
        assert not downloads()

    def test_whoever_sees_people_sees_those_of_everybody(self, get, admin, viewer, ready):
        asked_for(viewer)
        html = get(admin, "/changes/exports/").content.decode()
        assert "anna@example.com" in html
        assert viewer.email in html
        assert content(get(admin, page_of(ready, "file/")))

    @pytest.mark.parametrize("part", ["", "1/", "1/file/"])
    def test_nobody_without_a_login_or_a_role_gets_here(self, get, client, nobody, part):
        address = f"/changes/exports/{part}"
        assert client.get(address)["Location"].startswith("/accounts/login/")
        assert get(nobody, address).status_code == 403

    @pytest.mark.parametrize("part", ["", "1/", "1/file/"])
    def test_there_is_nothing_to_post(self, get, anna, part):
        assert get(anna, f"/changes/exports/{part}", "post").status_code == 405

    def test_one_that_is_not_there_is_not_found(self, get, admin):
        assert get(admin, "/changes/exports/4711/").status_code == 404


class TestTheList:
    def test_it_has_ones_own_newest_first(self, get, anna, viewer, ready):
        asked_for(viewer)
        newest = asked_for(anna, query="campaign=3")
        html = get(anna, "/changes/exports/").content.decode()
        assert re.findall(r'data-export="(\d+)" data-state="(\w+)"', html) == [
            (str(newest.pk), "waiting"),
            (str(ready.pk), "ready"),
        ]
        assert viewer.email not in html
        assert "Campaign: 3" in html

    def test_an_empty_one_says_so(self, get, anna):
        assert "No exports yet" in text(get(anna, "/changes/exports/"))

    def test_the_trail_leads_there_where_there_are_any(self, get, anna, viewer, ready):
        assert 'href="/changes/exports/"' in get(anna, "/changes/").content.decode()
        assert 'href="/changes/exports/"' not in get(viewer, "/changes/").content.decode()

    def test_it_has_pages(self, get, anna):
        for number in range(21):
            export = asked_for(anna)
            TrailExport.objects.filter(pk=export.pk).update(state=ExportState.REMOVED, rows=number)
        assert "Page 1 of 2" in text(get(anna, "/changes/exports/"))
        assert get(anna, "/changes/exports/?page=2").content.decode().count("data-export=") == 1


class TestQueries:
    @pytest.mark.parametrize(
        ("address", "queries"),
        [("/changes/exports/", 7), ("/changes/exports/{}/", 6), ("/changes/exports/{}/file/", 7)],
    )
    def test_a_page_costs_few_however_many_there_are(
        self, get, client, anna, ready, django_assert_num_queries, address, queries
    ):
        for _ in range(3):
            TrailExport.objects.filter(pk=asked_for(anna).pk).update(state=ExportState.REMOVED)
        get(anna, "/changes/exports/")
        with django_assert_num_queries(queries):
            response = client.get(address.format(ready.pk))
        if response.streaming:
            content(response)

    def test_asking_costs_few_too(self, get, client, anna, django_assert_max_num_queries):
        added(anna, 5)
        get(anna, "/changes/exports/")
        # On PostgreSQL the time limit of the count is four more.
        with django_assert_max_num_queries(16):
            client.get("/changes/export/")
