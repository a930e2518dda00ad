"""Which part of the fake GitHub answers a request."""

import hashlib
import secrets
from collections.abc import Callable

from werkzeug import Request, Response

from tests.fakes.parts.application import TEMPLATE, BaseApplication
from tests.fakes.parts.git_http import is_git_path
from tests.fakes.parts.routing import ApiError, json_response
from tests.fakes.parts.throttling import Toll

from . import (
    addresses,
    api_apps,
    api_contents,
    api_hooks,
    api_meta,
    api_organizations,
    api_people,
    api_repos,
    api_teams,
    limits,
    oauth_tokens,
    pages,
)
from .access_checks import require_access
from .credentials import Caller, identify
from .errors import error
from .git_http import serve as serve_git
from .graphql_endpoint import answer as answer_graphql
from .routing import Call, Routes
from .server_core import DEFAULT_API_VERSION, Core
from .spoiling import SPOILERS

API, GRAPHQL = "/api/v3", "/api/graphql"
ROUTES = Routes(
    api_repos.routes,
    api_people.routes,
    api_organizations.routes,
    api_teams.routes,
    api_contents.routes,
    api_hooks.routes,
    api_apps.routes,
    api_meta.routes,
    oauth_tokens.routes,
)
OAUTH: dict[tuple[str, str], Callable[[Core, Request], Response]] = {
    ("POST", "/login/oauth/access_token"): oauth_tokens.token,
}
UNCOUNTED = ("/rate_limit", "/meta")
VARY = "Accept, Authorization, Cookie, X-GitHub-OTP"
NO_AGENT = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."


class Application(BaseApplication[Core]):
    """A WSGI callable around one `Core`."""

    spoilers = SPOILERS

    def answer(self, request: Request, path: str) -> Response:
        if is_git_path(path):
            request.environ[TEMPLATE] = "/:owner/:repo.git" + path.rpartition(".git")[2]
            return serve_git(self.core, request)
        if path.startswith("/api/"):
            self.core.throttle.travel()
        with self.core.state.lock:
            if path == GRAPHQL:
                request.environ[TEMPLATE] = GRAPHQL
                return self._told(request, self._guarded(request, "graphql", answer_graphql))
            if path == API or path.startswith(f"{API}/"):
                return self._told(request, self._guarded(request, "core", self._rest))
            endpoint = OAUTH.get((request.method, path))
            return endpoint(self.core, request) if endpoint is not None else pages.answer(self.core, request, path)

    def _guarded(
        self, request: Request, resource: str, produce: Callable[[Core, Request, Caller], Response]
    ) -> Response:
        """An answer with the headers of the limit; errors become answers."""
        if not request.headers.get("User-Agent"):
            return error(403, NO_AGENT).response()
        try:
            caller = identify(self.core, request)
        except ApiError as mistake:
            return mistake.response()
        count = 0 if request.path.endswith(UNCOUNTED) else 1
        toll = limits.toll_of(self.core, caller, request, count, resource=resource)
        if toll is not None and toll.is_over and count:
            return limits.refusal(toll, caller, request, resource)
        try:
            response = produce(self.core, request, caller)
        except ApiError as mistake:
            response = mistake.response()
        back = -1 if response.status_code == 304 and count else 0
        toll = limits.toll_of(self.core, caller, request, back, resource=resource)
        self._scopes(response, request, caller, toll, resource)
        return response

    def _scopes(self, response: Response, request: Request, caller: Caller, toll: Toll | None, resource: str) -> None:
        for name, value in limits.headers(toll, resource).items():
            response.headers[name] = value
        if caller.token is not None and caller.token.tells_scopes:
            response.headers["X-OAuth-Scopes"] = ", ".join(caller.token.scopes)
            response.headers["X-Accepted-OAuth-Scopes"] = ", ".join(request.environ.get("fake.scopes", ()))
            application = self.core.state.applications.get(caller.token.application_id or 0)
            if application is not None:
                response.headers["X-OAuth-Client-Id"] = application.client_id

    def _told(self, request: Request, response: Response) -> Response:
        """What every answer of the API says."""
        response.headers["X-GitHub-Request-Id"] = secrets.token_hex(8).upper()
        response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        if self.core.version is not None:
            response.headers["X-GitHub-Enterprise-Version"] = self.core.version
        if response.mimetype == "application/json":
            response.content_type = "application/json; charset=utf-8"
        response.headers.setdefault("Vary", VARY)
        return response

    def _rest(self, core: Core, request: Request, caller: Caller) -> Response:
        version = request.headers.get("X-GitHub-Api-Version", DEFAULT_API_VERSION)
        if version not in core.api_versions:
            raise error(400, f'The version "{version}" is not supported.')
        path = self.path_of(request)
        address = addresses.resolve(core, path)
        route, params = ROUTES.find(request.method, address.path)
        request.environ[TEMPLATE] = route.template
        request.environ["fake.scopes"] = route.scopes
        if address.is_moved:
            return self._moved(caller, address, params, request)
        require_access(caller, route)
        response = route.handler(Call(core, request, caller, address.numbered, params))
        response.headers["X-GitHub-Api-Version-Selected"] = version
        if request.method in {"GET", "HEAD"} and response.status_code == 200:
            response.headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
            response.set_etag(hashlib.sha256(response.get_data()).hexdigest(), weak=True)
            response.make_conditional(request)
            response.headers.pop("Date", None)
        return response

    def path_of(self, request: Request) -> str:
        """The path below the API's root, still encoded."""
        raw: str = request.environ.get("REQUEST_URI") or request.environ["RAW_URI"]
        return raw.partition("?")[0].partition(API)[2] or "/"

    def _moved(self, caller: Caller, address: addresses.Address, params: dict[str, str], request: Request) -> Response:
        """301 to the address by number, for those who see what is there."""
        repo = self.core.state.repo_by(f"{params['owner']}/{params['repo']}")
        if repo is None or not caller.sees(repo):
            raise error(404, "Not Found")
        query = request.query_string.decode()
        url = f"{self.core.api_url}{address.numbered}{'?' if query else ''}{query}"
        docs = "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects"
        body = {"message": "Moved Permanently", "url": url, "documentation_url": docs}
        return json_response(body, 301 if request.method in {"GET", "HEAD"} else 307, {"Location": url})
