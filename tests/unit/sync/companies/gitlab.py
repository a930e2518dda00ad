"""GitLab: subgroups that inherit downwards, members of projects, roles, expiry, and code that is for some only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from hypothesis import strategies as st

from integrations.codehost import CodeAccess, RemoteMember, RemoteRepository, RemoteRole, Standing, Visibility
from sync.snapshot import Snapshot
from tests.unit.sync.companies.drawing import (
    NOTHING,
    PEOPLE,
    REPOSITORIES,
    ROOT,
    TEAMS,
    Hidden,
    Readers,
    mappings,
    member,
    organization,
    pairs,
    part,
    subsets,
    team,
)
from tests.unit.sync.remote import TODAY

GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 20, 30, 40, 50
NAMES = {GUEST: "Guest", REPORTER: "Reporter", DEVELOPER: "Developer", MAINTAINER: "Maintainer", OWNER: "Owner"}


class Membership(NamedTuple):
    """Of one person in one group or project. `days`: until it expires."""

    level: int = 0
    days: int | None = None
    is_awaiting: bool = False
    reads_code: bool = False  # a custom role

    def is_in_force(self) -> bool:
        return self.level > 0 and not self.is_awaiting and (self.days is None or self.days > 0)


NONE = Membership()
MEMBERSHIPS = (
    *(NONE,) * 12,
    *(Membership(level) for level in NAMES),
    Membership(DEVELOPER, days=0),
    Membership(MAINTAINER, days=3),
    Membership(DEVELOPER, is_awaiting=True),
    Membership(GUEST, reads_code=True),
)


@dataclass(frozen=True)
class Company:
    """What is below the root group. Blocked people and bots stay members."""

    parents: Mapping[str, str]  # group; "" when there is none
    memberships: Mapping[tuple[str, str], Membership]  # group or project, person
    homes: Mapping[str, str]  # project -> its group; "" when there is none
    visibilities: Mapping[str, str]
    code: Mapping[str, str]
    blocked: frozenset[str]
    bots: frozenset[str]
    externals: frozenset[str]

    def groups(self) -> dict[str, str]:
        """Each subgroup with the one above it, which is always an earlier one."""
        there: dict[str, str] = {}
        for key in TEAMS:
            if self.parents[key]:
                there[key] = self.parents[key] if self.parents[key] in there else ROOT
        return there

    def projects(self) -> dict[str, str]:
        known = self.groups()
        return {key: home if home in known else ROOT for key, home in self.homes.items() if home}

    def chain(self, group: str) -> list[str]:
        """A group and all above it."""
        above = self.groups()
        found = [group]
        while found[-1] in above:
            found.append(above[found[-1]])
        return found


def companies() -> st.SearchStrategy[Company]:
    """Any group; its first person always owns it."""
    first = (ROOT, PEOPLE[0])
    places = (ROOT, *TEAMS, *REPOSITORIES)
    memberships = mappings(pairs(places, PEOPLE), MEMBERSHIPS)
    return st.builds(
        Company,
        parents=mappings(TEAMS, ("", ROOT, *TEAMS[:-1])),
        memberships=memberships.map(lambda drawn: {**drawn, first: Membership(OWNER)}),
        homes=mappings(REPOSITORIES, ("", ROOT, *TEAMS)),
        visibilities=mappings(REPOSITORIES, ("private", "private", "internal", "public")),
        code=mappings(REPOSITORIES, ("enabled", "enabled", "enabled", "members", "disabled")),
        blocked=subsets(PEOPLE, one_in=8),
        bots=subsets(PEOPLE, one_in=12),
        externals=subsets(PEOPLE, one_in=5),
    )


def readers(company: Company) -> Readers:
    """Who may read each project's package: whom GitLab lets, of its people, and whoever leads here by the root."""
    return {key: {person for person in PEOPLE if may_read(company, person, key)} for key in company.projects()}


def may_read(company: Company, person: str, project: str) -> bool:
    if person in company.blocked | company.bots:
        return False
    if any(each.level >= MAINTAINER for each in in_force(company, person, [ROOT])):
        return True
    if company.code[project] == "disabled":
        return False
    own = in_force(company, person, [project, *company.chain(company.projects()[project])])
    if any(each.level >= REPORTER or each.reads_code for each in own):
        return True
    if company.visibilities[project] == "private" or person in company.externals:
        return False
    if company.code[project] == "members":
        return bool(own)
    return belongs(company, person)


def belongs(company: Company, person: str) -> bool:
    """People of the company are in one of its groups, or were let into code of one of its projects."""
    if in_force(company, person, [ROOT, *company.groups()]):
        return True
    return any(
        company.code[project] != "disabled" and (each.level >= REPORTER or each.reads_code or opens(company, project))
        for project in company.projects()
        for each in in_force(company, person, [project])
    )


def opens(company: Company, project: str) -> bool:
    """Whether a guest reads the code."""
    return company.code[project] == "members" and company.visibilities[project] != "private"


def in_force(company: Company, person: str, places: list[str]) -> list[Membership]:
    found = (company.memberships[place, person] for place in places)
    return [each for each in found if each.is_in_force()]


def snapshot(company: Company, hidden: Hidden = NOTHING) -> Snapshot:
    """What the driver makes of it: lists hold inherited members as well, each person with the highest role."""
    above, projects = company.groups(), company.projects()
    members = {key: list(_members(company, company.chain(key))) for key in (ROOT, *above)}
    found = {key: list(_members(company, [key, *company.chain(home)])) for key, home in projects.items()}
    return Snapshot(
        root=organization("group"),
        teams=(team(ROOT), *(team(key, parent) for key, parent in above.items())),
        team_members={
            key: part(items, is_hidden=key in hidden.members, status=hidden.status) for key, items in members.items()
        },
        repositories=tuple(_repository(company, key, home) for key, home in projects.items()),
        repository_members={
            key: part(items, is_hidden=key in hidden.repositories, status=hidden.status) for key, items in found.items()
        },
        may_remove=ROOT not in hidden.members,
    )


def _members(company: Company, places: list[str]) -> Iterator[RemoteMember]:
    for person in PEOPLE:
        listed = [company.memberships[place, person] for place in places if company.memberships[place, person].level]
        if listed:
            yield _member(company, person, max(listed, key=lambda each: (each.is_in_force(), _reads(each), each.level)))


def _reads(membership: Membership) -> bool:
    return membership.reads_code or membership.level >= REPORTER


def _member(company: Company, person: str, membership: Membership) -> RemoteMember:
    level = membership.level
    standing = Standing.OWNER if level == OWNER else Standing.ADMIN if level == MAINTAINER else Standing.MEMBER
    key = f"{level}:1" if membership.reads_code else str(level)
    role = RemoteRole(key, NAMES[level], level, reads_code=_reads(membership), standing=standing)
    found = member(person, role, is_active=person not in company.blocked, is_bot=person in company.bots)
    expires_on = None if membership.days is None else TODAY + timedelta(days=membership.days)
    return replace(found, expires_on=expires_on, is_awaiting=membership.is_awaiting)


def _repository(company: Company, key: str, home: str) -> RemoteRepository:
    address = f"https://host.test/acme/{key}"
    return RemoteRepository(
        key,
        key,
        f"acme/{key}",
        address,
        f"{address}.git",
        Visibility(company.visibilities[key]),
        CodeAccess(company.code[key]),
        team_id=home,
        default_branch="main",
    )
