"""An organization made by chance: every kind of row that decides about access, in every state, at two hosts."""

import random
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from models import (
    Grant,
    GrantSource,
    Identity,
    IdentityState,
    Integration,
    Membership,
    MembershipSource,
    Organization,
    Package,
    PackageState,
    Repository,
    SecretBox,
    Synchronization,
    Team,
    TeamKind,
    User,
    utc_now,
)
from tests.functional.rows import add_integration, add_organization, add_synchronization

Item = TypeVar("Item")
SUBJECTS = ("team", "team", "account", "everybody")
STATES = (PackageState.ACTIVE,) * 4 + (PackageState.FAILING, PackageState.PENDING, PackageState.REMOVED)


class Chance:
    """Makes one organization from a seed; `organization` is the result."""

    def __init__(self, session: Session, box: SecretBox, seed: int) -> None:
        self._session, self._dice, self._seed = session, random.Random(seed), seed
        hosts = [add_integration(session, box, slug=f"host-{seed}-{number}") for number in range(3)]
        self.organization = add_organization(session, short_name=f"by-chance-{seed}")
        if self._dice.random() < 0.15:
            hosts[1].deleted_at = utc_now()
        self._synchronizations = [
            add_synchronization(session, self.organization, host, remote_id=f"{seed}-{number}", is_primary=not number)
            for number, host in enumerate(hosts[:2])
        ]
        self._suspend()
        self._accounts = [self._account(hosts, number) for number in range(7)]
        self._teams = [*self.organization.teams, *self._made_teams()]
        self._fill_teams()
        self._repositories = [self._repository(number) for number in range(5)]
        self._grant()
        self._packages()
        session.flush()

    def _suspend(self) -> None:
        for synchronization in self._synchronizations:
            if self._dice.random() < 0.15:
                synchronization.missing_since = synchronization.suspended_at = utc_now()

    def _account(self, hosts: list[Integration], number: int) -> Identity:
        dice = self._dice
        is_second = number % 3 == 2  # of the person before
        user = None
        if is_second:
            user = self._session.query(User).order_by(User.id.desc()).first()
        elif dice.random() < 0.6:
            user = User(display_name=f"Person {number}", disabled_at=utc_now() if dice.random() < 0.15 else None)
        account = Identity(
            integration_id=dice.choice([*hosts[:2], *hosts]).id,
            remote_id=f"{self._seed}-{number}",
            user=user,
            login=f"person-{self._seed}-{number}",
            display_name=f"Person {number}",
            state=dice.choice([IdentityState.ACTIVE] * 5 + [IdentityState.BLOCKED]),
            is_external=dice.choice([None, None, False, True]),
        )
        self._session.add(account)
        self._session.flush()
        return account

    def _made_teams(self) -> list[Team]:
        teams = [Team(organization_id=self.organization.id, kind=TeamKind.LOCAL, name="Local")]
        for number in range(4):
            synchronization = self._dice.choice(self._synchronizations)
            role = self._dice.choice(["10", "30"])
            teams.append(
                Team(
                    organization_id=self.organization.id,
                    kind=TeamKind.SYNCHRONIZED,
                    name=f"Group {number}",
                    synchronization_id=synchronization.id,
                    remote_id=f"group-{number}",
                    remote_parent_id=f"group-{number - 1}" if number else None,
                    remote_path=f"acme/group-{number}",
                    remote_url=f"https://host.test/groups/acme/group-{number}",
                    role_key=role,
                    role_name={"10": "Guest", "30": "Developer"}[role],
                    role_level=int(role),
                )
            )
        self._session.add_all(teams)
        self._session.flush()
        return teams

    def _fill_teams(self) -> None:
        users = {account.user_id for account in self._accounts if account.user_id is not None}
        for team in self._teams:
            is_leading = team.kind in (TeamKind.OWNERS, TeamKind.ADMINS)
            for account in self._some(self._accounts, most=1 if is_leading else 3):
                self._session.add(self._membership(team, identity_id=account.id))
            for user_id in self._some(sorted(users), most=1 if team.synchronization_id is None else 0):
                self._session.add(self._membership(team, user_id=user_id))

    def _membership(self, team: Team, *, identity_id: int | None = None, user_id: int | None = None) -> Membership:
        by_whom = None if user_id else team.synchronization_id or self._synchronizations[0].id
        inherited = (MembershipSource.DIRECT, MembershipSource.INHERITED)
        return Membership(
            team_id=team.id,
            identity_id=identity_id,
            user_id=user_id,
            synchronization_id=by_whom,
            source=self._dice.choice(inherited) if identity_id else MembershipSource.LOCAL,
            expires_on=self._last_day(),
        )

    def _last_day(self) -> object:
        days = self._dice.choice([None, None, None, -1, 0, 1, 30])
        return None if days is None else utc_now().date() + timedelta(days=days)

    def _repository(self, number: int) -> Repository:
        repository = Repository(
            synchronization_id=self._dice.choice(self._synchronizations).id,
            remote_id=f"{number}",
            remote_team_id=f"group-{self._dice.randrange(4)}",
            name=f"library-{number}",
            path=f"acme/library-{number}",
            web_url=f"https://host.test/acme/library-{number}",
            clone_url=f"https://host.test/acme/library-{number}.git",
            visibility=self._dice.choice(["private", "internal", "public"]),
            code_access=self._dice.choice(["enabled", "enabled", "members", "disabled"]),
            default_branch="main",
        )
        self._session.add(repository)
        self._session.flush()
        return repository

    def _grant(self) -> None:
        taken: set[tuple[object, ...]] = set()
        for repository in self._repositories:
            for _ in range(self._dice.randrange(4)):
                grant = self._random_grant(repository)
                key = (repository.id, grant.source, grant.team_id, grant.identity_id)
                if key not in taken:
                    taken.add(key)
                    self._session.add(grant)

    def _random_grant(self, repository: Repository) -> Grant:
        subject = self._dice.choice(SUBJECTS)
        sources = {
            "team": (GrantSource.TEAM, GrantSource.TEAM, GrantSource.VISIBILITY),
            "account": (GrantSource.DIRECT, GrantSource.INHERITED, GrantSource.VISIBILITY),
            "everybody": (GrantSource.VISIBILITY, GrantSource.VISIBILITY, GrantSource.BASE),
        }
        return Grant(
            synchronization_id=repository.synchronization_id,
            repository_id=repository.id,
            source=self._dice.choice(sources[subject]),
            team_id=self._dice.choice(self._teams[2:]).id if subject == "team" else None,
            identity_id=self._dice.choice(self._accounts).id if subject == "account" else None,
            role_name="Reporter",
            expires_on=self._last_day(),
        )

    def _packages(self) -> None:
        for number, repository in enumerate([*self._repositories, None]):
            self._session.add(
                Package(
                    organization_id=self.organization.id,
                    repository_id=repository.id if repository else None,
                    name=f"acme/library-{number}",
                    state=self._dice.choice(STATES),
                )
            )
        holders = self._holders()
        if holders and self._dice.random() < 0.5:  # another repository wants the name as well
            holder = self._dice.choice(holders)
            others = [it for it in self._repositories if it.id != holder.repository_id]
            self._session.add(
                Package(
                    organization_id=self.organization.id,
                    repository_id=self._dice.choice(others).id,
                    name=holder.name,
                    state=PackageState.CONFLICT,
                )
            )

    def _holders(self) -> list[Package]:
        mine = self._session.query(Package).filter_by(organization_id=self.organization.id)
        return mine.filter(Package.state == PackageState.ACTIVE).order_by(Package.id).all()

    def _some(self, items: list[Item], *, most: int) -> list[Item]:
        return self._dice.sample(items, k=min(len(items), self._dice.randint(0, most)))


def organization_by_chance(session: Session, box: SecretBox, seed: int) -> Organization:
    """One of very many possible organizations, always the same for a seed."""
    return Chance(session, box, seed).organization


def synchronizations_of(session: Session, organization: Organization) -> list[Synchronization]:
    """The two of an organization made by chance."""
    return session.query(Synchronization).filter_by(organization_id=organization.id).all()
