"""REST: the caller's own account, workspaces and permissions, and what was removed in 2026."""

from werkzeug import Response

from tests.fakes.parts.routing import Json

from .api_lookups import member_workspace
from .calls import Call, CloudRoutes, Listing
from .errors import bad_request, removed
from .model import Account, Workspace
from .rendering import (
    account,
    href,
    own_account,
    permission_in,
    repository_permission,
    token_account,
    workspace_base,
)

routes = CloudRoutes()
OWN_REPOSITORIES = Listing(
    filters=frozenset({"repository.name", "repository.full_name", "repository.uuid", "permission"}),
    sorts=frozenset({"repository.name", "repository.full_name", "permission"}),
    is_counted=False,
)


@routes.get("/user", ("account", "read:user:bitbucket"))
def user(call: Call) -> Response:
    token = call.caller.authenticated()
    who = call.caller.account
    return call.answer(token_account(call.core, token) if who is None else own_account(call.core, who))


@routes.get("/user/emails", ("email", "read:user:bitbucket"))
def emails(call: Call) -> Response:
    def row(number: int) -> Json:
        each = who.emails[number]
        link = href(f"{call.core.api_url}/user/emails/{each.address}")
        facts = {"email": each.address, "is_primary": each.is_primary, "is_confirmed": each.is_confirmed}
        return {"type": "email", **facts, "links": {"self": link}}

    who = call.caller.signed_in()
    return call.page(range(len(who.emails)), row)


@routes.get("/users/:selected_user", ("account", "read:user:bitbucket"))
def one_user(call: Call) -> Response:
    """Anybody's public profile."""
    call.caller.authenticated()
    found = call.core.state.account_by(call.params["selected_user"])
    if found is None or found.primary_email == call.params["selected_user"]:
        raise bad_request("Invalid user")
    return call.answer(account(call.core, found))


@routes.get("/user/workspaces", ("account", "read:workspace:bitbucket"))
def own_workspaces(call: Call) -> Response:
    who, wanted, state = call.caller.signed_in(), call.query("administrator"), call.core.state
    rows = [each for each in state.workspaces.values() if state.role_in(each.uuid, who.uuid)]
    if wanted is not None:
        if wanted not in {"true", "false"}:
            raise bad_request("administrator must be a boolean")
        rows = [each for each in rows if _administers(call, each, who) == (wanted == "true")]
    if call.query("sort") not in (None, "slug", "-slug"):
        raise bad_request("Only slug can be sorted by")
    if call.query("sort") is not None:
        rows.sort(key=lambda each: each.slug, reverse=call.query("sort") == "-slug")
    return call.page(rows, lambda each: _access(call, each, who), Listing(pagelen=25))


def _access(call: Call, each: Workspace, who: Account) -> Json:
    is_administrator = _administers(call, each, who)
    return {
        "type": "workspace_access",
        "administrator": is_administrator,
        "workspace": workspace_base(call.core, each),
    }


def _administers(call: Call, each: Workspace, who: Account) -> bool:
    return call.core.state.role_in(each.uuid, who.uuid) == "owner"


@routes.get("/user/workspaces/:workspace/permission", ("account", "read:workspace:bitbucket"))
def own_permission(call: Call) -> Response:
    who, home = call.caller.signed_in(), member_workspace(call)
    role = call.core.state.role_in(home.uuid, who.uuid)
    assert role is not None
    return call.answer(permission_in(call.core, home, who, role))


@routes.get(
    "/user/workspaces/:workspace/permissions/repositories", ("account", "repository", "read:repository:bitbucket")
)
def own_repositories(call: Call) -> Response:
    """Nothing that is merely public."""
    who, home = call.caller.signed_in(), member_workspace(call)
    state = call.core.state
    found = ((who, each, call.caller.permission(state, each)) for each in state.repos_of(home.uuid))
    rows = [row for row in found if row[2]]
    return call.page(rows, lambda row: repository_permission(call.core, row), OWN_REPOSITORIES)


@routes.get("/workspaces", ("account", "read:workspace:bitbucket"))
@routes.get("/repositories", ("repository", "read:repository:bitbucket"))
@routes.get("/user/permissions/workspaces", ("account", "read:workspace:bitbucket"))
@routes.get("/user/permissions/repositories", ("account", "repository", "read:repository:bitbucket"))
def across_workspaces(call: Call) -> Response:
    raise removed()
