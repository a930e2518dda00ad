"""Hooks that we installed at code hosts, and what they delivered."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, utc_now
from models.repository import Repository
from models.secrets import SecretBox
from models.synchronization import Synchronization


class WebhookState(StrEnum):
    """Whether the host will call us."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILED = "failed"
    REMOVED = "removed"


class Webhook(Base):
    """One hook: for the synchronization's root (no repository) or for one repository. `public_id` is its address."""

    __tablename__ = "webhook"
    __table_args__ = (UniqueConstraint("synchronization_id", "repository_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_hex(16))
    synchronization_id: Mapped[int] = mapped_column(ForeignKey("synchronization.id", ondelete="CASCADE"), index=True)
    repository_id: Mapped[int | None] = mapped_column(ForeignKey("repository.id", ondelete="CASCADE"))
    secret_sealed: Mapped[str]
    remote_id: Mapped[str] = mapped_column(default="")
    state: Mapped[WebhookState] = mapped_column(default=WebhookState.PENDING)
    state_reason: Mapped[str] = mapped_column(default="")
    state_since: Mapped[datetime] = mapped_column(default=utc_now)
    has_signed: Mapped[bool] = mapped_column(default=False)  # a signature once seen is required from then on
    last_delivery_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    synchronization: Mapped[Synchronization] = relationship()
    repository: Mapped[Repository | None] = relationship()

    def seal_secret(self, box: SecretBox, value: str) -> None:
        """Store the secret that signs deliveries. Sets `public_id` first when the row is new."""
        self.public_id = self.public_id or secrets.token_hex(16)
        self.secret_sealed = box.seal(f"webhook:{self.public_id}:secret", value)

    def unseal_secret(self, box: SecretBox) -> str:
        """The secret that signs deliveries. Raises SecretUnreadable."""
        return box.unseal(f"webhook:{self.public_id}:secret", self.secret_sealed)


class DeliveryResult(StrEnum):
    """What we did with a delivery."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    PROCESSED = "processed"


class WebhookDelivery(Base):
    """A verified delivery: a hint that something changed. The truth is read from the host."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (UniqueConstraint("webhook_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"), index=True)
    key: Mapped[str]
    event: Mapped[str]
    events: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    body_digest: Mapped[str]
    body_excerpt: Mapped[str] = mapped_column(default="")
    result: Mapped[DeliveryResult] = mapped_column(default=DeliveryResult.ACCEPTED)
    repeat_count: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    processed_at: Mapped[datetime | None]

    webhook: Mapped[Webhook] = relationship()
