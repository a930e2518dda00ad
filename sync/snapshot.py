"""What one run read from the host: every part is complete, unknown or gone. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from integrations.codehost import RemoteMember, RemoteOrganization, RemoteRepository, RemoteTeam
from models import ManifestState, PartStatus

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Part(Generic[Item]):
    """One listing. Only a complete part may remove anything; what an unknown one would say is left as it was."""

    status: PartStatus
    items: tuple[Item, ...] = ()
    reason: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the listing was read to its end."""
        return self.status is PartStatus.COMPLETE


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the root of a repository's default branch has as `composer.json`. `name` is in lower case."""

    state: ManifestState
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The remote side. Teams and repositories were listed completely, else there is no snapshot at all."""

    root: RemoteOrganization
    teams: tuple[RemoteTeam, ...]
    team_members: Mapping[str, Part[RemoteMember]]  # by team
    repositories: tuple[RemoteRepository, ...]
    repository_members: Mapping[str, Part[RemoteMember]]  # by repository
    manifests: Mapping[str, Manifest] = field(default_factory=dict)  # by repository, only those looked at in this run
    may_remove: bool = True  # False: the credential sees less than everything
    doubt: str = ""  # why `may_remove` is False

    @property
    def root_members(self) -> Part[RemoteMember]:
        """The members of the root itself."""
        return self.team_members.get(self.root.remote_id, Part(PartStatus.UNKNOWN))

    @property
    def unknown_parts(self) -> dict[str, str]:
        """Which parts are not known, and why."""
        parts = {f"team:{key}/members": part for key, part in self.team_members.items()}
        parts |= {f"repository:{key}/members": part for key, part in self.repository_members.items()}
        return {key: part.reason for key, part in parts.items() if part.status is PartStatus.UNKNOWN}
