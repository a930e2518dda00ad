"""Bitbucket Cloud: a workspace whose owners read everything, and grants on projects and repositories."""

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from integrations.codehost import RemoteMember, RemoteRepository, RemoteRole, Standing, Visibility
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

OWNER, MEMBER, CREATOR = "owner", "member", "create-project"
PROJECTS = ("one", "two")
LEVELS = {"read": 10, "write": 20, "admin": 30}
IN_GROUP = RemoteRole("member", "", 0, reads_code=True)


@dataclass(frozen=True)
class Company:
    """One workspace. Whoever is in a group is a member; grants to people also reach those who are none."""

    in_workspace: Mapping[str, str]
    groups: frozenset[str]
    in_groups: frozenset[tuple[str, str]]
    shows_groups: bool  # as long as the old API answers
    granted: Mapping[tuple[str, str], str]  # project or repository; person or group
    projects: Mapping[str, str]  # of each repository; "" when there is none
    public: frozenset[str]
    inactive: frozenset[str]

    def repositories(self) -> list[str]:
        return [key for key in REPOSITORIES if self.projects[key]]

    def role(self, person: str) -> str:
        return self.in_workspace[person] or (MEMBER if self.groups_of(person) else "")

    def groups_of(self, person: str) -> list[str]:
        return [key for key in TEAMS if key in self.groups and (key, person) in self.in_groups]


def companies() -> st.SearchStrategy[Company]:
    """Any workspace; its first person always owns it."""
    roles = mappings(PEOPLE, ("", "", MEMBER, MEMBER, CREATOR, OWNER))
    places, holders = (*PROJECTS, *REPOSITORIES), (*PEOPLE, *TEAMS)
    return st.builds(
        Company,
        in_workspace=roles.map(lambda drawn: {**drawn, PEOPLE[0]: OWNER}),
        groups=subsets(TEAMS, one_in=2),
        in_groups=subsets(pairs(TEAMS, PEOPLE), one_in=4),
        shows_groups=st.booleans(),
        granted=mappings(pairs(places, holders), ("",) * 7 + ("none", *LEVELS)),
        projects=mappings(REPOSITORIES, ("", *PROJECTS, *PROJECTS)),
        public=subsets(REPOSITORIES, one_in=5),
        inactive=subsets(PEOPLE, one_in=8),
    )


def readers(company: Company) -> Readers:
    """Who may read each repository, asked about each person and repository by itself."""
    return {key: {person for person in PEOPLE if may_read(company, person, key)} for key in company.repositories()}


def may_read(company: Company, person: str, repository: str) -> bool:
    if person in company.inactive:
        return False
    if company.role(person) == OWNER or is_let_in(company, person, repository):
        return True
    belongs = company.role(person) or any(is_let_in(company, person, key) for key in company.repositories())
    return bool(belongs) and repository in company.public


def is_let_in(company: Company, person: str, repository: str) -> bool:
    """By a grant to the person or a group, on the repository or its project. "none" takes nothing from the others."""
    return any(
        company.granted[place, holder] in LEVELS
        for place in (repository, company.projects[repository])
        for holder in (person, *company.groups_of(person))
    )


def snapshot(company: Company, hidden: Hidden = NOTHING) -> Snapshot:
    """What the driver makes of it: one list has the effective permissions of everybody in all repositories."""
    groups = [key for key in TEAMS if key in company.groups and company.shows_groups]
    members = {key: [_in_group(company, person, key) for person in PEOPLE] for key in groups}
    lists = {ROOT: _root_members(company)} | {key: [each for each in rows if each] for key, rows in members.items()}
    return Snapshot(
        root=organization("workspace"),
        teams=(team(ROOT), *(team(key) for key in groups)),
        team_members={
            key: part(items, is_hidden=key in hidden.members, status=hidden.status) for key, items in lists.items()
        },
        repositories=tuple(_repository(company, key) for key in company.repositories()),
        repository_members={
            key: part(_effective(company, key), is_hidden=bool(hidden.repositories), status=hidden.status)
            for key in company.repositories()
        },
        may_remove=ROOT not in hidden.members,
    )


def _member(company: Company, person: str, role: RemoteRole) -> RemoteMember:
    return member(person, role, is_active=person not in company.inactive)


def _in_group(company: Company, person: str, group: str) -> RemoteMember | None:
    return _member(company, person, IN_GROUP) if group in company.groups_of(person) else None


def _root_members(company: Company) -> list[RemoteMember]:
    roles = {
        OWNER: RemoteRole(OWNER, "Owner", 30, reads_code=True, standing=Standing.OWNER),
        CREATOR: RemoteRole(CREATOR, "Member who creates projects", 1, reads_code=False),
        MEMBER: RemoteRole(MEMBER, "Member", 0, reads_code=False),
    }
    found = ((person, company.role(person)) for person in PEOPLE)
    return [_member(company, person, roles[role]) for person, role in found if role]


def _effective(company: Company, repository: str) -> list[RemoteMember]:
    rows = []
    for person in PEOPLE:
        held = [
            company.granted[place, holder]
            for place in (repository, company.projects[repository])
            for holder in (person, *company.groups_of(person))
        ]
        best = max((each for each in held if each in LEVELS), key=LEVELS.__getitem__, default="")
        best = "admin" if company.role(person) == OWNER else best
        if best:
            rows.append(_member(company, person, RemoteRole(best, best.title(), LEVELS[best], reads_code=True)))
    return rows


def _repository(company: Company, key: str) -> RemoteRepository:
    address = f"https://host.test/acme/{key}"
    return RemoteRepository(
        key,
        key,
        f"acme/{key}",
        address,
        f"{address}.git",
        Visibility.PUBLIC if key in company.public else Visibility.PRIVATE,
        team_id=ROOT,
        default_branch="main",
    )
