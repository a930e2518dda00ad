"""Where a visitor may be sent back to: only to a page of ours."""

from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

LONGEST_PATH = 2000


def safe_next(target: str | None, default: str = "/") -> str:
    """The local path that a form or a link wants to return to; `default` for anything else.

    A path is accepted only in its plainest form and when a page answers GET there.
    """
    if not target or not _is_plain_path(target):
        return default
    return target if _is_a_page(urlsplit(target).path) else default


def _is_plain_path(target: str) -> bool:
    if len(target) > LONGEST_PATH or not target.startswith("/") or target.startswith("//"):
        return False
    path = target.partition("?")[0]
    if "\\" in target or "#" in target or "//" in path or "@" in path or "%" in path:
        return False
    return all(" " < character < "\x7f" for character in target)


def _is_a_page(path: str) -> bool:
    try:
        current_app.url_map.bind("localhost").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return True
