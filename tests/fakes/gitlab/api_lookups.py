"""Find what a path names, for a caller who may see it; what is hidden is not there."""

from urllib.parse import quote

from tests.fakes.parts.routing import ApiError, raw_path

from .model import Group, Project, Source
from .rights import level_in, sees_group, sees_project
from .routing import Call, forbidden, not_found


def found_group(call: Call) -> Group:
    """Raises ApiError 404."""
    found = call.core.state.group_by(call.params["id"])
    if found is None or not sees_group(call.core.state, found, call.caller.user, call.core.clock.today()):
        raise not_found("Group")
    return found


def found_project(call: Call) -> Project:
    """Raises ApiError 404, or 301 for a project that has moved away from this path."""
    key = call.params["id"]
    found = call.core.state.project_by(key) or _moved(call, key)
    if found is None or not sees_project(call.core.state, found, call.caller.user, call.core.clock.today()):
        raise not_found("Project")
    if not key.isdigit() and call.core.state.project_by(key) is None:
        raise _redirect(call, key, found)
    return found


def require_level(call: Call, source: Source, level: int) -> None:
    """Raises ApiError 401 for nobody and 403 for somebody with less than `level`."""
    user = call.caller.signed_in()
    if level_in(call.core.state, source, user, call.core.clock.today()) < level:
        raise forbidden()


def _moved(call: Call, key: str) -> Project | None:
    project_id = call.core.state.moved_projects.get(key.lower())
    return None if project_id is None else call.core.state.projects.get(project_id)


def _redirect(call: Call, key: str, found: Project) -> ApiError:
    path = raw_path(call.request, call.core.prefix)
    start, _, rest = path.partition("/projects/")
    _, slash, tail = rest.partition("/")
    target = f"{call.core.base_url}{start}/projects/{found.id}{slash}{tail}"
    query = call.request.query_string.decode()
    location = f"{target}?{query}" if query else target
    body = {"message": f"This resource has been moved permanently to {location}"}
    return ApiError(301, dict(body), {"Location": quote(location, safe=":/?&=%+[]-_.~")})
