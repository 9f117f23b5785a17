"""Where a click leads to: a page that tells its outcome, whatever the form says is next."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from batches.models import Change, Kind, Operation, TargetScope

pytestmark = pytest.mark.django_db

ID = "20261123.9"
PAGE = reverse("batches:batch", args=[ID])
MARKS = [*"/?#&=:\\[]@%~ \t\r\n\0", "//", "..", "http:", "javascript:", "evil.example"]
PAGES = ["/batches/", PAGE, "/batches/other/", "/campaigns/7/", "/changes/", "/operations/", "pause/"]
QUERIES = ["a=1", "change=", "page=99", "status=active", "q=\u202e", "\ud7ff", "\U0010ffff"]
PIECES = st.sampled_from([*MARKS, *PAGES, *QUERIES])
NEXT = st.lists(PIECES | st.text(max_size=5), max_size=6).map("".join)


@pytest.fixture
def paused(sandbox, operator):
    """Pause a batch of campaign 7 with some `next`, and return the answer."""
    sandbox.store.add_campaign(id=7, campaign_name="Flu shots")
    sandbox.store.add_batch(ID, campaign_id=7, status="ACTIVE")
    client = Client()
    client.force_login(operator)

    def paused(next_page):
        response = client.post(f"{PAGE}pause/", {"next": next_page})
        assert response.status_code == 302
        return response

    return paused


def tells(client, address):
    """Return whether a page shows the outcome of the newest change."""
    newest = Change.objects.order_by("-pk").first()
    return (
        f'href="{reverse("batches:change", args=[newest.pk])}">change {newest.pk}</a>'
        in client.get(address).content.decode()
    )


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=NEXT)
@example("?a=1")
@example("a=1")
@example("#")
@example("//[")
@example("/batches/\n/evil.example")
@example("/batches/?" + "q=a&" * 5000)
@example("/batches/other/")
@example(f"{PAGE}pause/")
@example("/nowhere/")
@example("/operations/99/")
@example(f"/operations/{10**30}/")
def test_any_next_leads_to_a_page_of_ours_that_tells_the_outcome(paused, viewer, address):
    response = paused(address)

    assert response.url.startswith("/")
    assert not response.url.startswith("//")
    reader = Client()
    reader.force_login(viewer)
    assert tells(reader, response.url)


@pytest.mark.parametrize("address", ["/batches/", "/batches/?status=ACTIVE&page=2", PAGE, "/campaigns/7/"])
def test_the_pages_that_tell_outcomes_are_returned_to(paused, client, viewer, address):
    client.force_login(viewer)

    response = paused(address)

    assert response.url.startswith(address)
    assert tells(client, response.url)


def test_an_operation_is_returned_to_for_a_batch_of_its_own(paused, client, viewer, operator):
    operation, other = (
        Operation.objects.create(kind=Kind.PAUSE, scope=TargetScope.SELECTION, actor=operator) for _ in range(2)
    )
    operation.items.create(batch_id=ID)
    client.force_login(viewer)

    response = paused(f"/operations/{operation.pk}/")

    assert response.url.startswith(f"/operations/{operation.pk}/?change=")
    assert tells(client, response.url)
    assert paused(f"/operations/{other.pk}/").url.startswith(PAGE)
