"""Load what earlier runs brought in, as far as reading depends on it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Hold,
    HoldState,
    Identity,
    Membership,
    PartStatus,
    Repository,
    Synchronization,
    SyncPart,
    SyncRun,
    Team,
)
from sync.parts import APPLIED
from sync.removals import membership_removal
from sync.requests import OWN_JOBS
from sync.scopes import Known, Place

UNDECIDED = (HoldState.OPEN, HoldState.DECLINED)


def load_known(session: Session, synchronization: Synchronization) -> Known:
    """What a quick check compares with the host."""
    parents = select(Team.remote_id, Team.remote_parent_id).where(Team.synchronization_id == synchronization.id)
    places = select(
        Repository.remote_id, Repository.remote_team_id, Repository.visibility, Repository.code_access
    ).where(Repository.synchronization_id == synchronization.id, Repository.removed_at.is_(None))
    roles = _root_roles(session, synchronization)
    return Known(
        parents={remote_id or "": parent_id for remote_id, parent_id in session.execute(parents)},
        places={row[0]: Place(*row[1:]) for row in session.execute(places)},
        root_roles=roles,
        kept_roles=_kept_roles(session, synchronization, roles),
        unread=_unread_parts(session, synchronization),
    )


def load_checked_manifests(session: Session, synchronization: Synchronization) -> dict[str, datetime | None]:
    """When the composer.json of each known repository was last looked at."""
    query = select(Repository.remote_id, Repository.manifest_checked_at).where(
        Repository.synchronization_id == synchronization.id
    )
    return {row.remote_id: row.manifest_checked_at for row in session.execute(query)}


def _root_roles(session: Session, synchronization: Synchronization) -> frozenset[tuple[str, str]]:
    query = (
        select(Identity.remote_id, Team.role_key)
        .select_from(Membership)
        .join(Team, Membership.team_id == Team.id)
        .join(Identity, Membership.identity_id == Identity.id)
        .where(Team.synchronization_id == synchronization.id, Team.remote_id == synchronization.remote_id)
    )
    return frozenset((account, role) for account, role in session.execute(query))


def _kept_roles(
    session: Session, synchronization: Synchronization, roles: frozenset[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Those whose removal somebody has to decide about, or has decided against."""
    query = select(Hold.removals).where(Hold.synchronization_id == synchronization.id, Hold.state.in_(UNDECIDED))
    waiting = {removal["key"] for removals in session.scalars(query) for removal in removals}
    if not waiting:
        return frozenset()
    root = synchronization.remote_id
    return frozenset(
        (account, role) for account, role in roles if membership_removal(((root, role), account)) in waiting
    )


def _unread_parts(session: Session, synchronization: Synchronization) -> frozenset[str]:
    newest = (
        select(SyncRun.id)
        .where(
            SyncRun.synchronization_id == synchronization.id,
            SyncRun.scope.not_in(OWN_JOBS),
            SyncRun.result.in_(APPLIED),
        )
        .order_by(SyncRun.number.desc())
        .limit(1)
    )
    query = select(SyncPart.key).where(
        SyncPart.run_id == newest.scalar_subquery(), SyncPart.status == PartStatus.UNKNOWN
    )
    return frozenset(session.scalars(query))
