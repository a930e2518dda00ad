"""What a GitHub knows: people, organizations, teams, repositories, hooks, applications and tokens."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

Visibility = Literal["private", "internal", "public"]
BasePermission = Literal["none", "read", "write", "admin"]
Privacy = Literal["closed", "secret"]
HookKind = Literal["organization", "repository", "integration"]
TokenKind = Literal["oauth", "classic", "fine_grained", "installation"]

ROLES = ("none", "pull", "triage", "push", "maintain", "admin")  # from weakest to strongest
ROLE_NAMES = {"none": "none", "pull": "read", "triage": "triage", "push": "write", "maintain": "maintain"}
NAMED_ROLES = {"none": "none", "read": "pull", "triage": "triage", "write": "push", "maintain": "maintain"} | {
    "admin": "admin"
}


def rank(role: str) -> int:
    return ROLES.index(role)


def role_name(role: str) -> str:
    """How the API names a role in answers about people."""
    return ROLE_NAMES.get(role, role)


@dataclass(slots=True)
class Email:
    """An address of a user. `visibility` is only said of the primary one."""

    address: str
    is_primary: bool
    is_verified: bool
    visibility: str | None = None


@dataclass(slots=True)
class User:
    """An account of a person or bot."""

    id: int
    login: str
    name: str
    created_at: datetime
    emails: list[Email] = field(default_factory=list)
    is_bot: bool = False
    is_site_admin: bool = False
    suspended_at: datetime | None = None
    public_email: str | None = None

    @property
    def is_active(self) -> bool:
        return self.suspended_at is None

    @property
    def email(self) -> str:
        return next((each.address for each in self.emails if each.is_primary), "")

    @property
    def kind(self) -> str:
        return "Bot" if self.is_bot else "User"


@dataclass(slots=True)
class Organization:
    """An organization and those of its settings that decide about reading."""

    id: int
    login: str
    name: str
    created_at: datetime
    base_permission: BasePermission = "read"
    description: str | None = None
    enforces_saml: bool = False
    restricts_applications: bool = False
    approved_applications: set[int] = field(default_factory=set)
    updated_at: datetime | None = None


@dataclass(slots=True)
class OrganizationMembership:
    """`role` is admin or member, `state` active or pending."""

    organization_id: int
    user_id: int
    role: str
    state: str = "active"
    is_public: bool = False

    @property
    def is_active(self) -> bool:
        return self.state == "active"


@dataclass(slots=True)
class Team:
    """A team; `parent_id` is the team above it, whose repositories its members reach, too."""

    id: int
    organization_id: int
    name: str
    slug: str
    created_at: datetime
    parent_id: int | None = None
    privacy: Privacy = "closed"
    description: str | None = None


@dataclass(slots=True)
class TeamMembership:
    """`role` is member or maintainer."""

    team_id: int
    user_id: int
    role: str = "member"
    state: str = "active"

    @property
    def is_active(self) -> bool:
        return self.state == "active"


@dataclass(slots=True)
class Repo:
    """A repository's settings; its code is in the state's repository of the same id. The owner is an account."""

    id: int
    owner_id: int
    name: str
    visibility: Visibility
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    description: str | None = None
    archived: bool = False
    disabled: bool = False
    is_fork: bool = False
    is_template: bool = False
    is_blocked: bool = False  # for legal reasons: 451
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomRole:
    """A repository role of an organization's own, standing on one of the built-in ones."""

    id: int
    organization_id: int
    name: str
    base: str  # pull, triage, push or maintain
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrganizationRole:
    """Something that reaches all repositories of an organization. `base` is a role or "none"."""

    id: int
    organization_id: int
    name: str
    base: str
    created_at: datetime


class RoleAssignment(NamedTuple):
    """Who has an organization role: a user or a team."""

    role_id: int
    user_id: int = 0
    team_id: int = 0


@dataclass(slots=True)
class Hook:
    """A webhook. `parent_id` is the organization's, the repository's or the app's id."""

    id: int
    kind: HookKind
    parent_id: int
    url: str
    created_at: datetime
    updated_at: datetime
    events: tuple[str, ...] = ("push",)
    is_active: bool = True
    content_type: str = "form"
    insecure_ssl: str = "0"
    secret: str = field(default="", repr=False)
    application_id: int | None = None  # the OAuth application that made it
    last_status: int | None = None

    def wants(self, event: str) -> bool:
        return self.is_active and (event in {"ping", "meta"} or "*" in self.events or event in self.events)


@dataclass(slots=True)
class OAuthApplication:
    """An OAuth application. Only digests of its secrets are kept."""

    id: int
    name: str
    client_id: str
    url: str
    callback_url: str
    owner_id: int
    secret_digests: list[str] = field(default_factory=list, repr=False)
    description: str = ""


@dataclass(slots=True)
class AuthorizationCode:
    """A one-time code on its way from the consent page to the token endpoint."""

    digest: str = field(repr=False)
    application_id: int
    user_id: int
    redirect_uri: str | None
    scopes: tuple[str, ...]
    challenge: str | None
    created_at: datetime
    is_used: bool = False


@dataclass(slots=True)
class Token:
    """Any credential of the API. `permissions` are those of an installation's token."""

    id: int
    digest: str = field(repr=False)
    kind: TokenKind
    user_id: int | None
    scopes: tuple[str, ...]
    created_at: datetime
    application_id: int | None = None
    installation_id: int | None = None
    permissions: dict[str, str] = field(default_factory=dict)
    repository_ids: tuple[int, ...] | None = None
    expires_at: datetime | None = None
    is_revoked: bool = False
    sso_organizations: set[int] = field(default_factory=set)
    last_eight: str = ""

    @property
    def tells_scopes(self) -> bool:
        return self.kind in {"oauth", "classic"}


@dataclass(slots=True)
class GitHubApp:
    """A GitHub App. `public_key` checks the signatures of its JWTs."""

    id: int
    slug: str
    name: str
    client_id: str
    owner_id: int
    public_key: str = field(repr=False)
    created_at: datetime
    permissions: dict[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()


@dataclass(slots=True)
class Installation:
    """An app in an organization. `repository_ids` None: all repositories."""

    id: int
    app_id: int
    organization_id: int
    created_at: datetime
    permissions: dict[str, str]
    events: tuple[str, ...]
    repository_ids: set[int] | None = None
    suspended_at: datetime | None = None
