"""One API request on its way through a handler: parameters, partial answers, filters, sorting and pages."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

from werkzeug import Request, Response

from tests.fakes.parts.routing import SECRET_PARAMETERS, ApiError, Json, Routes, json_response, raw_path

from . import bbql
from .credentials import Caller
from .errors import bad_request, not_found
from .partial import lookup, shown
from .server_core import Core

Row = TypeVar("Row")
MAX_PAGELEN = 100
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """How a list can be asked: the fields of `q`, those of `sort`, its page size, and whether it is counted.

    A list that is not counted has neither `size` nor page numbers: its `next` holds a cursor.
    """

    filters: frozenset[str] = NOTHING
    sorts: frozenset[str] = NOTHING
    pagelen: int = 10
    is_counted: bool = True


PLAIN = Listing()


@dataclass(slots=True)
class Call:
    """A request, who asks, and what stood in the path."""

    core: Core
    request: Request
    caller: Caller
    params: dict[str, str] = field(default_factory=dict)

    def query(self, name: str) -> str | None:
        return self.request.args.get(name)

    def body(self) -> Json:
        """The posted JSON object. Raises ApiError 400 for anything else."""
        loaded = self.request.get_json(silent=True) if self.request.is_json else None
        if not isinstance(loaded, dict):
            raise bad_request("Bad request")
        return loaded

    def answer(self, body: Json, status: int = 200) -> Response:
        """One object, as partial as `fields` wants it."""
        return json_response(shown(body, self.query("fields")), status)

    def page(self, rows: Sequence[Row], convert: Callable[[Row], Json], how: Listing = PLAIN) -> Response:
        """One page of `rows`, filtered and sorted. Raises ApiError 400 and 404 for parameters that do not fit."""
        size, test, order = self._pagelen(how), self._filter(how), self._order(how)
        if test is None and order is None:
            start = self._start(how, size, len(rows))
            chosen = [convert(each) for each in rows[start : start + size]]
            return self._page(how, chosen, start, size, len(rows))
        bodies = [body for body in map(convert, rows) if test is None or test(body)]
        if order is not None:
            name = order.lstrip("-")
            bodies.sort(key=lambda body: bbql.rank(name, lookup(body, name)), reverse=order.startswith("-"))
        start = self._start(how, size, len(bodies))
        return self._page(how, bodies[start : start + size], start, size, len(bodies))

    def _pagelen(self, how: Listing) -> int:
        given = self.query("pagelen")
        if given is None:
            return how.pagelen
        if not given.isdigit() or not 1 <= int(given) <= MAX_PAGELEN:
            raise bad_request("Invalid pagelen")
        return int(given)

    def _filter(self, how: Listing) -> bbql.Test | None:
        query = self.query("q")
        if not query or not how.filters:
            return None
        try:
            return bbql.parse(query, how.filters)
        except bbql.BadQuery as error:
            raise bad_request(str(error)) from None

    def _order(self, how: Listing) -> str | None:
        order = self.query("sort")
        if not order or not how.sorts:
            return None
        if order.removeprefix("-") not in how.sorts:
            raise bad_request(f"Invalid field name: {order}")
        return order

    def _start(self, how: Listing, size: int, count: int) -> int:
        page = self.query("page")
        if page is None:
            return 0
        start = _page_start(page, size) if how.is_counted else _cursor_start(page)
        if start and start >= count:
            raise not_found("Invalid page")
        return start

    def _page(self, how: Listing, values: list[Json], start: int, size: int, count: int) -> Response:
        body: Json = {"pagelen": size, "values": values}
        number = start // size + 1
        if how.is_counted:
            body |= {"size": count, "page": number}
        if start + size < count:
            body["next"] = self.link(page=str(number + 1) if how.is_counted else _cursor(start + size))
        if start and how.is_counted:
            body["previous"] = self.link(page=str(number - 1))
        return self.answer(body)

    def link(self, **changes: str) -> str:
        """This request's own address with other parameters, as the server names itself."""
        query = {key: value for key, value in self.request.args.items(multi=True) if key not in SECRET_PARAMETERS}
        return f"{self.core.base_url}{raw_path(self.request, self.core.prefix)}?{urlencode(query | changes)}"


def _page_start(page: str, size: int) -> int:
    if not page.isdigit() or int(page) < 1:
        raise bad_request("Invalid page")
    return (int(page) - 1) * size


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps(["cursor", start]).encode()).decode().rstrip("=")


def _cursor_start(cursor: str) -> int:
    try:
        word, start = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, TypeError):
        raise bad_request("Invalid page") from None
    if word != "cursor" or not isinstance(start, int):
        raise bad_request("Invalid page")
    return start


class CloudRoutes(Routes[Call]):
    """Routes whose scopes are all needed: those with `:bitbucket` of API tokens, the others of all other tokens."""

    def unknown_path(self) -> ApiError:
        return not_found()
