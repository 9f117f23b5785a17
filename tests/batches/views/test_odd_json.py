"""Any JSON may come from the API: whatever it is, every page is there, and can be sent."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from batches.models import Change, Outcome
from tests.batches.views.odd_answers import CAMPAIGN, ID

pytestmark = pytest.mark.django_db

HALF = "\ud800"
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=12) | st.sampled_from(
    [HALF, f"a{HALF}b", "\udfff\ud800", '\\"', "\\ud800", "\0", "\u202eevil", "=1+1", "%s {x}", "a@b", "5125550143"]
)
NUMBERS = (
    st.integers() | st.sampled_from([10**400, -(10**400), 2**63]) | st.floats(allow_nan=False, allow_infinity=False)
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
ODD = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=4
)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


PAGES = {
    "list": reverse("batches:batch_list"),
    "batch": reverse("batches:batch", args=[ID]),
    "campaigns": reverse("batches:campaign_list"),
    "campaign": reverse("batches:campaign", args=[CAMPAIGN]),
    "requests": reverse("batches:request_list", args=[ID]),
    "download": reverse("batches:request_export", args=[ID]),
}


def readers(*people):
    for person in people:
        client = Client()
        client.force_login(person)
        yield client


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


FEW = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=8, **FEW)
@given(odd=ODD, text=TEXTS)
@example(HALF, HALF)
@example({"a": HALF}, "\\")
@example("\\ud800", "\\")
@pytest.mark.parametrize("contract", ["2025-04", "current"])
def test_every_page_shows_any_json(answer_with, viewer, operator, odd, text):
    answer_with(odd, text)
    [client, masked] = readers(operator, viewer)
    for page in PAGES.values():
        response = client.get(page)
        assert response.status_code == 200
        assert body(response).decode()
    for page in (PAGES["requests"], PAGES["download"]):
        assert masked.get(page).status_code == 200
    tabs = client.get(PAGES["requests"]).context["tabs"]
    assert client.get(PAGES["requests"], {"status": tabs[-1].status, "reference": "x"}).status_code == 200


@settings(max_examples=4, **FEW)
@given(odd=ODD, text=TEXTS)
@example(HALF, HALF)
@pytest.mark.parametrize("contract", ["2025-04", "current"])
def test_what_came_of_a_write_to_it_is_kept_and_shown(answer_with, operator, odd, text):
    answer_with(odd, text)
    [client] = readers(operator)
    assert client.post(f"{PAGES['batch']}pause/").status_code in (302, 409)
    change = Change.objects.order_by("-pk").first()
    assert change.outcome != Outcome.STARTED
    for page in (PAGES["batch"], "/changes/", f"/changes/{change.pk}/"):
        assert client.get(page).status_code == 200


@pytest.mark.parametrize("depth", [40, 60, 300, 700])
def test_what_is_nested_deeply_breaks_no_page(answer_with, client, operator, depth):
    answer_with(nested(depth), "a")
    client.force_login(operator)
    for name, page in PAGES.items():
        response = client.get(page)
        assert response.status_code == (503 if name == "batch" and depth > 50 else 200)
        assert body(response).decode()
    client.post(f"{PAGES['batch']}pause/")
    change = Change.objects.get()
    assert change.outcome == (Outcome.NOT_SENT if depth > 50 else Outcome.REJECTED)
    assert client.get(f"/changes/{change.pk}/").status_code == 200
