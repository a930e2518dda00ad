"""Git over HTTP on a loopback port, by git's own `http-backend`, with Basic auth, TLS and a few bad manners."""

import base64
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_BACKEND = "/usr/lib/git-core/git-http-backend"


@dataclass
class GitServer:
    """What the server does, and what it saw. `login` is (user, password); None lets everybody in."""

    root: Path
    port: int = 0
    scheme: str = "http"
    login: tuple[str, str] | None = None
    answer_status: int | None = None  # answer everything with this status
    location: str = ""
    page: bytes = b""
    is_hanging: bool = False
    is_hanging_on_pack: bool = False
    hosts: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def url(self, name: str, host: str = "git.acme.example") -> str:
        """The address of a repository below `root`."""
        return f"{self.scheme}://{host}:{self.port}/{name}"


@contextmanager
def serve_git(root: Path, *, tls: ssl.SSLContext | None = None) -> Iterator[GitServer]:
    """Serve the bare repositories below `root` until the block ends."""
    state = GitServer(root, scheme="https" if tls else "http")
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: GitServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        body = self._read_body()
        self.state.requests.append(f"{self.command} {self.path}")
        self.state.hosts.append(self.headers.get("Host", ""))
        if self.state.is_hanging or (self.state.is_hanging_on_pack and b"command=fetch" in body):
            self._hang()
        elif self.state.answer_status is not None:
            self._say(self.state.answer_status, {"Location": self.state.location} if self.state.location else {})
        elif not self._is_let_in():
            self._say(401, {"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._serve(body)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _hang(self) -> None:
        self.close_connection = True
        if self.state.is_hanging_on_pack:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-result\r\n")
            self.wfile.write(b"Connection: close\r\n\r\n000dpackfile\n")
            self.wfile.flush()
        self.state.released.wait(30)

    def _say(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.state.page)))
        self.end_headers()
        self.wfile.write(self.state.page)

    def _is_let_in(self) -> bool:
        if self.state.login is None:
            return True
        expected = base64.b64encode(":".join(self.state.login).encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _serve(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "GIT_PROJECT_ROOT": str(self.state.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        answer = subprocess.run([_BACKEND], env=environment, input=body, capture_output=True, check=False).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
