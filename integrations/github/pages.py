"""Read GitHub's lists to their end.

A list that fits on one page has no `Link` header, so a full page without one may be all there is, or may have lost it
in a proxy: then the next page is asked for, which is empty after the last.
"""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from integrations.answers import Answer
from integrations.fields import JsonObject, as_objects
from integrations.http import HttpClient
from integrations.paging import PAGE_ROWS, Page, PageStyle, RowKey
from integrations.urls import Params, RemoteUrl


def list_rows(http: HttpClient, path: str, params: Params | None = None, *, key: RowKey = "id") -> Iterator[JsonObject]:
    """All rows of a list, or it raises."""
    yield from http.paginate(path, params, key=key, style=_STYLE)


def _read_page(answer: Answer, url: RemoteUrl) -> Page:
    rows = as_objects(answer.json(), url.path)
    link = answer.next_link()
    if link is None and "link" not in answer.headers and len(rows) >= PAGE_ROWS:
        link = _next_page(url)
    return Page(rows, link)


def _next_page(url: RemoteUrl) -> str:
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    number = query.get("page", "1")
    query["page"] = str(int(number) + 1 if number.isascii() and number.isdigit() else 2)
    return f"?{urlencode(query)}"


_STYLE = PageStyle("per_page", PAGE_ROWS, _read_page, has_link_header=True)
