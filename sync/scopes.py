"""Decide which members a quick check reads, and when it has to read everything. Pure: no I/O, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from integrations.codehost import RemoteMember, RemoteRepository, RemoteTeam
from sync.snapshot import Part, grant_part_of_team, member_part_of_repository, member_part_of_team
from sync.wanted import is_effective


@dataclass(frozen=True, slots=True)
class Place:
    """What decides about who reads a repository, besides people: where it lives and who may see it."""

    team_id: str | None
    visibility: str
    code_access: str

    @classmethod
    def of(cls, repository: RemoteRepository) -> "Place":
        """From what the host says."""
        return cls(repository.team_id, repository.visibility.value, repository.code_access.value)


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier runs brought in, as far as a quick check compares it."""

    parents: Mapping[str, str | None] = field(default_factory=dict)  # by team
    places: Mapping[str, Place] = field(default_factory=dict)  # by repository
    root_roles: frozenset[tuple[str, str]] = frozenset()  # account and role, of the root's members
    kept_roles: frozenset[tuple[str, str]] = frozenset()  # those that the host may lack: their removal waits
    unread: frozenset[str] = frozenset()  # parts that the run before could not read


@dataclass(frozen=True, slots=True)
class Selection:
    """Of which teams and repositories the members are read."""

    teams: frozenset[str]
    repositories: frozenset[str]
    is_everything: bool = False


def select_everything(teams: Iterable[RemoteTeam], repositories: Iterable[RemoteRepository]) -> Selection:
    """All members of all."""
    return Selection(
        frozenset(team.remote_id for team in teams),
        frozenset(repository.remote_id for repository in repositories),
        is_everything=True,
    )


def select_changed(
    known: Known,
    teams: Sequence[RemoteTeam],
    repositories: Sequence[RemoteRepository],
    root_members: Part[RemoteMember],
    *,
    today: date,
) -> Selection:
    """What is new, was moved, changed who may see it, or was not readable before.

    Everything, when the root has other members than before: what is below it inherits them.
    """
    if root_members.is_complete and _has_other_members(known, root_members, today):
        return select_everything(teams, repositories)
    parents = {team.remote_id: team.parent_id for team in teams}
    moved = {team.remote_id for team in teams if known.parents.get(team.remote_id, "new") != team.parent_id}
    changed = [
        repository
        for repository in repositories
        if known.places.get(repository.remote_id) != Place.of(repository)
        or member_part_of_repository(repository.remote_id) in known.unread
    ]
    wanted = {team_id for team_id in parents if not known.unread.isdisjoint(_parts_of(team_id))}
    wanted |= _with_descendants(moved, parents) | {item.team_id for item in changed if item.team_id in parents}
    return Selection(
        frozenset(_with_ancestors(wanted, parents)), frozenset(repository.remote_id for repository in changed)
    )


def _parts_of(team_id: str) -> set[str]:
    return {member_part_of_team(team_id), grant_part_of_team(team_id)}


def _has_other_members(known: Known, root_members: Part[RemoteMember], today: date) -> bool:
    there = {
        (member.account.remote_id, member.role.key)
        for member in root_members.items
        if is_effective(member, today=today)
    }
    return bool(there - known.root_roles) or bool(known.root_roles - there - known.kept_roles)


def _with_descendants(found: set[str], parents: Mapping[str, str | None]) -> set[str]:
    if not found:
        return set()
    return {team_id for team_id in parents if not found.isdisjoint(ancestry(team_id, parents))}


def _with_ancestors(found: Iterable[str | None], parents: Mapping[str, str | None]) -> set[str]:
    return {team_id for wanted in found for team_id in ancestry(wanted, parents)}


def ancestry(team_id: str | None, parents: Mapping[str, str | None]) -> list[str]:
    """A team and those above it, as far as they are known; a circle is walked once."""
    found: list[str] = []
    while team_id is not None and team_id in parents and team_id not in found:
        found.append(team_id)
        team_id = parents[team_id]
    return found
