"""Who may do what in a repository, computed the way the API needs it: the highest of all grants."""

from .model import GRANTS, Account, Permission, Project, Repo
from .state import State


def effective(state: State, repo: Repo, account: str) -> Permission:
    """What ownership, groups and grants on the repository and its project give; public reading is not counted."""
    if state.role_in(repo.workspace, account) == "owner":
        return Permission.ADMIN
    return _granted(state, repo.workspace, (repo.uuid, repo.project), account)


def effective_in_project(state: State, project: Project, account: str) -> Permission:
    if state.role_in(project.workspace, account) == "owner":
        return Permission.ADMIN
    return _granted(state, project.workspace, (project.uuid,), account)


def _granted(state: State, workspace: str, places: tuple[str, ...], account: str) -> Permission:
    best = Permission.NONE
    for place in places:
        for holder, grant in state.grants_at(place).items():
            if holder.kind == "user":
                is_ours = holder.key == account
            else:
                is_ours = account in state.groups[workspace][holder.key].members
            if is_ours:
                best = max(best, GRANTS[grant])
    return best


def effective_rows(state: State, repo: Repo) -> list[tuple[Account, Permission]]:
    """Everybody with any permission, in the order in which the accounts were made."""
    found: dict[str, Permission] = {}
    for place in (repo.uuid, repo.project):
        for holder, grant in state.grants_at(place).items():
            people = [holder.key] if holder.kind == "user" else state.groups[repo.workspace][holder.key].members
            for each in people:
                found[each] = max(found.get(each, Permission.NONE), GRANTS[grant])
    found |= {key: Permission.ADMIN for key, role in state.members[repo.workspace].items() if role == "owner"}
    return [(state.accounts[key], found[key]) for key in sorted(found, key=lambda key: _age(state, key)) if found[key]]


def _age(state: State, key: str) -> tuple[str, str]:
    return state.accounts[key].created_on.isoformat(), key
