"""Read teams and people of an organization for the pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from models import (
    Grant,
    Identity,
    Membership,
    Package,
    Synchronization,
    Team,
    TeamKind,
    User,
)
from organizations.viewer import Viewer


@dataclass(slots=True)
class PersonRow:
    """Somebody in the organization: as account on a code host, or as user when added by hand."""

    name: str
    login: str = ""
    url: str = ""
    is_pending: bool = False
    is_blocked: bool = False
    teams: list[Team] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team and how many are in it."""

    team: Team
    member_count: int


def list_teams(session: Session, *, organization_id: int) -> list[TeamRow]:
    """Built-in teams first, then synchronized ones by path, the highest role first."""
    counts = select(func.count(Membership.id)).where(Membership.team_id == Team.id).scalar_subquery()
    query = select(Team, counts).where(Team.organization_id == organization_id)
    order = {TeamKind.OWNERS: 0, TeamKind.ADMINS: 1, TeamKind.LOCAL: 2, TeamKind.SYNCHRONIZED: 3}
    rows = [TeamRow(team, count) for team, count in session.execute(query)]
    return sorted(rows, key=lambda row: (order[row.team.kind], row.team.remote_path, -row.team.role_level))


def find_team(session: Session, *, organization_id: int, team_id: int) -> Team | None:
    """A team of this organization."""
    return session.scalars(select(Team).where(Team.id == team_id, Team.organization_id == organization_id)).first()


def list_team_members(session: Session, team: Team) -> list[Membership]:
    """Everybody in a team, by login."""
    query = (
        select(Membership)
        .where(Membership.team_id == team.id)
        .options(joinedload(Membership.identity), joinedload(Membership.user))
    )
    return sorted(session.scalars(query), key=lambda row: _name_of(row).casefold())


def list_people(session: Session, *, organization_id: int, today: date) -> list[PersonRow]:
    """Everybody in the organization with the teams they are in; individual collaborators too."""
    people: dict[str, PersonRow] = {}
    query = (
        select(Membership)
        .join(Team)
        .where(Team.organization_id == organization_id)
        .options(joinedload(Membership.identity), joinedload(Membership.user), joinedload(Membership.team))
    )
    for membership in session.scalars(query):
        row = people.setdefault(_key_of(membership), _person(membership.identity, membership.user))
        row.teams.append(membership.team)
    collaborators = select(Identity).where(Identity.id.in_(_collaborators(organization_id, today)))
    for identity in session.scalars(collaborators):
        people.setdefault(f"account {identity.id}", _person(identity, None))
    return sorted(people.values(), key=lambda row: (row.login or row.name).casefold())


def filter_people(people: Sequence[PersonRow], text: str) -> list[PersonRow]:
    """Those with the text in their name, their login or the name of a team."""
    wanted = text.casefold().lstrip("@")
    return [row for row in people if any(wanted in words.casefold() for words in _words(row))]


def list_team_packages(session: Session, viewer: Viewer, team: Team) -> list[Package]:
    """What a team may read, as far as the person who asks may read it too."""
    granted = select(Grant.repository_id).where(Grant.team_id == team.id)
    return list(session.scalars(viewer.packages().where(Package.repository_id.in_(granted)).order_by(Package.name)))


def select_accounts(*, organization_id: int, today: date) -> Select[Identity]:
    """Every account in the organization: in a team, or on single repositories."""
    in_a_team = select(Membership.identity_id).join(Team).where(Team.organization_id == organization_id)
    return select(Identity).where(
        or_(Identity.id.in_(in_a_team), Identity.id.in_(_collaborators(organization_id, today)))
    )


def count_people(session: Session, *, organization_id: int, today: date) -> int:
    """As many as `list_people` lists."""
    accounts = select_accounts(organization_id=organization_id, today=today)
    users = select(func.count(func.distinct(Membership.user_id))).join(Team)
    return (session.scalar(select(func.count()).select_from(accounts.subquery())) or 0) + (
        session.scalar(users.where(Team.organization_id == organization_id)) or 0
    )


def _collaborators(organization_id: int, today: date) -> Select[int | None]:
    return (
        select(Grant.identity_id)
        .join(Synchronization, Synchronization.id == Grant.synchronization_id)
        .where(
            Synchronization.organization_id == organization_id,
            or_(Grant.expires_on.is_(None), Grant.expires_on > today),
        )
    )


def _key_of(membership: Membership) -> str:
    return f"account {membership.identity_id}" if membership.identity_id else f"user {membership.user_id}"


def _name_of(membership: Membership) -> str:
    if membership.identity is not None:
        return membership.identity.login
    return membership.user.display_name if membership.user else ""


def _person(identity: Identity | None, user: User | None) -> PersonRow:
    if identity is None:
        return PersonRow(user.display_name if user else "")
    return PersonRow(
        name=identity.display_name or identity.login,
        login=identity.login,
        url=identity.web_url,
        is_pending=identity.user_id is None,
        is_blocked=identity.state == "blocked",
    )


def _words(row: PersonRow) -> list[str]:
    return [row.name, row.login, *(team.remote_path or team.name for team in row.teams)]
