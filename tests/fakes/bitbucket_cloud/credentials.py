"""Which token came with a request, whose it is and what it may do."""

from dataclasses import dataclass

from werkzeug import Request

from tests.fakes.parts.git_http import basic_credentials
from tests.fakes.parts.routing import ApiError

from . import scopes
from .errors import failure
from .model import Account, Permission, Repo, Token
from .rights import effective
from .server_core import Core
from .state import State, digest

APP_PASSWORD = "ATBB"
APP_PASSWORDS_ARE_GONE = "App passwords are deprecated and must be replaced with API tokens."
BAD_TOKEN = "Token is invalid, expired, or not supported for this endpoint."
API_TOKEN_USER = "x-bitbucket-api-token-auth"
ACCESS_TOKEN_USER = "x-token-auth"
LEVELS = {
    "repository:admin": Permission.ADMIN,
    "repository:write": Permission.WRITE,
    "repository": Permission.READ,
    "project": Permission.READ,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks: nobody, a person through a token, or a token that stands for nobody."""

    account: Account | None = None
    token: Token | None = None

    @property
    def payer(self) -> str:
        """Whose budget a request is charged to: all users of an OAuth consumer share one."""
        if self.token is None:
            return "anonymous"
        return self.token.consumer or self.token.account or self.token.uuid

    def signed_in(self) -> Account:
        """Raises ApiError 401 for an anonymous caller and 403 for a token without a person behind it."""
        if self.token is None:
            raise unauthorized("Authentication is required to access this resource.")
        if self.account is None:
            raise failure(403, "This API is only available to users.")
        return self.account

    def authenticated(self) -> Token:
        """Raises ApiError 401 for an anonymous caller."""
        if self.token is None:
            raise unauthorized("Authentication is required to access this resource.")
        return self.token

    def require(self, wanted: tuple[str, ...]) -> None:
        """Raises ApiError 403 when one of the scopes is missing. Nobody needs no scope."""
        if self.token is None:
            return
        missing = scopes.required(wanted, is_api_token=self.token.kind == "api")
        if set(missing) <= scopes.with_implied(self.token.scopes):
            return
        detail = {"granted": sorted(self.token.scopes), "required": sorted(missing)}
        raise failure(403, "Your credentials lack one or more required privilege scopes.", detail)

    def permission(self, state: State, repo: Repo) -> Permission:
        """Without what is public."""
        if self.account is not None:
            return effective(state, repo, self.account.uuid)
        if self.token is None or self.token.place not in (repo.uuid, repo.project, repo.workspace):
            return Permission.NONE
        levels = [level for scope, level in LEVELS.items() if scope in scopes.with_implied(self.token.scopes)]
        return max(levels, default=Permission.NONE)

    def sees(self, state: State, repo: Repo) -> bool:
        return not repo.is_private or self.permission(state, repo) >= Permission.READ

    def is_member(self, state: State, workspace: str) -> bool:
        if self.account is None:
            return self.token is not None and self.token.place == workspace
        return state.role_in(workspace, self.account.uuid) is not None

    def is_owner(self, state: State, workspace: str) -> bool:
        return self.account is not None and state.role_in(workspace, self.account.uuid) == "owner"


def identify(core: Core, request: Request) -> Caller:
    """The API's caller. Raises ApiError 401 for a bad credential."""
    header = request.headers.get("Authorization", "")
    if not header:
        return Caller()
    if header.lower().startswith("bearer "):
        return bearer(core, header[7:].strip())
    given = basic_credentials(request)
    if given is None:
        raise unauthorized(BAD_TOKEN)
    name, password = given
    if password.startswith(APP_PASSWORD):
        raise unauthorized(APP_PASSWORDS_ARE_GONE)
    token = core.state.tokens.get(digest(password))
    if token is None or token.kind != "api" or name.lower() != _owner(core, token).primary_email.lower():
        raise unauthorized(BAD_TOKEN)
    return usable(core, token)


def bearer(core: Core, secret: str) -> Caller:
    """Raises ApiError 401 for anything but a good OAuth or access token."""
    token = core.state.tokens.get(digest(secret))
    if token is None or token.kind == "api":
        raise unauthorized(BAD_TOKEN)
    return usable(core, token)


def usable(core: Core, token: Token) -> Caller:
    """Raises ApiError 401 for a token that is over or whose owner is."""
    if is_over(core, token):
        expired = "Access token expired. Use your refresh token to obtain a new access token."
        raise unauthorized(expired if token.kind == "oauth" else BAD_TOKEN)
    account = None if token.account is None else core.state.accounts.get(token.account)
    if token.account is not None and (account is None or not account.is_active):
        raise unauthorized("This account has been deactivated.")
    return Caller(account, token)


def is_over(core: Core, token: Token) -> bool:
    age = (core.clock.now() - token.created_at).total_seconds()
    has_expired = token.lives_seconds is not None and age >= token.lives_seconds
    return token.is_revoked or has_expired or (token.expires_on is not None and token.expires_on <= core.clock.today())


def git_caller(core: Core, name: str, password: str) -> Caller | None:
    """Who fetches or pushes; None for a credential that git is refused with."""
    token = core.state.tokens.get(digest(password))
    if token is None:
        return None
    if token.kind == "api":
        names = {API_TOKEN_USER, _owner(core, token).username or API_TOKEN_USER}
    else:
        names = {ACCESS_TOKEN_USER}
    if name not in names:
        return None
    try:
        return usable(core, token)
    except ApiError:
        return None


def _owner(core: Core, token: Token) -> Account:
    assert token.account is not None
    return core.state.accounts[token.account]


def unauthorized(message: str) -> ApiError:
    return failure(401, message, headers={"WWW-Authenticate": 'Basic realm="Bitbucket.org HTTP"'})
