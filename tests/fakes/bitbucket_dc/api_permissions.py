"""REST: who has which permission on a project and on a repository."""

from collections.abc import Iterable

from werkzeug import Response

from .api_lookups import found_project, found_repository
from .api_people import listed_permissions, written
from .model import EVERYWHERE, PROJECT_LEVELS, Level, Place, Principal
from .rendering import searched_row
from .routing import Call, Routes, bad_request, json_response

routes = Routes()
PROJECT = "/rest/api/latest/projects/:projectKey"
REPOSITORY = f"{PROJECT}/repos/:repositorySlug"


@routes.get(f"{PROJECT}/permissions/users")
def project_users(call: Call) -> Response:
    return _direct(call, found_project(call, Level.ADMIN).place, "user")


@routes.get(f"{PROJECT}/permissions/groups")
def project_groups(call: Call) -> Response:
    return _direct(call, found_project(call, Level.ADMIN).place, "group")


@routes.get(f"{REPOSITORY}/permissions/users")
def repository_users(call: Call) -> Response:
    return _direct(call, found_repository(call, Level.ADMIN).place, "user")


@routes.get(f"{REPOSITORY}/permissions/groups")
def repository_groups(call: Call) -> Response:
    return _direct(call, found_repository(call, Level.ADMIN).place, "group")


def _direct(call: Call, place: Place, kind: str) -> Response:
    return listed_permissions(call, call.core.state.granted(place), kind)


@routes.get(f"{PROJECT}/permissions/search")
def search_project(call: Call) -> Response:
    return _search(call, [found_project(call, Level.ADMIN).place, EVERYWHERE])


@routes.get(f"{REPOSITORY}/permissions/search")
def search_repository(call: Call) -> Response:
    found = found_repository(call, Level.ADMIN)
    home = call.core.state.project_of(found)
    return _search(call, [found.place, home.place, EVERYWHERE])


def _search(call: Call, places: Iterable[Place]) -> Response:
    """Direct and implied: a user or group comes once for every place that a permission is granted on."""
    kind, wanted = (call.query("type") or "").upper(), call.request.args.getlist("permission")
    if kind not in {"", "USER", "GROUP"}:
        raise bad_request("type is USER or GROUP", "type")
    words = (call.query("filterText") or "").lower()
    rows: list[tuple[Principal, str]] = []
    for place in places:
        found = list(call.core.state.granted(place).items())
        rows += sorted(found, key=lambda row: (row[0].kind, written(call, row[0]).lower()))
    rows = [row for row in rows if kind in {"", row[0].kind.upper()} and (not wanted or row[1] in wanted)]
    rows = [row for row in rows if words in written(call, row[0]).lower()]
    return call.page(rows, lambda row: searched_row(call.core, *row))


@routes.get(f"{PROJECT}/permissions/:permission/all")
def default_permission(call: Call) -> Response:
    """Whether it is exactly this one that everybody with a licence has."""
    found = found_project(call, Level.ADMIN)
    level = PROJECT_LEVELS.get(call.params["permission"])
    if level is None:
        raise bad_request(f"Permission {call.params['permission']} is not valid here.", "permission")
    return json_response({"permitted": found.default_level == level})
