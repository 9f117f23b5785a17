"""Moments at the edges of what can be written, in every time zone that a person may choose."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import available_timezones

import pytest
from django.core.cache import caches
from django.urls import reverse
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from batches.models import Change
from tests.batches.views.edit_page import EditPage
from tests.html import outcomes

pytestmark = pytest.mark.django_db

ID = "20261123.9"
LAST, FIRST = "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"
EAST, WEST = "Pacific/Kiritimati", "Etc/GMT+12"
ZONES = st.sampled_from(sorted(available_timezones()))
OFFSETS = st.integers(-24 * 60 + 1, 24 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))
EDGES = st.sampled_from(["0001-01-01", "0001-01-01T02:30:41", "9999-12-30T12:00", "9999-12-31T23:59:59.999999"])
MOMENTS = st.builds(
    lambda at, zone: at.replace(tzinfo=zone).isoformat(),
    st.datetimes() | EDGES.map(datetime.fromisoformat),
    OFFSETS | st.just(UTC),
)
ODD = st.sampled_from(
    ["9999-12-31T23:59:59", "0001-01-01", "2036-01-01T00:00:00+25:99", "2036-01-01T00:00:00+05:99", "soon", "", " "]
) | st.text(max_size=20)


some_of_them = settings(
    max_examples=5,
    deadline=None,
    database=None,
    # Each one takes dozens of pages.
    phases=set(Phase) - {Phase.explain},
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_campaign(id=7, campaign_name="Flu shots")
    sandbox.store.add_batch(ID, campaign_id=7, status="ACTIVE", requests=1)
    return sandbox


@pytest.fixture
def visit(client, batch, operator):
    """Make every moment of the API `text`, and the reader's zone `zone`."""
    client.force_login(operator)

    def visit(text, zone):
        operator.time_zone = zone
        operator.save()
        caches["local"].clear()
        batch.store.change_batch(
            ID, status="ACTIVE", expires_on=text, created_at=text, last_worked_on=text, last_updated_at=text
        )
        batch.store.change_campaign(7, created_at=text, updated_at=text)
        batch.store.change_requests([(1, {"created_at": text, "sent_at": text})])
        return client

    return visit


def look_at_everything(client):
    """Open every page that shows a moment of the API; a page's error is raised here."""
    address = {name: reverse(f"batches:{name}", args=[ID]) for name in ("batch", "request_list", "request_export")}
    pages = [*address.values(), "/batches/", "/campaigns/", "/campaigns/7/", "/changes/", "/operations/"]
    pages += [reverse("batches:change", args=[change.pk]) for change in Change.objects.all()[:3]]
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        b"".join(response) if response.streaming else response.content
    asked = {"kind": "resume", "scope": "selection", "batch": ID, "list": "q="}
    assert client.post("/operations/", asked).status_code == 200


@pytest.mark.parametrize("contract", ["2025-04", "current"])
@some_of_them
@given(text=MOMENTS | ODD, zone=ZONES)
@example(text=LAST, zone=EAST)
@example(text=LAST, zone=WEST)
@example(text=FIRST, zone=EAST)
@example(text=FIRST, zone=WEST)
@example(text=FIRST, zone="America/New_York")
@example(text="2036-11-02T06:30:00Z", zone="America/New_York")
def test_no_moment_breaks_a_page_or_a_write(visit, batch, text, zone):
    client = visit(text, zone)
    given = batch.batch(ID)["expires_on"]
    assert [step.field for step in EditPage(client, ID).post(status="PAUSED").context["steps"]] == ["status"]

    answer = EditPage(client, ID).confirm(status="PAUSED")
    assert answer.status_code == 302
    assert outcomes(client.get(answer.url)) == ["applied"]
    batch.store.change_batch(ID, status="ACTIVE")
    stale = EditPage(client, ID)
    client.post(reverse("batches:batch_pause", args=[ID]))
    assert batch.batch(ID)["status"] == "PAUSED"
    assert stale.confirm(clear_expiry="on").status_code in (409, 422)
    look_at_everything(client)
    assert batch.batch(ID)["expires_on"] == given or batch.contract.name == "current"


@some_of_them
@given(typed=st.datetimes().map(lambda at: at.isoformat(timespec="minutes")) | st.text(max_size=20), zone=ZONES)
@example(typed="9999-12-31T23:59", zone=WEST)
@example(typed="9999-12-31T23:59", zone="America/New_York")
@example(typed="0001-01-01T00:00", zone=EAST)
@example(typed="0001-01-01T00:00", zone="Asia/Tokyo")
def test_no_expiry_that_is_typed_breaks_the_form_and_it_stays_typed(visit, typed, zone):
    client = visit("2036-01-01T00:00:00Z", zone)
    response = EditPage(client, ID).post(expires_on=typed)
    assert response.status_code in (200, 422)
    assert response.context["form"]["expires_on"].value() == typed
    asked = {"kind": "expiry", "scope": "selection", "batch": ID, "expires_on": typed}
    assert client.post("/operations/", asked).status_code in (200, 422)


@pytest.mark.parametrize("contract", ["2025-04", "current"])
@pytest.mark.parametrize("odd", [1767225600, 5.5, True, {"on": "Sunday"}, ["soon"]])
def test_an_expiry_that_is_no_text_breaks_no_page_of_its_change(visit, batch, odd):
    client = visit("2036-01-01T00:00:00Z", "Asia/Tokyo")
    batch.store.change_batch(ID, extra={"expires_on": odd})
    answer = EditPage(client, ID).confirm(expires_on="2037-01-01T00:00")
    assert answer.status_code == 302
    assert "Expiry changed. Confirmed" in client.get(answer.url).content.decode()
    look_at_everything(client)
