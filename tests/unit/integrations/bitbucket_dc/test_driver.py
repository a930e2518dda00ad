"""The driver against a stateful Bitbucket: people, projects, groups, repositories, and what it never shortens."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.authorizations import basic
from integrations.bitbucket_dc.driver import open_bitbucket_dc, read_bitbucket_dc_version
from integrations.codehost import AccountState, HookLevel, RemoteEmail, RemoteMember, Standing, Visibility
from integrations.errors import (
    Forbidden,
    IncompleteListing,
    NotFound,
    RateLimited,
    Unauthorized,
    UnexpectedResponse,
)
from integrations.oauth1 import Consumer, Signer, new_private_key, public_key_of
from integrations.platform_parts import HostAccess
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Kind, Level
from tests.unit.integrations.bitbucket_dc.conftest import Company, access_to, installer_of, make_company, open_fake
from tests.unit.integrations.clients import loopback_policy
from tests.unit.integrations.scripted_server import answer, scripted_server


def roles(members: Iterator[RemoteMember]) -> dict[str, str]:
    """Login to role of those who may use the host."""
    return {each.account.login: each.role.key for each in members if each.account.state is AccountState.ACTIVE}


def test_the_viewer_is_named_by_a_header(company: Company) -> None:
    viewer = company.host.directory.viewer()

    assert (viewer.account.remote_id, viewer.account.login) == (str(company.owner.id), "olga")
    assert viewer.account.emails == (RemoteEmail("olga@example.com", is_verified=False, is_primary=True),)
    assert (viewer.scopes, viewer.is_administrator) == (None, False)
    assert company.host.request_count.total == 3


@pytest.mark.parametrize("name", ["jane@example", "Jane Doe", "CORP\\jane", "jäne", "50%jane", "jane%40example"])
def test_a_viewer_whose_name_is_no_slug_is_found(fake: FakeBitbucketDataCenter, name: str) -> None:
    fake.add_user("another", f"{name} the second")
    person = fake.add_user(name)

    viewer = open_fake(fake, fake.personal_token(person)).directory.viewer()

    assert (viewer.account.remote_id, viewer.account.login) == (str(person.id), name)


@pytest.mark.parametrize("name", ["jane@example", "jane%40example"])
def test_nobody_is_taken_for_whose_name_looks_like_theirs_in_a_header(fake: FakeBitbucketDataCenter, name: str) -> None:
    people = {each: fake.add_user(each) for each in ("jane@example", "jane%40example")}
    directory = open_fake(fake, fake.personal_token(people[name])).directory

    try:
        found = directory.viewer().account.remote_id
    except UnexpectedResponse:
        return
    assert found == str(people[name].id)


def test_an_account_whose_slug_is_anothers_name_is_not_taken_for_them(fake: FakeBitbucketDataCenter) -> None:
    fake.add_user("jane_doe", slug="jane@doe")
    person = fake.add_user("jane@doe", slug="jane_doe_2")

    assert open_fake(fake, fake.personal_token(person)).directory.viewer().account.remote_id == str(person.id)


def test_a_viewer_without_an_address_has_none(fake: FakeBitbucketDataCenter) -> None:
    person = fake.add_user("ann", email=None)

    assert open_fake(fake, fake.personal_token(person)).directory.viewer().account.emails == ()


@pytest.mark.parametrize("permission", ["ADMIN", "SYS_ADMIN"])
def test_an_administrator_is_told_however_the_right_was_given(fake: FakeBitbucketDataCenter, permission: str) -> None:
    person = fake.add_user("root")
    fake.grant_global(fake.add_group("Administrators", person), permission)

    assert open_fake(fake, fake.personal_token(person)).directory.viewer().is_administrator


def test_a_token_of_a_project_is_a_bot_that_owns_it(fake: FakeBitbucketDataCenter, company: Company) -> None:
    host = open_fake(fake, fake.project_token(company.project))

    viewer = host.directory.viewer()
    members = {each.account: each.role for each in host.directory.list_team_members(company.project_id)}

    assert viewer.account.is_bot
    assert members[viewer.account].standing is Standing.OWNER


def test_a_name_that_nobody_has_is_not_guessed_at() -> None:
    missing = {"errors": [{"message": "No", "exceptionName": "com.atlassian.bitbucket.user.NoSuchUserException"}]}
    others = {"values": [{"id": 12, "name": "ann-other"}], "isLastPage": True}
    who = ["X-AUSERNAME: ann"]
    pages = (
        answer(headers=who),
        answer(json.dumps(missing), status="404 Not Found", headers=who),
        answer(json.dumps(others), headers=who),
    )
    with scripted_server(*pages) as server:
        host = open_bitbucket_dc(HostAccess(server.url, "token", loopback_policy(server.port)))

        with pytest.raises(NotFound, match="'ann'"):
            host.directory.viewer()


def test_a_revoked_token_is_unauthorized_and_not_repeated(fake: FakeBitbucketDataCenter, company: Company) -> None:
    token = fake.personal_token(company.owner)
    fake.revoke_token(token)

    with pytest.raises(Unauthorized) as caught:
        open_fake(fake, token).directory.viewer()

    assert token not in str(caught.value)
    assert len(fake.requests) == 1


def test_somebody_without_a_licence_is_unauthorized(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.set_licensed(company.owner, False)

    with pytest.raises(Unauthorized, match="licensed"):
        company.host.directory.viewer()


def test_a_server_that_goes_on_without_the_token_is_not_believed() -> None:
    with FakeBitbucketDataCenter(anonymous_fallback=True) as fake:
        company = make_company(fake)
        fake.update_repository(company.repository, public=True)
        fake.project("ACME").public = True
        host = open_fake(fake, "no token of theirs")

        for read in (
            host.directory.viewer,
            lambda: list(host.directory.list_repositories(company.project_id)),
            lambda: host.source.read_repository(company.repository_id),
        ):
            with pytest.raises(Unauthorized):
                read()


def test_a_password_works_as_well(fake: FakeBitbucketDataCenter, company: Company) -> None:
    authorization = basic("olga", company.owner.password)
    host = open_fake(fake, company.owner.password, authorization=authorization, username="olga")

    assert host.directory.viewer().account.login == "olga"
    assert host.source.git_credential().username == "olga"


def test_an_old_server_is_read_with_signed_requests() -> None:
    key = new_private_key()
    with FakeBitbucketDataCenter(version="7.17.0") as fake:
        company = make_company(fake)
        fake.grant(company.project, fake.add_group("Gäste & Partner", fake.add_user("ann b")), "PROJECT_READ")
        fake.consumer(key="repertory", public_key=public_key_of(key))
        token, _ = fake.oauth1_token(company.owner, "repertory")
        signer = Signer(Consumer("repertory", key), token=token, clock=lambda: fake.clock.now().timestamp())
        host = open_fake(fake, token, authorization=signer)

        assert host.directory.viewer().account.login == "olga"
        assert set(roles(host.directory.list_team_members(company.project_id))) == {"olga", "ann b"}
        assert (
            installer_of(host)
            .ensure_hook(
                HookLevel.REPOSITORY, company.repository_id, url="https://repertory.example.test/hooks/7", secret="one"
            )
            .is_enabled
        )


def test_administered_projects_are_those_of_project_administrators(
    fake: FakeBitbucketDataCenter, company: Company
) -> None:
    fake.grant(fake.add_project("READ"), company.owner, "PROJECT_READ")
    fake.add_project("OPEN", public=True)
    fake.add_personal_project(company.owner)

    organizations = list(company.host.directory.list_administered_organizations(nested=True))

    assert [(each.remote_id, each.path) for each in organizations] == [(company.project_id, "ACME")]


def test_a_renamed_project_is_found_by_its_number(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.rename_project(company.project, key="NEW", name="New Acme")

    organization = company.host.directory.read_organization(company.project_id)

    assert (organization.path, organization.name) == ("NEW", "New Acme")
    assert [each.path for each in company.host.directory.list_repositories(company.project_id)] == ["NEW/logging"]


def test_another_project_under_the_old_key_is_not_taken_for_it(fake: FakeBitbucketDataCenter, company: Company) -> None:
    assert company.host.directory.read_organization(company.project_id).path == "ACME"
    fake.rename_project(company.project, key="NEW")
    fake.add_repository(fake.add_project("ACME", public=True), "Other")

    with pytest.raises(NotFound):
        company.host.directory.read_organization(company.project_id)
    with pytest.raises(IncompleteListing):
        list(company.host.directory.list_repositories(company.project_id))


def test_groups_with_a_permission_are_teams_beside_the_project(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.grant(company.project, fake.add_group("Gäste & Partner"), "PROJECT_READ")
    fake.grant(company.repository, fake.add_group("only-there"), "REPO_READ")

    teams = list(company.host.directory.list_teams(company.project_id))

    assert [(each.remote_id, each.name) for each in teams] == [
        (company.project_id, "Acme"),
        ("group:gäste & partner", "Gäste & Partner"),
    ]


def test_members_of_a_project_have_their_best_right_from_wherever(
    fake: FakeBitbucketDataCenter, company: Company
) -> None:
    ann, bob, cam, root, _eve = (fake.add_user(name) for name in ("ann", "bob", "cam", "root", "eve"))
    fake.grant(company.project, fake.add_group("Readers", ann, bob, root), "PROJECT_READ")
    fake.grant(company.project, fake.add_group("Owners", bob), "PROJECT_ADMIN")
    fake.grant(company.project, ann, "PROJECT_WRITE")
    fake.grant(company.project, cam, "REPO_CREATE")
    fake.grant_global(root, "ADMIN")
    fake.grant(company.repository, fake.user("eve"), "REPO_ADMIN")

    members = list(company.host.directory.list_team_members(company.project_id))

    assert roles(iter(members)) == {
        "olga": "PROJECT_ADMIN",
        "ann": "PROJECT_WRITE",
        "bob": "PROJECT_ADMIN",
        "cam": "REPO_CREATE",
        "root": "ADMIN",
    }
    assert {each.account.login for each in members if each.role.standing is Standing.OWNER} == {"olga", "bob"}


def test_whoever_is_switched_off_or_without_licence_is_blocked(fake: FakeBitbucketDataCenter, company: Company) -> None:
    off, unlicensed = fake.add_user("off", active=False), fake.add_user("unlicensed", licensed=False)
    group = fake.add_group("Backend", off, unlicensed, fake.add_user("ann"))
    fake.grant(company.project, group, "PROJECT_READ")

    for team in (company.project_id, "group:backend"):
        members = {each.account.login: each.account.state for each in company.host.directory.list_team_members(team)}
        assert (members["off"], members["unlicensed"]) == (AccountState.BLOCKED, AccountState.BLOCKED)
        assert members["ann"] is AccountState.ACTIVE


def test_licences_are_taken_for_granted_where_the_list_is_not_what_was_asked_for(
    fake: FakeBitbucketDataCenter, company: Company
) -> None:
    fake.grant(company.project, fake.add_user("ann"), "PROJECT_READ")
    fake.misbehave("permission=LICENSED_USER", Kind.EMPTY_WITH_WRONG_TOTAL)

    assert set(roles(company.host.directory.list_team_members(company.project_id))) == {"olga", "ann"}


def test_what_a_credential_may_not_know_of_people_is_left_out(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.grant_global(fake.add_user("root"), "ADMIN")
    fake.grant(company.project, fake.add_user("unlicensed", licensed=False), "PROJECT_READ")
    fake.misbehave(r"/users\?.*permission=", Kind.STATUS_403)

    assert set(roles(company.host.directory.list_team_members(company.project_id))) == {"olga", "unlicensed"}
    assert not company.host.directory.viewer().is_administrator


def test_permissions_that_do_not_let_anybody_read_make_no_members() -> None:
    ann = {"id": 11, "name": "ann"}
    lists: list[list[dict[str, Any]]] = [
        [{"id": 501, "key": "ACME", "name": "Acme"}],
        [{"user": ann, "permission": "PROJECT_VIEW"}],
        [{"group": {"name": "Others"}, "permission": "PROJECT_VIEW"}],
        [],
    ]
    bodies = [*({"values": rows, "isLastPage": True} for rows in lists), {}, ann]
    with scripted_server(*(answer(json.dumps(body), headers=["X-AUSERNAME: ann"]) for body in bodies)) as server:
        host = open_bitbucket_dc(HostAccess(server.url, "token", loopback_policy(server.port)))

        assert list(host.directory.list_team_members("501")) == []


def test_a_group_that_is_gone_has_no_members(fake: FakeBitbucketDataCenter, company: Company) -> None:
    group = fake.add_group("Backend", fake.add_user("ann"))
    fake.grant(company.project, group, "PROJECT_READ")
    fake.delete_group(group)

    assert list(company.host.directory.list_team_members("group:backend")) == []
    assert set(roles(company.host.directory.list_team_members(company.project_id))) == {"olga"}


def test_members_are_listed_in_old_versions_without_trying_for_more_each_time() -> None:
    with FakeBitbucketDataCenter(version="7.21.0") as fake:
        company = make_company(fake)
        fake.add_group("Back End", fake.add_user("ann"))
        fake.add_group("Front End", fake.add_user("bob"))

        assert set(roles(company.host.directory.list_team_members("group:back end"))) == {"ann"}
        assert set(roles(company.host.directory.list_team_members("group:front end"))) == {"bob"}
        assert [each.status for each in fake.requests if each.path.endswith("/more-members")] == [401]


def test_members_that_can_not_be_read_are_not_none(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.grant(company.project, fake.add_group("Backend", fake.add_user("ann")), "PROJECT_READ")
    fake.misbehave("/more-members", Kind.STATUS_404)

    for team in ("group:backend", company.project_id):
        with pytest.raises(NotFound):
            list(company.host.directory.list_team_members(team))


@pytest.mark.parametrize("level", list(Level))
def test_the_default_permission_is_on_each_repository(
    fake: FakeBitbucketDataCenter, company: Company, level: Level
) -> None:
    wanted = {Level.READ: "PROJECT_READ", Level.WRITE: "PROJECT_WRITE", Level.ADMIN: "PROJECT_ADMIN"}
    fake.set_default(company.project, level)

    (repository,) = company.host.directory.list_repositories(company.project_id)

    assert (repository.base_role.key if repository.base_role else None) == wanted.get(level)


def test_repositories_are_listed_in_every_state(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.add_repository(company.project, "old", archived=True)
    fake.add_repository(company.project, "open", public=True)
    fake.add_repository(company.project, "new", state="INITIALISING")

    found = {each.name: each for each in company.host.directory.list_repositories(company.project_id)}

    assert set(found) == {"Logging", "old", "open", "new"}
    assert [name for name, each in found.items() if each.is_archived] == ["old"]
    assert [name for name, each in found.items() if each.visibility is Visibility.PUBLIC] == ["open"]
    assert [name for name, each in found.items() if each.default_branch is None] == ["new"]
    assert {each.team_id for each in found.values()} == {company.project_id}


def test_clone_addresses_hold_no_name(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.core.names_users_in_clone_urls = True

    (repository,) = company.host.directory.list_repositories(company.project_id)

    assert repository.clone_url == f"{fake.base_url}/scm/acme/logging.git"


def test_a_credential_that_may_only_read_says_so_about_people_and_lists_the_rest(
    fake: FakeBitbucketDataCenter, company: Company
) -> None:
    fake.grant(company.project, fake.add_group("Backend", fake.add_user("ann")), "PROJECT_READ")
    host = open_fake(fake, fake.personal_token(company.owner, ["REPO_READ", "PROJECT_READ"]))

    assert [each.remote_id for each in host.directory.list_teams(company.project_id)] == [company.project_id]
    assert [each.base_role for each in host.directory.list_repositories(company.project_id)] == [None]
    with pytest.raises(Forbidden):
        list(host.directory.list_team_members(company.project_id))
    with pytest.raises(Forbidden):
        list(host.grants.list_repository_grants(company.project_id, [company.repository_id]))


def test_a_default_permission_that_alone_is_refused_is_not_taken_for_none(
    fake: FakeBitbucketDataCenter, company: Company
) -> None:
    fake.misbehave("/permissions/PROJECT_WRITE/all", Kind.STATUS_403)

    with pytest.raises(Forbidden):
        list(company.host.directory.list_repositories(company.project_id))


def test_what_is_gone_is_not_empty(company: Company) -> None:
    directory = company.host.directory

    with pytest.raises(NotFound):
        directory.read_organization("999999")
    for read in (directory.list_teams, directory.list_team_members, directory.list_repositories):
        with pytest.raises(NotFound):
            list(read("999999"))


def test_the_version_is_read(fake: FakeBitbucketDataCenter, company: Company) -> None:
    assert read_bitbucket_dc_version(access_to(fake, fake.personal_token(company.owner))).version == "9.4.3"
    with pytest.raises(Unauthorized):
        read_bitbucket_dc_version(access_to(fake, "no token of theirs"))


def test_a_limited_rate_ends_the_reading(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.limit_rate(2, fill_rate=0.1)

    with pytest.raises(RateLimited) as caught:
        company.host.directory.viewer()

    assert caught.value.retry_at is not None
