"""The browser's session: rows in our database, so that they can be listed and revoked and outlive Redis.

`flask.session` is a BrowserSession: a mapping (flashes, CSRF token, small notes) that is read at first use and stored
in a short transaction of its own after the view. Logging in and out goes through `web.login`, in the transaction of
the caller.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import Update, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from structlog import get_logger

from models.base import utc_now
from models.database import Database
from models.runtime import Runtime
from models.secrets import digest_secret
from models.user import User, WebSession

TOUCH_INTERVAL = timedelta(minutes=5)
USER_AGENT_LENGTH = 300

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lives without use, and at most."""

    idle: timedelta
    absolute: timedelta


EVERYBODY = SessionLimits(idle=timedelta(hours=12), absolute=timedelta(days=7))
ADMINISTRATORS = SessionLimits(idle=timedelta(hours=1), absolute=timedelta(hours=12))


@dataclass(frozen=True, slots=True)
class SessionRow:
    """What is known about a stored session."""

    id: int
    digest: str
    user_id: int | None
    identity_id: int | None
    created_at: datetime
    last_seen_at: datetime
    authenticated_at: datetime | None


class BrowserSession(SessionMixin):
    """The session of the browser that sent this request. Nobody is asked until it is used."""

    modified = False
    accessed = True

    def __init__(self, database: Database, token: str | None) -> None:
        self._database = database
        self._token = token
        self._content: dict[str, Any] = {}
        self._row: SessionRow | None = None
        self.is_loaded = False
        self.cookie_token: str | None = None  # a new token, which the answer must bring to the browser

    @property
    def row(self) -> SessionRow | None:
        """The stored session; None while nothing has been stored for this browser."""
        self._load()
        return self._row

    @property
    def user_id(self) -> int | None:
        """Who is logged in."""
        return self.row.user_id if self.row else None

    @property
    def content(self) -> dict[str, Any]:
        """Everything that is kept in the session."""
        self._load()
        return self._content

    @property
    def had_cookie(self) -> bool:
        """Whether the browser sent a session cookie, valid or not."""
        return self._token is not None

    def bind(self, row: SessionRow | None, *, token: str | None) -> None:
        """Go on with another row; `token` is what the browser has to send from now on."""
        self._row, self.cookie_token, self.is_loaded = row, token, True

    def __getitem__(self, key: str) -> Any:
        return self.content[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.content[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self.content[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self.content)

    def __len__(self) -> int:
        return len(self.content)

    def _load(self) -> None:
        if self.is_loaded:
            return
        if self._token:
            with self._database.read() as session:
                self._row, self._content = find_valid_session(session, digest_secret(self._token), utc_now())
        self.is_loaded = True


def find_valid_session(session: Session, digest: str, now: datetime) -> tuple[SessionRow | None, dict[str, Any]]:
    """The stored session and its content; nothing when it is unknown, revoked, too old, or its person is disabled."""
    found = session.execute(
        select(WebSession, User).outerjoin(User, User.id == WebSession.user_id).where(WebSession.digest == digest)
    ).one_or_none()
    if found is None:
        return None, {}
    stored, user = found
    if user is not None and user.disabled_at is not None:
        return None, {}
    limits = ADMINISTRATORS if user is not None and user.is_administrator else EVERYBODY
    is_stale = now - stored.last_seen_at > limits.idle or now - stored.created_at > limits.absolute
    if stored.revoked_at is not None or is_stale:
        return None, {}
    return describe_row(stored), dict(stored.content)


def describe_row(stored: WebSession) -> SessionRow:
    """Row → value."""
    return SessionRow(
        id=stored.id,
        digest=stored.digest,
        user_id=stored.user_id,
        identity_id=stored.identity_id,
        created_at=stored.created_at,
        last_seen_at=stored.last_seen_at,
        authenticated_at=stored.authenticated_at,
    )


def insert_session(session: Session, content: dict[str, Any]) -> tuple[SessionRow, str]:
    """A new anonymous session for the browser of this request, and the token for its cookie."""
    token = secrets.token_urlsafe(32)
    stored = WebSession(
        digest=digest_secret(token),
        content=content,
        ip_address=request.remote_addr or "",
        user_agent=(request.user_agent.string or "")[:USER_AGENT_LENGTH],
    )
    session.add(stored)
    session.flush()
    return describe_row(stored), token


class DatabaseSessions(SessionInterface):
    """Flask's interface to the sessions above."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._is_https = runtime.settings.is_https
        self.cookie_name = "__Host-rpt" if self._is_https else "rpt"

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        """Remember the cookie; the row is read when somebody asks."""
        return BrowserSession(self._database, request.cookies.get(self.cookie_name))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed, note that the browser was seen, and send or withdraw the cookie."""
        assert isinstance(session, BrowserSession)
        if not session.is_loaded:
            return
        row = session.row
        if row is None and len(session):
            with self._database.write() as database_session:
                new_row, token = insert_session(database_session, session.content)
            session.bind(new_row, token=token)
        elif row is not None and session.modified:
            self._store(session, row)
        elif row is not None:
            self._touch(row)
        self._send_cookie(session, response)

    def _store(self, session: BrowserSession, row: SessionRow) -> None:
        values = {"content": session.content, "last_seen_at": utc_now()}
        with self._database.write() as database_session:
            # Only a living row is updated: a session that was revoked meanwhile must not come back.
            updated = database_session.scalar(_update_living(row).values(**values).returning(WebSession.id))
        if updated is None:
            session.bind(None, token=None)

    def _touch(self, row: SessionRow) -> None:
        now = utc_now()
        if now - row.last_seen_at < TOUCH_INTERVAL:
            return
        values = {"last_seen_at": now, "ip_address": request.remote_addr or ""}
        try:
            with self._database.write() as database_session:
                database_session.execute(_update_living(row).values(**values))
        except SQLAlchemyError as error:
            logger.warning("could not note that a session was used", reason=type(error).__name__)

    def _send_cookie(self, session: BrowserSession, response: Response) -> None:
        attributes: dict[str, Any] = {"path": "/", "secure": self._is_https, "httponly": True, "samesite": "Lax"}
        if session.cookie_token is not None:
            response.set_cookie(self.cookie_name, session.cookie_token, max_age=EVERYBODY.absolute, **attributes)
        elif session.row is None and session.had_cookie:
            response.delete_cookie(self.cookie_name, **attributes)


def _update_living(row: SessionRow) -> Update:
    return update(WebSession).where(
        WebSession.id == row.id, WebSession.digest == row.digest, WebSession.revoked_at.is_(None)
    )
