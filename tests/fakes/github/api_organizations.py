"""REST: organizations, their members, outside collaborators, roles and repositories."""

from werkzeug import Response

from tests.fakes.parts.routing import Json, json_response

from . import rendering
from .api_lookups import found_organization, is_partial, listed, member_organization
from .errors import not_found
from .model import CustomRole, Organization, OrganizationRole, Repo, User, role_name
from .rendering_repos import repository
from .rights import Access, access, outside_collaborators
from .routing import Call, Routes
from .server_core import Core

routes = Routes()
SORTS = ("created", "updated", "pushed", "full_name")


@routes.get("/orgs/:org", ())
def one(call: Call) -> Response:
    """The public form, unless an owner's token with `admin:org` asks."""
    found = call.core.state.organization_by(call.params["org"])
    if found is None:
        raise not_found()
    caller = call.caller
    is_open = not caller.blocked_by_saml(found) and not caller.is_restricted(found)
    is_owner = caller.owns(found) and caller.has("admin:org")
    is_app = caller.covers(found) and caller.permits("organization_administration")
    if is_open and (is_owner or is_app):
        return json_response(rendering.full_organization(call.core, found))
    return json_response(rendering.public_organization(call.core, found))


@routes.get("/orgs/:org/members", ())
def members(call: Call) -> Response:
    """All members for members, else only those who show themselves."""
    home = found_organization(call)
    role = call.choice("role", ("all", "admin", "member"), "members")
    call.choice("filter", ("all", "2fa_disabled", "2fa_insecure"))
    sees_all = call.caller.is_in(home) and (call.caller.is_installation or call.caller.has("read:org"))
    rows = call.core.state.members.get(home.id, {}).values()
    chosen = [
        row.user_id for row in rows if row.is_active and (sees_all or row.is_public) and role in {"all", row.role}
    ]
    return people(call, listed(call, chosen))


def people(call: Call, users: list[User]) -> Response:
    """A list of people, which SAML may cut."""
    if is_partial(call):
        users = users[::2]
    answer = call.page(users, lambda user: rendering.account(call.core, user))
    if is_partial(call):
        answer.headers["X-GitHub-SSO"] = "partial-results; organizations=1"
    return answer


@routes.get("/orgs/:org/public_members", ())
def public_members(call: Call) -> Response:
    home = found_organization(call)
    rows = call.core.state.members.get(home.id, {}).values()
    return people(call, listed(call, [row.user_id for row in rows if row.is_active and row.is_public]))


@routes.get("/orgs/:org/outside_collaborators", ("read:org",))
def outsiders(call: Call) -> Response:
    home = member_organization(call)
    return people(call, listed(call, [user.id for user in outside_collaborators(call.core.state, home)]))


@routes.get("/orgs/:org/repos", ())
def repos(call: Call) -> Response:
    """The repositories that the caller sees."""
    home = found_organization(call)
    kind = call.choice("type", ("all", "public", "private", "forks", "sources", "member", "internal"))
    rows = [repo for repo in call.core.state.repos_of(home.id) if call.caller.sees(repo) and _is_a(repo, kind)]
    answer = call.page(_sorted(call, rows), lambda repo: repo_row(call, repo))
    if is_partial(call):
        answer.headers["X-GitHub-SSO"] = f"partial-results; organizations={home.id}"
    return answer


def repo_row(call: Call, repo: Repo) -> Json:
    """A repository with the permissions of who asks."""
    user = call.caller.user
    return repository(call.core, repo, None if user is None else shown_access(call.core, repo, user))


def shown_access(core: Core, repo: Repo, user: User) -> Access:
    """What `permissions` say: of open repositories everybody has at least `pull`."""
    found = access(core.state, repo, user)
    return found if found.rank else Access(1, "read", "")


def _is_a(repo: Repo, kind: str) -> bool:
    checks = {
        "public": repo.visibility == "public",
        "private": repo.visibility == "private",
        "internal": repo.visibility == "internal",
        "forks": repo.is_fork,
        "sources": not repo.is_fork,
    }
    return checks.get(kind, True)


def _sorted(call: Call, rows: list[Repo]) -> list[Repo]:
    by = call.choice("sort", SORTS)
    direction = call.choice("direction", ("asc", "desc") if by == "full_name" else ("desc", "asc"))
    keys = {
        "created": lambda repo: (repo.created_at, repo.id),
        "updated": lambda repo: (repo.updated_at, repo.id),
        "pushed": lambda repo: (repo.pushed_at, repo.id),
        "full_name": lambda repo: (call.core.state.full_name(repo).lower(), repo.id),
    }
    return sorted(rows, key=keys[by], reverse=direction == "desc")


@routes.get("/orgs/:org/custom-repository-roles", ("admin:org", "read:org"))
def custom_roles(call: Call) -> Response:
    """Not in the cloud's description."""
    home = member_organization(call)
    if not call.core.is_server:
        raise not_found()
    rows = [each for each in call.core.state.custom_roles.values() if each.organization_id == home.id]
    return json_response({"total_count": len(rows), "custom_roles": [_custom_role(call, home, each) for each in rows]})


def _custom_role(call: Call, home: Organization, each: CustomRole) -> Json:
    return {
        "id": each.id,
        "name": each.name,
        "description": None,
        "base_role": role_name(each.base),
        "permissions": [],
        "organization": rendering.account(call.core, home),
        "created_at": rendering.stamp(each.created_at),
        "updated_at": rendering.stamp(each.created_at),
    }


def _roles_home(call: Call) -> Organization:
    """Raises ApiError 404 where the endpoints do not exist or the caller is no owner."""
    home = found_organization(call)
    if not call.core.has_organization_roles or not call.caller.owns(home):
        raise not_found()
    return home


@routes.get("/orgs/:org/organization-roles", ("admin:org",))
def organization_roles(call: Call) -> Response:
    home = _roles_home(call)
    rows = [each for each in call.core.state.organization_roles.values() if each.organization_id == home.id]
    return json_response({"total_count": len(rows), "roles": [_organization_role(call, home, each) for each in rows]})


def _organization_role(call: Call, home: Organization, each: OrganizationRole) -> Json:
    return {
        "id": each.id,
        "name": each.name,
        "description": None,
        "base_role": None if each.base == "none" else role_name(each.base),
        "source": "Organization",
        "permissions": [],
        "organization": rendering.account(call.core, home),
        "created_at": rendering.stamp(each.created_at),
        "updated_at": rendering.stamp(each.created_at),
    }


@routes.get("/orgs/:org/organization-roles/:role_id/teams", ("admin:org",))
def teams_with_role(call: Call) -> Response:
    _roles_home(call)
    state = call.core.state
    rows = [
        state.teams[each.team_id] for each in state.role_assignments if each.team_id and _is_asked(call, each.role_id)
    ]
    return call.page(rows, lambda team: rendering.team(call.core, team, assignment="direct"))


@routes.get("/orgs/:org/organization-roles/:role_id/users", ("admin:org",))
def users_with_role(call: Call) -> Response:
    _roles_home(call)
    state = call.core.state
    rows = [
        state.users[each.user_id] for each in state.role_assignments if each.user_id and _is_asked(call, each.role_id)
    ]
    return call.page(rows, lambda user: rendering.account(call.core, user) | {"assignment": "direct"})


def _is_asked(call: Call, role_id: int) -> bool:
    return str(role_id) == call.params["role_id"]
