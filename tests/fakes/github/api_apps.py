"""REST: GitHub Apps by their JWTs, installations by their tokens, and an app's own webhook."""

from datetime import timedelta

from werkzeug import Response

from tests.fakes.parts.routing import Json, json_response

from . import api_hooks
from .errors import forbidden, invalid, not_found, unauthorized, wrong_field
from .issuing import new_token
from .model import GitHubApp, Hook, Installation, Repo
from .rendering import stamp
from .rendering_apps import app as app_row
from .rendering_apps import installation as installation_row
from .rendering_hooks import config
from .rendering_repos import repository
from .routing import Call, Routes

routes = Routes()
LIFETIME = timedelta(hours=1)
MOST_REPOSITORIES = 500
STRENGTH = {"read": 1, "write": 2}


def _app(call: Call) -> GitHubApp:
    """Raises ApiError 401 unless a JWT came."""
    if call.caller.app is None:
        raise unauthorized("A JSON web token could not be decoded")
    return call.caller.app


def _hook(call: Call) -> Hook:
    found = next(call.core.state.hooks_of("integration", _app(call).id), None)
    if found is None:
        raise not_found()
    return found


@routes.get("/app", ())
def own_app(call: Call) -> Response:
    return json_response(app_row(call.core, _app(call)))


@routes.get("/app/installations", ())
def installations(call: Call) -> Response:
    own = _app(call).id
    rows = [each for each in call.core.state.installations.values() if each.app_id == own]
    return call.page(rows, lambda each: installation_row(call.core, each))


@routes.get("/app/installations/:installation_id", ())
def one_installation(call: Call) -> Response:
    return json_response(installation_row(call.core, _installation(call)))


@routes.get("/orgs/:org/installation", ())
def organization_installation(call: Call) -> Response:
    own, home = _app(call).id, call.core.state.organization_by(call.params["org"])
    for each in call.core.state.installations.values():
        if each.app_id == own and home is not None and each.organization_id == home.id:
            return json_response(installation_row(call.core, each))
    raise not_found()


def _installation(call: Call) -> Installation:
    """One of the caller's own app. Raises ApiError 404."""
    own = _app(call).id
    for each in call.core.state.installations.values():
        if each.app_id == own and str(each.id) == call.params["installation_id"]:
            return each
    raise not_found()


@routes.post("/app/installations/:installation_id/access_tokens", ())
def access_token(call: Call) -> Response:
    """A token for an hour, perhaps for less than the installation may. Raises ApiError 403 and 422."""
    found, body = _installation(call), call.body()
    if found.suspended_at is not None:
        raise forbidden("This installation has been suspended")
    permissions = _permissions(found, body)
    repos = _repositories(call, found, body)
    expires_at = call.core.clock.now() + LIFETIME
    token, secret = new_token(call.core, "installation", None, expires_at=expires_at)
    token.installation_id, token.permissions = found.id, permissions
    token.repository_ids = None if repos is None else tuple(each.id for each in repos)
    is_all = repos is None and found.repository_ids is None
    answer: Json = {
        "token": secret,
        "expires_at": stamp(expires_at),
        "permissions": permissions,
        "repository_selection": "all" if is_all else "selected",
    }
    if repos is not None:
        answer["repositories"] = [repository(call.core, each) for each in repos]
    return json_response(answer, 201)


def _permissions(found: Installation, body: Json) -> dict[str, str]:
    """Raises ApiError 422 for more than was granted."""
    wanted = body.get("permissions")
    if wanted is None:
        return dict(found.permissions)
    if not isinstance(wanted, dict):
        raise invalid(wrong_field("Installation", "permissions"))
    for name, level in wanted.items():
        if STRENGTH.get(str(level), 9) > STRENGTH.get(found.permissions.get(name, ""), 0):
            raise invalid(wrong_field("Installation", "permissions"))
    return {str(name): str(level) for name, level in wanted.items()}


def _repositories(call: Call, found: Installation, body: Json) -> list[Repo] | None:
    """Raises ApiError 422 for a repository that the installation does not reach."""
    names, numbers = body.get("repositories"), body.get("repository_ids")
    if names is None and numbers is None:
        return None
    rows = [each for each in call.core.state.repos_of(found.organization_id) if _reaches(found, each)]
    wanted = set(names if isinstance(names, list) else []) | set(numbers if isinstance(numbers, list) else [])
    chosen = [each for each in rows if each.name in wanted or each.id in wanted]
    if len(chosen) < len(wanted) or len(wanted) > MOST_REPOSITORIES:
        raise invalid(wrong_field("Installation", "repositories"))
    return chosen


def _reaches(found: Installation, repo: Repo) -> bool:
    return found.repository_ids is None or repo.id in found.repository_ids


@routes.get("/installation/repositories", ())
def installed_repositories(call: Call) -> Response:
    if call.caller.installation is None:
        raise forbidden("You must authenticate with an installation access token in order to list repositories.")
    home = call.caller.installation.organization_id
    rows = [each for each in call.core.state.repos_of(home) if call.caller.rank_in(each)]
    chosen, headers = call.cut(rows)
    selection = "all" if call.caller.installation.repository_ids is None else "selected"
    found = [repository(call.core, each) for each in chosen]
    body: Json = {"total_count": len(rows), "repository_selection": selection, "repositories": found}
    return json_response(body, 200, headers)


@routes.get("/app/hook/config", ())
def hook_config(call: Call) -> Response:
    return json_response(config(_hook(call)))


@routes.patch("/app/hook/config", ())
def change_hook_config(call: Call) -> Response:
    found = _hook(call)
    api_hooks.change_config(found, call.body())
    found.is_active = bool(found.url)
    return json_response(config(found))


@routes.get("/app/hook/deliveries", ())
def hook_deliveries(call: Call) -> Response:
    return api_hooks.list_deliveries(call, _hook(call))


@routes.get("/app/hook/deliveries/:delivery_id", ())
def hook_delivery(call: Call) -> Response:
    return api_hooks.one_app_delivery(call, _hook(call))


@routes.post("/app/hook/deliveries/:delivery_id/attempts", ())
def hook_attempts(call: Call) -> Response:
    return api_hooks.app_attempts(call, _hook(call))
