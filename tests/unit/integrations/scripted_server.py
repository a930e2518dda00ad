"""A loopback server that answers each connection with given bytes, however wrong they are."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[socket.socket], None]
ONLOOKERS: list[Callable[[bytes], None]] = []  # look at each request, whatever is answered


@dataclass(slots=True)
class ScriptedServer:
    """What was asked, and where the server listens."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def targets(self) -> list[str]:
        """Method and target of each request."""
        return [" ".join(request.decode("latin-1").split(" ")[:2]) for request in self.requests]

    def header(self, name: str) -> str | None:
        """A header of the last request."""
        for line in self.requests[-1].decode("latin-1").split("\r\n")[1:]:
            if line.lower().startswith(f"{name.lower()}:"):
                return line.partition(":")[2].strip()
        return None


def answer(
    body: bytes | str = b"{}", *, status: str = "200 OK", headers: Sequence[str] = (), kind: str | None = None
) -> bytes:
    """The bytes of a complete answer."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind or 'application/json'}", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "Connection: close", *headers, "", ""]).encode() + content


def say(data: bytes) -> Script:
    """Send the bytes and close."""
    return lambda connection: connection.sendall(data)


def drip(data: bytes, *, seconds: float) -> Script:
    """Send one byte at a time."""

    def send(connection: socket.socket) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(seconds)

    return send


def reset(connection: socket.socket) -> None:
    """Break the connection off without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(connection: socket.socket) -> None:
    """Say nothing until the client gives up."""
    connection.settimeout(10)
    connection.recv(1)


@contextmanager
def scripted_server(
    *scripts: Script | bytes, context: ssl.SSLContext | None = None, greets: bool = False
) -> Iterator[ScriptedServer]:
    """Serve one script per connection, the last one again and again. A greeting server does not wait for requests."""
    steps = [say(script) if isinstance(script, bytes) else script for script in scripts]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ScriptedServer(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listener, server, steps, context, greets), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


def _serve(
    listener: socket.socket, server: ScriptedServer, steps: list[Script], context: ssl.SSLContext | None, greets: bool
) -> None:
    turn = 0
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        try:
            connection = plain if context is None else context.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()
            continue
        with connection:
            turn += _converse(connection, server, steps[min(turn, len(steps) - 1)], greets=greets)


def _converse(connection: socket.socket, server: ScriptedServer, script: Script, *, greets: bool) -> int:
    connection.settimeout(10)
    try:
        request = b"-" if greets else _read_request(connection)
        if not request:
            return 0
        server.requests.append(request)
        for look in list(ONLOOKERS):
            look(request)
        script(connection)
    except OSError:
        pass
    return 1


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].partition(b":")[2]) - len(body) if lengths else 0
    while missing > 0:
        chunk = connection.recv(missing)
        data, missing = data + chunk, missing - len(chunk)
    return data
