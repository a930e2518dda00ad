"""REST: the server itself, people, groups and the permissions of the whole instance."""

import re
from collections.abc import Callable

from werkzeug import Response

from .model import GLOBAL_PERMISSIONS, PROJECT_LEVELS, REPOSITORY_LEVELS, Group, Principal, Project, Repo, User
from .rendering import detailed_user, group_name, instance_grants, permission_row, user
from .rights import global_rank, is_licensed, project_level, rank_of, repository_level
from .routing import Call, Routes, bad_request, error, json_response, no_such_project, no_such_repository

routes = Routes()
API = "/rest/api/latest"
MOST_FILTERS = 50
ANYBODY_LISTS_MEMBERS_SINCE = (8, 6)


@routes.get(f"{API}/application-properties")
def application_properties(call: Call) -> Response:
    core = call.core
    body = {"version": core.version, "buildNumber": core.build_number}
    return json_response(body | {"buildDate": "1735689600000", "displayName": "Bitbucket"})


@routes.get(f"{API}/users")
def users(call: Call) -> Response:
    call.signed_in()
    state = call.core.state
    tests = [_by_words(call), _by_group(call), *_by_permissions(call)]
    rows = [each for each in state.users.values() if each.type == "NORMAL"]
    return call.page(sorted(rows, key=_by_name), lambda each: user(call.core, each), lambda each: _all(tests, each))


def _all(tests: list[Callable[[User], bool]], each: User) -> bool:
    return all(test(each) for test in tests)


def _by_name(each: User) -> tuple[str, int]:
    return each.name.lower(), each.id


def _by_words(call: Call) -> Callable[[User], bool]:
    words = (call.query("filter") or "").lower()
    return lambda each: any(words in text.lower() for text in (each.name, each.display_name, each.email or ""))


def _by_group(call: Call) -> Callable[[User], bool]:
    name = call.query("group")
    if name is None:
        return lambda each: True
    members = _members(call, name)
    return lambda each: each.id in members


def _members(call: Call, name: str) -> set[int]:
    group = call.core.state.group_by(name)
    return group.members if group is not None else set()


def _by_permissions(call: Call) -> list[Callable[[User], bool]]:
    roots = [name for name in call.request.args if re.fullmatch(r"permission(\.\d+)?", name)]
    if len(roots) > MOST_FILTERS:
        raise bad_request(f"At most {MOST_FILTERS} permission filters are allowed.")
    return [_by_permission(call, root) for root in roots]


def _by_permission(call: Call, root: str) -> Callable[[User], bool]:
    state, permission = call.core.state, call.query(root) or ""
    if permission in GLOBAL_PERMISSIONS:
        least = rank_of(permission)
        return lambda each: each.active and global_rank(state, each) >= least
    if permission in PROJECT_LEVELS and permission != "REPO_CREATE":
        project, level = _asked_project(call, root), PROJECT_LEVELS[permission]
        return lambda each: project_level(state, project, each) >= level
    if permission in REPOSITORY_LEVELS:
        repository, level = _asked_repository(call, root), REPOSITORY_LEVELS[permission]
        return lambda each: is_licensed(state, each) and repository_level(state, repository, each) >= level
    raise bad_request(f"Permission {permission} is not valid.", root)


def _asked_project(call: Call, root: str) -> Project:
    number, key = call.query(f"{root}.projectId"), call.query(f"{root}.projectKey")
    state = call.core.state
    found = state.projects.get(int(number)) if number and number.isdigit() else state.project_by(key or "")
    if found is None:
        raise no_such_project(number or key or "")
    call.require(call.rights.sees_project(found))
    return found


def _asked_repository(call: Call, root: str) -> Repo:
    number, slug = call.query(f"{root}.repositoryId"), call.query(f"{root}.repositorySlug")
    state = call.core.state
    if number and number.isdigit():
        found = state.repos.get(int(number))
    else:
        found = state.repository_by(_asked_project(call, root), slug or "")
    if found is None:
        raise no_such_repository(call.query(f"{root}.projectKey") or "", slug or number or "")
    call.require(call.rights.reads(found))
    return found


@routes.get(f"{API}/users/:userSlug")
def one_user(call: Call) -> Response:
    call.signed_in()
    found = call.core.state.user_by_slug(call.params["userSlug"])
    if found is None:
        raise error(404, f"User {call.params['userSlug']} does not exist.", "user.NoSuchUserException")
    return json_response(user(call.core, found))


@routes.get(f"{API}/groups")
def groups(call: Call) -> Response:
    call.require_global("LICENSED_USER")
    return call.page(_groups(call), lambda each: each.name)


@routes.get(f"{API}/admin/groups")
def admin_groups(call: Call) -> Response:
    call.require_global("LICENSED_USER")
    return call.page(_groups(call), lambda each: {"name": each.name, "deletable": True})


def _groups(call: Call) -> list[Group]:
    words = (call.query("filter") or "").lower()
    rows = [each for each in call.core.state.groups.values() if words in each.name.lower()]
    return sorted(rows, key=lambda each: each.name.lower())


@routes.get(f"{API}/admin/groups/more-members")
def more_members(call: Call) -> Response:
    is_for_anybody = call.core.is_since(*ANYBODY_LISTS_MEMBERS_SINCE)
    call.require_global("LICENSED_USER" if is_for_anybody else "ADMIN")
    name = call.query("context")
    if not name:
        raise bad_request("The context parameter is required.", "context")
    if call.core.state.group_by(name) is None:
        raise error(404, f"Group {name} does not exist.", "user.NoSuchGroupException")
    members = _members(call, name)
    rows = [each for each in call.core.state.users.values() if each.id in members]
    test = _by_words(call)
    return call.page(sorted(rows, key=_by_name), lambda each: detailed_user(call.core, each), test)


@routes.get(f"{API}/admin/users")
def admin_users(call: Call) -> Response:
    call.require_global("LICENSED_USER")
    rows = [each for each in call.core.state.users.values() if each.type == "NORMAL"]
    test = _by_words(call)
    return call.page(sorted(rows, key=_by_name), lambda each: detailed_user(call.core, each), test)


@routes.get(f"{API}/admin/permissions/users")
def permitted_users(call: Call) -> Response:
    return _permitted(call, "user")


@routes.get(f"{API}/admin/permissions/groups")
def permitted_groups(call: Call) -> Response:
    return _permitted(call, "group")


def _permitted(call: Call, kind: str) -> Response:
    call.require_global("ADMIN")
    return listed_permissions(call, instance_grants(call.core), kind)


def listed_permissions(call: Call, granted: dict[Principal, str], kind: str) -> Response:
    """The grants of one kind of principal, by name."""
    words = (call.query("filter") or "").lower()
    rows = [(each, permission) for each, permission in granted.items() if each.kind == kind]
    rows = [row for row in rows if words in written(call, row[0]).lower()]
    rows.sort(key=lambda row: written(call, row[0]).lower())
    return call.page(rows, lambda row: permission_row(call.core, *row))


def written(call: Call, principal: Principal) -> str:
    """The name of a user or group."""
    if principal.kind == "user":
        return call.core.state.users[int(principal.key)].name
    return group_name(call.core, principal)


@routes.get(f"{API}/admin/rate-limit/settings")
def rate_limit_settings(call: Call) -> Response:
    call.signed_in()
    buckets = call.core.buckets
    capacity, rate = (60, 5) if buckets is None else (buckets.capacity, int(buckets.fill_rate))
    body = {"enabled": buckets is not None, "defaultSettings": {"capacity": capacity, "fillRate": rate}}
    return json_response(body)


@routes.get("/rest/basicauth/latest/config")
def basic_settings(call: Call) -> Response:
    call.signed_in()
    is_blocked = not call.core.allows_basic
    body = {"block-requests": is_blocked, "allowed-users": [], "allowed-paths": [], "show-warning-message": is_blocked}
    return json_response(body)
