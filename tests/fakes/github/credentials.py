"""Which credential came with a request, whose it is and what it may do."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from werkzeug import Request

from tests.fakes.parts.git_http import basic_credentials

from .errors import error, forbidden, suspended, unauthorized
from .model import GitHubApp, Installation, Organization, Repo, Token, User
from .rights import access, is_member, is_owner, reads
from .scopes import expanded
from .server_core import Core
from .state import digest

LONGEST_JWT = 600  # seconds
JWT_SLACK = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks: nobody, a user through a token, an installation, or an app itself."""

    core: Core
    user: User | None = None
    token: Token | None = None
    installation: Installation | None = None
    app: GitHubApp | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)  # with everything that they contain

    def signed_in(self) -> User:
        """Raises ApiError 401 for an anonymous caller and 403 for an app."""
        if self.installation is not None or self.app is not None:
            raise error(403, "Resource not accessible by integration")
        if self.user is None:
            raise unauthorized()
        return self.user

    def has(self, *scopes: str) -> bool:
        """Whether any of the scopes was granted. Installations have permissions instead."""
        return bool(self.scopes & set(scopes))

    def permits(self, permission: str, level: str = "read") -> bool:
        """Whether an installation's token has a permission."""
        found = self.token.permissions.get(permission) if self.token is not None else None
        return found == "write" or found == level

    @property
    def is_installation(self) -> bool:
        return self.installation is not None

    def covers(self, organization: Organization) -> bool:
        """Whether an installation is one in this organization."""
        return self.installation is not None and self.installation.organization_id == organization.id

    def is_in(self, organization: Organization) -> bool:
        """Whether the caller sees what members see."""
        if self.is_installation:
            return self.covers(organization) and self.permits("members")
        return is_member(self.core.state, organization, self.user)

    def owns(self, organization: Organization) -> bool:
        return is_owner(self.core.state, organization, self.user)

    def blocked_by_saml(self, organization: Organization) -> bool:
        """Whether the token was never authorized for an organization that asks for it."""
        if not organization.enforces_saml or self.token is None or self.is_installation:
            return False
        return organization.id not in self.token.sso_organizations

    def is_restricted(self, organization: Organization) -> bool:
        """Whether the organization has not approved the application behind the token."""
        if not organization.restricts_applications or self.token is None or self.token.kind != "oauth":
            return False
        application = self.core.state.applications.get(self.token.application_id or 0)
        is_own = application is not None and application.owner_id == organization.id
        return not is_own and self.token.application_id not in organization.approved_applications

    def sees(self, repo: Repo) -> bool:
        """Whether the repository exists for this caller."""
        if self.installation is not None:
            return repo.visibility == "public" or self._is_installed_on(repo)
        if repo.visibility == "public":
            return True
        organization = self.core.state.organization_of(repo)
        if organization is not None and self.is_restricted(organization):
            return False
        return self.has("repo") and reads(self.core, repo, self.user)

    def _is_installed_on(self, repo: Repo) -> bool:
        assert self.installation is not None
        if self.installation.organization_id != repo.owner_id or self.token is None:
            return False
        chosen = self.token.repository_ids
        if chosen is not None and repo.id not in chosen:
            return False
        return self.installation.repository_ids is None or repo.id in self.installation.repository_ids

    def rank_in(self, repo: Repo) -> int:
        """The caller's own standing; an installation reads what it is installed on."""
        if self.installation is not None:
            return 1 if self._is_installed_on(repo) else 0
        return access(self.core.state, repo, self.user).rank if self.user is not None else 0


def identify(core: Core, request: Request) -> Caller:
    """The API's caller. Raises ApiError 401 for a bad credential and 403 for a suspended account."""
    secret = _presented(request)
    if secret is None or "/applications/" in request.path:  # there, applications prove themselves
        return Caller(core)
    if secret.count(".") == 2 and secret.startswith("ey"):
        return Caller(core, app=_app(core, secret))
    token = usable_token(core, secret)
    if token is None:
        raise unauthorized("Bad credentials")
    return caller_of(core, token)


def caller_of(core: Core, token: Token) -> Caller:
    """Raises ApiError 403 for a suspended account or installation."""
    if token.installation_id is not None:
        installation = core.state.installations[token.installation_id]
        if installation.suspended_at is not None:
            raise forbidden("This installation has been suspended")
        return Caller(core, token=token, installation=installation)
    user = core.state.users[token.user_id or 0]
    if not user.is_active:
        raise suspended()
    return Caller(core, user, token, scopes=expanded(token.scopes))


def usable_token(core: Core, secret: str) -> Token | None:
    """None for one that is unknown, revoked, expired or without its owner."""
    token = core.state.tokens.get(digest(secret))
    if token is None or token.is_revoked:
        return None
    if token.expires_at is not None and token.expires_at <= core.clock.now():
        return None
    if token.installation_id is not None:
        return token if token.installation_id in core.state.installations else None
    return token if token.user_id in core.state.users else None


def _presented(request: Request) -> str | None:
    header = request.headers.get("Authorization", "")
    kind, _, rest = header.partition(" ")
    if kind.lower() in {"bearer", "token"} and rest.strip():
        return rest.strip()
    basic = basic_credentials(request)
    if basic is None:
        return "" if header else None
    username, password = basic
    return username if password in {"", "x-oauth-basic"} else password


def _app(core: Core, jwt: str) -> GitHubApp:
    """The app that signed a JWT. Raises ApiError 401."""
    try:
        head, body, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in jwt.split("."))
        header, claims = json.loads(head), json.loads(body)
    except (ValueError, binascii.Error) as mistake:
        raise unauthorized("A JSON web token could not be decoded") from mistake
    app = next((each for each in core.state.apps.values() if str(claims.get("iss")) in _names(each)), None)
    if app is None or header.get("alg") != "RS256":
        raise unauthorized("'Issuer' claim ('iss') must be an Integer")
    try:
        key = load_pem_public_key(app.public_key.encode())
        assert isinstance(key, RSAPublicKey)
        key.verify(signature, jwt.rpartition(".")[0].encode(), PKCS1v15(), SHA256())
    except InvalidSignature as mistake:
        raise unauthorized("A JSON web token could not be decoded") from mistake
    _check_times(core.clock.now(), claims.get("iat"), claims.get("exp"))
    return app


def _names(app: GitHubApp) -> tuple[str, str]:
    return str(app.id), app.client_id


def _check_times(now: datetime, issued: object, expires: object) -> None:
    moment = now.astimezone(UTC).timestamp()
    if not isinstance(issued, int) or issued > moment + JWT_SLACK:
        raise unauthorized("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was")
    if not isinstance(expires, int) or expires <= moment:
        raise unauthorized("'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if expires > moment + LONGEST_JWT + JWT_SLACK:
        raise unauthorized("'Expiration time' claim ('exp') is too far in the future")
