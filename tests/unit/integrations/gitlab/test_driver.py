"""The driver against a stateful GitLab: what it reads, in how many requests, and what it never shortens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from integrations.codehost import (
    AccountState,
    CodeAccess,
    CodeHost,
    HostVersion,
    RemoteEmail,
    RemoteGrant,
    RemoteMemberGrant,
)
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
from integrations.gitlab.driver import read_gitlab_version
from integrations.http import Limits
from tests.fakes.gitlab import FakeGitLab, Group, Kind, Level, Project, User
from tests.unit.integrations.gitlab.conftest import access_to, open_fake


@dataclass(frozen=True, slots=True)
class Acme:
    """A group with a subgroup, its owner, and a host opened with the owner's token."""

    top: Group
    backend: Group
    logging: Project
    owner: User
    host: CodeHost


@pytest.fixture
def acme(fake: FakeGitLab) -> Acme:
    owner = fake.add_user("olga", more_emails=[("olga@home.test", False)])
    top = fake.add_group("acme")
    backend = fake.add_group("backend", parent=top)
    fake.add_member(top, owner, Level.OWNER)
    logging = fake.add_project(backend, "logging")
    fake.commit(logging, {"composer.json": '{"name": "acme/logging"}', "lib/a b.php": "<?php"})
    return Acme(top, backend, logging, owner, open_fake(fake, fake.personal_token(owner)))


def test_the_viewer_of_a_personal_token_has_scopes_and_an_expiry(fake: FakeGitLab, acme: Acme) -> None:
    day = fake.clock.today() + timedelta(days=30)
    token = fake.personal_token(acme.owner, ["read_api", "read_user"], expires_on=day)

    viewer = open_fake(fake, token).directory.viewer()

    assert (viewer.account.remote_id, viewer.account.login) == (str(acme.owner.id), "olga")
    assert viewer.account.is_external is False
    assert viewer.account.emails == (
        RemoteEmail("olga@example.com", True, is_primary=True),
        RemoteEmail("olga@home.test", False),
    )
    assert viewer.scopes == frozenset({"read_api", "read_user"})
    assert viewer.expires_at is not None
    assert viewer.expires_at.date() == day


def test_the_viewer_of_an_oauth_grant_has_its_scopes(fake: FakeGitLab, acme: Acme) -> None:
    client_id, _ = fake.application(redirect_uri="http://localhost/callback")
    grant = fake.oauth_token(acme.owner, client_id, ["read_user"])

    viewer = open_fake(fake, str(grant["access_token"])).directory.viewer()

    assert viewer.scopes == frozenset({"read_user"})
    assert viewer.expires_at is None


def test_a_viewer_whose_token_is_not_described_is_one_all_the_same(fake: FakeGitLab, acme: Acme) -> None:
    fake.misbehave("personal_access_tokens/self", Kind.STATUS_403)

    assert acme.host.directory.viewer().scopes is None


def test_a_viewer_is_not_guessed_while_the_host_is_down(fake: FakeGitLab, acme: Acme) -> None:
    fake.misbehave("personal_access_tokens/self", Kind.STATUS_500)

    with pytest.raises(Unavailable):
        acme.host.directory.viewer()


def test_an_administrator_is_told(fake: FakeGitLab) -> None:
    root = fake.add_user("root", is_admin=True)

    assert open_fake(fake, fake.personal_token(root)).directory.viewer().is_administrator


def test_a_revoked_token_is_unauthorized(fake: FakeGitLab, acme: Acme) -> None:
    token = fake.personal_token(acme.owner)
    fake.revoke_token(token)

    with pytest.raises(Unauthorized) as caught:
        open_fake(fake, token).directory.viewer()

    assert token not in str(caught.value)


def test_a_blocked_account_is_unauthorized(fake: FakeGitLab, acme: Acme) -> None:
    fake.block(acme.owner)

    with pytest.raises(Unauthorized):
        acme.host.directory.viewer()


def test_a_token_that_may_not_read_its_owner_lacks_a_scope(fake: FakeGitLab, acme: Acme) -> None:
    with pytest.raises(Forbidden) as caught:
        open_fake(fake, fake.personal_token(acme.owner, ["read_repository"])).directory.viewer()

    assert "read_user" in caught.value.missing_scopes


def test_missing_scopes_are_named(fake: FakeGitLab, acme: Acme) -> None:
    host = open_fake(fake, fake.personal_token(acme.owner, ["read_user"]))

    with pytest.raises(Forbidden) as caught:
        list(host.directory.list_repositories(str(acme.top.id)))

    assert "read_api" in caught.value.missing_scopes


def test_administered_groups_are_those_that_are_owned(fake: FakeGitLab, acme: Acme) -> None:
    other = fake.add_group("other")
    fake.add_member(other, acme.owner, Level.MAINTAINER)
    fake.add_group("strangers", visibility="public")
    leaving = fake.add_group("leaving")
    fake.add_member(leaving, acme.owner, Level.OWNER)
    leaving.marked_for_deletion_on = fake.clock.today()

    top = list(acme.host.directory.list_administered_organizations(nested=False))
    nested = list(acme.host.directory.list_administered_organizations(nested=True))

    assert [group.path for group in top] == ["acme"]
    assert sorted(group.path for group in nested) == ["acme", "acme/backend"]
    assert top[0].web_url == f"{fake.base_url}/groups/acme"


def test_one_group_is_read_by_its_id(acme: Acme) -> None:
    group = acme.host.directory.read_organization(str(acme.backend.id))

    assert (group.path, group.parent_id, group.kind) == ("acme/backend", str(acme.top.id), "group")


def test_teams_are_the_group_and_everything_below(fake: FakeGitLab, acme: Acme) -> None:
    tools = fake.add_group("tools", parent=acme.backend)
    fake.add_group("elsewhere")

    teams = list(acme.host.directory.list_teams(str(acme.top.id)))

    assert [team.path for team in teams] == ["acme", "acme/backend", "acme/backend/tools"]
    assert teams[2].remote_id == str(tools.id)
    assert teams[2].parent_id == str(acme.backend.id)


def test_members_are_direct_inherited_and_invited_with_the_best_role(fake: FakeGitLab, acme: Acme) -> None:
    ann, bob, carla = (fake.add_user(name) for name in ("ann", "bob", "carla"))
    day = fake.clock.today() + timedelta(days=3)
    studio = fake.add_group("studio")
    fake.add_member(studio, carla, Level.OWNER)
    fake.share(acme.backend, studio, Level.REPORTER)
    fake.add_member(acme.backend, ann, Level.DEVELOPER, expires_on=day)
    fake.add_member(acme.backend, bob, Level.GUEST, role=fake.member_role("Reader", read_code=True))
    fake.block(ann)

    members = {member.account.login: member for member in acme.host.directory.list_team_members(str(acme.backend.id))}

    assert sorted(members) == ["ann", "bob", "carla", "olga"]
    assert members["ann"].account.state is AccountState.BLOCKED
    assert members["ann"].expires_on == day
    assert (members["bob"].role.name, members["bob"].role.reads_code) == ("Reader", True)
    assert members["carla"].role.level == Level.REPORTER
    assert members["olga"].role.name == "Owner"


def test_minimal_access_is_no_membership(fake: FakeGitLab, acme: Acme) -> None:
    fake.add_member(acme.top, fake.add_user("min"), Level.MINIMAL)

    logins = [member.account.login for member in acme.host.directory.list_team_members(str(acme.top.id))]

    assert logins == ["olga"]


def _grants_on(host: CodeHost, repository_id: str) -> Iterator[RemoteGrant]:
    return host.grants.list_repository_grants("1", [repository_id])


def test_people_of_one_project_are_listed(fake: FakeGitLab, acme: Acme) -> None:
    fake.add_member(acme.logging, fake.add_user("ann"), Level.REPORTER)

    grants = _grants_on(acme.host, str(acme.logging.id))
    members = [grant.member for grant in grants if isinstance(grant, RemoteMemberGrant)]

    assert {member.account.login: member.role.level for member in members} == {"ann": 20, "olga": 50}


def test_repositories_are_all_below_the_group_archived_ones_too_but_none_that_is_shared_in(
    fake: FakeGitLab, acme: Acme
) -> None:
    fake.add_project(acme.top, "old", archived=True, repository_access_level="private", visibility="internal")
    foreign = fake.add_project(fake.add_group("studio", visibility="public"), "foreign", visibility="public")
    fake.share(foreign, acme.top, Level.DEVELOPER)

    found = {repository.path: repository for repository in acme.host.directory.list_repositories(str(acme.top.id))}

    assert sorted(found) == ["acme/backend/logging", "acme/old"]
    logging, old = found["acme/backend/logging"], found["acme/old"]
    assert (logging.default_branch, logging.team_id) == ("main", str(acme.backend.id))
    assert logging.clone_url == f"{fake.base_url}/acme/backend/logging.git"
    assert old.is_archived
    assert old.default_branch is None
    assert old.code_access is CodeAccess.MEMBERS


def test_files_are_read_at_head_tags_and_branches(fake: FakeGitLab, acme: Acme) -> None:
    fake.tag(acme.logging, "v1.0.0")
    source, key = acme.host.source, str(acme.logging.id)

    assert source.read_file(key, "composer.json", ref="HEAD") == b'{"name": "acme/logging"}'
    assert source.read_file(key, "lib/a b.php", ref="v1.0.0") == b"<?php"
    assert source.read_file(key, "absent.json", ref="HEAD") is None
    assert source.read_file(key, "composer.json", ref="no-such-branch") is None


def test_an_empty_project_has_no_files(fake: FakeGitLab, acme: Acme) -> None:
    empty = fake.add_project(acme.top, "empty")

    assert acme.host.source.read_file(str(empty.id), "composer.json", ref="HEAD") is None
    assert acme.host.source.read_repository(str(empty.id)).default_branch is None


def test_a_project_that_can_not_be_seen_is_not_one_without_files(fake: FakeGitLab, acme: Acme) -> None:
    hidden = fake.add_project(fake.add_group("hidden"), "secret")
    fake.commit(hidden, {"composer.json": "{}"})

    for key in (str(hidden.id), "999999"):
        with pytest.raises(NotFound):
            acme.host.source.read_file(key, "composer.json", ref="HEAD")
        with pytest.raises(NotFound):
            acme.host.source.read_repository(key)


def test_git_gets_the_token_as_password(acme: Acme) -> None:
    credential = acme.host.source.git_credential()

    assert credential.username == "oauth2"
    assert credential.password not in repr(credential)


def test_what_is_gone_is_not_empty(acme: Acme) -> None:
    for read in (
        acme.host.directory.list_teams,
        acme.host.directory.list_team_members,
        acme.host.directory.list_repositories,
        partial(_grants_on, acme.host),
    ):
        with pytest.raises(NotFound):
            list(read("999999"))


@pytest.mark.parametrize(
    ("server", "version"),
    [("18.5.0-ee", HostVersion("GitLab", "18.5.0-ee", "EE")), ("17.0.1", HostVersion("GitLab", "17.0.1", "CE"))],
)
def test_the_version_is_told_to_whoever_has_a_token(server: str, version: HostVersion) -> None:
    with FakeGitLab(version=server) as fake:
        assert read_gitlab_version(access_to(fake, fake.personal_token(fake.add_user("ann")))) == version


def test_a_synchronization_reads_in_pages_of_a_hundred(fake: FakeGitLab, acme: Acme) -> None:
    for number in range(230):
        fake.add_member(acme.backend, fake.add_user(f"person-{number}"), Level.REPORTER)

    members = list(acme.host.directory.list_team_members(str(acme.backend.id)))

    assert len(members) == 231
    assert acme.host.request_count.total == 3


ListAll = Callable[[CodeHost, Acme], Iterator[object]]
LISTS: dict[str, ListAll] = {
    r"/members/all\?": lambda host, acme: host.directory.list_team_members(str(acme.top.id)),
    r"/projects/\d+/members/all\?": lambda host, acme: _grants_on(host, str(acme.logging.id)),
    r"/groups/\d+/projects\?": lambda host, acme: host.directory.list_repositories(str(acme.top.id)),
    r"/descendant_groups\?": lambda host, acme: host.directory.list_teams(str(acme.top.id)),
    r"/groups\?": lambda host, _acme: host.directory.list_administered_organizations(nested=True),
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
    Kind.EMPTY_WITH_WRONG_TOTAL: IncompleteListing,
    Kind.WRONG_TOTAL: IncompleteListing,
    Kind.FOREIGN_NEXT_LINK: IncompleteListing,
    Kind.DUPLICATE_IDS: IncompleteListing,
    Kind.RATE_LIMITED: RateLimited,
    Kind.CONNECTION_RESET: Unavailable,
    Kind.REDIRECT: UnexpectedResponse,
}


@pytest.fixture
def large_acme(fake: FakeGitLab, acme: Acme) -> Acme:
    """Three pages of everything that is listed."""
    for number in range(210):
        fake.add_member(acme.top, fake.add_user(f"person-{number}"), Level.REPORTER)
        fake.add_group(f"team-{number}", parent=acme.top)
        fake.add_project(acme.top, f"library-{number}")
    return acme


@pytest.mark.parametrize("kind", list(TROUBLES))
def test_no_trouble_on_the_second_page_shortens_a_list(fake: FakeGitLab, large_acme: Acme, kind: Kind) -> None:
    for pattern, list_all in LISTS.items():
        fake.behave()
        rule = fake.misbehave(f"{pattern}.*page=2", kind, retry_after=600)

        with pytest.raises(TROUBLES[kind]):
            list(list_all(large_acme.host, large_acme))

        assert rule.hits > 0


@pytest.mark.parametrize("kind", [Kind.SLOW, Kind.DRIP])
def test_a_second_page_that_takes_too_long_does_not_shorten_a_list(
    fake: FakeGitLab, large_acme: Acme, kind: Kind
) -> None:
    limits = Limits(read_seconds=1, call_seconds=1.5)
    host = open_fake(fake, fake.personal_token(large_acme.owner), limits=limits)
    rule = fake.misbehave(r"/members/all\?.*page=2", kind, seconds=5)

    with pytest.raises(Unavailable):
        list(host.directory.list_team_members(str(large_acme.top.id)))

    assert rule.hits > 0


@pytest.mark.parametrize("pattern", list(LISTS))
def test_a_missing_link_to_the_last_page_is_noticed(fake: FakeGitLab, large_acme: Acme, pattern: str) -> None:
    fake.misbehave(f"{pattern}.*page=2", Kind.MISSING_NEXT_LINK)

    with pytest.raises(IncompleteListing):
        list(LISTS[pattern](large_acme.host, large_acme))


@pytest.mark.parametrize("kind", [Kind.STATUS_502, Kind.CONNECTION_RESET, Kind.CUT_BODY])
def test_trouble_that_passes_is_not_noticed(fake: FakeGitLab, large_acme: Acme, kind: Kind) -> None:
    for pattern, list_all in LISTS.items():
        fake.behave()
        whole = len(list(list_all(large_acme.host, large_acme)))
        fake.misbehave(f"{pattern}.*page=2", kind, times=1)

        assert len(list(list_all(large_acme.host, large_acme))) == whole

    assert large_acme.host.request_count.retried == len(LISTS)
