"""The OAuth 2 endpoints that programs call. There is no endpoint to revoke a token."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256

from werkzeug import Request, Response

from tests.fakes.parts.routing import ApiError, Json

from .core import Core
from .credentials import ACCESS_SECONDS
from .model import AuthorizationCode, IncomingLink, OAuthToken
from .rights import is_licensed
from .routing import json_response
from .state import digest

CODE_SECONDS = 10
REFRESH_SECONDS = 90 * 24 * 3600
SHORTEST_VERIFIER, LONGEST_VERIFIER = 43, 127


def token(core: Core, request: Request) -> Response:
    """POST /rest/oauth2/latest/token: the client's secret is in the form, not in a header. Raises ApiError."""
    form = request.form
    link = _client(core, form)
    grant_type = form.get("grant_type", "")
    if grant_type == "authorization_code":
        fresh = _redeem(core, link, form)
    elif grant_type == "refresh_token":
        fresh = _refresh(core, link, form)
    elif not grant_type:
        raise _refused("invalid_request", "grant_type is missing")
    else:
        raise _refused("unsupported_grant_type", f"{grant_type} is not supported")
    response = json_response(fresh)
    response.headers["Cache-Control"] = "no-store"
    return response


def issue(core: Core, link: IncomingLink, user_id: int, scopes: tuple[str, ...]) -> Json:
    """A new pair of tokens and the answer that carries it."""
    access, refresh, now = secrets.token_urlsafe(48), secrets.token_urlsafe(48), core.clock.now()
    core.state.put_oauth_token(OAuthToken(digest(access), digest(refresh), link.client_id, user_id, scopes, now))
    return {
        "scope": " ".join(scopes),
        "access_token": access,
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
    }


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _client(core: Core, form: Mapping[str, str]) -> IncomingLink:
    found = core.state.links.get(form.get("client_id", ""))
    if found is None or not hmac.compare_digest(found.secret_digest, digest(form.get("client_secret", ""))):
        raise _refused("invalid_client", "The client is unknown or its secret is wrong", 401)
    return found


def _redeem(core: Core, link: IncomingLink, form: Mapping[str, str]) -> Json:
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            raise _refused("invalid_request", f"{name} is missing")
    code = core.state.codes.get(digest(form["code"]))
    if code is None or not _is_redeemable(core, link, code, form):
        raise _refused("invalid_grant", "The code is unknown, used, too old or was made for something else")
    code.is_used = True
    return issue(core, link, code.user_id, code.scopes)


def _is_redeemable(core: Core, link: IncomingLink, code: AuthorizationCode, form: Mapping[str, str]) -> bool:
    age = (core.clock.now() - code.created_at).total_seconds()
    is_ours = code.client_id == link.client_id and code.redirect_uri == form["redirect_uri"]
    is_fresh = not code.is_used and age < CODE_SECONDS
    return is_ours and is_fresh and _is_proven(code, form.get("code_verifier", "")) and _is_there(core, code.user_id)


def _is_proven(code: AuthorizationCode, verifier: str) -> bool:
    if code.challenge is None:
        return True
    if not SHORTEST_VERIFIER <= len(verifier) <= LONGEST_VERIFIER:
        return False
    expected = s256(verifier) if code.challenge_method == "S256" else verifier
    return hmac.compare_digest(code.challenge.encode(), expected.encode())


def _refresh(core: Core, link: IncomingLink, form: Mapping[str, str]) -> Json:
    """The old pair dies at once: a second use of it is `invalid_grant`."""
    old = core.state.oauth_by_refresh.get(digest(form.get("refresh_token", "")))
    if old is None or old.client_id != link.client_id or old.is_revoked or not _is_refreshable(core, old):
        raise _refused("invalid_grant", "The refresh token is unknown, used or too old")
    old.is_revoked = True
    return issue(core, link, old.user_id, old.scopes)


def _is_refreshable(core: Core, old: OAuthToken) -> bool:
    age = (core.clock.now() - old.created_at).total_seconds()
    return age < REFRESH_SECONDS and _is_there(core, old.user_id)


def _is_there(core: Core, user_id: int) -> bool:
    user = core.state.users.get(user_id)
    return user is not None and is_licensed(core.state, user)


def _refused(code: str, description: str, status: int = 400) -> ApiError:
    return ApiError(status, {"error": code, "error_description": description}, {"Cache-Control": "no-store"})
