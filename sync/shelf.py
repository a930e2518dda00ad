"""What a run has read so far, for the run that goes on after the host made it wait."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from integrations.codehost import RemoteGrant, RemoteMember
from models import PartStatus, RunResult, SyncPart, SyncRun
from sync.requests import OWN_JOBS
from sync.snapshot import Manifest
from sync.staging import (
    Row,
    grants_from_json,
    grants_to_json,
    manifest_from_json,
    manifest_to_json,
    members_from_json,
    members_to_json,
)

FRESH = timedelta(hours=2)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Kept(Generic[Value]):
    """One part, complete, and when it was read."""

    value: Value
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    """Parts by their keys. Threads may share it."""

    members: dict[str, Kept[tuple[RemoteMember, ...]]] = field(default_factory=dict)
    grants: dict[str, Kept[tuple[RemoteGrant, ...]]] = field(default_factory=dict)
    manifests: dict[str, Kept[Manifest]] = field(default_factory=dict)

    def find_members(self, key: str) -> Kept[tuple[RemoteMember, ...]] | None:
        """The members of a part that was read before."""
        return self.members.get(key)

    def find_grants(self, key: str) -> Kept[tuple[RemoteGrant, ...]] | None:
        """The grants of a part that was read before."""
        return self.grants.get(key)

    def find_manifest(self, key: str) -> Kept[Manifest] | None:
        """The manifest of a part that was read before."""
        return self.manifests.get(key)

    def keep_members(self, key: str, members: tuple[RemoteMember, ...], *, now: datetime) -> None:
        """Put a part there that was just read to its end."""
        self.members[key] = Kept(members, now)

    def keep_grants(self, key: str, grants: tuple[RemoteGrant, ...], *, now: datetime) -> None:
        """Put a part there that was just read to its end."""
        self.grants[key] = Kept(grants, now)

    def keep_manifest(self, key: str, manifest: Manifest, *, now: datetime) -> None:
        """Put a manifest there that was just read."""
        self.manifests[key] = Kept(manifest, now)


def take_shelf(session: Session, *, run: SyncRun, now: datetime) -> Shelf:
    """What the run before left, when the host made that one wait; it is taken away, whatever becomes of it."""
    before = session.scalars(
        select(SyncRun)
        .where(
            SyncRun.synchronization_id == run.synchronization_id,
            SyncRun.number < run.number,
            SyncRun.scope.not_in(OWN_JOBS),
        )
        .order_by(SyncRun.number.desc())
        .limit(1)
    ).one_or_none()
    if before is None or before.result is not RunResult.POSTPONED:
        return Shelf()
    query = select(SyncPart.key, SyncPart.items, SyncPart.read_at).where(
        SyncPart.run_id == before.id, SyncPart.status == PartStatus.COMPLETE
    )
    rows = session.execute(query.where(SyncPart.read_at > now - FRESH)).all()
    session.execute(delete(SyncPart).where(SyncPart.run_id == before.id, SyncPart.status == PartStatus.COMPLETE))
    return _unpack((key, items, read_at) for key, items, read_at in rows)


def store_shelf(session: Session, *, run_id: int, shelf: Shelf) -> None:
    """Leave everything for the run that goes on."""
    members = {key: (members_to_json(kept.value), kept.read_at) for key, kept in shelf.members.items()}
    grants = {key: (grants_to_json(kept.value), kept.read_at) for key, kept in shelf.grants.items()}
    manifests = {key: (manifest_to_json(kept.value), kept.read_at) for key, kept in shelf.manifests.items()}
    rows = [
        {"run_id": run_id, "key": key, "status": PartStatus.COMPLETE, "items": items, "read_at": read_at}
        for key, (items, read_at) in sorted({**members, **grants, **manifests}.items())
    ]
    if rows:
        session.execute(insert(SyncPart), rows)


def _unpack(rows: Iterable[tuple[str, list[Row], datetime]]) -> Shelf:
    shelf = Shelf()
    for key, items, read_at in rows:
        if key.endswith("/manifest"):
            shelf.keep_manifest(key, manifest_from_json(items), now=read_at)
        elif key.startswith("repository:") or key.endswith("/repositories"):
            shelf.keep_grants(key, grants_from_json(items), now=read_at)
        else:
            shelf.keep_members(key, members_from_json(items), now=read_at)
    return shelf
