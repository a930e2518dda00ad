"""Organizations, their members, teams and repositories."""

import pytest

from tests.fakes.github import FakeGitHub
from tests.unit.fakes.github.clients import Acme, ApiClient


def test_the_base_permission_is_for_owners_with_the_scope(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    assert owner.get("/orgs/acme").json()["default_repository_permission"] == "none"
    assert owner.get(acme.path).json()["default_repository_permission"] == "none"
    for api in (ApiClient.of(github, acme.ann, "read:org", "repo"), ApiClient.of(github, acme.bob), ApiClient(github)):
        assert "default_repository_permission" not in api.get("/orgs/acme").json()


def test_members_are_told_by_role(owner: ApiClient, acme: Acme) -> None:
    assert owner.logins(f"{acme.path}/members") == ["ann", "bob"]
    assert owner.logins(f"{acme.path}/members", role="admin") == ["ann"]
    assert owner.logins(f"{acme.path}/members", role="member") == ["bob"]
    assert owner.get(f"{acme.path}/members", params={"role": "king"}).status_code == 422


def test_strangers_see_only_public_members(github: FakeGitHub, acme: Acme) -> None:
    github.add_member(acme.organization, github.add_user("pia"), is_public=True)

    assert ApiClient.of(github, acme.eve).logins("/orgs/acme/members") == ["pia"]
    assert ApiClient.of(github, acme.bob, "repo").logins("/orgs/acme/members") == ["pia"]
    assert ApiClient.of(github, acme.bob, "read:org").logins("/orgs/acme/members") == ["ann", "bob", "pia"]


def test_pending_members_are_none(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    jo = github.add_user("jo")
    github.add_member(acme.organization, jo, state="pending")
    github.add_team_member(acme.backend, jo)

    assert "jo" not in owner.logins(f"{acme.path}/members")
    assert "jo" not in owner.logins(f"{acme.team}/members")
    assert owner.get(f"{acme.team}/memberships/jo").json()["state"] == "pending"

    github.add_member(acme.organization, jo)

    assert owner.logins(f"{acme.team}/members") == ["bob", "jo"]


def test_outside_collaborators_are_listed_apart(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    assert owner.logins(f"{acme.path}/outside_collaborators") == ["eve"]
    assert ApiClient.of(github, acme.eve).get("/orgs/acme/outside_collaborators").status_code == 403


def test_one_membership_can_be_asked_for(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    assert owner.get(f"{acme.path}/memberships/bob").json()["role"] == "member"
    assert owner.get(f"{acme.path}/memberships/eve").status_code == 404
    assert ApiClient.of(github, acme.eve).get("/orgs/acme/memberships/bob").status_code == 403
    assert owner.get(f"{acme.path}/members/bob").status_code == 204
    assert ApiClient.of(github, acme.eve).get("/orgs/acme/members/bob").status_code == 404


@pytest.mark.parametrize(("lists", "expected"), [(True, ["ann", "bob"]), (False, ["ann"])])
def test_suspended_people_stay_listed_where_the_server_does_so(lists: bool, expected: list[str]) -> None:
    with FakeGitHub(lists_suspended=lists) as fake:
        ann, bob = fake.add_user("ann"), fake.add_user("bob", is_suspended=True)
        acme = fake.add_organization("acme", owner=ann)
        fake.add_member(acme, bob)

        assert ApiClient.of(fake, ann).logins("/orgs/acme/members") == expected


def test_teams_tell_their_parents(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    github.add_team(acme.organization, "Databases", parent=acme.backend)

    rows = owner.get(f"{acme.path}/teams").json()

    assert [(each["slug"], (each["parent"] or {}).get("id")) for each in rows] == [
        ("back-end", None),
        ("databases", acme.backend.id),
    ]
    assert owner.get(f"{acme.team}").json()["members_count"] == 1
    assert [each["slug"] for each in owner.get(f"{acme.team}/teams").json()] == ["databases"]


def test_a_teams_members_are_also_those_of_teams_below(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    dan = github.add_user("dan")
    github.add_member(acme.organization, dan)
    inner = github.add_team(acme.organization, "Databases", parent=acme.backend)
    github.add_team(acme.organization, "Indexes", parent=inner, members=[dan])

    assert owner.logins(f"{acme.team}/members") == ["bob", "dan"]
    assert all("inherited" not in each for each in owner.rows(f"{acme.team}/members"))


def test_a_server_may_tell_who_is_inherited() -> None:
    with FakeGitHub(tells_inherited_members=True) as fake:
        ann = fake.add_user("ann")
        acme = fake.add_organization("acme", owner=ann)
        fake.add_team(acme, "Inner", parent=fake.add_team(acme, "Outer"), members=[ann])

        [row] = ApiClient.of(fake, ann).rows("/orgs/acme/teams/outer/members")

        assert (row["role"], row["inherited"]) == ("maintainer", True)


def test_teams_below_have_the_repositories_of_those_above(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    inner = github.add_team(acme.organization, "Databases", parent=acme.backend)
    github.add_team_repo(inner, acme.library, "pull")

    [row] = owner.rows(f"{acme.path}/team/{inner.id}/repos")

    assert (row["id"], row["role_name"], row["permissions"]["pull"]) == (acme.library.id, "write", True)
    path = f"{acme.path}/team/{inner.id}/repos/acme/logging"
    media = {"Accept": "application/vnd.github.v3.repository+json"}
    assert owner.get(path).status_code == 204
    assert owner.get(path, headers=media).json()["role_name"] == "write"
    assert owner.get(f"{acme.path}/team/{inner.id}/repos/acme/none").status_code == 404


def test_secret_teams_are_for_members_and_owners(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    github.add_team(acme.organization, "Keys", privacy="secret", members=[acme.ann])
    member, outsider = ApiClient.of(github, acme.bob), ApiClient.of(github, acme.eve)

    assert [each["slug"] for each in owner.get("/orgs/acme/teams").json()] == ["back-end", "keys"]
    assert [each["slug"] for each in member.get("/orgs/acme/teams").json()] == ["back-end"]
    assert member.get("/orgs/acme/teams/keys").status_code == 404
    assert outsider.get("/orgs/acme/teams").status_code == 403
    assert outsider.get("/orgs/acme/teams/back-end").status_code == 404


def test_secret_teams_are_not_nested(github: FakeGitHub, acme: Acme) -> None:
    with pytest.raises(ValueError, match="nested"):
        github.add_team(acme.organization, "Keys", privacy="secret", parent=acme.backend)


def test_renamed_teams_are_found_by_number(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    github.update_team(acme.backend, name="Core")

    assert owner.get(acme.team).json()["slug"] == "core"
    assert owner.get("/orgs/acme/teams/back-end").status_code == 404
    assert owner.get(f"{acme.path}/team/99").status_code == 404


def test_renamed_organizations_are_found_by_number(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    github.rename_organization(acme.organization, "apex")

    assert owner.get(acme.path).json()["login"] == "apex"
    assert owner.get("/orgs/acme").status_code == 404
    assert owner.get("/repos/acme/logging").status_code == 301
    assert owner.get("/organizations/99").status_code == 404


def test_pages_are_linked_by_numbers(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    for number in range(4):
        github.add_member(acme.organization, github.add_user(f"person-{number}"))

    first = owner.get("/orgs/acme/members", params={"per_page": "2"})
    last = owner.get("/orgs/acme/members", params={"per_page": "2", "page": "3"})

    url = f"{github.api_url}{acme.path}/members?per_page=2&page="
    assert {rel: each["url"] for rel, each in first.links.items()} == {"next": f"{url}2", "last": f"{url}3"}
    assert {rel: each["url"] for rel, each in last.links.items()} == {"prev": f"{url}2", "first": f"{url}1"}
    assert len(owner.logins("/orgs/acme/members", per_page="2")) == 6
    assert owner.get("/orgs/acme/members", params={"per_page": "1000"}).links == {}
    assert owner.get("/orgs/acme/members", params={"page": "9"}).json() == []


def test_organization_roles_are_for_owners_of_newer_servers(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    role = github.organization_role(acme.organization, "all_repo_read")
    github.assign_role(role, acme.bob)
    github.assign_role(role, acme.backend)
    path = f"{acme.path}/organization-roles"

    assert owner.get(path).json()["roles"][0]["base_role"] == "read"
    assert owner.logins(f"{path}/{role.id}/users") == ["bob"]
    assert [each["id"] for each in owner.rows(f"{path}/{role.id}/teams")] == [acme.backend.id]
    assert ApiClient.of(github, acme.bob).get(path).status_code == 404
    with FakeGitHub(version="3.12.0") as old:
        ann = old.add_user("ann")
        old.add_organization("acme", owner=ann)
        assert ApiClient.of(old, ann).get("/orgs/acme/organization-roles").status_code == 404


def test_custom_repository_roles_have_names_and_plain_permissions(
    github: FakeGitHub, acme: Acme, owner: ApiClient
) -> None:
    github.custom_role(acme.organization, "auditor", base="triage")
    github.add_collaborator(acme.library, acme.eve, "auditor")

    [row] = owner.rows(f"{acme.repo}/collaborators", affiliation="outside")

    assert row["role_name"] == "auditor"
    assert [name for name, is_given in row["permissions"].items() if is_given] == ["triage", "pull"]
    assert owner.get("/orgs/acme/custom-repository-roles").json()["custom_roles"][0]["base_role"] == "triage"
