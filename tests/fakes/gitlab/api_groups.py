"""REST: groups, their subgroups and the projects in them."""

from collections.abc import Callable

from werkzeug import Response

from tests.fakes.parts.routing import Json, json_response

from .api_lookups import found_group
from .api_projects import project_rows, select_projects
from .model import Group, Level, Project, Share
from .rendering import group, group_detail, project, simple_project
from .rights import member_level, sees_group
from .routing import Call, Routes

routes = Routes()


@routes.get("/groups")
def groups(call: Call) -> Response:
    return call.page(_select(call, list(call.core.state.groups.values())), lambda each: group(call.core, each))


@routes.get("/groups/:id")
def one_group(call: Call) -> Response:
    found = found_group(call)
    body = group_detail(call.core, found)
    if call.flag("with_projects", default=True):
        body |= _old_project_lists(call, found)
    return json_response(body)


@routes.get("/groups/:id/subgroups")
def subgroups(call: Call) -> Response:
    rows = call.core.state.subgroups(found_group(call).id)
    return call.page(_select(call, rows), lambda each: group(call.core, each))


@routes.get("/groups/:id/descendant_groups")
def descendant_groups(call: Call) -> Response:
    rows = call.core.state.descendants(found_group(call).id)
    return call.page(_select(call, rows), lambda each: group(call.core, each))


@routes.get("/groups/:id/invited_groups")
def invited_groups(call: Call) -> Response:
    invited = call.core.state.shares_of.get(found_group(call).source, {})
    return call.page([call.core.state.groups[key] for key in invited], lambda each: group(call.core, each))


@routes.get("/groups/:id/projects")
def projects(call: Call) -> Response:
    found = found_group(call)
    ids = {found.id}
    if call.flag("include_subgroups"):
        ids |= {each.id for each in call.core.state.descendants(found.id)}
    rows = [each for each in call.core.state.projects.values() if each.group_id in ids]
    if call.flag("with_shared", default=True):
        rows += [each for each in shared_into(call, found) if each.group_id not in ids]
    return call.page(select_projects(call, rows), project_rows(call))


@routes.get("/groups/:id/projects/shared")
def shared_projects(call: Call) -> Response:
    return call.page(select_projects(call, shared_into(call, found_group(call))), project_rows(call))


@routes.get("/groups/:id/groups/shared")
def shared_groups(call: Call) -> Response:
    found, state = found_group(call), call.core.state
    rows = [state.groups[share.source.id] for share in state.shares.values() if _is_into_group(share, found)]
    return call.page(_select(call, rows), lambda each: group(call.core, each))


def _is_into_group(share: Share, found: Group) -> bool:
    return share.group_id == found.id and share.source.kind == "group"


def shared_into(call: Call, found: Group) -> list[Project]:
    """Projects of others into which the group has been invited."""
    state = call.core.state
    keys = [share.source for share in state.shares.values() if share.group_id == found.id]
    return [state.projects[source.id] for source in keys if source.kind == "project"]


def _old_project_lists(call: Call, found: Group) -> Json:
    own = [each for each in call.core.state.projects.values() if each.group_id == found.id][:100]
    viewer = call.caller.user
    return {
        "projects": [project(call.core, each, viewer) for each in select_projects(call, own)],
        "shared_projects": [simple_project(call.core, each) for each in shared_into(call, found)[:100]],
    }


def _select(call: Call, rows: list[Group]) -> list[Group]:
    tests = [_visible(call), _by_role(call), *_by_words(call)]
    chosen = [each for each in rows if all(test(each) for test in tests)]
    orders: dict[str, Callable[[Group], tuple[str, int]]] = {
        "id": lambda each: ("", each.id),
        "path": lambda each: (each.path, each.id),
        "name": lambda each: (each.name.lower(), each.id),
    }
    order = orders.get(call.query("order_by") or "name", orders["name"])
    return sorted(chosen, key=order, reverse=call.query("sort") == "desc")


def _visible(call: Call) -> Callable[[Group], bool]:
    state, viewer, today = call.core.state, call.caller.user, call.core.clock.today()
    return lambda each: sees_group(state, each, viewer, today)


def _by_role(call: Call) -> Callable[[Group], bool]:
    """`owned` and `min_access_level` win over `all_available`, also for an administrator."""
    state, viewer, today = call.core.state, call.caller.user, call.core.clock.today()
    least = Level.OWNER if call.flag("owned") else call.number("min_access_level")
    if viewer is None:
        return lambda each: least is None
    if least is not None:
        return lambda each: member_level(state, each.source, viewer, today) >= least
    if call.flag("all_available", default=viewer.is_admin):
        return lambda each: True
    return lambda each: member_level(state, each.source, viewer, today) > Level.NO_ACCESS


def _by_words(call: Call) -> list[Callable[[Group], bool]]:
    tests: list[Callable[[Group], bool]] = []
    search, visibility = call.query("search"), call.query("visibility")
    skipped = {int(key) for key in call.request.args.getlist("skip_groups[]") if key.isdigit()}
    if search:
        tests.append(lambda each: search.lower() in each.name.lower() or search.lower() in each.path)
    if visibility:
        tests.append(lambda each: each.visibility == visibility)
    if call.flag("top_level_only"):
        tests.append(lambda each: each.parent_id is None)
    return [*tests, lambda each: each.id not in skipped]
