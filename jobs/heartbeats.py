"""Who is alive: a row per worker process and ticker, stamped by the process itself or its parent."""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import WorkerHeartbeat, utc_now

BEAT_SECONDS = 10.0
ALIVE = timedelta(seconds=45)
FORGOTTEN = timedelta(hours=1)
TICKER = "ticker"


def beat(session: Session, *, name: str, queue: str) -> None:
    """Say that the process `name` serves `queue`."""
    now = utc_now()
    seen = update(WorkerHeartbeat).where(WorkerHeartbeat.name == name).values(seen_at=now)
    if session.execute(seen.returning(WorkerHeartbeat.name)).one_or_none() is None:
        session.add(WorkerHeartbeat(name=name, queue=queue, started_at=now, seen_at=now))
        session.flush()


def end_heartbeat(session: Session, name: str) -> None:
    """Say that the process `name` has ended."""
    session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.name == name))


def list_served_queues(session: Session) -> set[str]:
    """The queues (and `ticker`) that a living process serves."""
    alive = select(WorkerHeartbeat.queue).where(WorkerHeartbeat.seen_at > utc_now() - ALIVE)
    return set(session.scalars(alive))


def forget_dead(session: Session) -> None:
    """Remove the rows of processes that ended without saying so."""
    session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.seen_at < utc_now() - FORGOTTEN))
