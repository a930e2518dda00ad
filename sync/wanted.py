"""Decide from a snapshot who should be in which team, and who may read which repository. Pure: no I/O, no clock."""

from collections.abc import Iterator
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


def is_effective(member: RemoteMember, *, today: date) -> bool:
    """Whether a membership gives anything today: active people only, no bots, nothing expired or awaiting approval."""
    account = member.account
    if account.state is not AccountState.ACTIVE or account.is_bot or member.is_awaiting:
        return False
    return member.expires_on is None or member.expires_on > today


def wanted_teams(snapshot: Snapshot, *, today: date) -> dict[TeamKey, WantedTeam]:
    """One team per (sub)group and role that somebody effective has."""
    return {
        (team.remote_id, member.role.key): WantedTeam(team, member.role)
        for team in snapshot.teams
        for member in _effective(snapshot.team_members.get(team.remote_id), today)
    }


def wanted_memberships(snapshot: Snapshot, *, today: date) -> dict[tuple[TeamKey, str], WantedMembership]:
    """Who should be in which team. Somebody with the same role in the parent group is there by inheritance."""
    roles = _roles_by_team(snapshot, today)
    wanted = {}
    for team in snapshot.teams:
        inherited = roles.get(team.parent_id or "", {})
        for member in _effective(snapshot.team_members.get(team.remote_id), today):
            account_id = member.account.remote_id
            is_inherited = inherited.get(account_id) == member.role.key
            source = MembershipSource.INHERITED if is_inherited else MembershipSource.DIRECT
            wanted[(team.remote_id, member.role.key), account_id] = WantedMembership(source, member.expires_on)
    return wanted


def wanted_standing(snapshot: Snapshot, *, today: date) -> dict[TeamKind, set[str]]:
    """The accounts that own and administer the root."""
    standing = {TeamKind.OWNERS: Standing.OWNER, TeamKind.ADMINS: Standing.ADMIN}
    members = list(_effective(snapshot.root_members, today))
    return {
        kind: {member.account.remote_id for member in members if member.role.standing is wanted}
        for kind, wanted in standing.items()
    }


def wanted_grants(snapshot: Snapshot, *, today: date) -> dict[GrantKey, WantedGrant]:
    """Every reason to read a repository's code: through its group's teams, directly, or because all may see it."""
    roles = _roles_of_teams(wanted_teams(snapshot, today=today))
    levels = _levels_by_team(snapshot, today)
    grants: dict[GrantKey, WantedGrant] = {}
    for repository in snapshot.repositories:
        if repository.code_access is not CodeAccess.DISABLED:
            grants.update(_team_grants(repository, roles.get(repository.team_id or "", [])))
            grants.update(_direct_grants(repository, snapshot, levels.get(repository.team_id or "", {}), today))
            grants.update(_visibility_grant(repository))
    return grants


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


def _team_grants(repository: RemoteRepository, roles: list[WantedTeam]) -> Iterator[tuple[GrantKey, WantedGrant]]:
    for wanted in roles:
        if reads_code(repository, wanted.role):
            key = (wanted.team.remote_id, wanted.role.key)
            source = _source(wanted.role, GrantSource.TEAM)
            yield (
                GrantKey(repository.remote_id, source, team=key),
                WantedGrant(wanted.role.name, wanted.role.level),
            )


def _direct_grants(
    repository: RemoteRepository, snapshot: Snapshot, group_levels: dict[str, tuple[int, bool]], today: date
) -> Iterator[tuple[GrantKey, WantedGrant]]:
    group = snapshot.team_members.get(repository.team_id or "")
    if group is not None and group.is_open:
        return  # who is there by the group is not known in this run, so neither is who has more than that
    for member in _effective(snapshot.repository_members.get(repository.remote_id), today):
        in_group = group_levels.get(member.account.remote_id)
        if in_group == (member.role.level, member.role.reads_code) or not reads_code(repository, member.role):
            continue
        source = _source(member.role, GrantSource.DIRECT)
        yield (
            GrantKey(repository.remote_id, source, account_id=member.account.remote_id),
            WantedGrant(member.role.name, member.role.level, member.expires_on),
        )


def _source(role: RemoteRole, through: GrantSource) -> GrantSource:
    """A role that does not read code by itself reads it because the repository is internal or public."""
    return through if role.reads_code else GrantSource.VISIBILITY


def _visibility_grant(repository: RemoteRepository) -> Iterator[tuple[GrantKey, WantedGrant]]:
    if repository.visibility is not Visibility.PRIVATE and repository.code_access is CodeAccess.ENABLED:
        yield GrantKey(repository.remote_id, GrantSource.VISIBILITY), WantedGrant(repository.visibility.capitalize())


def _roles_of_teams(teams: dict[TeamKey, WantedTeam]) -> dict[str, list[WantedTeam]]:
    by_team: dict[str, list[WantedTeam]] = {}
    for (team_id, _), wanted in teams.items():
        by_team.setdefault(team_id, []).append(wanted)
    return by_team


def _effective(part: Part[RemoteMember] | None, today: date) -> Iterator[RemoteMember]:
    return (member for member in (part.items if part else ()) if is_effective(member, today=today))


def _roles_by_team(snapshot: Snapshot, today: date) -> dict[str, dict[str, str]]:
    return {
        team_id: {member.account.remote_id: member.role.key for member in _effective(part, today)}
        for team_id, part in snapshot.team_members.items()
    }


def _levels_by_team(snapshot: Snapshot, today: date) -> dict[str, dict[str, tuple[int, bool]]]:
    return {
        team_id: {
            member.account.remote_id: (member.role.level, member.role.reads_code) for member in _effective(part, today)
        }
        for team_id, part in snapshot.team_members.items()
    }
