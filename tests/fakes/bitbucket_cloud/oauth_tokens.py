"""The OAuth token endpoint. The client says who it is by HTTP Basic and in no other way."""

import hmac
import secrets

from werkzeug import Request, Response

from tests.fakes.parts.git_http import basic_credentials
from tests.fakes.parts.routing import ApiError, Json, json_response

from .model import Account, AuthorizationCode, Consumer, RefreshToken, Token
from .server_core import Core
from .state import digest

ACCESS_SECONDS = 7200
CODE_SECONDS = 600
UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def token(core: Core, request: Request) -> Response:
    """POST /site/oauth2/access_token. Raises ApiError 400 or 401."""
    consumer, form = _client(core, request), request.form
    grant_type = form.get("grant_type", "")
    if grant_type == "authorization_code":
        return json_response(_redeem(core, consumer, form.get("code", ""), form.get("redirect_uri")), 200, UNCACHED)
    if grant_type == "refresh_token":
        return json_response(_refresh(core, consumer, form.get("refresh_token", "")), 200, UNCACHED)
    if grant_type == "client_credentials":
        return json_response(_as_owner(core, consumer), 200, UNCACHED)
    raise _refused("unsupported_grant_type", f"Unsupported grant type: {grant_type or 'none'}")


def issue(core: Core, consumer: Consumer, who: Account) -> Json:
    """A new access token with a new refresh token, and the answer that carries them. The consumer fixes the scopes."""
    refresh = secrets.token_urlsafe(18)
    core.state.refresh_tokens[digest(refresh)] = RefreshToken(digest(refresh), consumer.key, who.uuid)
    return _access(core, consumer, who.uuid, "authorization_code") | {"refresh_token": refresh}


def _access(core: Core, consumer: Consumer, account: str, grant_type: str) -> Json:
    secret = f"{secrets.token_urlsafe(48)}="
    fresh = Token("oauth", digest(secret), consumer.scopes, core.clock.now(), account=account, consumer=consumer.key)
    fresh.lives_seconds = ACCESS_SECONDS
    core.state.tokens[fresh.digest] = fresh
    return {
        "access_token": secret,
        "scopes": " ".join(consumer.scopes),
        "expires_in": ACCESS_SECONDS,
        "token_type": "bearer",
        "state": grant_type,
    }


def _client(core: Core, request: Request) -> Consumer:
    given = basic_credentials(request)
    if given is None:
        problem = (
            "Client credentials missing; this request needs to be authenticated with the OAuth client id and secret"
        )
        raise _refused("unauthorized_client", problem)
    found = core.state.consumers.get(given[0])
    if found is None or not hmac.compare_digest(found.secret, given[1]):
        raise _refused("unauthorized_client", "Invalid OAuth client credentials", 401)
    return found


def _redeem(core: Core, consumer: Consumer, secret: str, redirect_uri: str | None) -> Json:
    code = core.state.codes.get(digest(secret))
    if code is None or not _is_redeemable(core, consumer, code, redirect_uri):
        raise _refused("invalid_grant", "The specified code is not valid.")
    code.is_used = True
    return issue(core, consumer, core.state.accounts[code.account])


def _is_redeemable(core: Core, consumer: Consumer, code: AuthorizationCode, redirect_uri: str | None) -> bool:
    age = (core.clock.now() - code.created_at).total_seconds()
    is_ours = code.consumer == consumer.key and code.redirect_uri in (None, redirect_uri)
    return is_ours and not code.is_used and age < CODE_SECONDS and _is_active(core, code.account)


def _refresh(core: Core, consumer: Consumer, secret: str) -> Json:
    """The refresh token stays as it is; older access tokens live on until their time is over."""
    kept = core.state.refresh_tokens.get(digest(secret))
    is_good = kept is not None and not kept.is_revoked and kept.consumer == consumer.key
    if kept is None or not is_good or not _is_active(core, kept.account):
        raise _refused("invalid_grant", "Invalid refresh_token")
    answer = _access(core, consumer, kept.account, "refresh_token")
    return answer | {"refresh_token": secret} if core.answers_refresh_token else answer


def _as_owner(core: Core, consumer: Consumer) -> Json:
    """Private consumers may act as an owner of their workspace."""
    members = core.state.members[consumer.workspace]
    owners = [key for key, role in members.items() if role == "owner" and _is_active(core, key)]
    if not consumer.is_private or not owners:
        raise _refused("unauthorized_client", "Cannot use client_credentials with a consumer that is not private.")
    return _access(core, consumer, owners[0], "client_credentials")


def _is_active(core: Core, account: str) -> bool:
    found = core.state.accounts.get(account)
    return found is not None and found.is_active


def _refused(code: str, description: str, status: int = 400) -> ApiError:
    return ApiError(status, {"error": code, "error_description": description}, dict(UNCACHED))
