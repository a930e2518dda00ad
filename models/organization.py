"""Organizations, their teams and who is in them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, utc_now
from models.user import Identity, User


class Organization(Base):
    """A Composer repository with its people and packages. `short_name` is part of its address."""

    __tablename__ = "organization"

    id: Mapped[int] = mapped_column(primary_key=True)
    short_name: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    owned_prefixes: Mapped[list[str]] = mapped_column(default=list)  # confirmed vendor names, such as "acme"
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    teams: Mapped[list["Team"]] = relationship(back_populates="organization", order_by="Team.name")


class TeamKind(StrEnum):
    """Where a team comes from and who may change it."""

    OWNERS = "owners"
    ADMINS = "admins"
    SYNCHRONIZED = "synchronized"
    LOCAL = "local"


class Team(Base):
    """People of one organization. A synchronized team carries its origin and is read-only here."""

    __tablename__ = "team"
    __table_args__ = (
        UniqueConstraint("synchronization_id", "remote_id", "role_key"),
        Index(
            "uq_team_built_in",
            "organization_id",
            "kind",
            unique=True,
            sqlite_where=text("kind IN ('owners', 'admins')"),
            postgresql_where=text("kind IN ('owners', 'admins')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    kind: Mapped[TeamKind]
    name: Mapped[str]
    synchronization_id: Mapped[int | None] = mapped_column(ForeignKey("synchronization.id"), index=True)
    remote_id: Mapped[str | None]
    remote_parent_id: Mapped[str | None]
    remote_path: Mapped[str] = mapped_column(default="")
    remote_url: Mapped[str] = mapped_column(default="")
    role_key: Mapped[str] = mapped_column(default="")  # GitLab: "30", or "10:7" for a custom role
    role_name: Mapped[str] = mapped_column(default="")
    role_level: Mapped[int] = mapped_column(default=0)

    organization: Mapped[Organization] = relationship(back_populates="teams")
    memberships: Mapped[list["Membership"]] = relationship(back_populates="team", cascade="all, delete-orphan")


class MembershipSource(StrEnum):
    """How somebody came into a team."""

    LOCAL = "local"
    DIRECT = "direct"
    INHERITED = "inherited"  # through a team above
    SUBTEAM = "subteam"  # through a team below


class Membership(Base):
    """A person in a team: by account on a code host when it was synchronized, by user when added by hand."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("team_id", "identity_id"),
        UniqueConstraint("team_id", "user_id"),
        CheckConstraint("(identity_id IS NULL) <> (user_id IS NULL)", name="one_person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    synchronization_id: Mapped[int | None] = mapped_column(ForeignKey("synchronization.id"), index=True)
    source: Mapped[MembershipSource]
    expires_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    team: Mapped[Team] = relationship(back_populates="memberships")
    identity: Mapped[Identity | None] = relationship()
    user: Mapped[User | None] = relationship()
