"""The parts a code host can have, and what is read from it. A platform lists its parts; a missing part is None."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from integrations.request_count import RequestCount


class AccountState(StrEnum):
    """Whether an account may use the code host at all."""

    ACTIVE = "active"
    BLOCKED = "blocked"


class Visibility(StrEnum):
    """Who may see a repository without a grant of their own."""

    PRIVATE = "private"
    INTERNAL = "internal"
    PUBLIC = "public"


class CodeAccess(StrEnum):
    """For whom a repository's code is switched on at all (GitLab: `repository_access_level`)."""

    ENABLED = "enabled"
    MEMBERS = "members"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class RemoteEmail:
    """An e-mail address as the host reports it. Display only, never used to find an account."""

    address: str
    is_verified: bool
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """A person (or bot) on a code host. `remote_id` is immutable; `login` can be renamed and reused."""

    remote_id: str
    login: str
    display_name: str
    state: AccountState = AccountState.ACTIVE
    is_bot: bool = False
    is_external: bool | None = None  # None: the host did not say
    avatar_url: str = ""
    web_url: str = ""
    emails: tuple[RemoteEmail, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteOrganization:
    """What a synchronization mirrors: a group, organization, workspace or project."""

    remote_id: str
    kind: str  # the host's own word: "group", "organization", "workspace", "project"
    name: str
    path: str
    web_url: str
    parent_id: str | None = None
    avatar_url: str = ""
    visibility: Visibility = Visibility.PRIVATE


@dataclass(frozen=True, slots=True)
class RemoteTeam:
    """A set of people at the host that is granted things together.

    The root organization is a team, too, with the organization's `remote_id`. GitLab has one per (sub)group; a
    person's level in it is the member's role. Inside a team without roles everybody has the same nameless one.
    """

    remote_id: str
    name: str
    path: str
    web_url: str
    parent_id: str | None = None


class Standing(StrEnum):
    """What a role in the root makes of somebody here, when its synchronization is the primary one."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class RemoteRole:
    """A role in the host's own words. `level` orders the roles of one host.

    `reads_code` is the host's rule for private code; `standing` is what the role is worth in the root.
    """

    key: str  # stable: "30", or "10:7" for a custom role
    name: str
    level: int
    reads_code: bool
    standing: Standing = Standing.MEMBER  # GitLab: 50 and up OWNER, 40 ADMIN


TEAM_MEMBER = RemoteRole(key="member", name="", level=0, reads_code=True)  # in a team without roles


@dataclass(frozen=True, slots=True)
class RemoteMember:
    """One person's effective role in a team, a repository or the root organization."""

    account: RemoteAccount
    role: RemoteRole
    expires_on: date | None = None
    is_awaiting: bool = False
    is_sum: bool = False  # what all ways together give; the host does not say which they are


@dataclass(frozen=True, slots=True)
class RemoteRepository:
    """A repository. `team_id` is the (sub)group that it lives in; hosts without subgroups name the root.

    Everybody in that team whose role reads code may read it.
    """

    remote_id: str
    name: str
    path: str
    web_url: str
    clone_url: str
    visibility: Visibility
    code_access: CodeAccess = CodeAccess.ENABLED
    team_id: str | None = None
    default_branch: str | None = None  # None: empty repository
    is_archived: bool = False
    is_pending_deletion: bool = False
    last_activity_at: datetime | None = None
    base_role: RemoteRole | None = None  # what everybody has who may use the host (Data Center: default permission)


@dataclass(frozen=True, slots=True)
class RemoteMemberGrant:
    """One account's role in a repository."""

    repository_id: str
    member: RemoteMember


@dataclass(frozen=True, slots=True)
class RemoteTeamGrant:
    """A role in a repository that everybody in a team has."""

    repository_id: str
    team: RemoteTeam
    role: RemoteRole


RemoteGrant = RemoteMemberGrant | RemoteTeamGrant


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who a credential belongs to and what it may do. `scopes` is None when the host does not tell."""

    account: RemoteAccount
    scopes: frozenset[str] | None = None
    is_administrator: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HostVersion:
    """Product and version of a running server."""

    product: str
    version: str
    edition: str = ""


@dataclass(frozen=True, slots=True)
class GitCredential:
    """User name and password for git over HTTPS. The password is never logged, nor put into an URL or argv."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoteHook:
    """A webhook as the host lists it."""

    remote_id: str
    url: str
    events: frozenset[str]
    is_enabled: bool = True
    detail: str = ""


class HookLevel(StrEnum):
    """Where a hook is installed: for everything below a root, or for one repository."""

    ORGANIZATION = "organization"
    REPOSITORY = "repository"


class Directory(Protocol):
    """People, teams, repositories. Every `list_*` pages inside, and yields everything or raises.

    Raises the `CodeHostError` family; a 404 of the thing asked for is `NotFound`, never an empty list.
    """

    def viewer(self) -> Viewer: ...

    def list_administered_organizations(self, *, nested: bool) -> Iterator[RemoteOrganization]: ...

    def read_organization(self, organization_id: str) -> RemoteOrganization: ...

    def list_teams(self, organization_id: str) -> Iterator[RemoteTeam]: ...

    def list_team_members(self, team_id: str) -> Iterator[RemoteMember]: ...

    def list_repositories(self, organization_id: str) -> Iterator[RemoteRepository]: ...


class Grants(Protocol):
    """What was granted on single repositories, as the host lists it: by repository, by many of them, or all at once.

    Complete or it raises, like a `Directory`. NotFound: one of the repositories is not shown; asked about several, the
    caller asks about fewer to find out which.
    """

    @property
    def repositories_at_once(self) -> int:
        """How many repositories to ask about in one call; 0: the whole organization, whatever is asked for."""
        ...

    def list_repository_grants(self, organization_id: str, repository_ids: Sequence[str]) -> Iterator[RemoteGrant]: ...


class TeamGrants(Protocol):
    """The repositories that a team was granted, on hosts that list them by team."""

    def list_team_grants(self, organization_id: str, team_id: str) -> Iterator[RemoteTeamGrant]: ...


class OwnAccess(Protocol):
    """What the credential's own owner may read, by whatever way."""

    def list_readable_repositories(self, organization_id: str) -> Iterator[str]:
        """The remote ids of all repositories of the organization that the host shows as readable. All, or it raises."""
        ...


class People(Protocol):
    """One person's place, asked for by itself: quick, and evidence about nobody else.

    None means that the host shows the team or repository and says that this account is no member of it. Raises the
    `CodeHostError` family; NotFound when the team or repository itself is not shown.

    Without `confirm`, an answer "not found" is not looked into: NotFound then stands for both. For whoever asks about
    many teams, and learns from a list which of them are shown.
    """

    def find_team_member(self, team_id: str, account_id: str, *, confirm: bool = True) -> RemoteMember | None: ...

    def find_repository_member(self, repository_id: str, account_id: str) -> RemoteMember | None: ...


class Source(Protocol):
    """Reading code through the API and through git."""

    def read_file(self, repository_id: str, path: str, *, ref: str) -> bytes | None:
        """The file's bytes; None when the host says that file or ref does not exist (empty repository included)."""
        ...

    @property
    def files_at_once(self) -> int:
        """Of how many repositories `read_head_files` reads in one request."""
        ...

    def read_head_files(self, repository_ids: Sequence[str], path: str) -> Mapping[str, bytes | None]:
        """One file of the default branch of each repository; None as `read_file`. One key for each, or it raises."""
        ...

    def read_repository(self, repository_id: str) -> RemoteRepository: ...

    def git_credential(self) -> GitCredential: ...


class HookInstaller(Protocol):
    """Webhooks at the host. `parent_id` is an organization's or repository's remote id, by `level`."""

    def list_hooks(self, level: HookLevel, parent_id: str) -> Iterator[RemoteHook]: ...

    def ensure_hook(self, level: HookLevel, parent_id: str, *, url: str, secret: str) -> RemoteHook:
        """Create the hook, or repair the one with this URL. Raises Forbidden/NotFound where it can not be had."""
        ...

    def remove_hook(self, level: HookLevel, parent_id: str, remote_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class RefsChanged:
    """Branches or tags of one repository changed."""

    repository_id: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepositoriesChanged:
    """Repositories appeared, went, were renamed or moved."""

    repository_id: str | None = None


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """Somebody's membership or a team changed."""

    account_id: str | None = None
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class HookRemoved:
    """The host tells us that this hook was removed."""


@dataclass(frozen=True, slots=True)
class Ping:
    """A test or an event that asks for nothing."""


HookEvent = RefsChanged | RepositoriesChanged | MembersChanged | HookRemoved | Ping


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook delivery. `key` is what to de-duplicate by."""

    key: str
    name: str  # the host's own event name, for the log
    events: tuple[HookEvent, ...]
    is_unproven: bool = False  # the host does not sign this one: anybody who knows the address could have sent it


class HookParser(Protocol):
    """Pure. Both take the raw request; header names are lower-cased."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> None:
        """Raise InvalidSignature unless the delivery proves knowledge of `secret`."""
        ...

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What the delivery says. Raises UnexpectedResponse for a body that is no delivery of this host."""
        ...


@dataclass(frozen=True, slots=True)
class CodeHost:
    """One open code host with one credential: the parts it has."""

    directory: Directory
    grants: Grants
    source: Source
    hook_installer: HookInstaller | None
    hook_parser: HookParser
    request_count: RequestCount
    team_grants: TeamGrants | None = None
    people: People | None = None
    own_access: OwnAccess | None = None
    teams_include_subteams: bool = False  # members of a team are also those of the teams below it, not of those above
    has_repository_teams: bool = False  # `grants` names teams, too, also such as the directory does not list
    forget_answers: Callable[[], None] = lambda: None  # after nonsense: what was kept of it would be confirmed for ever
