"""The token endpoint of the web flow, and what an application may ask about its tokens."""

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from werkzeug import Request, Response

from tests.fakes.parts.git_http import basic_credentials
from tests.fakes.parts.routing import Json, json_response

from .errors import invalid, not_found, unauthorized, wrong_field
from .issuing import issue, live_tokens
from .model import AuthorizationCode, OAuthApplication, Token
from .rendering import account, stamp
from .routing import Call, Routes
from .server_core import Core
from .state import digest

routes = Routes()
CODE_SECONDS = 600
TROUBLE = "/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/"
REFUSALS = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
    "bad_verification_code": "The code passed is incorrect or expired.",
    "unverified_user_email": "The user must have a verified primary email.",
}


class Refused(Exception):
    """An error of the token endpoint: told with 200."""


def token(core: Core, request: Request) -> Response:
    """POST /login/oauth/access_token: a code against a token. Even errors come with 200."""
    form = _parameters(request)
    try:
        body = _redeem(core, form)
    except Refused as refused:
        code = str(refused)
        docs = f"https://docs.github.com{TROUBLE}#{code.replace('_', '-')}"
        body = {"error": code, "error_description": REFUSALS[code], "error_uri": docs}
    if "json" in request.headers.get("Accept", ""):
        return json_response(body, 200, {"Cache-Control": "no-store"})
    text = urlencode({name: str(value) for name, value in body.items()})
    return Response(text, 200, content_type="application/x-www-form-urlencoded; charset=utf-8")


def _parameters(request: Request) -> Mapping[str, str]:
    if request.mimetype == "application/json":
        loaded = request.get_json(silent=True)
        return {str(key): str(value) for key, value in loaded.items()} if isinstance(loaded, dict) else {}
    return request.form if request.form else request.args


def _redeem(core: Core, form: Mapping[str, str]) -> Json:
    """Raises Refused."""
    application = core.state.application_by(form.get("client_id", ""))
    if application is None or not knows(application, form.get("client_secret", "")):
        raise Refused("incorrect_client_credentials")
    code = core.state.codes.get(digest(form.get("code", "")))
    if code is None or not _is_redeemable(core, application, code, form):
        raise Refused("bad_verification_code")
    redirect_uri = form.get("redirect_uri")
    if redirect_uri is not None and not may_return_to(application, redirect_uri):
        raise Refused("redirect_uri_mismatch")
    user = core.state.users[code.user_id]
    if not any(each.is_primary and each.is_verified for each in user.emails):
        raise Refused("unverified_user_email")
    code.is_used = True
    made, secret = issue(core, application, code.user_id, code.scopes)
    return {"access_token": secret, "scope": ",".join(made.scopes), "token_type": "bearer"}


def knows(application: OAuthApplication, secret: str) -> bool:
    return any(hmac.compare_digest(each, digest(secret)) for each in application.secret_digests)


def may_return_to(application: OAuthApplication, redirect_uri: str) -> bool:
    """The host (or one below it) and port of the callback address, and its path or one below."""
    wanted, own = urlsplit(redirect_uri), urlsplit(application.callback_url)
    hosts = wanted.hostname or "", own.hostname or ""
    is_host = hosts[0] == hosts[1] or hosts[0].endswith(f".{hosts[1]}")
    is_path = wanted.path == own.path or wanted.path.startswith(f"{own.path.rstrip('/')}/")
    return wanted.scheme == own.scheme and is_host and wanted.port == own.port and is_path


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _is_redeemable(core: Core, application: OAuthApplication, code: AuthorizationCode, form: Mapping[str, str]) -> bool:
    age = (core.clock.now() - code.created_at).total_seconds()
    user = core.state.users.get(code.user_id)
    is_ours = code.application_id == application.id and user is not None and user.is_active
    is_same = code.redirect_uri is None or form.get("redirect_uri", code.redirect_uri) == code.redirect_uri
    verifier = form.get("code_verifier", "")
    is_proven = not core.checks_pkce or code.challenge is None or hmac.compare_digest(code.challenge, s256(verifier))
    return is_ours and is_same and is_proven and not code.is_used and age < CODE_SECONDS


def _application(call: Call) -> OAuthApplication:
    """By HTTP Basic. Raises ApiError 401, and 404 for another application's path."""
    client_id, secret = basic_credentials(call.request) or ("", "")
    found = call.core.state.application_by(client_id)
    if found is None or not knows(found, secret):
        raise unauthorized()
    if call.params["client_id"] != client_id:
        raise not_found()
    return found


def _asked(call: Call, application: OAuthApplication) -> Token | None:
    """The application's own live token in the body. Raises ApiError 422."""
    secret = call.body().get("access_token")
    if not isinstance(secret, str):
        raise invalid(wrong_field("OauthAccess", "access_token", "missing_field"))
    found = call.core.state.tokens.get(digest(secret))
    is_live = found is not None and found.application_id == application.id and not found.is_revoked
    return found if is_live else None


@routes.post("/applications/:client_id/token", ())
def check(call: Call) -> Response:
    application = _application(call)
    found = _asked(call, application)
    if found is None:
        raise not_found()
    return json_response(_authorization(call, application, found, str(call.body()["access_token"])))


@routes.patch("/applications/:client_id/token", ())
def rotate(call: Call) -> Response:
    """Another token in place of the old one."""
    application = _application(call)
    old = _asked(call, application)
    if old is None or old.user_id is None:
        raise not_found()
    old.is_revoked = True
    made, secret = issue(call.core, application, old.user_id, old.scopes)
    return json_response(_authorization(call, application, made, secret))


@routes.delete("/applications/:client_id/token", ())
def revoke(call: Call) -> Response:
    found = _asked(call, _application(call))
    if found is None:
        raise not_found()
    found.is_revoked = True
    return Response(status=204)


@routes.delete("/applications/:client_id/grant", ())
def revoke_grant(call: Call) -> Response:
    """All tokens that the application holds of that person."""
    application = _application(call)
    found = _asked(call, application)
    if found is None or found.user_id is None:
        raise not_found()
    for each in live_tokens(call.core, application, found.user_id):
        each.is_revoked = True
    return Response(status=204)


def _authorization(call: Call, application: OAuthApplication, found: Token, secret: str) -> Json:
    core = call.core
    return {
        "id": found.id,
        "url": f"{core.api_url}/authorizations/{found.id}",
        "app": {"name": application.name, "url": application.url, "client_id": application.client_id},
        "token": secret,
        "hashed_token": found.digest,
        "token_last_eight": found.last_eight,
        "note": None,
        "note_url": None,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.created_at),
        "expires_at": stamp(found.expires_at),
        "scopes": list(found.scopes),
        "fingerprint": None,
        "user": account(core, core.state.users[found.user_id or 0]),
    }
