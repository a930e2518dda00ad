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
    NEEDS_CONFIRMATION = "needs_confirmation"  # removals are held until somebody has looked at them
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
    next_run_at: Mapped[datetime | None] = mapped_column(index=True)  # of any pass
    next_full_at: Mapped[datetime | None]  # a pass that is due after this reads everything
    last_ok_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]  # the host answers that the root does not exist
    suspended_at: Mapped[datetime | None]  # missing for too long: what it grants does not count until it is back
    access_brake_percent: Mapped[int] = mapped_column(default=30)
    access_brake_minimum: Mapped[int] = mapped_column(default=10)
    package_brake_percent: Mapped[int] = mapped_column(default=10)
    package_brake_minimum: Mapped[int] = mapped_column(default=5)
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


class RunScope(StrEnum):
    """How much a run reads, and whether it writes."""

    FULL = "full"
    CHEAP = "cheap"  # lists, root members and what is new; becomes a full run when the root's members changed
    PERSON = "person"  # the memberships and grants of one account
    OWN = "own"  # what the host shows to one account's own token
    PREVIEW = "preview"  # reads and plans like a full run, and changes nothing


class RunResult(StrEnum):
    """How a run ended."""

    OK = "ok"
    HELD = "held"  # applied, but removals wait for a person to confirm them
    DEGRADED = "degraded"  # applied, but some parts stayed unknown
    FAILED = "failed"  # nothing was applied
    POSTPONED = "postponed"  # the host asked us to wait
    INTERRUPTED = "interrupted"  # the worker died; nothing was applied


class SyncRun(Base):
    """One run and its report.

    `changes` lists by name what was applied (in a preview: what would be): `{kind, action, name, detail, url}` each;
    `held` lists removals that were not applied in the same form.
    """

    __tablename__ = "sync_run"
    __table_args__ = (UniqueConstraint("synchronization_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    synchronization_id: Mapped[int] = mapped_column(ForeignKey("synchronization.id", ondelete="CASCADE"))
    number: Mapped[int]
    seq: Mapped[int]
    scope: Mapped[RunScope] = mapped_column(default=RunScope.FULL)
    account_id: Mapped[str] = mapped_column(default="")  # remote id; only of a run for one person
    reasons: Mapped[list[str]] = mapped_column(default=list)
    actor: Mapped[str] = mapped_column(default="")
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"))
    phase: Mapped[RunPhase] = mapped_column(default=RunPhase.WAITING)
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int | None]
    request_count: Mapped[int] = mapped_column(default=0)
    not_modified_count: Mapped[int] = mapped_column(default=0)  # answered "304 Not Modified"
    retry_count: Mapped[int] = mapped_column(default=0)
    rate_limit: Mapped[int | None]  # as the host's last answer said; None: the host does not tell
    rate_remaining: Mapped[int | None]
    rate_resets_at: Mapped[datetime | None]
    job_run_id: Mapped[int | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    phase_times: Mapped[dict[str, Any]] = mapped_column(default=dict)  # phase -> ISO time at which it began
    changes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    held: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
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
    SKIPPED = "skipped"  # not asked for in this pass: like unknown, but nothing is wrong


class SyncPart(Base):
    """One part of a run's snapshot (`team:7/members`, `repository:9/members`).

    Kept when it stayed unknown, with the time at which it was last known; and with its `items` when the host made the
    run wait, for the run that goes on.
    """

    __tablename__ = "sync_part"
    __table_args__ = (UniqueConstraint("run_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("sync_run.id", ondelete="CASCADE"))
    key: Mapped[str]
    status: Mapped[PartStatus]
    reason: Mapped[str] = mapped_column(default="")
    items: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    read_at: Mapped[datetime] = mapped_column(default=utc_now)
    confirmed_at: Mapped[datetime | None]  # when an earlier run had it complete; None: never


class HoldState(StrEnum):
    """What became of removals that were held."""

    OPEN = "open"  # somebody has to look
    APPROVED = "approved"  # the next run removes them
    DECLINED = "declined"  # they stay, and are not asked about again
    ENDED = "ended"  # applied, or the host has them again


class Hold(Base):
    """Removals above the brake: `{key, kind, action, name, detail, url}` each. At most one is open at a time."""

    __tablename__ = "hold"
    __table_args__ = (
        Index(
            "uq_hold_open",
            "synchronization_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    synchronization_id: Mapped[int] = mapped_column(ForeignKey("synchronization.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("sync_run.id", ondelete="CASCADE"))  # the run that held them first
    state: Mapped[HoldState] = mapped_column(default=HoldState.OPEN)
    reason: Mapped[str] = mapped_column(default="")  # "42 of 50 memberships would go"
    removals: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    totals: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # how many of each kind there were: {"memberships": 50}
    since: Mapped[datetime] = mapped_column(default=utc_now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]
