"""Begin, renew and end browser sessions. Each function works in the caller's transaction; the caller commits."""

import secrets
from datetime import datetime, timedelta

from flask import session as flask_session
from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from models.base import utc_now
from models.secrets import digest_secret
from models.user import WebSession
from web.sessions import EVERYBODY, BrowserSession, describe_row, insert_session

RECENT = timedelta(minutes=15)


def browser_session() -> BrowserSession:
    """The session of this request, with its types."""
    current = flask_session._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(current, BrowserSession)
    return current


def ensure_session_row(session: Session) -> WebSession:
    """The stored session of this browser, made when there is none (for a flow that must be bound to it)."""
    browser = browser_session()
    if browser.row is None:
        row, token = insert_session(session, dict(browser.content))
        browser.bind(row, token=token)
    assert browser.row is not None
    return session.get_one(WebSession, browser.row.id)


def log_in(session: Session, *, user_id: int, identity_id: int | None = None) -> None:
    """Make this browser's session that of a person: new id, fresh limits, nothing kept but messages."""
    stored = ensure_session_row(session)
    now = utc_now()
    stored.user_id, stored.identity_id = user_id, identity_id
    stored.created_at = stored.last_seen_at = stored.authenticated_at = now
    browser = browser_session()
    for key in [key for key in browser if key != "_flashes"]:
        del browser[key]
    _renew(session, stored)


def renew_session_id(session: Session) -> None:
    """Give the session a new id: after connecting an account and whenever rights grow."""
    _renew(session, ensure_session_row(session))


def confirm_identity(session: Session) -> None:
    """The person has just proved again who they are: note when, and renew the id."""
    stored = ensure_session_row(session)
    stored.authenticated_at = utc_now()
    _renew(session, stored)


def is_recently_authenticated(now: datetime | None = None) -> bool:
    """Whether the last proof of identity is recent enough for a sensitive action."""
    row = browser_session().row
    if row is None or row.authenticated_at is None:
        return False
    return (now or utc_now()) - row.authenticated_at <= RECENT


def log_out(session: Session) -> None:
    """End this browser's session: its row goes, and with it everything kept in it."""
    browser = browser_session()
    if browser.row is not None:
        session.execute(delete(WebSession).where(WebSession.id == browser.row.id))
    browser.clear()
    browser.bind(None, token=None)


def list_sessions(session: Session, *, user_id: int) -> list[WebSession]:
    """The living sessions of a person, the latest used first."""
    statement = select(WebSession).where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
    return list(session.scalars(statement.order_by(WebSession.last_seen_at.desc(), WebSession.id)))


def revoke_session(session: Session, *, session_id: int, user_id: int) -> bool:
    """End one session of a person; False when it is not theirs."""
    result = session.execute(
        update(WebSession)
        .where(WebSession.id == session_id, WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
        .values(revoked_at=utc_now())
    )
    return isinstance(result, CursorResult) and result.rowcount == 1


def revoke_sessions_of_user(session: Session, *, user_id: int, except_id: int | None = None) -> None:
    """End all sessions of a person, but for the one they are using."""
    statement = update(WebSession).where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
    if except_id is not None:
        statement = statement.where(WebSession.id != except_id)
    session.execute(statement.values(revoked_at=utc_now()))


def delete_expired_sessions(session: Session, now: datetime) -> None:
    """Remove rows that no browser can use any more. For the sweeper."""
    session.execute(
        delete(WebSession).where(
            or_(
                WebSession.last_seen_at < now - EVERYBODY.idle,
                WebSession.created_at < now - EVERYBODY.absolute,
                WebSession.revoked_at < now - timedelta(days=1),
            )
        )
    )


def _renew(session: Session, stored: WebSession) -> None:
    token = secrets.token_urlsafe(32)
    stored.digest = digest_secret(token)
    session.flush()
    browser_session().bind(describe_row(stored), token=token)
