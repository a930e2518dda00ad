"""One page of a long list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

PAGE_SIZE = 50
LAST_PAGE = 100_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of one page; `total` counts all that match. Given to `pagination` and `table_frame`."""

    rows: Sequence[T]
    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def page_count(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def previous_url(self) -> str:
        """The page before this one, with the same filters; empty on the first."""
        return _page_url(self.number - 1) if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        """The page after this one, with the same filters; empty on the last."""
        return _page_url(self.number + 1) if self.number < self.page_count else ""


def requested_page() -> int:
    """The number in `?page=`, at least 1."""
    return min(LAST_PAGE, max(1, request.args.get("page", 1, type=int)))


def load_page(session: Session, statement: Select[T], *, number: int, size: int = PAGE_SIZE) -> Page[T]:
    """Count a statement and read one page of it; a page past the end becomes the last one."""
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    number = min(number, max(1, -(-total // size)))
    rows = session.scalars(statement.limit(size).offset((number - 1) * size)).all()
    return Page(rows=rows, number=number, total=total, size=size)


def page_of(rows: Sequence[T], *, number: int, size: int = PAGE_SIZE) -> Page[T]:
    """One page of rows that are all at hand; a page past the end becomes the last one."""
    number = min(number, max(1, -(-len(rows) // size)))
    return Page(rows=rows[(number - 1) * size : number * size], number=number, total=len(rows), size=size)


def query_url(path: str) -> str:
    """Another address with the filters of this one."""
    filters = _filters()
    return f"{quote(path)}?{urlencode(filters)}" if filters else quote(path)


def _page_url(number: int) -> str:
    """Built by hand: `url_for` would take parameters such as `_scheme` or `endpoint` for its own."""
    return f"{quote(request.path)}?{urlencode([*_filters(), ('page', str(number))])}"


def _filters() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
