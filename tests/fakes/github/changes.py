"""Changes that GitHub tells its hooks about, or keeps to itself."""

import re
from dataclasses import replace

from tests.fakes.parts.repository import Repository

from . import hook_events
from .model import Organization, OrganizationMembership, Repo, Team, TeamMembership, User, role_name
from .rights import is_member
from .server_core import Core


def slug_of(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")


def put_member(
    core: Core, home: Organization, user: User, role: str, *, state: str = "active", is_public: bool = False
) -> None:
    """Add somebody, or change the role: of which nobody hears."""
    with core.state.lock:
        rows = core.state.members.setdefault(home.id, {})
        known = rows.get(user.id)
        rows[user.id] = row = OrganizationMembership(home.id, user.id, role, state, is_public)
        if known is None or not known.is_active:
            hook_events.organization_member_changed(core, row, "member_added" if row.is_active else "member_invited")
        for team in core.state.teams_of(home.id) if row.is_active else []:
            membership = core.state.team_members.get(team.id, {}).get(user.id)
            if membership is not None:
                membership.state = "active"


def remove_member(core: Core, home: Organization, user: User, *, keeps_repos: bool) -> None:
    """With all teams, and with the roles in single repositories unless they are kept. Raises KeyError."""
    with core.state.lock:
        row = core.state.members[home.id].pop(user.id)
        for team in core.state.teams_of(home.id):
            core.state.team_members.get(team.id, {}).pop(user.id, None)
        for repo in core.state.repos_of(home.id) if not keeps_repos else []:
            core.state.collaborators.get(repo.id, {}).pop(user.id, None)
        core.state.role_assignments[:] = [
            each
            for each in core.state.role_assignments
            if each.user_id != user.id or core.state.organization_roles[each.role_id].organization_id != home.id
        ]
        hook_events.organization_member_changed(core, row, "member_removed")


def rename_organization(core: Core, home: Organization, login: str) -> None:
    """Addresses of its repositories lead on; its own do not."""
    with core.state.lock:
        for repo in core.state.repos_of(home.id):
            core.state.moved_repos[core.state.full_name(repo).lower()] = repo.id
        former, home.login = home.login, login
        home.updated_at = core.clock.now()
        hook_events.organization_changed(core, home, "renamed", changes={"login": {"from": former}})


def put_team(core: Core, team: Team) -> Team:
    """Raises ValueError for a secret team in a hierarchy and for a slug that is taken."""
    with core.state.lock:
        parent = core.state.teams.get(team.parent_id or 0)
        if parent is not None and (team.privacy == "secret" or parent.privacy == "secret"):
            raise ValueError("secret teams are not nested")
        if core.state.team_by(team.organization_id, team.slug) is not None:
            raise ValueError(f"team {team.slug} exists")
        core.state.teams[team.id] = team
        hook_events.team_changed(core, team, "created")
    return team


def update_team(core: Core, team: Team, **values: object) -> None:
    """Set name (and with it the slug), parent_id, privacy or description."""
    with core.state.lock:
        former = {name: {"from": getattr(team, name)} for name in values if name in {"name", "privacy", "description"}}
        changed = replace(team, **values)  # type: ignore[arg-type]
        for name in values:
            setattr(team, name, getattr(changed, name))
        team.slug = slug_of(team.name)
        hook_events.team_changed(core, team, "edited", changes=former)


def delete_team(core: Core, team: Team) -> None:
    """With all teams below it."""
    with core.state.lock:
        for child in [each for each in core.state.teams.values() if each.parent_id == team.id]:
            delete_team(core, child)
        for user_id in list(core.state.team_members.pop(team.id, {})):
            hook_events.team_member_changed(core, team, core.state.users[user_id], "removed", is_gone=True)
        core.state.team_repos.pop(team.id, None)
        assignments = core.state.role_assignments
        assignments[:] = [each for each in assignments if each.team_id != team.id]
        hook_events.team_changed(core, team, "deleted")
        del core.state.teams[team.id]


def put_team_member(core: Core, team: Team, user: User, role: str) -> None:
    """Who is no member of the organization is invited first: the membership waits. Raises ValueError for a stranger."""
    with core.state.lock:
        home = core.state.organizations[team.organization_id]
        row = core.state.membership(home.id, user.id)
        if row is None:
            raise ValueError(f"{user.login} is no member of {home.login}")
        rows = core.state.team_members.setdefault(team.id, {})
        is_new = user.id not in rows
        rows[user.id] = TeamMembership(team.id, user.id, role, "active" if row.is_active else "pending")
        if is_new and is_member(core.state, home, user):
            hook_events.team_member_changed(core, team, user, "added")


def remove_team_member(core: Core, team: Team, user: User) -> None:
    """Raises KeyError."""
    with core.state.lock:
        del core.state.team_members[team.id][user.id]
        hook_events.team_member_changed(core, team, user, "removed")


def put_team_repo(core: Core, team: Team, repo: Repo, role: str) -> None:
    """Give a team a role in a repository, or another one than before."""
    with core.state.lock:
        roles = core.state.team_repos.setdefault(team.id, {})
        former = roles.get(repo.id)
        roles[repo.id] = role
        if former is None:
            hook_events.team_changed(core, team, "added_to_repository", repo)
        elif former != role:
            flags = {name: former == name for name in ("admin", "pull", "push")}
            changes = {"repository": {"permissions": {"from": flags}}}
            hook_events.team_changed(core, team, "edited", repo, changes=changes)


def remove_team_repo(core: Core, team: Team, repo: Repo) -> None:
    """Raises KeyError."""
    with core.state.lock:
        del core.state.team_repos[team.id][repo.id]
        hook_events.team_changed(core, team, "removed_from_repository", repo)


def put_collaborator(core: Core, repo: Repo, user: User, role: str) -> None:
    with core.state.lock:
        rows = core.state.collaborators.setdefault(repo.id, {})
        former = rows.get(user.id)
        rows[user.id] = role
        now, before = role_name(role), role_name(former or "none")
        changes: dict[str, object] = {"permission": {"to": now}, "role_name": {"to": now}}
        if former is None:
            hook_events.collaborator_changed(core, repo, user, "added", changes=changes)
            return
        changes |= {"old_permission": {"from": before}, "permission": {"from": before, "to": now}}
        hook_events.collaborator_changed(core, repo, user, "edited", changes=changes)


def remove_collaborator(core: Core, repo: Repo, user: User) -> None:
    """Raises KeyError."""
    with core.state.lock:
        del core.state.collaborators[repo.id][user.id]
        hook_events.collaborator_changed(core, repo, user, "removed")


def put_repo(core: Core, repo: Repo, default_branch: str) -> Repo:
    with core.state.lock:
        core.state.repos[repo.id] = repo
        core.state.repositories[repo.id] = Repository(core.root / f"{repo.id}.git", default_branch)
        core.state.moved_repos.pop(core.state.full_name(repo).lower(), None)
        hook_events.repository_changed(core, repo, "created")
    return repo


def update_repo(core: Core, repo: Repo, **values: object) -> None:
    """Set visibility, archived, disabled, description, is_blocked …"""
    with core.state.lock:
        former = {name: getattr(repo, name) for name in values}
        changed = replace(repo, **values)  # type: ignore[arg-type]
        for name in values:
            setattr(repo, name, getattr(changed, name))
        repo.updated_at = core.clock.now()
        for action in _actions(former, repo):
            hook_events.repository_changed(core, repo, action)


def _actions(former: dict[str, object], repo: Repo) -> list[str]:
    found = []
    if former.get("visibility", repo.visibility) != repo.visibility:
        found.append("publicized" if repo.visibility == "public" else "privatized")
    if former.get("archived", repo.archived) != repo.archived:
        found.append("archived" if repo.archived else "unarchived")
    return found or ["edited"]


def rename_repo(core: Core, repo: Repo, name: str) -> None:
    """The old address leads on until somebody else takes it."""
    with core.state.lock:
        former = repo.name
        core.state.moved_repos[core.state.full_name(repo).lower()] = repo.id
        repo.name = name
        core.state.moved_repos.pop(core.state.full_name(repo).lower(), None)
        changes = {"repository": {"name": {"from": former}}}
        hook_events.repository_changed(core, repo, "renamed", changes=changes)


def transfer_repo(core: Core, repo: Repo, target: Organization) -> None:
    """To another organization, without its teams. Only the receiving account hears of it."""
    with core.state.lock:
        former = core.state.owner(repo)
        core.state.moved_repos[core.state.full_name(repo).lower()] = repo.id
        repo.owner_id = target.id
        for roles in core.state.team_repos.values():
            roles.pop(repo.id, None)
        kind = "organization" if isinstance(former, Organization) else "user"
        changes = {"owner": {"from": {kind: {"login": former.login, "id": former.id}}}}
        hook_events.repository_changed(core, repo, "transferred", changes=changes)


def delete_repo(core: Core, repo: Repo) -> None:
    with core.state.lock:
        hook_events.repository_changed(core, repo, "deleted")
        for roles in core.state.team_repos.values():
            roles.pop(repo.id, None)
        core.state.collaborators.pop(repo.id, None)
        for hook in list(core.state.hooks_of("repository", repo.id)):
            del core.state.hooks[hook.id]
        for installation in core.state.installations.values():
            if installation.repository_ids is not None:
                installation.repository_ids.discard(repo.id)
        del core.state.repos[repo.id]
        del core.state.repositories[repo.id]


def set_default_branch(core: Core, repo: Repo, branch: str) -> None:
    with core.state.lock:
        repository = core.repository(repo)
        former = repository.default_branch
        repository.switch_default(branch)
        hook_events.repository_changed(core, repo, "edited", changes={"default_branch": {"from": former}})
