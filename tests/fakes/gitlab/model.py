"""What a GitLab server knows: people, groups, projects, memberships, hooks, applications and tokens."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import Literal

Visibility = Literal["private", "internal", "public"]
CodeAccess = Literal["enabled", "private", "disabled"]
SourceKind = Literal["group", "project"]


class Level(IntEnum):
    """Access levels by GitLab's numbers."""

    NO_ACCESS = 0
    MINIMAL = 5
    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


LEVEL_NAMES = {
    0: "No access",
    5: "Minimal Access",
    10: "Guest",
    15: "Planner",
    20: "Reporter",
    30: "Developer",
    40: "Maintainer",
    50: "Owner",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What a membership or share belongs to."""

    kind: SourceKind
    id: int


@dataclass(slots=True)
class Email:
    """A secondary address of a user."""

    id: int
    address: str
    confirmed_at: datetime | None


@dataclass(slots=True)
class User:
    """An account. `state` is GitLab's word: active, blocked, deactivated, banned …"""

    id: int
    username: str
    name: str
    email: str
    created_at: datetime
    state: str = "active"
    bot: bool = False
    external: bool = False
    is_admin: bool = False
    confirmed_at: datetime | None = None
    emails: list[Email] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class MemberRole:
    """A custom role (Ultimate)."""

    id: int
    name: str
    base_access_level: int
    read_code: bool
    group_id: int | None = None


@dataclass(slots=True)
class Group:
    """A group or subgroup."""

    id: int
    name: str
    path: str
    parent_id: int | None
    visibility: Visibility
    created_at: datetime
    description: str = ""
    marked_for_deletion_on: date | None = None

    @property
    def source(self) -> Source:
        return Source("group", self.id)


@dataclass(slots=True)
class Project:
    """A project and its feature settings; its code is in the repository of the same id."""

    id: int
    name: str
    path: str
    group_id: int
    visibility: Visibility
    created_at: datetime
    last_activity_at: datetime
    repository_access_level: CodeAccess = "enabled"
    archived: bool = False
    marked_for_deletion_on: date | None = None
    description: str = ""
    topics: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        return Source("project", self.id)


@dataclass(slots=True)
class Membership:
    """A direct membership of a user in a group or project."""

    source: Source
    user_id: int
    level: int
    created_at: datetime
    expires_on: date | None = None
    awaiting: bool = False
    role: MemberRole | None = None

    def is_expired(self, today: date) -> bool:
        return self.expires_on is not None and self.expires_on <= today


@dataclass(slots=True)
class Share:
    """A group invited into a group or project, at most at `level`."""

    source: Source
    group_id: int
    level: int
    expires_on: date | None = None

    def is_expired(self, today: date) -> bool:
        return self.expires_on is not None and self.expires_on <= today


HookKind = Literal["project", "group", "system"]


@dataclass(slots=True)
class Hook:
    """A webhook. `parent_id` is the project's or group's id, 0 for a system hook."""

    id: int
    kind: HookKind
    parent_id: int
    url: str
    uuid: str
    created_at: datetime
    events: dict[str, bool]
    name: str = ""
    description: str = ""
    token: str = field(default="", repr=False)
    signing_token: str = field(default="", repr=False)
    enable_ssl_verification: bool = True
    push_events_branch_filter: str = ""
    custom_headers: list[tuple[str, str]] = field(default_factory=list, repr=False)
    failures: int = 0
    alert_status: str = "executable"
    disabled_until: datetime | None = None


@dataclass(slots=True)
class Application:
    """An OAuth application. Only the digest of the secret is kept."""

    id: int
    name: str
    uid: str
    secret_digest: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    trusted: bool = False
    confidential: bool = True
    owner_id: int | None = None


@dataclass(slots=True)
class AuthorizationCode:
    """A one-time code on its way from the consent page to the token endpoint."""

    digest: str = field(repr=False)
    application_id: int
    user_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    created_at: datetime
    is_used: bool = False


@dataclass(slots=True)
class OAuthToken:
    """An access token with its refresh token; both die together."""

    access_digest: str = field(repr=False)
    refresh_digest: str = field(repr=False)
    application_id: int
    user_id: int
    scopes: tuple[str, ...]
    created_at: datetime
    expires_in: int
    is_revoked: bool = False


@dataclass(slots=True)
class AccessToken:
    """A personal access token; group and project access tokens are those of a bot user."""

    id: int
    digest: str = field(repr=False)
    name: str
    user_id: int
    scopes: tuple[str, ...]
    created_at: datetime
    expires_on: date | None
    is_revoked: bool = False
    last_used_at: datetime | None = None


@dataclass(slots=True)
class DeployToken:
    """Reads the code of one project or of all projects below a group, over git only."""

    id: int
    digest: str = field(repr=False)
    username: str
    source: Source
    scopes: tuple[str, ...]
    expires_on: date | None = None
    is_revoked: bool = False
