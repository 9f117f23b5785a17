"""No server holds its caller, and what never reached the API is distinguished from what may have."""

import socket
import ssl
from http.client import HTTPConnection

import pytest

from syllable.connections import call
from syllable.errors import KeyRefused, NotSent, SyllableUnavailable, TimedOut
from syllable.resilience.deadline import Deadline
from tests.conftest import NO_HOST

from .conftest import KEY, send, takes_about, transport_to
from .wire import Wire, answer, drip

# Deadlines


ANSWER = answer(b'{"a": 1}')
HEAD = ANSWER[: ANSWER.index(b"\r\n\r\n") + 4]


def connected(wire):
    """Open a connection first, so that a short deadline ends during the answer and not before it."""
    transport = transport_to(wire.url)
    transport.get("/x")
    return transport


@pytest.mark.parametrize(
    "behaviour",
    [
        drip(ANSWER * 100),
        drip(b"x" * 1000, first=HEAD.replace(b"8", b"1000")),
        drip(b"1\r\n \r\n" * 100, first=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, interval=0.001),
        lambda wire, _: wire.stopping.wait(60),
    ],
    ids=["headers", "body", "chunks", "continues", "silence"],
)
def test_no_server_holds_its_caller_past_the_deadline(behaviour, scheme_tls):
    with Wire(ANSWER, behaviour, tls=scheme_tls) as wire:
        transport = connected(wire)
        with takes_about(0.1), pytest.raises(TimedOut):
            transport.get("/x", deadline=Deadline(0.1))


def test_the_deadline_of_the_caller_goes_for_a_write_too():
    with Wire(ANSWER, drip(ANSWER * 100)) as wire:
        transport = connected(wire)
        with takes_about(0.1), pytest.raises(TimedOut):
            send(transport, deadline=Deadline(0.1))


def test_a_process_that_stalls_before_it_sends_sends_nothing_after_the_deadline(scheme_tls, monkeypatch):
    def stall(connection, *args, **kwargs):
        in_time, call.deadline = call.deadline, Deadline(0)
        try:
            send_head(connection, *args, **kwargs)
        finally:
            call.deadline = in_time

    send_head = HTTPConnection.endheaders
    monkeypatch.setattr(HTTPConnection, "endheaders", stall)
    with Wire(ANSWER, tls=scheme_tls) as wire, pytest.raises(SyllableUnavailable):
        send(transport_to(wire.url))
    assert not wire.requests


def test_a_silent_tls_handshake_ends_at_the_deadline_with_nothing_sent():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}"
        with takes_about(0.1), pytest.raises(NotSent):
            send(transport_to(url, timeout=0.1))


def test_a_connection_that_is_not_accepted_ends_at_the_deadline_with_nothing_sent():
    with socket.socket() as full, socket.socket() as waiting, socket.socket() as waiting_too:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for other in (waiting, waiting_too):
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        with takes_about(0.1), pytest.raises(NotSent):
            send(transport_to(f"http://127.0.0.1:{full.getsockname()[1]}", timeout=0.1))


def test_without_time_left_nothing_is_sent():
    with Wire(answer()) as wire:
        with pytest.raises(NotSent):
            send(transport_to(wire.url), deadline=Deadline(0))
        with pytest.raises(NotSent):
            transport_to(wire.url).get("/x", deadline=Deadline(0))
    assert wire.accepted == 0


# Nothing reached the API


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", f"http://{NO_HOST}", "http://[", "nonsense", "http://a..b"])
def test_an_api_that_cannot_be_reached_was_sent_nothing(url):
    with pytest.raises(NotSent):
        send(transport_to(url))


def test_a_certificate_that_cannot_be_trusted_stops_the_write(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Wire(answer(), tls=context) as wire:
        with pytest.raises(NotSent):
            send(transport_to(wire.url))
        assert wire.requests == []


def test_a_server_without_tls_stops_the_write():
    with Wire(answer()) as wire, pytest.raises(NotSent):
        send(transport_to(wire.url.replace("http:", "https:"), timeout=0.1))


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "a\x00b"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key):
    with Wire(answer()) as wire, pytest.raises(KeyRefused) as caught:
        transport_to(wire.url, key=key).get("/x")
    assert key not in str(caught.value)
    assert wire.accepted == 0


def test_white_space_around_the_key_is_no_part_of_it():
    with Wire(answer()) as wire:
        transport_to(wire.url, key=f" {KEY}\n").get("/x")
    assert f"\r\nSyllable-API-Key: {KEY}\r\n" in wire.requests[0][0]
