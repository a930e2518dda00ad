"""Find what a path names, for a caller who may see it; what is hidden is not there."""

from .calls import Call
from .errors import failure, not_found
from .model import Permission, Project, Repo, Workspace
from .rights import effective_in_project
from .state import State

NO_REPOSITORY = (
    "You may not have access to this repository or it no longer exists in this workspace. If you think this "
    "repository exists and you have access, make sure you are authenticated."
)


def found_workspace(call: Call) -> Workspace:
    """Raises ApiError 404, also for a private workspace of others."""
    key = call.params["workspace"]
    found = call.core.state.workspace_by(key)
    if found is None or not _sees(call, found):
        raise not_found(f"No workspace with identifier '{key}'.")
    return found


def _sees(call: Call, found: Workspace) -> bool:
    if not found.is_private or call.caller.is_member(call.core.state, found.uuid):
        return True
    return any(call.caller.permission(call.core.state, each) for each in call.core.state.repos_of(found.uuid))


def member_workspace(call: Call) -> Workspace:
    """Raises ApiError 401, 404, or 403 for somebody who is not in the workspace."""
    call.caller.authenticated()
    found = call.core.state.workspace_by(call.params["workspace"])
    if found is None:
        raise not_found(f"No workspace with identifier '{call.params['workspace']}'.")
    if not call.caller.is_member(call.core.state, found.uuid):
        raise failure(403, "You do not have access to this workspace.")
    return found


def owned_workspace(call: Call) -> Workspace:
    """Raises ApiError 401, 404, or 403 for somebody who does not administer the workspace."""
    found = member_workspace(call)
    if not call.caller.is_owner(call.core.state, found.uuid):
        raise failure(403, "You must be an administrator of this workspace.")
    return found


def found_repo(call: Call) -> Repo:
    """Raises ApiError 404, also for a private repository that the caller may not read."""
    found = _named_repo(call.core.state, call.params["workspace"], call.params["repo_slug"])
    if found is None or not call.caller.sees(call.core.state, found):
        raise not_found(NO_REPOSITORY)
    return found


def _named_repo(state: State, workspace: str, key: str) -> Repo | None:
    """By workspace and name; with empty braces in place of the workspace, by its uuid alone."""
    if workspace == "{}":
        return state.repos.get(key.lower())
    home = state.workspace_by(workspace)
    return None if home is None else state.repo_by(home, key)


def administered_repo(call: Call) -> Repo:
    """Raises ApiError 401, 404, or 403 for somebody who does not administer the repository."""
    call.caller.authenticated()
    found = found_repo(call)
    if call.caller.permission(call.core.state, found) < Permission.ADMIN:
        raise failure(403, "Your account does not have admin access to this repository.")
    return found


def found_project(call: Call) -> Project:
    """Raises ApiError 404."""
    home = found_workspace(call)
    found = call.core.state.project_by(home, call.params["project_key"])
    if found is None or (found.is_private and not call.caller.is_member(call.core.state, home.uuid)):
        raise not_found("Project not found")
    return found


def administered_project(call: Call) -> Project:
    """Raises ApiError 401, 404, or 403 for somebody who does not administer the project."""
    call.caller.authenticated()
    found, who = found_project(call), call.caller.account
    if who is None or effective_in_project(call.core.state, found, who.uuid) < Permission.ADMIN:
        raise failure(403, "Your account does not have admin access to this project.")
    return found
