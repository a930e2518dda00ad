"""The client as it connects: names are resolved once, addresses are checked, a proxy changes neither."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from integrations.answer_store import AnswerStore
from integrations.connections import system_resolver
from integrations.errors import (
    ConnectionFailed,
    Refused,
    Stage,
)
from integrations.http import HttpClient
from integrations.request_count import RequestCount
from tests.unit.integrations.clients import Naps, loopback_client, loopback_policy
from tests.unit.integrations.scripted_server import answer, scripted_server

CANARY = "glpat-CANARY-0123456789"


def test_a_name_is_resolved_once_and_the_checked_address_is_used() -> None:
    with scripted_server(answer('{"a": 1}')) as server:
        answers = iter([["127.0.0.1"], ["169.254.169.254"]])
        policy = loopback_policy(server.port, "git.example.test")
        with HttpClient(
            f"http://git.example.test:{server.port}", policy=policy, resolver=lambda _host, _port: next(answers)
        ) as client:
            assert client.get_json("/x") == {"a": 1}

        assert server.header("Host") == f"git.example.test:{server.port}"
        assert next(answers) == ["169.254.169.254"]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1", "169.254.169.254"], ["::1", "fe80::1"], ["fd00:ec2::254", "127.0.0.1"]]
)
def test_one_bad_address_among_good_ones_refuses_the_name(addresses: list[str]) -> None:
    with scripted_server(answer()) as server:
        policy = loopback_policy(server.port, "git.example.test")
        with (
            HttpClient(
                f"http://git.example.test:{server.port}", policy=policy, resolver=lambda _host, _port: addresses
            ) as client,
            pytest.raises(Refused),
        ):
            client.get_json("/x")

        assert server.requests == []


def test_http_to_a_host_that_is_not_listed_by_name_is_not_sent() -> None:
    with scripted_server(answer()) as server:
        with (
            HttpClient(
                f"http://git.example.test:{server.port}",
                policy=loopback_policy(server.port),
                resolver=lambda _host, _port: ["127.0.0.1"],
            ) as client,
            pytest.raises(Refused, match="OUTBOUND_ALLOW"),
        ):
            client.get_json("/x")

        assert server.requests == []


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with scripted_server(answer('{"a": 1}')) as server:
        policy = loopback_policy(server.port, "git.example.test")
        with HttpClient(
            f"http://git.example.test:{server.port}", policy=policy, resolver=lambda _host, _port: ["::1", "127.0.0.1"]
        ) as client:
            assert client.get_json("/x") == {"a": 1}


def test_a_name_that_does_not_resolve_is_diagnosed() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("Name or service not known")

    naps = Naps()
    client = HttpClient("https://git.example.test", policy=loopback_policy(1), resolver=unknown, timing=naps.timing())
    with client, pytest.raises(ConnectionFailed) as caught:
        client.get_json("/x")

    assert caught.value.diagnosis.stage is Stage.DNS
    assert "git.example.test" in caught.value.diagnosis.problem
    assert len(naps.taken) == 2


def test_a_name_without_an_address_is_diagnosed() -> None:
    client = HttpClient(
        "https://git.example.test", policy=loopback_policy(1), resolver=lambda _h, _p: [], timing=Naps().timing()
    )
    with client, pytest.raises(ConnectionFailed) as caught:
        client.get_json("/x")

    assert caught.value.diagnosis.stage is Stage.DNS


def test_a_closed_port_is_diagnosed() -> None:
    with scripted_server(answer()) as server:
        port = server.port
    with loopback_client(port) as client, pytest.raises(ConnectionFailed) as caught:
        client.get_json("/x")

    assert caught.value.diagnosis.stage is Stage.CONNECT
    assert f"port {port}" in caught.value.diagnosis.problem


def test_the_system_resolver_lists_each_address_once() -> None:
    addresses = system_resolver("localhost", 80)

    assert set(addresses) <= {"127.0.0.1", "::1"}
    assert len(set(addresses)) == len(addresses)


def test_threads_share_a_client_and_its_count() -> None:
    count = RequestCount()
    with scripted_server(answer('{"a": 1}')) as server, loopback_client(server.port, count=count) as client:
        threads = [threading.Thread(target=lambda: [client.get_json("/x") for _ in range(10)]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        assert len(server.requests) == 60
    assert count.total == 60


def test_requests_go_through_the_proxy_when_there_is_one() -> None:
    with scripted_server(answer('{"a": 1}')) as proxy:
        policy = loopback_policy(1)
        policy = type(policy)(allow=(*policy.allow, *loopback_policy(80, "gitlab.example.test").allow), proxy=proxy.url)
        with HttpClient(
            "http://gitlab.example.test", policy=policy, resolver=lambda _host, _port: ["93.184.216.34"]
        ) as client:
            assert client.get_json("/x") == {"a": 1}

        assert proxy.targets() == ["GET http://gitlab.example.test/x"]


def test_a_proxy_does_not_help_to_reach_what_is_denied() -> None:
    with scripted_server(answer()) as proxy:
        policy = type(loopback_policy(1))(proxy=proxy.url)
        for host, addresses in (("169.254.169.254", ["169.254.169.254"]), ("x.test", ["fd00:ec2::254"])):
            with (
                HttpClient(
                    f"https://{host}",
                    policy=policy,
                    resolver=lambda _host, _port, found=addresses: found,  # type: ignore[misc]
                ) as client,
                pytest.raises(Refused),
            ):
                client.get_json("/x")

        assert proxy.requests == []


class _Lasting(BaseHTTPRequestHandler):
    """Answers again and again on one connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    connections = 0

    def setup(self) -> None:
        _Lasting.connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.send_response(304 if "If-None-Match" in self.headers else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("ETag", '"one"')
        if "If-None-Match" not in self.headers:
            self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"" if "If-None-Match" in self.headers else b"{}")

    def log_message(self, *_words: object) -> None:
        """Be silent."""


def test_a_connection_that_the_host_leaves_open_is_used_again_after_confirmations_too(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Lasting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        with loopback_client(server.server_address[1], answers=AnswerStore(tmp_path, "1:7")) as client:
            answers = [client.get_json("/x") for _ in range(4)]
            confirmed = client.count.not_modified
        server.shutdown()

    assert answers == [{}, {}, {}, {}]
    assert (confirmed, _Lasting.connections) == (3, 1)
