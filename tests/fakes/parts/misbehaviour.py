"""Answers of a server that is broken, overloaded or hostile, switched on by a test."""

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from werkzeug import Request, Response

Produce = Callable[[], Response]


class Kind(StrEnum):
    """How an answer is spoilt."""

    HTML_200 = "html_200"
    STATUS_304 = "status_304"
    STATUS_401 = "status_401"
    STATUS_403 = "status_403"
    STATUS_404 = "status_404"
    STATUS_500 = "status_500"
    STATUS_502 = "status_502"
    STATUS_503 = "status_503"
    TRUNCATED_JSON = "truncated_json"
    CUT_BODY = "cut_body"
    EMPTY_WITH_WRONG_TOTAL = "empty_with_wrong_total"
    WRONG_TOTAL = "wrong_total"
    FOREIGN_NEXT_LINK = "foreign_next_link"
    MISSING_NEXT_LINK = "missing_next_link"
    DUPLICATE_IDS = "duplicate_ids"
    SLOW = "slow"
    DRIP = "drip"
    RATE_LIMITED = "rate_limited"
    CONNECTION_RESET = "connection_reset"
    REDIRECT = "redirect"


@dataclass(slots=True)
class Rule:
    """Spoil requests whose `path?query` matches: not the first `after`, then `times` of them (None: all)."""

    pattern: re.Pattern[str]
    kind: Kind
    after: int = 0
    times: int | None = None
    seconds: float = 1.0
    retry_after: int = 1
    url: str = "https://elsewhere.example/api/"
    seen: int = 0
    hits: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def matching(cls, path_regex: str, kind: str, *, after: int, times: int | None) -> "Rule":
        """Raises ValueError for an unknown kind."""
        return cls(re.compile(path_regex), Kind(kind), after, times)

    def takes(self, target: str) -> bool:
        if not self.pattern.search(target):
            return False
        with self._lock:
            self.seen += 1
            is_due = self.seen > self.after and (self.times is None or self.hits < self.times)
            self.hits += is_due
            return is_due


Spoiler = Callable[[Rule, Request, Produce], Response]
Spoilers = Mapping[Kind, Spoiler]


def spoil(rule: Rule, request: Request, produce: Produce, own: Spoilers) -> Response:
    """The answer under a rule; `own` is what a host does in its own way.

    Never returns for a reset connection: raises ConnectionResetError. What is spoiled is a whole answer: "304 Not
    Modified" has nothing that could be.
    """
    request.environ.pop("HTTP_IF_NONE_MATCH", None)
    return (own.get(rule.kind) or _SPOILERS[rule.kind])(rule, request, produce)


def _html(rule: Rule, request: Request, produce: Produce) -> Response:
    return Response("<!DOCTYPE html><title>Sign in</title><p>Maintenance", 200, content_type="text/html")


def _status(rule: Rule, request: Request, produce: Produce) -> Response:
    status = int(rule.kind.removeprefix("status_"))
    messages = {401: "401 Unauthorized", 403: "403 Forbidden", 404: "404 Not found", 500: "500 Internal Server Error"}
    message = messages.get(status, f"{status} Unavailable")
    return Response(json.dumps({"message": message}), status, content_type="application/json")


def _truncated(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    response.set_data(response.get_data()[: len(response.get_data()) // 2])
    return response


def _cut(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    body = response.get_data()

    def half() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)

    return _streamed(response, half(), len(body))


def _drip(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    body = response.get_data()

    def bytewise() -> Iterator[bytes]:
        for position in range(len(body)):
            time.sleep(rule.seconds)
            yield body[position : position + 1]

    return _streamed(response, bytewise(), len(body))


def _streamed(response: Response, parts: Iterator[bytes], length: int) -> Response:
    headers = [(name, value) for name, value in response.headers if name.lower() != "content-length"]
    return Response(parts, response.status_code, [*headers, ("Content-Length", str(length))], direct_passthrough=True)


def _empty(rule: Rule, request: Request, produce: Produce) -> Response:
    """No rows and no further page."""
    response = produce()
    response.set_data(b"[]")
    response.headers.pop("Link", None)
    return response


def _as_it_is(rule: Rule, request: Request, produce: Produce) -> Response:
    """Hosts without totals have none that could be wrong."""
    return produce()


def _foreign_link(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    response.headers["Link"] = f'<{rule.url}?page=2&per_page=100>; rel="next"'
    return response


def _missing_link(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    response.headers.pop("Link", None)
    return response


def _duplicates(rule: Rule, request: Request, produce: Produce) -> Response:
    """One row twice and another one missing, so that the count is right."""
    response = produce()
    rows = json.loads(response.get_data())
    if isinstance(rows, list) and rows:
        response.set_data(json.dumps([*rows[:-1], rows[0]] if len(rows) > 1 else rows * 2))
    return response


def _slow(rule: Rule, request: Request, produce: Produce) -> Response:
    time.sleep(rule.seconds)
    return produce()


def _rate_limited(rule: Rule, request: Request, produce: Produce) -> Response:
    return Response("Retry later\n", 429, {"Retry-After": str(rule.retry_after)}, content_type="text/plain")


def _reset(rule: Rule, request: Request, produce: Produce) -> Response:
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise ConnectionResetError


def _redirect(rule: Rule, request: Request, produce: Produce) -> Response:
    return Response(status=302, headers={"Location": rule.url})


_SPOILERS: Spoilers = {
    Kind.HTML_200: _html,
    Kind.STATUS_304: _status,
    Kind.STATUS_401: _status,
    Kind.STATUS_403: _status,
    Kind.STATUS_404: _status,
    Kind.STATUS_500: _status,
    Kind.STATUS_502: _status,
    Kind.STATUS_503: _status,
    Kind.TRUNCATED_JSON: _truncated,
    Kind.CUT_BODY: _cut,
    Kind.EMPTY_WITH_WRONG_TOTAL: _empty,
    Kind.WRONG_TOTAL: _as_it_is,
    Kind.FOREIGN_NEXT_LINK: _foreign_link,
    Kind.MISSING_NEXT_LINK: _missing_link,
    Kind.DUPLICATE_IDS: _duplicates,
    Kind.SLOW: _slow,
    Kind.DRIP: _drip,
    Kind.RATE_LIMITED: _rate_limited,
    Kind.CONNECTION_RESET: _reset,
    Kind.REDIRECT: _redirect,
}
