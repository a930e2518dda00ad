"""Leases on rows of the domain (a synchronization, a package): one worker at a time, without a lock held open.

The model has a column for the owner's id and `lease_until`. All functions are one UPDATE in the caller's transaction.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, false, or_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import utc_now
from models.base import Base


def claim_lease(
    session: Session,
    model: type[Base],
    row_id: int,
    owner_column: InstrumentedAttribute[int | None],
    owner_id: int,
    *,
    seconds: float = 60,
    or_when: ColumnElement[bool] | None = None,
) -> bool:
    """Take the row for `owner_id` when nobody has it, or its holder has not renewed in time.

    `or_when`: also when this is true of it (its holder is known to be dead).
    """
    now = utc_now()
    lease_until = model.__table__.c["lease_until"]
    is_dead = false() if or_when is None else or_when
    is_free = or_(owner_column.is_(None), lease_until.is_(None), lease_until < now, is_dead)
    values: dict[str, object] = {owner_column.key: owner_id, "lease_until": now + timedelta(seconds=seconds)}
    return _change(session, model, row_id, is_free, values)


def renew_lease(
    session: Session,
    model: type[Base],
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
    values: dict[str, object] = {"lease_until": utc_now() + timedelta(seconds=seconds)}
    return _change(session, model, row_id, owner_column == owner_id, values)


def release_lease(
    session: Session,
    model: type[Base],
    row_id: int,
    owner_column: InstrumentedAttribute[int | None],
    owner_id: int,
) -> bool:
    """Give the row back; False when somebody else has taken it."""
    values: dict[str, object] = {owner_column.key: None, "lease_until": None}
    return _change(session, model, row_id, owner_column == owner_id, values)


def _change(
    session: Session, model: type[Base], row_id: int, condition: ColumnElement[bool], values: dict[str, object]
) -> bool:
    key = model.__table__.c["id"]
    statement = update(model).where(key == row_id, condition).values(values).returning(key)
    return session.execute(statement.execution_options(synchronize_session="fetch")).one_or_none() is not None
