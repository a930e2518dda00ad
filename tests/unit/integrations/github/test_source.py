"""Files and single repositories of a stateful GitHub, and the credential for git; Apps as well as people."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from integrations.authorizations import basic
from integrations.codehost import CodeHost
from integrations.errors import Forbidden, NotFound, Unauthorized
from integrations.github.app import find_installation, make_installation_token, sign_app_word
from integrations.github.driver import open_github
from integrations.github.platform import GITHUB, revoke_github_token
from integrations.http import HttpClient
from tests.fakes.github import FakeGitHub, Organization, Repo
from tests.unit.integrations.github.conftest import access_to, open_fake


@pytest.fixture
def home(fake: FakeGitHub) -> Organization:
    return fake.add_organization("acme", owner=fake.add_user("olga"))


@pytest.fixture
def repo(fake: FakeGitHub, home: Organization) -> Repo:
    made = fake.add_repo(home, "logging")
    fake.commit(made, {"composer.json": '{"name": "acme/logging"}', "docs/a b.md": "# Hello"})
    return made


@pytest.fixture
def host(fake: FakeGitHub, home: Organization) -> CodeHost:
    return open_fake(fake, fake.personal_token(fake.user("olga")))


def test_a_file_is_read_at_the_head_or_at_a_ref(fake: FakeGitHub, host: CodeHost, repo: Repo) -> None:
    fake.commit(repo, {"composer.json": "{}"}, branch="next")

    assert host.source.read_file(str(repo.id), "composer.json", ref="HEAD") == b'{"name": "acme/logging"}'
    assert host.source.read_file(str(repo.id), "composer.json", ref="next") == b"{}"
    assert host.source.read_file(str(repo.id), "docs/a b.md", ref="HEAD") == b"# Hello"


def test_what_does_not_exist_there_is_no_file(fake: FakeGitHub, host: CodeHost, home: Organization, repo: Repo) -> None:
    empty = fake.add_repo(home, "empty")

    assert host.source.read_file(str(repo.id), "missing.json", ref="HEAD") is None
    assert host.source.read_file(str(repo.id), "composer.json", ref="missing") is None
    assert host.source.read_file(str(repo.id), "docs", ref="HEAD") is None
    assert host.source.read_file(str(empty.id), "composer.json", ref="HEAD") is None


def test_a_file_of_a_repository_that_is_not_shown_is_not_found(host: CodeHost) -> None:
    with pytest.raises(NotFound):
        host.source.read_file("4711", "composer.json", ref="HEAD")


def test_a_repository_that_is_blocked_is_a_refusal(fake: FakeGitHub, host: CodeHost, repo: Repo) -> None:
    fake.update_repo(repo, is_blocked=True)

    with pytest.raises(Forbidden):
        host.source.read_file(str(repo.id), "composer.json", ref="HEAD")


def test_files_of_many_repositories_cost_one_query(
    fake: FakeGitHub, host: CodeHost, home: Organization, repo: Repo
) -> None:
    binary, empty, folder = (fake.add_repo(home, name) for name in ("binary", "empty", "folder"))
    fake.commit(binary, {"composer.json": b"\0\1"})
    fake.commit(folder, {"composer.json/x": "y"})
    list(host.directory.list_repositories(str(home.id)))

    found = host.source.read_head_files([str(each.id) for each in (repo, binary, empty, folder)], "composer.json")

    assert list(found.values()) == [b'{"name": "acme/logging"}', b"\0\1", None, None]
    assert fake.request_counts["POST /api/graphql"] == 1


def test_a_repository_is_read_by_its_id_whatever_it_is_called_and_wherever_it_went(
    fake: FakeGitHub, host: CodeHost, repo: Repo
) -> None:
    fake.rename_repo(repo, "renamed")
    assert host.source.read_repository(str(repo.id)).path == "acme/renamed"

    other = fake.add_organization("other", owner=fake.user("olga"))
    fake.transfer_repo(repo, other)
    assert host.source.read_repository(str(repo.id)).team_id == str(other.id)


def test_the_token_goes_to_git_as_a_password(fake: FakeGitHub, home: Organization) -> None:
    token = fake.personal_token(fake.user("olga"))

    credential = open_fake(fake, token).source.git_credential()
    named = open_github(replace(access_to(fake.base_url, fake.port, token), username="olga")).source.git_credential()

    assert (credential.username, credential.password) == ("x-access-token", token)
    assert named.username == "olga"
    assert token not in repr(credential)


@pytest.fixture
def app_word(fake: FakeGitHub, home: Organization, repo: Repo) -> Iterator[HttpClient]:
    """A client that speaks for an App that is installed in the organization."""
    permissions = {
        "metadata": "read",
        "contents": "read",
        "members": "read",
        "administration": "read",
        "organization_administration": "read",
    }
    made = fake.add_app(home, permissions=permissions)
    fake.install_app(made.app, home)
    word = sign_app_word(str(made.app.id), made.private_key, fake.clock.now())
    with access_to(fake.base_url, fake.port, word).open_client(GITHUB.api_url(fake.base_url)) as http:
        yield http


def test_an_installed_app_reads_everything_without_being_a_person(
    fake: FakeGitHub, home: Organization, repo: Repo, app_word: HttpClient
) -> None:
    installation = find_installation(app_word, "acme")
    tokens = make_installation_token(app_word, installation.remote_id, fake.clock.now())
    host = open_fake(fake, tokens.access_token)

    assert installation.organization_id == str(home.id)
    assert host.directory.viewer().is_administrator
    assert [team.path for team in host.directory.list_teams(str(home.id))] == ["acme"]
    assert [member.account.login for member in host.directory.list_team_members(str(home.id))] == ["olga"]
    assert [each.path for each in host.directory.list_repositories(str(home.id))] == ["acme/logging"]
    assert list(host.grants.list_repository_grants(str(home.id), [str(repo.id)])) == []
    assert host.source.read_file(str(repo.id), "composer.json", ref="HEAD") is not None
    assert (host.hook_installer, host.own_access) == (None, None)


def test_an_app_that_is_installed_for_some_repositories_may_miss_others(
    fake: FakeGitHub, home: Organization, repo: Repo
) -> None:
    made = fake.add_app(home)
    installation = fake.install_app(made.app, home, [repo])
    word = sign_app_word(str(made.app.id), made.private_key, fake.clock.now())
    with access_to(fake.base_url, fake.port, word).open_client(GITHUB.api_url(fake.base_url)) as http:
        tokens = make_installation_token(http, str(installation.id), fake.clock.now())

    assert not open_fake(fake, tokens.access_token).directory.viewer().is_administrator


def test_a_suspended_installation_is_unauthorized(
    fake: FakeGitHub, home: Organization, repo: Repo, app_word: HttpClient
) -> None:
    found = find_installation(app_word, "acme")
    tokens = make_installation_token(app_word, found.remote_id, fake.clock.now())
    fake.suspend_installation(fake.state.installations[int(found.remote_id)])

    with pytest.raises(Unauthorized):
        open_fake(fake, tokens.access_token).directory.viewer()


def test_a_token_that_was_revoked_opens_nothing(fake: FakeGitHub, home: Organization) -> None:
    client_id, secret = fake.application(redirect_uri="http://localhost/callback", owner=home)
    token = fake.oauth_token(fake.user("olga"), client_id)
    other = fake.oauth_token(fake.user("olga"), client_id, ["repo"])
    access = replace(access_to(fake.base_url, fake.port, ""), authorization=basic(client_id, secret))

    with access.open_client(GITHUB.api_url(fake.base_url)) as http:
        revoke_github_token(http, client_id, token)
        revoke_github_token(http, client_id, token)

    with pytest.raises(Unauthorized):
        open_fake(fake, token).directory.viewer()
    assert open_fake(fake, other).directory.viewer().account.login == "olga"
