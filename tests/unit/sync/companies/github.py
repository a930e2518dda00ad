"""GitHub: an organization with a base permission, nested teams, collaborators, and three visibilities."""

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from integrations.codehost import (
    TEAM_MEMBER,
    CodeAccess,
    RemoteMember,
    RemoteRepository,
    RemoteRole,
    RemoteTeamGrant,
    Standing,
    Visibility,
)
from sync.snapshot import Snapshot
from tests.unit.sync.companies.drawing import (
    NOBODY,
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

OWNER = RemoteRole("owner", "Owner", 100, reads_code=True, standing=Standing.OWNER)
MEMBER = RemoteRole("member", "Member", 0, reads_code=False)
READING_MEMBER = RemoteRole("member", "Member", 10, reads_code=True)
ROLE_EVERYWHERE = RemoteRole("member:role-7", "All repositories: read", 10, reads_code=True)
ROLES = {
    "read": RemoteRole("read", "Read", 10, reads_code=True),
    "admin": RemoteRole("admin", "Admin", 50, reads_code=True),
    "Auditor": RemoteRole("Auditor", "Auditor", 10, reads_code=True),
    "none": RemoteRole("none", "None", 0, reads_code=False),
}
NO_TEAM, TOP = "", "top"


@dataclass(frozen=True)
class Company:
    """What the organization has, person by person and repository by repository."""

    in_organization: Mapping[str, str]  # person -> "", member or owner
    reads_everywhere: frozenset[str]  # members with a role of the organization's own
    suspended: frozenset[str]
    base: str
    is_base_hidden: bool  # from the credential: it sees effective permissions instead
    parents: Mapping[str, str]  # team -> the team above
    in_teams: frozenset[tuple[str, str]]
    team_roles: Mapping[tuple[str, str], str]  # team, repository
    collaborators: Mapping[tuple[str, str], str]  # repository, person
    visibilities: Mapping[str, str]  # repository; "" when there is none
    disabled: frozenset[str]

    def is_member(self, person: str) -> bool:
        return self.in_organization[person] != ""

    def teams(self) -> dict[str, str | None]:
        """Each team with the one above it, which is always an earlier one."""
        there: dict[str, str | None] = {}
        for key in TEAMS:
            if self.parents[key] != NO_TEAM:
                there[key] = self.parents[key] if self.parents[key] in there else None
        return there

    def repositories(self) -> list[str]:
        return [key for key in REPOSITORIES if self.visibilities[key]]


def companies() -> st.SearchStrategy[Company]:
    """Any organization; its first person always owns it."""
    roles = ("", "", "", "read", "admin", "Auditor")
    return st.builds(
        Company,
        in_organization=mappings(PEOPLE, ("", "member", "member", "owner")).map(lambda drawn: {**drawn, "p0": "owner"}),
        reads_everywhere=subsets(PEOPLE, one_in=8),
        suspended=subsets(PEOPLE, one_in=8),
        base=st.sampled_from(("none", "none", "read", "admin")),
        is_base_hidden=st.booleans(),
        parents=mappings(TEAMS, (NO_TEAM, TOP, *TEAMS[:-1])),
        in_teams=subsets(pairs(TEAMS, PEOPLE), one_in=4),
        team_roles=mappings(pairs(TEAMS, REPOSITORIES), (*roles, "none")),
        collaborators=mappings(pairs(REPOSITORIES, PEOPLE), (*roles[:3], *roles)),
        visibilities=mappings(REPOSITORIES, ("", "private", "private", "private", "internal", "public")),
        disabled=subsets(REPOSITORIES, one_in=10),
    )


def readers(company: Company, confirmed: frozenset[str] = NOBODY) -> Readers:
    """Who may read each repository, asked about each person and repository by itself.

    `confirmed`: accounts whose own token showed that they belong to the enterprise.
    """
    return {
        key: {person for person in PEOPLE if may_read(company, person, key, is_confirmed=person in confirmed)}
        for key in company.repositories()
    }


def may_read(company: Company, person: str, repository: str, *, is_confirmed: bool = False) -> bool:
    if person in company.suspended:
        return False
    if company.in_organization[person] == "owner":
        return True
    if repository in company.disabled:
        return False
    if company.collaborators[repository, person]:
        return True
    visibility = company.visibilities[repository]
    if company.is_member(person):
        if visibility in {"internal", "public"} or company.base != "none":
            return True
        return person in company.reads_everywhere or reads_by_team(company, person, repository)
    return belongs(company, person) and (visibility == "public" or (visibility == "internal" and is_confirmed))


def belongs(company: Company, person: str) -> bool:
    """Whether somebody who is no member was let into a repository."""
    open_repositories = [key for key in company.repositories() if key not in company.disabled]
    return any(company.collaborators[key, person] for key in open_repositories)


def is_shown(company: Company, person: str, repository: str) -> bool:
    """Whether the list of repositories shows it to somebody of the enterprise, as one to read."""
    return company.visibilities[repository] != "private" or may_read(company, person, repository)


def reads_by_team(company: Company, person: str, repository: str) -> bool:
    """A team has what the teams above it were granted."""
    above = company.teams()
    for key in above:
        if (key, person) in company.in_teams:
            at: str | None = key
            while at is not None:
                if company.team_roles[at, repository] not in {"", "none"}:
                    return True
                at = above[at]
    return False


def snapshot(company: Company, hidden: Hidden = NOTHING) -> Snapshot:
    """What the driver makes of it: lists of teams hold the members of those below."""
    above = company.teams()
    members = {key: _team_members(company, key) for key in above} | {ROOT: _root_members(company)}
    grants = {key: _team_grants(company, key) for key in above}
    found = {key: _collaborators(company, key) for key in company.repositories()}
    return Snapshot(
        root=organization("organization"),
        teams=(team(ROOT), *(team(key, parent) for key, parent in above.items())),
        team_members={
            key: part(items, is_hidden=key in hidden.members, status=hidden.status) for key, items in members.items()
        },
        repositories=tuple(_repository(company, key) for key in company.repositories()),
        repository_members={
            key: part(items, is_hidden=key in hidden.repositories, status=hidden.status) for key, items in found.items()
        },
        team_grants={
            key: part(items, is_hidden=key in hidden.team_grants, status=hidden.status) for key, items in grants.items()
        },
        teams_include_subteams=True,
        may_remove=ROOT not in hidden.members,
    )


def _member(company: Company, person: str, role: RemoteRole) -> RemoteMember:
    return member(person, role, is_active=person not in company.suspended)


def _root_members(company: Company) -> list[RemoteMember]:
    plain = READING_MEMBER if company.base != "none" and not company.is_base_hidden else MEMBER

    def role_of(person: str) -> RemoteRole:
        if company.in_organization[person] == "owner":
            return OWNER
        has_own = person in company.reads_everywhere and not plain.reads_code and not company.is_base_hidden
        return ROLE_EVERYWHERE if has_own else plain

    return [_member(company, person, role_of(person)) for person in PEOPLE if company.is_member(person)]


def _team_members(company: Company, key: str) -> list[RemoteMember]:
    above = company.teams()
    below = {key}
    for each in TEAMS:  # a team is always named before those below it
        if each in above and above[each] in below:
            below.add(each)
    people = {person for each, person in company.in_teams if each in below and company.is_member(person)}
    return [_member(company, person, TEAM_MEMBER) for person in sorted(people)]


def _team_grants(company: Company, key: str) -> list[RemoteTeamGrant]:
    return [
        RemoteTeamGrant(repository, team(key), ROLES[company.team_roles[key, repository]])
        for repository in company.repositories()
        if company.team_roles[key, repository]
    ]


def _collaborators(company: Company, repository: str) -> list[RemoteMember]:
    """Direct ones; or everybody with any permission, by whatever way."""
    found = []
    for person in PEOPLE:
        role = company.collaborators[repository, person]
        if not role and company.is_base_hidden and company.is_member(person):
            is_let_in = company.base != "none" or company.in_organization[person] == "owner"
            is_let_in = is_let_in or person in company.reads_everywhere or reads_by_team(company, person, repository)
            role = "read" if is_let_in else ""
        if role:
            found.append(_member(company, person, ROLES[role]))
    return found


def _repository(company: Company, key: str) -> RemoteRepository:
    visibility = Visibility(company.visibilities[key])
    access = CodeAccess.MEMBERS if visibility is Visibility.INTERNAL else CodeAccess.ENABLED
    path = f"https://host.test/acme/{key}"
    return RemoteRepository(
        key,
        key,
        f"acme/{key}",
        path,
        f"{path}.git",
        visibility,
        CodeAccess.DISABLED if key in company.disabled else access,
        team_id=ROOT,
        default_branch="main",
    )
