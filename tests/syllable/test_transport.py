"""What goes over the wire, and over which connection."""

import gzip
import json
import logging
import socket
import threading
from contextlib import suppress

import pytest

from syllable import transport as transport_module
from syllable.errors import NotSent, SyllableError, UnreadableAnswer

from .conftest import KEY, send, takes_about, transport_to
from .wire import Wire, answer, drip

# What goes out


def test_a_read_carries_the_key_and_nothing_about_the_machine():
    with Wire(answer(b'{"a": 1}')) as wire:
        assert transport_to(wire.url).get("/x") == {"a": 1}
    head, _ = wire.requests[0]
    assert f"\r\nSyllable-API-Key: {KEY}\r\n" in head
    assert "\r\nUser-Agent: outbound-dashboard\r\n" in head
    assert "Authorization" not in head
    assert "Cookie" not in head


def test_a_write_carries_its_request_id_and_its_json():
    with Wire(answer()) as wire:
        send(transport_to(wire.url))
    head, body = wire.requests[0]
    assert head.startswith("PUT /batch HTTP/1.1\r\n")
    assert "\r\nX-Request-ID: request-1\r\n" in head
    assert "\r\nContent-Type: application/json\r\n" in head
    assert json.loads(body) == {"a": 1}


def test_a_write_can_carry_a_form():
    with Wire(answer()) as wire:
        transport_to(wire.url).send("DELETE", "/batch", form={"delete_reason": "a & b"}, request_id="1")
    head, body = wire.requests[0]
    assert "\r\nContent-Type: application/x-www-form-urlencoded\r\n" in head
    assert body == b"delete_reason=a+%26+b"


@pytest.mark.parametrize("suffix", ["/prefix", "/prefix/"])
def test_the_address_may_hold_a_path(suffix):
    with Wire(answer()) as wire:
        transport_to(wire.url + suffix).get("/x", params=[("q", "a b"), ("q", "c&d")])
    assert wire.targets == ["/prefix/x?q=a+b&q=c%26d"]


def test_a_netrc_file_adds_no_authorization(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Wire(answer()) as wire:
        transport_to(wire.url).get("/x")
    assert "Authorization" not in wire.requests[0][0]


def test_cookies_are_refused():
    with Wire(answer(headers=("Set-Cookie: session=1; Path=/",))) as wire:
        transport = transport_to(wire.url)
        transport.get("/x")
        transport.get("/x")
    assert "Cookie" not in wire.requests[1][0]


# Connections


def test_a_connection_is_used_again(scheme_tls):
    with Wire(answer(), tls=scheme_tls) as wire:
        transport = transport_to(wire.url)
        for _ in range(5):
            transport.get("/x")
        send(transport)
    assert wire.accepted == 1


@pytest.mark.parametrize(
    "raw",
    [
        answer(gzip.compress(b"{}", mtime=0), headers=("Content-Encoding: gzip",)),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        answer(b"<html>", status="502 Bad Gateway"),
        answer(b"{}", status="404 Not Found"),
        answer(b"", status="302 Found", headers=("Location: /y",)),
    ],
)
def test_an_answer_that_was_read_to_its_end_frees_its_connection(raw):
    with Wire(raw) as wire:
        transport = transport_to(wire.url)
        for _ in range(3):
            with suppress(SyllableError):
                send(transport)
    assert len(wire.requests) == 3
    assert wire.accepted == 1


def test_an_answer_that_was_half_read_closes_its_connection(monkeypatch):
    monkeypatch.setattr(transport_module, "LARGEST_BODY", 10)
    with Wire(answer(b'"' + b"x" * 500_000 + b'"'), answer()) as wire:
        transport = transport_to(wire.url)
        with pytest.raises(UnreadableAnswer, match="too large"):
            transport.get("/x")
        assert transport.get("/x") == {}
    assert wire.accepted == 2


def test_the_limit_is_of_decoded_bytes(monkeypatch):
    monkeypatch.setattr(transport_module, "LARGEST_BODY", 1_000_000)
    packed = gzip.compress(b'"' + b"x" * 20_000_000 + b'"')
    with Wire(answer(packed, headers=("Content-Encoding: gzip",))) as wire, pytest.raises(UnreadableAnswer):
        transport_to(wire.url).get("/x")


def test_threads_share_it():
    with Wire(answer(b'{"a": 1}')) as wire:
        transport = transport_to(wire.url)
        answers: list[object] = []
        threads = [
            threading.Thread(target=lambda: answers.extend(transport.get("/x") for _ in range(10))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [{"a": 1}] * 80
    assert wire.accepted <= 8


def test_a_name_with_several_addresses_is_tried_through(monkeypatch):
    with Wire(answer()) as wire, socket.create_server(("127.0.0.1", 0)) as closed:
        port = int(wire.url.rsplit(":", 1)[1])
        dead = closed.getsockname()
        closed.close()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in (dead, ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
        assert transport_to("http://two-addresses.test").get("/x") == {}


# Through a proxy


def test_a_path_goes_through_a_proxy_as_it_is(monkeypatch):
    with Wire(answer()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        transport_to("http://api.test").get("/batches/%2E%2E")
    assert proxy.targets == ["http://api.test/batches/%2E%2E"]


@pytest.mark.parametrize("url", ["http://api.test", "https://api.test"])
def test_behind_a_proxy_that_is_down_nothing_is_sent(url, monkeypatch):
    monkeypatch.setenv(url.split(":")[0].upper() + "_PROXY", "http://127.0.0.1:1")
    with pytest.raises(NotSent):
        send(transport_to(url))


@pytest.mark.parametrize(
    ("behaviour", "timeout"),
    [(drip(answer() * 100), 1.0), (answer(status="407 Who are you"), 20.0)],
    ids=["drip", "407"],
)
def test_a_proxy_that_opens_no_tunnel_ends_within_the_deadline_with_nothing_sent(behaviour, timeout, monkeypatch):
    with Wire(behaviour) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with takes_about(0), pytest.raises(NotSent):
            send(transport_to("https://api.test", timeout=timeout))
    assert [head.split(" ")[0] for head, _ in proxy.requests] == ["CONNECT"]


# The log


def test_the_log_names_the_call_and_nothing_else(caplog):
    caplog.set_level(logging.DEBUG, logger="syllable")
    with Wire(answer(status="503 Down"), answer()) as wire:
        transport_to(wire.url).get("/batches/1", params=[("reference_id", "a-patient")])
    failed, worked = [record for record in caplog.records if record.name == "syllable"]
    assert failed.levelno == logging.INFO
    assert failed.getMessage().startswith("GET /batches/1: SyllableUnavailable 503, ")
    assert failed.getMessage().endswith(" ms, try 1")
    assert worked.levelno == logging.DEBUG
    assert worked.getMessage().startswith("GET /batches/1: 200, ")
    assert KEY not in caplog.text
