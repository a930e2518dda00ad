"""The WSGI application: which part answers a request, misbehaviour, and the request log."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from . import api_groups, api_hooks, api_members, api_people, api_projects, api_repository, oauth_tokens
from .application_pages import applications, is_application_path
from .browser import Visit, visit
from .consent import authorize_page, decide
from .control import Control
from .credentials import identify
from .git_http import is_git_path
from .git_http import serve as serve_git
from .misbehaviour import Rule, spoil
from .model import RequestRecord
from .rights import sees_group, sees_project
from .routing import SECRET_PARAMETERS, ApiError, Call, Routes, json_response, raw_path
from .server_core import Core
from .sign_in import sign_in, sign_in_page, sign_out, start
from .throttling import refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

API = Routes(
    api_people.routes,
    api_groups.routes,
    api_projects.routes,
    api_members.routes,
    api_repository.routes,
    api_hooks.routes,
)
OAUTH: dict[tuple[str, str], Callable[[Core, Request], Response]] = {
    ("POST", "/oauth/token"): oauth_tokens.token,
    ("GET", "/oauth/token/info"): oauth_tokens.token_info,
    ("POST", "/oauth/revoke"): oauth_tokens.revoke,
}
PAGES: dict[tuple[str, str], Callable[[Visit], Response]] = {
    ("GET", "/"): start,
    ("GET", "/users/sign_in"): sign_in_page,
    ("POST", "/users/sign_in"): sign_in,
    ("POST", "/users/sign_out"): sign_out,
    ("GET", "/oauth/authorize"): authorize_page,
    ("POST", "/oauth/authorize"): decide,
}
TEMPLATE = "fake.template"


class Application:
    """A WSGI callable around one `Core`."""

    def __init__(self, core: Core, control: Control | None) -> None:
        self.core = core
        self.rules: list[Rule] = []
        self._control = control

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = self._respond(Request(environ))
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        path = raw_path(request, self.core.prefix)
        if self._control is not None and path.startswith("/_fake/"):
            return self._control.respond(request, path)
        query = request.query_string.decode()
        target = f"{path}?{query}" if query else path
        rule = next((each for each in list(self.rules) if each.takes(target)), None)
        status = 0
        try:
            if rule is None:
                response = self._answer(request, path)
            else:
                response = spoil(rule, request, lambda: self._answer(request, path))
            status = response.status_code
        finally:
            self._record(request, path, status)
        return response

    def _record(self, request: Request, path: str, status: int) -> None:
        query = {key: value for key, value in request.args.items() if key not in SECRET_PARAMETERS}
        template = request.environ.get(TEMPLATE, path)
        self.core.requests.append(RequestRecord(request.method, path, template, query, status))

    def _answer(self, request: Request, path: str) -> Response:
        if self.core.prefix and not request.path.startswith(f"{self.core.prefix}/"):
            return Response("Not here", 404, content_type="text/plain")
        if is_git_path(path):
            request.environ[TEMPLATE] = "/:project.git" + path.rpartition(".git")[2]
            return serve_git(self.core, request)
        limits = self._admit(request, path)
        if "Retry-After" in limits:
            return refusal(limits)
        with self.core.state.lock:
            response = self._locked_answer(request, path)
        response.headers.update(limits)
        response.headers["X-Gitlab-Meta"] = json.dumps({"correlation_id": "0" * 26, "version": "1"})
        return response

    def _admit(self, request: Request, path: str) -> dict[str, str]:
        """Let an API request travel, and count it."""
        if not path.startswith("/api/v4/"):
            return {}
        self.core.throttle.travel()
        return self.core.throttle.take(request)

    def _locked_answer(self, request: Request, path: str) -> Response:
        try:
            if path.startswith("/api/v4/"):
                return self._api(request, path.removeprefix("/api/v4"))
            endpoint = OAUTH.get((request.method, path))
            if endpoint is not None:
                return endpoint(self.core, request)
        except ApiError as error:
            return error.response()
        if path == "/.well-known/openid-configuration":
            return json_response(self._openid_configuration())
        return self._page(request, path)

    def _api(self, request: Request, path: str) -> Response:
        route, params = API.find(request.method, path)
        request.environ[TEMPLATE] = route.template.replace(":kind", params.get("kind", ":kind"))
        caller = identify(self.core, request)
        caller.require_scope(route.scopes)
        response = route.handler(Call(self.core, request, caller, params))
        response.headers["Cache-Control"] = "max-age=0, private, must-revalidate"
        response.headers["Vary"] = "Origin"
        if request.method in {"GET", "HEAD"} and response.status_code == 200:
            response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32], weak=True)
            response.make_conditional(request)
            response.headers.pop("Date", None)
        return response

    def _page(self, request: Request, path: str) -> Response:
        seen = visit(self.core, request)
        page = PAGES.get((request.method, path))
        if page is not None:
            return page(seen)
        if is_application_path(path):
            return applications(seen, path)
        return self._named_page(seen, path)

    def _named_page(self, seen: Visit, path: str) -> Response:
        """A bare page for the groups and projects that other programs link to."""
        state, today = self.core.state, self.core.clock.today()
        group = state.group_by(path.removeprefix("/groups").strip("/"))
        if group is not None and sees_group(state, group, seen.user, today):
            return seen.page(state.full_name(group))
        project = state.project_by(path.strip("/"))
        if project is not None and sees_project(state, project, seen.user, today):
            return seen.page(project.name)
        return seen.page("Page not found", status=404)

    def _openid_configuration(self) -> dict[str, object]:
        base = self.core.base_url
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "scopes_supported": ["api", "read_api", "read_user", "read_repository", "write_repository", "openid"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["plain", "S256"],
        }
