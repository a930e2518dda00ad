"""Decide from a snapshot who should be in which team, and who may read which repository. Pure: no I/O, no clock."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from integrations.codehost import (
    AccountState,
    CodeAccess,
    RemoteAccount,
    RemoteMember,
    RemoteRepository,
    RemoteRole,
    RemoteTeam,
    Standing,
    Visibility,
)
from models import GrantSource, MembershipSource, TeamKind
from sync.snapshot import Part, Snapshot

TeamKey = tuple[str, str]  # remote id of the (sub)group, key of the role

Members = dict[str, list[RemoteMember]]  # those that count today, by team or repository

OWN_SOURCES = (GrantSource.CONFIRMED, GrantSource.INTERNAL)  # that accounts' own tokens confirm, and no listing names

# What there are thousands of is a named tuple: made, hashed and compared several times as fast as a dataclass.


class GrantKey(NamedTuple):
    """What makes a grant the same grant: repository, source and subject, all by remote id."""

    repository_id: str
    source: GrantSource
    team: TeamKey | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class WantedTeam:
    """A team that should exist here."""

    team: RemoteTeam
    role: RemoteRole


class WantedMembership(NamedTuple):
    """How somebody should be in a team."""

    source: MembershipSource
    expires_on: date | None = None


class WantedGrant(NamedTuple):
    """With which role, and until when, a grant should hold."""

    role_name: str = ""
    role_level: int = 0
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that there should be here."""

    teams: dict[TeamKey, WantedTeam]  # one per (sub)group and role that somebody effective has
    memberships: dict[tuple[TeamKey, str], WantedMembership]  # with the same role in the parent group: by inheritance
    standing: dict[TeamKind, set[str]]  # the accounts that own and administer the root
    grants: dict[GrantKey, WantedGrant]  # every reason to read a repository's code


def is_effective(member: RemoteMember, *, today: date) -> bool:
    """Whether a membership gives anything today: active people only, no bots, nothing expired or awaiting approval."""
    account = member.account
    if account.state is not AccountState.ACTIVE or account.is_bot or member.is_awaiting:
        return False
    return member.expires_on is None or member.expires_on > today


def read_wanted(snapshot: Snapshot, *, today: date) -> Wanted:
    """What the snapshot asks for today."""
    members = _effective(snapshot.team_members, today)
    teams = _teams(snapshot, members)
    collaborators = _effective(snapshot.repository_members, today)
    return Wanted(
        teams=teams,
        memberships=_memberships(snapshot, members),
        standing=_standing(members.get(snapshot.root.remote_id, [])),
        grants=_grants(snapshot, teams, members, collaborators),
    )


def accounts_of(snapshot: Snapshot) -> dict[str, RemoteAccount]:
    """Every account that the snapshot names, blocked ones too; bots are left out."""
    parts = [*snapshot.team_members.values(), *snapshot.repository_members.values()]
    accounts = (member.account for part in parts for member in part.items)
    return {account.remote_id: account for account in accounts if not account.is_bot}


def reads_code(repository: RemoteRepository, role: RemoteRole) -> bool:
    """Whether a role of one's own in the repository or its group suffices to read its code.

    Where the code of an internal or public repository is for members only, every member counts, guests too.
    """
    if repository.code_access is CodeAccess.MEMBERS and repository.visibility is not Visibility.PRIVATE:
        return True
    return role.reads_code


def _teams(snapshot: Snapshot, members: Members) -> dict[TeamKey, WantedTeam]:
    return {
        (team.remote_id, role.key): WantedTeam(team, role)
        for team in snapshot.teams
        for role in {member.role.key: member.role for member in members.get(team.remote_id, ())}.values()
    }


def _memberships(snapshot: Snapshot, members: Members) -> dict[tuple[TeamKey, str], WantedMembership]:
    roles = {key: {(member.account.remote_id, member.role.key) for member in part} for key, part in members.items()}
    others = _of_subteams(snapshot, roles) if snapshot.teams_include_subteams else _of_parents(snapshot, roles)
    through_others = MembershipSource.SUBTEAM if snapshot.teams_include_subteams else MembershipSource.INHERITED
    wanted = {}
    for team in snapshot.teams:
        there = others.get(team.remote_id, ())
        for member in members.get(team.remote_id, ()):
            account_id, role = member.account.remote_id, member.role.key
            source = through_others if (account_id, role) in there else MembershipSource.DIRECT
            wanted[(team.remote_id, role), account_id] = WantedMembership(source, member.expires_on)
    return wanted


Roles = dict[str, set[tuple[str, str]]]  # by team: account and role


def _of_parents(snapshot: Snapshot, roles: Roles) -> Roles:
    return {team.remote_id: roles.get(team.parent_id or "", set()) for team in snapshot.teams}


def _of_subteams(snapshot: Snapshot, roles: Roles) -> Roles:
    below: Roles = {}
    for team in snapshot.teams:
        below.setdefault(team.parent_id or "", set()).update(roles.get(team.remote_id, ()))
    return below


def _standing(root_members: list[RemoteMember]) -> dict[TeamKind, set[str]]:
    standing = {TeamKind.OWNERS: Standing.OWNER, TeamKind.ADMINS: Standing.ADMIN}
    return {
        kind: {member.account.remote_id for member in root_members if member.role.standing is wanted}
        for kind, wanted in standing.items()
    }


def _grants(
    snapshot: Snapshot, teams: dict[TeamKey, WantedTeam], members: Members, collaborators: Members
) -> dict[GrantKey, WantedGrant]:
    """Through the team of its group or one that was granted it, directly, or because all may see it."""
    roles = _roles_of_teams(teams)
    levels = {
        key: {member.account.remote_id: (member.role.level, member.role.reads_code) for member in part}
        for key, part in members.items()
    }
    grants = dict(_named_grants(snapshot, roles))
    readers = _readers_by_team(grants, members)
    for repository in snapshot.repositories:
        if repository.code_access is not CodeAccess.DISABLED:
            team_id = repository.team_id or ""
            grants.update(_team_grants(repository, roles.get(team_id, [])))
            if not _is_open(snapshot, team_id):
                own = collaborators.get(repository.remote_id, [])
                others = _unexplained(repository, own, levels.get(team_id, {}), readers)
                grants.update(_direct_grants(repository, others))
            grants.update(_visibility_grant(repository))
            grants.update(_base_grant(repository))
    return grants


def _readers_by_team(named: Mapping[GrantKey, WantedGrant], members: Members) -> dict[str, set[str]]:
    """By repository, the accounts in teams that were granted it."""
    readers: dict[str, set[str]] = {}
    for key in named:
        team_id, role = key.team or ("", "")
        accounts = (member.account.remote_id for member in members.get(team_id, ()) if member.role.key == role)
        readers.setdefault(key.repository_id, set()).update(accounts)
    return readers


def _unexplained(
    repository: RemoteRepository,
    members: list[RemoteMember],
    in_group: dict[str, tuple[int, bool]],
    readers: Mapping[str, set[str]],
) -> Iterator[RemoteMember]:
    """Those whose role is more than what their group gives; where the host only adds everything up, than any team."""
    of_teams = readers.get(repository.remote_id, set())
    for member in members:
        account_id, role = member.account.remote_id, member.role
        level, is_reading = in_group.get(account_id, (None, False))
        if member.is_sum:
            if not is_reading and account_id not in of_teams:
                yield member
        elif (level, is_reading) != (role.level, role.reads_code):
            yield member


def _named_grants(snapshot: Snapshot, roles: dict[str, list[WantedTeam]]) -> Iterator[tuple[GrantKey, WantedGrant]]:
    """What teams were granted on single repositories."""
    open_repositories = {
        item.remote_id for item in snapshot.repositories if item.code_access is not CodeAccess.DISABLED
    }
    for part in (*snapshot.team_grants.values(), *snapshot.repository_teams.values()):
        for grant in part.items:
            if grant.role.reads_code and grant.repository_id in open_repositories:
                for team in roles.get(grant.team.remote_id, ()):
                    key = GrantKey(grant.repository_id, GrantSource.TEAM, (team.team.remote_id, team.role.key))
                    yield key, WantedGrant(grant.role.name, grant.role.level)


def _is_open(snapshot: Snapshot, team_id: str) -> bool:
    """Who is there by the group is not known in this run, so neither is who has more than that."""
    group = snapshot.team_members.get(team_id)
    return group is not None and group.is_open


def _team_grants(repository: RemoteRepository, roles: list[WantedTeam]) -> Iterator[tuple[GrantKey, WantedGrant]]:
    for wanted in roles:
        role = wanted.role
        if reads_code(repository, role):
            key = GrantKey(repository.remote_id, _source(role, GrantSource.TEAM), (wanted.team.remote_id, role.key))
            yield key, WantedGrant(role.name, role.level)


def _direct_grants(
    repository: RemoteRepository, members: Iterable[RemoteMember]
) -> Iterator[tuple[GrantKey, WantedGrant]]:
    for member in members:
        role, through = member.role, GrantSource.INHERITED if member.is_sum else GrantSource.DIRECT
        if reads_code(repository, role):
            key = GrantKey(repository.remote_id, _source(role, through), account_id=member.account.remote_id)
            yield key, WantedGrant(role.name, role.level, member.expires_on)


def _source(role: RemoteRole, through: GrantSource) -> GrantSource:
    """A role that does not read code by itself reads it because the repository is internal or public."""
    return through if role.reads_code else GrantSource.VISIBILITY


def _visibility_grant(repository: RemoteRepository) -> Iterator[tuple[GrantKey, WantedGrant]]:
    if repository.visibility is not Visibility.PRIVATE and repository.code_access is CodeAccess.ENABLED:
        yield GrantKey(repository.remote_id, GrantSource.VISIBILITY), WantedGrant(repository.visibility.capitalize())


def _base_grant(repository: RemoteRepository) -> Iterator[tuple[GrantKey, WantedGrant]]:
    role = repository.base_role
    if role is not None and role.reads_code:
        yield GrantKey(repository.remote_id, GrantSource.BASE), WantedGrant(role.name, role.level)


def _roles_of_teams(teams: dict[TeamKey, WantedTeam]) -> dict[str, list[WantedTeam]]:
    by_team: dict[str, list[WantedTeam]] = {}
    for (team_id, _), wanted in teams.items():
        by_team.setdefault(team_id, []).append(wanted)
    return by_team


def _effective(parts: Mapping[str, Part[RemoteMember]], today: date) -> Members:
    return {key: [member for member in part.items if is_effective(member, today=today)] for key, part in parts.items()}
