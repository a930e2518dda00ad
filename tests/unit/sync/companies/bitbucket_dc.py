"""Bitbucket Data Center: a project with people and groups, a default permission, and grants on single repositories."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from integrations.codehost import (
    TEAM_MEMBER,
    RemoteMember,
    RemoteRepository,
    RemoteRole,
    RemoteTeam,
    RemoteTeamGrant,
    Standing,
    Visibility,
)
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

ADMIN, WRITE, READ = "admin", "write", "read"
PROJECT_ROLES = {
    READ: RemoteRole("PROJECT_READ", "Project read", 20, reads_code=True),
    WRITE: RemoteRole("PROJECT_WRITE", "Project write", 30, reads_code=True),
    ADMIN: RemoteRole("PROJECT_ADMIN", "Project admin", 50, reads_code=True, standing=Standing.OWNER),
}
GLOBAL = RemoteRole("ADMIN", "Bitbucket administrator", 40, reads_code=True)
REPOSITORY_ROLES = {
    READ: RemoteRole("REPO_READ", "Repository read", 21, reads_code=True),
    WRITE: RemoteRole("REPO_WRITE", "Repository write", 31, reads_code=True),
    ADMIN: RemoteRole("REPO_ADMIN", "Repository admin", 51, reads_code=True),
}
BY_LEVEL = ("", READ, WRITE, ADMIN)


@dataclass(frozen=True)
class Company:
    """One project. Groups are the instance's; `holders` below are people and groups alike."""

    groups: frozenset[str]  # those that exist; what was granted to one that is gone stays
    in_groups: frozenset[tuple[str, str]]
    granted: Mapping[str, str]  # holder -> permission on the project
    granted_there: Mapping[tuple[str, str], str]  # repository, holder
    default: str
    is_public: bool
    repositories: frozenset[str]
    public: frozenset[str]
    administrators: frozenset[str]
    inactive: frozenset[str]
    without_licence: frozenset[str]

    def is_usable(self, person: str) -> bool:
        return person not in self.inactive | self.without_licence

    def reach(self, person: str) -> list[str]:
        """The person and the groups around."""
        return [person, *(key for key in TEAMS if key in self.groups and (key, person) in self.in_groups)]


def companies() -> st.SearchStrategy[Company]:
    """Any project; its first person always administers it."""
    holders, few = (*PEOPLE, *TEAMS), ("",) * 6 + BY_LEVEL
    return st.builds(
        Company,
        groups=subsets(TEAMS, one_in=2),
        in_groups=subsets(pairs(TEAMS, PEOPLE)),
        granted=mappings(holders, few).map(lambda drawn: {**drawn, PEOPLE[0]: ADMIN}),
        granted_there=mappings(pairs(REPOSITORIES, holders), few),
        default=st.sampled_from(("", "", "", READ, WRITE)),
        is_public=st.sampled_from((False, False, False, False, True)),
        repositories=subsets(REPOSITORIES, one_in=2),
        public=subsets(REPOSITORIES, one_in=6),
        administrators=subsets(PEOPLE, one_in=8),
        inactive=subsets(PEOPLE, one_in=8),
        without_licence=subsets(PEOPLE, one_in=8),
    )


def readers(company: Company) -> Readers:
    """Who may read each repository, asked about each person and repository by itself."""
    return {
        key: {person for person in PEOPLE if may_read(company, person, key)} for key in sorted(company.repositories)
    }


def may_read(company: Company, person: str, repository: str) -> bool:
    if not company.is_usable(person):
        return False
    reach = company.reach(person)
    if person in company.administrators or any(company.granted[each] for each in reach):
        return True
    if any(company.granted_there[repository, each] for each in reach):
        return True
    is_open = company.is_public or repository in company.public or company.default != ""
    return is_open and any(company.granted_there[key, each] for key in company.repositories for each in reach)


def snapshot(company: Company, hidden: Hidden = NOTHING) -> Snapshot:
    """What the driver makes of it; of groups that only repositories name the run learns when it reads those."""
    repositories = sorted(company.repositories)
    grants = {key: _team_grants(company, key) for key in repositories}
    named = {grant.team.remote_id for key, found in grants.items() if key not in hidden.repositories for grant in found}
    listed = {key for key in TEAMS if company.granted[key]} | named
    members = {key: _members(company, key) for key in sorted(listed)} | {ROOT: _root_members(company)}
    return Snapshot(
        root=organization("project"),
        teams=(team(ROOT), *(_group(key) for key in sorted(listed))),
        team_members={
            key: part(items, is_hidden=key in hidden.members, status=hidden.status) for key, items in members.items()
        },
        repositories=tuple(_repository(company, key) for key in repositories),
        repository_members={
            key: part(_collaborators(company, key), is_hidden=key in hidden.repositories, status=hidden.status)
            for key in repositories
        },
        repository_teams={
            key: part(found, is_hidden=key in hidden.repositories, status=hidden.status)
            for key, found in grants.items()
        },
        may_remove=ROOT not in hidden.members,
    )


def _group(key: str) -> RemoteTeam:
    return team(key)


def _member(company: Company, person: str, role: RemoteRole) -> RemoteMember:
    return member(person, role, is_active=company.is_usable(person))


def _members(company: Company, group: str) -> list[RemoteMember]:
    return [_member(company, person, TEAM_MEMBER) for person in PEOPLE if group in company.reach(person)]


def _root_members(company: Company) -> list[RemoteMember]:
    found = []
    for person in PEOPLE:
        roles = [PROJECT_ROLES[company.granted[each]] for each in company.reach(person) if company.granted[each]]
        roles += [GLOBAL] if person in company.administrators else []
        if roles:
            found.append(_member(company, person, max(roles, key=lambda role: role.level)))
    return found


def _collaborators(company: Company, repository: str) -> list[RemoteMember]:
    granted = ((person, company.granted_there[repository, person]) for person in PEOPLE)
    return [_member(company, person, REPOSITORY_ROLES[permission]) for person, permission in granted if permission]


def _team_grants(company: Company, repository: str) -> list[RemoteTeamGrant]:
    granted = ((key, company.granted_there[repository, key]) for key in TEAMS)
    return [RemoteTeamGrant(repository, _group(key), REPOSITORY_ROLES[name]) for key, name in granted if name]


def _repository(company: Company, key: str) -> RemoteRepository:
    is_public = company.is_public or key in company.public
    address = f"https://host.test/acme/{key}"
    found = RemoteRepository(
        key,
        key,
        f"acme/{key}",
        address,
        f"{address}.git",
        Visibility.PUBLIC if is_public else Visibility.PRIVATE,
        team_id=ROOT,
        default_branch="HEAD",
    )
    return replace(found, base_role=PROJECT_ROLES[company.default]) if company.default else found
