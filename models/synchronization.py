"""Synchronizations, their runs, and what each run read and changed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, utc_now
from models.integration import Credential, Integration
from models.organization import Organization


class SynchronizationState(StrEnum):
    """What an administrator sees in the list."""

    NEW = "new"
    OK = "ok"
    DEGRADED = "degraded"  # the last run failed or read only a part; the data of the one before is kept
    NEEDS_CREDENTIAL = "needs_credential"
    REMOTE_MISSING = "remote_missing"


class Synchronization(Base):
    """One remote group, organization, workspace or project that feeds one organization."""

    __tablename__ = "synchronization"
    __table_args__ = (
        UniqueConstraint("organization_id", "integration_id", "remote_id"),
        Index(
            "uq_synchronization_primary",
            "organization_id",
            unique=True,
            sqlite_where=text("is_primary"),
            postgresql_where=text("is_primary"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), index=True)
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"))
    remote_kind: Mapped[str]
    remote_id: Mapped[str]
    remote_name: Mapped[str]
    remote_path: Mapped[str]
    remote_url: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool]
    state: Mapped[SynchronizationState] = mapped_column(default=SynchronizationState.NEW)
    state_reason: Mapped[str] = mapped_column(default="")
    state_since: Mapped[datetime] = mapped_column(default=utc_now)
    requested_seq: Mapped[int] = mapped_column(default=0)
    started_seq: Mapped[int] = mapped_column(default=0)
    running_run_id: Mapped[int | None]
    lease_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    next_run_at: Mapped[datetime | None] = mapped_column(index=True)
    last_ok_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    organization: Mapped[Organization] = relationship()
    integration: Mapped[Integration] = relationship()
    credential: Mapped[Credential | None] = relationship()


class RunPhase(StrEnum):
    """Where a run is; shown as a stepper."""

    WAITING = "waiting"
    READ = "read"
    CHECK = "check"
    PLAN = "plan"
    APPLY = "apply"
    FOLLOW_UP = "follow_up"
    DONE = "done"


class RunResult(StrEnum):
    """How a run ended."""

    OK = "ok"
    DEGRADED = "degraded"  # applied, but some parts stayed unknown
    FAILED = "failed"  # nothing was applied
    POSTPONED = "postponed"  # the host asked us to wait
    INTERRUPTED = "interrupted"  # the worker died; nothing was applied


class SyncRun(Base):
    """One run and its report. `changes` lists by name what was applied: `{kind, action, name, detail, url}` each."""

    __tablename__ = "sync_run"
    __table_args__ = (UniqueConstraint("synchronization_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    synchronization_id: Mapped[int] = mapped_column(ForeignKey("synchronization.id", ondelete="CASCADE"))
    number: Mapped[int]
    seq: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(default=list)
    actor: Mapped[str] = mapped_column(default="")
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"))
    phase: Mapped[RunPhase] = mapped_column(default=RunPhase.WAITING)
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int | None]
    request_count: Mapped[int] = mapped_column(default=0)
    job_run_id: Mapped[int | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    phase_times: Mapped[dict[str, Any]] = mapped_column(default=dict)  # phase -> ISO time at which it began
    changes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    result: Mapped[RunResult | None]
    error_code: Mapped[str] = mapped_column(default="")
    error_text: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    synchronization: Mapped[Synchronization] = relationship()


class PartStatus(StrEnum):
    """What is known about one part of a snapshot."""

    COMPLETE = "complete"
    UNKNOWN = "unknown"
    GONE = "gone"


class SyncPart(Base):
    """One part of a run's snapshot (`teams`, `team:7/members`, `repository:9/members`): may it remove anything?"""

    __tablename__ = "sync_part"
    __table_args__ = (UniqueConstraint("run_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("sync_run.id", ondelete="CASCADE"))
    key: Mapped[str]
    status: Mapped[PartStatus]
    item_count: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
