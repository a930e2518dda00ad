"""The OAuth 2 authorization code grant with PKCE, as a client: authorize URL, code exchange, refresh, revocation.

Who starts a flow, where its state is kept and what its result is used for, is decided by `accounts`.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from integrations.addresses import OutboundPolicy
from integrations.answers import Answer, check_answer
from integrations.authorizations import basic
from integrations.errors import CodeHostError, UnexpectedResponse
from integrations.fields import JsonObject, find_number, find_text, read_text
from integrations.http import HttpClient, Limits, Timing
from integrations.request_count import RequestCount

TOKEN_LIMITS = Limits(read_seconds=8.0, call_seconds=8.0, body_bytes=64 * 1024)
DESCRIPTION_LENGTH = 200
LONGEST_LIFE = 10 * 365 * 86400  # seconds; a host that names more means that the token stays


class OAuthRejected(CodeHostError):
    """The host answered with an OAuth error: `code` such as `invalid_grant`, and its own description."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description


class ClientAuthentication(StrEnum):
    """How our application proves itself at the token endpoint."""

    BODY = "body"  # client_id and client_secret among the fields of the form
    BASIC = "basic"  # HTTP Basic, and nothing of it in the form


@dataclass(frozen=True, slots=True)
class OAuthEndpoints:
    """Where a host's OAuth lives, as whole URLs derived from its base URL by fixed rules, and what is special there."""

    issuer: str
    authorize: str
    token: str
    revoke: str | None = None
    client_authentication: ClientAuthentication = ClientAuthentication.BODY
    has_pkce: bool = True
    asks_scopes: bool = True  # False: they are fixed at the application, and a request can not name any


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Our application at a host."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class OAuthTokens:
    """What the host granted. `scopes` are the granted ones, as far as the host tells them."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime | None


def new_state() -> str:
    """256 random bits that come back in the callback."""
    return secrets.token_urlsafe(32)


def new_code_verifier() -> str:
    """A PKCE verifier of 64 characters."""
    return secrets.token_urlsafe(48)


def open_token_client(
    base_url: str, *, policy: OutboundPolicy, ca_pem: str = "", timing: Timing | None = None
) -> HttpClient:
    """A client for the token endpoint: short, small, and without a credential of its own."""
    return HttpClient(base_url, policy=policy, ca_pem=ca_pem, limits=TOKEN_LIMITS, timing=timing, count=RequestCount())


def authorization_url(
    endpoints: OAuthEndpoints,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: Iterable[str],
    state: str,
    code_verifier: str,
) -> str:
    """Where to send the browser. The verifier itself stays here; only its digest is in the URL."""
    parameters = {"redirect_uri": redirect_uri, "state": state}
    if endpoints.asks_scopes:
        parameters["scope"] = " ".join(scopes)
    if endpoints.has_pkce:
        parameters["code_challenge"] = create_s256_code_challenge(code_verifier)
        parameters["code_challenge_method"] = "S256"
    url: str = prepare_grant_uri(endpoints.authorize, client_id, "code", **parameters)
    return url


def exchange_code(
    http: HttpClient,
    endpoints: OAuthEndpoints,
    client: OAuthClient,
    *,
    code: str,
    code_verifier: str,
    scopes: Iterable[str],
    now: datetime,
) -> OAuthTokens:
    """Trade the code of the callback for tokens; `scopes` are the requested ones.

    Raises OAuthRejected (`invalid_grant`, `invalid_client`, …), Unavailable or UnexpectedResponse.
    """
    form = {"grant_type": "authorization_code", "code": code}
    if endpoints.has_pkce:
        form["code_verifier"] = code_verifier
    return _request_tokens(http, endpoints, client, form, scopes=scopes, now=now)


def refresh_tokens(
    http: HttpClient,
    endpoints: OAuthEndpoints,
    client: OAuthClient,
    *,
    refresh_token: str,
    scopes: Iterable[str],
    now: datetime,
) -> OAuthTokens:
    """Trade a refresh token for new tokens; the old pair may be dead as soon as the host has answered.

    Raises OAuthRejected (`invalid_grant`: reconnect), Unavailable (nothing is known: try once more).
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    tokens = _request_tokens(http, endpoints, client, form, scopes=scopes, now=now)
    if tokens.refresh_token is None:  # RFC 6749 §6: no new one means that the old one stays valid
        return OAuthTokens(tokens.access_token, refresh_token, tokens.scopes, tokens.expires_at)
    return tokens


def revoke_token(
    http: HttpClient, endpoints: OAuthEndpoints, client: OAuthClient, *, token: str, now: datetime
) -> None:
    """Make a token useless at the host. Unknown tokens count as revoked. Raises OAuthRejected or Unavailable."""
    if endpoints.revoke is None:
        return
    answer = _post(http, endpoints.revoke, endpoints, client, {"token": token})
    if not answer.is_success:
        _raise_rejection(answer, [client.client_secret, token], now=now)


def _raise_rejection(answer: Answer, secrets_sent: Iterable[str], *, now: datetime) -> None:
    """Raise OAuthRejected when the answer is an OAuth error, of whatever status: GitHub sends them with 200.

    Raises what the status calls for otherwise. No error repeats what we sent.
    """
    body = answer.body
    for secret in filter(None, secrets_sent):
        body = body.replace(secret.encode(), b"***")
    told = replace(answer, body=body)
    fields = told.error_fields()
    code, description = fields.get("error"), fields.get("error_description")
    if isinstance(code, str) and code and answer.status < 500 and answer.status != 429:
        raise OAuthRejected(code[:80], description[:DESCRIPTION_LENGTH] if isinstance(description, str) else "")
    check_answer(told, now=now)


def _request_tokens(
    http: HttpClient,
    endpoints: OAuthEndpoints,
    client: OAuthClient,
    form: Mapping[str, str],
    *,
    scopes: Iterable[str],
    now: datetime,
) -> OAuthTokens:
    """The redirect URI goes along: GitLab wants it when refreshing, too."""
    answer = _post(http, endpoints.token, endpoints, client, {"redirect_uri": client.redirect_uri, **form})
    sent = (form.get(name, "") for name in ("code", "code_verifier", "refresh_token"))
    _raise_rejection(answer, [client.client_secret, *sent], now=now)
    document = answer.json()
    if not isinstance(document, dict):
        raise UnexpectedResponse("the token endpoint did not answer with an object")
    return _convert_tokens(document, scopes=frozenset(scopes), now=now)


def _post(
    http: HttpClient, address: str, endpoints: OAuthEndpoints, client: OAuthClient, form: Mapping[str, str]
) -> Answer:
    """Send a form together with the proof that it comes from our application."""
    if endpoints.client_authentication is ClientAuthentication.BASIC:
        return http.post_form(address, form, authorization=basic(client.client_id, client.client_secret))
    return http.post_form(address, {"client_id": client.client_id, "client_secret": client.client_secret, **form})


def _convert_tokens(document: JsonObject, *, scopes: frozenset[str], now: datetime) -> OAuthTokens:
    if find_text(document, "token_type").lower() != "bearer":
        raise UnexpectedResponse("the token endpoint granted a token that is no bearer token")
    seconds = find_number(document, "expires_in")
    granted = find_text(document, "scope") or find_text(document, "scopes")  # the latter at Bitbucket Cloud
    return OAuthTokens(
        access_token=read_text(document, "access_token"),
        refresh_token=find_text(document, "refresh_token") or None,
        scopes=frozenset(granted.replace(",", " ").split()) or scopes,
        expires_at=None if seconds is None or seconds > LONGEST_LIFE else now + timedelta(seconds=max(seconds, 0)),
    )
