"""Taking an account away from a person: what hangs on it, and what ends with it."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from accounts.grants import withdraw_grant
from accounts.identities import describe
from accounts.sessions import move_or_end_sessions
from models import Credential, Identity, IdentityState, Integration, SecretBox, Synchronization, User, record_audit


class LastAccount(Exception):
    """Without this account the person could not log in any more."""


def disconnect_identity(
    session: Session, box: SecretBox, *, identity: Identity, keep_session_id: int, now: datetime
) -> None:
    """Make an account pending again. Its tokens and the sessions that rest on it end. Raises LastAccount.

    What the host grants to the account stays with the account, and comes back with it.
    """
    assert identity.user_id is not None
    user = session.get_one(User, identity.user_id, with_for_update=True)
    other_id = session.scalar(_other_ways_in(identity).limit(1))
    if other_id is None:
        raise LastAccount
    move_or_end_sessions(session, identity_id=identity.id, keep_id=keep_session_id, onto_id=other_id, now=now)
    withdraw_grant(session, box, identity=identity, reason=f"{identity.login} was disconnected by its owner")
    identity.user = None
    record_audit(
        session,
        actor=user.display_name,
        actor_user_id=user.id,
        action="account_disconnected",
        target=describe(identity),
    )
    session.flush()


def count_synchronizations_through(session: Session, identity_id: int) -> int:
    """How many synchronizations run with the authorization of this account."""
    query = (
        select(func.count())
        .select_from(Synchronization)
        .join(Synchronization.credential)
        .where(Credential.identity_id == identity_id)
    )
    return session.scalar(query) or 0


def _other_ways_in(identity: Identity) -> Select[int]:
    return (
        select(Identity.id)
        .join(Identity.integration)
        .where(
            Identity.user_id == identity.user_id,
            Identity.id != identity.id,
            Identity.state == IdentityState.ACTIVE,
            Integration.is_for_login,
            Integration.deleted_at.is_(None),
        )
        .order_by(Identity.id)
    )
