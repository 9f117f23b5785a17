"""What Syllable does to a batch by itself: the history of its page has that, and it is no change."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.access import Scope
from batches.models import Change, PlatformEvent, PlatformEventKind
from batches.selectors.sightings import MOST_EVENTS, events_of
from batches.services.changes.update import batch_pause
from tests.batches.sightings import sighting_add
from tests.html import attributes, in_words, texts

pytestmark = pytest.mark.django_db

ID = "20261123.9"


@pytest.fixture
def open_page(client, viewer, sandbox):
    """Open the page of a batch that the watcher saw, as a viewer."""
    campaign = sandbox.store.add_campaign(campaign_name="Flu shots")
    sandbox.store.add_batch(ID, campaign_id=campaign, status="ACTIVE")
    sighting_add(ID, campaign_id=campaign)
    client.force_login(viewer)
    return lambda **headers: client.get(f"/batches/{ID}/", headers=headers)


def event(kind, *, minutes=0, batch_id=ID, campaign_id=1, status_before="ACTIVE"):
    at = timezone.now() - timedelta(minutes=minutes)
    return PlatformEvent.objects.create(
        batch_id=batch_id,
        campaign_id=campaign_id,
        kind=kind,
        status_before=status_before,
        since=at - timedelta(minutes=1),
        seen_at=at,
    )


def told(page):
    return attributes(page, "#batch-history .entry", "data-event")


@pytest.mark.parametrize("kind", list(PlatformEventKind))
def test_its_history_tells_each_kind(open_page, kind):
    happened = event(kind, status_before="<b>ODD</b>")

    page = open_page()

    assert told(page) == [kind]
    [said] = texts(page, "#batch-history .entry-body")
    assert said.startswith("Syllable ")
    assert said.endswith(f"The batch was <b>ODD</b> at {happened.since:%H:%M:%S}.")
    assert "<b>ODD" not in page.content.decode()


def test_it_stands_among_the_changes_by_its_time(open_page, operator):
    event(PlatformEventKind.STARTED, minutes=5)
    batch_pause(batch_id=ID, actor=operator)
    Change.objects.update(started_at=timezone.now() - timedelta(minutes=3))
    event(PlatformEventKind.EXPIRED, minutes=1)

    assert told(open_page()) == ["expired", None, "started"]


def test_a_refresh_brings_it(open_page):
    event(PlatformEventKind.IDLE)

    assert told(open_page(**{"HX-Request": "true"})) == ["idle"]


def test_that_of_another_batch_is_not_told(open_page):
    event(PlatformEventKind.IDLE, batch_id="other")

    page = open_page()

    assert not told(page)
    assert "Nobody has changed this batch from this dashboard." in in_words(page)


def test_only_the_newest_are_read_and_only_within_the_scope(sandbox):
    for minutes in range(MOST_EVENTS + 3):
        event(PlatformEventKind.IDLE, minutes=minutes, campaign_id=7)

    found = events_of(ID, scope=Scope(frozenset({7})))

    assert len(found) == MOST_EVENTS
    assert found[0].seen_at > found[-1].seen_at
    assert events_of(ID, scope=Scope(frozenset({8}))) == []
