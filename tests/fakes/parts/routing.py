"""Requests, answers and routes of a REST API: encoded path segments, scopes, error answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

from werkzeug import Request, Response

Json = dict[str, object]
CallT = TypeVar("CallT")

SECRET_PARAMETERS = frozenset({"access_token", "private_token", "code", "client_secret", "refresh_token", "state"})


class ApiError(Exception):
    """Ends a handler with an error answer."""

    def __init__(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}

    def response(self) -> Response:
        return json_response(self.body, self.status, self.headers)


def json_response(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")


@dataclass(frozen=True, slots=True)
class Route(Generic[CallT]):
    """A path template such as `/projects/:id/hooks` with the scopes that open it. `*name` at its end takes the rest."""

    method: str
    template: str
    scopes: tuple[str, ...]
    handler: Callable[[CallT], Response]

    def match(self, segments: list[str]) -> dict[str, str] | None:
        names = self.template.strip("/").split("/")
        if names[-1].startswith("*") and len(segments) >= len(names):
            rest = len(names) - 1
            segments = [*segments[:rest], "/".join(segments[rest:])]
        if len(names) != len(segments):
            return None
        pairs = list(zip(names, segments, strict=True))
        if any(name[:1] not in {":", "*"} and name != segment for name, segment in pairs):
            return None
        return {name[1:]: unquote(segment) for name, segment in pairs if name[:1] in {":", "*"}}


class Routes(Generic[CallT]):
    """A collection of routes that a module fills by decorators. Scopes are any of which is enough."""

    read_scopes: tuple[str, ...] = ()
    write_scopes: tuple[str, ...] = ()

    def __init__(self, *parts: "Routes[CallT]") -> None:
        self.routes: list[Route[CallT]] = [route for part in parts for route in part.routes]

    def get(self, template: str, scopes: tuple[str, ...] | None = None) -> "Decorator[CallT]":
        return self.add("GET", template, self.read_scopes if scopes is None else scopes)

    def post(self, template: str, scopes: tuple[str, ...] | None = None) -> "Decorator[CallT]":
        return self.add("POST", template, self.write_scopes if scopes is None else scopes)

    def put(self, template: str, scopes: tuple[str, ...] | None = None) -> "Decorator[CallT]":
        return self.add("PUT", template, self.write_scopes if scopes is None else scopes)

    def patch(self, template: str, scopes: tuple[str, ...] | None = None) -> "Decorator[CallT]":
        return self.add("PATCH", template, self.write_scopes if scopes is None else scopes)

    def delete(self, template: str, scopes: tuple[str, ...] | None = None) -> "Decorator[CallT]":
        return self.add("DELETE", template, self.write_scopes if scopes is None else scopes)

    def add(self, method: str, template: str, scopes: tuple[str, ...]) -> "Decorator[CallT]":
        def register(handler: Callable[[CallT], Response]) -> Callable[[CallT], Response]:
            self.routes.append(Route(method, template, scopes, handler))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Route[CallT], dict[str, str]]:
        """The first route that fits; a HEAD request finds the GET route. Raises ApiError 404 or 405."""
        segments = path.removeprefix("/").split("/")
        matches = [(route, found) for route in self.routes if (found := route.match(segments)) is not None]
        if not matches:
            raise self.unknown_path()
        wanted = "GET" if method == "HEAD" else method
        for route, found in matches:
            if route.method == wanted:
                return route, found
        raise self.unknown_method()

    def unknown_path(self) -> ApiError:
        return ApiError(404, {"error": "404 Not Found"})

    def unknown_method(self) -> ApiError:
        return ApiError(405, {"error": "405 Not Allowed"})


Decorator = Callable[[Callable[[CallT], Response]], Callable[[CallT], Response]]


def raw_path(request: Request, prefix: str) -> str:
    """The path as it was sent, still encoded, without the prefix that the server is installed under."""
    raw: str = request.environ.get("REQUEST_URI") or request.environ["RAW_URI"]
    path = raw.partition("?")[0]
    if "://" in path:
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    return path.removeprefix(prefix)
