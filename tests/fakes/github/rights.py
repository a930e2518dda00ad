"""GitHub's rules: what a person may do with a repository, a team, an organization."""

from collections.abc import Iterator
from typing import NamedTuple

from .model import NAMED_ROLES, Organization, Repo, Team, User, rank, role_name
from .server_core import Core
from .state import State


class Access(NamedTuple):
    """The strongest role of somebody in a repository. `source` is where it comes from."""

    rank: int
    name: str  # as the API names it, also a custom role's
    source: str  # Organization, Team or Repository
    source_id: int = 0  # of a team

    @property
    def permissions(self) -> dict[str, bool]:
        names = ("admin", "maintain", "push", "triage", "pull")
        return {name: self.rank >= rank(name) for name in names}


NO_ACCESS = Access(0, "none", "")


def grants(state: State, repo: Repo, user: User) -> Iterator[Access]:
    """Every grant that reaches somebody, whatever the repository's visibility."""
    if repo.owner_id == user.id:
        yield Access(rank("admin"), "admin", "Repository")
    role = state.collaborators.get(repo.id, {}).get(user.id)
    if role is not None:
        yield resolved(state, repo.owner_id, role, "Repository")
    organization = state.organization_of(repo)
    if organization is None:
        return
    membership = state.membership(organization.id, user.id)
    if membership is None or not membership.is_active:
        return
    base = "admin" if membership.role == "admin" else NAMED_ROLES[organization.base_permission]
    yield Access(rank(base), role_name(base), "Organization")
    teams = teams_around(state, organization, user)
    for team in teams:
        if repo.id in state.team_repos.get(team.id, {}):
            yield resolved(state, organization.id, state.team_repos[team.id][repo.id], "Team", team.id)
    yield from _organization_roles(state, organization, user, teams)


def _organization_roles(state: State, organization: Organization, user: User, teams: list[Team]) -> Iterator[Access]:
    own = {team.id for team in teams}
    for each in state.role_assignments:
        role = state.organization_roles[each.role_id]
        if role.organization_id == organization.id and (each.user_id == user.id or each.team_id in own):
            yield Access(rank(role.base), role_name(role.base), "Organization")


def teams_around(state: State, organization: Organization, user: User) -> list[Team]:
    """The teams that somebody is in, and all teams above those."""
    found: dict[int, Team] = {}
    for team in state.teams_of(organization.id):
        membership = state.team_members.get(team.id, {}).get(user.id)
        if membership is not None and membership.is_active:
            found |= {each.id: each for each in state.team_chain(team)}
    return list(found.values())


def resolved(state: State, organization_id: int, role: str, source: str, source_id: int = 0) -> Access:
    """A built-in role by its key, or a custom one by its name."""
    for custom in state.custom_roles.values():
        if custom.organization_id == organization_id and custom.name == role:
            return Access(rank(custom.base), custom.name, source, source_id)
    return Access(rank(role), role_name(role), source, source_id)


def access(state: State, repo: Repo, user: User) -> Access:
    """The strongest grant. A suspended account keeps its rows, but see `reads`."""
    return max(grants(state, repo, user), key=lambda each: each.rank, default=NO_ACCESS)


def collaborators(state: State, repo: Repo, affiliation: str) -> list[tuple[User, Access]]:
    """Everybody with a role (all), with one of their own (direct), or only those who are no members (outside)."""
    own = state.collaborators.get(repo.id, {})
    home = state.organization_of(repo)
    members = state.members.get(repo.owner_id, {})
    keys = set(own) if affiliation != "all" else {*own, *members, repo.owner_id} & state.users.keys()
    if affiliation == "outside":
        keys = {key for key in keys if home is None or not is_member(state, home, state.users[key])}
    if affiliation == "all":
        found = everybody(state, repo)
        return [(state.users[key], found.get(key, NO_ACCESS)) for key in sorted(keys)]
    return [(state.users[key], access(state, repo, state.users[key])) for key in sorted(keys)]


def everybody(state: State, repo: Repo) -> dict[int, Access]:
    """What `access` says of everybody who has anything, found grant by grant: there may be thousands of people."""
    found: dict[int, Access] = {}
    for user_id, given in _given(state, repo):
        if given.rank > found.get(user_id, NO_ACCESS).rank:
            found[user_id] = given
    return found


def _given(state: State, repo: Repo) -> Iterator[tuple[int, Access]]:
    if repo.owner_id in state.users:
        yield repo.owner_id, Access(rank("admin"), "admin", "Repository")
    for user_id, role in state.collaborators.get(repo.id, {}).items():
        yield user_id, resolved(state, repo.owner_id, role, "Repository")
    home = state.organization_of(repo)
    if home is None:
        return
    members = {row.user_id: row.role for row in state.members.get(home.id, {}).values() if row.is_active}
    base = NAMED_ROLES[home.base_permission]
    for user_id, role in members.items():
        name = "admin" if role == "admin" else base
        yield user_id, Access(rank(name), role_name(name), "Organization")
    for team in state.teams_of(home.id):
        role_there = state.team_repos.get(team.id, {}).get(repo.id)
        if role_there is not None:
            given = resolved(state, home.id, role_there, "Team", team.id)
            yield from ((user_id, given) for user_id in _people_of(state, team) & members.keys())
    for each in state.role_assignments:
        role_everywhere = state.organization_roles[each.role_id]
        if role_everywhere.organization_id == home.id:
            given = Access(rank(role_everywhere.base), role_name(role_everywhere.base), "Organization")
            people = _people_of(state, state.teams[each.team_id]) if each.team_id else {each.user_id}
            yield from ((user_id, given) for user_id in people & members.keys())


def _people_of(state: State, team: Team) -> set[int]:
    """Those in the team and in all teams below it."""
    rows = (row for below in state.teams_below(team) for row in state.team_members.get(below.id, {}).values())
    return {row.user_id for row in rows if row.is_active}


def reads(core: Core, repo: Repo, user: User | None) -> bool:
    """Whether somebody may read the code."""
    if user is not None and not user.is_active:
        return False
    if repo.visibility == "public":
        return True
    if user is None:
        return False
    if repo.visibility == "internal" and in_enterprise(core, user):
        return True
    return access(core.state, repo, user).rank > 0


def in_enterprise(core: Core, user: User) -> bool:
    """Everybody on an Enterprise Server; in the cloud who is a member of any of the organizations."""
    if core.is_server:
        return True
    return any(row.is_active for rows in core.state.members.values() for row in rows.values() if row.user_id == user.id)


def is_owner(state: State, organization: Organization, user: User | None) -> bool:
    membership = state.membership(organization.id, user.id) if user is not None else None
    return membership is not None and membership.is_active and membership.role == "admin"


def is_member(state: State, organization: Organization, user: User | None) -> bool:
    membership = state.membership(organization.id, user.id) if user is not None else None
    return membership is not None and membership.is_active


def sees_team(state: State, team: Team, user: User | None) -> bool:
    """Secret teams are for their members and for owners."""
    organization = state.organizations[team.organization_id]
    if user is None or not is_member(state, organization, user):
        return False
    is_inside = user.id in state.team_members.get(team.id, {})
    return team.privacy != "secret" or is_inside or is_owner(state, organization, user)


def outside_collaborators(state: State, organization: Organization) -> list[User]:
    """People with a grant in some repository who are no members."""
    found = {key for repo in state.repos_of(organization.id) for key in state.collaborators.get(repo.id, {})}
    return [state.users[key] for key in sorted(found) if not is_member(state, organization, state.users[key])]
