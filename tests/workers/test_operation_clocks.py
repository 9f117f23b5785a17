"""Machines whose clocks are wrong: what an operation does is decided by the clock of the database alone."""

from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from batches.models import Kind, Operation, State, TargetScope
from batches.services.operations.actions import operation_retry
from tests.batches.services.factories import start
from tests.workers.campaigns import an_hour_later, assert_all_done, fill, never_queued, writes
from tests.workers.processes import eventually, skewed

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 60 * 60
AHEAD_AND_BEHIND = pytest.mark.parametrize("seconds", [HOUR, -HOUR])


def resume_of_the_paused(operator):
    return start(Kind.RESUME, operator, scope=TargetScope.FILTER, status="PAUSED")


def ago(operation, minutes):
    """Pretend that the operation was started and confirmed so many minutes ago."""
    then = timezone.now() - timedelta(minutes=minutes)
    Operation.objects.filter(pk=operation.pk).update(created_at=then, confirmed_at=then)


@AHEAD_AND_BEHIND
def test_a_resume_goes_on_at_once_whatever_the_clock_of_its_worker_says(seconds, sandbox, processes, operator):
    ids = fill(sandbox, 10, status="PAUSED")
    resume = resume_of_the_paused(operator)
    processes.worker("default", **skewed(seconds))

    assert_all_done(resume, sandbox, ids, status="ACTIVE")


@AHEAD_AND_BEHIND
def test_a_resume_that_is_delayed_asks_whatever_the_clock_of_its_worker_says(seconds, sandbox, processes, operator):
    fill(sandbox, 10, status="PAUSED")
    resume = resume_of_the_paused(operator)
    ago(resume, minutes=20)
    processes.worker("default", **skewed(seconds))

    eventually(lambda: Operation.objects.get(pk=resume.pk).state == State.ASKING)
    assert not writes(sandbox)


@AHEAD_AND_BEHIND
def test_a_resume_counts_from_the_last_batch_that_any_worker_resumed(seconds, sandbox, processes, operator):
    ids = fill(sandbox, 1, status="PAUSED")
    resume = resume_of_the_paused(operator)
    processes.worker("default", **skewed(seconds))
    assert_all_done(resume, sandbox, ids, status="ACTIVE")

    assert abs(resume.items.get().finished_at - timezone.now()) < timedelta(seconds=HOUR / 2)


@AHEAD_AND_BEHIND
def test_a_resume_that_was_started_just_now_goes_on_whatever_the_clock_of_the_web_server_says(
    seconds, client, sandbox, processes, operator
):
    ids = fill(sandbox, 10, status="PAUSED")
    processes.worker("default")
    port = processes.web(**skewed(seconds))

    answer = posted(client, operator, port, "/operations/", kind="resume", scope="filter", status="PAUSED", confirm=1)

    assert answer.status == 302
    assert_all_done(Operation.objects.get(), sandbox, ids, status="ACTIVE")


@AHEAD_AND_BEHIND
def test_a_resume_that_was_confirmed_just_now_goes_on_whatever_the_clock_of_the_web_server_says(
    seconds, client, sandbox, processes, operator
):
    ids = fill(sandbox, 10, status="PAUSED")
    resume = resume_of_the_paused(operator)
    ago(resume, minutes=20)
    Operation.objects.update(state=State.ASKING)
    processes.worker("default")
    port = processes.web(**skewed(seconds))

    assert posted(client, operator, port, f"/operations/{resume.pk}/confirm/", confirm=1).status == 302
    assert_all_done(resume, sandbox, ids, status="ACTIVE")


@pytest.mark.parametrize("seconds", [HOUR, -HOUR, 45, -45])
def test_a_sweep_hands_over_what_no_queue_knows_of_whatever_its_clock_says(seconds, sandbox, processes, operator):
    ago(never_queued(start(Kind.PAUSE, operator)), minutes=0.1)

    assert processes.manage("sweep_operations", **skewed(seconds)).wait() == 0
    assert DBTaskResult.objects.count() == 1


@AHEAD_AND_BEHIND
def test_a_sweep_leaves_alone_what_is_in_a_queue_whatever_its_clock_says(seconds, sandbox, processes, operator):
    operation = start(Kind.PAUSE, operator)
    ago(operation, minutes=0.1)

    assert processes.manage("sweep_operations", **skewed(seconds)).wait() == 0
    assert DBTaskResult.objects.count() == 1


@AHEAD_AND_BEHIND
def test_a_sweep_hands_over_again_what_was_lost_with_its_queue_whatever_its_clock_says(
    seconds, sandbox, processes, operator
):
    operation = never_queued(start(Kind.PAUSE, operator))
    an_hour_later(operation)

    assert processes.manage("sweep_operations", **skewed(seconds)).wait() == 0
    assert DBTaskResult.objects.count() == 1


def test_what_was_retried_counts_as_asked_for_by_then(sandbox, operator):
    resume = resume_of_the_paused(operator)
    ago(resume, minutes=20)
    Operation.objects.update(state=State.STOPPED)
    assert operation_retry(operation=resume, actor=operator)
    resume.refresh_from_db()
    assert timezone.now() - resume.confirmed_at < timedelta(minutes=10)


def posted(client, person, port, address, **data):
    """Send a form as `person` to a web server of its own; return the answer."""
    client.force_login(person)
    token = "t" * 32
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", address, urlencode(data), headers)
        return connection.getresponse()
    finally:
        connection.close()
