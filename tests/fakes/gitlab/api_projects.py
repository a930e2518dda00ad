"""REST: lists of projects, and one project."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from werkzeug import Response

from tests.fakes.parts.routing import Json, json_response

from .api_lookups import found_project
from .model import Group, Project
from .rendering import group, project, simple_project
from .rights import level_in, member_level, sees_project
from .routing import Call, Routes, bad_parameter

routes = Routes()
Test = Callable[[Project], bool]


@routes.get("/projects")
def projects(call: Call) -> Response:
    rows = select_projects(call, list(call.core.state.projects.values()))
    if call.query("pagination") == "keyset":
        return _keyset_page(call, rows)
    return call.page(rows, project_rows(call))


@routes.get("/projects/:id")
def one_project(call: Call) -> Response:
    return json_response(project(call.core, found_project(call), call.caller.user))


@routes.get("/projects/:id/invited_groups")
def invited_groups(call: Call) -> Response:
    invited = call.core.state.shares_of.get(found_project(call).source, {})
    rows: list[Group] = [call.core.state.groups[key] for key in invited]
    return call.page(rows, lambda each: group(call.core, each))


def project_rows(call: Call) -> Callable[[Project], Json]:
    """How a list shows a project: fully, or `simple` (always so for an anonymous caller)."""
    if call.flag("simple") or call.caller.user is None:
        return lambda each: simple_project(call.core, each)
    return lambda each: project(call.core, each, call.caller.user)


def select_projects(call: Call, rows: list[Project]) -> list[Project]:
    """Those the caller sees, filtered and sorted by the parameters that all project lists share."""
    tests = [_visible(call), *_by_role(call), *_by_state(call), *_by_words(call), *_by_position(call)]
    chosen = [each for each in rows if all(test(each) for test in tests)]
    orders: dict[str, Callable[[Project], tuple[str, int]]] = {
        "id": lambda each: ("", each.id),
        "name": lambda each: (each.name.lower(), each.id),
        "path": lambda each: (each.path.lower(), each.id),
        "created_at": lambda each: (each.created_at.isoformat(), each.id),
        "updated_at": lambda each: (each.last_activity_at.isoformat(), each.id),
        "last_activity_at": lambda each: (each.last_activity_at.isoformat(), each.id),
    }
    order = orders.get(call.query("order_by") or "created_at")
    if order is None:
        raise bad_parameter("order_by", "does not have a valid value")
    return sorted(chosen, key=order, reverse=(call.query("sort") or "desc") == "desc")


def _visible(call: Call) -> Test:
    state, viewer, today = call.core.state, call.caller.user, call.core.clock.today()
    return lambda each: sees_project(state, each, viewer, today)


def _by_role(call: Call) -> list[Test]:
    state, viewer, today = call.core.state, call.caller.user, call.core.clock.today()
    if viewer is None:
        return []
    tests: list[Test] = []
    least = call.number("min_access_level")
    if least is not None:
        tests.append(lambda each: level_in(state, each.source, viewer, today) >= least)
    if call.flag("membership"):
        tests.append(lambda each: member_level(state, each.source, viewer, today) > 0)
    return tests


def _by_state(call: Call) -> list[Test]:
    tests: list[Test] = []
    archived, visibility, topic = call.query("archived"), call.query("visibility"), call.query("topic")
    if archived:
        tests.append(lambda each: each.archived == call.flag("archived"))
    if visibility:
        tests.append(lambda each: each.visibility == visibility)
    if topic:
        tests.append(lambda each: topic in each.topics)
    return tests


def _by_words(call: Call) -> list[Test]:
    search = (call.query("search") or "").lower()
    return [lambda each: search in each.name.lower() or search in each.path.lower()] if search else []


def _by_position(call: Call) -> list[Test]:
    tests: list[Test] = []
    after, before, since = call.number("id_after"), call.number("id_before"), call.query("last_activity_after")
    if after is not None:
        tests.append(lambda each: each.id > after)
    if before is not None:
        tests.append(lambda each: each.id < before)
    if since:
        moment = datetime.fromisoformat(since)
        tests.append(lambda each: each.last_activity_at > moment)
    return tests


def _keyset_page(call: Call, rows: list[Project]) -> Response:
    """`order_by=id` only; the link to the next page is the only header, and there is none at the end."""
    if call.query("order_by") != "id":
        raise bad_parameter("order_by", "does not support keyset pagination")
    size = min(call.number("per_page") or 20, 100)
    chosen = rows[:size]
    headers = {}
    if len(rows) > size:
        position = "id_after" if call.query("sort") == "asc" else "id_before"
        query = dict(call.request.args.items()) | {position: str(chosen[-1].id)}
        headers["Link"] = f'<{call.core.api_url}/projects?{urlencode(sorted(query.items()))}>; rel="next"'
    return json_response([project_rows(call)(each) for each in chosen], 200, headers)
