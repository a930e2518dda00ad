"""Composer tokens of an organization: for machines, with all its packages. Shown once and never stored."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.composer_tokens import NewToken
from composer.tokens import ORGANIZATION_PREFIX, new_token
from models import ComposerToken, Organization, TokenKind, User, digest_secret, record_audit


def list_tokens(session: Session, organization: Organization) -> list[ComposerToken]:
    """Those that were not revoked, newest first."""
    query = select(ComposerToken).where(
        ComposerToken.organization_id == organization.id, ComposerToken.revoked_at.is_(None)
    )
    return list(session.scalars(query.order_by(ComposerToken.created_at.desc(), ComposerToken.id.desc())))


def create_token(
    session: Session, organization: Organization, *, user: User, name: str, life: timedelta | None, now: datetime
) -> NewToken:
    """A token that reads every package of the organization, whoever made it."""
    text = new_token(ORGANIZATION_PREFIX)
    row = ComposerToken(
        kind=TokenKind.ORGANIZATION,
        organization_id=organization.id,
        name=name,
        digest=digest_secret(text),
        last_four=text[-4:],
        created_at=now,
        expires_at=None if life is None else now + life,
    )
    session.add(row)
    _audit(session, organization, user, "token_created", name)
    session.flush()
    return NewToken(row, text)


def revoke_token(
    session: Session, organization: Organization, *, user: User, token_id: int, now: datetime
) -> str | None:
    """End a token at once. Its name, or None when the organization has no such token."""
    name = session.scalar(
        update(ComposerToken)
        .where(
            ComposerToken.id == token_id,
            ComposerToken.organization_id == organization.id,
            ComposerToken.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(ComposerToken.name)
        .execution_options(synchronize_session=False)
    )
    if name is not None:
        _audit(session, organization, user, "token_revoked", name)
    return name


def _audit(session: Session, organization: Organization, user: User, action: str, name: str) -> None:
    record_audit(
        session,
        actor=user.display_name,
        actor_user_id=user.id,
        action=action,
        target=name,
        organization_id=organization.id,
    )
