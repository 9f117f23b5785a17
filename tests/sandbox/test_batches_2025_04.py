import pytest


def whole(sandbox, batch_id):
    """Return the batch as a careful client sends it back."""
    batch = sandbox.batch(batch_id)
    del batch["status_counts"]
    return batch


def test_a_listed_batch_has_every_field_but_its_status_counts(api, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE", requests=3)
    [batch] = api.get("/batches").json()["items"]
    assert set(batch) == {
        "batch_id", "campaign_id", "expires_on", "status", "count", "created_at", "deleted_at", "deleted_reason",
        "last_worked_on", "last_updated_by",
    }  # fmt: skip
    assert batch["count"] == 3


def test_a_put_stores_all_of_it_byte_for_byte(api, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE", requests=4, created_at="2026-01-01T00:00:00+00:00")
    body = {
        **whole(sandbox, "b"),
        "status": "PAUSED",
        "expires_on": "2030-01-01T00:00:00.000Z",
        "last_updated_by": "me",
    }
    answer = api.put("/batches/b", json=body)
    assert answer.status_code == 200
    assert answer.json() == body
    assert api.get("/batches/b").json() == {**body, "status_counts": {"PENDING": 4}}


def test_a_put_replaces_what_it_leaves_out_by_defaults(api, sandbox):
    sandbox.store.add_batch("b", status="PAUSED", requests=4, expires_on="2030-01-01T00:00:00Z", created_at="long ago")
    api.put("/batches/b", json={"batch_id": "b", "campaign_id": 1, "last_updated_by": "me@example.com"})
    batch = sandbox.batch("b")
    assert batch["status"] == "PENDING"
    assert batch["expires_on"] is None
    assert batch["count"] is None
    assert batch["created_at"] == "long ago"


def test_a_put_ignores_what_the_contract_does_not_know(api, sandbox):
    sandbox.store.add_batch("b", extra={"colour": "red"})
    api.put("/batches/b", json={**whole(sandbox, "b"), "colour": "blue", "status_counts": {"PENDING": 9}})
    assert sandbox.batch("b")["colour"] == "red"
    assert sandbox.batch("b")["status_counts"] == {}


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("batch_id", "another", "value_error"),
        ("campaign_id", 99, "value_error"),
        ("status", "RUNNING", "enum"),
        ("status", None, "enum"),
        ("expires_on", 5, "string_type"),
        ("expires_on", "tomorrow", "datetime_parsing"),
        ("count", "many", "int_parsing"),
        ("count", 10**30, "less_than"),
    ],
)
def test_a_put_with_a_wrong_field_is_refused_and_changes_nothing(api, sandbox, field, value, kind):
    sandbox.store.add_batch("b", status="ACTIVE")
    before = sandbox.batch("b")
    answer = api.put("/batches/b", json={**whole(sandbox, "b"), "last_updated_by": "me", field: value})
    assert answer.status_code == 422
    [entry] = answer.json()["detail"]
    assert entry["loc"] == ["body", field]
    assert entry["type"] == kind
    assert sandbox.batch("b") == before


def test_a_put_needs_to_say_who(api, sandbox):
    sandbox.store.add_batch("b")
    body = whole(sandbox, "b")
    del body["last_updated_by"]
    assert api.put("/batches/b", json=body).json()["detail"] == [
        {"loc": ["body", "last_updated_by"], "msg": "Field required", "type": "missing"}
    ]


def test_an_unreadable_timestamp_survives_a_round_trip(api, sandbox):
    sandbox.store.add_batch("b", created_at="long ago", extra={"expires_on": "soon"})
    assert api.put("/batches/b", json={**whole(sandbox, "b"), "status": "PAUSED"}).status_code == 200
    assert sandbox.batch("b")["created_at"] == "long ago"
    assert sandbox.batch("b")["expires_on"] == "soon"


def test_a_batch_is_created_pending_and_empty(api, sandbox):
    campaign = sandbox.store.add_campaign()
    body = {"batch_id": "new", "campaign_id": campaign, "expires_on": "2030-01-01T00:00:00Z"}
    answer = api.post("/batches", json=body).json()
    assert answer == {**answer, **body, "status": "PENDING", "count": 0, "deleted_at": None}
    assert api.post("/batches", json=body).json()["detail"][0]["loc"] == ["body", "batch_id"]
    assert api.post("/batches", json={"batch_id": "x", "campaign_id": 99}).json()["detail"][0]["loc"] == [
        "body",
        "campaign_id",
    ]
