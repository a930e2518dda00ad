"""The one row about this installation, and what holders of the setup code may use."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, utc_now


class InstanceState(StrEnum):
    """One-way: `setup` until somebody became administrator, then `active` for ever."""

    SETUP = "setup"
    ACTIVE = "active"


class OrganizationCreation(StrEnum):
    """Who may create organizations."""

    ADMINISTRATORS = "administrators"
    REMOTE_ADMINISTRATORS = "remote_administrators"


class Instance(Base):
    """Exactly one row. Its state is never derived from anything else."""

    __tablename__ = "instance"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="Repertory")
    state: Mapped[InstanceState] = mapped_column(default=InstanceState.SETUP)
    key_canary: Mapped[str]
    organization_creation: Mapped[OrganizationCreation] = mapped_column(
        default=OrganizationCreation.REMOTE_ADMINISTRATORS
    )
    synchronization_minutes: Mapped[int] = mapped_column(default=60)  # the cheap pass
    full_synchronization_hours: Mapped[int] = mapped_column(default=20)
    remote_missing_hours: Mapped[int] = mapped_column(default=72)  # so long access stays when a root is gone
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    setup_completed_at: Mapped[datetime | None]


class SetupCode(Base):
    """A one-time code that proves access to the host's log. Only its digest is stored."""

    __tablename__ = "setup_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]


class SetupSession(Base):
    """A browser that may use Setup Mode: it gave the code, or is on this very machine."""

    __tablename__ = "setup_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    ip_address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")
