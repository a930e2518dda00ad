"""Background work around what accounts' own tokens show: at login, and again after each full run that needs it."""

from sqlalchemy import false, func, or_, select, true
from sqlalchemy.orm import Session

from jobs import JobContext, Postponed, job
from jobs.outbox import INTERACTIVE
from models import (
    Credential,
    CredentialState,
    Grant,
    Identity,
    IdentityState,
    RunScope,
    Synchronization,
    SyncRun,
    utc_now,
)
from sync.endings import OWN_TOKENS
from sync.own_access import confirm_own_access
from sync.parts import APPLIED
from sync.person_jobs import MOST_AT_LOGIN, ONCE_PER
from sync.requests import OWN_JOBS
from sync.wanted import OWN_SOURCES


@job(queue="sync", timeout=300)
def read_own_access(context: JobContext, *, synchronization_id: int, identity_id: int) -> None:
    """Ask the host with an account's own authorization what it may read."""
    retry_at = confirm_own_access(context.runtime, synchronization_id=synchronization_id, identity_id=identity_id)
    if retry_at is not None:
        raise Postponed(until=retry_at)


def is_asking_people(session: Session, *, integration_id: int) -> bool:
    """Whether a synchronization there may not list permissions, so that only people's own tokens tell their access."""
    newest = (
        select(func.max(SyncRun.number))
        .where(
            SyncRun.synchronization_id == Synchronization.id,
            SyncRun.scope.not_in(OWN_JOBS),
            SyncRun.result.in_(APPLIED),
        )
        .correlate(Synchronization)
    )
    query = (
        select(SyncRun.id)
        .join(Synchronization, Synchronization.id == SyncRun.synchronization_id)
        .where(
            Synchronization.integration_id == integration_id,
            SyncRun.number == newest.scalar_subquery(),
            SyncRun.error_code == OWN_TOKENS,
        )
    )
    return session.scalars(query.limit(1)).first() is not None


def request_own_access_at_login(session: Session, *, identity_id: int) -> None:
    """Ask for somebody who has just logged in and whose authorization is kept; at most once a minute."""
    recent = select(SyncRun.id).where(
        SyncRun.synchronization_id == Synchronization.id,
        SyncRun.scope == RunScope.OWN,
        SyncRun.account_id == Identity.remote_id,
        SyncRun.created_at > utc_now() - ONCE_PER,
    )
    query = (
        select(Synchronization.id)
        .join(Identity, Identity.integration_id == Synchronization.integration_id)
        .join(Credential, Credential.identity_id == Identity.id)
        .where(Identity.id == identity_id, Credential.state == CredentialState.OK, ~recent.exists())
    )
    for synchronization_id in session.scalars(query.order_by(Synchronization.id).limit(MOST_AT_LOGIN)).all():
        _request(session, synchronization_id=synchronization_id, identity_id=identity_id, queue=INTERACTIVE)


def request_own_access(session: Session, run: SyncRun) -> None:
    """After a full run: ask for those whose confirmed access ends by itself; for everybody where nobody is listed."""
    if run.scope is not RunScope.FULL or run.result not in APPLIED:
        return
    synchronization = run.synchronization
    confirmed = select(Grant.id).where(
        Grant.identity_id == Identity.id,
        Grant.synchronization_id == synchronization.id,
        Grant.source.in_(OWN_SOURCES),
    )
    query = (
        select(Identity.id)
        .join(Credential, Credential.identity_id == Identity.id)
        .where(
            Identity.integration_id == synchronization.integration_id,
            Identity.state == IdentityState.ACTIVE,
            Credential.state == CredentialState.OK,
            or_(confirmed.exists(), true() if run.error_code == OWN_TOKENS else false()),
        )
    )
    for identity_id in session.scalars(query.order_by(Identity.id)).all():
        _request(session, synchronization_id=synchronization.id, identity_id=identity_id)


def _request(session: Session, *, synchronization_id: int, identity_id: int, queue: str | None = None) -> None:
    synchronization = session.get_one(Synchronization, synchronization_id)
    read_own_access.enqueue(
        session,
        synchronization_id=synchronization_id,
        identity_id=identity_id,
        coalesce_key=f"own:{synchronization_id}:{identity_id}",
        organization_id=synchronization.organization_id,
        title=f"Read somebody's own access in {synchronization.remote_path}",
        queue=queue,
    )
