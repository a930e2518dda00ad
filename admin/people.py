"""People of this instance: the list, and letting them in or keeping them out."""

from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from accounts.administrators import LastAdministrator
from models import Identity, User, record_audit
from web.login import revoke_sessions_of_user


def people_query(text: str = "") -> Select[User]:
    """Everybody who has logged in or was made administrator, by name; `text` is a part of a name or login."""
    query = select(User).options(selectinload(User.identities).joinedload(Identity.integration))
    if text:
        pattern = f"%{_escape(text.lower())}%"
        has_login = User.identities.any(func.lower(Identity.login).like(pattern, escape="\\"))
        query = query.where(or_(func.lower(User.display_name).like(pattern, escape="\\"), has_login))
    return query.order_by(func.lower(User.display_name), User.id)


def disable_person(session: Session, user: User, *, actor: str, actor_user_id: int, now: datetime) -> None:
    """Keep a person out: sessions end, tokens stop. Raises LastAdministrator."""
    if user.disabled_at is not None:
        return
    if user.is_administrator:
        query = select(User).where(User.is_administrator).order_by(User.id).with_for_update()
        if not [each for each in session.scalars(query) if each.id != user.id and each.disabled_at is None]:
            raise LastAdministrator
    user.disabled_at = now
    revoke_sessions_of_user(session, user_id=user.id)
    _record(session, "user_disabled", user, actor, actor_user_id)


def enable_person(session: Session, user: User, *, actor: str, actor_user_id: int) -> None:
    """Let a person in again."""
    if user.disabled_at is None:
        return
    user.disabled_at = None
    _record(session, "user_enabled", user, actor, actor_user_id)


def end_sessions(session: Session, user: User, *, keep_id: int | None, actor: str, actor_user_id: int) -> None:
    """Log a person out everywhere but in the browser that asks for it."""
    revoke_sessions_of_user(session, user_id=user.id, except_id=keep_id)
    _record(session, "sessions_ended", user, actor, actor_user_id)


def _record(session: Session, action: str, user: User, actor: str, actor_user_id: int) -> None:
    session.flush()
    target = f"{user.display_name} (id {user.id})"
    record_audit(session, actor=actor, actor_user_id=actor_user_id, action=action, target=target)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
