"""Misbehaviour of lists in Bitbucket's form: `values`, `size` and `next` stand in the body."""

import json
from collections.abc import Callable

from werkzeug import Request, Response

from tests.fakes.parts.misbehaviour import Kind, Produce, Rule, Spoiler
from tests.fakes.parts.routing import Json

Change = Callable[[Rule, Json], None]


def _changed(change: Change) -> Spoiler:
    """Apply `change` to a page; other answers stay as they are."""

    def spoiler(rule: Rule, request: Request, produce: Produce) -> Response:
        response = produce()
        if response.mimetype == "application/json":
            body = json.loads(response.get_data())
            if isinstance(body, dict) and isinstance(body.get("values"), list):
                change(rule, body)
                response.set_data(json.dumps(body))
        return response

    return spoiler


def _empty(rule: Rule, page: Json) -> None:
    page["size"] = max(_size(page), 1)
    page["values"] = []
    page.pop("next", None)


def _wrong_total(rule: Rule, page: Json) -> None:
    page["size"] = _size(page) + 5


def _foreign_link(rule: Rule, page: Json) -> None:
    page["next"] = f"{rule.url}?page=2"


def _missing_link(rule: Rule, page: Json) -> None:
    page.pop("next", None)


def _duplicates(rule: Rule, page: Json) -> None:
    """One row twice and another one missing, so that the count is right."""
    rows = page["values"]
    if isinstance(rows, list) and rows:
        page["values"] = [*rows[:-1], rows[0]] if len(rows) > 1 else rows * 2


def _size(page: Json) -> int:
    found = page.get("size", 0)
    return found if isinstance(found, int) else 0


def _status(rule: Rule, request: Request, produce: Produce) -> Response:
    """Errors in Bitbucket's form."""
    status = int(rule.kind.removeprefix("status_"))
    messages = {
        401: "Token is invalid, expired, or not supported for this endpoint.",
        403: "Forbidden",
        404: "Not found",
    }
    body = {"type": "error", "error": {"message": messages.get(status, "Something went wrong")}}
    return Response(json.dumps(body), status, content_type="application/json")


def _rate_limited(rule: Rule, request: Request, produce: Produce) -> Response:
    return too_many()


def too_many() -> Response:
    """Without a word about when to come back."""
    body = {"type": "error", "error": {"message": "Rate limit for this resource has been exceeded"}}
    return Response(json.dumps(body), 429, content_type="application/json")


SPOILERS: dict[Kind, Spoiler] = {
    Kind.EMPTY_WITH_WRONG_TOTAL: _changed(_empty),
    Kind.WRONG_TOTAL: _changed(_wrong_total),
    Kind.FOREIGN_NEXT_LINK: _changed(_foreign_link),
    Kind.MISSING_NEXT_LINK: _changed(_missing_link),
    Kind.DUPLICATE_IDS: _changed(_duplicates),
    Kind.RATE_LIMITED: _rate_limited,
    **{kind: _status for kind in Kind if kind.startswith("status_") and kind != Kind.STATUS_304},
}
