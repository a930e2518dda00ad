"""Tokens with which Composer asks for packages. Shown once; only the digest is stored."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, utc_now


class TokenKind(StrEnum):
    """Whose rights a token carries."""

    USER = "user"
    ORGANIZATION = "organization"


class ComposerToken(Base):
    """A personal token (`rptu_…`, all organizations of the user) or one of an organization (`rpto_…`)."""

    __tablename__ = "composer_token"
    __table_args__ = (CheckConstraint("(user_id IS NULL) <> (organization_id IS NULL)", name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TokenKind]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    last_four: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_used_from: Mapped[str] = mapped_column(default="")
    last_used_with: Mapped[str] = mapped_column(default="")
