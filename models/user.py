"""People of this instance, their accounts on code hosts, their sessions and one-time login links."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, utc_now
from models.integration import Integration


class Theme(StrEnum):
    """How pages look for a person."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class IdentityState(StrEnum):
    """What the host last said about an account."""

    ACTIVE = "active"
    BLOCKED = "blocked"


class User(Base):
    """A person who has logged in. What they may do comes from their identities and from local grants."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    theme: Mapped[Theme] = mapped_column(default=Theme.AUTO)
    is_administrator: Mapped[bool] = mapped_column(default=False)
    administrator_since: Mapped[datetime | None]
    administrator_granted_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_login_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    identities: Mapped[list["Identity"]] = relationship(back_populates="user", order_by="Identity.id")


class Identity(Base):
    """An account on an integration. Without a user it is pending: known from a synchronization, not logged in yet."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("integration_id", "remote_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    remote_id: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    login: Mapped[str]
    display_name: Mapped[str] = mapped_column(default="")
    web_url: Mapped[str] = mapped_column(default="")
    avatar_url: Mapped[str] = mapped_column(default="")
    state: Mapped[IdentityState] = mapped_column(default=IdentityState.ACTIVE)
    is_external: Mapped[bool | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_login_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship(back_populates="identities")
    integration: Mapped[Integration] = relationship()


class EmailAddress(Base):
    """An address that a host reported. Shown to its owner, never used to find an account."""

    __tablename__ = "email_address"
    __table_args__ = (UniqueConstraint("identity_id", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="CASCADE"))
    address: Mapped[str]
    is_verified: Mapped[bool]
    is_default: Mapped[bool] = mapped_column(default=False)


class WebSession(Base):
    """A browser's session. The cookie carries a random id, of which only the digest is stored."""

    __tablename__ = "web_session"
    __table_args__ = (Index("ix_web_session_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"))
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    authenticated_at: Mapped[datetime | None]
    ip_address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")
    revoked_at: Mapped[datetime | None]


class LoginLink(Base):
    """A one-time link that an administrator of the host made on the command line."""

    __tablename__ = "login_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
