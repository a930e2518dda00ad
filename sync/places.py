"""Decide where one person is looked for, and make a snapshot of what was found. Pure: no I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from integrations.codehost import RemoteMember, RemoteOrganization, RemoteRepository, RemoteTeam
from sync.scopes import ancestry
from sync.snapshot import SKIPPED, Part, Snapshot
from sync.wanted import is_effective

FEW_TEAMS = 30  # so many are all asked when nobody says where something changed
MOST_REPOSITORIES = 100

Parts = Mapping[str, Part[RemoteMember]]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known here about one person, and about the places where they can be."""

    root: RemoteOrganization
    teams: Mapping[str, RemoteTeam] = field(default_factory=dict)
    repositories: tuple[RemoteRepository, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)  # team -> the person's role in it
    direct: frozenset[str] = frozenset()  # teams that the person is in by more than inheritance
    granted: frozenset[str] = frozenset()  # repositories that the person reads by a grant of their own

    @property
    def parents(self) -> dict[str, str | None]:
        """By team."""
        return {team_id: team.parent_id for team_id, team in self.teams.items()}


@dataclass(frozen=True, slots=True)
class Places:
    """Where to ask for the person."""

    teams: frozenset[str]
    repositories: frozenset[str]


def choose_places(known: Whereabouts, *, team_id: str = "") -> Places:
    """Around `team_id` and below it; without one (or one that is new) wherever the person is known to be."""
    parents = known.parents
    if team_id in parents:
        around = {team for team in parents if team_id in ancestry(team, parents)}
    else:
        around = set(parents) if len(parents) <= FEW_TEAMS else set(known.direct)
    team_of = {repository.remote_id: repository.team_id for repository in known.repositories}
    granted = [key for key in sorted(known.granted) if team_id not in parents or team_of.get(key) in around]
    repositories = frozenset(granted[:MOST_REPOSITORIES])
    around |= {known.root.remote_id} | {team_of.get(key) or "" for key in repositories}
    return Places(frozenset(above for team in around for above in ancestry(team, parents)), repositories)


def places_below_changes(known: Whereabouts, asked: Parts, *, today: date) -> frozenset[str]:
    """Teams that inherit from one where the person's role is another than before, and were not asked about."""
    parents = known.parents
    changed = {
        key for key, part in asked.items() if part.is_complete and _role(part, today) != known.roles.get(key, "")
    }
    if not changed:
        return frozenset()
    return frozenset(team for team in parents if team not in asked and not changed.isdisjoint(ancestry(team, parents)))


def person_snapshot(
    known: Whereabouts,
    *,
    account_id: str,
    teams: Parts,
    repositories: Parts,
    began_at: datetime,
    teams_include_subteams: bool = False,
) -> Snapshot:
    """Evidence about this account, and about nobody else."""
    places = [item for item in known.repositories if item.team_id in teams or item.remote_id in repositories]
    return Snapshot(
        root=known.root,
        teams=tuple(known.teams[key] for key in sorted(teams)),
        team_members=teams,
        repositories=tuple(places),
        repository_members={item.remote_id: repositories.get(item.remote_id, SKIPPED) for item in places},
        teams_include_subteams=teams_include_subteams,
        person=account_id,
        began_at=began_at,
    )


def _role(part: Part[RemoteMember], today: date) -> str:
    return next((member.role.key for member in part.items if is_effective(member, today=today)), "")
