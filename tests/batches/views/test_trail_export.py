"""The trail as a file: exactly what the filter shows, whatever is in it, and who took it."""

import csv
import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from batches.models import Change
from batches.selectors import trail_export
from syllable.schemas import BatchEdit, BatchStatus
from tests.conftest import member_of
from trail.models import Action, Entry
from trail.services import entry_add

pytestmark = pytest.mark.django_db

FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture
def anna(db):
    return member_of("Operators", "anna@example.com")


@pytest.fixture
def past(anna, operator):
    about = {"kind": "cancel", "outcome": "applied", "origin": "form", "campaign_id": 3}
    for number, actor in enumerate((anna, operator)):
        entry_add(
            Action.CHANGE_ENDED,
            actor=actor,
            change_id=number + 1,
            operation_id=9,
            batch_id=f"b{number}",
            reason=FORMULA,
            campaign_name="日本, “x”\nsecond line",
            body={"edit": {"status": "CANCELED"}},
            **about,
        )
    Entry.objects.create(action=Action.LOGGED_IN, actor_id=anna.pk, actor_email=anna.email, address="192.0.2.7")


@pytest.fixture
def download(client, viewer):
    responses = []

    def download(user=viewer, **params):
        client.force_login(user)
        responses.append(client.get("/changes/export/", params))
        return responses[-1]

    yield download
    # As a server does, also where half of the answer was read.
    for response in responses:
        response.close()


def content(response):
    return b"".join(response.streaming_content)


def table(response):
    return list(csv.DictReader(StringIO(content(response).decode("utf-8-sig"))))


def records(response):
    return [json.loads(line) for line in content(response).decode().splitlines()]


def test_csv_and_json_lines_hold_the_same_entries_newest_first(download, past):
    rows, lines = table(download(format="csv", operation="9")), records(download(format="jsonl", operation="9"))
    assert [row["batch_id"] for row in rows] == [line["batch_id"] for line in lines] == ["b1", "b0"]
    assert lines[0]["campaign_name"] == rows[0]["campaign_name"] == "日本, “x”\nsecond line"
    assert lines[0]["body"] == json.loads(rows[0]["body"]) == {"edit": {"status": "CANCELED"}}


def test_no_cell_runs_as_a_formula(download, past):
    assert {row["reason"] for row in table(download(operation="9"))} == {f"'{FORMULA}"}
    assert {line["reason"] for line in records(download(operation="9", format="jsonl"))} == {FORMULA}


def test_it_is_not_folded(download, past):
    assert len([row for row in table(download()) if row["operation_id"] == "9"]) == 2


def test_its_name_has_the_time_and_the_filter(download, past):
    response = download(who="anna", campaign="3", reason="a/b \u65e5")
    name = re.search(r'filename="([^"]+)"', response["Content-Disposition"])[1]
    assert re.fullmatch(r"trail-\d{8}T\d{6}Z-who-anna-campaign-3-reason-a-b\.csv", name)
    assert response["Cache-Control"] == "no-store"


def test_each_download_is_an_entry(download, past, viewer):
    download(who="anna", format="jsonl")
    entry = Entry.objects.get(action=Action.EXPORTED)
    assert (entry.actor_id, entry.actor_email) == (viewer.pk, viewer.email)
    assert entry.body == {"what": "trail", "format": "jsonl", "filter": {"who": "anna"}}


@pytest.mark.parametrize("params", [{"campaign": "flu"}, {"format": "exe"}, {"q": "colour:red"}, {"since": "x"}])
def test_what_is_not_understood_downloads_nothing(download, past, params):
    response = download(**params)
    assert response.status_code == 422
    assert "Nothing was downloaded" in response.content.decode()
    assert not Entry.objects.filter(action=Action.EXPORTED).exists()


def test_it_holds_as_little_of_other_people_as_the_page(download, past, anna):
    admin = member_of("Administrators", "admin@example.com")
    assert not [line for line in records(download(format="jsonl")) if line["action"] == "logged_in" and line["address"]]
    assert [line["address"] for line in records(download(anna, format="jsonl", action="logins"))][-1] == "192.0.2.7"
    assert "192.0.2.7" in {line["address"] for line in records(download(admin, format="jsonl"))}


def test_it_is_read_in_several_queries_and_holds_each_entry_once(download, anna, monkeypatch):
    monkeypatch.setattr(trail_export, "AT_A_TIME", 7)
    now = timezone.now()
    Entry.objects.bulk_create(
        Entry(action="change_ended", at=now - timedelta(seconds=number // 5), actor_id=anna.pk, change_id=number + 1)
        for number in range(50)
    )
    found = [line["change_id"] for line in records(download(format="jsonl", who="anna"))]
    assert len(found) == len(set(found)) == 50


def test_what_is_not_confirmed_can_be_taken_along_too(download, anna):
    edit, past = BatchEdit(status=BatchStatus.PAUSED), timezone.now() - timedelta(hours=1)
    dead = Change.objects.create(batch_id="dead", actor=anna, actor_email=anna.email, edit=edit, deadline_at=past)
    assert [line["change_id"] for line in records(download(format="jsonl", unsettled="1"))] == [dead.pk]


class TestCommand:
    def exported(self, *args):
        out = StringIO()
        call_command("export_trail", *args, stdout=out)
        return out.getvalue()

    def test_it_writes_what_matches_and_says_so_in_the_trail(self, past):
        lines = [json.loads(line) for line in self.exported("who:anna action:cancel", "--since", "today").splitlines()]
        assert [line["batch_id"] for line in lines] == ["b0"]
        entry = Entry.objects.get(action=Action.EXPORTED)
        assert (entry.actor_id, entry.body["filter"]["since"]) == (None, "today")

    def test_it_writes_csv_too(self, past):
        rows = list(csv.DictReader(StringIO(self.exported("--format", "csv", "--operation", "9"))))
        assert [row["reason"] for row in rows] == [f"'{FORMULA}"] * 2

    def test_what_it_does_not_understand_is_told_and_nothing_is_written(self, past):
        with pytest.raises(CommandError, match="colour: cannot be searched"):
            self.exported("colour:red")
        with pytest.raises(CommandError, match="since:x was not understood"):
            self.exported("--since", "x")


def test_it_has_all_that_matches_however_old_and_whatever_index_there_is(download, anna):
    old = timezone.now() - timedelta(days=200)
    Entry.objects.create(action=Action.CHANGE_ENDED, at=old, reason="wrong list", change_id=1, batch_id="b")
    assert [row["reason"] for row in table(download(reason="wrong"))] == ["wrong list"]


def test_a_few_downloads_at_a_time_leave_the_server_to_others(download, past):
    running = [download(), download()]
    refused = download()
    assert refused.status_code == 429
    assert "Other downloads of the trail are running" in refused.content.decode()
    content(running[0])
    assert download().status_code == 200
