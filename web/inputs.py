"""What a request may hold: nothing that a database can not store or compare, so that no page has to think of it."""

from collections.abc import Iterator

from flask import Flask, abort, request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map

from web.machines import is_machine_request

LARGEST_NUMBER = 2**63 - 1  # what a column holds
NUL = "\0"


class RowNumber(IntegerConverter):
    """`<int:…>` in addresses: a number that no row can have leads to no page."""

    def __init__(self, url_map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = None) -> None:
        super().__init__(url_map, fixed_digits=fixed_digits, min=min, max=LARGEST_NUMBER if max is None else max)


def row_id(text: str) -> int:
    """For `request.args.get(…, type=row_id)`. Raises ValueError for a number that no row can have."""
    number = int(text)
    if not 0 <= number <= LARGEST_NUMBER:
        raise ValueError("no row has this number")
    return number


def init_inputs(app: Flask) -> None:
    """Refuse NUL characters, which PostgreSQL does not take, and numbers that are too large. Before any route."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(refuse_nul)


def refuse_nul() -> None:
    """Before each request of a browser; views for programs know themselves what may be sent to them."""
    if is_machine_request():
        return
    given = [request.path, *_values(request.args), *_values(request.form)]
    if any(NUL in text for text in given):
        abort(400, "The request holds a character that no text can have.")


def _values(given: MultiDict[str, str]) -> Iterator[str]:
    return (text for _, text in given.items(multi=True))
