"""Insert waiting jobs in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, text
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from jobs.bell import mark_for_bell
from models import JobRun, JobState, utc_now

INTERACTIVE = "interactive"  # the queue of work that somebody waits for


def insert_job_run(
    session: Session,
    *,
    name: str,
    queue: str,
    arguments: dict[str, Any],
    coalesce_key: str | None,
    actor: str,
    organization_id: int | None,
    title: str,
    run_after: datetime | None,
) -> int:
    """Add a waiting job, or hurry the one that waits with the same `coalesce_key`. Returns its id.

    Hurrying means: no later than `run_after`, and in the queue `interactive` when that is asked for now.

    The waiting row is updated, not only looked at: so nobody can start that job until the caller has committed, and
    it sees everything the caller wrote.
    """
    row = {
        "name": name,
        "queue": queue,
        "arguments": arguments,
        "coalesce_key": coalesce_key,
        "actor": actor,
        "organization_id": organization_id,
        "title": title,
        "run_after": run_after or utc_now(),
    }
    session.flush()
    statement = _insertion(session).returning(JobRun.id)
    job_run_id: int = session.connection().execute(statement, {**row, **_new()}).scalar_one()
    mark_for_bell(session)
    return job_run_id


def insert_job_runs(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """As `insert_job_run` does with one, for many at once: each row has the same names."""
    if not rows:
        return
    session.flush()
    new = {"run_after": utc_now(), **_new()}
    session.connection().execute(_insertion(session), [{**row, **new} for row in rows])
    mark_for_bell(session)


def _new() -> dict[str, Any]:
    return {"state": JobState.QUEUED, "created_at": utc_now()}


def _insertion(session: Session) -> SqliteInsert | PostgresqlInsert:
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    insertion = insert(JobRun)
    wanted = insertion.excluded.run_after
    is_moved = and_(insertion.excluded.queue == INTERACTIVE, JobRun.queue != INTERACTIVE)
    return insertion.on_conflict_do_update(
        index_elements=[JobRun.coalesce_key],
        index_where=text("state = 'queued'"),
        set_={
            "run_after": case((JobRun.run_after > wanted, wanted), else_=JobRun.run_after),
            "queue": case((is_moved, INTERACTIVE), else_=JobRun.queue),
            "dispatched_at": case((is_moved, None), else_=JobRun.dispatched_at),
        },
    )
