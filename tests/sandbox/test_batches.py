import pytest

from sandbox.contracts import CONTRACTS


@pytest.fixture(params=CONTRACTS)
def contract(request):
    return request.param


def ids(answer):
    return [batch["batch_id"] for batch in answer.json()["items"]]


@pytest.fixture
def three(sandbox):
    sandbox.store.add_campaign(campaign_name="One")
    sandbox.store.add_campaign(campaign_name="Two")
    add = sandbox.store.add_batch
    add("B-1", campaign_id=1, status="ACTIVE", created_at="2026-01-01T00:00:00Z", expires_on="2026-03-01T00:00:00Z")
    add("b-2", campaign_id=2, status="PAUSED", created_at="2026-01-02T00:00:00Z", expires_on=None)
    add(
        "c-3", campaign_id=2, status="ACTIVE", created_at="2026-01-03T00:00:00Z", expires_on="2026-02-28T23:00:00-05:00"
    )


def test_a_list_is_newest_first_and_says_how_much_there_is(api, three):
    answer = api.get("/batches").json()
    assert [batch["batch_id"] for batch in answer.pop("items")] == ["c-3", "b-2", "B-1"]
    assert answer == {"page": 0, "page_size": 25, "total_pages": 1, "total_count": 3}


def test_pages_are_counted_from_zero_and_do_not_overlap(api, three):
    first = api.get("/batches", params={"limit": 2})
    second = api.get("/batches", params={"limit": 2, "page": 1})
    assert ids(first) + ids(second) == ["c-3", "b-2", "B-1"]
    assert second.json()["total_pages"] == 2
    assert ids(api.get("/batches", params={"page": 10**30})) == []


def test_a_limit_of_nothing_still_counts(api, three):
    answer = api.get("/batches", params={"limit": 0, "search_fields": "status", "search_field_values": "ACTIVE"}).json()
    assert answer["items"] == []
    assert answer["total_count"] == 2


@pytest.mark.parametrize(
    ("fields", "values", "found"),
    [
        (["batch_id"], ["B-"], ["b-2", "B-1"]),
        (["status"], ["ACTIVE"], ["c-3", "B-1"]),
        (["status"], ["active"], []),
        (["campaign_id"], ["2"], ["c-3", "b-2"]),
        (["status", "campaign_id"], ["ACTIVE", "2"], ["c-3"]),
        (["batch_id", "batch_id"], ["b", "2"], ["b-2"]),
        (["expires_on"], ["2026-03-01T00:00:00Z"], ["B-1"]),
    ],
)
def test_searches_pair_up_by_position_and_all_must_match(api, three, fields, values, found):
    assert ids(api.get("/batches", params={"search_fields": fields, "search_field_values": values})) == found


def test_a_search_without_its_value_is_refused(api, three):
    answer = api.get("/batches", params={"search_fields": ["status", "batch_id"], "search_field_values": ["ACTIVE"]})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("order_by", "direction", "order"),
    [
        ("batch_id", "asc", ["B-1", "b-2", "c-3"]),
        ("batch_id", "desc", ["c-3", "b-2", "B-1"]),
        ("status", "asc", ["B-1", "c-3", "b-2"]),
        ("campaign_id", None, ["B-1", "b-2", "c-3"]),
        ("expires_on", "asc", ["B-1", "c-3", "b-2"]),
        ("expires_on", "desc", ["b-2", "c-3", "B-1"]),
    ],
)
def test_lists_are_ordered_and_expiries_as_moments(api, three, order_by, direction, order):
    assert ids(api.get("/batches", params={"order_by": order_by, "order_by_direction": direction})) == order


def test_dates_bound_when_a_batch_was_created(api, three):
    dates = {"start_datetime": "2026-01-02T00:00:00Z", "end_datetime": "2026-01-02T23:59:59Z"}
    assert ids(api.get("/batches", params=dates)) == ["b-2"]
    answer = api.get("/batches", params={"start_datetime": "yesterday"})
    assert answer.json()["detail"][0]["loc"] == ["query", "start_datetime"]


@pytest.mark.parametrize(
    "params", [{"page": -1}, {"limit": "many"}, {"order_by": "count"}, {"order_by_direction": "up"}]
)
def test_a_list_refuses_what_it_does_not_know_and_names_it(api, params):
    answer = api.get("/batches", params=params)
    assert answer.status_code == 422
    [entry] = answer.json()["detail"]
    assert set(entry) == {"loc", "msg", "type"}
    assert entry["loc"] == ["query", *params]


def test_a_single_batch_counts_its_requests_by_status(api, sandbox):
    sandbox.store.add_batch("b", requests=2)
    sandbox.store.add_requests("b", [{"reference_id": "x", "status": "COMPLETED"}])
    assert api.get("/batches/b").json()["status_counts"] == {"PENDING": 2, "COMPLETED": 1}


def test_an_unknown_batch_is_not_found(api):
    answer = api.get("/batches/nope")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Batch not found"}


def test_odd_data_is_answered_as_it_was_stored(api, sandbox):
    sandbox.store.add_batch(
        "odd",
        status="THROTTLED",
        expires_on="soon",
        created_at="2026-01-01T00:00:00.123456+02:00",
        last_updated_by=None,
        extra={"colour": "red", "campaign_id": "seven"},
        omit=["deleted_reason"],
    )
    batch = api.get("/batches/odd").json()
    assert batch["status"] == "THROTTLED"
    assert batch["expires_on"] == "soon"
    assert batch["created_at"] == "2026-01-01T00:00:00.123456+02:00"
    assert batch["last_updated_by"] is None
    assert batch["colour"] == "red"
    assert batch["campaign_id"] == "seven"
    assert "deleted_reason" not in batch
    [listed] = api.get("/batches").json()["items"]
    assert listed == {field: value for field, value in batch.items() if not field.endswith("status_counts")}


def test_a_delete_cancels_with_its_reason(api, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE", requests=2)
    assert api.delete("/batches/b", data={"delete_reason": "Sent twice"}).status_code == 200
    batch = sandbox.batch("b")
    assert batch["status"] == "CANCELED"
    assert batch["deleted_reason"] == "Sent twice"
    assert batch["deleted_at"]
    assert batch["status_counts"] == {"CANCELED": 2}


def test_a_second_delete_changes_nothing(api, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE")
    api.delete("/batches/b", data={"delete_reason": "Sent twice"})
    before = sandbox.batch("b")
    assert api.delete("/batches/b", data={"delete_reason": "Another"}).status_code == 200
    assert sandbox.batch("b") == before


@pytest.mark.parametrize("body", [{}, {"data": {"delete_reason": ""}}, {"json": {"delete_reason": "Sent twice"}}])
def test_a_delete_without_a_reason_in_a_form_is_refused(api, sandbox, body):
    sandbox.store.add_batch("b", status="ACTIVE")
    answer = api.delete("/batches/b", **body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "delete_reason"]
    assert sandbox.batch("b")["status"] == "ACTIVE"


def test_results_show_requests_and_can_be_filtered(api, sandbox):
    sandbox.store.add_batch("b", requests=1)
    insights = {"rating": "Good", "summary": "Fine"}
    done = {"reference_id": "x", "status": "COMPLETED", "channel_manager_status": "COMPLETED", "insights": insights}
    sandbox.store.add_requests("b", [done])
    everything = api.get("/batches/b/results").json()
    assert [result["reference_id"] for result in everything] == ["1", "x"]
    assert everything[1]["insights"] == insights
    assert api.get("/batches/b/results", params={"reference_id": "x"}).json() == everything[1:]
    assert api.get("/batches/b/results", params={"status": "PENDING"}).json() == everything[:1]
    assert api.get("/batches/nope/results").status_code == 404


def test_requests_are_added_and_removed_and_counted(api, sandbox):
    sandbox.store.add_batch("b", requests=2)
    one = {"reference_id": "x", "target": "+15550100", "request_variables": {"first_name": "Ada"}}
    assert api.post("/batches/b/requests", json=one).status_code == 200
    assert sandbox.batch("b")["status_counts"] == {"PENDING": 3}
    assert api.post("/batches/b/requests", json=one).status_code == 422
    assert api.post("/batches/b/remove-requests", json=["x", "1", "unknown"]).status_code == 200
    assert sandbox.batch("b")["status_counts"] == {"PENDING": 1}
    assert sandbox.store.batch("b")["count"] == 1
