"""Connections that keep to the deadline of the call they serve.

A timeout of `requests` is for each read: a server that sends one byte a second holds its caller for as long as it
likes, in the headers as well as in the body. Here every read gets what is left of the deadline instead, and nothing is
sent after it. Only the lookup of a name has the resolver's own limit.
"""

import socket
import ssl
import threading
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs

from syllable.resilience.deadline import Deadline


class _Call(threading.local):
    """The one call that this thread makes at the moment; `sending` once a byte of its request may have left."""

    deadline = Deadline(0)
    sending = False

    def start(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.sending = False

    def time_left(self) -> float:
        # A socket takes a timeout of 0 as "do not block".
        if self.deadline.expired:
            raise TimeoutError("the deadline has passed")
        return self.deadline.remaining() or 0.001


call = _Call()


class DeadlineSocket(socket.socket):
    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(call.time_left())
        super().sendall(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(call.time_left())
        return super().recv_into(*args, **kwargs)


class DeadlineTLSSocket(ssl.SSLSocket):
    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(call.time_left())
        super().sendall(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(call.time_left())
        return super().recv_into(*args, **kwargs)

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        # What a TLS connection inside that of an HTTPS proxy reads with.
        self.settimeout(call.time_left())
        return super().recv(*args, **kwargs)


class DeadlineConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        try:
            addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, f"no address for {self.host}: {error}") from error
        failure: OSError | None = None
        for tried, (family, kind, protocol, _, address) in enumerate(addresses):
            connection = DeadlineSocket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    connection.setsockopt(*option)
                # An address that swallows everything must leave time for those after it.
                connection.settimeout(call.time_left() / (len(addresses) - tried))
                connection.connect(address)
                connection.settimeout(call.time_left())
                return connection
            except OSError as error:
                connection.close()
                failure = error
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"{self.host} does not accept connections") from failure
        raise NewConnectionError(self, f"{self.host}: {failure}") from failure

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.is_closed:
            self.connect()
        # A process that stalled on its way here must not send what somebody else has settled meanwhile.
        call.time_left()
        call.sending = True
        super().request(*args, **kwargs)


class DeadlineTLSConnection(DeadlineConnection, HTTPSConnection):
    def connect(self) -> None:
        if self.ssl_context is None:
            self.ssl_context = create_urllib3_context(cert_reqs=resolve_cert_reqs(self.cert_reqs))
            self.ssl_context.sslsocket_class = DeadlineTLSSocket
        super().connect()


class _Pool(HTTPConnectionPool):
    ConnectionCls = DeadlineConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = DeadlineTLSConnection


class DeadlineAdapter(HTTPAdapter):
    """An adapter of `requests` whose connections, also those through a proxy, follow `call.deadline`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        # A SOCKS proxy has connections of its own kind.
        if isinstance(manager, ProxyManager):
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager
