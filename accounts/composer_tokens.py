"""Composer tokens of people and of organizations: made, listed, revoked. The token is shown once and never stored."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from composer.tokens import ORGANIZATION_PREFIX, USER_PREFIX, new_token
from models import ComposerToken, Organization, TokenKind, User, digest_secret, record_audit

LIVES = {"30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365), "never": None}


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment at which it can be read."""

    row: ComposerToken
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose rights a token carries: those of a person at any time, or all packages of an organization. One is set."""

    user_id: int | None = None
    organization_id: int | None = None

    @classmethod
    def person(cls, user: User) -> "Holder":
        """The rights of one person, in all organizations."""
        return cls(user_id=user.id)

    @classmethod
    def whole(cls, organization: Organization) -> "Holder":
        """Every package of one organization, whoever made the token."""
        return cls(organization_id=organization.id)

    def has(self) -> tuple[ColumnElement[bool], ...]:
        """The tokens of this holder that were not revoked."""
        mine = (
            ComposerToken.user_id == self.user_id
            if self.organization_id is None
            else ComposerToken.organization_id == self.organization_id
        )
        return mine, ComposerToken.revoked_at.is_(None)


def create_token(
    session: Session, holder: Holder, *, author: User, name: str, life: timedelta | None, now: datetime
) -> NewToken:
    """A new token; without `life` it never expires."""
    is_personal = holder.organization_id is None
    text = new_token(USER_PREFIX if is_personal else ORGANIZATION_PREFIX)
    row = ComposerToken(
        kind=TokenKind.USER if is_personal else TokenKind.ORGANIZATION,
        user_id=holder.user_id,
        organization_id=holder.organization_id,
        name=name,
        digest=digest_secret(text),
        last_four=text[-4:],
        created_at=now,
        expires_at=None if life is None else now + life,
    )
    session.add(row)
    _audit(session, holder, author, "token_created", name)
    session.flush()
    return NewToken(row, text)


def list_tokens(session: Session, holder: Holder) -> list[ComposerToken]:
    """The tokens that were not revoked, newest first."""
    query = select(ComposerToken).where(*holder.has())
    return list(session.scalars(query.order_by(ComposerToken.created_at.desc(), ComposerToken.id.desc())))


def revoke_token(session: Session, holder: Holder, *, author: User, token_id: int, now: datetime) -> str | None:
    """End a token at once. Its name, or None when the holder has no such token."""
    name = session.scalar(
        update(ComposerToken)
        .where(ComposerToken.id == token_id, *holder.has())
        .values(revoked_at=now)
        .returning(ComposerToken.name)
        .execution_options(synchronize_session=False)
    )
    if name is not None:
        _audit(session, holder, author, "token_revoked", name)
    return name


def _audit(session: Session, holder: Holder, author: User, action: str, name: str) -> None:
    record_audit(
        session,
        actor=author.display_name,
        actor_user_id=author.id,
        action=action,
        target=name,
        organization_id=holder.organization_id,
    )
