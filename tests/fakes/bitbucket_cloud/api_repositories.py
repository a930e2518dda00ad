"""REST: lists of repositories, and one repository."""

from werkzeug import Response

from .api_lookups import found_repo, found_workspace
from .calls import Call, CloudRoutes, Listing
from .errors import bad_request
from .model import Permission, Repo
from .rendering import repository

routes = CloudRoutes()
FIELDS = frozenset(
    {
        "created_on",
        "description",
        "full_name",
        "is_private",
        "language",
        "mainbranch.name",
        "name",
        "parent",
        "project.key",
        "project.name",
        "project.uuid",
        "size",
        "slug",
        "updated_on",
        "uuid",
    }
)
REPOSITORIES = Listing(filters=FIELDS, sorts=FIELDS)
ROLES = {"member": Permission.READ, "contributor": Permission.WRITE, "admin": Permission.ADMIN}


@routes.get("/repositories/:workspace", ("repository", "read:repository:bitbucket"))
def repositories(call: Call) -> Response:
    """All that the caller may read, public ones included; with `role` only those where he has a grant."""
    home, role = found_workspace(call), call.query("role")
    rows = call.core.state.repos_of(home.uuid)
    if role is None:
        rows = [each for each in rows if call.caller.sees(call.core.state, each)]
    elif role == "owner":
        rows = rows if call.caller.is_owner(call.core.state, home.uuid) else []
    elif role in ROLES:
        rows = [each for each in rows if call.caller.permission(call.core.state, each) >= ROLES[role]]
    else:
        raise bad_request("Invalid role")
    return call.page(rows, lambda each: _row(call, each), REPOSITORIES)


@routes.get("/repositories/:workspace/:repo_slug", ("repository", "read:repository:bitbucket"))
def one_repository(call: Call) -> Response:
    return call.answer(_row(call, found_repo(call)))


def _row(call: Call, each: Repo) -> dict[str, object]:
    return repository(call.core, each, call.caller.account)
