"""Requests and routes of GitLab's REST API: scopes, paging, error bodies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from werkzeug import Request, Response

from tests.fakes.parts.routing import SECRET_PARAMETERS, ApiError, Json, json_response, raw_path
from tests.fakes.parts.routing import Routes as AnyRoutes

if TYPE_CHECKING:
    from .credentials import Caller
    from .server_core import Core

Row = TypeVar("Row")

READ = ("api", "read_api")
READ_USER = ("api", "read_api", "read_user")
READ_FILES = ("api", "read_api", "read_repository")
WRITE = ("api",)
ANY: tuple[str, ...] = ()

UNCOUNTED_ROWS = 10_000
MAX_OFFSET = 50_000


def not_found(what: str = "") -> ApiError:
    return ApiError(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def forbidden(reason: str = "") -> ApiError:
    return ApiError(403, {"message": f"403 Forbidden - {reason}" if reason else "403 Forbidden"})


def unauthorized() -> ApiError:
    return ApiError(401, {"message": "401 Unauthorized"})


def bad_parameter(name: str, problem: str) -> ApiError:
    return ApiError(400, {"error": f"{name} {problem}"})


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


class Routes(AnyRoutes[Call]):
    """GitLab's routes: reading asks for a reading scope, everything else for a writing one."""

    read_scopes = READ
    write_scopes = WRITE
