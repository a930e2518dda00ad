"""What the page of one synchronization says besides its runs: state in words, when it runs, what it could not read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import Instance, Synchronization
from organizations.confirmation import list_unread_parts
from organizations.troubles import Trouble, find_troubles
from sync.run_report import UnknownPart


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it runs by itself next. A quick check that is due when a full one is due becomes the full one."""

    quick_at: datetime | None
    full_at: datetime | None
    quick_minutes: int
    full_hours: int


@dataclass(frozen=True, slots=True)
class SynchronizationPage:
    """The words and numbers of the page."""

    troubles: Sequence[Trouble]
    unread: Sequence[UnknownPart]
    schedule: Schedule


def read_synchronization_page(session: Session, synchronization: Synchronization) -> SynchronizationPage:
    """What is to be looked at, what is not known, and what comes next."""
    troubles = find_troubles(session, organization=synchronization.organization)
    return SynchronizationPage(
        troubles=[trouble for trouble in troubles if trouble.synchronization_id == synchronization.id],
        unread=list_unread_parts(session, synchronization),
        schedule=plan_schedule(synchronization, session.get_one(Instance, 1)),
    )


def plan_schedule(synchronization: Synchronization, instance: Instance) -> Schedule:
    """The next quick check and the next full run, as they are planned now."""
    next_at, full_at = synchronization.next_run_at, synchronization.next_full_at
    is_full_next = next_at is not None and (full_at is None or full_at <= next_at)
    return Schedule(
        quick_at=None if is_full_next else next_at,
        full_at=next_at if is_full_next else full_at,
        quick_minutes=instance.synchronization_minutes,
        full_hours=instance.full_synchronization_hours,
    )
