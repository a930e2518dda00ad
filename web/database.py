"""One database session per request: a reading one for GET and HEAD, a writing one for the rest.

A GET that writes (the OAuth callback) says so with `@writes`. Views commit; what was not committed is rolled back
before the answer leaves, so that the browser's session can be stored in a transaction of its own.
"""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from web.runtime import current_runtime

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., object])


def writes(view: View) -> View:
    """Mark a view that answers GET and yet writes."""
    view.is_writing = True  # type: ignore[attr-defined]
    return view


def get_session() -> Session:
    """The database session of this request, opened at first use."""
    if "database_session" not in g:
        database = current_runtime().database
        g.database_session = database.write_session() if _is_writing() else database.read_session()
    session: Session = g.database_session
    return session


def close_session(_error: BaseException | None = None) -> None:
    """Roll back what was not committed and give the connection back."""
    session: Session | None = g.pop("database_session", None)
    if session is not None:
        session.close()


def init_database(app: Flask) -> None:
    """Close the session of each request, whatever happened."""

    @app.after_request
    def close_before_the_answer_leaves(response: Response) -> Response:
        close_session()
        return response

    app.teardown_appcontext(close_session)


def _is_writing() -> bool:
    if request.method not in READING_METHODS:
        return True
    return bool(getattr(current_app.view_functions.get(request.endpoint or ""), "is_writing", False))
