"""What is checked before and after the processes start."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config import Settings
from scripts.places import StartRefused
from scripts.start import check_address_is_free, list_problems


class ReadinessHandler(BaseHTTPRequestHandler):
    """Answers as /readyz does; the test chooses the status."""

    status = 200
    hosts: list[str]

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        body = b'{"worker": "nobody is working"}'
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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

        with pytest.raises(StartRefused, match=r"another program is using it.*REPERTORY_BIND="):
            check_address_is_free(f"127.0.0.1:{other.getsockname()[1]}")


def test_a_free_address_is_fine() -> None:
    check_address_is_free("127.0.0.1:0")
    check_address_is_free("[::1]:0")


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(StartRefused, match=r"can not listen on 192\.0\.2\.1:8000"):
        check_address_is_free("192.0.2.1:8000")


def test_a_ready_application_has_no_problems(server: HTTPServer) -> None:
    assert list_problems(settings_for(server.server_port)) == []


def test_readiness_is_asked_under_the_public_name(server: HTTPServer) -> None:
    list_problems(settings_for(server.server_port, "https://packages.example.com"))

    assert server.RequestHandlerClass.hosts == ["packages.example.com"]  # type: ignore[attr-defined]


def test_the_checks_that_fail_are_shown(server: HTTPServer) -> None:
    server.RequestHandlerClass.status = 503  # type: ignore[attr-defined]

    assert list_problems(settings_for(server.server_port)) == ['/readyz answers 503: {"worker": "nobody is working"}']


def test_a_web_that_does_not_answer_is_a_problem() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        assert "does not answer yet" in list_problems(settings_for(closed.getsockname()[1]))[0]
