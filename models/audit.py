"""The audit log: who changed what. Rows are added, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, event
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from models.base import Base, utc_now


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


def record_audit(
    session: Session,
    *,
    actor: str,
    action: str,
    target: str,
    actor_user_id: int | None = None,
    organization_id: int | None = None,
    details: dict[str, Any] | None = None,
    ip_address: str = "",
) -> None:
    """Add one record to the caller's transaction. `details` must not contain secrets."""
    session.add(
        AuditRecord(
            actor=actor,
            action=action,
            target=target,
            actor_user_id=actor_user_id,
            organization_id=organization_id,
            details=details or {},
            ip_address=ip_address,
        )
    )


def _refuse_change(_mapper: Mapper[AuditRecord], _connection: object, _record: AuditRecord) -> None:
    raise RuntimeError("audit records are never changed")


event.listen(AuditRecord, "before_update", _refuse_change)
event.listen(AuditRecord, "before_delete", _refuse_change)
