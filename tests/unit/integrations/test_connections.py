"""How sockets are opened: names that do not resolve in time, ports that do not answer, ways through a proxy."""

import socket
import threading
from pathlib import Path

import pytest

from integrations import connections
from integrations.addresses import Destination, OutboundPolicy
from integrations.connections import Deadline, resolve_checked
from integrations.errors import ConnectionFailed, Refused, Stage, Unavailable
from integrations.http import HttpClient
from integrations.urls import parse_url
from tests.unit.integrations.clients import Naps, loopback_policy
from tests.unit.integrations.scripted_server import Script, answer, scripted_server
from tests.unit.integrations.test_tls import HOST, Authority

URL = parse_url(f"https://{HOST}")


def resolve(*addresses: str) -> tuple[str, ...]:
    return resolve_checked(
        URL, policy=OutboundPolicy(), destination=Destination.INTEGRATION, resolver=lambda _host, _port: addresses
    )


def test_checked_addresses_are_returned_in_the_resolvers_order() -> None:
    assert resolve("93.184.216.34", "10.0.0.1") == ("93.184.216.34", "10.0.0.1")
    with pytest.raises(Refused):
        resolve("93.184.216.34", "169.254.169.254")


def test_a_silent_name_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RESOLVE_SECONDS", 0.05)
    release = threading.Event()

    def silent(_host: str, _port: int) -> list[str]:
        release.wait(10)
        return ["93.184.216.34"]

    try:
        with pytest.raises(ConnectionFailed) as caught:
            resolve_checked(URL, policy=OutboundPolicy(), destination=Destination.INTEGRATION, resolver=silent)
    finally:
        release.set()
    assert caught.value.diagnosis.stage is Stage.DNS


def test_a_name_that_can_not_be_asked_for_does_not_resolve() -> None:
    def strict(_host: str, _port: int) -> list[str]:
        raise UnicodeError("label too long")

    with pytest.raises(ConnectionFailed) as caught:
        resolve_checked(URL, policy=OutboundPolicy(), destination=Destination.INTEGRATION, resolver=strict)
    assert caught.value.diagnosis.detail == "label too long"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (TimeoutError("timed out"), "does not answer on port 443"),
        (OSError(113, "No route to host"), "No connection to"),
        (ConnectionRefusedError(111, "refused"), "refuses connections on port 443"),
    ],
)
def test_each_way_not_to_connect_has_its_own_words(
    monkeypatch: pytest.MonkeyPatch, failure: OSError, words: str
) -> None:
    def fail(*_args: object, **_options: object) -> socket.socket:
        raise failure

    monkeypatch.setattr(socket, "create_connection", fail)
    client = HttpClient(
        str(URL), policy=OutboundPolicy(), timing=Naps().timing(), resolver=lambda _host, _port: ["93.184.216.34"]
    )
    with client, pytest.raises(ConnectionFailed) as caught:
        client.get_json("/x")

    assert caught.value.diagnosis.stage is Stage.CONNECT
    assert words in caught.value.diagnosis.problem


def test_a_deadline_that_is_over_is_an_error() -> None:
    deadline = Deadline(ends_at=10.0, read_seconds=1.0, clock=lambda: 9.0)
    late = Deadline(ends_at=10.0, read_seconds=1.0, clock=lambda: 10.0)

    assert deadline.remaining() == 1.0
    with pytest.raises(Unavailable):
        late.remaining()


def tunnel_to(port: int, asked: list[bytes]) -> Script:
    """A script that answers CONNECT and then carries bytes both ways."""

    def script(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as target:
            back = threading.Thread(target=_carry, args=(target, client, []), daemon=True)
            back.start()
            _carry(client, target, asked)
            back.join(timeout=5)

    return script


def _carry(source: socket.socket, target: socket.socket, seen: list[bytes]) -> None:
    try:
        while data := source.recv(65536):
            seen.append(data)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_tls_is_verified_to_the_host_through_a_proxy(tmp_path: Path) -> None:
    authority, asked = Authority(tmp_path), list[bytes]()
    with scripted_server(answer('{"a": 1}'), context=authority.context(HOST)) as server:
        with scripted_server(tunnel_to(server.port, asked)) as proxy:
            policy = OutboundPolicy(allow=loopback_policy(1).allow, proxy=proxy.url)
            with HttpClient(
                f"https://{HOST}",
                policy=policy,
                ca_pem=authority.pem,
                authorization="Bearer CANARY",
                resolver=lambda _host, _port: ["93.184.216.34"],
            ) as client:
                assert client.get_json("/x") == {"a": 1}

            assert proxy.targets() == [f"CONNECT {HOST}:443"]
            assert b"CANARY" not in b"".join([*proxy.requests, *asked])
        assert server.header("Authorization") == "Bearer CANARY"


def test_a_bad_certificate_behind_a_proxy_is_refused(tmp_path: Path) -> None:
    authority, asked = Authority(tmp_path), list[bytes]()
    with scripted_server(answer(), context=authority.context("other.example.test")) as server:
        with scripted_server(tunnel_to(server.port, asked)) as proxy:
            policy = OutboundPolicy(proxy=proxy.url)
            client = HttpClient(
                f"https://{HOST}", policy=policy, ca_pem=authority.pem, resolver=lambda _host, _port: ["93.184.216.34"]
            )
            with client, pytest.raises(ConnectionFailed) as caught:
                client.get_json("/x")

        assert caught.value.diagnosis.stage is Stage.TLS
        assert server.requests == []


def test_a_name_that_only_the_proxy_knows_is_left_to_it() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("Name or service not known")

    with scripted_server(answer(status="502 Bad Gateway")) as proxy:
        policy = OutboundPolicy(proxy=proxy.url)
        client = HttpClient(f"https://{HOST}", policy=policy, resolver=unknown, timing=Naps().timing())
        with client, pytest.raises(Unavailable):
            client.get_json("/x")

        assert set(proxy.targets()) == {f"CONNECT {HOST}:443"}
