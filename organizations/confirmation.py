"""How old is what we show: which parts the newest runs could not read, and when each was read completely."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
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
        select(SyncRun.synchronization_id, func.max(SyncRun.ended_at))
        .where(SyncRun.synchronization_id.in_(ids), SyncRun.scope == RunScope.FULL, SyncRun.result.in_(APPLIED))
        .group_by(SyncRun.synchronization_id)
    )
    read_at = {key: ended_at for key, ended_at in session.execute(full_runs) if ended_at}
    return Confirmations(unread=_unread_parts(session, SyncRun.synchronization_id.in_(ids)), read_at=read_at)


def list_unread_parts(session: Session, synchronization: Synchronization) -> list[UnknownPart]:
    """What the newest run could not read, by name. One query when it has read all."""
    parts = _unread_parts(session, SyncRun.synchronization_id == synchronization.id).values()
    if not parts:
        return []
    names = names_of_parts(session, synchronization, [part.key for part in parts])
    return sorted((_named(part, *names.get(part.key, (part.key, ""))) for part in parts), key=_by_name)


def _named(part: UnknownPart, name: str, url: str) -> UnknownPart:
    return replace(part, name=name, url=url)


def _by_name(part: UnknownPart) -> str:
    return part.name.casefold()


def _unread_parts(session: Session, is_wanted: ColumnElement[bool]) -> dict[PartKey, UnknownPart]:
    """Of the newest runs: a quick check asks again for what the one before it could not read."""
    newest = (
        select(func.max(SyncRun.id))
        .where(is_wanted, SyncRun.scope.in_((RunScope.FULL, RunScope.CHEAP)), SyncRun.result.in_(APPLIED))
        .group_by(SyncRun.synchronization_id)
    )
    query = (
        select(SyncRun.synchronization_id, SyncPart.key, SyncPart.reason, SyncPart.confirmed_at)
        .join(SyncRun, SyncRun.id == SyncPart.run_id)
        .where(SyncPart.run_id.in_(newest), SyncPart.status == PartStatus.UNKNOWN)
    )
    return {(row[0], row[1]): UnknownPart(row[1], row[1], "", row[2], row[3]) for row in session.execute(query)}


def _members_of(team: Team) -> str:
    return f"team:{team.remote_id}/members"
