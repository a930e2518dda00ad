"""Who is logged in, through Flask-Login: read once per request from the row of the browser's session."""

from dataclasses import dataclass

from flask import Flask, Request
from flask_login import LoginManager
from flask_login import current_user as flask_current_user
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from accounts.sessions import may_go_on
from models import User
from web.database import get_session
from web.login import browser_session
from web.machines import is_machine_request


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """The person behind this request; `id` is 0 for a visitor who is not logged in."""

    id: int = 0
    display_name: str = ""
    login: str = ""
    theme: str = ""
    is_administrator: bool = False
    identity_id: int | None = None

    @property
    def is_authenticated(self) -> bool:
        """Whether somebody is logged in."""
        return self.id != 0


current_user: CurrentUser = flask_current_user  # a proxy: the value of the request that is being answered


def init_current_user(app: Flask) -> None:
    """Let Flask-Login ask us. No remember-me cookie, no session protection, nothing kept in the session."""
    manager = LoginManager()
    manager.session_protection = None
    manager.anonymous_user = CurrentUser
    manager.request_loader(_load)
    app.login_manager = manager  # type: ignore[attr-defined]  # all that `init_app` does and we want


def current_user_row(session: Session) -> User:
    """The person behind this request, to be read or changed. Raises NoResultFound for a visitor."""
    return session.get_one(User, current_user.id)


def _load(_request: Request) -> CurrentUser | None:
    row = None if is_machine_request() else browser_session().row
    if row is None or row.user_id is None:
        return None
    query = select(User).where(User.id == row.user_id).options(selectinload(User.identities))
    user = get_session().scalar(query)
    if user is None or not may_go_on(user, row.identity_id):
        return None
    used = [identity for identity in user.identities if identity.id == row.identity_id] or user.identities[:1]
    return CurrentUser(
        id=user.id,
        display_name=user.display_name,
        login=used[0].login if used else "",
        theme=str(user.theme),
        is_administrator=user.is_administrator,
        identity_id=row.identity_id,
    )
