"""Requests and routes of GitHub's REST API: paths by number, paging by links, scopes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

from werkzeug import Request, Response

from tests.fakes.parts.routing import SECRET_PARAMETERS, ApiError, Json, json_response
from tests.fakes.parts.routing import Routes as AnyRoutes

from .credentials import Caller
from .errors import error, not_found
from .server_core import Core

Row = TypeVar("Row")

DEFAULT_PAGE, LARGEST_PAGE = 30, 100


@dataclass(slots=True)
class Call:
    """One API request on its way through a handler. `numbered_path` is how links name its address."""

    core: Core
    request: Request
    caller: Caller
    numbered_path: str
    params: dict[str, str] = field(default_factory=dict)

    def query(self, name: str, default: str = "") -> str:
        return self.request.args.get(name, default)

    def choice(self, name: str, allowed: Sequence[str], resource: str = "") -> str:
        """One of some words; the first is the default. Raises ApiError 422 for another one."""
        value = self.query(name, allowed[0])
        if value not in allowed:
            raise error(422, f"Invalid value for parameter '{name}'{resource and f' of {resource}'}")
        return value

    def body(self) -> Json:
        """The posted JSON object, whatever type it says it has. Raises ApiError 400 for anything else."""
        if not self.request.get_data():
            return {}
        loaded = self.request.get_json(force=True, silent=True)
        if not isinstance(loaded, dict):
            raise error(400, "Problems parsing JSON")
        return loaded

    def accepts(self, media: str) -> bool:
        """Whether the request asks for one of GitHub's media types, such as `raw`."""
        header = self.request.headers.get("Accept", "")
        wanted = {f"application/vnd.github.{media}", f"application/vnd.github.v3.{media}"}
        return any(part.split(";")[0].strip().removesuffix("+json") in wanted for part in header.split(","))

    def page(self, rows: Sequence[Row], convert: Callable[[Row], object]) -> Response:
        """One page of `rows` with links to the others."""
        chosen, headers = self.cut(rows)
        return json_response([convert(row) for row in chosen], 200, headers)

    def cut(self, rows: Sequence[Row]) -> tuple[Sequence[Row], dict[str, str]]:
        page, per_page = self._number("page", 1), min(self._number("per_page", DEFAULT_PAGE), LARGEST_PAGE)
        last = max(1, -(-len(rows) // per_page))
        targets: dict[str, int] = {}
        if page > 1:
            targets["prev"] = min(page - 1, last)
        if page < last:
            targets |= {"next": page + 1, "last": last}
        if page > 1:
            targets["first"] = 1
        links = [f'<{self.link(page=number)}>; rel="{rel}"' for rel, number in targets.items()]
        return rows[(page - 1) * per_page : page * per_page], {"Link": ", ".join(links)} if links else {}

    def _number(self, name: str, default: int) -> int:
        value = self.query(name)
        return int(value) if value.isdigit() and int(value) > 0 else default

    def link(self, **changes: object) -> str:
        """This request's address by numbers with other parameters."""
        query = {key: value for key, value in self.request.args.items() if key not in SECRET_PARAMETERS}
        query |= {key: str(value) for key, value in changes.items()}
        return f"{self.core.api_url}{self.numbered_path}?{urlencode(query)}"


class Routes(AnyRoutes[Call]):
    """GitHub's routes. The scopes of a route are those of which any is enough; they are told in every answer."""

    def unknown_path(self) -> ApiError:
        return not_found()

    def unknown_method(self) -> ApiError:
        return not_found()
