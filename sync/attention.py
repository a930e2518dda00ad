"""Which synchronizations wait for a person: one query, for the pages of organizations and of the administration."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from models import Hold, HoldState, Instance, Synchronization, SynchronizationState

QUIET_STATES = (SynchronizationState.NEW, SynchronizationState.OK)


class Need(StrEnum):
    """What a person has to look at, the most urgent first."""

    SUSPENDED = "suspended"  # missing at the host for too long: what it grants does not count
    MISSING = "missing"  # not found at the host; access stays for now
    CREDENTIAL = "credential"
    CONFIRMATION = "confirmation"  # removals are held
    PROBLEMS = "problems"  # the last run failed or read only a part


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that somebody should look at. `removals` counts what is held; `ends_at`: access stays until then."""

    need: Need
    synchronization: Synchronization
    since: datetime
    removals: int = 0
    ends_at: datetime | None = None


def list_attention(session: Session, *, organization_ids: Collection[int] | None = None) -> list[Attention]:
    """What needs attention in these organizations (None: in all), the most urgent first. One query."""
    is_open = and_(Hold.synchronization_id == Synchronization.id, Hold.state == HoldState.OPEN)
    query = (
        select(Synchronization, Instance.remote_missing_hours, Hold.since, func.json_array_length(Hold.removals))
        .select_from(Synchronization)
        .join(Instance, Instance.id == 1)
        .outerjoin(Hold, is_open)
        .where(or_(Synchronization.state.not_in(QUIET_STATES), Hold.id.is_not(None), _is_missing()))
        .options(joinedload(Synchronization.integration), joinedload(Synchronization.organization))
        .order_by(Synchronization.organization_id, Synchronization.is_primary.desc(), Synchronization.id)
    )
    if organization_ids is not None:
        query = query.where(Synchronization.organization_id.in_(organization_ids))
    found = [
        attention
        for synchronization, hours, held_since, removals in session.execute(query)
        for attention in _needs(synchronization, timedelta(hours=hours), held_since, removals or 0)
    ]
    urgency = list(Need)
    return sorted(found, key=lambda attention: urgency.index(attention.need))


def _is_missing() -> ColumnElement[bool]:
    return or_(Synchronization.missing_since.is_not(None), Synchronization.suspended_at.is_not(None))


def _needs(
    synchronization: Synchronization, grace: timedelta, held_since: datetime | None, removals: int
) -> Iterator[Attention]:
    missing_since = synchronization.missing_since
    if synchronization.suspended_at is not None:
        yield Attention(Need.SUSPENDED, synchronization, synchronization.suspended_at)
    elif missing_since is not None:
        yield Attention(Need.MISSING, synchronization, missing_since, ends_at=missing_since + grace)
    elif synchronization.state is SynchronizationState.REMOTE_MISSING:
        yield Attention(Need.MISSING, synchronization, synchronization.state_since)
    if synchronization.state is SynchronizationState.NEEDS_CREDENTIAL:
        yield Attention(Need.CREDENTIAL, synchronization, synchronization.state_since)
    if held_since is not None:
        yield Attention(Need.CONFIRMATION, synchronization, held_since, removals=removals)
    if synchronization.state is SynchronizationState.DEGRADED:
        yield Attention(Need.PROBLEMS, synchronization, synchronization.state_since)
