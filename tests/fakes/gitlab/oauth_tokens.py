"""The OAuth endpoints that programs call: token, token/info, revoke."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256

from werkzeug import Request, Response

from tests.fakes.parts.git_http import basic_credentials
from tests.fakes.parts.routing import ApiError, Json, json_response

from .credentials import usable_token
from .model import Application, AuthorizationCode, OAuthToken
from .server_core import Core
from .state import digest

ACCESS_SECONDS = 7200
CODE_SECONDS = 600
UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}

INVALID_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, "
    "or unsupported authentication method."
)
INVALID_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI "
    "used in the authorization request, or was issued to another client."
)


def token(core: Core, request: Request) -> Response:
    """POST /oauth/token: a code or a refresh token against a pair of tokens."""
    form = _parameters(request)
    application = _client(core, request, form)
    grant_type = form.get("grant_type", "")
    if grant_type == "authorization_code":
        fresh = _redeem(core, application, form)
    elif grant_type == "refresh_token":
        fresh = _refresh(core, application, form)
    elif not grant_type:
        raise _refused("invalid_request", "Missing required parameter: grant_type.")
    else:
        raise _refused("unsupported_grant_type", "The authorization grant type is not supported.")
    return json_response(fresh, 200, UNCACHED)


def token_info(core: Core, request: Request) -> Response:
    """GET /oauth/token/info for the token itself. Raises ApiError 401."""
    header = request.headers.get("Authorization", "")
    secret = header[7:] if header.lower().startswith("bearer ") else request.args.get("access_token", "")
    found = usable_token(core, secret)
    if not isinstance(found, OAuthToken):
        raise ApiError(401, {"error": "invalid_token", "error_description": "The access token is invalid"})
    left = found.expires_in - int((core.clock.now() - found.created_at).total_seconds())
    body: Json = {
        "resource_owner_id": found.user_id,
        "scope": list(found.scopes),
        "expires_in": left,
        "application": {"uid": core.state.applications[found.application_id].uid},
        "created_at": int(found.created_at.timestamp()),
        "scopes": list(found.scopes),
        "expires_in_seconds": left,
    }
    return json_response(body)


def revoke(core: Core, request: Request) -> Response:
    """POST /oauth/revoke: always 200 for a known client, whether or not the token was any good."""
    form = _parameters(request)
    application = _client(core, request, form)
    key = digest(form.get("token", ""))
    found = core.state.oauth_by_access.get(key) or core.state.oauth_by_refresh.get(key)
    if found is not None and found.application_id == application.id:
        found.is_revoked = True
    return json_response({})


def issue(core: Core, application: Application, user_id: int, scopes: tuple[str, ...]) -> Json:
    """A new pair of tokens and the answer that carries it."""
    access, refresh, now = secrets.token_hex(32), secrets.token_hex(32), core.clock.now()
    pair = OAuthToken(digest(access), digest(refresh), application.id, user_id, scopes, now, ACCESS_SECONDS)
    core.state.put_oauth_token(pair)
    return {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
        "scope": " ".join(scopes),
        "created_at": int(now.timestamp()),
    }


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _parameters(request: Request) -> Mapping[str, str]:
    if request.mimetype == "application/json":
        loaded = request.get_json(silent=True)
        return {str(key): str(value) for key, value in loaded.items()} if isinstance(loaded, dict) else {}
    return request.form


def _client(core: Core, request: Request, form: Mapping[str, str]) -> Application:
    uid, secret = basic_credentials(request) or (form.get("client_id", ""), form.get("client_secret", ""))
    found = core.state.application_by(uid)
    if found is None or (found.confidential and not hmac.compare_digest(found.secret_digest, digest(secret))):
        header = {"WWW-Authenticate": 'Bearer realm="Doorkeeper", error="invalid_client"'}
        raise ApiError(401, {"error": "invalid_client", "error_description": INVALID_CLIENT}, header)
    return found


def _redeem(core: Core, application: Application, form: Mapping[str, str]) -> Json:
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            raise _refused("invalid_request", f"Missing required parameter: {name}.")
    code = core.state.codes.get(digest(form["code"]))
    if code is None or not _is_redeemable(core, application, code, form):
        raise _refused("invalid_grant", INVALID_GRANT)
    code.is_used = True
    return issue(core, application, code.user_id, code.scopes)


def _is_redeemable(core: Core, application: Application, code: AuthorizationCode, form: Mapping[str, str]) -> bool:
    age = (core.clock.now() - code.created_at).total_seconds()
    is_ours = code.application_id == application.id and code.redirect_uri == form["redirect_uri"]
    verifier = form.get("code_verifier", "")
    is_proven = code.challenge is None or hmac.compare_digest(code.challenge, s256(verifier))
    return is_ours and is_proven and not code.is_used and age < CODE_SECONDS and _is_active(core, code.user_id)


def _refresh(core: Core, application: Application, form: Mapping[str, str]) -> Json:
    """The old pair dies at once: a second use of it is `invalid_grant`."""
    old = core.state.oauth_by_refresh.get(digest(form.get("refresh_token", "")))
    redirect_uri = form.get("redirect_uri")
    is_good = (
        old is not None
        and not old.is_revoked
        and old.application_id == application.id
        and redirect_uri in (None, *application.redirect_uris)
        and _is_active(core, old.user_id)
    )
    if old is None or not is_good:
        raise _refused("invalid_grant", INVALID_GRANT)
    old.is_revoked = True
    return issue(core, application, old.user_id, old.scopes)


def _is_active(core: Core, user_id: int) -> bool:
    user = core.state.users.get(user_id)
    return user is not None and user.is_active


def _refused(code: str, description: str) -> ApiError:
    return ApiError(400, {"error": code, "error_description": description}, dict(UNCACHED))


def live_tokens(core: Core, application: Application, user_id: int) -> list[OAuthToken]:
    """Unexpired or refreshable tokens that this application holds for a user."""
    rows = core.state.oauth_tokens
    return [each for each in rows if _belongs(each, application, user_id) and not each.is_revoked]


def _belongs(each: OAuthToken, application: Application, user_id: int) -> bool:
    return each.application_id == application.id and each.user_id == user_id
