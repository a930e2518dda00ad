"""What visitors see when something goes wrong: what happened, why, what to do, and a number to look it up by."""

from dataclasses import replace
from urllib.parse import quote

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from structlog import get_logger
from werkzeug.exceptions import HTTPException

from web.database import close_session
from web.layout import use_bare_frame
from web.machines import is_machine_request
from web.problems import CSRF_PROBLEM, Problem, describe_problem
from web.requests import request_id

RETRY_SECONDS = 5
FRAMED = frozenset({403, 404, 405, 409, 410, 413})  # the server itself is well: its menus can be shown
RETRY_MAY_HELP = frozenset({429, 500, 503})
KEPT_HEADERS = ("Retry-After", "WWW-Authenticate", "Allow")

logger = get_logger(__name__)


def init_errors(app: Flask) -> None:
    """Answer every error in the same way."""
    app.register_error_handler(CSRFError, lambda _error: answer_problem(CSRF_PROBLEM))
    app.register_error_handler(HTTPException, _answer_http_error)
    for kind in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(kind, _answer_database_error)
    app.register_error_handler(Exception, _answer_crash)


def answer_problem(problem: Problem) -> Response:
    """The error page, or the same words as JSON for programs."""
    if is_machine_request():
        words = f"{problem.title}. {problem.reason}"
        body = {"message": words, "warning": words} | ({"request_id": request_id()} if problem.status >= 500 else {})
        response = jsonify(body)
    else:
        close_session()
        if problem.status not in FRAMED:
            use_bare_frame()
        response = make_response(render_template("errors/error.html", problem=problem, request_id=request_id()))
    response.status_code = problem.status
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    own_words = error.description if error.description != type(error).description else ""
    problem = _with_retry(describe_problem(status))
    response = answer_problem(replace(problem, status=status, reason=own_words or problem.reason))
    for name, value in error.get_headers(request.environ):
        if name in KEPT_HEADERS:
            response.headers[name] = value
    return response


def _answer_database_error(error: Exception) -> Response:
    logger.error("the database does not answer", path=request.path, exc_info=error)
    response = answer_problem(_with_retry(describe_problem(503)))
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _answer_crash(error: Exception) -> Response:
    logger.error("unexpected error", path=request.path, method=request.method, exc_info=error)
    return answer_problem(_with_retry(describe_problem(500)))


def _with_retry(problem: Problem) -> Problem:
    may_help = problem.status in RETRY_MAY_HELP and request.method == "GET"
    return replace(problem, retry_url=_this_page()) if may_help else problem


def _this_page() -> str:
    """Encoded: with a backslash as it is, browsers would take the path for the name of another host."""
    query = request.query_string.decode("ascii", "replace")
    return f"{quote(request.path)}{'?' + quote(query, safe='=&%+,:;/?@-._~') if query else ''}"
