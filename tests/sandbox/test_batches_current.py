from datetime import UTC, datetime, timedelta

import pytest

from sandbox.contract_current import BatchProperties
from sandbox.listing import ListQuery

FIELDS = {
    "batch_id", "campaign_id", "expires_on", "paused", "call_rate", "auto_call_rate", "status",
    "auto_call_rate_baseline", "upload_filename", "dispatch_id", "created_at", "deleted_at", "deleted_reason",
    "last_updated_at", "last_updated_by", "error_message",
}  # fmt: skip
SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.fixture
def contract():
    return "current"


def test_a_listed_batch_has_every_field_but_its_counts(api, sandbox):
    more = {"call_rate": 25, "upload_filename": "LATE.csv", "dispatch_id": "5ac4"}
    sandbox.store.add_batch("b", status="ACTIVE", requests=3, more=more)
    [batch] = api.get("/batches").json()["items"]
    assert set(batch) == FIELDS
    assert batch == {**batch, **more, "paused": False, "auto_call_rate": False, "error_message": None}


def test_a_single_batch_breaks_its_counts_down(api, sandbox):
    sandbox.store.add_batch("b", requests=2)
    calls = [("x", "FAILED", "NO_ANSWER"), ("y", "FAILED", "BUSY"), ("z", "COMPLETED", "COMPLETED")]
    for reference_id, status, channel in calls:
        one = {"reference_id": reference_id, "status": status, "channel_manager_status": channel}
        sandbox.store.add_requests("b", [one])
    batch = api.get("/batches/b").json()
    assert set(batch) == FIELDS | {"status_counts", "detailed_status_counts"}
    assert batch["status_counts"] == {"PENDING": 2, "FAILED": 2, "COMPLETED": 1}
    assert batch["detailed_status_counts"] == {
        "PENDING": {"total_count": 2},
        "FAILED": {"total_count": 2, "counts": {"NO-ANSWER": 1, "BUSY": 1}},
        "COMPLETED": {"total_count": 1, "counts": {"COMPLETED": 1}},
    }


def test_a_channel_status_in_two_spellings_is_counted_as_one(api, sandbox):
    sandbox.store.add_batch("b")
    for reference_id, channel in enumerate(("NO_ANSWER", "NO-ANSWER", "NO_ANSWER")):
        one = {"reference_id": str(reference_id), "status": "FAILED", "channel_manager_status": channel}
        sandbox.store.add_requests("b", [one])
    details = api.get("/batches/b").json()["detailed_status_counts"]
    assert details == {"FAILED": {"total_count": 3, "counts": {"NO-ANSWER": 3}}}


def details_after(api, sandbox, seconds, **more):
    """Return the counts of a batch that started six requests in six seconds."""
    sandbox.clock.set(datetime(2026, 11, 23, 12, tzinfo=UTC), speed=0)
    sandbox.store.add_campaign(rate=60)
    sandbox.store.add_batch("b", status="ACTIVE", requests=6, more=more)
    sandbox.let_pass(seconds)
    return api.get("/batches/b").json()["detailed_status_counts"]


def test_the_channels_own_status_tells_which_requests_are_under_way(api, sandbox):
    assert details_after(api, sandbox, 12) == {"INITIATED": {"total_count": 6, "counts": {"QUEUED": 6}}}
    sandbox.let_pass(25)
    details = api.get("/batches/b").json()["detailed_status_counts"]
    assert details["CONNECTED"]["counts"] == {"IN-PROGRESS": details["CONNECTED"]["total_count"]}
    sandbox.let_pass(90)
    ended = api.get("/batches/b").json()["detailed_status_counts"]
    assert set(ended) <= {"COMPLETED", "FAILED"}
    assert sum(breakdown["total_count"] for breakdown in ended.values()) == 6


def test_a_request_that_began_late_is_initiated_while_its_call_is_in_progress(api, sandbox):
    details = details_after(api, sandbox, 37, begins_late=True)
    assert set(details) <= {"INITIATED", "FAILED"}
    assert details["INITIATED"]["counts"] == {"IN-PROGRESS": details["INITIATED"]["total_count"]}


def test_requests_that_stay_connected_are_over_by_the_channels_own_status_alone(api, sandbox):
    details = details_after(api, sandbox, 120, stays_connected=True)
    assert set(details) == {"CONNECTED"}
    assert details["CONNECTED"]["total_count"] == 6
    assert "IN-PROGRESS" not in details["CONNECTED"]["counts"]
    assert sandbox.ended_at("b")


def test_idle_shows_as_active_everywhere(api, sandbox):
    sandbox.store.add_batch("a", status="IDLE")
    sandbox.store.add_batch("b", status="FAILED", more={"error_message": "Invalid file format"})

    def found(status):
        answer = api.get("/batches", params={"search_fields": "status", "search_field_values": status})
        return [(batch["batch_id"], batch["status"], batch["error_message"]) for batch in answer.json()["items"]]

    assert found("ACTIVE") == [("a", "ACTIVE", None)]
    assert found("FAILED") == [("b", "FAILED", "Invalid file format")]
    assert found("IDLE") == []


@pytest.mark.parametrize(("direction", "order"), [("asc", ["b", "a", "c"]), ("desc", ["c", "a", "b"])])
def test_batches_are_ordered_by_the_moment_of_their_last_change(api, sandbox, direction, order):
    sandbox.store.add_batch("a", last_updated_at="2026-01-01T12:00:00-05:00")
    sandbox.store.add_batch("b", last_updated_at="2026-01-01T13:00:00.5Z")
    sandbox.store.add_batch("c", last_updated_at=None)
    answer = api.get("/batches", params={"order_by": "last_updated_at", "order_by_direction": direction}).json()
    assert [batch["batch_id"] for batch in answer["items"]] == order


@pytest.mark.parametrize(
    ("status", "last_worked_on", "paused", "then"),
    [
        ("PENDING", None, True, "PAUSED"),
        ("ACTIVE", "2026-01-01T00:00:00Z", True, "PAUSED"),
        ("IDLE", "2026-01-01T00:00:00Z", True, "PAUSED"),
        ("PAUSED", None, True, "PAUSED"),
        ("PAUSED", None, False, "PENDING"),
        ("PAUSED", "2026-01-01T00:00:00Z", False, "ACTIVE"),
        ("PAUSED", None, None, "PAUSED"),
        ("ACTIVE", None, False, "ACTIVE"),
        ("PENDING", None, False, "PENDING"),
        ("THROTTLED", None, False, "THROTTLED"),
        ("THROTTLED", None, True, "PAUSED"),
        ("EXPIRED", None, True, "EXPIRED"),
        ("CANCELED", None, True, "CANCELED"),
        ("CANCELED", None, False, "CANCELED"),
        ("FAILED", None, True, "FAILED"),
    ],
)
def test_paused_moves_the_status(api, sandbox, status, last_worked_on, paused, then):
    sandbox.store.add_batch("b", status=status, last_worked_on=last_worked_on)
    answer = api.put("/batches/b", json={"paused": paused})
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["paused"]) == (then, then == "PAUSED")
    assert api.get("/batches/b").json()["status"] == then


@pytest.mark.parametrize(
    ("body", "begun", "then"),
    [
        ({"expires_on": SOON}, None, "PENDING"),
        ({"expires_on": SOON}, "2026-01-01T00:00:00Z", "ACTIVE"),
        ({"expires_on": SOON, "paused": True}, None, "PAUSED"),
        ({"expires_on": SOON, "paused": False}, "2026-01-01T00:00:00Z", "ACTIVE"),
        ({"expires_on": "2026-01-01T00:00:00Z"}, None, "EXPIRED"),
        ({"expires_on": None}, None, "EXPIRED"),
        ({"call_rate": 5}, None, "EXPIRED"),
    ],
)
def test_an_expired_batch_comes_back_with_an_expiry_in_the_future(api, sandbox, body, begun, then):
    sandbox.store.add_batch("b", status="EXPIRED", expires_on="2026-01-02T00:00:00Z", last_worked_on=begun)
    assert api.put("/batches/b", json=body).json()["status"] == then


def test_a_put_leaves_alone_what_it_leaves_out(api, sandbox):
    more = {"call_rate": 25, "auto_call_rate": True, "auto_call_rate_baseline": 31.5, "dispatch_id": "5ac4"}
    sandbox.store.add_batch("b", status="PAUSED", expires_on=SOON, requests=2, more=more)
    before = sandbox.batch("b")
    assert api.put("/batches/b", json={}).status_code == 200
    after = sandbox.batch("b")
    assert after == {**before, "last_updated_at": after["last_updated_at"], "last_updated_by": "api-key@example.com"}


def test_a_put_drops_what_it_does_not_know_without_a_word(api, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE")
    body = {"batch_id": "x", "status": "CANCELED", "last_updated_by": "me@example.com", "deleted_reason": "No"}
    answer = api.put("/batches/b", json=body)
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["batch_id"], shown["status"], shown["deleted_reason"]) == ("b", "ACTIVE", None)
    assert shown["last_updated_by"] == "api-key@example.com"


def test_nulls_clear_the_expiry_and_the_rate_and_nothing_else(api, sandbox):
    sandbox.store.add_batch("b", status="PAUSED", expires_on=SOON, more={"call_rate": 25})
    shown = api.put("/batches/b", json={"paused": None, "auto_call_rate": None, "call_rate": None}).json()
    assert (shown["paused"], shown["auto_call_rate"], shown["call_rate"]) == (True, False, None)
    assert api.put("/batches/b", json={"expires_on": None}).json()["expires_on"] is None


def test_an_expiry_is_answered_as_the_moment_that_was_sent(api, sandbox):
    sandbox.store.add_batch("b")
    shown = api.put("/batches/b", json={"expires_on": "2030-01-01T00:00:00.000Z"}).json()
    assert shown["expires_on"] == "2030-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("body", "field", "kind"),
    [
        ({"paused": "perhaps"}, "paused", "bool_parsing"),
        ({"call_rate": 0}, "call_rate", "greater_than_equal"),
        ({"call_rate": 3601}, "call_rate", "less_than_equal"),
        ({"call_rate": "fast"}, "call_rate", "int_parsing"),
        ({"expires_on": "tomorrow"}, "expires_on", "datetime_from_date_parsing"),
        ({"auto_call_rate": True, "paused": True}, "auto_call_rate", "value_error"),
        ({"auto_call_rate": True, "expires_on": None}, "auto_call_rate", "value_error"),
    ],
)
def test_a_put_with_a_wrong_field_is_refused_and_changes_nothing(api, sandbox, body, field, kind):
    sandbox.store.add_batch("b", status="ACTIVE")
    before = sandbox.batch("b")
    answer = api.put("/batches/b", json=body)
    assert answer.status_code == 422
    [entry] = answer.json()["detail"]
    assert (entry["loc"], entry["type"]) == (["body", field], kind)
    assert sandbox.batch("b") == before


def test_automatic_pace_needs_an_expiry_set_already_or_along_with_it(api, sandbox):
    sandbox.store.add_batch("b")
    assert api.put("/batches/b", json={"auto_call_rate": True, "expires_on": SOON}).json()["auto_call_rate"] is True
    refused = api.put("/batches/b", json={"expires_on": None})
    assert refused.json()["detail"][0]["loc"] == ["body", "expires_on"]
    assert api.put("/batches/b", json={"expires_on": None, "auto_call_rate": False}).json()["expires_on"] is None
    assert api.put("/batches/b", json={"expires_on": SOON}).status_code == 200
    assert api.put("/batches/b", json={"auto_call_rate": True}).json()["auto_call_rate"] is True


def test_odd_data_stays_odd_until_it_is_written(api, sandbox):
    sandbox.store.add_batch("b", expires_on="soon", extra={"paused": "maybe", "colour": "red"}, omit=["call_rate"])
    shown = api.put("/batches/b", json={"call_rate": 5}).json()
    assert (shown["expires_on"], shown["paused"], shown["colour"], shown["call_rate"]) == ("soon", "maybe", "red", 5)
    assert api.put("/batches/b", json={"paused": True}).json()["paused"] is True


@pytest.mark.parametrize(("paused", "status"), [(None, "PENDING"), (False, "PENDING"), (True, "PAUSED")])
def test_a_batch_is_created_empty_and_paused_where_asked(api, sandbox, paused, status):
    campaign = sandbox.store.add_campaign()
    body = {"batch_id": "new", "campaign_id": campaign, "expires_on": "2030-01-01T00:00:00Z", "call_rate": 25}
    answer = api.post("/batches", json={**body, "paused": paused}).json()
    assert answer == {**answer, **body, "status": status, "paused": status == "PAUSED", "auto_call_rate": False}


def test_an_unknown_batch_cannot_be_updated(api):
    assert api.put("/batches/nope", json={"paused": True}).status_code == 404


def test_results_say_more_of_each_request_and_are_filtered_by_their_insights(api, sandbox):
    sandbox.store.add_batch("b", requests=1)
    done = {"status": "FAILED", "channel_manager_status": "NO_ANSWER", "insights_status": "COMPLETED"}
    sandbox.store.add_requests("b", [{"reference_id": "x", "target": "a@example.com", **done}])
    waiting, failed = api.get("/batches/b/results").json()
    assert (waiting["request_status"], waiting["channel_manager_status"]) == ("PENDING", None)
    assert waiting["line_type"] == waiting["enrichment"]["line_type"] in {"mobile", "landline", "voip"}
    assert (failed["request_status"], failed["channel_manager_status"]) == ("FAILED", "NO-ANSWER")
    assert failed["line_type"] is failed["enrichment"] is None

    def found(**params):
        return [result["reference_id"] for result in api.get("/batches/b/results", params=params).json()]

    assert found(insights_status="COMPLETED") == ["x"]
    assert found(status="NO-ANSWER") == found(status="FAILED") == ["x"]
    assert found(status="PENDING", insights_status="COMPLETED") == []


@pytest.mark.parametrize("order_by", [None, "batch_id", "last_updated_at"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_a_page_of_very_many_batches_is_read_in_the_order_of_an_index(sandbox, order_by, direction):
    query = ListQuery[BatchProperties](order_by=order_by, order_by_direction=direction)
    search = query.search(key="batch_id", contains="batch_id", columns={})
    plan = sandbox.store.rows(f"EXPLAIN QUERY PLAN SELECT * FROM batches ORDER BY {search.order} LIMIT 25")
    assert not any("SORT" in step["detail"] or "B-TREE" in step["detail"] for step in plan)
