"""The client against real sockets: what it sends, what it bears, what it gives up on."""

import gzip
import json
import threading
import time

import pytest

from integrations.codehost import RequestCount
from integrations.connections import system_resolver
from integrations.errors import (
    CodeHostError,
    ConnectionFailed,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    Rejected,
    Stage,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)
from integrations.http import HttpClient, Limits
from tests.unit.integrations.clients import Naps, loopback_client, loopback_policy
from tests.unit.integrations.scripted_server import Script, answer, drip, hang, reset, scripted_server

CANARY = "glpat-CANARY-0123456789"


def test_a_document_is_read_with_the_token_in_one_header_only() -> None:
    with (
        scripted_server(answer('{"a": 1}')) as server,
        loopback_client(server.port, path="/gitlab", authorization=f"Bearer {CANARY}") as client,
    ):
        assert client.get_json("/api/v4/x", {"q": "a b"}) == {"a": 1}

        assert server.targets() == ["GET /gitlab/api/v4/x?q=a+b"]
        assert server.header("Authorization") == f"Bearer {CANARY}"
        assert server.header("Accept") == "application/json"
        assert server.header("Host") == f"127.0.0.1:{server.port}"
        assert server.requests[0].decode().count(CANARY) == 1
        assert CANARY not in repr(client)


def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", f"{tmp_path}/netrc")
    with open(f"{tmp_path}/netrc", "w") as netrc:  # noqa: PTH123
        netrc.write("machine 127.0.0.1 login a password b\n")
    with scripted_server(answer()) as server, loopback_client(server.port) as client:
        client.get_json("/x")

        assert server.header("Authorization") is None


def test_cookies_are_not_kept() -> None:
    with scripted_server(answer(headers=["Set-Cookie: a=b"])) as server, loopback_client(server.port) as client:
        client.get_json("/x")
        client.get_json("/x")

        assert server.header("Cookie") is None


def test_a_document_is_written_as_json_once() -> None:
    with scripted_server(answer('{"id": 7}', status="201 Created")) as server, loopback_client(server.port) as client:
        assert client.post_json("/hooks", {"url": "https://x.test"}) == {"id": 7}
        client.put_json("/hooks/7", {"url": "https://y.test"})
        client.delete("/hooks/7")

        assert server.targets() == ["POST /hooks", "PUT /hooks/7", "DELETE /hooks/7"]
        assert server.requests[0].endswith(b'{"url": "https://x.test"}')
        assert b"Content-Type: application/json" in server.requests[0]


def test_a_form_goes_to_this_host_only_and_its_answer_is_returned_whatever_it_is() -> None:
    with (
        scripted_server(answer('{"error": "x"}', status="400 Bad Request")) as server,
        loopback_client(server.port) as client,
    ):
        got = client.post_form(f"{server.url}/oauth/token", {"a": "b c"})

        assert got.status == 400
        assert server.requests[0].endswith(b"a=b+c")
        with pytest.raises(Refused):
            client.post_form("https://elsewhere.test/oauth/token", {"a": "b"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *(("401 Unauthorized", Unauthorized), ("403 Forbidden", Forbidden), ("404 Not Found", NotFound)),
        *(("422 Unprocessable Entity", Rejected), ("429 Too Many", RateLimited), ("502 Bad Gateway", Unavailable)),
    ],
)
def test_error_answers_become_errors(status: str, kind: type[CodeHostError]) -> None:
    with scripted_server(answer('{"message": "no"}', status=status)) as server, loopback_client(server.port) as client:
        with pytest.raises(kind):
            client.get_json("/x")
        with pytest.raises(kind):
            client.post_json("/x", {})


def test_a_token_that_the_host_sends_back_is_in_no_error() -> None:
    body = json.dumps({"message": f"token {CANARY} is revoked"})
    with (
        scripted_server(answer(body, status="401 Unauthorized")) as server,
        loopback_client(server.port, authorization=f"Bearer {CANARY}") as client,
    ):
        with pytest.raises(Unauthorized) as caught:
            client.get_json("/x")

        assert "token *** is revoked" in str(caught.value)


@pytest.mark.parametrize("trouble", [reset, answer(status="500 Oops"), answer(status="503 Busy"), b"", b"HTTP/9 x\r\n"])
def test_reading_is_tried_three_times(trouble: Script | bytes) -> None:
    naps, count = Naps(), RequestCount()
    with (
        scripted_server(trouble, trouble, answer('{"a": 1}')) as server,
        loopback_client(server.port, naps=naps, count=count) as client,
    ):
        assert client.get_json("/x") == {"a": 1}

    assert naps.taken == [1.0, 2.0]
    assert (count.total, count.retried) == (3, 2)


def test_reading_is_given_up_after_three_tries() -> None:
    with scripted_server(reset) as server, loopback_client(server.port) as client:
        with pytest.raises(Unavailable, match="connection broke"):
            client.get_json("/x")

        assert len(server.requests) == 3


@pytest.mark.parametrize("method", ["post_json", "put_json"])
def test_writing_is_tried_once(method: str) -> None:
    with scripted_server(reset) as server, loopback_client(server.port) as client:
        with pytest.raises(Unavailable):
            getattr(client, method)("/x", {})

        assert len(server.requests) == 1


def test_a_short_rate_limit_is_waited_for() -> None:
    naps = Naps()
    limited = answer("Retry later\n", status="429 Too Many", headers=["Retry-After: 3"], kind="text/plain")
    with scripted_server(limited, answer('{"a": 1}')) as server, loopback_client(server.port, naps=naps) as client:
        assert client.get_json("/x") == {"a": 1}

    assert naps.taken == [3.0]


@pytest.mark.parametrize("seconds", [15, 300])
def test_a_long_rate_limit_is_the_callers_business(seconds: int) -> None:
    naps = Naps()
    limited = answer(status="429 Too Many", headers=[f"Retry-After: {seconds}"])
    with scripted_server(limited) as server, loopback_client(server.port, naps=naps) as client:
        with pytest.raises(RateLimited):
            client.get_json("/x")

        assert len(server.requests) == 1
    assert naps.taken == []


@pytest.mark.parametrize(
    "reply",
    [
        answer("<html>Sign in</html>", kind="text/html"),
        answer('{"a": '),
        answer(b"\x1f\x8bbroken", headers=["Content-Encoding: gzip"]),
    ],
)
def test_success_that_is_no_json_is_an_error(reply: bytes) -> None:
    with (
        scripted_server(reply) as server,
        loopback_client(server.port) as client,
        pytest.raises((UnexpectedResponse, Unavailable)),
    ):
        client.get_json("/x")


def test_an_answer_cut_short_is_an_error() -> None:
    whole = answer('[{"id": 1}, {"id": 2}]')
    with scripted_server(whole[:-5]) as server, loopback_client(server.port) as client, pytest.raises(Unavailable):
        client.get_json("/x")


def test_a_large_answer_is_cut_off() -> None:
    with (
        scripted_server(answer("[" + "1," * 5000 + "1]")) as server,
        loopback_client(server.port, limits=Limits(body_bytes=1000)) as client,
    ):
        with pytest.raises(UnexpectedResponse, match="larger than 1000 bytes"):
            client.get_json("/x")

        assert len(server.requests) == 1


def test_a_compressed_answer_is_read_and_a_bomb_is_cut_off() -> None:
    small = answer(gzip.compress(b'{"a": 1}'), headers=["Content-Encoding: gzip"])
    bomb = answer(gzip.compress(b"0" * 50_000_000), headers=["Content-Encoding: gzip"])
    with scripted_server(small, bomb) as server, loopback_client(server.port) as client:
        assert client.get_json("/x") == {"a": 1}
        begun = time.monotonic()
        with pytest.raises(UnexpectedResponse, match="larger than"):
            client.get_json("/x")

        assert time.monotonic() - begun < 5


def test_large_headers_are_cut_off() -> None:
    padding = "\r\n".join(f"X-{number}: {'a' * 8000}" for number in range(20))
    with (
        scripted_server(f"HTTP/1.1 200 OK\r\n{padding}\r\n\r\n".encode()) as server,
        loopback_client(server.port) as client,
        pytest.raises(UnexpectedResponse, match="headers"),
    ):
        client.get_json("/x")


@pytest.mark.parametrize("data", [answer("1" * 3000), answer(headers=["X: " + "a" * 3000])])
def test_dripping_bytes_do_not_outlast_the_call(data: bytes) -> None:
    with (
        scripted_server(drip(data, seconds=0.01)) as server,
        loopback_client(server.port, limits=Limits(read_seconds=5, call_seconds=0.3)) as client,
    ):
        begun = time.monotonic()
        with pytest.raises(Unavailable, match=r"too long|in time"):
            client.get_json("/x")

        assert time.monotonic() - begun < 3


def test_silence_is_given_up() -> None:
    with (
        scripted_server(hang) as server,
        loopback_client(server.port, limits=Limits(read_seconds=0.1, call_seconds=1)) as client,
        pytest.raises(Unavailable, match="in time"),
    ):
        client.get_json("/x")


def test_no_try_is_begun_that_the_deadline_forbids() -> None:
    naps = Naps()
    with (
        scripted_server(reset) as server,
        loopback_client(server.port, naps=naps, limits=Limits(call_seconds=0.5)) as client,
    ):
        with pytest.raises(Unavailable):
            client.get_json("/x")

        assert len(server.requests) == 1
    assert naps.taken == []


def redirect(location: str) -> bytes:
    return answer(status="302 Found", headers=[f"Location: {location}"])


def test_redirects_within_the_origin_are_followed_when_reading() -> None:
    with (
        scripted_server(redirect("/b"), redirect("/c?d=e"), redirect("d"), answer('{"a": 1}')) as server,
        loopback_client(server.port) as client,
    ):
        assert client.get_json("/a") == {"a": 1}

        assert server.targets() == ["GET /a", "GET /b", "GET /c?d=e", "GET /d"]


def test_redirects_in_a_circle_end() -> None:
    with scripted_server(redirect("/a")) as server, loopback_client(server.port) as client:
        with pytest.raises(UnexpectedResponse, match="more than 3 redirects"):
            client.get_json("/a")

        assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/x", "https://127.0.0.1/", "//elsewhere.test/", "gopher://x"]
)
def test_redirects_elsewhere_are_not_followed(location: str) -> None:
    with scripted_server(redirect(location)) as server, loopback_client(server.port) as client:
        with pytest.raises((UnexpectedResponse, Refused)):
            client.get_json("/a")

        assert len(server.requests) == 1


def test_a_token_does_not_follow_a_redirect_to_another_port() -> None:
    with scripted_server(answer()) as other, scripted_server(redirect(f"{other.url}/x")) as server:
        with (
            loopback_client(server.port, authorization=f"Bearer {CANARY}") as client,
            pytest.raises(UnexpectedResponse),
        ):
            client.get_json("/a")

        assert other.requests == []


def test_redirects_are_not_followed_when_writing() -> None:
    with scripted_server(redirect("/b")) as server, loopback_client(server.port) as client:
        with pytest.raises(UnexpectedResponse, match="redirects"):
            client.post_json("/a", {})

        assert len(server.requests) == 1


def test_looking_returns_redirects_and_errors_as_they_are() -> None:
    with (
        scripted_server(redirect("/b"), answer(status="404 Not Found")) as server,
        loopback_client(server.port) as client,
    ):
        assert client.look("/a").status == 302
        assert client.look("/a").status == 404


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
