"""Repositories of a synchronization, and who may read their code, by source."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, utc_now
from models.synchronization import Synchronization


class ManifestState(StrEnum):
    """What is known about `composer.json` at the root of the default branch."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    ABSENT = "absent"
    BROKEN = "broken"


class Repository(Base):
    """A repository at the host, as the last complete listing said. `removed_at`: it was there once."""

    __tablename__ = "repository"
    __table_args__ = (UniqueConstraint("synchronization_id", "remote_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    synchronization_id: Mapped[int] = mapped_column(ForeignKey("synchronization.id", ondelete="CASCADE"))
    remote_id: Mapped[str]
    remote_team_id: Mapped[str | None]
    name: Mapped[str]
    path: Mapped[str]
    web_url: Mapped[str]
    clone_url: Mapped[str]
    visibility: Mapped[str]
    code_access: Mapped[str]
    default_branch: Mapped[str | None]
    is_archived: Mapped[bool] = mapped_column(default=False)
    is_pending_deletion: Mapped[bool] = mapped_column(default=False)
    last_activity_at: Mapped[datetime | None]
    manifest_state: Mapped[ManifestState] = mapped_column(default=ManifestState.UNKNOWN)
    manifest_name: Mapped[str] = mapped_column(default="")  # "name" in composer.json, lower case
    manifest_reason: Mapped[str] = mapped_column(default="")
    manifest_checked_at: Mapped[datetime | None]
    excluded_at: Mapped[datetime | None]  # its package was deleted by hand: not added again
    excluded_by: Mapped[str] = mapped_column(default="")
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    synchronization: Mapped[Synchronization] = relationship()


class GrantSource(StrEnum):
    """Why somebody may read a repository's code."""

    TEAM = "team"  # everybody in `team_id`
    DIRECT = "direct"  # the account `identity_id`, on this repository itself
    INHERITED = "inherited"  # the account `identity_id`, by ways that the host adds up and does not name
    BASE = "base"  # everybody who has an account at the host (default permission)
    CONFIRMED = "confirmed"  # the host showed it to the account's own token; ends by itself unless confirmed again
    INTERNAL = "internal"  # the same for what all of the company may read; it makes nobody a member
    VISIBILITY = "visibility"  # internal or public: members here (of `team_id`, if set) whose account is not external


def _unique_where(name: str, subject: str | None, condition: str) -> Index:
    columns = ["repository_id", "source", *([subject] if subject else [])]
    return Index(name, *columns, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))


class Grant(Base):
    """One reason to read one repository's code. Access is the union of all of them."""

    __tablename__ = "repository_grant"
    __table_args__ = (
        _unique_where("uq_repository_grant_team", "team_id", "team_id IS NOT NULL"),
        _unique_where("uq_repository_grant_identity", "identity_id", "identity_id IS NOT NULL"),
        _unique_where("uq_repository_grant_everybody", None, "team_id IS NULL AND identity_id IS NULL"),
        CheckConstraint("team_id IS NULL OR identity_id IS NULL", name="one_subject"),
        Index("ix_repository_grant_identity", "identity_id"),
        Index("ix_repository_grant_team", "team_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    synchronization_id: Mapped[int] = mapped_column(ForeignKey("synchronization.id", ondelete="CASCADE"), index=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id", ondelete="CASCADE"), index=True)
    source: Mapped[GrantSource]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"))
    role_name: Mapped[str] = mapped_column(default="")
    role_level: Mapped[int] = mapped_column(default=0)
    expires_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
