"""Requests, answers and routes of the REST API: encoded path segments, scopes, paging, error bodies."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlencode

from werkzeug import Request, Response

if TYPE_CHECKING:
    from .credentials import Caller
    from .server_core import Core

Json = dict[str, object]
Row = TypeVar("Row")
Handler = Callable[["Call"], Response]

READ = ("api", "read_api")
READ_USER = ("api", "read_api", "read_user")
READ_FILES = ("api", "read_api", "read_repository")
WRITE = ("api",)
ANY: tuple[str, ...] = ()

UNCOUNTED_ROWS = 10_000
MAX_OFFSET = 50_000


class ApiError(Exception):
    """Ends a handler with an error answer."""

    def __init__(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}

    def response(self) -> Response:
        return json_response(self.body, self.status, self.headers)


def not_found(what: str = "") -> ApiError:
    return ApiError(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def forbidden(reason: str = "") -> ApiError:
    return ApiError(403, {"message": f"403 Forbidden - {reason}" if reason else "403 Forbidden"})


def unauthorized() -> ApiError:
    return ApiError(401, {"message": "401 Unauthorized"})


def bad_parameter(name: str, problem: str) -> ApiError:
    return ApiError(400, {"error": f"{name} {problem}"})


def json_response(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")


@dataclass(slots=True)
class Call:
    """One API request on its way through a handler."""

    core: "Core"
    request: Request
    caller: "Caller"
    params: dict[str, str] = field(default_factory=dict)

    def query(self, name: str) -> str | None:
        return self.request.args.get(name)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.request.args.get(name)
        return default if value is None else value.lower() in {"true", "1", "t", "yes", ""}

    def number(self, name: str) -> int | None:
        value = self.request.args.get(name)
        if value is None:
            return None
        if not value.isdigit():
            raise bad_parameter(name, "is invalid")
        return int(value)

    def body(self) -> Json:
        """The posted JSON object or form. Raises ApiError 400 for anything else."""
        if self.request.mimetype != "application/json":
            return dict(self.request.form.items())
        loaded = self.request.get_json(silent=True)
        if not isinstance(loaded, dict):
            raise ApiError(400, {"message": "400 Bad request"})
        return loaded

    def page(self, rows: Sequence[Row], convert: Callable[[Row], Json]) -> Response:
        """One page of `rows` by offset, with GitLab's headers."""
        page, per_page = self._position()
        if page * per_page > MAX_OFFSET:
            raise ApiError(405, {"error": f"Offset pagination has a maximum allowed offset of {MAX_OFFSET}"})
        chosen = [convert(row) for row in rows[(page - 1) * per_page : page * per_page]]
        return json_response(chosen, 200, self._paging_headers(page, per_page, len(rows)))

    def _position(self) -> tuple[int, int]:
        page, per_page = self.query("page") or "1", self.query("per_page") or "20"
        for name, value in (("page", page), ("per_page", per_page)):
            if not value.isdigit() or int(value) < 1:
                raise bad_parameter(name, "does not have a valid value")
        return int(page), min(int(per_page), 100)

    def _paging_headers(self, page: int, per_page: int, total: int) -> dict[str, str]:
        last = max(1, -(-total // per_page))
        is_counted = total <= UNCOUNTED_ROWS
        targets = {"prev": page - 1 if page > 1 else 0, "next": page + 1 if page < last else 0, "first": 1}
        if is_counted:
            targets["last"] = last
        links = [f'<{self.link(page=to, per_page=per_page)}>; rel="{rel}"' for rel, to in targets.items() if to]
        headers = {
            "Link": ", ".join(links),
            "X-Next-Page": str(targets["next"] or ""),
            "X-Page": str(page),
            "X-Per-Page": str(per_page),
            "X-Prev-Page": str(targets["prev"] or ""),
        }
        if is_counted:
            headers |= {"X-Total": str(total), "X-Total-Pages": str(last)}
        return headers

    def link(self, **changes: object) -> str:
        """This request's own address with other parameters, as the server names itself."""
        query = {key: value for key, value in self.request.args.items(multi=True) if key not in SECRET_PARAMETERS}
        query |= {key: str(value) for key, value in changes.items()}
        return f"{self.core.base_url}{raw_path(self.request, self.core.prefix)}?{urlencode(sorted(query.items()))}"


SECRET_PARAMETERS = frozenset({"access_token", "private_token", "code", "client_secret", "refresh_token", "state"})


@dataclass(frozen=True, slots=True)
class Route:
    """A path template such as `/projects/:id/hooks` with the scopes that open it."""

    method: str
    template: str
    scopes: tuple[str, ...]
    handler: Handler

    def match(self, segments: list[str]) -> dict[str, str] | None:
        names = self.template.strip("/").split("/")
        if len(names) != len(segments):
            return None
        pairs = list(zip(names, segments, strict=True))
        if any(not name.startswith(":") and name != segment for name, segment in pairs):
            return None
        return {name[1:]: unquote(segment) for name, segment in pairs if name.startswith(":")}


class Routes:
    """A collection of routes that a module fills by decorators."""

    def __init__(self, *parts: "Routes") -> None:
        self.routes: list[Route] = [route for part in parts for route in part.routes]

    def get(self, template: str, scopes: tuple[str, ...] = READ) -> Callable[[Handler], Handler]:
        return self._add("GET", template, scopes)

    def post(self, template: str) -> Callable[[Handler], Handler]:
        return self._add("POST", template, WRITE)

    def put(self, template: str) -> Callable[[Handler], Handler]:
        return self._add("PUT", template, WRITE)

    def delete(self, template: str) -> Callable[[Handler], Handler]:
        return self._add("DELETE", template, WRITE)

    def _add(self, method: str, template: str, scopes: tuple[str, ...]) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.routes.append(Route(method, template, scopes, handler))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Raises ApiError 404 or 405. A HEAD request finds the GET route."""
        segments = path.strip("/").split("/")
        matches = [(route, found) for route in self.routes if (found := route.match(segments)) is not None]
        if not matches:
            raise ApiError(404, {"error": "404 Not Found"})
        wanted = "GET" if method == "HEAD" else method
        for route, found in matches:
            if route.method == wanted:
                return route, found
        raise ApiError(405, {"error": "405 Not Allowed"})


def raw_path(request: Request, prefix: str) -> str:
    """The path as it was sent, still encoded, without the prefix that the server is installed under."""
    raw: str = request.environ.get("REQUEST_URI") or request.environ["RAW_URI"]
    path = raw.partition("?")[0]
    if "://" in path:
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    return path.removeprefix(prefix)
