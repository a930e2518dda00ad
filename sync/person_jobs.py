"""Background work for one person: their memberships before everybody else's."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from jobs import JobContext, Postponed, job, periodic
from jobs.outbox import INTERACTIVE
from models import Grant, Identity, JobRun, JobState, Membership, RunScope, Runtime, Synchronization, SyncRun, utc_now
from sync.lifecycle import interrupt_run
from sync.person import settled_accounts, synchronize_one_person
from sync.snapshot import Snapshot

KEPT = timedelta(days=1)
CROWD = 10
ONCE_PER = timedelta(seconds=60)
MOST_AT_LOGIN = 20
LONGEST = timedelta(minutes=10)
SEEN = timedelta(days=3)  # what is older was looked at already


@job(queue=INTERACTIVE, timeout=300)
def synchronize_person(
    context: JobContext, *, synchronization_id: int, account_id: str, team_id: str, reason: str, actor: str
) -> None:
    """Read again where one account is a member, and apply that."""
    retry_at = synchronize_one_person(
        context.runtime,
        synchronization_id=synchronization_id,
        account_id=account_id,
        team_id=team_id,
        reason=reason,
        actor=actor,
    )
    if retry_at is not None:
        raise Postponed(until=retry_at)


def request_person(
    session: Session, *, synchronization_id: int, account_id: str, reason: str, actor: str = "", team_id: str = ""
) -> None:
    """Ask in the caller's transaction to read one account again (its remote id), at once.

    `team_id`: where something changed; without it, wherever the account is known.
    """
    synchronization = session.get_one(Synchronization, synchronization_id)
    synchronize_person.enqueue(
        session,
        synchronization_id=synchronization_id,
        account_id=account_id,
        team_id=team_id,
        reason=reason,
        actor=actor,
        coalesce_key=f"{_prefix(synchronization_id)}{account_id}:{team_id}",
        organization_id=synchronization.organization_id,
        title=f"Synchronize one person in {synchronization.remote_path}",
    )


def is_crowded(session: Session, *, synchronization_id: int) -> bool:
    """Whether so many people wait already that a full run is sooner done with all of them."""
    waiting = select(func.count(JobRun.id)).where(
        JobRun.state == JobState.QUEUED, JobRun.coalesce_key.startswith(_prefix(synchronization_id))
    )
    return (session.scalar(waiting) or 0) >= CROWD


def request_person_at_login(session: Session, *, identity_id: int, account_id: str) -> None:
    """Ask for somebody who has just logged in, wherever the account is known; at most once a minute.

    Of somebody who is known nowhere yet everything that follows the same host is asked.
    """
    memberships = select(Membership.id).where(
        Membership.identity_id == identity_id, Membership.synchronization_id == Synchronization.id
    )
    grants = select(Grant.id).where(Grant.identity_id == identity_id, Grant.synchronization_id == Synchronization.id)
    recent = select(SyncRun.id).where(
        SyncRun.synchronization_id == Synchronization.id,
        SyncRun.account_id == account_id,
        SyncRun.created_at > utc_now() - ONCE_PER,
    )
    asked = select(Synchronization.id).where(~recent.exists()).order_by(Synchronization.id)
    known = select(Synchronization.id).where(or_(memberships.exists(), grants.exists()))
    host = select(Identity.integration_id).where(Identity.id == identity_id).scalar_subquery()
    is_newcomer = session.scalar(known.limit(1)) is None
    asked = asked.where(Synchronization.integration_id == host if is_newcomer else Synchronization.id.in_(known))
    for synchronization_id in session.scalars(asked.limit(MOST_AT_LOGIN)).all():
        request_person(session, synchronization_id=synchronization_id, account_id=account_id, reason="login")


def _prefix(synchronization_id: int) -> str:
    return f"person:{synchronization_id}:"


def leave_settled(session: Session, run: SyncRun, snapshot: Snapshot) -> Snapshot:
    """Let a run leave alone whom a run for one person has written since this snapshot began; call it before deciding.

    Which of the two read later is not known, so these people are read once more.
    """
    since = snapshot.began_at or run.started_at or utc_now()
    settled = settled_accounts(session, synchronization_id=run.synchronization_id, since=since)
    for account_id in sorted(settled):
        request_person(
            session,
            synchronization_id=run.synchronization_id,
            account_id=account_id,
            reason="another run was under way",
        )
    return replace(snapshot, settled=settled) if settled else snapshot


@periodic(seconds=600)
def tidy_person_runs(runtime: Runtime) -> None:
    """End those whose worker died, and delete old ones that changed nothing: there is one for each login."""
    now = utc_now()
    of_people = select(SyncRun).where(SyncRun.scope.in_((RunScope.PERSON, RunScope.OWN)))
    with runtime.database.write() as session:
        for run in session.scalars(of_people.where(SyncRun.result.is_(None), SyncRun.started_at < now - LONGEST)):
            interrupt_run(session, run_id=run.id, now=now)
        old = of_people.where(SyncRun.ended_at < now - KEPT, SyncRun.ended_at > now - SEEN)
        idle = [run.id for run in session.scalars(old) if not run.changes]
        session.execute(delete(SyncRun).where(SyncRun.id.in_(idle)))
