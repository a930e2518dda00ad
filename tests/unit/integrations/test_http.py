"""The client against real sockets: what it sends, what it bears, what it gives up on."""

import gzip
import json
import time

import pytest

from integrations.authorizations import basic, bearer
from integrations.errors import (
    CodeHostError,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)
from integrations.http import Limits
from integrations.request_count import RequestCount
from tests.unit.integrations.clients import Naps, loopback_client
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


@pytest.mark.parametrize("authorization", [bearer(CANARY), basic("ann", CANARY)])
def test_a_secret_that_the_host_sends_back_is_in_no_error(authorization: str) -> None:
    body = json.dumps({"message": f"token {CANARY} is revoked"})
    with (
        scripted_server(answer(body, status="401 Unauthorized")) as server,
        loopback_client(server.port, authorization=authorization) as client,
    ):
        with pytest.raises(Unauthorized) as caught:
            client.get_json("/x")

        assert "token *** is revoked" in str(caught.value)


def test_a_password_that_is_a_word_changes_no_answer() -> None:
    with (
        scripted_server(answer('{"permission": "PROJECT_READ"}')) as server,
        loopback_client(server.port, authorization=basic("ann", "PROJECT_READ")) as client,
    ):
        assert client.get_json("/x") == {"permission": "PROJECT_READ"}


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


@pytest.mark.parametrize("seconds", [1, 300])
def test_no_rate_limit_is_waited_for(seconds: int) -> None:
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
