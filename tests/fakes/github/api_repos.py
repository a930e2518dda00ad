"""REST: one repository, who has which role in it, and its teams."""

from werkzeug import Response

from tests.fakes.parts.routing import Json, json_response

from . import rendering
from .api_lookups import found_repo, found_user, is_partial, listed
from .api_organizations import shown_access
from .api_teams import team_roles
from .errors import error, forbidden
from .model import Repo, Team, User, rank
from .rendering_repos import full_repository, repository
from .rights import Access, access, collaborators, is_member, resolved, sees_team
from .routing import Call, Routes

routes = Routes()
NARROW = {"admin": "admin", "maintain": "write", "push": "write", "triage": "read", "pull": "read", "none": "none"}
BY_RANK = ("none", "pull", "triage", "push", "maintain", "admin")


@routes.get("/repos/:owner/:repo", ())
def one(call: Call) -> Response:
    repo, user = found_repo(call), call.caller.user
    shown = None if user is None else shown_access(call.core, repo, user)
    return json_response(full_repository(call.core, repo, shown))


@routes.get("/user/repos", ("repo",))
def own_repos(call: Call) -> Response:
    """Repositories in which the caller has a role of any kind."""
    user = call.caller.signed_in()
    if call.query("type") and (call.query("visibility") or call.query("affiliation")):
        raise error(422, "If you specify visibility or affiliation, you cannot specify type.")
    wanted = set(call.query("affiliation", "owner,collaborator,organization_member").split(","))
    state = call.core.state
    rows = [
        repo for repo in state.repos.values() if call.caller.sees(repo) and _affiliations(call, repo, user) & wanted
    ]
    return call.page(rows, lambda repo: repository(call.core, repo, access(state, repo, user)))


def _affiliations(call: Call, repo: Repo, user: User) -> set[str]:
    state = call.core.state
    home = state.organization_of(repo)
    found = {"owner"} if repo.owner_id == user.id else set()
    if user.id in state.collaborators.get(repo.id, {}):
        found.add("collaborator")
    if home is not None and is_member(state, home, user) and access(state, repo, user).rank:
        found.add("organization_member")
    return found


def _require_push(call: Call, repo: Repo) -> None:
    """Raises ApiError 403."""
    if not call.caller.is_installation and call.caller.rank_in(repo) < rank("push"):
        raise forbidden("Must have push access to view repository collaborators.")


@routes.get("/repos/:owner/:repo/collaborators", ("repo",))
def list_collaborators(call: Call) -> Response:
    """People with the strongest of all their roles, wherever it comes from."""
    repo = found_repo(call)
    _require_push(call, repo)
    affiliation = call.choice("affiliation", ("all", "direct", "outside"))
    least = call.choice("permission", ("pull", "triage", "push", "maintain", "admin"))
    rows = {
        user.id: found for user, found in collaborators(call.core.state, repo, affiliation) if found.rank >= rank(least)
    }
    users = listed(call, rows)
    if is_partial(call):
        users = users[::2]
    answer = call.page(users, lambda user: _collaborator(call, user, rows[user.id]))
    if is_partial(call):
        answer.headers["X-GitHub-SSO"] = f"partial-results; organizations={repo.owner_id}"
    return answer


def _collaborator(call: Call, user: User, found: Access) -> Json:
    return rendering.account(call.core, user) | {"permissions": found.permissions, "role_name": found.name}


@routes.get("/repos/:owner/:repo/collaborators/:username", ("repo",))
def check_collaborator(call: Call) -> Response:
    repo, user = found_repo(call), found_user(call)
    _require_push(call, repo)
    if not access(call.core.state, repo, user).rank:
        raise error(404, "Not Found")
    return Response(status=204)


@routes.get("/repos/:owner/:repo/collaborators/:username/permission", ("repo",))
def permission(call: Call) -> Response:
    repo, user = found_repo(call), found_user(call)
    found = access(call.core.state, repo, user)
    if not found.rank and repo.visibility == "public":
        found = Access(1, "read", "")
    body = {
        "permission": NARROW[BY_RANK[found.rank]],
        "role_name": found.name,
        "user": _collaborator(call, user, found),
    }
    return json_response(body)


@routes.get("/repos/:owner/:repo/teams", ("repo",))
def teams(call: Call) -> Response:
    """Teams with a role, inherited ones included; of public repositories only those added to it."""
    repo, state = found_repo(call), call.core.state
    home = state.organization_of(repo)
    rows: list[tuple[Team, str]] = []
    for team in state.teams_of(home.id) if home is not None else []:
        roles = state.team_repos.get(team.id, {}) if repo.visibility == "public" else team_roles(call, team)
        if repo.id in roles and (call.caller.is_installation or sees_team(state, team, call.caller.user)):
            rows.append((team, roles[repo.id]))
    return call.page(rows, lambda row: _team(call, repo, *row))


def _team(call: Call, repo: Repo, team: Team, role: str) -> Json:
    given = resolved(call.core.state, repo.owner_id, role, "Team")
    return rendering.team(call.core, team, permissions=given.permissions) | {"permission": BY_RANK[given.rank]}
