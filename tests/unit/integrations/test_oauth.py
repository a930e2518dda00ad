"""The authorization code grant: what goes out, what comes back, and that secrets stay inside."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.errors import CodeHostError, RateLimited, Unavailable, UnexpectedResponse
from integrations.oauth import (
    ClientAuthentication,
    OAuthClient,
    OAuthEndpoints,
    OAuthRejected,
    OAuthTokens,
    authorization_url,
    exchange_code,
    new_code_verifier,
    new_state,
    open_token_client,
    refresh_tokens,
    revoke_token,
)
from tests.unit.integrations.clients import NOW, loopback_policy
from tests.unit.integrations.scripted_server import ScriptedServer, answer, reset, scripted_server

CLIENT = OAuthClient("our-id", "our-secret", "https://repertory.test/oauth/gitlab/callback")
GRANT = {
    "access_token": "access-1",
    "token_type": "Bearer",
    "expires_in": 7200,
    "refresh_token": "refresh-2",
    "created_at": 1607635748,
}


def endpoints(server: ScriptedServer | None = None) -> OAuthEndpoints:
    base = server.url if server else "https://gitlab.example.test"
    return OAuthEndpoints(base, f"{base}/oauth/authorize", f"{base}/oauth/token", f"{base}/oauth/revoke")


def exchange(server: ScriptedServer) -> OAuthTokens:
    with open_token_client(server.url, policy=loopback_policy(server.port)) as http:
        return exchange_code(
            http, endpoints(server), CLIENT, code="the-code", code_verifier="v" * 64, scopes=["read_user"], now=NOW
        )


def refresh(server: ScriptedServer) -> OAuthTokens:
    with open_token_client(server.url, policy=loopback_policy(server.port)) as http:
        return refresh_tokens(http, endpoints(server), CLIENT, refresh_token="refresh-1", scopes=["read_user"], now=NOW)


def sent_form(server: ScriptedServer) -> dict[str, str]:
    body = server.requests[-1].partition(b"\r\n\r\n")[2].decode()
    return {name: values[0] for name, values in parse_qs(body).items()}


def test_the_authorize_address_has_everything_but_the_verifier() -> None:
    verifier = new_code_verifier()

    url = authorization_url(
        endpoints(),
        client_id="our-id",
        redirect_uri=CLIENT.redirect_uri,
        scopes=["read_user", "read_api"],
        state="the-state",
        code_verifier=verifier,
    )

    parts = urlsplit(url)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://gitlab.example.test/oauth/authorize"
    assert parse_qs(parts.query) == {
        "response_type": ["code"],
        "client_id": ["our-id"],
        "redirect_uri": [CLIENT.redirect_uri],
        "scope": ["read_user read_api"],
        "state": ["the-state"],
        "code_challenge": [digest],
        "code_challenge_method": ["S256"],
    }
    assert verifier not in url


def test_an_authorize_address_names_only_what_the_host_understands() -> None:
    plain = replace(endpoints(), has_pkce=False, asks_scopes=False)

    url = authorization_url(
        plain, client_id="our-id", redirect_uri="x:/y", scopes=["account"], state="s", code_verifier="v" * 64
    )

    assert set(parse_qs(urlsplit(url).query)) == {"response_type", "client_id", "redirect_uri", "state"}


def test_states_and_verifiers_are_long_and_never_the_same() -> None:
    assert len(new_code_verifier()) == 64
    assert len(new_state()) == 43
    assert new_state() != new_state()


def test_a_code_becomes_tokens() -> None:
    with scripted_server(answer(json.dumps(GRANT))) as server:
        tokens = exchange(server)

        assert sent_form(server) == {
            "grant_type": "authorization_code",
            "client_id": "our-id",
            "client_secret": "our-secret",
            "redirect_uri": CLIENT.redirect_uri,
            "code": "the-code",
            "code_verifier": "v" * 64,
        }
    assert (tokens.access_token, tokens.refresh_token) == ("access-1", "refresh-2")
    assert tokens.expires_at == NOW + timedelta(hours=2)
    assert tokens.scopes == {"read_user"}


def test_granted_scopes_win_over_requested_ones() -> None:
    with scripted_server(answer(json.dumps(GRANT | {"scope": "read_user,read_api api"}))) as server:
        assert exchange(server).scopes == {"read_user", "read_api", "api"}


@pytest.mark.parametrize("name", ["scope", "scopes"])
def test_scopes_are_read_under_both_names(name: str) -> None:
    with scripted_server(answer(json.dumps(GRANT | {name: "account email"}))) as server:
        assert exchange(server).scopes == {"account", "email"}


def test_a_host_with_basic_authentication_finds_the_client_in_the_header_only() -> None:
    with scripted_server(answer(json.dumps(GRANT)), answer(json.dumps(GRANT)), answer()) as server:
        places = replace(endpoints(server), client_authentication=ClientAuthentication.BASIC, has_pkce=False)
        with open_token_client(server.url, policy=loopback_policy(server.port)) as http:
            exchange_code(http, places, CLIENT, code="c", code_verifier="v" * 64, scopes=[], now=NOW)
            exchanged = sent_form(server)
            refresh_tokens(http, places, CLIENT, refresh_token="refresh-1", scopes=[], now=NOW)
            refreshed = sent_form(server)
            revoke_token(http, places, CLIENT, token="access-1", now=NOW)

        assert set(exchanged) == {"grant_type", "redirect_uri", "code"}
        assert set(refreshed) == {"grant_type", "redirect_uri", "refresh_token"}
        assert sent_form(server) == {"token": "access-1"}
        proof = base64.b64encode(b"our-id:our-secret")
        assert [b"Basic " + proof in request for request in server.requests] == [True, True, True]


def test_a_refresh_sends_the_redirect_address_too_and_brings_a_new_pair() -> None:
    with scripted_server(answer(json.dumps(GRANT))) as server:
        tokens = refresh(server)

        form = sent_form(server)
        assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "refresh-1")
        assert form["redirect_uri"] == CLIENT.redirect_uri
    assert tokens.refresh_token == "refresh-2"


def test_a_refresh_token_that_is_not_replaced_stays() -> None:
    grant = {"access_token": "access-1", "token_type": "bearer"}
    with scripted_server(answer(json.dumps(grant))) as server:
        tokens = refresh(server)

    assert (tokens.refresh_token, tokens.expires_at) == ("refresh-1", None)


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "200 OK"])
def test_an_oauth_error_is_raised_with_its_code_and_without_what_we_sent(status: str) -> None:
    error = {"error": "invalid_grant", "error_description": "the-code of our-secret is used up " + "!" * 300}
    with scripted_server(answer(json.dumps(error), status=status)) as server, pytest.raises(OAuthRejected) as caught:
        exchange(server)

    assert caught.value.code == "invalid_grant"
    assert caught.value.description.startswith("*** of *** is used up")
    assert len(caught.value.description) == 200


@pytest.mark.parametrize("status", ["400 Bad Request", "503 Service Unavailable"])
def test_no_error_of_a_token_endpoint_repeats_what_we_sent(status: str) -> None:
    error = {"message": "the-code of our-secret", "error": {"x": "our-secret"}}
    with scripted_server(answer(json.dumps(error), status=status)) as server, pytest.raises(CodeHostError) as caught:
        exchange(server)

    assert str(caught.value).endswith("*** of ***")


def test_an_error_code_does_not_repeat_what_we_sent_either() -> None:
    error = answer('{"error": "our-secret is wrong"}', status="400 Bad Request")
    with scripted_server(error) as server, pytest.raises(OAuthRejected) as caught:
        exchange(server)

    assert caught.value.code == "*** is wrong"


@pytest.mark.parametrize(("seconds", "left"), [(2**62, None), (10**12, None), (-5, timedelta(0)), (0, timedelta(0))])
def test_no_lifetime_of_a_token_is_beyond_the_calendar(seconds: int, left: timedelta | None) -> None:
    with scripted_server(answer(json.dumps(GRANT | {"expires_in": seconds}))) as server:
        assert exchange(server).expires_at == (None if left is None else NOW + left)


def test_an_oauth_error_without_a_description_is_its_code() -> None:
    reply = answer('{"error": "invalid_client", "error_description": null}', status="401 Unauthorized")
    with scripted_server(reply) as server, pytest.raises(OAuthRejected) as caught:
        exchange(server)

    assert str(caught.value) == "invalid_client"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (answer('{"error": "x"}', status="503 Busy"), Unavailable),
        (answer('{"error": "x"}', status="429 Slow"), RateLimited),
        (answer("<html>", kind="text/html"), UnexpectedResponse),
        (answer("[]"), UnexpectedResponse),
        (answer(json.dumps(GRANT | {"token_type": "mac"})), UnexpectedResponse),
        (answer(json.dumps(GRANT | {"access_token": ""})), UnexpectedResponse),
        (answer(json.dumps(GRANT | {"access_token": "x" * 70_000})), UnexpectedResponse),
    ],
)
def test_answers_that_grant_nothing_raise(reply: bytes, kind: type[CodeHostError]) -> None:
    with scripted_server(reply) as server, pytest.raises(kind):
        exchange(server)


def test_a_lost_answer_is_not_asked_for_twice() -> None:
    with scripted_server(reset) as server:
        with pytest.raises(Unavailable):
            refresh(server)

        assert len(server.requests) == 1


def test_a_token_is_revoked() -> None:
    with (
        scripted_server(answer()) as server,
        open_token_client(server.url, policy=loopback_policy(server.port)) as http,
    ):
        revoke_token(http, endpoints(server), CLIENT, token="access-1", now=NOW)

        assert server.targets() == ["POST /oauth/revoke"]
        assert sent_form(server)["token"] == "access-1"


def test_nothing_is_sent_where_tokens_can_not_be_revoked() -> None:
    with (
        scripted_server(answer()) as server,
        open_token_client(server.url, policy=loopback_policy(server.port)) as http,
    ):
        places = OAuthEndpoints(server.url, f"{server.url}/a", f"{server.url}/t")
        revoke_token(http, places, CLIENT, token="access-1", now=NOW)

        assert server.requests == []


def test_a_revocation_that_fails_raises() -> None:
    replies = (answer('{"error": "unauthorized_client"}', status="403 Forbidden"), answer(status="500 Oops"))
    with (
        scripted_server(*replies) as server,
        open_token_client(server.url, policy=loopback_policy(server.port)) as http,
    ):
        with pytest.raises(OAuthRejected):
            revoke_token(http, endpoints(server), CLIENT, token="access-1", now=NOW)
        with pytest.raises(Unavailable):
            revoke_token(http, endpoints(server), CLIENT, token="access-1", now=NOW)


def test_secrets_are_not_shown() -> None:
    tokens = OAuthTokens("access-1", "refresh-1", frozenset(), None)

    assert "our-secret" not in repr(CLIENT)
    assert "access-1" not in repr(tokens)
    assert "refresh-1" not in repr(tokens)
