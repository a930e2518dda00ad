"""Packages, their versions, the zips that are served, and the log of updates."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, utc_now
from models.organization import Organization
from models.repository import Repository


class PackageState(StrEnum):
    """What the package list shows."""

    PENDING = "pending"  # known, not read yet
    ACTIVE = "active"
    CONFLICT = "conflict"  # another package of this organization has the name
    FAILING = "failing"  # the last update failed; what was read before is served
    REMOVED = "removed"


class Package(Base):
    """A Composer package of one organization. The name is held by the first package that claims it."""

    __tablename__ = "package"
    __table_args__ = (
        Index(
            "uq_package_name",
            "organization_id",
            "name",
            unique=True,
            sqlite_where=text("state NOT IN ('conflict', 'removed')"),
            postgresql_where=text("state NOT IN ('conflict', 'removed')"),
        ),
        Index(
            "uq_package_repository",
            "repository_id",
            "name",
            unique=True,
            sqlite_where=text("state <> 'removed'"),
            postgresql_where=text("state <> 'removed'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    repository_id: Mapped[int | None] = mapped_column(ForeignKey("repository.id"), index=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    package_type: Mapped[str] = mapped_column(default="library")
    readme: Mapped[str] = mapped_column(default="")
    state: Mapped[PackageState] = mapped_column(default=PackageState.PENDING)
    state_reason: Mapped[str] = mapped_column(default="")
    is_abandoned: Mapped[bool] = mapped_column(default=False)
    replacement: Mapped[str] = mapped_column(default="")
    requested_seq: Mapped[int] = mapped_column(default=0)
    started_seq: Mapped[int] = mapped_column(default=0)
    running_update_id: Mapped[int | None]
    lease_until: Mapped[datetime | None]
    refs_digest: Mapped[str] = mapped_column(default="")  # of the refs that the last successful update read
    metadata_changed_at: Mapped[datetime | None]  # whole seconds, strictly rising: Last-Modified of the p2 documents
    updated_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    removed_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship()
    repository: Mapped[Repository | None] = relationship()
    versions: Mapped[list["Version"]] = relationship(back_populates="package", cascade="all, delete-orphan")


class RefKind(StrEnum):
    """What a version was read from."""

    TAG = "tag"
    BRANCH = "branch"


class Version(Base):
    """One installable version. `content` is its metadata entry without `dist`."""

    __tablename__ = "package_version"
    __table_args__ = (UniqueConstraint("package_id", "normalized"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id", ondelete="CASCADE"), index=True)
    version: Mapped[str]
    normalized: Mapped[str]
    ref_kind: Mapped[RefKind]
    ref_name: Mapped[str]
    reference: Mapped[str]
    is_default_branch: Mapped[bool] = mapped_column(default=False)
    released_at: Mapped[datetime | None]
    content: Mapped[dict[str, Any]]
    dist_id: Mapped[int | None] = mapped_column(ForeignKey("dist.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    package: Mapped[Package] = relationship(back_populates="versions")
    dist: Mapped["Dist | None"] = relationship()


class Dist(Base):
    """A stored zip of one commit. Never rebuilt; kept when its tag moves or goes, because lock files name it."""

    __tablename__ = "dist"
    __table_args__ = (UniqueConstraint("package_id", "reference"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), index=True)
    reference: Mapped[str]
    sha1: Mapped[str]
    size: Mapped[int]
    file_name: Mapped[str]  # below the data directory's `dists`
    builder_version: Mapped[int]
    is_of_tag: Mapped[bool] = mapped_column(default=False)
    last_named_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_downloaded_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class UpdateResult(StrEnum):
    """How an update of a package ended."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class PackageUpdate(Base):
    """One update and its log. `entries` are `{level, ref, message}`: what was added, moved, removed or skipped."""

    __tablename__ = "package_update"

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str]
    job_run_id: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    result: Mapped[UpdateResult | None]
    error: Mapped[str] = mapped_column(default="")
    entries: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
