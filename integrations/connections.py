"""Connections that go only where the policy allows: resolve once, check every answer, connect to a checked address.

`requests` and urllib3 do the protocol. This module replaces how a socket is opened and how its bytes are read, so that
neither a name that changes its address nor a server that drips bytes gets past the rules. It overrides
`_new_conn` and `_new_pool` of urllib3, which are half private: the version is pinned and the tests cover each rule.
"""

import http.client
import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool

from integrations.addresses import Destination, OutboundPolicy
from integrations.errors import ConnectionFailed, Diagnosis, Stage, Unavailable, UnexpectedResponse
from integrations.tls import diagnose_tls
from integrations.urls import RemoteUrl

CONNECT_SECONDS = 5.0
RESOLVE_SECONDS = 5.0
HEADER_BYTES = 64 * 1024

Resolver = Callable[[str, int], Sequence[str]]
Dial = Callable[[str, int], socket.socket]


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a whole call must be over, and how long one silent read may last."""

    ends_at: float
    read_seconds: float
    clock: Callable[[], float] = time.monotonic

    def remaining(self) -> float:
        """Seconds left; raises Unavailable when there are none."""
        left = self.ends_at - self.clock()
        if left <= 0:
            raise Unavailable("the answer took too long and was given up")
        return left


CURRENT_DEADLINE: ContextVar[Deadline] = ContextVar("current_deadline")  # set around every request


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Addresses as the operating system resolves them, in its order. Raises OSError."""
    answers = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in answers))


def resolve_checked(
    url: RemoteUrl, *, policy: OutboundPolicy, destination: Destination, resolver: Resolver = system_resolver
) -> tuple[str, ...]:
    """The addresses of the URL's host, all of them allowed. Also for git, which is told to use one of them.

    Raises Refused when the policy forbids the URL or one answer, ConnectionFailed when the name does not resolve.
    """
    policy.check_url(url, destination)
    addresses = _resolve_in_time(url, resolver)
    for address in addresses:
        policy.check_address(url, address, destination)
    return addresses


def _resolve_in_time(url: RemoteUrl, resolver: Resolver) -> tuple[str, ...]:
    answers: queue.SimpleQueue[tuple[str, ...] | OSError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            answers.put(tuple(resolver(url.host, url.port)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=resolve, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=RESOLVE_SECONDS)
    except queue.Empty:
        answer = OSError("no answer from the name server")
    if isinstance(answer, OSError) or not answer:
        raise ConnectionFailed(
            Diagnosis(
                Stage.DNS,
                f"The name {url.host} can not be resolved from this machine.",
                "Check its spelling, and which name server this machine uses.",
                str(answer) if isinstance(answer, OSError) else "",
            )
        )
    return answer


@dataclass(frozen=True, slots=True)
class GuardedDial:
    """Opens a socket to a checked address of the host."""

    policy: OutboundPolicy
    destination: Destination
    resolver: Resolver = system_resolver

    def __call__(self, host: str, port: int) -> socket.socket:
        # The scheme was judged before the connection pool was asked; here the addresses are.
        url = RemoteUrl("https", host, port)
        addresses = _resolve_in_time(url, self.resolver)
        for address in addresses:
            self.policy.check_address(url, address, self.destination)
        return _connect_any(host, port, addresses)


def dial_proxy(host: str, port: int) -> socket.socket:
    """Opens a socket to the proxy that the deployment names. Raises ConnectionFailed."""
    return _connect_any(host, port, _resolve_in_time(RemoteUrl("http", host, port), system_resolver))


def _connect_any(host: str, port: int, addresses: Sequence[str]) -> socket.socket:
    failure: OSError | None = None
    for address in addresses:
        try:
            return _open_socket(address, port)
        except OSError as error:
            failure = error
    raise ConnectionFailed(_diagnose_connect(host, port, failure)) from failure


def _open_socket(address: str, port: int) -> socket.socket:
    seconds = min(CONNECT_SECONDS, CURRENT_DEADLINE.get().remaining())
    connection = socket.create_connection((address, port), timeout=seconds)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _diagnose_connect(host: str, port: int, failure: OSError | None) -> Diagnosis:
    if isinstance(failure, ConnectionRefusedError):
        problem, fix = f"{host} refuses connections on port {port}.", "Check the port, and that the server is running."
    elif isinstance(failure, TimeoutError):
        problem = f"{host} does not answer on port {port}."
        fix = "A firewall may block the way: allow this machine to reach it, or set OUTBOUND_PROXY."
    else:
        problem = f"No connection to {host} on port {port} could be made."
        fix = "Check routes and firewalls between this machine and the host."
    return Diagnosis(Stage.CONNECT, problem, fix, str(failure or ""))


class _DeadlineReader(io.RawIOBase):
    """The bytes of a socket, until the call's deadline; while headers are read, only so many."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._raw = connection.makefile("rb", buffering=0)
        self._header_bytes: int | None = HEADER_BYTES

    def end_headers(self) -> None:
        self._header_bytes = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(min(self._deadline.remaining(), self._deadline.read_seconds))
        count = self._raw.readinto(buffer)
        if self._header_bytes is not None:
            self._header_bytes -= count or 0
            if self._header_bytes < -io.DEFAULT_BUFFER_SIZE:
                raise UnexpectedResponse("the headers of the answer are too large")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundedResponse(http.client.HTTPResponse):
    """A response that is read under the current deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._reader = _DeadlineReader(sock, CURRENT_DEADLINE.get())
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        self._reader.end_headers()


class GuardedHTTPConnection(HTTPConnection):
    """urllib3's connection with our way of opening the socket."""

    response_class = BoundedResponse

    def __init__(self, dial: Dial, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dial = dial

    def _new_conn(self) -> socket.socket:
        return self._dial(self._dns_host, self.port)


class GuardedHTTPSConnection(HTTPSConnection):
    """The same over TLS. A failed handshake becomes a diagnosis with the certificates that were presented."""

    response_class = BoundedResponse

    def __init__(self, dial: Dial, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dial = dial
        self._peer: tuple[str, int] | None = None

    def _new_conn(self) -> socket.socket:
        connection = self._dial(self._dns_host, self.port)
        self._peer = connection.getpeername()[:2]
        return connection

    def connect(self) -> None:
        try:
            super().connect()
        except (ssl.SSLError, ConnectionError, TimeoutError) as error:
            self.close()
            peer = None if self.proxy else self._peer
            raise ConnectionFailed(diagnose_tls(error, host=self.host, peer=peer)) from error


_CONNECTIONS = {"http": GuardedHTTPConnection, "https": GuardedHTTPSConnection}


class GuardedPoolManager(PoolManager):
    """Pools whose connections are opened by `dial`."""

    def __init__(self, dial: Dial, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._dial = dial

    def _new_pool(self, scheme: str, host: str, port: int, request_context: Any = None) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        pool.ConnectionCls = partial(_CONNECTIONS[scheme], self._dial)  # type: ignore[assignment]
        return pool


class GuardedProxyManager(ProxyManager):
    """Pools that go through the proxy; addresses behind it are the proxy's business."""

    def _new_pool(self, scheme: str, host: str, port: int, request_context: Any = None) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        pool.ConnectionCls = partial(_CONNECTIONS[scheme], dial_proxy)  # type: ignore[assignment]
        return pool


class GuardedAdapter(HTTPAdapter):
    """What `requests` mounts: guarded pools, our trust, no retries of its own."""

    def __init__(self, dial: Dial, context: ssl.SSLContext, *, connections: int = 8) -> None:
        self._dial = dial
        self._context = context
        super().__init__(pool_connections=4, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        self.poolmanager = GuardedPoolManager(
            self._dial, num_pools=connections, maxsize=maxsize, block=block, ssl_context=self._context, **kwargs
        )

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        if proxy not in self.proxy_manager:
            self.proxy_manager[proxy] = GuardedProxyManager(
                proxy,
                proxy_headers=self.proxy_headers(proxy),
                ssl_context=self._context,
                proxy_ssl_context=self._context,
                **kwargs,
            )
        return self.proxy_manager[proxy]

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Keep to our context: `requests` would add its own bundle of certificates here."""
        conn.cert_reqs = "CERT_REQUIRED"
