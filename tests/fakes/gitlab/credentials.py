"""Which token came with a request, whose it is and what it may do."""

from dataclasses import dataclass

from werkzeug import Request

from tests.fakes.parts.routing import ApiError

from .model import AccessToken, DeployToken, OAuthToken, User
from .routing import forbidden, unauthorized
from .server_core import Core
from .state import digest

Token = OAuthToken | AccessToken


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks: nobody, or a user through a token with scopes."""

    user: User | None = None
    scopes: tuple[str, ...] = ()
    token: Token | None = None

    def signed_in(self) -> User:
        """Raises ApiError 401 for an anonymous caller."""
        if self.user is None:
            raise unauthorized()
        return self.user

    def require_scope(self, allowed: tuple[str, ...]) -> None:
        """Raises ApiError 403 insufficient_scope. An empty `allowed` asks for any token."""
        if self.token is None or not allowed or set(allowed) & set(self.scopes):
            return
        description = "The request requires higher privileges than provided by the access token."
        body = {"error": "insufficient_scope", "error_description": description, "scope": " ".join(allowed)}
        raise ApiError(403, dict(body), {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})


def identify(core: Core, request: Request) -> Caller:
    """The API's caller. Raises ApiError 401 for a bad token and 403 for a blocked user."""
    secret = _presented(request)
    if secret is None:
        return Caller()
    token = usable_token(core, secret)
    user = core.state.users[token.user_id]
    if not user.is_active:
        raise forbidden("Your account has been blocked.")
    return Caller(user, token.scopes, token)


def usable_token(core: Core, secret: str) -> Token:
    """Raises ApiError 401 with the body that fits: unknown, revoked or expired."""
    key = digest(secret)
    oauth_token = core.state.oauth_by_access.get(key)
    if oauth_token is not None:
        _check_oauth(core, oauth_token)
        return oauth_token
    token = core.state.access_tokens.get(key)
    if token is None:
        raise unauthorized()
    if token.is_revoked:
        raise _invalid("Token was revoked. You have to re-authorize from the user.")
    if token.expires_on is not None and token.expires_on <= core.clock.today():
        raise _invalid("Token is expired. You can either do re-authorization or token refresh.")
    token.last_used_at = core.clock.now()
    return token


def is_expired(core: Core, token: OAuthToken) -> bool:
    return (core.clock.now() - token.created_at).total_seconds() >= token.expires_in


def _check_oauth(core: Core, token: OAuthToken) -> None:
    if token.is_revoked:
        raise _invalid("Token was revoked. You have to re-authorize from the user.")
    if is_expired(core, token):
        raise _invalid("Token is expired. You can either do re-authorization or token refresh.")


def _invalid(description: str) -> ApiError:
    header = {"WWW-Authenticate": 'Bearer realm="Protected by OAuth 2.0", error="invalid_token"'}
    return ApiError(401, {"error": "invalid_token", "error_description": description}, header)


def _presented(request: Request) -> str | None:
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("bearer "):
        return header[7:].strip()
    return request.headers.get("PRIVATE-TOKEN") or request.args.get("private_token") or request.args.get("access_token")


def deploy_token(core: Core, username: str, password: str) -> DeployToken | None:
    found = core.state.deploy_tokens.get(digest(password))
    if found is None or found.is_revoked or found.username != username:
        return None
    is_over = found.expires_on is not None and found.expires_on <= core.clock.today()
    return None if is_over else found
