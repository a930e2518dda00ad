"""Misbehaviour in Bitbucket's own way: its pages, its errors, its limits."""

import json
from collections.abc import Callable

from werkzeug import Request, Response

from tests.fakes.parts.misbehaviour import Kind, Produce, Rule, Spoiler, Spoilers
from tests.fakes.parts.routing import Json

from .limits import limited


def _changed(change: Callable[[Json], None]) -> Spoiler:
    """Pages with something else in them; other answers as they are."""

    def spoil(rule: Rule, request: Request, produce: Produce) -> Response:
        response = produce()
        body = json.loads(response.get_data()) if response.mimetype == "application/json" else None
        if isinstance(body, dict) and "values" in body:
            change(body)
            response.set_data(json.dumps(body))
        return response

    return spoil


def _empty(body: Json) -> None:
    body |= {"values": [], "size": 0, "isLastPage": True}
    body.pop("nextPageStart", None)


def _wrong_size(body: Json) -> None:
    body["size"] = int(str(body["size"])) + 5


def _missing_next(body: Json) -> None:
    body.pop("nextPageStart", None)


def _duplicates(body: Json) -> None:
    """One row twice and another one missing, so that the count is right."""
    rows = body["values"]
    assert isinstance(rows, list)
    if rows:
        body["values"] = [*rows[:-1], rows[0]] if len(rows) > 1 else rows * 2


def _rate_limited(rule: Rule, request: Request, produce: Produce) -> Response:
    return limited(rule.retry_after).response()


SPOILERS: Spoilers = {
    Kind.EMPTY_WITH_WRONG_TOTAL: _changed(_empty),
    Kind.WRONG_TOTAL: _changed(_wrong_size),
    Kind.MISSING_NEXT_LINK: _changed(_missing_next),
    Kind.DUPLICATE_IDS: _changed(_duplicates),
    Kind.RATE_LIMITED: _rate_limited,
}
