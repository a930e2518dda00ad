"""What the parameters in a path stand for, and what the caller may do there."""

from werkzeug import Response

from tests.fakes.parts.repository import Repository
from tests.fakes.parts.routing import raw_path

from .model import Level, Project, Repo
from .routing import Call, error, no_such_project, no_such_repository


class Moved(Exception):
    """The address is that of something that has another one now."""

    def __init__(self, location: str, status: int) -> None:
        super().__init__(location)
        self.location, self.status = location, status

    def response(self) -> Response:
        return Response(status=self.status, headers={"Location": self.location})


def found_project(call: Call, least: Level = Level.NONE) -> Project:
    """A project that the caller sees, with at least that right. Raises ApiError, or Moved for an old key."""
    key = call.params["projectKey"]
    project = call.core.state.project_by(key)
    if project is None:
        renamed = call.core.state.projects.get(call.core.state.moved_projects.get(key.lower(), 0))
        if renamed is None:
            raise no_such_project(key)
        raise _moved(call, f"/projects/{key}", f"/projects/{renamed.key}")
    call.require(call.rights.sees_project(project))
    if least == Level.READ:
        call.require(call.rights.reads_project(project))
    else:
        call.require(call.rights.project(project) >= least)
    return project


def found_repository(call: Call, least: Level = Level.READ) -> Repo:
    """A repository with at least that right for the caller. Raises ApiError, or Moved for an old slug."""
    state, slug = call.core.state, call.params["repositorySlug"]
    key = call.params["projectKey"]
    project = state.project_by(key) or state.projects.get(state.moved_projects.get(key.lower(), 0))
    if project is None:
        raise no_such_project(key)
    repository = state.repository_by(project, slug) or moved_repository(call, project, slug)
    if repository is None:
        raise no_such_repository(project.key, slug)
    call.require(call.rights.reads(repository))
    call.require(least == Level.READ or call.rights.repository(repository) >= least)
    home = state.project_of(repository)
    if (home.key.lower(), repository.slug) != (key.lower(), slug.lower()):
        raise _moved(call, f"/projects/{key}/repos/{slug}", f"/projects/{home.key}/repos/{repository.slug}")
    return repository


def moved_repository(call: Call, project: Project, slug: str) -> Repo | None:
    state = call.core.state
    return state.repos.get(state.moved_repositories.get((project.id, slug.lower()), 0))


def found_git(call: Call) -> tuple[Repo, Repository]:
    """A repository whose code the caller may read, and its code."""
    repository = found_repository(call)
    return repository, call.core.git(repository)


def found_commit(call: Call, repository: Repo, name: str) -> str:
    """The commit that a ref, a tag object or an id stands for. Raises ApiError 404."""
    git = call.core.git(repository)
    found = git.resolve(name or "HEAD")
    if found is None:
        message = f"Commit '{name}' does not exist in repository '{repository.slug}'."
        raise error(404, message, "commit.NoSuchCommitException")
    return git.peel(found)


def _moved(call: Call, old: str, new: str) -> Moved:
    """To where it is now: permanently for those who look, and for those who write with the method kept."""
    path = raw_path(call.request, call.core.prefix).replace(old, new, 1)
    query = call.request.query_string.decode()
    location = f"{call.core.base_url}{path}" + (f"?{query}" if query else "")
    return Moved(location, 301 if call.request.method in {"GET", "HEAD"} else 307)
