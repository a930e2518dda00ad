"""Personal Composer tokens: made, listed, revoked. The token itself is shown once and never stored."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from composer.tokens import USER_PREFIX, new_token
from models import ComposerToken, TokenKind, User, digest_secret, record_audit

LIVES = {"30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365), "never": None}


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment at which it can be read."""

    row: ComposerToken
    text: str = field(repr=False)


def create_personal_token(
    session: Session, user: User, *, name: str, life: timedelta | None, now: datetime
) -> NewToken:
    """A token with all rights of the user, at any time only those they have then."""
    text = new_token(USER_PREFIX)
    row = ComposerToken(
        kind=TokenKind.USER,
        user_id=user.id,
        name=name,
        digest=digest_secret(text),
        last_four=text[-4:],
        created_at=now,
        expires_at=None if life is None else now + life,
    )
    session.add(row)
    record_audit(session, actor=user.display_name, actor_user_id=user.id, action="token_created", target=name)
    session.flush()
    return NewToken(row, text)


def list_personal_tokens(session: Session, user_id: int) -> list[ComposerToken]:
    """The tokens of a user that were not revoked, newest first."""
    query = select(ComposerToken).where(ComposerToken.user_id == user_id, ComposerToken.revoked_at.is_(None))
    return list(session.scalars(query.order_by(ComposerToken.created_at.desc(), ComposerToken.id.desc())))


def revoke_personal_token(session: Session, user: User, *, token_id: int, now: datetime) -> str | None:
    """End a token at once. Its name, or None when the user has no such token."""
    name = session.scalar(
        update(ComposerToken)
        .where(ComposerToken.id == token_id, ComposerToken.user_id == user.id, ComposerToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ComposerToken.name)
        .execution_options(synchronize_session=False)
    )
    if name is not None:
        record_audit(session, actor=user.display_name, actor_user_id=user.id, action="token_revoked", target=name)
    return name
