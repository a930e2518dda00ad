"""REST: workspaces, their members, roles, effective permissions and projects."""

import re

from werkzeug import Response

from tests.fakes.parts.routing import Json

from .api_lookups import (
    administered_project,
    administered_repo,
    found_project,
    found_workspace,
    member_workspace,
    owned_workspace,
)
from .calls import Call, CloudRoutes, Listing
from .errors import bad_request, failure, not_found
from .model import Account, Holder, Project, Repo
from .partial import Hidden
from .rendering import (
    account,
    encoded,
    group,
    href,
    membership,
    permission_in,
    project,
    repository_permission,
    small_project,
    small_repository,
    workspace,
)
from .rights import effective_rows

routes = CloudRoutes()
ADMINISTER = ("repository:admin", "read:repository:bitbucket")
ADMINISTER_PROJECT = ("project:admin", "read:project:bitbucket")
MAX_ADDRESSES = 90
MEMBERS = Listing(filters=frozenset({"user.email"}), pagelen=50)
ROLES = Listing(filters=frozenset({"permission", "user.uuid", "user.nickname", "user.account_id"}), pagelen=50)
FIELDS = frozenset(
    {
        "permission",
        "repository.uuid",
        "repository.name",
        "repository.full_name",
        "user.uuid",
        "user.account_id",
        "user.nickname",
        "user.display_name",
    }
)
EFFECTIVE = Listing(filters=FIELDS, sorts=FIELDS, is_counted=False)
EFFECTIVE_OF_ONE = Listing(filters=FIELDS, sorts=FIELDS)


@routes.get("/workspaces/:workspace", ("read:workspace:bitbucket",))
def one_workspace(call: Call) -> Response:
    return call.answer(workspace(call.core, found_workspace(call)))


@routes.get("/workspaces/:workspace/members", ("account", "read:workspace:bitbucket"))
def members(call: Call) -> Response:
    home = member_workspace(call)
    addresses = _addresses(call)
    may_ask = call.caller.is_owner(call.core.state, home.uuid) or call.caller.account is None
    if addresses and not may_ask:
        raise failure(403, "Only workspace administrators may search by email.")
    rows = [call.core.state.accounts[key] for key in call.core.state.members[home.uuid]]

    def convert(who: Account) -> Json:
        body = membership(call.core, home, who)
        found = addresses.intersection(each.address for each in who.emails if each.is_confirmed)
        if found:
            body["user"] = account(call.core, who) | {"email": Hidden(min(found))}
        return body

    return call.page(rows, convert, MEMBERS)


def _addresses(call: Call) -> set[str]:
    """The e-mail addresses that are searched for."""
    query = call.query("q") or ""
    found = set(re.findall(r'"([^"]*)"', query)) if "user.email" in query else set()
    if len(found) > MAX_ADDRESSES:
        raise bad_request(f"No more than {MAX_ADDRESSES} emails can be queried at a time.")
    return found


@routes.get("/workspaces/:workspace/members/:member", ("account", "read:workspace:bitbucket"))
def one_member(call: Call) -> Response:
    home = member_workspace(call)
    who = call.core.state.account_by(call.params["member"])
    if who is None or call.core.state.role_in(home.uuid, who.uuid) is None:
        raise not_found("The user is not a member of this workspace.")
    return call.answer(membership(call.core, home, who))


@routes.get("/workspaces/:workspace/permissions", ("account", "read:workspace:bitbucket"))
def roles(call: Call) -> Response:
    home, state = member_workspace(call), call.core.state
    rows = list(state.members[home.uuid].items())
    return call.page(rows, lambda row: permission_in(call.core, home, state.accounts[row[0]], row[1]), ROLES)


@routes.get("/workspaces/:workspace/permissions/repositories", ("account", "read:repository:bitbucket"))
def effective_permissions(call: Call) -> Response:
    """One row for each person and repository."""
    rows = call.core.effective(owned_workspace(call).uuid)
    return call.page(rows, lambda row: repository_permission(call.core, row), EFFECTIVE)


@routes.get("/workspaces/:workspace/permissions/repositories/:repo_slug", ("repository", "read:repository:bitbucket"))
def effective_permissions_of_one(call: Call) -> Response:
    repo = administered_repo(call)
    rows = effective_rows(call.core.state, repo)
    return call.page(rows, lambda row: repository_permission(call.core, (row[0], repo, row[1])), EFFECTIVE_OF_ONE)


@routes.get("/workspaces/:workspace/projects", ("project", "read:project:bitbucket"))
def projects(call: Call) -> Response:
    home = found_workspace(call)
    is_member = call.caller.is_member(call.core.state, home.uuid)
    every = (each for each in call.core.state.projects.values() if each.workspace == home.uuid)
    return call.page(
        [each for each in every if is_member or not each.is_private], lambda each: project(call.core, each)
    )


@routes.get("/workspaces/:workspace/projects/:project_key", ("project", "read:project:bitbucket"))
def one_project(call: Call) -> Response:
    return call.answer(project(call.core, found_project(call)))


@routes.get("/workspaces/:workspace/projects/:project_key/permissions-config/users", ADMINISTER_PROJECT)
@routes.get("/workspaces/:workspace/projects/:project_key/permissions-config/groups", ADMINISTER_PROJECT)
def project_grants(call: Call) -> Response:
    place = administered_project(call)
    slug = call.core.state.workspaces[place.workspace].slug
    return _grants(call, place, f"{call.core.api_url}/workspaces/{slug}/projects/{place.key}")


@routes.get("/repositories/:workspace/:repo_slug/permissions-config/users", ADMINISTER)
@routes.get("/repositories/:workspace/:repo_slug/permissions-config/groups", ADMINISTER)
def repository_grants(call: Call) -> Response:
    place = administered_repo(call)
    return _grants(call, place, f"{call.core.api_url}/repositories/{call.core.state.full_name(place)}")


def _grants(call: Call, place: Project | Repo, base: str) -> Response:
    """Explicit grants only; `q` and `sort` are not known here."""
    wanted = "user" if call.request.path.endswith("/users") else "group"
    rows = [row for row in call.core.state.grants_at(place.uuid).items() if row[0].kind == wanted]
    return call.page(rows, lambda row: _grant(call, place, base, row))


def _grant(call: Call, place: Project | Repo, base: str, row: tuple[Holder, str]) -> Json:
    holder, permission = row
    word = "repository" if isinstance(place, Repo) else "project"
    small = small_repository(call.core, place) if isinstance(place, Repo) else small_project(call.core, place)
    body: Json = {"type": f"{word}_{holder.kind}_permission", "permission": permission, word: small}
    if holder.kind == "user":
        body["user"] = account(call.core, call.core.state.accounts[holder.key])
        key = encoded(holder.key)
    else:
        home = call.core.state.workspaces[place.workspace]
        body["group"] = group(call.core, home, call.core.state.groups[home.uuid][holder.key])
        key = holder.key
    body["links"] = {"self": href(f"{base}/permissions-config/{holder.kind}s/{key}")}
    return body
