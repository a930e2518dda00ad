"""Which credential came with a request, whose it is and what it may do."""

from dataclasses import dataclass

from werkzeug import Request

from tests.fakes.parts.git_http import basic_credentials
from tests.fakes.parts.routing import ApiError

from .core import Core
from .model import PROJECT_LEVELS, REPOSITORY_LEVELS, HttpToken, Level, OAuthToken, Scope, User
from .oauth1 import signed_user
from .rights import HIGHEST, Ceiling, Rights, is_licensed, rank_of
from .routing import error, incorrect_password, no_licence
from .state import digest

ACCESS_SECONDS = 3600
FULL = Ceiling()
LICENSED = 1
SCOPE_CEILINGS = {
    Scope.PUBLIC_REPOS: Ceiling(Level.NONE, Level.NONE, LICENSED),
    Scope.ACCOUNT_WRITE: Ceiling(Level.NONE, Level.NONE, LICENSED),
    Scope.REPO_READ: Ceiling(Level.READ, Level.READ, LICENSED),
    Scope.REPO_WRITE: Ceiling(Level.READ, Level.WRITE, LICENSED),
    Scope.REPO_ADMIN: Ceiling(Level.READ, Level.ADMIN, LICENSED),
    Scope.PROJECT_ADMIN: Ceiling(Level.ADMIN, Level.ADMIN, LICENSED),
    Scope.ADMIN_WRITE: Ceiling(Level.ADMIN, Level.ADMIN, rank_of("ADMIN")),
    Scope.SYSTEM_ADMIN: Ceiling(Level.ADMIN, Level.ADMIN, HIGHEST),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks: nobody, or a user through a credential."""

    user: User | None = None
    ceiling: Ceiling = FULL
    is_by_token: bool = False

    def rights(self, core: Core) -> Rights:
        return Rights(core.state, self.user, self.ceiling, core.allows_public_access)


def identify(core: Core, request: Request) -> Caller:
    """The caller of the REST API. Raises ApiError 401; a server may take a bad credential for none at all."""
    bearer = bearer_token(request)
    try:
        if bearer is not None:
            return checked(core, by_token(core, bearer))
        basic = basic_credentials(request)
        if basic is not None:
            return checked(core, _by_password(core, *basic))
        user = signed_user(core, request)
    except FellBack:
        return Caller()
    return Caller() if user is None else checked(core, Caller(user))


class FellBack(Exception):
    """A bad token at a server that goes on as if there were none."""


def bearer_token(request: Request) -> str | None:
    header = request.headers.get("Authorization", "")
    return header[7:].strip() if header.lower().startswith("bearer ") else None


def by_token(core: Core, secret: str) -> Caller:
    """Raises ApiError 401, or FellBack."""
    key = digest(secret)
    oauth = core.state.oauth_by_access.get(key)
    if oauth is not None and not is_over(core, oauth):
        return Caller(core.state.users[oauth.user_id], _ceiling_of_scopes(oauth.scopes))
    token = core.state.http_tokens.get(key)
    if token is not None and _is_usable(core, token):
        return Caller(core.state.users[token.user_id], _ceiling_of_token(token), is_by_token=True)
    if core.falls_back_to_anonymous:
        raise FellBack
    raise incorrect_password()


def is_over(core: Core, token: OAuthToken) -> bool:
    age = (core.clock.now() - token.created_at).total_seconds()
    return token.is_revoked or age >= ACCESS_SECONDS


def _is_usable(core: Core, token: HttpToken) -> bool:
    return not token.is_revoked and (token.expires_at is None or token.expires_at > core.clock.now())


def _ceiling_of_scopes(scopes: tuple[str, ...]) -> Ceiling:
    ceilings = [SCOPE_CEILINGS[Scope(each)] for each in scopes]
    return Ceiling(
        max((each.project for each in ceilings), default=Level.NONE),
        max((each.repository for each in ceilings), default=Level.NONE),
        max((each.rank for each in ceilings), default=LICENSED),
    )


def _ceiling_of_token(token: HttpToken) -> Ceiling:
    """A token never carries a global permission. What it may in a project it may in the repositories of it."""
    in_project = [PROJECT_LEVELS[each] for each in token.permissions if each in PROJECT_LEVELS]
    in_repository = [REPOSITORY_LEVELS[each] for each in token.permissions if each in REPOSITORY_LEVELS]
    repository = max([*in_project, *in_repository], default=Level.NONE)
    project = max([*in_project, min(repository, Level.READ)], default=Level.NONE)
    return Ceiling(project, repository, LICENSED, token.place)


def checked(core: Core, caller: Caller) -> Caller:
    """Raises ApiError 401 for somebody whose account is switched off or without a licence."""
    user = caller.user
    if user is None or user.type == "SERVICE":
        return caller
    if not user.active:
        raise incorrect_password()
    if not is_licensed(core.state, user):
        raise no_licence()
    return caller


def _by_password(core: Core, name: str, password: str) -> Caller:
    if not core.allows_basic:
        raise error(401, "Basic authentication has been disabled on this instance.")
    return Caller(with_password(core, name, password))


def with_password(core: Core, name: str, password: str) -> User:
    """Raises ApiError 401. After some failures in a row nobody gets in but through the login page."""
    user = core.state.user_by(name)
    if user is None or user.type == "SERVICE":
        raise incorrect_password()
    if user.failed_logins >= core.captcha_after:
        raise _captcha(core)
    if password != user.password:
        user.failed_logins += 1
        raise incorrect_password()
    user.failed_logins = 0
    return user


def _captcha(core: Core) -> ApiError:
    message = (
        "CAPTCHA required. Your Bitbucket account has been marked as requiring a CAPTCHA to be solved before it may be "
        "used again. This may have been triggered by too many failed login attempts."
    )
    refusal = error(401, message, "auth.IncorrectPasswordAuthenticationException")
    refusal.headers["X-Authentication-Denied-Reason"] = f"CAPTCHA_CHALLENGE; login-url={core.base_url}/login"
    return refusal
