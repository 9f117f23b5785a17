"""The requests of a batch: found, paged, masked, downloaded, and what is said when they cannot be read."""

import csv
import io
import re
from time import perf_counter

import pytest
from django.urls import reverse

from batches.selectors import batch_requests as selectors
from sandbox import faults
from tests.batches.views.list_page import DASH
from tests.html import attributes, in_words, texts
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db

ID = "20261123.9"
SENT = "2026-11-23T14:02:11Z"
INSIGHTS = {"rating": "Good", "summary": "Confirmed the visit <b>gladly</b>."}
SILENCE = faults.hang()


@pytest.fixture
def batch(sandbox):
    """Provide a batch whose requests ended in different ways."""
    sandbox.store.add_batch(ID, status="ACTIVE")
    done = {"status": "COMPLETED", "channel_manager_status": "COMPLETED", "sent_at": SENT, "attempt_count": 2}
    sandbox.store.add_requests(
        ID,
        [
            {"reference_id": "A-1", "target": "+15125550143", **done, "insights": INSIGHTS},
            {"reference_id": "A-2", "target": "ann.lee@example.com", **done},
            {"reference_id": "B-3", "channel_manager_status": "NO_ANSWER", "sent_at": SENT, "attempt_count": 3},
            {"reference_id": "B-4"},
        ],
    )
    return sandbox


@pytest.fixture
def rows(sandbox):
    """Have the API answer with these rows for the requests of any batch."""

    def rows(*payload):
        sandbox.faults.add(faults.answer(200, list(payload)), path=r"/results$", times=None)

    return rows


def address(batch_id=ID):
    return reverse("batches:request_list", args=[batch_id])


def seen(client, batch_id=ID, **query):
    response = client.get(address(batch_id), query)
    assert response.status_code == 200
    return response.content.decode()


def export(client, **query):
    return client.get(address() + "export/", query)


def table(response):
    """Return the downloaded rows, each as a mapping."""
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def shown(html):
    """Return the reference ids on the page, in order."""
    return texts(html, ".request-reference")


def links(html):
    return attributes(html, "[href]", "href")


# Who may


@pytest.mark.parametrize("path", ["", "export/"])
def test_an_anonymous_visitor_is_sent_to_the_login(client, batch, path):
    assert client.get(address() + path).url.startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["", "export/"])
def test_somebody_without_a_role_is_refused(client, batch, nobody, path):
    client.force_login(nobody)
    assert client.get(address() + path).status_code == 403
    assert not batch.requests


# What is shown


def test_it_shows_each_request_with_its_outcome(client, batch, operator):
    client.force_login(operator)
    html = seen(client)
    words = in_words(html)
    assert shown(html) == ["A-1", "A-2", "B-3", "B-4"]
    assert "A-1 COMPLETED +15125550143 2" in words
    assert "B-3 FAILED NO_ANSWER" in words
    assert "B-4 PENDING" in words
    assert "Good : insights of A-1 summary Confirmed the visit <b>gladly</b>." in words
    assert "<b>gladly" not in html
    assert f"1{DASH}4 of 4" in words
    assert re.search(r"Read at \d\d:\d\d:\d\d", words)


def test_the_status_of_the_request_goes_before_that_of_the_channel_manager(client, rows, operator):
    rows({"reference_id": "1", "request_status": "FAILED", "channel_manager_status": "BUSY", "line_type": "voip"})
    client.force_login(operator)
    assert f"1 FAILED BUSY {DASH} voip" in in_words(seen(client))


BY_CONTRACT = pytest.mark.parametrize("contract", ["2025-04", "current"])


@BY_CONTRACT
def test_a_request_has_the_status_that_the_batch_counts_beside_the_word_of_its_channel(client, sandbox, operator):
    sandbox.store.add_batch(ID)
    sandbox.store.add_requests(ID, [{"reference_id": "1", "status": "FAILED", "channel_manager_status": "BUSY"}])
    client.force_login(operator)
    assert "1 FAILED BUSY +15550100" in in_words(seen(client))


@pytest.fixture
def many_ends(sandbox):
    """Provide a batch whose requests are in every stage."""
    sandbox.store.add_batch(ID, status="ACTIVE", requests=3)
    ends = {
        ("COMPLETED", "COMPLETED"): 4, ("FAILED", "NO_ANSWER"): 3, ("FAILED", "BUSY"): 2, ("FAILED", "FAILED"): 1,
        ("CONNECTED", "IN_PROGRESS"): 2, ("INITIATED", "INITIATED"): 1, ("DUPLICATE", "DUPLICATE"): 1,
    }  # fmt: skip
    for (status, channel), count in ends.items():
        for number in range(count):
            about = {"status": status, "channel_manager_status": channel, "sent_at": SENT}
            sandbox.store.add_requests(ID, [{"reference_id": f"{status} {channel} {number}", **about}])
    return sandbox


@BY_CONTRACT
def test_the_batch_and_its_requests_speak_one_language(client, many_ends, operator):
    client.force_login(operator)
    page = client.get(f"/batches/{ID}/")

    legend = dict(zip(texts(page, ".batch-legend a"), attributes(page, ".batch-legend a", "href"), strict=True))

    assert len(legend) == 6
    tabs = texts(seen(client), ".list-tabs a")
    for words, link in legend.items():
        status, count, percent = words.split(maxsplit=2)
        assert percent.endswith("%")
        assert f"{status} {count}" in tabs
        html = client.get(link).content.decode()
        assert len(shown(html)) == int(count)
        assert texts(html, ".list-tabs [aria-current]") == [f"{status} {count}"]
        [bar] = set(attributes(page, f".bar [data-status={status}]", "class"))
        [badge] = set(attributes(html, ".request-status .app-badge", "class"))
        assert badge.removeprefix("app-badge app-badge-") == bar.removeprefix("bar-") or status == "DUPLICATE"


@BY_CONTRACT
def test_a_status_is_told_apart_by_the_channel(client, many_ends, operator):
    client.force_login(operator)

    html = seen(client, status="FAILED")

    answered = [word.replace("_", "-").replace("NO-ANSWER", "NO_ANSWER") for word in texts(html, ".request-channels a")]
    assert answered == ["All FAILED 6", "NO_ANSWER 3", "BUSY 2", "FAILED 1"]
    assert texts(seen(client, status="FAILED", channel="FAILED"), ".request-reference") == ["FAILED FAILED 0"]
    assert not texts(seen(client, status="COMPLETED"), ".request-channels a")
    assert len(table(export(client, status="FAILED", channel="BUSY"))) == 2


def test_a_status_that_no_request_says_is_explained(client, rows, operator):
    rows({"reference_id": "1", "channel_manager_status": "NO_ANSWER"})
    client.force_login(operator)

    words = in_words(seen(client, status="CONNECTED"))

    assert "No request is CONNECTED by its channel" in words
    assert "This contract of the API does not say which." in words


def test_a_batch_without_requests_says_so(client, sandbox, viewer):
    sandbox.store.add_batch(ID)
    client.force_login(viewer)
    assert "This batch has no requests yet" in seen(client)


@pytest.mark.parametrize("batch_id", ["a/b", "..", "100%", "<script>", "日本"])
def test_a_batch_of_any_name_has_its_requests(client, sandbox, operator, batch_id):
    sandbox.store.add_batch(batch_id, requests=1)
    client.force_login(operator)
    assert shown(seen(client, batch_id)) == ["1"]


# Finding


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "COMPLETED"}, ["A-1", "A-2"]),
        ({"status": "PENDING"}, ["B-4"]),
        ({"reference": " a-"}, ["A-1", "A-2"]),
        ({"reference": "3", "status": "NO_ANSWER"}, ["B-3"]),
        ({"reference": "3", "status": "COMPLETED"}, []),
        ({"status": "UNHEARD OF"}, []),
        ({"page": "nonsense"}, ["A-1", "A-2", "B-3", "B-4"]),
        ({"page": "99"}, ["A-1", "A-2", "B-3", "B-4"]),
    ],
)
def test_it_finds_by_status_and_reference_id(client, batch, operator, query, found):
    client.force_login(operator)
    assert shown(seen(client, **query)) == found
    assert [row["reference_id"] for row in table(export(client, **query))] == found


def test_the_filter_is_kept_in_every_link(client, batch, operator):
    client.force_login(operator)
    html = seen(client, reference="A", status="COMPLETED")
    assert 'name="reference" value="A"' in html
    assert '<input type="hidden" name="status" value="COMPLETED">' in html
    assert f"{address()}?reference=A" in links(html)
    assert f"{address()}export/?reference=A&status=COMPLETED" in links(html)
    assert f"{address()}?reference=A&status=COMPLETED&fresh=1" in links(html)
    assert "All 2 COMPLETED 2" in in_words(html)


def test_nothing_that_matches_is_told_from_nothing_there(client, batch, operator):
    client.force_login(operator)
    assert "No request matches" in seen(client, reference="zzz")


# Masking


def test_a_viewer_sees_targets_in_part(client, batch, viewer):
    client.force_login(viewer)
    html = seen(client)
    assert "••••0143" in html
    assert "a••••@example.com" in html
    assert "5550143" not in html
    assert "ann.lee" not in html
    assert "partly hidden" in html
    assert [row["target"] for row in table(export(client))] == ["••••0143", "a••••@example.com", "••••00", "••••00"]


@pytest.mark.parametrize(
    ("target", "spelling"),
    [
        ("+15125550143", "+15125550143"),
        ("+15125550143", "(512) 555-0143"),
        ("512-555-0143", "+1 512.555.0143"),
        ("ann.lee@example.com", "Ann.Lee@example.com"),
        ("4711", "4711"),
    ],
)
def test_a_viewer_does_not_learn_the_target_from_what_stands_beside_it(client, rows, viewer, target, spelling):
    rows(
        {"reference_id": spelling, "target": target, "insights": {"caller": spelling, "paid": 12.5, "on": "2026-11-23"}}
    )
    client.force_login(viewer)
    html = seen(client)
    (row,) = table(export(client))
    assert spelling not in html
    assert spelling not in row["reference_id"]
    assert "12.5 on 2026-11-23" in in_words(html)


def test_a_viewer_cannot_find_by_what_is_masked(client, rows, viewer, operator):
    rows({"reference_id": "+15125550143", "target": "+15125550143"})
    client.force_login(viewer)
    assert shown(seen(client, reference="51255")) == []
    assert table(export(client, reference="51255")) == []
    client.force_login(operator)
    assert shown(seen(client, reference="51255")) == ["+15125550143"]


def test_variables_of_requests_are_nobodys_to_see(client, rows, operator):
    rows({"reference_id": "1", "request_variables": {"first_name": "Ann-Sophie"}})
    client.force_login(operator)
    assert "Ann-Sophie" not in seen(client)
    assert "Ann-Sophie" not in str(table(export(client)))


# Odd rows


def test_odd_rows_are_shown_as_they_are_and_counted_where_they_are_none(client, rows, operator):
    deep = 0
    for _ in range(300):
        deep = [deep]
    rows(
        None,
        7,
        {},
        {"reference_id": "twice", "status": "x"},
        {"reference_id": "twice", "sent_at": "soon", "attempt_count": "many", "target": {"to": 5}},
        {"reference_id": "<script>alert(1)</script>", "target": "<i>", "channel_manager_status": "<u>"},
        {"reference_id": "half \ud83d", "insights": "half \ud83d"},
        {"reference_id": "list", "insights": [1, {"a": None}]},
        {"reference_id": "deep", "insights": {"deep": deep}},
        {"reference_id": None, "channel_manager_status": 5, "insights": 0},
    )
    client.force_login(operator)
    html = seen(client)
    words = in_words(html)
    assert shown(html)[:4] == [DASH, "twice", "twice", "<script>alert(1)</script>"]
    assert 'twice no status {"to": 5} many soon' in words
    assert '[1, {"a": null}]' in words
    assert "2 rows could not be read" in words
    assert "<u>" not in html
    rows_downloaded = table(export(client))
    assert rows_downloaded[-1]["reference_id"] == "2 more could not be read"
    assert len(rows_downloaded) == 9


def test_a_batch_of_which_no_row_can_be_read_says_so(client, rows, operator):
    rows(None, "x")
    client.force_login(operator)
    assert "The requests of this batch could not be read" in seen(client)


def test_huge_texts_are_cut_on_the_page(client, rows, operator):
    long = "x" * 100_000
    rows(
        {
            "reference_id": long,
            "target": long,
            "channel_manager_status": long,
            "sent_at": long,
            "insights": {long: long},
        }
    )
    client.force_login(operator)
    html = seen(client)
    assert "COMPLETED" not in html
    assert len(html) < 20_000


# The file


def test_the_file_is_a_download_that_excel_reads(client, batch, operator):
    client.force_login(operator)
    response = export(client)
    body = b"".join(response.streaming_content)
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="requests-{ID}.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert body.startswith(b"\xef\xbb\xbfreference_id,status,")
    assert body.count(b"\r\n") == 5
    assert b'"{""rating"": ""Good"", ""summary"": ""Confirmed the visit <b>gladly</b>.""}"' in body


def test_the_name_of_the_file_is_harmless(client, sandbox, operator):
    batch_id = '../a"\r\nX: y/日本;.exe'
    sandbox.store.add_batch(batch_id)
    client.force_login(operator)
    response = client.get(address(batch_id) + "export/")
    assert response["Content-Disposition"] == 'attachment; filename="requests-..-a-X-y-.exe.csv"'


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\t=1", "'\t=1"),
        ('  "=1', "'  \"=1"),
        ("'=1", "''=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ("a\n=1", "a\n'=1"),
        ("plain - text = fine", "plain - text = fine"),
        ("a; b", "a; b"),
        ("", ""),
    ],
)
def test_no_cell_runs_as_a_formula(client, rows, operator, text, cell):
    rows({"reference_id": text})
    client.force_login(operator)
    assert table(export(client))[0]["reference_id"] == cell


# What it costs


def acts(action):
    return list(Entry.objects.filter(action=action).order_by("pk"))


def test_each_look_at_targets_in_full_is_in_the_trail_without_what_was_searched_for(client, batch, operator):
    client.force_login(operator)
    seen(client)
    seen(client, reference="A-1", status="COMPLETED")
    first, second = acts(Action.TARGETS_SEEN)
    assert (first.actor_email, first.batch_id) == (operator.email, ID)
    assert first.body == {"rows": 4, "page": 1, "filter": {"status": "", "is_searched": False}}
    assert second.body == {"rows": 1, "page": 1, "filter": {"status": "COMPLETED", "is_searched": True}}


def test_the_trail_says_whose_targets_were_looked_at(client, batch, operator):
    client.force_login(operator)
    seen(client)
    assert texts(client.get("/changes/"), ".entry-said")[0] == f"{operator.email} saw phone numbers and emails of {ID}"


def test_a_look_at_masked_targets_or_at_nothing_is_not(client, batch, operator, viewer):
    client.force_login(viewer)
    seen(client)
    client.force_login(operator)
    seen(client, reference="nobody")
    assert not acts(Action.TARGETS_SEEN)


def test_each_download_is_in_the_trail(client, batch, operator, viewer):
    for person in (viewer, operator):
        client.force_login(person)
        export(client, status="COMPLETED")
    masked, in_full = acts(Action.EXPORTED)
    assert (masked.actor_email, masked.batch_id) == (viewer.email, ID)
    about = {"what": "requests", "format": "csv", "filter": {"status": "COMPLETED", "is_searched": False}}
    assert masked.body == about | {"is_masked": True}
    assert in_full.body == about | {"is_masked": False}


def test_a_download_that_fails_is_not(client, batch, operator):
    batch.faults.add(faults.answer(500), path=r"/results$", times=None)
    client.force_login(operator)
    assert export(client).status_code == 503
    assert not acts(Action.EXPORTED)


def test_the_first_page_costs_one_call_and_the_next_ones_none(client, batch, operator, django_assert_num_queries):
    client.force_login(operator)
    # One of them is the entry about the look at targets in full.
    with django_assert_num_queries(6):
        seen(client)
    assert len(batch.requests) == 1
    seen(client, page=2)
    seen(client, status="COMPLETED")
    table(export(client))
    assert len(batch.requests) == 1
    assert not batch.requests[0].query


def test_it_is_read_anew_on_request(client, batch, operator):
    client.force_login(operator)
    seen(client)
    batch.store.remove_requests(ID, ["A-1"])
    response = client.get(address(), {"fresh": "1", "status": "COMPLETED"})
    assert response.url == f"{address()}?status=COMPLETED"
    assert shown(client.get(response.url).content.decode()) == ["A-2"]


def test_it_is_read_anew_when_it_is_old(client, batch, operator, monkeypatch):
    monkeypatch.setattr(selectors, "_recent", selectors.recent_requests(seconds=0))
    client.force_login(operator)
    seen(client)
    seen(client)
    assert len(batch.requests) == 2


def test_it_keeps_few_batches_and_few_requests(client, sandbox, operator, monkeypatch):
    monkeypatch.setattr(selectors, "_recent", selectors.recent_requests(most=10))
    for name, size in {"big": 20, "a": 4, "b": 4, "c": 4}.items():
        sandbox.store.add_batch(name, requests=size)
    client.force_login(operator)
    seen(client, "big")
    seen(client, "big")
    assert len(sandbox.requests) == 1
    for name in ("a", "b", "c", "b", "c"):
        seen(client, name)
    assert len(sandbox.requests) == 4
    seen(client, "a")
    assert len(sandbox.requests) == 5


def test_25_000_requests_stay_usable(client, sandbox, operator, settings):
    settings.SYLLABLE_TIMEOUT = 120.0
    sandbox.store.add_batch(ID, status="ACTIVE")
    insights = {"rating": "Good", "summary": "The customer confirmed the appointment and asked for directions. " * 2}
    sandbox.store.add_requests(
        ID,
        (
            {
                "reference_id": str(100_000 + number), "target": f"+1512{number:07}", "status": "COMPLETED",
                "request_variables": {"first_name": "Ann", "last_name": "Lee"}, "channel_manager_status": "COMPLETED",
                "sent_at": SENT, "attempt_count": 1, "insights": insights,
            }
            for number in range(25_000)
        ),
    )  # fmt: skip
    client.force_login(operator)

    start = perf_counter()
    first = seen(client)
    # Two or three on a machine that has nothing else to do.
    assert perf_counter() - start < 90
    assert len(first.encode()) < 150_000
    assert f"1{DASH}100 of 25000" in in_words(first)

    start = perf_counter()
    last = seen(client, page=250)
    assert perf_counter() - start < 60
    assert shown(last)[-1] == "124999"
    assert len(sandbox.requests) == 1

    assert len(table(export(client))) == 25_000


# Failures


@pytest.mark.parametrize("path", ["", "export/"])
@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (faults.answer(401), 503, "refused the API key"),
        (faults.answer(404), 404, "does not know this batch"),
        (faults.answer(422, {"detail": [{"loc": ["query", "x"], "msg": "too odd", "type": "x"}]}), 503, "too odd"),
        (faults.answer(429), 503, "limiting how many requests"),
        (faults.answer(500), 503, "is not answering"),
        (SILENCE, 503, "did not answer in time"),
        (faults.reset(), 503, "is not answering"),
        (faults.html(200), 503, "cannot read"),
        (faults.broken_json(), 503, "cannot read"),
        (faults.answer(200, {"items": []}), 503, "cannot read"),
        (faults.answer(200, None, content=b"null"), 503, "cannot read"),
        (faults.redirect("http://127.0.0.1:9/"), 503, "cannot read"),
    ],
    ids=["401", "404", "422", "429", "500", "timeout", "reset", "html", "truncated", "object", "null", "redirect"],
)
def test_when_the_api_fails_a_page_says_so(client, batch, operator, give_up_soon, path, fault, status, words):
    batch.faults.add(fault, times=None)
    if fault is SILENCE:
        give_up_soon()
    client.force_login(operator)
    response = client.get(address() + path, {"reference": "A", "status": "COMPLETED", "page": "2"})
    html = response.content.decode()
    assert response.status_code == status
    assert "The requests could not be read" in html
    assert words in html
    assert 'name="reference" value="A"' in html
    assert f"{address()}{path}?status=COMPLETED&reference=A&page=2" in links(html)
    assert "<script>alert" not in html


def test_an_unknown_batch_is_not_found_in_words(client, sandbox, operator):
    client.force_login(operator)
    response = client.get(address("nope"))
    assert response.status_code == 404
    assert "does not know this batch" in response.content.decode()


def test_a_failure_is_not_kept(client, batch, operator):
    batch.faults.add(faults.answer(500))
    client.force_login(operator)
    assert client.get(address()).status_code == 503
    assert shown(seen(client))
