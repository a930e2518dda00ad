"""Insert a waiting job in the caller's transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
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
    session.flush()
    now = utc_now()
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    insertion = insert(JobRun).values(
        name=name,
        queue=queue,
        arguments=arguments,
        coalesce_key=coalesce_key,
        actor=actor,
        organization_id=organization_id,
        title=title,
        state=JobState.QUEUED,
        created_at=now,
        run_after=run_after or now,
    )
    wanted = insertion.excluded.run_after
    is_moved = and_(insertion.excluded.queue == INTERACTIVE, JobRun.queue != INTERACTIVE)
    statement = insertion.on_conflict_do_update(
        index_elements=[JobRun.coalesce_key],
        index_where=text("state = 'queued'"),
        set_={
            "run_after": case((JobRun.run_after > wanted, wanted), else_=JobRun.run_after),
            "queue": case((is_moved, INTERACTIVE), else_=JobRun.queue),
            "dispatched_at": case((is_moved, None), else_=JobRun.dispatched_at),
        },
    ).returning(JobRun.id)
    job_run_id = session.execute(statement).scalar_one()
    mark_for_bell(session)
    return job_run_id
