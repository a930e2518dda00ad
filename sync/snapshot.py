"""What one run read from the host: every part is complete, unknown, gone or skipped. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from integrations.codehost import RemoteMember, RemoteOrganization, RemoteRepository, RemoteTeam, RemoteTeamGrant
from models import ManifestState, PartStatus

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Part(Generic[Item]):
    """One listing. Only a complete part may remove anything; what another one would say is left as it was."""

    status: PartStatus
    items: tuple[Item, ...] = ()
    reason: str = ""
    is_forbidden: bool = False  # unknown because the credential may not know
    is_passing: bool = False  # unknown because the host was in trouble, not because of what it says

    @property
    def is_complete(self) -> bool:
        """Whether the listing was read to its end."""
        return self.status is PartStatus.COMPLETE

    @property
    def is_open(self) -> bool:
        """Whether this snapshot can not tell: the listing failed, or was not asked for."""
        return self.status in (PartStatus.UNKNOWN, PartStatus.SKIPPED)


SKIPPED: Part[RemoteMember] = Part(PartStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the root of a repository's default branch has as `composer.json`. `name` is in lower case."""

    state: ManifestState
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The remote side. Teams and repositories were listed completely, else there is no snapshot at all.

    The snapshot of one person has those teams and repositories of ours where the person was looked for. It is
    evidence about this account alone: nothing that belongs to others follows from it.
    """

    root: RemoteOrganization
    teams: tuple[RemoteTeam, ...]
    team_members: Mapping[str, Part[RemoteMember]]  # by team
    repositories: tuple[RemoteRepository, ...]
    repository_members: Mapping[str, Part[RemoteMember]]  # by repository
    team_grants: Mapping[str, Part[RemoteTeamGrant]] = field(default_factory=dict)  # by team, if the host lists them so
    repository_teams: Mapping[str, Part[RemoteTeamGrant]] = field(default_factory=dict)  # or by repository
    manifests: Mapping[str, Manifest] = field(default_factory=dict)  # by repository, only those looked at in this run
    teams_include_subteams: bool = False  # where else members of the team above are in the one below
    may_remove: bool = True  # False: the credential sees less than everything
    is_read_by_people: bool = False  # the credential may not list permissions: everybody's own token tells theirs
    doubt: str = ""  # why `may_remove` is False
    person: str = ""  # the account of which alone this tells
    settled: frozenset[str] = frozenset()  # accounts about which we know newer things: they stay as they are
    began_at: datetime | None = None  # when the oldest part was read

    @property
    def root_members(self) -> Part[RemoteMember]:
        """The members of the root itself."""
        return self.team_members.get(self.root.remote_id, Part(PartStatus.UNKNOWN))

    @property
    def unknown_parts(self) -> dict[str, str]:
        """Which parts are not known, and why."""
        parts = {member_part_of_team(key): part for key, part in self.team_members.items()}
        parts |= {member_part_of_repository(key): part for key, part in self.repository_members.items()}
        unknown = {key: part.reason for key, part in parts.items() if part.status is PartStatus.UNKNOWN}
        of_teams = self.team_grants.items()
        return unknown | {
            grant_part_of_team(key): part.reason for key, part in of_teams if part.status is PartStatus.UNKNOWN
        }


def member_part_of_team(team_id: str) -> str:
    """The key of a part."""
    return f"team:{team_id}/members"


def grant_part_of_team(team_id: str) -> str:
    """The key of a part."""
    return f"team:{team_id}/repositories"


def member_part_of_repository(repository_id: str) -> str:
    """The key of a part."""
    return f"repository:{repository_id}/members"


def manifest_part(repository_id: str) -> str:
    """The key of a part."""
    return f"repository:{repository_id}/manifest"
