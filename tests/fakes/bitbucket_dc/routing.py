"""Requests, answers and routes of the REST API: who asks, pages by start and limit, error bodies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from werkzeug import Request, Response

from tests.fakes.parts import routing
from tests.fakes.parts.routing import ApiError, Json

from .core import Core
from .model import User
from .rights import Rights, rank_of

Row = TypeVar("Row")

ATLASSIAN = "com.atlassian.bitbucket."
ANONYMOUS = "com.atlassian.plugins.rest.api.security.exception.AuthenticationRequiredException"
NOT_PERMITTED = "You are not permitted to access this resource"
DEFAULT_LIMIT = 25
JSON_TYPE = "application/json;charset=UTF-8"


def error(status: int, message: str, exception: str | None = None, context: str | None = None) -> ApiError:
    """`exception` without the package that most of them are in."""
    name = None if exception is None else exception if exception.startswith("com.") else f"{ATLASSIAN}{exception}"
    return ApiError(status, {"errors": [{"context": context, "message": message, "exceptionName": name}]})


def anonymous() -> ApiError:
    return error(401, NOT_PERMITTED, ANONYMOUS)


def not_permitted() -> ApiError:
    return error(401, NOT_PERMITTED, "AuthorisationException")


def incorrect_password() -> ApiError:
    message = "Authentication failed. Please check your credentials and try again."
    return error(401, message, "auth.IncorrectPasswordAuthenticationException")


def no_licence() -> ApiError:
    message = (
        "You are not currently licensed to use Bitbucket.\nPlease contact your administrator to resolve this issue."
    )
    return error(401, message, "auth.NoAccessAuthenticationException")


def no_such_project(key: str) -> ApiError:
    return error(404, f"Project {key} does not exist.", "project.NoSuchProjectException")


def no_such_repository(key: str, slug: str) -> ApiError:
    return error(404, f"Repository {key}/{slug} does not exist.", "repository.NoSuchRepositoryException")


def bad_request(message: str, context: str | None = None) -> ApiError:
    return error(400, message, context=context)


def json_response(body: object, status: int = 200) -> Response:
    response = routing.json_response(body, status)
    response.headers["Content-Type"] = JSON_TYPE
    return response


def empty(status: int = 204) -> Response:
    return Response(status=status)


@dataclass(slots=True)
class Call:
    """One API request on its way through a handler. `afterwards` runs once nobody is kept waiting by it."""

    core: Core
    request: Request
    rights: Rights
    params: dict[str, str] = field(default_factory=dict)
    is_by_token: bool = False
    afterwards: Callable[[], Response] | None = None

    @property
    def user(self) -> User | None:
        return self.rights.user

    def signed_in(self) -> User:
        """Raises ApiError 401 for an anonymous caller."""
        if self.rights.user is None:
            raise anonymous()
        return self.rights.user

    def require(self, is_allowed: bool) -> None:
        """Raises ApiError 401: for an anonymous caller another one than for somebody without the permission."""
        if not is_allowed:
            raise anonymous() if self.rights.user is None else not_permitted()

    def require_global(self, permission: str) -> None:
        self.require(self.rights.rank >= rank_of(permission))

    def query(self, name: str) -> str | None:
        return self.request.args.get(name)

    def number(self, name: str, default: int) -> int:
        value = self.request.args.get(name)
        if value is None or value == "":
            return default
        if not value.isdigit():
            raise bad_request(f"{name} must be a number that is not negative")
        return int(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.request.args.get(name)
        return default if value is None else value.lower() == "true"

    def body(self) -> Json:
        """The posted JSON object. Raises ApiError 400."""
        loaded = self.request.get_json(silent=True)
        if not isinstance(loaded, dict):
            raise bad_request("The request body is not a JSON object.")
        return loaded

    def page(
        self, rows: Sequence[Row], convert: Callable[[Row], object], keep: Callable[[Row], bool] = lambda row: True
    ) -> Response:
        """One page. `start` counts all rows, those too that `keep` hides: only `nextPageStart` knows where to go on."""
        start, wanted = self.number("start", 0), self.number("limit", DEFAULT_LIMIT)
        if wanted < 1:
            raise bad_request("limit must be at least 1")
        limit = min(wanted, self.core.page_limit)
        shown: list[Row] = []
        position = start
        while position < len(rows) and len(shown) < limit:
            shown += [row for row in (rows[position],) if keep(row)]
            position += 1
        is_last = not any(keep(row) for row in rows[position:])
        body: Json = {"size": len(shown), "limit": limit, "isLastPage": is_last}
        body |= {"values": [convert(row) for row in shown], "start": start}
        return json_response(body if is_last else body | {"nextPageStart": position})


class Routes(routing.Routes[Call]):
    """Templates are whole paths below `/rest`, in the words of the published specification."""

    def unknown_path(self) -> ApiError:
        return ApiError(404, {"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1})

    def unknown_method(self) -> ApiError:
        return ApiError(405, {"message": "HTTP 405 Method Not Allowed", "status-code": 405, "sub-code": -1})


def unknown_endpoint() -> ApiError:
    """As if this version had never heard of it."""
    return Routes().unknown_path()
