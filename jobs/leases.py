"""Leases on rows of the domain (a synchronization, a package): one worker at a time, without a lock held open.

The model has a column for the owner's id and `lease_until`. All functions are one UPDATE in the caller's transaction.
"""

from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Update, or_, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session

from models import utc_now


class Leased(Protocol):
    """A table with leases."""

    id: Mapped[int]
    lease_until: Mapped[datetime | None]


def claim_lease(
    session: Session,
    model: type[Leased],
    row_id: int,
    owner_column: InstrumentedAttribute[int | None],
    owner_id: int,
    *,
    seconds: float = 60,
) -> bool:
    """Take the row for `owner_id` when nobody has it, or its holder has not renewed in time."""
    now = utc_now()
    is_free = or_(owner_column.is_(None), model.lease_until.is_(None), model.lease_until < now)
    values = {owner_column.key: owner_id, "lease_until": now + timedelta(seconds=seconds)}
    return _changed(session, model, update(model).where(model.id == row_id, is_free).values(values))


def renew_lease(
    session: Session,
    model: type[Leased],
    row_id: int,
    owner_column: InstrumentedAttribute[int | None],
    owner_id: int,
    *,
    seconds: float = 60,
) -> bool:
    """Keep the row; False when somebody else has taken it.

    As the first statement of a transaction that applies results it is the fence: until the commit nobody else can take
    the row, and whoever has lost it learns so before writing anything.
    """
    values = {"lease_until": utc_now() + timedelta(seconds=seconds)}
    return _changed(session, model, update(model).where(model.id == row_id, owner_column == owner_id).values(values))


def release_lease(
    session: Session,
    model: type[Leased],
    row_id: int,
    owner_column: InstrumentedAttribute[int | None],
    owner_id: int,
) -> bool:
    """Give the row back; False when somebody else has taken it."""
    values = {owner_column.key: None, "lease_until": None}
    return _changed(session, model, update(model).where(model.id == row_id, owner_column == owner_id).values(values))


def _changed(session: Session, model: type[Leased], statement: Update) -> bool:
    returning = statement.returning(model.id).execution_options(synchronize_session="fetch")
    return session.execute(returning).one_or_none() is not None
