"""What fails at one place of the API, or in the watcher itself: nobody else waits for it, and nothing is lost."""

from datetime import timedelta

import pytest

from batches.models import CampaignSighting, Sighting, WatchState
from batches.services.watch import calls, turn
from batches.services.watch.watcher import Watcher
from sandbox import faults
from tests.batches.services.watch.conftest import observed, seen
from tests.batches.services.watch.test_turns import budget_of

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("contract", ["2025-04", "current"])


class Killed(BaseException):
    """The process ends."""


def campaign(number):
    return CampaignSighting.objects.get(campaign_id=number)


@BOTH
def test_the_next_watcher_adds_up_what_a_killed_one_had_seen(watcher, sandbox, contract, monkeypatch):
    sandbox.store.add_campaign(campaign_name="Reminders", id=7)
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE", requests=3)
    watcher.look()
    assert campaign(7).running == 1
    sandbox.store.change_batch("a", status="CANCELED", deleted_reason="done", last_updated_by="eve@example.com")

    def killed(*_args, **_options):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(turn, "totals_update", killed)
        with pytest.raises(Killed):
            watcher.look()
    assert seen("a").is_over
    watcher.lease.give_back()
    Watcher(interval=60.0).look()
    assert (campaign(7).running, campaign(7).statuses) == (0, {"CANCELED": 1})


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("path", [r"/channels/targets", r"/agents/"])
@pytest.mark.parametrize("contract", ["current"])
def test_zones_that_cannot_be_read_keep_nobody_from_looking(watcher, sandbox, contract, status, path):
    agent = sandbox.store.add_agent(timezone="Europe/Zurich")
    sandbox.store.add_target("+15550111", agent_id=agent)
    sandbox.store.add_campaign(campaign_name="Reminders", id=7, source="+15550111", more={"mode": "voice"})
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE", requests=3)
    failing = sandbox.faults.add(faults.answer(status), path=path, times=None)
    watcher.look()
    assert failing.hits
    assert (WatchState.objects.get().problem, campaign(7).zone) == ("", "")
    assert seen("a").counted_at


@pytest.mark.parametrize("status", [403, 404, 422, 500])
@pytest.mark.parametrize("contract", ["2025-04"])
def test_results_that_cannot_be_read_hide_nothing_else(watcher, sandbox, contract, status):
    for batch_id in ("a", "b", "c", "d"):
        sandbox.store.add_batch(batch_id, status="ACTIVE", requests=3, extra={"status_counts": {"CONNECTED": 3}})
    sandbox.faults.add(faults.answer(status), path=r"/results", times=None)
    watcher.look()
    assert not WatchState.objects.get().problem
    assert not Sighting.objects.exclude(gone_at=None).exists()
    sandbox.store.change_batch("a", status="CANCELED", deleted_reason="done", last_updated_by="eve@example.com")
    watcher._failures._until.clear()
    watcher.look()
    assert [change.batch_id for change in observed()] == ["a"]
    WatchState.objects.update(full_look_at=None)
    watcher.look()
    assert not Sighting.objects.exclude(gone_at=None).exists()


@pytest.mark.parametrize("contract", ["2025-04"])
def test_what_a_batch_says_of_itself_is_kept_where_there_is_no_time_for_its_results(watcher, sandbox, monkeypatch):
    sandbox.store.add_batch("a", status="ACTIVE", requests=3, extra={"status_counts": {"CONNECTED": 3}})
    watcher.look()
    sandbox.store.change_batch("a", status="CANCELED", deleted_reason="done", last_updated_by="eve@example.com")
    sandbox.requests.clear()
    monkeypatch.setattr(calls, "is_stopping", lambda: any(request.path.endswith("/a") for request in sandbox.requests))
    watcher.look()
    assert not [request.path for request in sandbox.requests if "/results" in request.path]
    assert [change.batch_id for change in observed()] == ["a"]


@BOTH
def test_a_campaign_may_have_a_long_name(watcher, sandbox, contract):
    name = "".join(chr(0x4E00 + 7919 * number % 20000) for number in range(5000))
    sandbox.store.add_campaign(campaign_name=name, id=7)
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    watcher.look()
    assert not WatchState.objects.get().problem
    assert campaign(7).name.startswith(name[:100])


@BOTH
def test_a_campaign_that_only_a_batch_named_goes_with_that_batch(watcher, sandbox, contract):
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    watcher.look()
    assert campaign(7).batches == 1
    with sandbox.store.transaction():
        sandbox.store._db.execute("DELETE FROM batches WHERE batch_id = 'a'")
    WatchState.objects.update(full_look_at=None)
    watcher.look()
    state = WatchState.objects.get()
    state.position["campaigns_at"] = (state.tried_at - timedelta(hours=2)).isoformat()
    state.save()
    watcher.look()
    assert not CampaignSighting.objects.filter(campaign_id=7).exists()


@BOTH
def test_campaigns_that_take_several_turns_are_read_once_each(watcher, sandbox, contract, monkeypatch):
    monkeypatch.setattr("batches.services.watch.full_look.CAMPAIGNS_PER_PAGE", 2)
    for number in range(9):
        agent = sandbox.store.add_agent(timezone="Europe/Zurich")
        sandbox.store.add_campaign(campaign_name=f"c{number}", more={"agent_id": agent})
    for _ in range(20):
        budget_of(watcher, 6)
        watcher.look()
    read = [(request.path, str(request.query)) for request in sandbox.requests if "/batches" not in request.path]
    assert len(read) == len(set(read)) == (5 if contract == "2025-04" else 5 + 9)
    assert CampaignSighting.objects.exclude(zone="").count() == 9


@pytest.mark.parametrize("contract", ["current"])
def test_agents_that_cannot_be_read_do_not_hide_others(watcher, sandbox):
    agents = [sandbox.store.add_agent(timezone="Europe/Zurich") for _ in range(5)]
    for agent in agents:
        sandbox.store.add_campaign(campaign_name=f"of {agent}", more={"agent_id": agent})
    refused = "|".join(str(agent) for agent in agents[:3])
    failing = sandbox.faults.add(faults.answer(403), path=rf"/agents/({refused})$", times=None)
    watcher.look()
    state = WatchState.objects.get()
    state.position["zones_at"] = (state.tried_at - timedelta(hours=2)).isoformat()
    state.save()
    watcher.look()
    assert failing.hits == 3
    assert CampaignSighting.objects.exclude(zone="").count() == 2


@pytest.mark.parametrize("contract", ["current"])
def test_a_campaign_that_has_lost_its_agent_has_no_zone(watcher, sandbox, contract):
    agent = sandbox.store.add_agent(timezone="Europe/Zurich")
    sandbox.store.add_campaign(campaign_name="Reminders", id=7, more={"agent_id": agent})
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    watcher.look()
    assert campaign(7).zone == "Europe/Zurich"
    CampaignSighting.objects.filter(campaign_id=7).update(raw={"id": 7, "campaign_name": "Reminders"})
    state = WatchState.objects.get()
    state.position["zones_at"] = (state.tried_at - timedelta(hours=2)).isoformat()
    state.save()
    watcher.look()
    assert campaign(7).zone == ""
