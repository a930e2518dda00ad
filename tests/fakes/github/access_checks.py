"""What a route asks of a token before its handler looks: scopes of people, permissions of apps."""

from tests.fakes.parts.routing import Route

from .credentials import Caller
from .errors import forbidden, not_for_apps, not_found
from .routing import Call

HIDING = ("/user/emails", "/orgs/:org/hooks", "/repos/:owner/:repo/hooks")
PERMISSIONS = (
    ("/orgs/:org/hooks", "organization_hooks"),
    ("/orgs/:org/members", "members"),
    ("/orgs/:org/memberships", "members"),
    ("/orgs/:org/outside_collaborators", "members"),
    ("/orgs/:org/teams", "members"),
    ("/orgs/:org/organization-roles", "organization_custom_org_roles"),
    ("/repos/:owner/:repo/hooks", "repository_hooks"),
    ("/repos/:owner/:repo/contents", "contents"),
    ("/repos/:owner/:repo/git", "contents"),
    ("/repos/:owner/:repo/branches", "contents"),
    ("/repos/:owner/:repo/teams", "administration"),
    ("/repos", "metadata"),
    ("/orgs/:org", "metadata"),
)


def require_access(caller: Caller, route: Route[Call]) -> None:
    """Raises ApiError 403, or 404 where even the endpoint hides."""
    if caller.is_installation:
        _require_permission(caller, route)
        return
    is_classic = caller.token is not None and caller.token.tells_scopes
    if route.template == "/orgs/:org/installation" or route.template.startswith(("/app", "/installation")):
        return
    if not is_classic or not route.scopes or caller.has(*route.scopes):
        return
    if route.scopes == ("repo",) and caller.has("public_repo"):
        return
    if route.template.startswith(HIDING) or route.template.startswith("/repos"):
        raise not_found()
    scopes = ", ".join(f"'{scope}'" for scope in route.scopes)
    raise forbidden(f"This API operation needs at least one of the following scopes: {scopes}")


def _require_permission(caller: Caller, route: Route[Call]) -> None:
    wanted = next((name for prefix, name in PERMISSIONS if route.template.startswith(prefix)), "")
    if wanted and not caller.permits(wanted, "read" if route.method == "GET" else "write"):
        raise not_for_apps()
