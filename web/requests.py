"""Each request has a number, and leaves one line in the log. Who asked is known to the audit log."""

import secrets
import time

from flask import Flask, Response, g, request
from structlog import get_logger
from structlog.contextvars import bind_contextvars, clear_contextvars

from models.audit import client_address
from web.machines import is_machine_request

QUIET_ENDPOINTS = frozenset({"web.asset"})
QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

logger = get_logger(__name__)


def request_id() -> str:
    """The number of this request in the log."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    number: str = g.request_id
    return number


def init_requests(app: Flask) -> None:
    """Number the requests and log how each was answered: the path without its query, which may hold codes."""

    @app.before_request
    def begin() -> None:
        g.began_at = time.monotonic()
        clear_contextvars()
        bind_contextvars(request_id=request_id())
        client_address.set(request.remote_addr or "")

    @app.after_request
    def finish(response: Response) -> Response:
        if not is_machine_request() or response.status_code >= 500:
            response.headers["X-Request-Id"] = request_id()
        if request.endpoint not in QUIET_ENDPOINTS and request.path not in QUIET_PATHS:
            _log(response)
        return response

    @app.teardown_request
    def end(_error: BaseException | None = None) -> None:
        client_address.set("")


def _log(response: Response) -> None:
    logger.info(
        "http_request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        milliseconds=round((time.monotonic() - g.get("began_at", time.monotonic())) * 1000),
        address=request.remote_addr,
    )
