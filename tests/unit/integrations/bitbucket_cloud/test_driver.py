"""The driver against a stateful Bitbucket Cloud: what it reads, in how many requests, and what it never shortens."""

from collections.abc import Callable, Iterator

import pytest

from integrations.bitbucket_cloud.driver import open_bitbucket_cloud, read_bitbucket_cloud_version
from integrations.codehost import AccountState, CodeHost, HostVersion, RemoteEmail, RemoteMemberGrant, Standing
from integrations.errors import (
    CodeHostError,
    Forbidden,
    IncompleteListing,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)
from tests.fakes.bitbucket_cloud import FakeBitbucketCloud, Kind, Repo
from tests.unit.integrations.bitbucket_cloud.conftest import Acme, access_at, access_to, log_in, open_with_api_token
from tests.unit.integrations.scripted_server import answer, scripted_server

REMOVED = ("/2.0/workspaces?", "/2.0/repositories?", "/2.0/user/permissions/")


def people_of(host: CodeHost, team_id: str) -> dict[str, str]:
    """The key of the role by nickname."""
    return {member.account.login: member.role.key for member in host.directory.list_team_members(team_id)}


def readers_of(host: CodeHost, home: str, repo: Repo) -> set[str]:
    """Uuids of the active people with a grant in a repository."""
    found = host.grants.list_repository_grants(home, [repo.uuid])
    return {
        grant.member.account.remote_id
        for grant in found
        if isinstance(grant, RemoteMemberGrant)
        and grant.repository_id == repo.uuid
        and grant.member.account.state is AccountState.ACTIVE
    }


def open_with(fake: FakeBitbucketCloud, token: str) -> CodeHost:
    """The host with a token that goes as bearer."""
    return open_bitbucket_cloud(access_to(fake, token))


def own_access(host: CodeHost, home: str) -> set[str]:
    assert host.own_access is not None
    return set(host.own_access.list_readable_repositories(home))


def test_the_viewer_has_the_confirmed_addresses(acme: Acme) -> None:
    viewer = acme.host.directory.viewer()

    assert (viewer.account.remote_id, viewer.account.login) == (acme.owner.uuid, "olga")
    assert viewer.account.emails == (
        RemoteEmail("olga@example.com", True, is_primary=True),
        RemoteEmail("olga@work.test", True),
    )


def test_without_the_permission_for_addresses_there_are_none(fake: FakeBitbucketCloud, acme: Acme) -> None:
    assert log_in(fake, acme.owner, "account").directory.viewer().account.emails == ()


def test_an_api_token_stands_for_its_account(fake: FakeBitbucketCloud, acme: Acme) -> None:
    host = open_with_api_token(fake, acme.owner, fake.personal_token(acme.owner))

    assert host.directory.viewer().account.remote_id == acme.owner.uuid
    assert people_of(host, acme.home.uuid) == {"olga": "owner", "bob": "member"}


def test_behind_an_access_token_there_is_no_person(fake: FakeBitbucketCloud, acme: Acme) -> None:
    from_workspace = fake.access_token(acme.home, ["account", "repository"])

    viewer = open_with(fake, from_workspace).directory.viewer()

    assert viewer.account.is_bot


def test_an_access_token_is_told_no_groups_but_everything_else_of_its_workspace(
    fake: FakeBitbucketCloud, acme: Acme
) -> None:
    fake.add_group(acme.home, "qa", members=[acme.bob])
    host = open_with(fake, fake.access_token(acme.home, ["account", "repository"]))

    assert [team.remote_id for team in host.directory.list_teams(acme.home.uuid)] == [acme.home.uuid]
    assert people_of(host, acme.home.uuid) == {"olga": "owner", "bob": "member"}
    with pytest.raises(Forbidden):
        list(open_with(fake, fake.access_token(acme.home)).directory.list_teams(acme.home.uuid))


def test_a_credential_that_is_none_any_more_is_unauthorized(fake: FakeBitbucketCloud, acme: Acme) -> None:
    token = fake.access_token(acme.home)
    fake.revoke_token(token)

    with pytest.raises(Unauthorized) as caught:
        open_with(fake, token).directory.viewer()

    assert token not in str(caught.value)


def test_a_missing_permission_of_the_consumer_is_named(fake: FakeBitbucketCloud, acme: Acme) -> None:
    host = log_in(fake, acme.owner, "account", "email")

    with pytest.raises(Forbidden) as caught:
        list(host.directory.list_repositories(acme.home.uuid))

    assert caught.value.missing_scopes == ("repository",)


def test_workspaces_of_administrators_are_offered_with_their_names(fake: FakeBitbucketCloud, acme: Acme) -> None:
    other = fake.add_workspace("other")
    fake.add_member(other, acme.owner)
    fake.add_workspace("foreign", is_private=False)
    personal = fake.add_workspace("olga", is_personal=True)
    fake.add_member(personal, acme.owner, "owner")

    offered = list(acme.host.directory.list_administered_organizations(nested=True))

    assert [(each.path, each.name) for each in offered] == [("acme", "Acme Ltd."), ("olga", "Olga")]
    assert offered[0].remote_id == acme.home.uuid
    assert offered[0].web_url == f"{fake.base_url}/acme"


def test_a_workspace_keeps_its_id_when_it_is_renamed(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.rename_workspace(acme.home, "acme-old")

    assert acme.host.directory.read_organization(acme.home.uuid).path == "acme-old"
    assert [team.path for team in acme.host.directory.list_teams(acme.home.uuid)] == ["acme-old"]


def test_a_workspace_that_is_not_shown_is_not_found(fake: FakeBitbucketCloud, acme: Acme) -> None:
    hidden = fake.add_workspace("hidden")

    with pytest.raises(NotFound):
        acme.host.directory.read_organization(hidden.uuid)


def test_members_have_their_role_in_the_workspace(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.add_member(acme.home, fake.add_user("carl"), "create-project")
    fake.add_member(acme.home, fake.add_user("dora", status="inactive"))

    members = {member.account.login: member for member in acme.host.directory.list_team_members(acme.home.uuid)}

    assert {name: member.role.key for name, member in members.items()} == {
        "olga": "owner",
        "bob": "member",
        "carl": "create-project",
        "dora": "member",
    }
    assert members["olga"].role.standing is Standing.OWNER
    assert members["dora"].account.state is AccountState.BLOCKED
    assert members["bob"].account.state is AccountState.ACTIVE


def test_groups_are_teams_as_long_as_bitbucket_tells_them(fake: FakeBitbucketCloud, acme: Acme) -> None:
    dora = fake.add_user("dora", status="inactive")
    fake.add_group(acme.home, "back-end", members=[acme.bob, dora])
    fake.add_group(acme.home, "empty")

    teams = {team.name: team for team in acme.host.directory.list_teams(acme.home.uuid)}
    members = list(acme.host.directory.list_team_members(teams["Back End"].remote_id))

    assert list(teams) == ["Acme Ltd.", "Back End", "Empty"]
    assert teams["Acme Ltd."].remote_id == acme.home.uuid
    assert teams["Back End"].remote_id == f"{acme.home.uuid}/back-end"
    assert teams["Back End"].parent_id is None
    assert {member.account.login: member.account.state for member in members} == {
        "bob": AccountState.ACTIVE,
        "dora": AccountState.BLOCKED,
    }
    assert people_of(acme.host, teams["Empty"].remote_id) == {}


def test_the_members_of_one_group_can_be_read_alone(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.add_group(acme.home, "qa", members=[acme.bob])

    assert people_of(log_in(fake, acme.owner), f"{acme.home.uuid}/qa") == {"bob": "member"}
    with pytest.raises(NotFound):
        people_of(acme.host, f"{acme.home.uuid}/gone")


def test_groups_that_come_without_members_are_asked_for_them() -> None:
    members = answer('{"values": []}')
    workspace = answer('{"uuid": "{w}", "slug": "acme"}')
    group, in_it = answer('[{"slug": "qa"}]'), answer('[{"uuid": "{b}", "nickname": "bob"}]')
    with scripted_server(members, workspace, group, in_it) as server:
        host = open_bitbucket_cloud(access_at(server.url, "t0ken"))

        assert people_of(host, "{w}/qa") == {"bob": "member"}
        assert server.targets()[-1] == "GET /!api/1.0/groups/acme/qa/members"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_without_the_old_api_there_are_no_groups(fake: FakeBitbucketCloud, acme: Acme, status: int) -> None:
    fake.add_group(acme.home, "qa", members=[acme.bob])
    fake.turn_off_groups(status)

    assert [team.remote_id for team in acme.host.directory.list_teams(acme.home.uuid)] == [acme.home.uuid]


def test_trouble_of_the_old_api_does_not_remove_groups(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.turn_off_groups(500)

    with pytest.raises(Unavailable):
        list(acme.host.directory.list_teams(acme.home.uuid))


def test_whoever_is_no_owner_any_more_removes_no_groups(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.add_group(acme.home, "qa", members=[acme.bob])
    fake.update_member(acme.home, acme.owner, "member")

    with pytest.raises(Forbidden):
        list(acme.host.directory.list_teams(acme.home.uuid))


def test_repositories_are_listed_with_all_that_is_needed(fake: FakeBitbucketCloud, acme: Acme) -> None:
    empty = fake.add_repository(acme.home, "empty", is_private=False)
    elsewhere = fake.add_workspace("elsewhere")
    fake.add_repository(elsewhere, "other")

    found = {each.path: each for each in acme.host.directory.list_repositories(acme.home.uuid)}

    logging = found["acme/logging"]
    assert set(found) == {"acme/logging", "acme/empty"}
    assert (logging.remote_id, logging.name, logging.team_id) == (acme.logging.uuid, "Logging", acme.home.uuid)
    assert logging.clone_url == f"{fake.base_url}/acme/logging.git"
    assert (logging.visibility, logging.default_branch) == ("private", "main")
    assert logging.last_activity_at == acme.logging.updated_on
    assert (found["acme/empty"].remote_id, found["acme/empty"].visibility) == (empty.uuid, "public")
    assert found["acme/empty"].default_branch is None


def test_grants_hold_whatever_way_somebody_reads(fake: FakeBitbucketCloud, acme: Acme) -> None:
    carl, dora, eve = (fake.add_user(name) for name in ("carl", "dora", "eve"))
    project = fake.add_project(acme.home, "CORE")
    deep = fake.add_repository(project, "deep")
    fake.grant(project, fake.add_group(acme.home, "back-end", members=[carl]), "write")
    fake.grant(deep, dora, "read")
    fake.grant(deep, acme.bob, "none")
    fake.set_user_state(eve, "inactive")
    fake.grant(deep, eve, "admin")

    assert readers_of(acme.host, acme.home.uuid, deep) == fake.readers(deep) == {acme.owner.uuid, carl.uuid, dora.uuid}
    assert readers_of(acme.host, acme.home.uuid, acme.logging) == {acme.owner.uuid, acme.bob.uuid}


def test_only_owners_are_told_what_everybody_may_read(fake: FakeBitbucketCloud, acme: Acme) -> None:
    with pytest.raises(Forbidden) as caught:
        list(log_in(fake, acme.bob).grants.list_repository_grants(acme.home.uuid, []))

    assert caught.value.missing_scopes == ()


def test_everybody_is_told_what_was_given_to_them(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.add_repository(acme.home, "open", is_private=False)
    secret = fake.add_repository(acme.home, "secret")
    stranger = fake.add_user("sam")

    assert own_access(log_in(fake, acme.bob), acme.home.uuid) == {acme.logging.uuid}
    assert {acme.logging.uuid, secret.uuid} <= own_access(acme.host, acme.home.uuid)
    with pytest.raises(Forbidden):
        own_access(log_in(fake, stranger), acme.home.uuid)


def test_that_there_is_no_version_is_found_out_at_the_api(fake: FakeBitbucketCloud, acme: Acme) -> None:
    version = read_bitbucket_cloud_version(access_to(fake, fake.access_token(acme.home)))

    assert version == HostVersion("Bitbucket", "Cloud")
    assert fake.requests[-1].path.endswith("/!api/2.0/hook_events")


def test_a_rate_limit_makes_us_wait_for_minutes(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.limit_rate(1, "repositories")
    list(acme.host.directory.list_repositories(acme.home.uuid))

    with pytest.raises(RateLimited):
        list(acme.host.directory.list_repositories(acme.home.uuid))


@pytest.fixture
def large_acme(fake: FakeBitbucketCloud, acme: Acme) -> Acme:
    """Three pages of everything that has pages."""
    for number in range(210):
        fake.add_member(acme.home, fake.add_user(f"person-{number}"))
        fake.add_repository(acme.home, f"library-{number}")
        fake.add_member(fake.add_workspace(f"workspace-{number}"), acme.owner, "owner")
    fake.add_group(acme.home, "all", members=[fake.user(f"person-{number}") for number in range(100)])
    return acme


LISTS: dict[str, Callable[[CodeHost, str], Iterator[object]]] = {
    r"/permissions\?": lambda host, home: host.directory.list_team_members(home),
    r"/2.0/repositories/[^/]+\?": lambda host, home: host.directory.list_repositories(home),
    r"2.0/workspaces/[^/]+/permissions/repositories\?": lambda host, home: host.grants.list_repository_grants(home, []),
    r"/user/workspaces/[^/]+/permissions/repositories\?": lambda host, home: iter(own_access(host, home)),
    r"/user/workspaces\?": lambda host, _home: host.directory.list_administered_organizations(nested=False),
}
TROUBLES: dict[Kind, type[CodeHostError]] = {
    Kind.HTML_200: UnexpectedResponse,
    Kind.STATUS_401: Unauthorized,
    Kind.STATUS_403: Forbidden,
    Kind.STATUS_404: NotFound,
    Kind.STATUS_500: Unavailable,
    Kind.STATUS_502: Unavailable,
    Kind.STATUS_503: Unavailable,
    Kind.TRUNCATED_JSON: UnexpectedResponse,
    Kind.CUT_BODY: Unavailable,
    Kind.FOREIGN_NEXT_LINK: IncompleteListing,
    Kind.DUPLICATE_IDS: IncompleteListing,
    Kind.RATE_LIMITED: RateLimited,
    Kind.CONNECTION_RESET: Unavailable,
    Kind.REDIRECT: UnexpectedResponse,
}


@pytest.mark.parametrize("kind", list(TROUBLES))
def test_no_trouble_on_a_later_page_shortens_a_list(fake: FakeBitbucketCloud, large_acme: Acme, kind: Kind) -> None:
    for pattern, list_all in LISTS.items():
        host = log_in(fake, large_acme.owner)
        fake.behave()
        rule = fake.misbehave(f"{pattern}.*[?&]page=", kind, retry_after=600)

        with pytest.raises(TROUBLES[kind]):
            list(list_all(host, large_acme.home.uuid))

        assert rule.hits > 0, pattern


@pytest.mark.parametrize("kind", [Kind.MISSING_NEXT_LINK, Kind.EMPTY_WITH_WRONG_TOTAL, Kind.WRONG_TOTAL])
def test_where_the_host_counts_its_rows_a_lost_page_is_noticed(
    fake: FakeBitbucketCloud, large_acme: Acme, kind: Kind
) -> None:
    fake.misbehave(r"/2.0/repositories/[^/]+\?.*[?&]page=2", kind)

    with pytest.raises(IncompleteListing):
        list(large_acme.host.directory.list_repositories(large_acme.home.uuid))


def test_a_large_workspace_is_read_in_few_requests_and_without_removed_lists(
    fake: FakeBitbucketCloud, large_acme: Acme
) -> None:
    host, home = log_in(fake, large_acme.owner), large_acme.home.uuid
    before = len(fake.requests)

    host.directory.viewer()
    host.directory.read_organization(home)
    teams = [team.remote_id for team in host.directory.list_teams(home)]
    for team_id in teams:
        list(host.directory.list_team_members(team_id))
    list(host.directory.list_repositories(home))

    # user and addresses, workspace twice, groups, 3 pages of members, 3 of repositories
    assert host.request_count.total == len(fake.requests) - before == 2 + 2 + 1 + 3 + 3
    asked = [f"{record.path}?" for record in fake.requests]
    assert not [path for path in asked if any(removed in path for removed in REMOVED)]


def test_what_was_remembered_is_asked_again_after_nonsense(fake: FakeBitbucketCloud, acme: Acme) -> None:
    assert set(people_of(acme.host, acme.home.uuid)) == {"olga", "bob"}
    fake.remove_member(acme.home, acme.bob)
    assert set(people_of(acme.host, acme.home.uuid)) == {"olga", "bob"}

    acme.host.forget_answers()

    assert set(people_of(acme.host, acme.home.uuid)) == {"olga"}
