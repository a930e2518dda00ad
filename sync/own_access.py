"""Read what one person may read with the person's own authorization, where listings do not tell it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

import structlog
from sqlalchemy import select, update

from integrations.codehost import CodeHost
from integrations.errors import CodeHostError, Forbidden, NotFound, Unauthorized
from integrations.service import judge_refusal, open_code_host
from models import (
    Credential,
    CredentialState,
    Grant,
    Identity,
    IdentityState,
    RunPhase,
    RunResult,
    RunScope,
    Runtime,
    Synchronization,
    SynchronizationState,
    SyncRun,
    utc_now,
)
from sync.check import NOTHING
from sync.decision import Decision
from sync.endings import ending_of_error, retry_time
from sync.lifecycle import Ending, enter_phase
from sync.load import load_state
from sync.own_plan import REFUSED_LASTS, plan_own_access
from sync.person import begin_person_run, end_person_run, lock_synchronization, note_person_end
from sync.policy import load_policy
from sync.report import report_changes
from sync.snapshot import Snapshot
from sync.state import State
from sync.wanted import OWN_SOURCES
from sync.whereabouts import root_of
from sync.writing import write_alone, write_decision

logger = structlog.get_logger(__name__)


def confirm_own_access(runtime: Runtime, *, synchronization_id: int, identity_id: int) -> datetime | None:
    """Ask the host as this account, and keep what it may read. Returns when to try again, if ever.

    Does nothing without the account's own authorization, before the first full run, and where the host can not be
    asked. An answer that fails changes nothing; "not found" and "not allowed" mean that the account reads nothing. What
    a token confirmed that is refused by now ends on the next day.
    """
    opened_at = utc_now()
    found = _find(runtime, synchronization_id, identity_id)
    if found is None:
        return None
    synchronization, identity, credential_id = found
    try:
        host = open_code_host(runtime, credential_id)
    except CodeHostError as error:
        logger.info("own_access_not_read", synchronization_id=synchronization_id, error=str(error))
        return None
    if host.own_access is None:
        return None
    run_id = begin_person_run(
        runtime,
        synchronization_id,
        account_id=identity.remote_id,
        reason="own access",
        actor=identity.login,
        credential_id=credential_id,
        scope=RunScope.OWN,
    )
    try:
        readable = _read(host, synchronization.remote_id)
    except CodeHostError as refusal:
        judged = judge_refusal(runtime, credential_id, refusal, opened_at=opened_at)
        if isinstance(judged, Unauthorized):
            _end_soon(runtime, synchronization_id, identity_id)
        end_person_run(runtime, run_id, ending_of_error(judged), host.request_count)
        return retry_time(judged)
    _write(runtime, run_id, readable, host)
    return None


def _find(runtime: Runtime, synchronization_id: int, identity_id: int) -> tuple[Synchronization, Identity, int] | None:
    with runtime.database.read() as session:
        synchronization = session.get(Synchronization, synchronization_id)
        identity = session.get(Identity, identity_id)
        query = select(Credential.id).where(
            Credential.identity_id == identity_id, Credential.state == CredentialState.OK
        )
        credential_id = session.scalar(query)
    if synchronization is None or identity is None or credential_id is None or synchronization.last_ok_at is None:
        return None
    if identity.integration_id != synchronization.integration_id or identity.state is not IdentityState.ACTIVE:
        return None
    return synchronization, identity, credential_id


def _read(host: CodeHost, organization_id: str) -> frozenset[str]:
    assert host.own_access is not None
    try:
        return frozenset(host.own_access.list_readable_repositories(organization_id))
    except (Forbidden, NotFound):
        return frozenset()


def _end_soon(runtime: Runtime, synchronization_id: int, identity_id: int) -> None:
    """Nobody can confirm any more what the account may read: it may have left. A new login brings it back."""
    last_day = utc_now().date() + REFUSED_LASTS
    with runtime.database.write() as session:
        session.execute(
            update(Grant)
            .where(
                Grant.synchronization_id == synchronization_id,
                Grant.identity_id == identity_id,
                Grant.source.in_(OWN_SOURCES),
                Grant.expires_on > last_day,
            )
            .values(expires_on=last_day)
        )


def _write(runtime: Runtime, run_id: int, readable: Collection[str], host: CodeHost) -> None:
    now = utc_now()
    with runtime.database.write() as session:
        run = session.get_one(SyncRun, run_id)
        synchronization = lock_synchronization(session, run.synchronization_id)
        enter_phase(run, RunPhase.APPLY, now=now)
        write_alone(session, synchronization)
        state = load_state(session, synchronization)
        undecided = load_policy(session, synchronization).decided_or_open  # this run tells nothing about them
        decision = _decide(state, undecided, account_id=run.account_id, readable=readable, today=now.date())
        snapshot = _snapshot(synchronization, run.account_id)
        write_decision(session, synchronization=synchronization, run=run, decision=decision, snapshot=snapshot, now=now)
        note_person_end(run, Ending(RunResult.OK, SynchronizationState.OK), host.request_count)


def _decide(
    state: State, undecided: frozenset[str], *, account_id: str, readable: Collection[str], today: date
) -> Decision:
    changes = plan_own_access(state, account_id=account_id, readable=readable, today=today)
    plan = replace(NOTHING, grants=changes)
    return Decision(state, plan, changes=report_changes(plan, state), held=[], undecided=undecided)


def _snapshot(synchronization: Synchronization, account_id: str) -> Snapshot:
    """Evidence about nothing but this account's own reading."""
    return Snapshot(root_of(synchronization), (), {}, (), {}, person=account_id)
