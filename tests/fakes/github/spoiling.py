"""Misbehaviour in GitHub's own way: of REST's lists, of GraphQL's connections, and the limit that nothing announces."""

import json
from collections.abc import Callable, Iterator

from werkzeug import Request, Response

from tests.fakes.parts.misbehaviour import Kind, Produce, Rule, Spoiler, Spoilers
from tests.fakes.parts.routing import Json, json_response

from .errors import LIMITS


def _connections(value: object) -> Iterator[Json]:
    """All connections in an answer, however deep."""
    if isinstance(value, dict):
        if value.keys() & {"edges", "nodes", "pageInfo"}:
            yield value
        for each in value.values():
            yield from _connections(each)
    elif isinstance(value, list):
        for each in value:
            yield from _connections(each)


def _changed(change_list: Callable[[list[object]], list[object]], change_connection: Callable[[Json], None]) -> Spoiler:
    def spoil(rule: Rule, request: Request, produce: Produce) -> Response:
        response = produce()
        body = json.loads(response.get_data()) if response.mimetype == "application/json" else None
        if isinstance(body, list):
            response.set_data(json.dumps(change_list(body)))
        elif isinstance(body, dict) and isinstance(body.get("data"), dict):
            for each in list(_connections(list(body["data"].values()))):
                change_connection(each)
            response.set_data(json.dumps(body))
        return response

    return spoil


def _rows(each: Json) -> Iterator[tuple[str, list[object]]]:
    for name in ("edges", "nodes"):
        rows = each.get(name)
        if isinstance(rows, list):
            yield name, rows


def _no_rows(each: Json) -> None:
    for name, _ in list(_rows(each)):
        each[name] = []
    _no_next(each)


def _no_next(each: Json) -> None:
    page = each.get("pageInfo")
    if isinstance(page, dict):
        page |= {name: value for name, value in (("hasNextPage", False), ("endCursor", None)) if name in page}


def _twice(rows: list[object]) -> list[object]:
    """One row twice and another one missing, so that the count is right."""
    return rows if not rows else [*rows[:-1], rows[0]] if len(rows) > 1 else rows * 2


def _twice_in(each: Json) -> None:
    for name, rows in list(_rows(each)):
        each[name] = _twice(rows)


def _wrong_total(each: Json) -> None:
    if isinstance(each.get("totalCount"), int):
        each["totalCount"] = int(str(each["totalCount"])) + 5


def _without_link(spoiler: Spoiler) -> Spoiler:
    def spoil(rule: Rule, request: Request, produce: Produce) -> Response:
        response = spoiler(rule, request, produce)
        response.headers.pop("Link", None)
        return response

    return spoil


def _status(rule: Rule, request: Request, produce: Produce) -> Response:
    status = int(rule.kind.removeprefix("status_"))
    messages = {401: "Bad credentials", 403: "Forbidden", 404: "Not Found", 500: "Server Error"}
    body = {"message": messages.get(status, "Server Error"), "documentation_url": "https://docs.github.com/rest"}
    return json_response(body, status)


def _secondary(rule: Rule, request: Request, produce: Produce) -> Response:
    """The other limit: too much at once."""
    body = {
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        "documentation_url": f"{LIMITS}#about-secondary-rate-limits",
    }
    return json_response(body, 403, {"Retry-After": str(rule.retry_after), "X-RateLimit-Remaining": "4120"})


SPOILERS: Spoilers = {
    Kind.EMPTY_WITH_WRONG_TOTAL: _without_link(_changed(lambda rows: [], _no_rows)),
    Kind.WRONG_TOTAL: _changed(lambda rows: rows, _wrong_total),
    Kind.MISSING_NEXT_LINK: _without_link(_changed(lambda rows: rows, _no_next)),
    Kind.DUPLICATE_IDS: _changed(_twice, _twice_in),
    Kind.STATUS_401: _status,
    Kind.STATUS_403: _status,
    Kind.STATUS_404: _status,
    Kind.STATUS_500: _status,
    Kind.RATE_LIMITED: _secondary,
}
