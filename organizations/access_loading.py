"""Load what the explanation of access needs: the same few queries, however many people and packages there are."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from composer.access import LISTED_STATES
from models import (
    Grant,
    Identity,
    IdentityState,
    Integration,
    Membership,
    Organization,
    Package,
    PackageState,
    Repository,
    Synchronization,
    Team,
    User,
)
from organizations.access_facts import (
    Account,
    Facts,
    GrantFact,
    MembershipFact,
    PackageFact,
    Person,
    Remote,
    RepositoryFact,
    TeamFact,
)

STATE_ORDER = (PackageState.ACTIVE, PackageState.FAILING, PackageState.PENDING, PackageState.CONFLICT)

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Question:
    """About whom and what somebody asks; empty: about all. At least one is given."""

    organization: Organization
    today: date
    login: str = ""
    package: str = ""


def load_facts(session: Session, question: Question) -> Facts:
    """Everything that decides about the people and packages of a question. Nobody, or no package, is no error."""
    remotes = _remotes(session, question.organization)
    teams = _teams(session, question.organization)
    packages = _packages(session, question)
    people = _people(session, question, {remote.integration_id for remote in remotes.values()})
    memberships = _memberships(session, question, people)
    grants = _grants(session, question, packages, people, {fact.team_id for fact in memberships})
    return Facts(
        organization=question.organization.name,
        today=question.today,
        remotes=remotes,
        teams=teams,
        packages=tuple(packages),
        people=tuple(people),
        of_account=_by(memberships, lambda fact: fact.identity_id),
        of_user=_by(memberships, lambda fact: fact.user_id),
        grants=_by(grants, lambda fact: fact.repository_id),
        own_grants=_by(grants, lambda fact: fact.identity_id),
    )


def list_suggestions(session: Session, organization: Organization, *, most: int) -> tuple[list[str], list[str]]:
    """Names to choose from: packages, and logins of the people of an organization."""
    names = select(Package.name).where(Package.organization_id == organization.id, Package.state.in_(LISTED_STATES))
    logins = select(Identity.login).where(_is_known(organization)).distinct()
    return (
        list(session.scalars(names.distinct().order_by(Package.name).limit(most))),
        list(session.scalars(logins.order_by(Identity.login).limit(most))),
    )


def _remotes(session: Session, organization: Organization) -> dict[int, Remote]:
    query = select(Synchronization).where(Synchronization.organization_id == organization.id)
    return {
        row.id: Remote(
            synchronization_id=row.id,
            integration_id=row.integration_id,
            host=row.integration.name,
            platform=row.integration.platform,
            path=row.remote_path,
            url=row.remote_url,
            is_suspended=row.suspended_at is not None,
        )
        for row in session.scalars(query.options(joinedload(Synchronization.integration)))
    }


def _teams(session: Session, organization: Organization) -> dict[int, TeamFact]:
    return {
        team.id: TeamFact(
            team_id=team.id,
            kind=team.kind,
            name=team.name,
            synchronization_id=team.synchronization_id,
            remote_id=team.remote_id or "",
            parent_id=team.remote_parent_id or "",
            path=team.remote_path,
            url=team.remote_url,
            role_key=team.role_key,
            role_name=team.role_name,
        )
        for team in session.scalars(select(Team).where(Team.organization_id == organization.id))
    }


def _packages(session: Session, question: Question) -> list[PackageFact]:
    """Of each name the package that holds it; one that was asked for by name may be removed."""
    query = select(Package).options(joinedload(Package.repository))
    query = query.where(Package.organization_id == question.organization.id)
    wanted = Package.name == question.package if question.package else Package.state.in_(LISTED_STATES)
    by_name: dict[str, Package] = {}
    for package in sorted(session.scalars(query.where(wanted)), key=_rank):
        by_name.setdefault(package.name, package)
    return [
        PackageFact(row.id, row.name, row.state, row.removed_at, _repository(row.repository))
        for _, row in sorted(by_name.items())
    ]


def _rank(package: Package) -> tuple[int, int]:
    return STATE_ORDER.index(package.state) if package.state in STATE_ORDER else len(STATE_ORDER), -package.id


def _repository(row: Repository | None) -> RepositoryFact | None:
    if row is None:
        return None
    return RepositoryFact(
        repository_id=row.id,
        synchronization_id=row.synchronization_id,
        path=row.path,
        url=row.web_url,
        team_id=row.remote_team_id or "",
        visibility=row.visibility,
        code_access=row.code_access,
    )


def _people(session: Session, question: Question, integrations: set[int]) -> list[Person]:
    """Those in the organization, or with an account of that name where it is synchronized.

    With all their accounts here; at which other hosts they have one is nobody's business in this organization.
    """
    wanted = _is_known(question.organization)
    here = or_(Identity.integration_id.in_(integrations), wanted)
    if question.login:
        wanted = and_(func.lower(Identity.login) == question.login.lower(), here)
    users = select(Identity.user_id).where(wanted, Identity.user_id.is_not(None))
    query = (
        select(Identity)
        .where(or_(wanted, and_(Identity.user_id.in_(users), here)))
        .options(joinedload(Identity.user), joinedload(Identity.integration))
        .order_by(Identity.login, Identity.id)
    )
    by_person: dict[tuple[str, int], list[Identity]] = defaultdict(list)
    for row in session.scalars(query):
        by_person["account" if row.user_id is None else "user", row.user_id or row.id].append(row)
    return [_person(rows, integrations) for rows in by_person.values()]


def _is_known(organization: Organization) -> ColumnElement[bool]:
    """SQL: an account that is in a team of the organization, in one by hand, or on one of its repositories."""
    in_team = select(Membership.identity_id).join(Team).where(Team.organization_id == organization.id)
    by_hand = select(Membership.user_id).join(Team).where(Team.organization_id == organization.id)
    granted = select(Grant.identity_id).join(Synchronization, Synchronization.id == Grant.synchronization_id)
    return or_(
        Identity.id.in_(in_team.where(Membership.identity_id.is_not(None))),
        Identity.user_id.in_(by_hand.where(Membership.user_id.is_not(None))),
        Identity.id.in_(
            granted.where(Synchronization.organization_id == organization.id, Grant.identity_id.is_not(None))
        ),
    )


def _person(rows: list[Identity], integrations: set[int]) -> Person:
    user: User | None = rows[0].user
    return Person(
        user_id=rows[0].user_id,
        name=user.display_name if user else rows[0].display_name or rows[0].login,
        accounts=tuple(_account(row, integrations) for row in rows),
        is_disabled=user is not None and user.disabled_at is not None,
    )


def _account(row: Identity, integrations: set[int]) -> Account:
    host: Integration = row.integration
    return Account(
        identity_id=row.id,
        integration_id=row.integration_id,
        login=row.login,
        host=host.name,
        url=row.web_url,
        is_blocked=row.state is not IdentityState.ACTIVE,
        is_external=row.is_external,
        is_host_gone=host.deleted_at is not None,
        is_listed=row.integration_id in integrations,
    )


def _memberships(session: Session, question: Question, people: list[Person]) -> list[MembershipFact]:
    """Of the people of the question, those that are over too."""
    columns = (Membership.id, Membership.team_id, Membership.identity_id, Membership.user_id)
    more = (Membership.synchronization_id, Membership.source, Membership.expires_on, Membership.created_at)
    whose: ColumnElement[bool] = true()
    if question.login:
        users = [person.user_id for person in people if person.user_id is not None]
        whose = or_(Membership.identity_id.in_(_account_ids(people)), Membership.user_id.in_(users))
    query = select(*columns, *more).join(Team).where(Team.organization_id == question.organization.id, whose)
    return [MembershipFact(*row) for row in session.execute(query.order_by(Membership.id))]


def _grants(
    session: Session, question: Question, packages: list[PackageFact], people: list[Person], teams: set[int]
) -> list[GrantFact]:
    """Of the package of the question; and every grant that somebody has of their own, for that makes them a member."""
    own: ColumnElement[bool] = Grant.identity_id.is_not(None)
    through: ColumnElement[bool] = true()
    if question.login:
        own = Grant.identity_id.in_(_account_ids(people))
        through = or_(Grant.team_id.in_(teams), and_(Grant.team_id.is_(None), Grant.identity_id.is_(None)))
    if question.package:
        ids = [package.repository.repository_id for package in packages if package.repository is not None]
        through = and_(through, Grant.repository_id.in_(ids)) if ids else false()
    columns = (Grant.id, Grant.repository_id, Grant.synchronization_id, Grant.source, Grant.team_id)
    query = select(*columns, Grant.identity_id, Grant.role_name, Grant.expires_on, Grant.created_at)
    query = query.join(Synchronization, Synchronization.id == Grant.synchronization_id)
    query = query.where(Synchronization.organization_id == question.organization.id, or_(own, through))
    return [GrantFact(*row) for row in session.execute(query.order_by(Grant.id))]


def _account_ids(people: list[Person]) -> list[int]:
    return [account.identity_id for person in people for account in person.accounts]


def _by(facts: Iterable[Fact], key: Callable[[Fact], int | None]) -> dict[int, tuple[Fact, ...]]:
    found: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        subject = key(fact)
        if subject is not None:
            found[subject].append(fact)
    return {subject: tuple(rows) for subject, rows in found.items()}
