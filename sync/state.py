"""What we have, as values that can be compared with what the host has. Ids of rows are kept apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from integrations.codehost import AccountState, RemoteAccount, RemoteRepository
from models import ManifestState, TeamKind
from sync.wanted import GrantKey, TeamKey, WantedGrant, WantedMembership, WantedTeam

StandingKey = tuple[TeamKind, str]  # built-in team, account


class IdentityValue(NamedTuple):
    """What we store of an account."""

    login: str
    display_name: str
    web_url: str
    avatar_url: str
    is_blocked: bool

    @classmethod
    def of(cls, account: RemoteAccount) -> "IdentityValue":
        """From what the host says."""
        is_blocked = account.state is not AccountState.ACTIVE
        return cls(account.login, account.display_name, account.web_url, account.avatar_url, is_blocked)


class TeamValue(NamedTuple):
    """What we store of a team."""

    name: str
    path: str
    web_url: str
    parent_id: str | None
    role_name: str
    role_level: int

    @classmethod
    def of(cls, wanted: WantedTeam) -> "TeamValue":
        """From what the host says."""
        team, role = wanted.team, wanted.role
        return cls(team.name, team.path, team.web_url, team.parent_id, role.name, role.level)


class RepositoryValue(NamedTuple):
    """What we store of a repository."""

    name: str
    path: str
    web_url: str
    clone_url: str
    team_id: str | None
    visibility: str
    code_access: str
    default_branch: str | None
    is_archived: bool
    is_pending_deletion: bool
    last_activity_at: datetime | None

    @classmethod
    def of(cls, repository: RemoteRepository) -> "RepositoryValue":
        """From what the host says."""
        return cls(
            name=repository.name,
            path=repository.path,
            web_url=repository.web_url,
            clone_url=repository.clone_url,
            team_id=repository.team_id,
            visibility=repository.visibility.value,
            code_access=repository.code_access.value,
            default_branch=repository.default_branch,
            is_archived=repository.is_archived,
            is_pending_deletion=repository.is_pending_deletion,
            last_activity_at=repository.last_activity_at,
        )


class ManifestValue(NamedTuple):
    """What we know about a repository's composer.json, and whether its package was deleted by hand."""

    state: ManifestState = ManifestState.UNKNOWN
    name: str = ""
    reason: str = ""
    is_excluded: bool = False


class PackageValue(NamedTuple):
    """A package that is not removed."""

    package_id: int
    name: str


@dataclass(frozen=True, slots=True)
class RowIds:
    """Where the values are stored."""

    identities: Mapping[str, int] = field(default_factory=dict)
    teams: Mapping[TeamKey, int] = field(default_factory=dict)
    memberships: Mapping[tuple[TeamKey, str], int] = field(default_factory=dict)
    standing: Mapping[StandingKey, int] = field(default_factory=dict)
    built_in_teams: Mapping[TeamKind, int] = field(default_factory=dict)
    repositories: Mapping[str, int] = field(default_factory=dict)  # removed ones too
    grants: Mapping[GrantKey, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """The local side of one synchronization, everything keyed by remote ids."""

    is_primary: bool = True
    identities: Mapping[str, IdentityValue] = field(default_factory=dict)
    teams: Mapping[TeamKey, TeamValue] = field(default_factory=dict)
    memberships: Mapping[tuple[TeamKey, str], WantedMembership] = field(default_factory=dict)
    standing: Mapping[StandingKey, WantedMembership] = field(default_factory=dict)
    repositories: Mapping[str, RepositoryValue] = field(default_factory=dict)  # without removed ones
    grants: Mapping[GrantKey, WantedGrant] = field(default_factory=dict)
    manifests: Mapping[str, ManifestValue] = field(default_factory=dict)
    packages: Mapping[str, tuple[PackageValue, ...]] = field(default_factory=dict)  # by repository
    ids: RowIds = field(default_factory=RowIds)
