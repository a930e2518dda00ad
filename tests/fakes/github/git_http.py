"""GitHub's rules in front of git over HTTP."""

from werkzeug import Request, Response

from tests.fakes.parts.git_http import RECEIVE, SERVICES, asked_service, basic_credentials, run, text
from tests.fakes.parts.routing import ApiError, raw_path

from . import hook_events
from .credentials import Caller, caller_of, usable_token
from .model import Repo, User, rank
from .server_core import Core

FAILED = "Invalid username or token. Password authentication is not supported for Git operations.\n"
HIDDEN = "Repository not found.\n"


def serve(core: Core, request: Request) -> Response:
    """Answer one request of a git client."""
    full_name, _, tail = raw_path(request, core.prefix).strip("/").partition(".git/")
    service = asked_service(request, tail)
    if service not in SERVICES:
        return text(403, "Please upgrade your git client.\n")
    with core.state.lock:
        repo = core.state.repo_by(full_name)
        moved = core.state.repos.get(core.state.moved_repos.get(full_name.lower(), 0))
        refusal = _check(core, request, repo or moved, is_write=service == RECEIVE)
    if refusal is not None:
        return refusal
    if repo is None:
        assert moved is not None
        query = request.query_string.decode()
        location = f"{core.base_url}/{core.state.full_name(moved)}.git/{tail}?{query}"
        return Response(status=301, headers={"Location": location})
    return _run(core, request, repo, tail)


def _check(core: Core, request: Request, repo: Repo | None, *, is_write: bool) -> Response | None:
    """None when the caller may go on."""
    credentials = basic_credentials(request)
    try:
        caller = _identify(core, credentials)
    except ApiError as mistake:
        return text(mistake.status, f"{mistake.body['message']}\n")
    if caller is None:
        return _challenge(FAILED)
    home = None if repo is None else core.state.organization_of(repo)
    if home is not None and credentials is not None and caller.blocked_by_saml(home):
        return text(403, "The organization has enabled or enforced SAML SSO.\n")
    if repo is None or not _sees_code(caller, repo):
        return text(404, HIDDEN) if credentials else _challenge("Repository not found.\n")
    if repo.disabled:
        return text(403, "Access to this repository has been disabled by GitHub staff.\n")
    if is_write:
        return _check_push(caller, repo, is_anonymous=credentials is None)
    return None


def _sees_code(caller: Caller, repo: Repo) -> bool:
    if caller.is_installation and repo.visibility != "public" and not caller.permits("contents"):
        return False
    return caller.sees(repo)


def _check_push(caller: Caller, repo: Repo, *, is_anonymous: bool) -> Response | None:
    if is_anonymous:
        return _challenge(FAILED)
    may = caller.permits("contents", "write") if caller.is_installation else caller.rank_in(repo) >= rank("push")
    if repo.archived:
        return text(403, "This repository was archived so it is read-only.\n")
    return None if may else text(403, "Write access to repository not granted.\n")


def _identify(core: Core, credentials: tuple[str, str] | None) -> Caller | None:
    """The token is the password, or stands in front of one that says nothing. Raises ApiError for the suspended."""
    if credentials is None:
        return Caller(core)
    username, password = credentials
    secret = username if password in {"", "x-oauth-basic"} else password
    token = usable_token(core, secret)
    return None if token is None else caller_of(core, token)


def _challenge(reason: str) -> Response:
    return text(401, reason, {"WWW-Authenticate": 'Basic realm="GitHub"'})


def _run(core: Core, request: Request, repo: Repo, tail: str) -> Response:
    response, changes = run(core.repository(repo), request, tail)
    if changes:
        with core.state.lock:
            hook_events.refs_changed(core, repo, _pusher(core, request, repo), changes)
    return response


def _pusher(core: Core, request: Request, repo: Repo) -> User:
    caller = _identify(core, basic_credentials(request))
    user = None if caller is None else caller.user
    return user or hook_events.sender_in(core, repo.owner_id)
