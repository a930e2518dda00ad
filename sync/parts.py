"""Parts of a snapshot that stayed unknown: since when, and for how long is too long."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import PartStatus, Repository, RunResult, RunScope, SyncPart, SyncRun, Team
from sync.snapshot import grant_part_of_team, member_part_of_repository, member_part_of_team

APPLIED = (RunResult.OK, RunResult.HELD, RunResult.DEGRADED)
STALE = timedelta(days=7)


def save_parts(session: Session, *, run_id: int, unknown: dict[str, str]) -> None:
    """Keep which parts of the snapshot stayed unknown, why, and when they were last known."""
    if not unknown:
        return
    confirmed = _last_confirmed(session, session.get_one(SyncRun, run_id), unknown)
    session.add_all(
        SyncPart(run_id=run_id, key=key, status=PartStatus.UNKNOWN, reason=reason, confirmed_at=confirmed.get(key))
        for key, reason in sorted(unknown.items())
    )
    session.flush()


def describe_stale_parts(session: Session, *, run_id: int, now: datetime) -> str:
    """What has been unknown for more than a week, "" when nothing has."""
    query = select(func.count(SyncPart.id)).where(
        SyncPart.run_id == run_id, SyncPart.status == PartStatus.UNKNOWN, SyncPart.confirmed_at < now - STALE
    )
    count = session.scalar(query)
    return f"{count} of them for more than {STALE.days} days" if count else ""


def _last_confirmed(session: Session, run: SyncRun, keys: Collection[str]) -> dict[str, datetime | None]:
    """By part, when a run before this one had it complete. Quick checks read only what was unknown before them."""
    before = _find_before(session, run, [RunScope.FULL, RunScope.CHEAP])
    full = _find_before(session, run, [RunScope.FULL])
    if before is None or full is None:
        return {}
    earlier, at_full = _unknown_parts(session, before), _unknown_parts(session, full)
    known = _known_parts(session, run.synchronization_id, read_by=before.ended_at or run.created_at)

    def confirmed_at(key: str) -> datetime | None:
        return earlier.get(key, (before if key in at_full else full).started_at)

    return {key: confirmed_at(key) for key in keys if key in known}


def _find_before(session: Session, run: SyncRun, scopes: Collection[RunScope]) -> SyncRun | None:
    query = select(SyncRun).where(
        SyncRun.synchronization_id == run.synchronization_id,
        SyncRun.number < run.number,
        SyncRun.scope.in_(scopes),
        SyncRun.result.in_(APPLIED),
    )
    return session.scalar(query.order_by(SyncRun.number.desc()).limit(1))


def _unknown_parts(session: Session, run: SyncRun) -> dict[str, datetime | None]:
    query = select(SyncPart.key, SyncPart.confirmed_at).where(
        SyncPart.run_id == run.id, SyncPart.status == PartStatus.UNKNOWN
    )
    return {part.key: part.confirmed_at for part in session.execute(query)}


def _known_parts(session: Session, synchronization_id: int, *, read_by: datetime) -> set[str]:
    """Parts that were read some time before: what is new has never been confirmed."""
    teams = select(Team.remote_id).where(Team.synchronization_id == synchronization_id)
    repositories = select(Repository.remote_id).where(
        Repository.synchronization_id == synchronization_id, Repository.created_at <= read_by
    )
    known = list(session.scalars(teams))
    return {
        *(member_part_of_team(key) for key in known if key),
        *(grant_part_of_team(key) for key in known if key),
        *(member_part_of_repository(key) for key in session.scalars(repositories)),
    }
