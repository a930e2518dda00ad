"""GitLab's rules in front of git over HTTP."""

from dataclasses import dataclass

from werkzeug import Request, Response

from tests.fakes.parts.git_http import RECEIVE, SERVICES, asked_service, basic_credentials, run, text
from tests.fakes.parts.routing import ApiError, raw_path

from . import hook_events
from .credentials import deploy_token, usable_token
from .model import Level, Project, User
from .rights import level_in, reads_code, sees_project
from .server_core import Core

DENIED = (
    "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or "
    "you're required to use a token instead of a password.\n"
)
HIDDEN = "The project you were looking for could not be found or you don't have permission to view it.\n"


@dataclass(frozen=True, slots=True)
class GitCaller:
    """Who fetches or pushes, and what the credential allows."""

    user: User | None
    may_read: bool
    may_write: bool
    is_deploy_token: bool = False


def serve(core: Core, request: Request) -> Response:
    """Answer one request of a git client."""
    repository_path, _, tail = raw_path(request, core.prefix).strip("/").partition(".git/")
    service = asked_service(request, tail)
    if service not in SERVICES:
        return text(403, "Git access over the dumb protocol is not offered.\n")
    with core.state.lock:
        project = core.state.project_by(repository_path)
        moved = core.state.projects.get(core.state.moved_projects.get(repository_path.lower(), 0))
        refusal = _check(core, request, project or moved, is_write=service == RECEIVE)
    if refusal is not None:
        return refusal
    if project is None:
        return _moved(core, request, moved, tail)
    return _run(core, request, project, tail)


def _moved(core: Core, request: Request, moved: Project | None, tail: str) -> Response:
    assert moved is not None
    query = request.query_string.decode()
    location = f"{core.base_url}/{core.state.project_path(moved)}.git/{tail}?{query}"
    return Response(status=301, headers={"Location": location})


def _check(core: Core, request: Request, project: Project | None, *, is_write: bool) -> Response | None:
    """None when the caller may go on."""
    credentials, today = basic_credentials(request), core.clock.today()
    caller = _identify(core, project, *credentials) if credentials else GitCaller(None, True, False)
    if caller is None:
        return _challenge()
    if caller.user is not None and not caller.user.is_active:
        return text(403, "Your account has been blocked.\n")
    is_visible = project is not None and (
        caller.is_deploy_token or sees_project(core.state, project, caller.user, today)
    )
    if project is None or not is_visible:
        return text(404, HIDDEN) if credentials else _challenge()
    if is_write:
        return None if _may_push(core, project, caller) else _refuse_push(credentials is None)
    may_read = caller.is_deploy_token or reads_code(core.state, project, caller.user, today)
    if may_read and caller.may_read:
        return None
    return text(403, "You are not allowed to download code from this project.\n") if credentials else _challenge()


def _identify(core: Core, project: Project | None, username: str, password: str) -> GitCaller | None:
    token = deploy_token(core, username, password)
    if token is not None:
        is_ours = project is not None and token.source in core.state.sources(project.source)
        return GitCaller(None, "read_repository" in token.scopes, False, is_deploy_token=is_ours)
    try:
        found = usable_token(core, password)
    except ApiError:
        return None
    scopes = set(found.scopes)
    writes = bool(scopes & {"api", "write_repository"})
    return GitCaller(core.state.users[found.user_id], writes or "read_repository" in scopes, writes)


def _may_push(core: Core, project: Project, caller: GitCaller) -> bool:
    level = level_in(core.state, project.source, caller.user, core.clock.today())
    return caller.may_write and level >= Level.DEVELOPER and not project.archived


def _refuse_push(is_anonymous: bool) -> Response:
    return _challenge() if is_anonymous else text(403, "You are not allowed to push code to this project.\n")


def _challenge() -> Response:
    return text(401, DENIED, {"WWW-Authenticate": 'Basic realm="GitLab"'})


def _run(core: Core, request: Request, project: Project, tail: str) -> Response:
    response, changes = run(core.repository(project), request, tail)
    if changes:
        with core.state.lock:
            hook_events.refs_changed(core, project, _pusher(core, request), changes)
    return response


def _pusher(core: Core, request: Request) -> User:
    credentials = basic_credentials(request)
    assert credentials is not None
    return core.state.users[usable_token(core, credentials[1]).user_id]
