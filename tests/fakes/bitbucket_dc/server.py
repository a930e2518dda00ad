"""Which part of the fake Bitbucket answers a request."""

import re
from collections.abc import Callable
from urllib.parse import quote

from werkzeug import Request, Response

from tests.fakes.parts.application import TEMPLATE, BaseApplication
from tests.fakes.parts.git_http import is_git_path
from tests.fakes.parts.routing import ApiError

from . import (
    api_code,
    api_hooks,
    api_people,
    api_permissions,
    api_projects,
    api_tokens,
    consent,
    link_pages,
    oauth1,
    oauth2,
    visits,
)
from . import git_http as git
from .api_lookups import Moved
from .core import Core
from .credentials import Caller, identify
from .limits import admit
from .routing import Call, Routes, anonymous, empty, json_response
from .spoiling import SPOILERS
from .visits import Visit, visit

API = Routes(
    api_people.routes,
    api_projects.routes,
    api_permissions.routes,
    api_code.routes,
    api_hooks.routes,
    api_tokens.routes,
)
VERSIONED = re.compile(r"^(/rest/[a-z0-9-]+/)1\.0(?=/|$)")
UNVERSIONED_TYPES = ("/raw/", "/archive")
WRITES = frozenset({"POST", "PUT", "DELETE"})
WHOAMI = "/plugins/servlet/applinks/whoami"
TOKEN, CLIENTS = "/rest/oauth2/latest/token", "/rest/oauth2/latest/client"
OAUTH_1: dict[tuple[str, str], Callable[[Core, Request], Response]] = {
    ("POST", "/plugins/servlet/oauth/request-token"): oauth1.request_token,
    ("POST", "/plugins/servlet/oauth/access-token"): oauth1.access_token,
}
PAGES: dict[tuple[str, str], Callable[[Visit], Response]] = {
    ("GET", "/"): visits.start,
    ("GET", "/login"): visits.sign_in_page,
    ("POST", "/login"): visits.sign_in,
    ("POST", "/logout"): visits.sign_out,
    ("GET", consent.AUTHORIZE): consent.authorize_page,
    ("POST", consent.AUTHORIZE): consent.decide,
    ("GET", consent.AUTHORIZE_1): consent.authorize_page_1,
    ("POST", consent.AUTHORIZE_1): consent.decide_1,
    ("GET", link_pages.LINKS): link_pages.links_page,
    ("POST", link_pages.LINKS): link_pages.save_link,
    ("POST", link_pages.LINKS_1): link_pages.save_consumer,
    ("GET", link_pages.TOKENS): link_pages.tokens_page,
    ("POST", link_pages.TOKENS): link_pages.save_token,
}


class Application(BaseApplication[Core]):
    """A WSGI callable around one `Core`."""

    spoilers = SPOILERS

    def answer(self, request: Request, path: str) -> Response:
        request.environ["fake.body"] = request.get_data(parse_form_data=False)
        if is_git_path(path) and path.startswith(git.PREFIX):
            request.environ[TEMPLATE] = "/scm/:projectKey/:repositorySlug.git" + path.rpartition(".git")[2]
            return git.serve(self.core, request)
        path = VERSIONED.sub(r"\1latest", path)
        if self._is_api(path):
            self.core.throttle.travel()
            return self._api(request, path)
        with self.core.state.lock:
            try:
                return self._page(request, path)
            except ApiError as error:
                return error.response()

    def _is_api(self, path: str) -> bool:
        if path == consent.AUTHORIZE:
            return not self.core.has_oauth2
        return path == WHOAMI or path.startswith("/rest/")

    def _api(self, request: Request, path: str) -> Response:
        caller, call = Caller(), None
        try:
            with self.core.state.lock:
                if path == TOKEN and request.method == "POST" and self.core.has_oauth2:
                    return oauth2.token(self.core, request)
                caller = identify(self.core, request)
                admit(self.core, caller)
                call = Call(self.core, request, caller.rights(self.core), is_by_token=caller.is_by_token)
                response = self._called(call, path)
            response = call.afterwards() if call.afterwards is not None else response
        except ApiError as error:
            response = _in_accepted_form(request, error)
        except Moved as moved:
            response = moved.response()
        return self._signed(response, caller)

    def _called(self, call: Call, path: str) -> Response:
        """Raises ApiError, or Moved."""
        if path == WHOAMI:
            return Response(call.user.name if call.user else "", content_type="text/plain")
        if path == CLIENTS and self.core.has_oauth2:
            if call.user is None:
                raise anonymous()
            return json_response([])
        route, call.params = API.find(call.request.method, path.rstrip("/"))
        call.request.environ[TEMPLATE] = route.template
        refusal = _refusal_of_form(call.request, path)
        return refusal if refusal is not None else route.handler(call)

    def _signed(self, response: Response, caller: Caller) -> Response:
        """Every answer names who asked, missing pages included."""
        response.headers["X-AREQUESTID"] = f"*{len(self.core.requests):X}x1x0"
        if caller.user is not None:
            response.headers["X-AUSERNAME"] = quote(caller.user.name, safe="")
            response.headers["X-AUSERID"] = str(caller.user.id)
        return response

    def _page(self, request: Request, path: str) -> Response:
        endpoint = OAUTH_1.get((request.method, path))
        if endpoint is not None:
            return endpoint(self.core, request)
        seen = visit(self.core, request)
        page = PAGES.get((request.method, path))
        return page(seen) if page is not None else self._named_page(seen, path)

    def _named_page(self, seen: Visit, path: str) -> Response:
        """A bare page for the projects and repositories that other programs link to."""
        state, rights = self.core.state, Caller(seen.user).rights(self.core)
        found = re.fullmatch(r"/(projects|users)/([^/]+)(?:/repos/([^/]+)(?:/.*)?)?/?", path)
        if found is None:
            return seen.page("Page not found", status=404)
        key = found[2] if found[1] == "projects" else f"~{found[2]}"
        project = state.project_by(key)
        if project is not None and found[3] is None and rights.sees_project(project):
            return seen.page(project.name)
        repository = state.repository_by(project, found[3]) if project is not None and found[3] else None
        if repository is not None and rights.reads(repository):
            return seen.page(repository.name)
        return seen.page("Page not found", status=404)


def _in_accepted_form(request: Request, error: ApiError) -> Response:
    """JSON; an endpoint that is not there answers in XML unless JSON is asked for."""
    response = error.response()
    if "sub-code" in error.body and "application/json" not in request.headers.get("Accept", ""):
        text = f"<status><status-code>{error.status}</status-code><message>{error.body['message']}</message></status>"
        return Response(text, error.status, content_type="application/xml")
    if response.mimetype == "application/json":
        response.headers["Content-Type"] = "application/json;charset=UTF-8"
    return response


def _refusal_of_form(request: Request, path: str) -> Response | None:
    """406 for who wants no JSON, 403 for what a form on a foreign page could send, 415 for a body of another kind."""
    accepted = request.headers.get("Accept", "*/*")
    is_file = any(part in path for part in UNVERSIONED_TYPES)
    if not is_file and not re.search(r"\*/\*|application/(\*|json)", accepted):
        return empty(406)
    if request.method not in WRITES or request.mimetype == "application/json":
        return None
    if request.method != "DELETE" and request.headers.get("X-Atlassian-Token") != "no-check":
        return Response("XSRF check failed", 403, content_type="text/plain")
    return empty(415) if request.get_data() else None
