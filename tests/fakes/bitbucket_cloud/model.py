"""What Bitbucket Cloud knows: accounts, workspaces, groups, projects, repositories, grants, hooks and credentials.

Everything is named by a uuid in braces, lower case, as the API shows it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import Literal

AccountStatus = Literal["active", "inactive", "closed"]
Role = Literal["owner", "create-project", "member"]
HolderKind = Literal["user", "group"]
SubjectKind = Literal["repository", "workspace"]


class Permission(IntEnum):
    """What somebody may do in a repository, in rising order."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def key(self) -> str:
        return self.name.lower()


GRANTS = {
    "none": Permission.NONE,
    "read": Permission.READ,
    "write": Permission.WRITE,
    "create-repo": Permission.WRITE,
    "admin": Permission.ADMIN,
}


@dataclass(slots=True)
class Email:
    """An address of an account."""

    address: str
    is_primary: bool
    is_confirmed: bool


@dataclass(slots=True)
class Account:
    """A person. `nickname` is free text that several may share, `username` is missing for many."""

    number: int
    uuid: str
    account_id: str
    nickname: str
    display_name: str
    created_on: datetime
    username: str | None = None
    account_status: AccountStatus = "active"
    emails: list[Email] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        return self.account_status == "active"

    @property
    def primary_email(self) -> str:
        return next((each.address for each in self.emails if each.is_primary), "")


@dataclass(slots=True)
class Workspace:
    """A workspace; a personal one looks like any other."""

    uuid: str
    slug: str
    name: str
    created_on: datetime
    is_private: bool = True
    is_personal: bool = False


@dataclass(slots=True)
class Group:
    """A user group of a workspace, known to the 1.0 API and to grants only by its slug."""

    workspace: str
    slug: str
    name: str
    members: dict[str, None] = field(default_factory=dict)  # uuids in the order in which they came


@dataclass(slots=True)
class Project:
    """A folder of repositories."""

    uuid: str
    workspace: str
    key: str
    name: str
    created_on: datetime
    is_private: bool = True


@dataclass(slots=True)
class Repo:
    """A repository; its code is in the git repository of the same number."""

    number: int
    uuid: str
    workspace: str
    project: str
    slug: str
    name: str
    created_on: datetime
    updated_on: datetime
    is_private: bool = True
    description: str = ""
    language: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an explicit grant: an account by its uuid, or a group by its slug."""

    kind: HolderKind
    key: str


@dataclass(slots=True)
class Hook:
    """A webhook of a repository or workspace."""

    number: int
    uuid: str
    subject_type: SubjectKind
    subject: str
    url: str
    description: str
    active: bool
    created_at: datetime
    events: tuple[str, ...]
    secret: str = field(default="", repr=False)
    skip_cert_verification: bool = False


@dataclass(slots=True)
class Consumer:
    """An OAuth consumer of a workspace. The host shows its secret at any time, so it is kept as it is."""

    key: str
    secret: str = field(repr=False)
    workspace: str
    name: str
    callback_url: str
    scopes: tuple[str, ...]
    is_private: bool = False


@dataclass(slots=True)
class AuthorizationCode:
    """A one-time code on its way from the consent page to the token endpoint."""

    digest: str = field(repr=False)
    consumer: str
    account: str
    redirect_uri: str | None
    created_at: datetime
    is_used: bool = False


@dataclass(slots=True)
class Token:
    """What a request can carry. Which fields are filled depends on the kind.

    `oauth`: account and consumer. `api`: account. `access`: no account, but the repository, project or workspace
    (`place`) that it is bound to.
    """

    kind: Literal["oauth", "api", "access"]
    digest: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime
    name: str = "token"
    account: str | None = None
    consumer: str | None = None
    place: str | None = None
    uuid: str = ""
    lives_seconds: int | None = None
    expires_on: date | None = None
    is_revoked: bool = False


@dataclass(slots=True)
class RefreshToken:
    """Stays the same from one access token to the next."""

    digest: str = field(repr=False)
    consumer: str
    account: str
    is_revoked: bool = False
