"""Heartbeats of processes that ended: their rows go, their counts stay."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from common.counters import added, counts, from_json
from common.heartbeat import MOST_KEPT, heartbeats_forget
from common.models import Process, ProcessHeartbeat
from common.version import VERSION
from tests.heartbeats import heartbeat_add

pytestmark = pytest.mark.django_db

DAY = 24 * 60 * 60
OK = ("outbound_api_calls", ("pages", "ok"))


def instances():
    return {row.instance for row in ProcessHeartbeat.objects.of_processes()}


def counted():
    return added(from_json(row.counters) for row in ProcessHeartbeat.objects.all())


def test_the_rows_of_processes_that_ended_are_kept_for_a_day():
    heartbeat_add(Process.WEB, instance="killed yesterday", ago=DAY + 60)
    heartbeat_add(Process.WEB, instance="killed today", ago=DAY - 60)
    heartbeat_add(Process.WEB, instance="alive", age=2 * DAY)

    heartbeats_forget()

    assert instances() == {"killed today", "alive"}


def test_no_count_is_lost_or_there_twice_when_a_row_goes():
    for number in (1, 10, 100):
        heartbeat_add(Process.WORKER, ago=DAY + 60, calls={"ok": number})
        heartbeats_forget()
        heartbeats_forget()
    heartbeat_add(Process.WORKER, calls={"ok": 1000})

    assert counted()[OK] == 1111
    assert len(instances()) == 1


def test_a_process_that_keeps_ending_does_not_fill_the_table():
    for _ in range(MOST_KEPT + 5):
        heartbeat_add(Process.SEAL, ago=120, calls={"ok": 1})
    alive = heartbeat_add(Process.SEAL, calls={"ok": 1})

    heartbeats_forget()

    assert len(instances()) == MOST_KEPT + 1
    assert alive.instance in instances()
    assert counted()[OK] == MOST_KEPT + 6


def test_a_process_is_alive_until_it_was_silent_for_a_while_or_said_that_it_ends():
    heartbeat_add(Process.WEB, instance="now", ago=30)
    heartbeat_add(Process.WEB, instance="silent", ago=60)
    ended = heartbeat_add(Process.WEB, instance="ended")
    ended.ended_at = ended.beat_at + timedelta(seconds=1)
    ended.save()

    assert [row.instance for row in ProcessHeartbeat.objects.alive()] == ["now"]


def test_what_another_version_counted_does_no_harm():
    stored = [["outbound_unheard_of", ["a"], 3], ["outbound_api_calls", ["one label"], 3], ["outbound_runs", ["ok"], 2]]

    assert from_json(stored) == {("outbound_runs", ("ok",)): 2}


def test_the_counts_of_a_process_have_no_other_names_than_those_that_are_defined():
    assert from_json([[name, list(labels), value] for (name, labels), value in counts().items()]) == counts()


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
