"""OAuth 1.0a: what is signed, what goes out, and what comes back."""

import base64
import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from integrations.errors import CodeHostError, NotFound, Unauthorized, Unavailable, UnexpectedResponse
from integrations.oauth import OAuthRejected, OAuthTokens, open_token_client
from integrations.oauth1 import (
    Consumer,
    OAuth1Endpoints,
    Signer,
    ask_for_request_token,
    exchange_verifier,
    new_consumer_key,
    new_private_key,
    oauth1_authorization_url,
    public_key_of,
)
from integrations.urls import parse_url
from tests.unit.integrations.clients import NOW, loopback_policy
from tests.unit.integrations.scripted_server import ScriptedServer, answer, scripted_server

PRIVATE = new_private_key()
CONSUMER = Consumer("repertory-bb-1", PRIVATE, "https://repertory.test/oauth/bb/callback")
GOOD = "oauth_token=request-1&oauth_token_secret=unused&oauth_callback_confirmed=true"
FORM = "application/x-www-form-urlencoded"


def endpoints(server: ScriptedServer | None = None) -> OAuth1Endpoints:
    base = f"{server.url if server else 'https://bitbucket.example.test'}/plugins/servlet/oauth"
    return OAuth1Endpoints(base, f"{base}/request-token", f"{base}/authorize", f"{base}/access-token")


def ask(server: ScriptedServer) -> str:
    with open_token_client(server.url, policy=loopback_policy(server.port)) as http:
        return ask_for_request_token(http, endpoints(server), CONSUMER, now=NOW)


def exchange(server: ScriptedServer) -> OAuthTokens:
    with open_token_client(server.url, policy=loopback_policy(server.port)) as http:
        return exchange_verifier(
            http,
            endpoints(server),
            CONSUMER,
            request_token="request-1",
            verifier="v-1",
            scopes=frozenset({"REPO_ADMIN"}),
            now=NOW,
        )


def protocol_parameters(header: str) -> dict[str, str]:
    assert header.startswith("OAuth ")
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}


def sent_parameters(server: ScriptedServer) -> dict[str, str]:
    lines = server.requests[-1].decode().split("\r\n")
    return protocol_parameters(next(line for line in lines if line.startswith("Authorization: "))[15:])


def check_signature(base_string: str, signature: str) -> None:
    key = load_pem_public_key(public_key_of(PRIVATE).encode())
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(signature), base_string.encode(), PKCS1v15(), SHA1())


def test_method_address_and_every_parameter_are_signed() -> None:
    sign = Signer(CONSUMER, token="a/b", clock=lambda: 1_700_000_000.9, nonce=lambda: "n0")

    header = sign("get", parse_url("https://Bitbucket.example.test:8443/bb/rest/projects?name=a%20b&limit=100"))

    found = protocol_parameters(header)
    assert found["oauth_token"] == "a/b"
    assert found["oauth_timestamp"] == "1700000000"
    check_signature(
        "GET&https%3A%2F%2Fbitbucket.example.test%3A8443%2Fbb%2Frest%2Fprojects&limit%3D100%26name%3Da%2520b"
        "%26oauth_consumer_key%3Drepertory-bb-1%26oauth_nonce%3Dn0%26oauth_signature_method%3DRSA-SHA1"
        "%26oauth_timestamp%3D1700000000%26oauth_token%3Da%252Fb%26oauth_version%3D1.0",
        found["oauth_signature"],
    )


def test_no_two_requests_are_signed_alike() -> None:
    sign, url = Signer(CONSUMER), parse_url("https://bitbucket.example.test/rest")

    assert sign("GET", url) != sign("GET", url)


def test_a_login_begins_with_a_request_token() -> None:
    with scripted_server(answer(GOOD, kind=FORM)) as server:
        token = ask(server)

        assert server.targets() == ["POST /plugins/servlet/oauth/request-token"]
        assert sent_parameters(server)["oauth_callback"] == CONSUMER.redirect_uri
    assert token == "request-1"
    url = oauth1_authorization_url(endpoints(), "request/1")
    assert url == "https://bitbucket.example.test/plugins/servlet/oauth/authorize?oauth_token=request%2F1"


def test_a_verifier_becomes_an_access_token() -> None:
    reply = "oauth_token=access-1&oauth_token_secret=unused&oauth_expires_in=3600&oauth_session_handle=h"
    with scripted_server(answer(reply, kind=FORM)) as server:
        tokens = exchange(server)

        sent = sent_parameters(server)
        assert (sent["oauth_token"], sent["oauth_verifier"]) == ("request-1", "v-1")
    assert (tokens.access_token, tokens.refresh_token, tokens.scopes) == ("access-1", None, frozenset({"REPO_ADMIN"}))
    assert tokens.expires_at == NOW + timedelta(hours=1)


def test_a_token_without_an_end_has_none() -> None:
    with scripted_server(answer("oauth_token=access-1&oauth_expires_in=long", kind=FORM)) as server:
        assert exchange(server).expires_at is None


@pytest.mark.parametrize(
    "reply",
    [
        answer("oauth_problem=consumer_key_unknown&oauth_problem_advice=look", status="401 Unauthorized", kind=FORM),
        answer(
            "<html>",
            status="401 Unauthorized",
            kind="text/html",
            headers=['WWW-Authenticate: OAuth realm="x", oauth_problem="consumer_key_unknown"'],
        ),
    ],
)
def test_a_refusal_is_raised_with_its_code(reply: bytes) -> None:
    with scripted_server(reply) as server, pytest.raises(OAuthRejected) as caught:
        ask(server)

    assert caught.value.code == "consumer_key_unknown"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (answer("oauth_token=request-1", kind=FORM), UnexpectedResponse),
        (answer(GOOD.replace("request-1", "x" * 1001), kind=FORM), UnexpectedResponse),
        (answer("<html>", kind="text/html"), UnexpectedResponse),
        (answer("", status="404 Not Found"), NotFound),
        (answer("", status="401 Unauthorized"), Unauthorized),
        (answer("", status="503 Busy"), Unavailable),
    ],
)
def test_answers_that_grant_nothing_raise(reply: bytes, kind: type[CodeHostError]) -> None:
    with scripted_server(reply) as server, pytest.raises(kind):
        ask(server)


def test_keys_are_new_each_time_and_never_shown() -> None:
    assert new_consumer_key("bb") != new_consumer_key("bb")
    assert public_key_of(PRIVATE).startswith("-----BEGIN PUBLIC KEY-----")
    assert "PRIVATE" not in repr(CONSUMER)
    assert "secret-token" not in repr(Signer(CONSUMER, token="secret-token"))
