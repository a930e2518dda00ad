"""Who may read a repository at a stateful GitHub, in how many requests, and what one's own token shows."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from integrations.codehost import CodeHost, RemoteMemberGrant, Visibility
from integrations.errors import Forbidden, NotFound, RateLimited
from tests.fakes.github import FakeGitHub, Kind, Organization, Repo, Team, User
from tests.fakes.github.model import BasePermission
from tests.unit.integrations.github.conftest import OAUTH_SCOPES, open_fake

ALL_SCOPES = ("repo", "admin:org", "admin:org_hook", "user")


@dataclass(frozen=True, slots=True)
class Acme:
    """A company with every way to read code: owner, base permission, teams, roles, and people from outside."""

    home: Organization
    dev: Team
    web: Team
    repos: dict[str, Repo]
    people: dict[str, User]


@pytest.fixture
def acme(fake: FakeGitHub) -> Acme:
    people = {login: fake.add_user(login) for login in ("olga", "mia", "tom", "pia", "kim", "eve")}
    home = fake.add_organization("acme", owner=people["olga"])
    for login in ("mia", "tom", "pia", "kim"):
        fake.add_member(home, people[login])
    repos = {name: fake.add_repo(home, name) for name in ("logging", "queue", "cache")}
    repos["open"] = fake.add_repo(home, "open", visibility="public")
    repos["shared"] = fake.add_repo(home, "shared", visibility="internal")
    dev = fake.add_team(home, "Dev", members=[people["tom"]])
    web = fake.add_team(home, "Web", parent=dev, members=[people["mia"]])
    fake.custom_role(home, "Reviewer", base="triage")
    fake.add_team_repo(dev, repos["logging"], "Reviewer")
    fake.add_team_repo(web, repos["queue"], "push")
    fake.add_collaborator(repos["queue"], people["pia"], "maintain")
    fake.add_collaborator(repos["cache"], people["eve"], "pull")
    return Acme(home, dev, web, repos, people)


def open_owner(fake: FakeGitHub, acme: Acme, scopes: Iterable[str]) -> CodeHost:
    return open_fake(fake, fake.personal_token(acme.people["olga"], scopes))


def found_readers(host: CodeHost, organization_id: str) -> dict[str, set[int]]:
    """Who reads what, by nothing but what the driver yields: as the plan of a synchronization combines it."""
    directory, team_grants = host.directory, host.team_grants
    assert team_grants is not None
    repositories = list(directory.list_repositories(organization_id))
    root = list(directory.list_team_members(organization_id))
    everywhere = {member.account.remote_id for member in root if member.role.reads_code}
    readers = {each.remote_id: set(everywhere) for each in repositories}
    for team in directory.list_teams(organization_id):
        if team.remote_id != organization_id:
            members = {member.account.remote_id for member in directory.list_team_members(team.remote_id)}
            for grant in team_grants.list_team_grants(organization_id, team.remote_id):
                readers[grant.repository_id] |= members if grant.role.reads_code else set()
    members = {member.account.remote_id for member in root}
    people = set(members)
    for found in host.grants.list_repository_grants(organization_id, list(readers)):
        assert isinstance(found, RemoteMemberGrant)
        readers[found.repository_id].add(found.member.account.remote_id)
        people.add(found.member.account.remote_id)
    by_visibility = {Visibility.PRIVATE: set[str](), Visibility.INTERNAL: members, Visibility.PUBLIC: people}
    return {each.name: set(map(int, readers[each.remote_id] | by_visibility[each.visibility])) for each in repositories}


@pytest.mark.parametrize("scopes", [ALL_SCOPES, OAUTH_SCOPES], ids=["base permission told", "base permission hidden"])
@pytest.mark.parametrize("base", ["none", "read", "write", "admin"])
@pytest.mark.parametrize("has_roles", [False, True])
def test_readers_are_exactly_those_of_the_host(
    fake: FakeGitHub, acme: Acme, scopes: tuple[str, ...], base: BasePermission, has_roles: bool
) -> None:
    fake.set_base_permission(acme.home, base)
    if has_roles:
        auditor = fake.organization_role(acme.home, "Auditor")
        fake.assign_role(auditor, acme.people["kim"])
        fake.assign_role(auditor, acme.web)

    found = found_readers(open_owner(fake, acme, scopes), str(acme.home.id))

    assert found == {name: fake.readers(repo) for name, repo in acme.repos.items()}


def test_where_roles_in_the_organization_are_hidden_each_repository_names_everybody(
    fake: FakeGitHub, acme: Acme
) -> None:
    fake.set_base_permission(acme.home, "none")
    fake.assign_role(fake.organization_role(acme.home, "Auditor"), acme.people["kim"])
    fake.misbehave("organization-roles", Kind.STATUS_403)

    found = found_readers(open_owner(fake, acme, ALL_SCOPES), str(acme.home.id))

    assert found == {name: fake.readers(repo) for name, repo in acme.repos.items()}


def test_everybody_reading_by_teams_alone_is_the_same_as_a_base_permission(fake: FakeGitHub, acme: Acme) -> None:
    fake.set_base_permission(acme.home, "none")
    everybody = fake.add_team(acme.home, "All", members=[acme.people[login] for login in ("mia", "tom", "pia", "kim")])
    for name in ("logging", "queue", "cache"):
        fake.add_team_repo(everybody, acme.repos[name])

    found = found_readers(open_owner(fake, acme, OAUTH_SCOPES), str(acme.home.id))

    assert found == {name: fake.readers(repo) for name, repo in acme.repos.items()}


def test_a_hidden_permission_of_many_costs_one_query_for_a_hundred_repositories(fake: FakeGitHub, acme: Acme) -> None:
    host = open_owner(fake, acme, OAUTH_SCOPES)
    ids = [each.remote_id for each in host.directory.list_repositories(str(acme.home.id))]

    list(host.grants.list_repository_grants(str(acme.home.id), ids))

    assert fake.request_counts["POST /api/graphql"] == 2


def test_direct_and_outside_collaborators_have_their_roles(fake: FakeGitHub, acme: Acme) -> None:
    host = open_owner(fake, acme, ALL_SCOPES)
    ids = {name: str(repo.id) for name, repo in acme.repos.items()}

    found = list(host.grants.list_repository_grants(str(acme.home.id), [ids["queue"], ids["cache"]]))

    assert [
        (each.repository_id, each.member.account.login, each.member.role.name)
        for each in found
        if isinstance(each, RemoteMemberGrant)
    ] == [(ids["queue"], "pia", "Maintain"), (ids["cache"], "eve", "Read")]


def test_repositories_of_a_team_come_with_its_role(fake: FakeGitHub, acme: Acme) -> None:
    host = open_owner(fake, acme, ALL_SCOPES)
    assert host.team_grants is not None
    root, dev, web = str(acme.home.id), f"{acme.home.id}/{acme.dev.id}", f"{acme.home.id}/{acme.web.id}"

    own = list(host.team_grants.list_team_grants(root, dev))
    inherited = {grant.repository_id for grant in host.team_grants.list_team_grants(root, web)}

    assert [(grant.repository_id, grant.team.path, grant.role.name) for grant in own] == [
        (str(acme.repos["logging"].id), "acme/dev", "Reviewer")
    ]
    assert own[0].role.reads_code
    assert inherited == {str(acme.repos["logging"].id), str(acme.repos["queue"].id)}


def test_a_repository_that_is_gone_spoils_the_query_that_names_it(fake: FakeGitHub, acme: Acme) -> None:
    host = open_owner(fake, acme, ALL_SCOPES)
    ids = [each.remote_id for each in host.directory.list_repositories(str(acme.home.id))]
    fake.delete_repo(acme.repos["cache"])

    with pytest.raises(NotFound):
        list(host.grants.list_repository_grants(str(acme.home.id), ids))


def test_collaborators_are_hidden_from_those_who_may_not_push(fake: FakeGitHub, acme: Acme) -> None:
    host = open_fake(fake, fake.personal_token(acme.people["kim"]))

    with pytest.raises(Forbidden):
        list(host.grants.list_repository_grants(str(acme.home.id), [str(acme.repos["logging"].id)]))


def test_a_limit_of_queries_is_told_as_one(fake: FakeGitHub, acme: Acme) -> None:
    host = open_owner(fake, acme, ALL_SCOPES)
    fake.misbehave("graphql", Kind.RATE_LIMITED)

    with pytest.raises(RateLimited):
        list(host.grants.list_repository_grants(str(acme.home.id), [str(acme.repos["logging"].id)]))


def test_own_access_is_what_the_own_token_shows(fake: FakeGitHub, acme: Acme) -> None:
    fake.set_base_permission(acme.home, "none")
    names = {str(repo.id): name for name, repo in acme.repos.items()}

    def shown(login: str, *scopes: str) -> set[str]:
        access = open_fake(fake, fake.personal_token(acme.people[login], scopes)).own_access
        assert access is not None
        return {names[key] for key in access.list_readable_repositories(str(acme.home.id))}

    assert shown("olga", "repo") == set(acme.repos)
    assert shown("mia", "repo") == {"logging", "queue", "open", "shared"}
    with pytest.raises(Forbidden) as caught:
        shown("mia", "read:org")
    assert caught.value.missing_scopes == ("repo",)


def test_a_whole_organization_is_read_in_few_requests(fake: FakeGitHub, acme: Acme) -> None:
    host, root = open_owner(fake, acme, ALL_SCOPES), str(acme.home.id)
    host.directory.read_organization(root)

    found_readers(host, root)

    assert dict(fake.request_counts) == {
        "GET /orgs/:org": 1,
        "GET /orgs/:org/repos": 1,
        "GET /orgs/:org/members": 3,
        "GET /orgs/:org/teams": 1,
        "GET /orgs/:org/teams/:team_slug/members": 2,
        "GET /orgs/:org/teams/:team_slug/repos": 2,
        "POST /api/graphql": 1,
    }
