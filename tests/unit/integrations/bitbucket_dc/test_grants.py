"""Permissions on single repositories, one's own access, and what a whole reading costs."""

import json
from typing import Any

import pytest

from integrations.bitbucket_dc.driver import open_bitbucket_dc
from integrations.codehost import AccountState, CodeHost, RemoteMemberGrant, RemoteTeamGrant
from integrations.errors import NotFound
from integrations.platform_parts import HostAccess
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Level, Project, Repo
from tests.fakes.bitbucket_dc.companies import large_company
from tests.unit.integrations.bitbucket_dc.conftest import Company, make_company, open_fake, own_access_of
from tests.unit.integrations.clients import loopback_policy
from tests.unit.integrations.scripted_server import answer, scripted_server

WHO = ["X-AUSERNAME: ann"]


def page(*rows: dict[str, Any]) -> bytes:
    """All of a list, on one page."""
    return answer(json.dumps({"values": rows, "size": len(rows), "isLastPage": True}), headers=WHO)


def grants_on(host: CodeHost, project: Project, repository: Repo) -> dict[str, str]:
    """Login or team to role."""
    found = {}
    for grant in host.grants.list_repository_grants(str(project.id), [str(repository.id)]):
        assert grant.repository_id == str(repository.id)
        if isinstance(grant, RemoteTeamGrant):
            found[grant.team.remote_id] = grant.role.key
        if isinstance(grant, RemoteMemberGrant):
            found[grant.member.account.login] = grant.member.role.key
    return found


def fill(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.grant(company.repository, fake.add_user("ann"), "REPO_WRITE")
    fake.grant(company.repository, fake.add_group("Back End", fake.add_user("bob")), "REPO_READ")
    fake.grant(company.project, fake.user("bob"), "PROJECT_WRITE")
    fake.grant_global(fake.user("bob"), "ADMIN")


def test_only_what_was_granted_on_the_repository_counts(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fill(fake, company)

    assert grants_on(company.host, company.project, company.repository) == {
        "ann": "REPO_WRITE",
        "group:back end": "REPO_READ",
    }


def test_one_request_tells_people_and_groups_of_a_repository(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fill(fake, company)
    list(company.host.directory.list_repositories(company.project_id))
    before = company.host.request_count.total

    grants_on(company.host, company.project, company.repository)
    grants_on(company.host, company.project, company.repository)

    assert company.host.request_count.total == before + 3  # and once who has a licence
    assert company.host.grants.repositories_at_once == 1


def test_the_same_is_read_where_there_is_no_search() -> None:
    project = {"id": 501, "key": "ACME"}
    ann = {"user": {"id": 11, "name": "ann"}, "permission": "REPO_WRITE"}
    backend = {"group": {"name": "Back End"}, "permission": "REPO_READ"}
    pages = (
        page({"id": 31, "slug": "one", "project": project}, {"id": 32, "slug": "two", "project": project}),
        answer('{"status-code": 404}', status="404 Not Found", headers=WHO),
        page(ann),
        page(backend),
        page({"id": 11, "name": "ann"}),
        page(),
    )
    with scripted_server(*pages) as server:
        host = open_bitbucket_dc(HostAccess(server.url, "token", loopback_policy(server.port)))

        grants = list(host.grants.list_repository_grants("501", ["31", "32"]))

    assert [type(grant) for grant in grants] == [RemoteMemberGrant, RemoteTeamGrant]
    assert {grant.repository_id for grant in grants} == {"31"}
    below = "GET /rest/api/latest/projects/ACME/repos"
    assert [target.partition("?")[0] for target in server.targets() if "permissions" in target] == [
        f"{below}/one/permissions/search",
        f"{below}/one/permissions/users",
        f"{below}/one/permissions/groups",
        f"{below}/two/permissions/users",
        f"{below}/two/permissions/groups",
    ]


def test_people_who_may_not_use_the_host_are_blocked(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.grant(company.repository, fake.add_user("ann", licensed=False), "REPO_READ")

    (grant,) = company.host.grants.list_repository_grants(company.project_id, [company.repository_id])

    assert isinstance(grant, RemoteMemberGrant)
    assert grant.member.account.state is AccountState.BLOCKED


def test_a_repository_that_is_gone_is_not_one_without_grants(company: Company) -> None:
    with pytest.raises(NotFound):
        list(company.host.grants.list_repository_grants(company.project_id, ["999999"]))


def test_a_renamed_repository_is_found_by_its_number(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fill(fake, company)
    fake.rename_repository(company.repository, "Log Book")
    fake.move_repository(company.repository, fake.add_project("NEW", default=Level.ADMIN))

    assert set(grants_on(company.host, company.project, company.repository)) == {"ann", "group:back end"}


def test_everybody_learns_what_they_may_read_themselves(fake: FakeBitbucketDataCenter, company: Company) -> None:
    ann, nobody = fake.add_user("ann"), fake.add_user("nobody")
    old = fake.add_repository(company.project, "old", archived=True)
    fake.grant(old, fake.add_group("Back End", ann), "REPO_READ")
    elsewhere = fake.add_repository(fake.add_project("ACMES", default=Level.READ), "elsewhere")

    def readable(host: CodeHost) -> set[str]:
        return set(own_access_of(host).list_readable_repositories(company.project_id))

    assert readable(company.host) == {company.repository_id, str(old.id)}
    assert readable(open_fake(fake, fake.personal_token(ann, ["REPO_READ"]))) == {str(old.id)}
    assert readable(open_fake(fake, fake.personal_token(nobody, ["REPO_READ"]))) == set()
    assert str(elsewhere.id) not in readable(company.host)


def test_old_versions_list_everything_and_only_the_project_counts() -> None:
    with FakeBitbucketDataCenter(version="7.21.0") as fake:
        company = make_company(fake)
        fake.add_repository(fake.add_project("OTHER", default=Level.READ), "elsewhere")

        assert list(own_access_of(company.host).list_readable_repositories(company.project_id)) == [
            company.repository_id
        ]


def test_a_large_project_is_read_in_few_requests(fake: FakeBitbucketDataCenter) -> None:
    project = large_company(fake, groups=20, repositories=40, members=60)
    host = open_fake(fake, fake.personal_token(fake.user("owner")))
    directory, key = host.directory, str(project.id)

    directory.viewer()
    directory.read_organization(key)
    teams = {team.remote_id for team in directory.list_teams(key)}
    repositories = [each.remote_id for each in directory.list_repositories(key)]
    for repository in repositories:
        for grant in host.grants.list_repository_grants(key, [repository]):
            if isinstance(grant, RemoteTeamGrant):
                teams.add(grant.team.remote_id)
    for team in teams:
        list(directory.list_team_members(team))

    assert (len(repositories), len(teams)) == (40, 21)
    # Who we are 3, who has a licence 1, projects 1, project 2, its repositories 1, people 1, groups 1, default 3.
    assert host.request_count.total == 13 + len(repositories) + 20
