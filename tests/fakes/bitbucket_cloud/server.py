"""Which part of the fake Bitbucket Cloud answers a request."""

from collections.abc import Callable

from werkzeug import Request, Response

from tests.fakes.parts.application import TEMPLATE, BaseApplication
from tests.fakes.parts.git_http import is_git_path
from tests.fakes.parts.routing import ApiError

from . import (
    api_groups,
    api_hooks,
    api_people,
    api_refs,
    api_repositories,
    api_source,
    api_workspaces,
    oauth_tokens,
)
from .browser import Visit, visit
from .calls import Call, CloudRoutes
from .consent import PATH as AUTHORIZE
from .consent import authorize_page, decide
from .consumer_pages import consumers, is_consumer_path
from .credentials import Caller, identify
from .git_http import serve as serve_git
from .limits import resource_of
from .server_core import Core
from .sign_in import PATH as SIGN_IN
from .sign_in import sign_in, sign_in_page, sign_out, start
from .spoiling import SPOILERS, too_many

API = CloudRoutes(
    api_people.routes,
    api_workspaces.routes,
    api_repositories.routes,
    api_refs.routes,
    api_source.routes,
    api_hooks.routes,
)
API_PATH, OLD_API_PATH, MEDIA_PATH = "/!api/2.0", "/!api/1.0", "/-media/"
PAGES: dict[tuple[str, str], Callable[[Visit], Response]] = {
    ("GET", "/"): start,
    ("GET", SIGN_IN): sign_in_page,
    ("POST", SIGN_IN): sign_in,
    ("POST", "/account/signout/"): sign_out,
    ("GET", AUTHORIZE): authorize_page,
    ("POST", AUTHORIZE): decide,
}


class Application(BaseApplication[Core]):
    """A WSGI callable around one `Core`."""

    spoilers = SPOILERS

    def answer(self, request: Request, path: str) -> Response:
        if is_git_path(path):
            request.environ[TEMPLATE] = "/:workspace/:repo_slug.git" + path.rpartition(".git")[2]
            return serve_git(self.core, request)
        if path.startswith(MEDIA_PATH):
            return api_source.media(self.core, request, path)
        if path.startswith("/!api/"):
            self.core.throttle.travel()
        with self.core.state.lock:
            try:
                return self._locked_answer(request, path)
            except ApiError as error:
                return error.response()

    def _locked_answer(self, request: Request, path: str) -> Response:
        if path.startswith(f"{API_PATH}/"):
            return self._api(request, path.removeprefix(API_PATH), API)
        if path.startswith(f"{OLD_API_PATH}/"):
            return self._api(request, path.removeprefix(OLD_API_PATH), api_groups.routes, "/1.0")
        if (request.method, path) == ("POST", "/site/oauth2/access_token"):
            return oauth_tokens.token(self.core, request)
        return self._page(request, path)

    def _api(self, request: Request, path: str, routes: CloudRoutes, start: str = "") -> Response:
        route, params = routes.find(request.method, path)
        request.environ[TEMPLATE] = f"{start}{route.template}"
        caller = identify(self.core, request)
        headers = self._charge(caller, path)
        if headers is None:
            return too_many()
        caller.require(route.scopes)
        response = route.handler(Call(self.core, request, caller, params))
        response.headers.update(headers)
        return response

    def _charge(self, caller: Caller, path: str) -> dict[str, str] | None:
        """Count a request: what the answer says about it, None when it is one too many.

        Only access tokens hear of their limit, and nobody when it ends.
        """
        resource = resource_of(path)
        toll = self.core.limits.take(caller.payer, resource)
        meaningless = {"X-Request-Count": "4711"}
        if toll is None:
            return meaningless
        limit, left = toll
        if left < 0:
            return None
        if caller.token is None or caller.token.kind != "access":
            return meaningless
        near = "true" if left < limit // 5 else "false"
        facts = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Resource": resource, "X-RateLimit-NearLimit": near}
        return meaningless | facts

    def _page(self, request: Request, path: str) -> Response:
        seen = visit(self.core, request)
        page = PAGES.get((request.method, path))
        if page is not None:
            return page(seen)
        if is_consumer_path(path):
            return consumers(seen, path)
        return self._named_page(seen, path)

    def _named_page(self, seen: Visit, path: str) -> Response:
        """A bare page for the workspaces and repositories that other programs link to."""
        state, key = self.core.state, path.strip("/")
        repo = state.repo_by_path(key)
        if repo is not None and Caller(seen.account).sees(state, repo):
            return seen.page(repo.name)
        home = state.workspace_by(key)
        is_member = home is not None and Caller(seen.account).is_member(state, home.uuid)
        if home is not None and (is_member or not home.is_private):
            return seen.page(home.name)
        return seen.page("Repository not found", status=404)
