"""When sessions of people end by themselves: with the account that they rest on. The rest is in `web.login`."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from models import Identity, IdentityState, User, WebSession, record_audit


def move_or_end_sessions(session: Session, *, identity_id: int, keep_id: int, onto_id: int, now: datetime) -> None:
    """Before an account goes: the session in use moves onto another account, the others that rest on it end."""
    rests_on_it = WebSession.identity_id == identity_id
    session.execute(update(WebSession).where(rests_on_it, WebSession.id == keep_id).values(identity_id=onto_id))
    session.execute(update(WebSession).where(rests_on_it, WebSession.id != keep_id).values(revoked_at=now))


def may_go_on(user: User, identity_id: int | None) -> bool:
    """Whether a session of this person may continue: it ends with the account it rests on, unless there is another."""
    if user.disabled_at is not None:
        return False
    return identity_id is None or any(identity.state is IdentityState.ACTIVE for identity in user.identities)


def end_sessions_of_the_blocked(session: Session, *, now: datetime) -> int:
    """End sessions that rest on a blocked account of somebody who has no other active one. How many ended."""
    other = aliased(Identity)
    has_other = (
        select(other.id).where(other.user_id == WebSession.user_id, other.state == IdentityState.ACTIVE).exists()
    )
    is_blocked = (
        select(Identity.id)
        .where(Identity.id == WebSession.identity_id, Identity.state == IdentityState.BLOCKED)
        .exists()
    )
    ended = session.scalars(
        update(WebSession)
        .where(WebSession.revoked_at.is_(None), is_blocked, ~has_other)
        .values(revoked_at=now)
        .returning(WebSession.user_id)
        .execution_options(synchronize_session=False)
    ).all()
    for user in session.scalars(select(User).where(User.id.in_(set(ended)))):
        target = f"{user.display_name} (id {user.id})"
        details = {"reason": "blocked at the code host"}
        record_audit(session, actor="system", action="sessions_ended", target=target, details=details)
    return len(ended)
