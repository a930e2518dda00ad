"""What is checked before and after the processes start."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config import Settings
from scripts.places import StartRefused
from scripts.start import check_address_is_free, read_readiness


class ReadinessHandler(BaseHTTPRequestHandler):
    """Answers as /readyz does; the test chooses the status."""

    status = 200
    body = b'{"status": "ok", "checks": {}}'
    hosts: list[str]

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    handler = type("Handler", (ReadinessHandler,), {"hosts": []})
    with HTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def settings_for(port: int, base_url: str = "http://localhost:8000") -> Settings:
    return Settings.from_env({"REPERTORY_BIND": f"127.0.0.1:{port}", "REPERTORY_BASE_URL": base_url})


def test_an_address_in_use_is_refused_with_advice() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        with pytest.raises(StartRefused, match=r"another program is using it.*example: make tea"):
            check_address_is_free(f"127.0.0.1:{other.getsockname()[1]}", advice="make tea")


def test_a_free_address_is_fine() -> None:
    check_address_is_free("127.0.0.1:0", advice="")
    check_address_is_free("[::1]:0", advice="")


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(StartRefused, match=r"can not listen on 192\.0\.2\.1:8000"):
        check_address_is_free("192.0.2.1:8000", advice="")


def test_an_application_with_everything_is_complete(server: HTTPServer) -> None:
    readiness = read_readiness(settings_for(server.server_port))

    assert (readiness.answers, readiness.complete) == (True, True)


def test_readiness_is_asked_under_the_public_name(server: HTTPServer) -> None:
    read_readiness(settings_for(server.server_port, "https://packages.example.com"))

    assert server.RequestHandlerClass.hosts == ["packages.example.com"]  # type: ignore[attr-defined]


def test_an_application_without_workers_answers_but_is_not_complete(server: HTTPServer) -> None:
    server.RequestHandlerClass.body = b'{"status": "degraded", "checks": {"worker": "failed"}}'  # type: ignore[attr-defined]

    readiness = read_readiness(settings_for(server.server_port))

    assert (readiness.answers, readiness.complete) == (True, False)
    assert '"worker": "failed"' in readiness.detail


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"status": "ok"}'])
def test_an_application_that_refuses_does_not_answer(server: HTTPServer, body: bytes) -> None:
    server.RequestHandlerClass.status, server.RequestHandlerClass.body = 503, body  # type: ignore[attr-defined]

    readiness = read_readiness(settings_for(server.server_port))

    assert (readiness.answers, readiness.complete) == (False, False)


def test_a_web_that_does_not_run_does_not_answer() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        readiness = read_readiness(settings_for(closed.getsockname()[1]))

    assert (readiness.answers, readiness.complete) == (False, False)
