"""Which part of the fake GitLab answers a request."""

import hashlib
import json
from collections.abc import Callable

from werkzeug import Request, Response

from tests.fakes.parts.application import TEMPLATE, BaseApplication
from tests.fakes.parts.git_http import is_git_path
from tests.fakes.parts.routing import ApiError, json_response
from tests.fakes.parts.throttling import Toll

from . import api_groups, api_hooks, api_members, api_people, api_projects, api_repository, oauth_tokens, throttling
from .application_pages import applications, is_application_path
from .browser import Visit, visit
from .consent import authorize_page, decide
from .credentials import identify
from .git_http import serve as serve_git
from .rights import sees_group, sees_project
from .routing import Call, Routes
from .server_core import Core
from .sign_in import sign_in, sign_in_page, sign_out, start
from .spoiling import SPOILERS

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


class Application(BaseApplication[Core]):
    """A WSGI callable around one `Core`."""

    spoilers = SPOILERS

    def answer(self, request: Request, path: str) -> Response:
        if is_git_path(path):
            request.environ[TEMPLATE] = "/:project.git" + path.rpartition(".git")[2]
            return serve_git(self.core, request)
        toll = self._admit(request, path)
        if toll is not None and toll.is_over:
            return throttling.refusal(toll)
        with self.core.state.lock:
            response = self._locked_answer(request, path)
        response.headers.update(throttling.headers(toll) if toll is not None else {})
        response.headers["X-Gitlab-Meta"] = json.dumps({"correlation_id": "0" * 26, "version": "1"})
        return response

    def _admit(self, request: Request, path: str) -> Toll | None:
        """Let an API request travel, and count it."""
        if not path.startswith("/api/v4/"):
            return None
        self.core.throttle.travel()
        return throttling.take(self.core.throttle, request)

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
        route, params = API.find(request.method, path.rstrip("/"))
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
