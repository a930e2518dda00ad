"""Load what is known here about one person in one synchronization: few small queries."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from integrations.codehost import CodeAccess, RemoteOrganization, RemoteRepository, RemoteTeam, Visibility
from models import Grant, Identity, Membership, MembershipSource, Repository, Synchronization, Team
from sync.places import Whereabouts


def load_whereabouts(session: Session, synchronization: Synchronization, account_id: str) -> Whereabouts:
    """Teams and repositories of the synchronization, and the person's place in them."""
    roles = _memberships(session, synchronization, account_id)
    return Whereabouts(
        root=root_of(synchronization),
        teams=_teams(session, synchronization),
        repositories=_repositories(session, synchronization),
        roles={team_id: role for team_id, (role, _) in roles.items()},
        direct=frozenset(key for key, (_, source) in roles.items() if source is MembershipSource.DIRECT),
        granted=_granted(session, synchronization, account_id),
    )


def root_of(synchronization: Synchronization) -> RemoteOrganization:
    """What a synchronization follows, as far as it is known here."""
    return RemoteOrganization(
        synchronization.remote_id,
        synchronization.remote_kind,
        synchronization.remote_name,
        synchronization.remote_path,
        synchronization.remote_url,
    )


def _teams(session: Session, synchronization: Synchronization) -> dict[str, RemoteTeam]:
    query = select(Team.remote_id, Team.name, Team.remote_path, Team.remote_url, Team.remote_parent_id).where(
        Team.synchronization_id == synchronization.id
    )
    return {
        remote_id: RemoteTeam(remote_id, name, path, url, parent_id)
        for remote_id, name, path, url, parent_id in session.execute(query)
        if remote_id is not None
    }


def _repositories(session: Session, synchronization: Synchronization) -> tuple[RemoteRepository, ...]:
    query = select(
        Repository.remote_id,
        Repository.name,
        Repository.path,
        Repository.web_url,
        Repository.clone_url,
        Repository.visibility,
        Repository.code_access,
        Repository.remote_team_id,
    ).where(Repository.synchronization_id == synchronization.id, Repository.removed_at.is_(None))
    return tuple(
        RemoteRepository(*row[:5], Visibility(row.visibility), CodeAccess(row.code_access), row.remote_team_id)
        for row in session.execute(query)
    )


def _memberships(
    session: Session, synchronization: Synchronization, account_id: str
) -> dict[str, tuple[str, MembershipSource]]:
    query = (
        select(Team.remote_id, Team.role_key, Membership.source)
        .select_from(Membership)
        .join(Team, Membership.team_id == Team.id)
        .join(Identity, Membership.identity_id == Identity.id)
        .where(
            Team.synchronization_id == synchronization.id,
            Identity.integration_id == synchronization.integration_id,
            Identity.remote_id == account_id,
        )
    )
    return {team_id or "": (role, source) for team_id, role, source in session.execute(query)}


def _granted(session: Session, synchronization: Synchronization, account_id: str) -> frozenset[str]:
    query = (
        select(Repository.remote_id)
        .select_from(Grant)
        .join(Repository, Grant.repository_id == Repository.id)
        .join(Identity, Grant.identity_id == Identity.id)
        .where(
            Grant.synchronization_id == synchronization.id,
            Identity.integration_id == synchronization.integration_id,
            Identity.remote_id == account_id,
            Repository.removed_at.is_(None),
        )
    )
    return frozenset(session.scalars(query))
