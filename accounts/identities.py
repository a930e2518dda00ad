"""Accounts on code hosts and the people behind them. An account is known by integration and remote id alone."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from composer.access import is_member_anywhere
from integrations.codehost import AccountState, RemoteAccount
from models import (
    EmailAddress,
    Identity,
    IdentityState,
    Integration,
    LoginPolicy,
    User,
    record_audit,
)


class Refusal(StrEnum):
    """Why somebody may not log in."""

    BLOCKED = "blocked"
    DISABLED = "disabled"
    NOT_A_MEMBER = "not_a_member"


class LoginRefused(Exception):
    """The account is genuine, but may not log in here."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(str(reason))
        self.reason = reason


class IdentityTaken(Exception):
    """The account belongs to another person of this instance."""


def sign_in(session: Session, *, integration: Integration, account: RemoteAccount, now: datetime) -> Identity:
    """The identity of somebody who just proved to own the account, with its user. Raises LoginRefused.

    A pending identity is claimed with all that was granted to it. Nothing is kept of somebody who is refused, except
    that the host blocks an identity that we know.
    """
    identity = find_identity(session, integration_id=integration.id, remote_id=account.remote_id)
    check_may_log_in(session, integration=integration, identity=identity, account=account, now=now)
    identity = identity or _add_identity(session, integration, account)
    if identity.user is None:
        identity.user = _add_user(session, account, now=now)
        record_audit(
            session,
            actor=account.login,
            action="account_claimed",
            target=describe(identity),
            actor_user_id=identity.user.id,
        )
    refresh_identity(session, identity, account)
    identity.last_login_at = identity.user.last_login_at = now
    session.flush()
    return identity


def check_may_log_in(
    session: Session, *, integration: Integration, identity: Identity | None, account: RemoteAccount, now: datetime
) -> None:
    """Raise LoginRefused unless the host, the person's state here and the integration's policy all allow it."""
    if account.state is AccountState.BLOCKED:
        raise LoginRefused(Refusal.BLOCKED)
    user = identity.user if identity else None
    if user is not None and user.disabled_at is not None:
        raise LoginRefused(Refusal.DISABLED)
    if integration.login_policy is LoginPolicy.EVERYONE or (user is not None and user.is_administrator):
        return
    if identity is None or not has_place(session, identity, now=now):
        raise LoginRefused(Refusal.NOT_A_MEMBER)


def has_place(session: Session, identity: Identity, *, now: datetime) -> bool:
    """Whether the identity, or the person behind it, is in any organization: as a member or by a grant."""
    return is_member_anywhere(session, identity_id=identity.id, user_id=identity.user_id, today=now.date())


def find_identity(session: Session, *, integration_id: int, remote_id: str) -> Identity | None:
    """The identity with this immutable id; locked until the transaction ends, so that it is claimed once."""
    return session.scalar(
        select(Identity)
        .where(Identity.integration_id == integration_id, Identity.remote_id == remote_id)
        .with_for_update()
    )


def link_identity(
    session: Session, user: User, *, integration: Integration, account: RemoteAccount, now: datetime
) -> Identity:
    """Connect one more account to a person who has confirmed it. Raises IdentityTaken, or LoginRefused when blocked."""
    if account.state is AccountState.BLOCKED:
        raise LoginRefused(Refusal.BLOCKED)
    identity = find_identity(session, integration_id=integration.id, remote_id=account.remote_id)
    if identity is not None and identity.user_id not in {None, user.id}:
        raise IdentityTaken
    identity = identity or _add_identity(session, integration, account)
    identity.user = user
    refresh_identity(session, identity, account)
    identity.last_login_at = now
    record_audit(
        session, actor=user.display_name, action="account_connected", target=describe(identity), actor_user_id=user.id
    )
    session.flush()
    return identity


def refresh_identity(session: Session, identity: Identity, account: RemoteAccount) -> None:
    """Take over what the host says about the account now: names, state and addresses."""
    identity.login = account.login
    identity.display_name = account.display_name
    identity.web_url = account.web_url
    identity.avatar_url = account.avatar_url
    identity.is_external = account.is_external
    if identity.state is IdentityState.BLOCKED and account.state is not AccountState.BLOCKED:
        record_audit(session, actor="code host", action="account_unblocked", target=describe(identity))
    identity.state = IdentityState.BLOCKED if account.state is AccountState.BLOCKED else IdentityState.ACTIVE
    session.flush()
    _replace_addresses(session, identity, account)


def block_identity(session: Session, *, integration_id: int, remote_id: str) -> None:
    """Note that the host has blocked an account, if we know it: its sessions are refused from now on."""
    identity = find_identity(session, integration_id=integration_id, remote_id=remote_id)
    if identity is not None and identity.state is not IdentityState.BLOCKED:
        identity.state = IdentityState.BLOCKED
        record_audit(session, actor="code host", action="account_blocked", target=describe(identity))


def describe(identity: Identity) -> str:
    """An identity in words, for the log: `alice at GitLab (id 7)`."""
    return f"{identity.login} at {identity.integration.name} (id {identity.remote_id})"


def _add_identity(session: Session, integration: Integration, account: RemoteAccount) -> Identity:
    identity = Identity(integration=integration, remote_id=account.remote_id, login=account.login)
    session.add(identity)
    session.flush()
    return identity


def _add_user(session: Session, account: RemoteAccount, *, now: datetime) -> User:
    user = User(display_name=account.display_name or account.login, created_at=now)
    session.add(user)
    session.flush()
    return user


def _replace_addresses(session: Session, identity: Identity, account: RemoteAccount) -> None:
    """Only what the host lists now is kept; the address that its owner chose as default stays the default."""
    query = select(EmailAddress.address).where(EmailAddress.identity_id == identity.id, EmailAddress.is_default)
    chosen = session.scalar(query)
    session.execute(delete(EmailAddress).where(EmailAddress.identity_id == identity.id))
    addresses = {email.address: email for email in account.emails}
    default = chosen if chosen in addresses else _primary(account)
    if _has_default_elsewhere(session, identity):
        default = ""
    for address, email in addresses.items():
        is_verified = email.is_verified or identity.integration.is_trusting_emails
        session.add(
            EmailAddress(
                identity_id=identity.id, address=address, is_verified=is_verified, is_default=address == default
            )
        )


def _has_default_elsewhere(session: Session, identity: Identity) -> bool:
    """Whether the person has chosen an address of another account: there is one default per person."""
    query = (
        select(EmailAddress.id)
        .join(Identity, Identity.id == EmailAddress.identity_id)
        .where(Identity.user_id == identity.user_id, Identity.id != identity.id, EmailAddress.is_default)
    )
    return session.scalar(query.limit(1)) is not None


def _primary(account: RemoteAccount) -> str:
    primary = [email.address for email in account.emails if email.is_primary]
    return next(iter([*primary, *(email.address for email in account.emails)]), "")
