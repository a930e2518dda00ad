"""How old is what we show: which parts the last runs could not read, and when each was read completely."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from models import PartStatus, RunScope, Synchronization, SyncPart, SyncRun, Team
from sync.run_report import APPLIED, UnknownPart, names_of_parts

PartKey = tuple[int, str]  # synchronization, key of the part


@dataclass(frozen=True, slots=True)
class Confirmations:
    """When the members of teams were last read completely."""

    unread: Mapping[PartKey, UnknownPart] = field(default_factory=dict)
    read_at: Mapping[int, datetime] = field(default_factory=dict)  # the last full run of each synchronization

    def unread_of(self, team: Team) -> UnknownPart | None:
        """What is not known about the members of a team; None: nothing."""
        return self.unread.get((team.synchronization_id or 0, _members_of(team)))

    def confirmed_at(self, team: Team) -> datetime | None:
        """When its members were last read completely; None: never, or they are no synchronized ones."""
        part = self.unread_of(team)
        return part.confirmed_at if part else self.read_at.get(team.synchronization_id or 0)


def read_confirmations(session: Session, *, organization_id: int) -> Confirmations:
    """For all synchronizations of an organization. Two queries."""
    ids = select(Synchronization.id).where(Synchronization.organization_id == organization_id)
    full_runs = (
        select(SyncRun.synchronization_id, func.max(SyncRun.id), func.max(SyncRun.ended_at))
        .where(SyncRun.synchronization_id.in_(ids), SyncRun.scope == RunScope.FULL, SyncRun.result.in_(APPLIED))
        .group_by(SyncRun.synchronization_id)
    )
    newest = {
        synchronization_id: (run_id, ended_at) for synchronization_id, run_id, ended_at in session.execute(full_runs)
    }
    return Confirmations(
        unread=_unread_parts(session, {key: run_id for key, (run_id, _) in newest.items()}),
        read_at={key: ended_at for key, (_, ended_at) in newest.items() if ended_at},
    )


def list_unread_parts(session: Session, synchronization: Synchronization) -> list[UnknownPart]:
    """What the runs since the last full one could not read, by name. Few queries, and only one when all was read."""
    full_run = (
        select(func.max(SyncRun.id))
        .where(SyncRun.synchronization_id == synchronization.id, SyncRun.scope == RunScope.FULL)
        .where(SyncRun.result.in_(APPLIED))
    )
    run_id = session.scalar(full_run)
    parts = _unread_parts(session, {synchronization.id: run_id} if run_id else {}).values()
    if not parts:
        return []
    names = names_of_parts(session, synchronization, [part.key for part in parts])
    return sorted((_named(part, *names.get(part.key, (part.key, ""))) for part in parts), key=_by_name)


def _named(part: UnknownPart, name: str, url: str) -> UnknownPart:
    return replace(part, name=name, url=url)


def _by_name(part: UnknownPart) -> str:
    return part.name.casefold()


def _unread_parts(session: Session, since: Mapping[int, int]) -> dict[PartKey, UnknownPart]:
    """Unknown parts of each synchronization's last full run and of the quick ones after it."""
    if not since:
        return {}
    query = (
        select(SyncRun.synchronization_id, SyncPart.key, SyncPart.reason, SyncPart.confirmed_at)
        .join(SyncRun, SyncRun.id == SyncPart.run_id)
        .where(
            SyncPart.status == PartStatus.UNKNOWN,
            SyncRun.scope.in_((RunScope.FULL, RunScope.CHEAP)),
            SyncRun.result.in_(APPLIED),
            or_(*(and_(SyncRun.synchronization_id == key, SyncRun.id >= run_id) for key, run_id in since.items())),
        )
        .order_by(SyncRun.id)
    )
    return {(row[0], row[1]): UnknownPart(row[1], row[1], "", row[2], row[3]) for row in session.execute(query)}


def _members_of(team: Team) -> str:
    return f"team:{team.remote_id}/members"
