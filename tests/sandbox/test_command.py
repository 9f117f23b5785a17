import os
import signal
import subprocess
import sys
import time

import pytest
import requests


@pytest.fixture
def command(tmp_path):
    """Start the sandbox as a person does, over one file."""
    running = []

    def start(*options, key="from-the-environment"):
        arguments = ["--port", "0", "--database", str(tmp_path / "var" / "sandbox.sqlite3"), *options]
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SYLLABLE_API_KEY": key},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def address(process):
    return process.stdout.readline().removeprefix("Syllable sandbox: ").strip()


def listed(url, key):
    answer = requests.get(
        f"{url}/api/v1/outbound/batches",
        params={"order_by": "batch_id", "limit": 1000},
        headers={"Syllable-API-Key": key},
        timeout=20,
    )
    return answer.json()["items"]


def batches(process, key):
    return {batch["batch_id"]: batch["created_at"] for batch in listed(address(process), key)}


def test_it_seeds_once_says_where_it_is_and_stops_when_told(command):
    first = command("--api-key", "given")
    seeded = batches(first, "given")
    assert len(seeded) > 100
    first.send_signal(signal.SIGTERM)
    assert first.wait(90) == 0
    second = command("--contract", "current")
    shown = listed(address(second), "from-the-environment")
    assert {batch["batch_id"]: batch["created_at"] for batch in shown} == seeded
    assert all("paused" in batch for batch in shown)
    second.send_signal(signal.SIGINT)
    assert second.wait(90) == 0
    assert second.communicate() == ("", "")


def test_time_may_pass_faster(command):
    """An hour of its own passes in six seconds: then what expires within the hour is expired."""
    process = command("--api-key", "given", "--speed", "600")
    url = address(process)

    def expired():
        return sum(batch["status"] == "EXPIRED" for batch in listed(url, "given"))

    first, deadline = expired(), time.monotonic() + 90
    while expired() == first:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("speed", ["-1", "1001", "nan", "fast"])
def test_a_speed_that_makes_no_sense_is_refused(command, speed):
    process = command("--api-key", "given", "--speed", speed)
    assert process.wait(90) == 2
    assert "--speed" in process.communicate()[1]


def test_it_wants_a_key(command):
    process = command(key="")
    assert process.wait(90) == 2
    assert "a key is needed" in process.communicate()[1]
