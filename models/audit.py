"""The audit log: who changed what. Rows are added, never changed."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, event
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from models.base import Base, utc_now
from models.bulk import insert_rows

client_address: ContextVar[str] = ContextVar("client_address", default="")  # of the request that is being answered


class AuditRecord(Base):
    """One change. `actor` is a person, a synchronization run, or a command of the host's command line."""

    __tablename__ = "audit_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    actor: Mapped[str]
    actor_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    action: Mapped[str]  # a past event in two words, such as "integration_created"
    target: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  # never a secret
    ip_address: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What happened, and to what. `details` must not contain secrets."""

    action: str
    target: str
    details: dict[str, Any] = field(default_factory=dict)


def record_audit(
    session: Session,
    *,
    actor: str,
    action: str,
    target: str,
    actor_user_id: int | None = None,
    organization_id: int | None = None,
    details: dict[str, Any] | None = None,
    ip_address: str | None = None,
) -> None:
    """Add one record to the caller's transaction. `details` must not contain secrets.

    `ip_address`: of the client whose request is being answered, unless it is given.
    """
    session.add(
        AuditRecord(
            actor=actor,
            action=action,
            target=target,
            actor_user_id=actor_user_id,
            organization_id=organization_id,
            details=details or {},
            ip_address=client_address.get() if ip_address is None else ip_address,
        )
    )


def record_many(session: Session, entries: Sequence[AuditEntry], *, actor: str, organization_id: int) -> None:
    """Add many records of one actor at once to the caller's transaction."""
    session.flush()
    same = {"at": utc_now(), "actor": actor, "organization_id": organization_id, "ip_address": client_address.get()}
    rows = [{**same, "action": entry.action, "target": entry.target, "details": entry.details} for entry in entries]
    insert_rows(session.connection(), AuditRecord, rows)


def _refuse_change(_mapper: Mapper[AuditRecord], _connection: object, _record: AuditRecord) -> None:
    raise RuntimeError("audit records are never changed")


event.listen(AuditRecord, "before_update", _refuse_change)
event.listen(AuditRecord, "before_delete", _refuse_change)
