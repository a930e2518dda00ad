"""REST: projects, the repositories in them, and all repositories."""

from collections.abc import Callable

from werkzeug import Response

from .api_lookups import found_project, found_repository
from .model import PROJECT_LEVELS, REPOSITORY_LEVELS, Level, Project, Repo
from .rendering import project, repository
from .routing import Call, Routes, bad_request, json_response

routes = Routes()
API = "/rest/api/latest"
Test = Callable[[Repo], bool]


@routes.get(f"{API}/projects")
def projects(call: Call) -> Response:
    """Those that the caller sees; `permission` asks for the caller's own."""
    words = (call.query("name") or "").lower()
    least = _level(call, PROJECT_LEVELS)
    rows = [each for each in call.core.state.projects.values() if words in each.name.lower()]

    def keep(each: Project) -> bool:
        if least == Level.NONE:
            return call.rights.sees_project(each)
        return call.rights.project(each) >= least

    rows.sort(key=lambda each: (each.name.lower(), each.id))
    return call.page(rows, lambda each: project(call.core, each), keep)


def _level(call: Call, levels: dict[str, Level]) -> Level:
    """Raises ApiError 400 for a permission of another kind."""
    asked = call.query("permission")
    if not asked:
        return Level.NONE
    if asked == "PROJECT_VIEW":
        return Level.NONE
    if asked not in levels:
        raise bad_request(f"Permission {asked} is not valid here.", "permission")
    return levels[asked]


@routes.get(f"{API}/projects/:projectKey")
def one_project(call: Call) -> Response:
    return json_response(project(call.core, found_project(call)))


@routes.get(f"{API}/projects/:projectKey/repos")
def project_repositories(call: Call) -> Response:
    found = found_project(call, Level.READ)
    rows = call.core.state.repositories_in(found)
    return call.page(rows, _row(call), call.rights.reads)


def _row(call: Call) -> Callable[[Repo], object]:
    return lambda each: repository(call.core, each, call.user)


@routes.get(f"{API}/repos")
def repositories(call: Call) -> Response:
    """Without `permission` public ones are among them; with it only what the caller has that right in."""
    least = _level(call, REPOSITORY_LEVELS)
    tests = [*_by_words(call), *_by_state(call)]
    state = call.core.state
    rows = [each for each in state.repos.values() if all(test(each) for test in tests)]
    rows.sort(key=lambda each: (state.project_of(each).name.lower(), each.name.lower(), each.id))

    def keep(each: Repo) -> bool:
        return call.rights.reads(each) if least == Level.NONE else call.rights.repository(each) >= least

    return call.page(rows, _row(call), keep)


def _by_words(call: Call) -> list[Test]:
    """Names of projects and repositories; keys of projects only in versions that know the parameter."""
    name, project_name, key = call.query("name"), call.query("projectname"), call.query("projectkey")
    home = call.core.state.project_of
    tests: list[Test] = []
    if name:
        tests.append(lambda each: name.strip().lower() in each.name.lower())
    if project_name:
        tests.append(lambda each: project_name.strip().lower() in home(each).name.lower())
    if key and call.core.has_archiving:
        tests.append(lambda each: home(each).key.lower() == key.strip().lower())
    return tests


def _by_state(call: Call) -> list[Test]:
    tests: list[Test] = []
    visibility, state = call.query("visibility"), call.query("state")
    if visibility:
        if visibility not in {"public", "private"}:
            raise bad_request("visibility is public or private", "visibility")
        tests.append(lambda each: _is_public(call, each) == (visibility == "public"))
    if call.core.is_since(5, 13):
        wanted = state or "AVAILABLE"
        tests.append(lambda each: each.state == wanted)
    return [*tests, *_by_archiving(call)]


def _is_public(call: Call, each: Repo) -> bool:
    return each.public or call.core.state.project_of(each).public


def _by_archiving(call: Call) -> list[Test]:
    if not call.core.has_archiving:
        return []
    wanted = call.query("archived") or "ACTIVE"
    if wanted not in {"ACTIVE", "ARCHIVED", "ALL"}:
        raise bad_request("archived is ACTIVE, ARCHIVED or ALL", "archived")
    return [] if wanted == "ALL" else [lambda each: each.archived == (wanted == "ARCHIVED")]


@routes.get(f"{API}/projects/:projectKey/repos/:repositorySlug")
def one_repository(call: Call) -> Response:
    return json_response(repository(call.core, found_repository(call), call.user))
