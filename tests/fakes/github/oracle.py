"""Brute force over every grant: who may read a repository's code. Shares no code with the API's rules."""

from collections.abc import Collection, Iterator

from .model import Organization, Repo
from .state import State


def readers(state: State, repo: Repo, *, confirmed: Collection[int] = (), suspended: bool = False) -> set[int]:
    """Ids of those people of the repository's organization who may read its code by GitHub's rules.

    People are the active members and whoever has a grant of their own in one of the repositories. An internal
    repository is read by the members, and by those others in `confirmed`: whether they belong to the enterprise only
    they can see. `suspended`: also those accounts that an Enterprise Server lets nowhere in, but still lists.
    """
    organization = state.organizations[repo.owner_id]
    members = {row.user_id for row in state.members.get(organization.id, {}).values() if row.state == "active"}
    collaborators = {key for each in state.repos_of(organization.id) for key in state.collaborators.get(each.id, {})}
    granted = set(_granted(state, organization, repo, members))
    if repo.visibility == "public":
        granted |= members | collaborators
    if repo.visibility == "internal":
        granted |= members | (collaborators & set(confirmed))
    people = (members | collaborators) & granted
    return {key for key in people if suspended or state.users[key].suspended_at is None}


def _granted(state: State, organization: Organization, repo: Repo, members: set[int]) -> Iterator[int]:
    yield from state.collaborators.get(repo.id, {})
    if organization.base_permission != "none":
        yield from members
    yield from (key for key in members if state.members[organization.id][key].role == "admin")
    open_teams = _open_teams(state, organization, repo)
    for team_id, rows in state.team_members.items():
        if _ancestry(state, team_id) & open_teams:
            yield from (row.user_id for row in rows.values() if row.state == "active" and row.user_id in members)
    for each in state.role_assignments:
        role = state.organization_roles[each.role_id]
        if role.organization_id == organization.id and role.base != "none" and each.user_id in members:
            yield each.user_id


def _open_teams(state: State, organization: Organization, repo: Repo) -> set[int]:
    """Teams that have a role in the repository, or in all repositories."""
    everywhere = {
        each.team_id
        for each in state.role_assignments
        if state.organization_roles[each.role_id].base != "none"
        and state.organization_roles[each.role_id].organization_id == organization.id
    }
    return {key for key, roles in state.team_repos.items() if repo.id in roles} | everywhere


def _ancestry(state: State, team_id: int) -> set[int]:
    found: set[int] = set()
    key: int | None = team_id
    while key is not None:
        found.add(key)
        key = state.teams[key].parent_id
    return found
