"""Read a list to its end, or not at all: a listing is complete or it raises."""

from dataclasses import dataclass, field
from typing import Protocol

from integrations.answers import Answer
from integrations.errors import IncompleteListing, Refused, UnexpectedResponse
from integrations.fields import Json, JsonObject, as_objects
from integrations.urls import RemoteUrl, join_url

PAGE_ROWS = 100
MOST_PAGES = 5000
MOST_ROWS = MOST_PAGES * PAGE_ROWS


class FetchPage(Protocol):
    """Reads one page. `is_fresh`: the whole page again, not the confirmation that it has not changed."""

    def __call__(self, url: RemoteUrl, *, is_fresh: bool) -> Answer: ...


@dataclass(slots=True)
class _Walk:
    """What one walk over all pages found; `problem` says why its result can not be complete."""

    rows: list[JsonObject] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    problem: str = ""


def read_listing(first: RemoteUrl, fetch: FetchPage, *, key: str = "id") -> list[JsonObject]:
    """All rows from the first page to the last.

    Pages shift while somebody changes the list, so a walk that contradicts itself is done once more, with every page
    read afresh: a page that has not changed may be confirmed with what it once said about the others.
    Raises IncompleteListing when it still does, when a next link leads elsewhere, or when a page does not come.
    """
    walk = _walk(first, fetch, key, is_fresh=False)
    if walk.problem:
        walk = _walk(first, fetch, key, is_fresh=True)
    if walk.problem:
        raise IncompleteListing(f"{first.path}: {walk.problem}")
    return walk.rows


def _walk(first: RemoteUrl, fetch: FetchPage, key: str, *, is_fresh: bool) -> _Walk:
    walk = _Walk()
    seen: set[str] = set()
    url: RemoteUrl | None = first
    while url is not None:
        if str(url) in seen or len(seen) >= MOST_PAGES:
            raise IncompleteListing(f"{first.path}: the pages never end")
        seen.add(str(url))
        answer, rows = _read_page(first, url, fetch, is_fresh=is_fresh)
        walk.rows.extend(rows)
        if len(walk.rows) > MOST_ROWS:
            raise IncompleteListing(f"{first.path}: the list has more than {MOST_ROWS:,} rows")
        _note_total(walk, answer)
        _check_end(first, answer, rows)
        url = _next_url(first, url, answer)
    walk.problem = _contradiction(walk, key)
    return walk


def _read_page(
    first: RemoteUrl, url: RemoteUrl, fetch: FetchPage, *, is_fresh: bool
) -> tuple[Answer, list[JsonObject]]:
    """One page. A full one that was the last and has not changed need not be the last any more: it is read afresh."""
    answer = fetch(url, is_fresh=is_fresh)
    rows = as_objects(answer.json(), first.path)
    if answer.is_kept and answer.next_link() is None and len(rows) >= PAGE_ROWS:
        answer = fetch(url, is_fresh=True)
        rows = as_objects(answer.json(), first.path)
    return answer, rows


def _note_total(walk: _Walk, answer: Answer) -> None:
    total = answer.number_header("x-total")
    if total is not None:
        walk.totals.append(total)


def _check_end(first: RemoteUrl, answer: Answer, rows: list[JsonObject]) -> None:
    """A full page that says nothing about others may have lost that on its way, in a proxy that drops headers."""
    says_something = any(name in answer.headers for name in ("link", "x-next-page", "x-total"))
    if len(rows) >= PAGE_ROWS and not says_something:
        raise IncompleteListing(f"{first.path}: a full page does not say whether it is the last one")


def _next_url(first: RemoteUrl, current: RemoteUrl, answer: Answer) -> RemoteUrl | None:
    link = answer.next_link()
    if link is None:
        if answer.number_header("x-next-page") is not None:
            raise IncompleteListing(f"{first.path}: there is a next page, but no link to it")
        return None
    try:
        url = join_url(current, link)
    except Refused as error:
        raise IncompleteListing(f"{first.path}: the link to the next page is malformed") from error
    if url.origin != first.origin:
        raise IncompleteListing(
            f"{first.path}: the next page is said to be at {url.origin}, not at {first.origin}; "
            "the host's own idea of its address differs from the base URL"
        )
    return url


def _contradiction(walk: _Walk, key: str) -> str:
    keys = [_row_key(row, key) for row in walk.rows]
    if len(set(keys)) != len(keys):
        return "a row came twice"
    if len(set(walk.totals)) > 1:
        return "the number of rows changed while they were read"
    if walk.totals and walk.totals[0] != len(walk.rows):
        return f"{len(walk.rows)} rows came, but the host counts {walk.totals[0]}"
    return ""


def _row_key(row: JsonObject, key: str) -> Json:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UnexpectedResponse(f"a row has no {key}")
    return value
