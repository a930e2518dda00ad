"""Load the local side of a synchronization as values."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Grant,
    Identity,
    IdentityState,
    Membership,
    Package,
    PackageState,
    Repository,
    Synchronization,
    Team,
    TeamKind,
)
from sync.state import (
    IdentityValue,
    ManifestValue,
    PackageValue,
    RepositoryValue,
    RowIds,
    StandingKey,
    State,
    TeamValue,
)
from sync.wanted import GrantKey, TeamKey, WantedGrant, WantedMembership


def load_state(session: Session, synchronization: Synchronization) -> State:
    """Everything that this synchronization owns, in a handful of queries whatever the size."""
    identities = _identities(session, synchronization)
    account_of = {identity.id: identity.remote_id for identity in identities}
    teams = _teams(session, synchronization)
    key_of_team = {team.id: (team.remote_id or "", team.role_key) for team in teams}
    repositories = list(session.scalars(select(Repository).where(Repository.synchronization_id == synchronization.id)))
    remote_of = {repository.id: repository.remote_id for repository in repositories}
    memberships = _memberships(session, synchronization, key_of_team, account_of)
    grants = _grants(session, synchronization, remote_of, key_of_team, account_of)
    standing, built_in_teams = _standing(session, synchronization, account_of)
    return State(
        is_primary=synchronization.is_primary,
        identities={identity.remote_id: _identity_value(identity) for identity in identities},
        teams={key_of_team[team.id]: _team_value(team) for team in teams},
        memberships={key: WantedMembership(row.source, row.expires_on) for key, row in memberships.items()},
        standing={key: WantedMembership(row.source) for key, row in standing.items()},
        repositories={row.remote_id: _repository_value(row) for row in repositories if row.removed_at is None},
        grants={key: WantedGrant(row.role_name, row.role_level, row.expires_on) for key, row in grants.items()},
        manifests={row.remote_id: _manifest_value(row) for row in repositories},
        packages=_packages(session, synchronization, remote_of),
        ids=RowIds(
            identities={identity.remote_id: identity.id for identity in identities},
            teams={key_of_team[team.id]: team.id for team in teams},
            memberships={key: row.id for key, row in memberships.items()},
            standing={key: row.id for key, row in standing.items()},
            built_in_teams=built_in_teams,
            repositories={row.remote_id: row.id for row in repositories},
            grants={key: row.id for key, row in grants.items()},
        ),
    )


def _identities(session: Session, synchronization: Synchronization) -> list[Identity]:
    query = select(Identity).where(Identity.integration_id == synchronization.integration_id)
    return list(session.scalars(query))


def _teams(session: Session, synchronization: Synchronization) -> list[Team]:
    return list(session.scalars(select(Team).where(Team.synchronization_id == synchronization.id)))


def _memberships(
    session: Session, synchronization: Synchronization, key_of_team: dict[int, TeamKey], account_of: dict[int, str]
) -> dict[tuple[TeamKey, str], Membership]:
    query = select(Membership).join(Team).where(Team.synchronization_id == synchronization.id)
    return {(key_of_team[row.team_id], account_of[row.identity_id or 0]): row for row in session.scalars(query)}


def _grants(
    session: Session,
    synchronization: Synchronization,
    remote_of: dict[int, str],
    key_of_team: dict[int, TeamKey],
    account_of: dict[int, str],
) -> dict[GrantKey, Grant]:
    query = select(Grant).where(Grant.synchronization_id == synchronization.id)
    return {
        GrantKey(
            remote_of[row.repository_id],
            row.source,
            None if row.team_id is None else key_of_team[row.team_id],
            None if row.identity_id is None else account_of[row.identity_id],
        ): row
        for row in session.scalars(query)
    }


def _standing(
    session: Session, synchronization: Synchronization, account_of: dict[int, str]
) -> tuple[dict[StandingKey, Membership], dict[TeamKind, int]]:
    kinds = (TeamKind.OWNERS, TeamKind.ADMINS)
    built_in = select(Team).where(Team.organization_id == synchronization.organization_id, Team.kind.in_(kinds))
    teams = {team.id: team.kind for team in session.scalars(built_in)}
    query = select(Membership).where(Membership.team_id.in_(teams), Membership.synchronization_id == synchronization.id)
    rows = {(teams[row.team_id], account_of[row.identity_id or 0]): row for row in session.scalars(query)}
    return rows, {kind: team_id for team_id, kind in teams.items()}


def _packages(
    session: Session, synchronization: Synchronization, remote_of: dict[int, str]
) -> dict[str, tuple[PackageValue, ...]]:
    query = (
        select(Package.id, Package.name, Package.repository_id)
        .join(Repository)
        .where(Repository.synchronization_id == synchronization.id, Package.state != PackageState.REMOVED)
    )
    found: defaultdict[str, list[PackageValue]] = defaultdict(list)
    for package_id, name, repository_id in session.execute(query):
        found[remote_of[repository_id or 0]].append(PackageValue(package_id, name))
    return {key: tuple(packages) for key, packages in found.items()}


def _identity_value(row: Identity) -> IdentityValue:
    is_blocked = row.state is IdentityState.BLOCKED
    return IdentityValue(row.login, row.display_name, row.web_url, row.avatar_url, is_blocked)


def _team_value(row: Team) -> TeamValue:
    return TeamValue(row.name, row.remote_path, row.remote_url, row.remote_parent_id, row.role_name, row.role_level)


def _repository_value(row: Repository) -> RepositoryValue:
    return RepositoryValue(
        name=row.name,
        path=row.path,
        web_url=row.web_url,
        clone_url=row.clone_url,
        team_id=row.remote_team_id,
        visibility=row.visibility,
        code_access=row.code_access,
        default_branch=row.default_branch,
        is_archived=row.is_archived,
        is_pending_deletion=row.is_pending_deletion,
        last_activity_at=row.last_activity_at,
    )


def _manifest_value(row: Repository) -> ManifestValue:
    return ManifestValue(
        state=row.manifest_state,
        name=row.manifest_name,
        reason=row.manifest_reason,
        checked_at=row.manifest_checked_at,
        is_excluded=row.excluded_at is not None,
    )
