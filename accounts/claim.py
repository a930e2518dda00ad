"""Become the first administrator: the only way out of Setup Mode."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.identities import LoginRefused, Refusal, describe, find_identity, link_identity
from accounts.setup_state import complete_setup, read_state
from integrations.codehost import RemoteAccount
from integrations.service import platform_of
from models import Identity, Instance, InstanceState, Integration, SetupSession, User, record_audit


class NotTheChosenAdministrator(Exception):
    """The installation names another account as its first administrator."""


class NoLongerAdmitted(Exception):
    """The browser was put out of Setup Mode while it was at the code host, by a new setup link."""


def check_still_admitted(session: Session, setup_session_id: int | None) -> None:
    """Raise NoLongerAdmitted unless the browser still has its setup session, and keep it until the transaction ends.

    Nothing to check once Setup Mode has ended: that is told by `claim_administration`. Claims queue up at the row of
    the instance before they hold anything else, else two of them could wait for each other.
    """
    session.execute(select(Instance.id).where(Instance.id == 1).with_for_update())
    if read_state(session) is InstanceState.ACTIVE:
        return
    query = select(SetupSession.id).where(SetupSession.id == setup_session_id).with_for_update()
    if session.scalar(query) is None:
        raise NoLongerAdmitted


def claim_administration(
    session: Session, *, integration: Integration, account: RemoteAccount, chosen: str, now: datetime
) -> Identity:
    """Make the owner of the account administrator and end Setup Mode, all in the caller's transaction.

    The caller has checked that the browser holds the setup session that started the flow. `chosen` is the setting
    HOST:LOGIN, or empty. Raises SetupAlreadyCompleted (roll back), NotTheChosenAdministrator, LoginRefused.
    """
    check_chosen(integration, account, chosen)
    complete_setup(session, now=now)
    known = find_identity(session, integration_id=integration.id, remote_id=account.remote_id)
    user = known.user if known and known.user else _add_administrator(session, account, now=now)
    if user.disabled_at is not None:
        raise LoginRefused(Refusal.DISABLED)
    user.is_administrator = True
    user.administrator_since = user.last_login_at = now
    user.administrator_granted_by = "Setup Mode"
    identity = link_identity(session, user, integration=integration, account=account, now=now)
    record_audit(
        session,
        actor=account.login,
        actor_user_id=user.id,
        action="setup_completed",
        target=describe(identity),
    )
    session.flush()
    return identity


def check_chosen(integration: Integration, account: RemoteAccount, chosen: str) -> None:
    """Raise NotTheChosenAdministrator when the setting HOST:LOGIN names somebody else.

    LOGIN may be the remote id. It has to be, where anybody may give themselves the name of somebody else; and digits
    alone always are, because people may call themselves by the id of somebody else, too.
    """
    if not chosen:
        return
    host, _, name = chosen.rpartition(":")
    parts = urlsplit(integration.base_url)
    is_id = name.isdigit() or not platform_of(integration).has_unique_logins
    names = {account.remote_id} if is_id else {account.remote_id, account.login}
    if host.lower() not in {parts.hostname, parts.netloc} or name not in names:
        raise NotTheChosenAdministrator


def _add_administrator(session: Session, account: RemoteAccount, *, now: datetime) -> User:
    user = User(display_name=account.display_name or account.login, created_at=now)
    session.add(user)
    session.flush()
    return user
