"""Organizations, teams, members and repositories of a stateful GitHub: what is read, and what is never shortened."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from integrations.answer_store import AnswerStore
from integrations.codehost import TEAM_MEMBER, CodeHost, HostVersion, RemoteEmail, Standing, Visibility
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
from integrations.github.driver import read_github_version
from integrations.http import Limits
from tests.fakes.github import FakeGitHub, Kind, Organization, Repo, Team, User
from tests.unit.integrations.github.conftest import access_to, open_fake, open_scripted, reply
from tests.unit.integrations.github.rows import organization, user
from tests.unit.integrations.scripted_server import scripted_server


@dataclass(frozen=True, slots=True)
class Acme:
    """An organization with an owner, a member in a team below another one, and a repository."""

    home: Organization
    dev: Team
    web: Team
    logging: Repo
    olga: User
    mia: User
    token: str
    host: CodeHost


@pytest.fixture
def acme(fake: FakeGitHub) -> Acme:
    olga, mia = fake.add_user("olga", more_emails=[("olga@home.test", False)]), fake.add_user("mia")
    home = fake.add_organization("acme", "Acme Ltd", owner=olga)
    fake.add_member(home, mia)
    dev = fake.add_team(home, "Dev")
    web = fake.add_team(home, "Web", parent=dev, members=[mia])
    logging = fake.add_repo(home, "logging")
    token = fake.personal_token(olga)
    return Acme(home, dev, web, logging, olga, mia, token, open_fake(fake, token))


def test_the_viewer_has_addresses_and_scopes(fake: FakeGitHub, acme: Acme) -> None:
    host = open_fake(fake, fake.personal_token(acme.olga, ["repo", "user"]))

    viewer = host.directory.viewer()

    assert (viewer.account.remote_id, viewer.account.login) == (str(acme.olga.id), "olga")
    assert viewer.account.emails == (
        RemoteEmail("olga@example.com", True, is_primary=True),
        RemoteEmail("olga@home.test", False),
    )
    assert viewer.scopes == frozenset({"repo", "user"})
    assert not viewer.is_administrator


def test_addresses_are_not_asked_for_without_the_scope(fake: FakeGitHub, acme: Acme) -> None:
    viewer = open_fake(fake, fake.personal_token(acme.olga, ["repo"])).directory.viewer()

    assert viewer.account.emails == ()
    assert "GET /user/emails" not in fake.request_counts


def test_a_token_without_scopes_does_not_tell_any(fake: FakeGitHub, acme: Acme) -> None:
    viewer = open_fake(fake, fake.personal_token(acme.olga, is_fine_grained=True)).directory.viewer()

    assert viewer.scopes is None


def test_addresses_that_a_token_may_not_read_are_none(fake: FakeGitHub, acme: Acme) -> None:
    fake.misbehave("/user/emails", Kind.STATUS_404)

    assert acme.host.directory.viewer().account.emails == ()


def test_a_site_administrator_does_not_see_everything(fake: FakeGitHub) -> None:
    root = fake.add_user("root", is_site_admin=True)

    assert not open_fake(fake, fake.personal_token(root)).directory.viewer().is_administrator


def test_a_revoked_token_is_unauthorized(fake: FakeGitHub, acme: Acme) -> None:
    fake.revoke_token(acme.token)

    with pytest.raises(Unauthorized) as caught:
        acme.host.directory.viewer()

    assert acme.token not in str(caught.value)


def test_a_suspended_account_is_unauthorized(fake: FakeGitHub, acme: Acme) -> None:
    fake.suspend(acme.olga)

    with pytest.raises(Unauthorized):
        acme.host.directory.viewer()


def test_every_request_names_the_version_of_the_api() -> None:
    with scripted_server(reply(organization())) as server:
        open_scripted(server).directory.read_organization("501")

    assert server.targets() == ["GET /api/v3/organizations/501"]
    assert server.header("X-GitHub-Api-Version") == "2022-11-28"
    assert server.header("Accept") == "application/vnd.github+json"
    assert server.header("User-Agent")


def test_administered_organizations_are_those_that_are_owned(fake: FakeGitHub, acme: Acme) -> None:
    fake.add_member(fake.add_organization("other"), acme.olga)
    fake.add_member(fake.add_organization("invited"), acme.olga, role="admin", state="pending")

    found = list(acme.host.directory.list_administered_organizations(nested=True))

    assert [(each.remote_id, each.path, each.kind) for each in found] == [(str(acme.home.id), "acme", "organization")]


def test_an_organization_that_single_sign_on_hides_does_not_hide_the_others(fake: FakeGitHub, acme: Acme) -> None:
    fake.enforce_saml(fake.add_organization("hidden", owner=acme.olga))

    assert [each.path for each in acme.host.directory.list_administered_organizations(nested=False)] == ["acme"]


def test_one_organization_is_read_by_its_id_whatever_it_is_called(fake: FakeGitHub, acme: Acme) -> None:
    fake.rename_organization(acme.home, "renamed")

    found = acme.host.directory.read_organization(str(acme.home.id))

    assert (found.path, found.name, found.web_url) == ("renamed", "Acme Ltd", f"{fake.base_url}/orgs/renamed")


def test_teams_are_the_organization_and_all_in_it(fake: FakeGitHub, acme: Acme) -> None:
    secret = fake.add_team(acme.home, "Secret", privacy="secret")
    root = str(acme.home.id)

    teams = {team.remote_id: team for team in acme.host.directory.list_teams(root)}

    assert set(teams) == {root, *(f"{root}/{team.id}" for team in (acme.dev, acme.web, secret))}
    assert teams[f"{root}/{acme.web.id}"].parent_id == f"{root}/{acme.dev.id}"
    assert teams[f"{root}/{acme.dev.id}"].parent_id is None
    assert acme.host.teams_include_subteams


def test_members_of_a_team_are_those_below_it_as_well(acme: Acme) -> None:
    members = list(acme.host.directory.list_team_members(f"{acme.home.id}/{acme.dev.id}"))

    assert [(member.account.login, member.role) for member in members] == [("mia", TEAM_MEMBER)]


def test_owners_and_members_are_told_apart(fake: FakeGitHub, acme: Acme) -> None:
    fake.add_member(acme.home, fake.add_user("pia"), state="pending")

    members = {member.account.login: member.role for member in acme.host.directory.list_team_members(str(acme.home.id))}

    assert set(members) == {"olga", "mia"}
    assert (members["olga"].standing, members["olga"].reads_code) == (Standing.OWNER, True)
    assert (members["mia"].key, members["mia"].standing, members["mia"].reads_code) == ("member", Standing.MEMBER, True)


def test_members_do_not_read_where_the_base_permission_is_none(fake: FakeGitHub, acme: Acme) -> None:
    fake.set_base_permission(acme.home, "none")

    roles = {member.account.login: member.role for member in acme.host.directory.list_team_members(str(acme.home.id))}

    assert not roles["mia"].reads_code
    assert roles["olga"].reads_code


def test_a_role_in_the_whole_organization_reads_without_a_base_permission(fake: FakeGitHub, acme: Acme) -> None:
    fake.set_base_permission(acme.home, "none")
    pia, tom = fake.add_user("pia"), fake.add_user("tom")
    for person in (pia, tom):
        fake.add_member(acme.home, person)
    auditor, clerk = fake.organization_role(acme.home, "Auditor"), fake.organization_role(acme.home, "x", base="none")
    fake.assign_role(auditor, pia)
    fake.assign_role(auditor, acme.dev)
    fake.assign_role(clerk, tom)

    roles = {member.account.login: member.role for member in acme.host.directory.list_team_members(str(acme.home.id))}

    assert {login for login, role in roles.items() if role.reads_code} == {"olga", "pia", "mia"}
    assert roles["pia"].name == "Auditor"


def test_servers_without_such_roles_have_members_only(fake: FakeGitHub, acme: Acme) -> None:
    fake.set_base_permission(acme.home, "none")
    fake.misbehave("organization-roles", Kind.STATUS_404)

    roles = {
        member.account.login: member.role.key for member in acme.host.directory.list_team_members(str(acme.home.id))
    }

    assert roles == {"olga": "owner", "mia": "member"}


def test_owners_that_change_while_members_are_read_leave_the_list_unread() -> None:
    alone, both = [user(11, "olga")], [user(11, "olga"), user(12, "mia")]
    with scripted_server(reply(alone), reply([]), reply(both)) as server, pytest.raises(IncompleteListing):
        list(open_scripted(server).directory.list_team_members("501"))


def test_repositories_are_all_of_them_with_what_they_are(fake: FakeGitHub, acme: Acme) -> None:
    fake.add_repo(acme.home, "old", archived=True)
    fake.add_repo(acme.home, "shared", visibility="internal")
    fake.add_repo(acme.home, "open", visibility="public")
    fake.add_repo(acme.olga, "private-things")

    found = {each.name: each for each in acme.host.directory.list_repositories(str(acme.home.id))}

    assert set(found) == {"logging", "old", "shared", "open"}
    assert found["old"].is_archived
    assert (found["shared"].visibility, found["open"].visibility) == (Visibility.INTERNAL, Visibility.PUBLIC)
    assert {each.team_id for each in found.values()} == {str(acme.home.id)}
    assert found["logging"].clone_url == f"{fake.base_url}/acme/logging.git"


def test_lists_are_read_over_all_pages(fake: FakeGitHub, acme: Acme) -> None:
    for number in range(120):
        fake.add_repo(acme.home, f"package-{number}")
        fake.add_member(acme.home, fake.add_user(f"person-{number}"))

    assert len(list(acme.host.directory.list_repositories(str(acme.home.id)))) == 121
    assert len(list(acme.host.directory.list_team_members(str(acme.home.id)))) == 122
    assert acme.host.request_count.total == 2 + 1 + 2 + 1 + 1


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing of the driver, and the path that it reads."""

    name: str
    path: str
    read: Callable[[Acme], Iterator[object]]


LISTINGS = [
    Listing(
        "organizations",
        "/user/memberships/orgs",
        lambda it: it.host.directory.list_administered_organizations(nested=False),
    ),
    Listing("teams", r"/teams\?", lambda it: it.host.directory.list_teams(str(it.home.id))),
    Listing("members", r"organizations/\d+/members", lambda it: it.host.directory.list_team_members(str(it.home.id))),
    Listing("team", r"team/\d+/members", lambda it: it.host.directory.list_team_members(f"{it.home.id}/{it.dev.id}")),
    Listing("repositories", r"\d+/repos", lambda it: it.host.directory.list_repositories(str(it.home.id))),
    Listing("team repositories", r"team/\d+/repos", lambda it: team_grants(it)),
    Listing("own repositories", r"\d+/repos", lambda it: own_access(it)),
]


def team_grants(acme: Acme) -> Iterator[object]:
    assert acme.host.team_grants is not None
    return acme.host.team_grants.list_team_grants(str(acme.home.id), f"{acme.home.id}/{acme.dev.id}")


def own_access(acme: Acme) -> Iterator[object]:
    assert acme.host.own_access is not None
    return acme.host.own_access.list_readable_repositories(str(acme.home.id))


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.STATUS_401, Unauthorized),
        (Kind.STATUS_404, NotFound),
        (Kind.STATUS_500, Unavailable),
        (Kind.RATE_LIMITED, RateLimited),
        (Kind.HTML_200, UnexpectedResponse),
        (Kind.TRUNCATED_JSON, UnexpectedResponse),
        (Kind.CONNECTION_RESET, Unavailable),
    ],
)
def test_no_listing_is_shortened(
    fake: FakeGitHub, acme: Acme, listing: Listing, kind: Kind, error: type[CodeHostError]
) -> None:
    fake.misbehave(listing.path, kind)

    with pytest.raises(error):
        list(listing.read(acme))


CUT = [listing for listing in LISTINGS if listing.name in {"teams", "members", "repositories", "own repositories"}]


@pytest.mark.parametrize("listing", CUT, ids=lambda listing: listing.name)
def test_a_list_that_single_sign_on_shortens_is_not_believed(fake: FakeGitHub, acme: Acme, listing: Listing) -> None:
    fake.cut_lists(listing.path.rstrip("?").removesuffix("\\"))

    with pytest.raises(IncompleteListing, match="single sign-on"):
        list(listing.read(acme))


def test_an_organization_behind_single_sign_on_says_where_to_go(fake: FakeGitHub, acme: Acme) -> None:
    fake.enforce_saml(acme.home)

    with pytest.raises(Forbidden, match="/sso"):
        list(acme.host.directory.list_teams(str(acme.home.id)))


def test_missing_scopes_are_named(fake: FakeGitHub, acme: Acme) -> None:
    host = open_fake(fake, fake.personal_token(acme.olga, ["user"]))

    with pytest.raises(Forbidden) as caught:
        list(host.directory.list_teams(str(acme.home.id)))

    assert "read:org" in caught.value.missing_scopes


def test_an_id_of_something_else_is_no_team(acme: Acme) -> None:
    for wrong in ("501/", "/7", "501/7/8"):
        with pytest.raises(CodeHostError):
            list(acme.host.directory.list_team_members(wrong))


def test_what_has_not_changed_is_only_confirmed(fake: FakeGitHub, acme: Acme, tmp_path: Path) -> None:
    store = AnswerStore(tmp_path, "olga")
    for _ in range(2):
        host = open_fake(fake, acme.token, answers=store)
        list(host.directory.list_teams(str(acme.home.id)))
        list(host.directory.list_team_members(str(acme.home.id)))
        list(host.directory.list_repositories(str(acme.home.id)))
        host.directory.viewer()

    assert host.request_count.not_modified == host.request_count.total


def test_the_version_of_a_server_is_read(fake: FakeGitHub, acme: Acme) -> None:
    access = access_to(fake.base_url, fake.port, acme.token)

    assert read_github_version(access) == HostVersion("GitHub Enterprise Server", "3.17.0")


def test_a_slow_host_is_given_up(fake: FakeGitHub, acme: Acme) -> None:
    fake.misbehave("/user", Kind.SLOW, seconds=1)
    host = open_fake(fake, acme.token, limits=Limits(read_seconds=0.05, call_seconds=0.2))

    with pytest.raises(Unavailable):
        host.directory.viewer()
