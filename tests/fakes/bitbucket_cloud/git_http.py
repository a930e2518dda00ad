"""Git over smart HTTP: Bitbucket's rules in front of git's own `http-backend`."""

from werkzeug import Request, Response

from tests.fakes.parts.git_http import RECEIVE, SERVICES, asked_service, basic_credentials, run, text
from tests.fakes.parts.routing import raw_path

from . import hook_events, scopes
from .api_lookups import NO_REPOSITORY
from .credentials import APP_PASSWORD, APP_PASSWORDS_ARE_GONE, Caller, git_caller
from .model import Permission, Repo
from .server_core import Core

GONE = f"CHANGE-3222 - Functionality has been deprecated\n{APP_PASSWORDS_ARE_GONE}\n"
SCOPES = {False: ("repository", "read:repository:bitbucket"), True: ("repository:write", "write:repository:bitbucket")}


def serve(core: Core, request: Request) -> Response:
    """Answer one request of a git client."""
    path, _, tail = raw_path(request, core.prefix).strip("/").partition(".git/")
    service = asked_service(request, tail)
    if service not in SERVICES:
        return text(403, "Git access over the dumb protocol is not offered.\n")
    credentials = basic_credentials(request)
    if credentials is not None and credentials[1].startswith(APP_PASSWORD):
        return text(410, GONE)
    with core.state.lock:
        caller = Caller() if credentials is None else git_caller(core, *credentials)
        repo = core.state.repo_by_path(path)
        refusal = _refusal(core, caller, repo, is_write=service == RECEIVE)
    if refusal is not None or repo is None or caller is None:
        return refusal or _challenge()
    response, changes = run(core.repository(repo), request, tail)
    if changes:
        with core.state.lock:
            hook_events.pushed(core, repo, caller.account, changes)
    return response


def _refusal(core: Core, caller: Caller | None, repo: Repo | None, *, is_write: bool) -> Response | None:
    """None when the caller may go on."""
    if caller is None:
        return _challenge()
    if repo is None or not caller.sees(core.state, repo):
        return _challenge() if caller.token is None else text(404, f"{NO_REPOSITORY}\n")
    if is_write and caller.permission(core.state, repo) < Permission.WRITE:
        return _challenge() if caller.token is None else text(403, "You do not have write access to this repository.\n")
    if caller.token is not None:
        needed = scopes.required(SCOPES[is_write], is_api_token=caller.token.kind == "api")
        if not set(needed) <= scopes.with_implied(caller.token.scopes):
            return text(403, "Your credentials lack one or more required privilege scopes.\n")
    return None


def _challenge() -> Response:
    return text(401, f"{NO_REPOSITORY}\n", {"WWW-Authenticate": 'Basic realm="Bitbucket.org HTTP"'})
