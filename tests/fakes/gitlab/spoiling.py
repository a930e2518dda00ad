"""Misbehaviour in GitLab's own way: its headers about pages, totals and limits."""

import time

from werkzeug import Request, Response

from tests.fakes.parts.misbehaviour import Kind, Produce, Rule, Spoilers


def _empty(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    response.set_data(b"[]")
    total = max(int(response.headers.get("X-Total", "0")), 1)
    response.headers["X-Total"] = str(total)
    response.headers["X-Next-Page"] = ""
    response.headers.pop("Link", None)
    return response


def _wrong_total(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    response.headers["X-Total"] = str(int(response.headers.get("X-Total", "0")) + 5)
    return response


def _foreign_link(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    response.headers["Link"] = f'<{rule.url}?page=2&per_page=100>; rel="next"'
    response.headers["X-Next-Page"] = "2"
    return response


def _missing_link(rule: Rule, request: Request, produce: Produce) -> Response:
    response = produce()
    response.headers["X-Next-Page"] = ""
    response.headers.pop("Link", None)
    return response


def _rate_limited(rule: Rule, request: Request, produce: Produce) -> Response:
    headers = {
        "Retry-After": str(rule.retry_after),
        "RateLimit-Limit": "60",
        "RateLimit-Name": "throttle_authenticated_api",
        "RateLimit-Observed": "67",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": str(int(time.time()) + rule.retry_after),
    }
    return Response("Retry later\n", 429, headers, content_type="text/plain")


SPOILERS: Spoilers = {
    Kind.EMPTY_WITH_WRONG_TOTAL: _empty,
    Kind.WRONG_TOTAL: _wrong_total,
    Kind.FOREIGN_NEXT_LINK: _foreign_link,
    Kind.MISSING_NEXT_LINK: _missing_link,
    Kind.RATE_LIMITED: _rate_limited,
}
