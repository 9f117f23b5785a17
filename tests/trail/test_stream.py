"""The stream loses nothing and brings nothing out of order, whatever its receiver does."""

import time
from datetime import timedelta
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from common import backoff
from common.lease import WorkLease
from common.models import ProcessLease
from tests.trail.factories import entries, sealed
from tests.trail.siem import SECRET, Siem
from trail import sealer, stream
from trail.models import Entry, ProcessName, Seal, StreamCursor, StreamProblem
from trail.post import NotAccepted
from trail.retention import entries_remove, removal_announce
from trail.sealer import entries_seal, head_seal
from trail.stream import Streamer, seals_deliver, stream_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def siem(settings):
    siem = Siem()
    siem.start()
    settings.AUDIT_STREAM_URL, settings.AUDIT_STREAM_SECRET = siem.url, SECRET
    yield siem
    siem.stop()


@pytest.fixture
def hurry(settings):
    """Call this before something that is never answered."""

    def hurry(seconds=0.3):
        settings.AUDIT_STREAM_TIMEOUT = seconds

    return hurry


def deliver():
    """Try until everything is delivered; return why it failed in between."""
    problems = []
    for _ in range(50):
        try:
            seals_deliver()
        except NotAccepted as error:
            problems.append(error.problem)
        else:
            return problems
    raise AssertionError(problems)


def test_each_entry_comes_with_its_number_and_each_seal_after_its_entries(siem):
    sealed(2)
    Entry.objects.create(action="a", address="192.0.2.1", reason="why \u2028 not", body={"a": [1]}, kind="pause")
    entries_seal()
    assert seals_deliver() == 2

    [lines] = siem.received
    assert [(line["line"], line["number"]) for line in lines] == [
        ("entry", 1),
        ("entry", 2),
        ("seal", 1),
        ("entry", 3),
        ("seal", 2),
    ]
    assert (lines[3]["address"], lines[3]["reason"], lines[3]["body"]) == ("192.0.2.1", "why \u2028 not", {"a": [1]})
    assert lines[3]["kind"] == "pause"
    head = head_seal()
    assert (lines[4]["digest"], lines[4]["previous"]) == (head.digest, Seal.objects.get(number=1).digest)
    assert siem.headers[0]["Content-Type"] == "application/x-ndjson"
    assert siem.paths == ["/collect?source=dashboard"]


def test_it_goes_on_where_it_was_and_sends_nothing_twice(siem):
    for count in (2, 1, 3):
        sealed(count)
        assert seals_deliver() == 1
    assert seals_deliver() == 0
    assert [line["number"] for line in siem.lines if line["line"] == "entry"] == [1, 2, 3, 4, 5, 6]


def test_a_delivery_holds_whole_seals_and_no_more_entries_than_it_may(siem, monkeypatch):
    monkeypatch.setattr(stream, "MOST_ENTRIES", 5)
    sealed(2, 3, 1, 7, 4)
    assert seals_deliver() == 5
    kinds = [[line["number"] for line in lines if line["line"] == "seal"] for lines in siem.received]
    assert kinds == [[1, 2], [3], [4], [5]]


def test_what_waits_for_its_seal_is_not_sent(siem):
    entries(2)
    assert seals_deliver() == 0
    assert not siem.seen


@pytest.mark.parametrize(
    ("behaviour", "problem", "status"),
    [
        ("fail", StreamProblem.REFUSED, 500),
        ("redirect", StreamProblem.REDIRECTED, 307),
        ("hang_up", StreamProblem.UNREACHABLE, None),
    ],
)
def test_after_a_failure_the_same_is_sent_again_and_the_cursor_says_why(siem, behaviour, problem, status):
    sealed(2, 1)
    siem.behaviours = [behaviour] * 2
    for _ in range(2):
        with pytest.raises(NotAccepted):
            seals_deliver()
    cursor = StreamCursor.objects.get()
    assert (cursor.seal, cursor.problem, cursor.status, cursor.delivered_at) == (0, problem, status, None)
    assert cursor.failing_since < cursor.tried_at

    assert seals_deliver() == 2
    cursor = StreamCursor.objects.get()
    assert (cursor.seal, cursor.problem, cursor.status, cursor.failing_since) == (2, "", 204, None)
    assert siem.numbers == [1, 2, 3]
    assert siem.seen == [siem.seen[0]] * 3


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_a_delivery_ends_with_its_time_whatever_drips_in(siem, hurry, behaviour):
    sealed(1)
    siem.behaviours = [behaviour]
    hurry()
    began = time.monotonic()
    with pytest.raises(NotAccepted) as failure:
        seals_deliver()
    # Dripping alone would take thirty seconds.
    assert time.monotonic() - began < 15
    assert failure.value.problem == StreamProblem.TIMED_OUT
    hurry(60)
    assert deliver() == []
    assert siem.numbers == [1]


def test_no_redirect_is_followed(siem):
    other = Siem()
    other.start()
    try:
        siem.elsewhere = other.url
        siem.behaviours = ["redirect"]
        sealed(1)
        with pytest.raises(NotAccepted):
            seals_deliver()
        assert not other.seen
    finally:
        other.stop()


def test_a_receiver_that_is_restarted_misses_nothing(siem):
    sealed(2)
    seals_deliver()
    siem.stop()
    sealed(3)
    with pytest.raises(NotAccepted) as failure:
        seals_deliver()
    assert failure.value.problem == StreamProblem.UNREACHABLE
    sealed(1)
    siem.start()
    assert seals_deliver() == 2
    assert siem.numbers == [1, 2, 3, 4, 5, 6]


def test_what_was_accepted_without_an_answer_comes_again(siem):
    sealed(2)
    siem.behaviours = ["accept_and_hang_up"]
    assert deliver() == [StreamProblem.UNREACHABLE]
    assert siem.received == [siem.received[0]] * 2


def test_a_certificate_that_nobody_trusts_gets_nothing(siem, settings, certificate):
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    siem.server.socket = context.wrap_socket(siem.server.socket, server_side=True)
    settings.AUDIT_STREAM_URL = siem.url.replace("http://127.0.0.1", "https://localhost")
    sealed(1)
    with pytest.raises(NotAccepted) as failure:
        seals_deliver()
    assert failure.value.problem == StreamProblem.UNREACHABLE
    assert not siem.seen


def test_over_tls_a_delivery_ends_with_its_time_as_well(siem, settings, certificate, monkeypatch, hurry):
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    siem.server.socket = context.wrap_socket(siem.server.socket, server_side=True)
    settings.AUDIT_STREAM_URL = siem.url.replace("http://127.0.0.1", "https://localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    siem.behaviours = ["accept", "drip"]
    sealed(1)
    assert seals_deliver() == 1
    sealed(1)
    hurry()
    began = time.monotonic()
    with pytest.raises(NotAccepted) as failure:
        seals_deliver()
    assert time.monotonic() - began < 15
    assert failure.value.problem == StreamProblem.TIMED_OUT


def test_a_name_and_a_password_in_the_address_become_a_header(siem, settings):
    settings.AUDIT_STREAM_URL = siem.url.replace("127.0.0.1", "ann:word@127.0.0.1")
    sealed(1)
    assert seals_deliver() == 1
    assert siem.headers[0]["Authorization"] == "Basic YW5uOndvcmQ="


FAULTS = ("fail", "redirect", "hang_up", "accept_and_hang_up", "accept", "accept_and_hang", "hang")
STEPS = st.lists(st.one_of(st.integers(1, 3), st.sampled_from([*FAULTS, "stop", "start", "deliver"])), max_size=12)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS)
def test_whatever_the_receiver_does_it_gets_everything_in_order(siem, hurry, monkeypatch, steps):
    monkeypatch.setattr(stream, "MOST_ENTRIES", 3)
    hurry(0.2)
    siem.received.clear()
    StreamCursor.objects.update(seal=sealer.head_seal().number if sealer.head_seal() else 0)
    first = sealer.head_seal().last + 1 if sealer.head_seal() else 1
    is_up = True
    for step in [*steps, 1]:
        if isinstance(step, int):
            sealed(step)
        elif step in FAULTS:
            siem.behaviours.append(step)
        elif step == "deliver":
            try_once()
        elif is_up == (step == "stop"):
            siem.stop() if is_up else siem.start()
            is_up = not is_up
    if not is_up:
        siem.start()
    siem.behaviours.clear()
    hurry(60)
    deliver()
    assert siem.numbers == list(range(first, sealer.head_seal().last + 1))
    assert siem.seals == sorted(siem.seals)


def try_once():
    try:
        seals_deliver()
    except NotAccepted:
        return False
    return True


def test_while_another_process_delivers_this_one_does_not(siem):
    sealed(1)
    other = WorkLease(ProcessName.STREAM, length=timedelta(minutes=1))
    assert other.hold()
    assert seals_deliver() == 0
    other.give_back()
    assert seals_deliver() == 1
    assert ProcessLease.objects.get(name=ProcessName.STREAM).until is None


def test_what_another_process_delivered_while_this_one_waited_for_the_lease_is_not_sent_again(siem, monkeypatch):
    sealed(1)
    hold = WorkLease.hold

    def hold_late(lease):
        with monkeypatch.context() as other:
            other.setattr(WorkLease, "hold", hold)
            assert seals_deliver() == 1
        return hold(lease)

    monkeypatch.setattr(WorkLease, "hold", hold_late)
    assert seals_deliver() == 0
    assert len(siem.seen) == 1


def test_a_failure_is_followed_by_pauses_that_grow_and_is_logged_without_a_traceback(siem, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(backoff.time, "monotonic", lambda: clock[0])
    sealed(1)
    siem.behaviours = ["fail"] * 3
    streamer = Streamer(pause=2)
    with capture_logs() as logs:
        for passed in (0, 1, 1, 3, 1, 8):
            clock[0] += passed
            streamer.run()
    assert [line["again_in"] for line in logs] == [2, 4, 8]
    assert {(line["event"], line["log_level"], line["status"]) for line in logs} == {("stream_failed", "warning", 500)}
    assert siem.numbers == [1]


def test_without_an_address_nothing_is_sent_and_the_state_says_so(siem, settings):
    settings.AUDIT_STREAM_URL = ""
    sealed(1)
    Streamer(pause=2).run()
    assert not siem.seen
    assert not stream_state().is_on


def test_the_state_tells_how_much_waits_since_when_and_why(siem):
    assert stream_state() == stream.StreamState(is_on=True)
    sealed(2)
    seals_deliver()
    sealed(3, 1)
    siem.behaviours = ["fail"]
    assert not try_once()
    state = stream_state()
    assert (state.waiting, state.waiting_since) == (4, Seal.objects.get(number=2).at)
    assert (state.problem, state.status) == (StreamProblem.REFUSED, 500)
    assert state.failing_since
    seals_deliver()
    state = stream_state()
    assert (state.waiting, state.waiting_since, state.problem, state.failing_since) == (0, None, None, None)


def test_seals_that_were_emptied_are_sent_without_their_entries(siem, settings, days_ago):
    settings.AUDIT_STREAM_URL = ""
    settings.TRAIL_DAYS = 10
    days_ago(20)
    sealed(2)
    days_ago(0)
    removal_announce()
    entries_seal()
    entries_remove()
    settings.AUDIT_STREAM_URL = siem.url
    assert seals_deliver() == 2
    assert (siem.numbers, siem.seals) == ([3], [1, 2])
