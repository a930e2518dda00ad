"""Administrators of this instance: a local grant to named people, never derived from a role at a host."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Identity, Integration, LoginLink, User, digest_secret, record_audit

LINK_LIFE = timedelta(minutes=10)
LINK_PREFIX = "rptl_"


class UnknownAccount(Exception):
    """No such person or account, or more than one. The text says which."""


class LastAdministrator(Exception):
    """An instance without administrators could only be repaired on its host."""


@dataclass(frozen=True, slots=True)
class Administrator:
    """An administrator as the lists show them; `accounts` are `login at integration`."""

    user_id: int
    name: str
    accounts: tuple[str, ...]
    since: datetime | None
    granted_by: str


def list_administrators(session: Session) -> list[Administrator]:
    """All administrators, by name."""
    query = select(User).where(User.is_administrator).order_by(User.display_name, User.id)
    return [_convert(user) for user in session.scalars(query)]


def grant_administrator(
    session: Session, *, integration_slug: str, login: str, actor: str, now: datetime
) -> Administrator:
    """Make the owner of an account administrator, also one who has not logged in yet. Raises UnknownAccount."""
    identity = _find_account(session, integration_slug, login)
    if identity.user is None:
        identity.user = User(display_name=identity.display_name or identity.login, created_at=now)
    grant_to_user(session, identity.user, actor=actor, now=now)
    return _convert(identity.user)


def grant_to_user(session: Session, user: User, *, actor: str, now: datetime, actor_user_id: int | None = None) -> None:
    """Make a person administrator; no change for one who is."""
    if user.is_administrator:
        return
    user.is_administrator, user.administrator_since, user.administrator_granted_by = True, now, actor
    session.flush()
    _record(session, actor, "administrator_granted", user, actor_user_id)


def revoke_administrator(session: Session, *, user_id: int, actor: str, actor_user_id: int | None = None) -> None:
    """End the grant of one person. Raises LastAdministrator, UnknownAccount for somebody who is none."""
    query = select(User).where(User.is_administrator).order_by(User.id).with_for_update()
    administrators = {user.id: user for user in session.scalars(query)}
    user = administrators.get(user_id)
    if user is None:
        raise UnknownAccount("this person is not an administrator")
    if not [other for other in administrators.values() if other.id != user_id and other.disabled_at is None]:
        raise LastAdministrator
    user.is_administrator, user.administrator_since, user.administrator_granted_by = False, None, ""
    session.flush()
    _record(session, actor, "administrator_revoked", user, actor_user_id)


def make_login_link(session: Session, *, base_url: str, user: str, actor: str, now: datetime) -> str:
    """A link with which a person can log in once, within ten minutes, without any code host. Raises UnknownAccount.

    `user` is an id of the user list, or a login that only one person has. The secret is in the fragment.
    """
    person = _find_person(session, user)
    secret = LINK_PREFIX + secrets.token_urlsafe(32)
    session.add(LoginLink(digest=digest_secret(secret), user_id=person.id, created_at=now, expires_at=now + LINK_LIFE))
    session.flush()
    _record(session, actor, "login_link_made", person, None)
    return f"{base_url}/login/-/link#{secret}"


def redeem_login_link(session: Session, secret: str, *, now: datetime) -> User | None:
    """Use a login link up. None for one that is unknown, expired or used, or whose owner was disabled."""
    user_id = session.scalar(
        update(LoginLink)
        .where(
            LoginLink.digest == digest_secret(secret.strip().rpartition("#")[2]),
            LoginLink.used_at.is_(None),
            LoginLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(LoginLink.user_id)
        .execution_options(synchronize_session=False)
    )
    user = session.get(User, user_id) if user_id is not None else None
    if user is None or user.disabled_at is not None:
        return None
    _record(session, "login link", "login_link_used", user, user.id)
    return user


def _find_account(session: Session, integration_slug: str, login: str) -> Identity:
    found = session.scalars(
        select(Identity)
        .join(Identity.integration)
        .where(Integration.slug == integration_slug, Integration.deleted_at.is_(None), Identity.login == login)
    ).all()
    if not found:
        raise UnknownAccount(
            f"no account {login!r} is known on the integration {integration_slug!r}: "
            "it must have logged in once, or be in a synchronized organization"
        )
    if len(found) > 1:
        raise UnknownAccount(f"{len(found)} accounts on {integration_slug!r} were last seen as {login!r}")
    return found[0]


def _find_person(session: Session, user: str) -> User:
    if user.isascii() and user.isdigit():
        person = session.get(User, int(user))
        if person is not None:
            return person
    query = select(User).join(User.identities).where(Identity.login == user).distinct()
    people = session.scalars(query).all()
    if len(people) != 1:
        raise UnknownAccount(
            f"nobody here has the login {user!r}" if not people else f"{len(people)} people have the login {user!r}"
        )
    return people[0]


def _convert(user: User) -> Administrator:
    accounts = tuple(f"{identity.login} at {identity.integration.name}" for identity in user.identities)
    return Administrator(user.id, user.display_name, accounts, user.administrator_since, user.administrator_granted_by)


def _record(session: Session, actor: str, action: str, user: User, actor_user_id: int | None) -> None:
    record_audit(
        session, actor=actor, action=action, target=f"{user.display_name} (id {user.id})", actor_user_id=actor_user_id
    )
