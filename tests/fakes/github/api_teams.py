"""REST: teams by slug or number, with their members, child teams and repositories."""

from werkzeug import Response

from tests.fakes.parts.routing import Json, json_response

from . import rendering
from .api_lookups import found_team, found_user, is_partial, listed, member_organization
from .api_organizations import repo_row
from .errors import not_found
from .model import Repo, Team, TeamMembership, User
from .rendering_repos import repository
from .rights import is_owner, resolved, sees_team
from .routing import Call, Routes

routes = Routes()
ROLE_SINCE = (3, 13)


@routes.get("/orgs/:org/teams", ("read:org",))
def teams(call: Call) -> Response:
    """A flat list of all teams that the caller sees."""
    home = member_organization(call)
    state, user = call.core.state, call.caller.user
    rows = [each for each in state.teams_of(home.id) if call.caller.is_installation or sees_team(state, each, user)]
    answer = call.page(rows, lambda each: rendering.team(call.core, each))
    if is_partial(call):
        answer.headers["X-GitHub-SSO"] = f"partial-results; organizations={home.id}"
    return answer


@routes.get("/orgs/:org/teams/:team_slug", ("read:org",))
def one(call: Call) -> Response:
    return json_response(rendering.full_team(call.core, found_team(call)))


@routes.get("/orgs/:org/teams/:team_slug/teams", ("read:org",))
def child_teams(call: Call) -> Response:
    team = found_team(call)
    rows = [each for each in call.core.state.teams_of(team.organization_id) if each.parent_id == team.id]
    return call.page(rows, lambda each: rendering.team(call.core, each))


@routes.get("/orgs/:org/teams/:team_slug/members", ("read:org",))
def members(call: Call) -> Response:
    """Members of the team and of all teams below it."""
    team = found_team(call)
    role = call.choice("role", ("all", "member", "maintainer"), "members")
    found = _rows(call, team)
    chosen = [key for key, row in found.items() if role in {"all", _shown_role(call, team, row)}]
    return call.page(listed(call, chosen), lambda user: _member(call, team, found[user.id], user))


def _rows(call: Call, team: Team) -> dict[int, TeamMembership]:
    """One row per person; that of the team itself before those of teams below."""
    found: dict[int, TeamMembership] = {}
    below = call.core.state.teams_below(team)
    for each in sorted(below, key=lambda each: each.id != team.id):
        for key, row in call.core.state.team_members.get(each.id, {}).items():
            if row.is_active:
                found.setdefault(key, row)
    return found


def _shown_role(call: Call, team: Team, row: TeamMembership) -> str:
    state = call.core.state
    home, user = state.organizations[team.organization_id], state.users[row.user_id]
    if is_owner(state, home, user):
        return "maintainer"
    return row.role if row.team_id == team.id else "member"


def _member(call: Call, team: Team, row: TeamMembership, user: User) -> Json:
    body = rendering.account(call.core, user)
    if call.core.tells_inherited_members and call.core.release >= ROLE_SINCE:
        body |= {"role": _shown_role(call, team, row), "inherited": row.team_id != team.id}
    return body


@routes.get("/orgs/:org/teams/:team_slug/memberships/:username", ("read:org",))
def membership(call: Call) -> Response:
    team, user = found_team(call), found_user(call)
    row = _rows(call, team).get(user.id) or call.core.state.team_members.get(team.id, {}).get(user.id)
    if row is None:
        raise not_found()
    url = f"{call.core.api_url}/organizations/{team.organization_id}/team/{team.id}/memberships/{user.login}"
    return json_response({"url": url, "role": _shown_role(call, team, row), "state": row.state})


@routes.get("/orgs/:org/teams/:team_slug/repos", ("read:org",))
def repos(call: Call) -> Response:
    """The team's repositories, those of the teams above included, with the team's role in each."""
    team = found_team(call)
    roles = team_roles(call, team)
    rows = [call.core.state.repos[key] for key in sorted(roles)]
    if not call.caller.is_installation and not call.caller.has("repo"):
        rows = [repo for repo in rows if repo.visibility == "public"]
    return call.page(rows, lambda repo: _repo(call, repo, roles[repo.id]))


def team_roles(call: Call, team: Team) -> dict[int, str]:
    """Repository → the strongest role, by the team itself or one above it."""
    found: dict[int, str] = {}
    state = call.core.state
    for each in state.team_chain(team):
        for key, role in state.team_repos.get(each.id, {}).items():
            known = found.get(key)
            if known is None or _rank(call, team, role) > _rank(call, team, known):
                found[key] = role
    return found


def _rank(call: Call, team: Team, role: str) -> int:
    return resolved(call.core.state, team.organization_id, role, "Team").rank


def _repo(call: Call, repo: Repo, role: str) -> Json:
    given = resolved(call.core.state, repo.owner_id, role, "Team")
    return repository(call.core, repo, given) | {"role_name": given.name}


@routes.get("/orgs/:org/teams/:team_slug/repos/:owner/:repo", ("read:org",))
def check_repo(call: Call) -> Response:
    """204, or the repository where the media type asks for it."""
    team = found_team(call)
    repo = call.core.state.repo_by(f"{call.params['owner']}/{call.params['repo']}")
    role = team_roles(call, team).get(repo.id) if repo is not None else None
    if repo is None or role is None:
        raise not_found()
    if not call.accepts("repository"):
        return Response(status=204)
    return json_response(repo_row(call, repo) | _repo(call, repo, role))
