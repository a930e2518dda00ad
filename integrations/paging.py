"""Read a list to its end, or not at all: a listing is complete or it raises."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from integrations.answers import Answer
from integrations.errors import IncompleteListing, Refused, UnexpectedResponse
from integrations.fields import Json, JsonObject, as_object, as_objects, find_number, find_text
from integrations.urls import Params, RemoteUrl, join_url

PAGE_ROWS = 100
MOST_PAGES = 5000
MOST_ROWS = 500_000

RowKey = str | Callable[[JsonObject], Json]  # what tells rows apart: a field, or how to find it


@dataclass(frozen=True, slots=True)
class Page:
    """One page as its host wrote it."""

    rows: list[JsonObject]
    next_link: str | None  # where the next page is, relative to this one; None: this is the last
    total: int | None = None  # how many rows the whole list has, where the host counts them
    tells_end: bool = True  # whether the page says by itself that it is the last


@dataclass(frozen=True, slots=True)
class PageStyle:
    """How a host divides its lists: what the first page is asked with, and how a page is read."""

    size_parameter: str
    rows: int  # that a full page has
    read: Callable[[Answer, RemoteUrl], Page]
    has_link_header: bool = False  # what is kept of a page does not say for ever whether there are others

    def first_params(self) -> Params:
        """The parameters of the first page."""
        return {self.size_parameter: self.rows}


class FetchPage(Protocol):
    """Reads one page. `is_fresh`: the whole page again, not the confirmation that it has not changed."""

    def __call__(self, url: RemoteUrl, *, is_fresh: bool) -> Answer: ...


@dataclass(slots=True)
class _Walk:
    """What one walk over all pages found; `problem` says why its result can not be complete."""

    rows: list[JsonObject] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    problem: str = ""


def read_listing(
    first: RemoteUrl, fetch: FetchPage, *, key: RowKey = "id", style: "PageStyle | None" = None
) -> list[JsonObject]:
    """All rows from the first page to the last.

    Pages shift while somebody changes the list, so a walk that contradicts itself is done once more, with every page
    read afresh: a page that has not changed may be confirmed with what it once said about the others.
    Raises IncompleteListing when it still does, when a next link leads elsewhere, or when a page does not come.
    """
    chosen = style or LINKS
    walk = _walk(first, fetch, key, chosen, is_fresh=False)
    if walk.problem:
        walk = _walk(first, fetch, key, chosen, is_fresh=True)
    if walk.problem:
        raise IncompleteListing(f"{first.path}: {walk.problem}")
    return walk.rows


def _walk(first: RemoteUrl, fetch: FetchPage, key: RowKey, style: PageStyle, *, is_fresh: bool) -> _Walk:
    walk = _Walk()
    seen: set[str] = set()
    url: RemoteUrl | None = first
    while url is not None:
        if str(url) in seen or len(seen) >= MOST_PAGES:
            raise IncompleteListing(f"{first.path}: the pages never end")
        seen.add(str(url))
        page = _read_page(url, fetch, style, is_fresh=is_fresh)
        walk.rows.extend(page.rows)
        if len(walk.rows) > MOST_ROWS:
            raise IncompleteListing(f"{first.path}: the list has more than {MOST_ROWS:,} rows")
        if page.total is not None:
            walk.totals.append(page.total)
        if len(page.rows) >= style.rows and not page.tells_end:
            raise IncompleteListing(f"{first.path}: a full page does not say whether it is the last one")
        url = _next_url(first, url, page)
    walk.problem = _contradiction(walk, key)
    return walk


def _read_page(url: RemoteUrl, fetch: FetchPage, style: PageStyle, *, is_fresh: bool) -> Page:
    """One page. A full one that was the last and has not changed need not be the last any more: it is read afresh."""
    answer = fetch(url, is_fresh=is_fresh)
    page = style.read(answer, url)
    if style.has_link_header and answer.is_kept and page.next_link is None and len(page.rows) >= style.rows:
        page = style.read(fetch(url, is_fresh=True), url)
    return page


def _read_linked_page(answer: Answer, url: RemoteUrl) -> Page:
    """`Link: …; rel="next"`: GitLab and GitHub. A full page without a word about others may have lost it in a proxy."""
    link = answer.next_link()
    if link is None and answer.number_header("x-next-page") is not None:
        raise IncompleteListing(f"{url.path}: there is a next page, but no link to it")
    return Page(
        rows=as_objects(answer.json(), url.path),
        next_link=link,
        total=answer.number_header("x-total"),
        tells_end=any(name in answer.headers for name in ("link", "x-next-page", "x-total")),
    )


def _read_numbered_page(answer: Answer, url: RemoteUrl) -> Page:
    """`values`, `isLastPage` and `nextPageStart`: Bitbucket Data Center."""
    document = as_object(answer.json(), url.path)
    rows = as_objects(document.get("values"), url.path)
    is_last, start = document.get("isLastPage"), find_number(document, "nextPageStart")
    if find_number(document, "size") not in {None, len(rows)}:
        raise IncompleteListing(f"{url.path}: the page counts other rows than it has")
    if is_last is True:
        return Page(rows, None)
    if is_last is not False or start is None:
        raise IncompleteListing(f"{url.path}: the page says neither that it is the last, nor where the next begins")
    query = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name != "start"]
    return Page(rows, f"?{urlencode([*query, ('start', str(start))])}")


def _read_chained_page(answer: Answer, url: RemoteUrl) -> Page:
    """`values`, `next` and sometimes `size`: Bitbucket Cloud."""
    document = as_object(answer.json(), url.path)
    rows = as_objects(document.get("values"), url.path)
    return Page(rows, find_text(document, "next") or None, find_number(document, "size"))


LINKS = PageStyle("per_page", PAGE_ROWS, _read_linked_page, has_link_header=True)
STARTS = PageStyle("limit", 1000, _read_numbered_page)  # the server gives fewer where its own limit is lower
NEXTS = PageStyle("pagelen", PAGE_ROWS, _read_chained_page)


def _next_url(first: RemoteUrl, current: RemoteUrl, page: Page) -> RemoteUrl | None:
    if page.next_link is None:
        return None
    try:
        url = join_url(current, page.next_link)
    except Refused as error:
        raise IncompleteListing(f"{first.path}: the link to the next page is malformed") from error
    if url.origin != first.origin:
        raise IncompleteListing(
            f"{first.path}: the next page is said to be at {url.origin}, not at {first.origin}; "
            "the host's own idea of its address differs from the base URL"
        )
    return url


def _contradiction(walk: _Walk, key: RowKey) -> str:
    keys = [_row_key(row, key) for row in walk.rows]
    if len(set(keys)) != len(keys):
        return "a row came twice"
    if len(set(walk.totals)) > 1:
        return "the number of rows changed while they were read"
    if walk.totals and walk.totals[0] != len(walk.rows):
        return f"{len(walk.rows)} rows came, but the host counts {walk.totals[0]}"
    return ""


def _row_key(row: JsonObject, key: RowKey) -> Json:
    value = row.get(key) if isinstance(key, str) else key(row)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UnexpectedResponse(f"a row has no {key if isinstance(key, str) else 'key'}")
    return value
