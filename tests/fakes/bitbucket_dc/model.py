"""What a Bitbucket server knows: people, groups, projects, repositories, hooks, links and tokens."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal, NamedTuple

LICENSED_GROUP = "stash-users"
TypeOfUser = Literal["NORMAL", "SERVICE"]
RepositoryState = Literal["AVAILABLE", "INITIALISING", "INITIALISATION_FAILED", "OFFLINE"]
TokenKind = Literal["user", "project", "repository"]


class Level(IntEnum):
    """How much somebody may do in a project or repository."""

    NONE = 0
    READ = 1
    WRITE = 2
    CREATE = 3  # new repositories in a project
    ADMIN = 4


PROJECT_LEVELS = {
    "PROJECT_READ": Level.READ,
    "PROJECT_WRITE": Level.WRITE,
    "REPO_CREATE": Level.CREATE,
    "PROJECT_ADMIN": Level.ADMIN,
}
REPOSITORY_LEVELS = {"REPO_READ": Level.READ, "REPO_WRITE": Level.WRITE, "REPO_ADMIN": Level.ADMIN}
GLOBAL_PERMISSIONS = ("LICENSED_USER", "PROJECT_CREATE", "USER_ADMIN", "ADMIN", "SYS_ADMIN")  # the lowest first
PROJECT_NAMES = {level: name for name, level in PROJECT_LEVELS.items()}
REPOSITORY_NAMES = {level: name for name, level in REPOSITORY_LEVELS.items()}


class Scope(StrEnum):
    """What an OAuth 2 application may ask for."""

    PUBLIC_REPOS = "PUBLIC_REPOS"
    ACCOUNT_WRITE = "ACCOUNT_WRITE"
    REPO_READ = "REPO_READ"
    REPO_WRITE = "REPO_WRITE"
    REPO_ADMIN = "REPO_ADMIN"
    PROJECT_ADMIN = "PROJECT_ADMIN"
    ADMIN_WRITE = "ADMIN_WRITE"
    SYSTEM_ADMIN = "SYSTEM_ADMIN"


class Place(NamedTuple):
    """What a permission is granted on: the instance (`global`, 0), a project or a repository."""

    kind: Literal["global", "project", "repository"]
    id: int


class Principal(NamedTuple):
    """Who has a permission: a user by number, or a group by its name in lower case."""

    kind: Literal["user", "group"]
    key: int | str


EVERYWHERE = Place("global", 0)


@dataclass(slots=True)
class User:
    """An account. `name` is what somebody logs in with; `slug` is what addresses hold."""

    id: int
    name: str
    slug: str
    display_name: str
    email: str | None
    password: str = field(repr=False)
    active: bool = True
    type: TypeOfUser = "NORMAL"  # SERVICE: of a project's or repository's token, in no list
    failed_logins: int = 0

    @property
    def principal(self) -> Principal:
        return Principal("user", self.id)


@dataclass(slots=True)
class Group:
    """A group. Its name is its identity, upper and lower case being the same."""

    name: str
    members: set[int] = field(default_factory=set)

    @property
    def principal(self) -> Principal:
        return Principal("group", self.name.lower())


@dataclass(slots=True)
class Project:
    """A project; a personal one has an owner. `default_level` is granted to everybody with a licence."""

    id: int
    key: str
    name: str
    description: str = ""
    public: bool = False
    owner_id: int | None = None
    default_level: Level = Level.NONE

    @property
    def place(self) -> Place:
        return Place("project", self.id)


@dataclass(slots=True)
class Repo:
    """A repository; its code is in the git repository of the same id."""

    id: int
    project_id: int
    slug: str
    name: str
    hierarchy_id: str
    description: str = ""
    state: RepositoryState = "AVAILABLE"
    archived: bool = False
    public: bool = False
    forkable: bool = True
    origin_id: int | None = None

    @property
    def place(self) -> Place:
        return Place("repository", self.id)


@dataclass(slots=True)
class Hook:
    """A webhook of a project or repository, and how its deliveries went."""

    id: int
    place: Place
    name: str
    url: str
    events: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    active: bool = True
    configuration: dict[str, object] = field(default_factory=dict, repr=False)
    is_tls_checked: bool = True
    username: str = ""
    password: str = field(default="", repr=False)
    failures: int = 0
    skipped_until: datetime | None = None
    skipped: int = 0

    @property
    def secret(self) -> str:
        return str(self.configuration.get("secret") or "")


@dataclass(slots=True)
class SshKey:
    """A key that opens a project or repository without an account."""

    id: int
    place: Place
    text: str
    label: str
    permission: str


@dataclass(slots=True)
class IncomingLink:
    """An application link of OAuth 2. `scopes` is the most that it may ask for."""

    id: int
    name: str
    client_id: str
    secret_digest: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]


@dataclass(slots=True)
class Consumer:
    """The incoming authentication of an OAuth 1.0a application link."""

    key: str
    name: str
    public_key: str
    callback: str = ""
    may_impersonate: bool = False


@dataclass(slots=True)
class AuthorizationCode:
    """A consent, redeemable once."""

    digest: str = field(repr=False)
    client_id: str
    user_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    challenge_method: str
    created_at: datetime
    is_used: bool = False


@dataclass(slots=True)
class OAuthToken:
    """An access token with the refresh token that came with it."""

    access_digest: str = field(repr=False)
    refresh_digest: str = field(repr=False)
    client_id: str
    user_id: int
    scopes: tuple[str, ...]
    created_at: datetime
    is_revoked: bool = False


@dataclass(slots=True)
class HttpToken:
    """An HTTP access token of a user, or of a project or repository (`place`), which has a user of its own."""

    id: str
    digest: str = field(repr=False)
    name: str
    user_id: int
    permissions: frozenset[str]
    created_at: datetime
    kind: TokenKind = "user"
    place: Place | None = None
    expires_at: datetime | None = None
    is_revoked: bool = False


@dataclass(slots=True)
class OAuth1Token:
    """A request token on its way to consent, or (`is_access`) the access token that came of it."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    consumer_key: str
    callback: str
    created_at: datetime
    user_id: int | None = None
    verifier: str | None = field(default=None, repr=False)
    is_access: bool = False
    is_revoked: bool = False
