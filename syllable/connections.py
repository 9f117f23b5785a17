"""Connections that keep to the deadline of the call they serve.

A timeout of `requests` applies to each read: a server that sends one byte a second can hold its caller for ever, in the
headers as well as in the body. Here every read gets what is left of the deadline, and nothing is sent after it. Only a
DNS lookup has the resolver's own limit.
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
    """The one call that this thread is making; `sending` once a byte of its request may have left."""

    deadline = Deadline(0)
    sending = False

    def start(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.sending = False

    def time_left(self) -> float:
        # To a socket, a timeout of 0 means "do not block".
        if self.deadline.expired:
            raise TimeoutError("the deadline has passed")
        return self.deadline.remaining() or 0.001


call = _Call()


class DeadlineSocket(socket.socket):
    """A socket whose reads and writes get what is left of the deadline."""

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(call.time_left())
        super().sendall(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(call.time_left())
        return super().recv_into(*args, **kwargs)


class DeadlineTLSSocket(DeadlineSocket, ssl.SSLSocket):
    """A TLS socket whose reads and writes get what is left of the deadline."""

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        # A TLS connection inside that of an HTTPS proxy reads with this.
        self.settimeout(call.time_left())
        return super().recv(*args, **kwargs)


class DeadlineConnection(HTTPConnection):
    """A connection that keeps to the deadline, from the first packet on."""

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
                # An address that never responds must leave time for the addresses after it.
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
        # A process that stalled on its way here must not send a change that somebody else has reconciled meanwhile.
        call.time_left()
        call.sending = True
        super().request(*args, **kwargs)


class DeadlineTLSConnection(DeadlineConnection, HTTPSConnection):
    """The same over TLS."""

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
    """An adapter of `requests` whose connections, including those through a proxy, follow `call.deadline`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        # A SOCKS proxy has its own kind of connections.
        if isinstance(manager, ProxyManager):
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager
