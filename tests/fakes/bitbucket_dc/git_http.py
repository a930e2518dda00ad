"""Bitbucket's rules in front of git over HTTP."""

from werkzeug import Request, Response

from tests.fakes.parts.git_http import RECEIVE, SERVICES, asked_service, basic_credentials, run, text
from tests.fakes.parts.routing import ApiError, raw_path

from . import hook_events
from .core import Core
from .credentials import Caller, FellBack, bearer_token, by_token, checked, with_password
from .limits import admit
from .model import Level, Repo, User
from .rendering import clone_path
from .routing import incorrect_password
from .state import digest

PREFIX = "/scm/"
TOKEN_USER = "x-token-auth"
HIDDEN = "Repository not found\nThe requested repository does not exist, or you do not have permission to access it.\n"
DENIED = "Authentication failed\n"
READ_ONLY = "You do not have permission to push to this repository, or it is archived.\n"


def serve(core: Core, request: Request) -> Response:
    """Answer one request of a git client."""
    address, _, tail = raw_path(request, core.prefix).removeprefix(PREFIX).partition(".git/")
    service = asked_service(request, tail)
    if service not in SERVICES:
        return text(403, "Git access over the dumb protocol is not offered.\n")
    with core.state.lock:
        try:
            caller = _identify(core, request)
            admit(core, caller)
        except ApiError as error:
            return _refused(error)
        repository = _repository(core, address)
        refusal = _check(core, caller, repository, is_write=service == RECEIVE)
    if refusal is not None or repository is None:
        return refusal or text(404, HIDDEN)
    if clone_path(core, repository) != f"{address.lower()}.git":
        return _moved(core, request, repository, tail)
    response, changes = run(core.git(repository), request, tail)
    if changes:
        with core.state.lock:
            hook_events.refs_changed(core, repository, _pusher(caller), changes)
    return response


def _refused(error: ApiError) -> Response:
    if error.status != 401:
        return error.response()
    response = _challenge()
    response.headers.update(error.headers)
    return response


def _identify(core: Core, request: Request) -> Caller:
    """By a token in a header; or by Basic with a name and password, a name and its token, any name and OAuth's token.

    Tokens of projects and repositories have no name of their own: they come as `x-token-auth`. Raises ApiError 401.
    """
    try:
        bearer, basic = bearer_token(request), basic_credentials(request)
        if bearer is not None:
            return checked(core, by_token(core, bearer))
        if basic is None:
            return Caller()
        return checked(core, _by_basic(core, *basic))
    except FellBack:
        return Caller()


def _by_basic(core: Core, name: str, password: str) -> Caller:
    key = digest(password)
    token = core.state.http_tokens.get(key)
    if token is None and key not in core.state.oauth_by_access:
        return Caller(with_password(core, name, password))
    caller = by_token(core, password)
    if token is not None:
        owner = caller.user
        expected = TOKEN_USER if token.place is not None else owner.name if owner is not None else ""
        if name.lower() != expected.lower():
            raise incorrect_password()
    return caller


def _repository(core: Core, address: str) -> Repo | None:
    key, _, slug = address.partition("/")
    state = core.state
    project = state.project_by(key) or state.projects.get(state.moved_projects.get(key.lower(), 0))
    if project is None:
        return None
    moved = state.moved_repositories.get((project.id, slug.lower()), 0)
    return state.repository_by(project, slug) or state.repos.get(moved)


def _check(core: Core, caller: Caller, repository: Repo | None, *, is_write: bool) -> Response | None:
    """None when the caller may go on."""
    rights = caller.rights(core)
    if repository is None or not rights.reads(repository):
        return text(404, HIDDEN) if caller.user is not None else _challenge()
    if repository.state != "AVAILABLE":
        return text(503, f"{repository.state}\n")
    if not is_write:
        return None
    if caller.user is None:
        return _challenge()
    may_push = rights.repository(repository) >= Level.WRITE and not repository.archived
    return None if may_push else text(403, READ_ONLY)


def _challenge() -> Response:
    return text(401, DENIED, {"WWW-Authenticate": 'Basic realm="Atlassian Bitbucket"'})


def _moved(core: Core, request: Request, repository: Repo, tail: str) -> Response:
    query = request.query_string.decode()
    location = f"{core.base_url}/scm/{clone_path(core, repository)}/{tail}?{query}"
    return Response(status=301, headers={"Location": location})


def _pusher(caller: Caller) -> User:
    assert caller.user is not None
    return caller.user
