"""The caller, people, and the organizations that somebody is in."""

import pytest

from tests.fakes.github import FakeGitHub
from tests.unit.fakes.github.clients import Acme, ApiClient


def test_a_profile_shows_more_to_its_owner_with_the_right_scope(github: FakeGitHub, acme: Acme) -> None:
    own, public = (
        ApiClient.of(github, acme.bob, "user").get("/user"),
        ApiClient.of(github, acme.bob, "repo").get("/user"),
    )

    assert own.json()["two_factor_authentication"] is True
    assert "two_factor_authentication" not in public.json()
    assert public.json()["id"] == acme.bob.id
    assert public.json()["email"] is None


def test_addresses_need_their_scope(github: FakeGitHub) -> None:
    zoe = github.add_user("zoe", email="zoe@example.com", more_emails=[("z@example.com", False)])

    rows = ApiClient.of(github, zoe, "user:email").get("/user/emails").json()

    assert [(each["email"], each["primary"], each["verified"]) for each in rows] == [
        ("zoe@example.com", True, True),
        ("z@example.com", False, False),
    ]
    assert ApiClient.of(github, zoe, "repo").get("/user/emails").status_code == 404


def test_people_are_found_by_number_and_login(github: FakeGitHub, owner: ApiClient, acme: Acme) -> None:
    github.rename_user(acme.bob, "robert")

    assert owner.get(f"/user/{acme.bob.id}").json()["login"] == "robert"
    assert owner.get("/users/robert").json()["id"] == acme.bob.id
    assert owner.get("/users/bob").status_code == 404
    assert owner.get("/user/999").status_code == 404


def test_suspension_is_shown_to_site_administrators_only(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.suspend(acme.bob)
    root = github.add_user("root", is_site_admin=True)

    assert ApiClient.of(github, root, "site_admin").get("/users/bob").json()["suspended_at"] is not None
    assert "suspended_at" not in owner.get("/users/bob").json()


def test_memberships_tell_the_role(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    beta = github.add_organization("beta")
    github.add_member(beta, acme.ann, state="pending")

    rows = owner.get("/user/memberships/orgs").json()
    active = owner.get("/user/memberships/orgs", params={"state": "active"}).json()

    assert [(each["organization"]["login"], each["role"], each["state"]) for each in rows] == [
        ("acme", "admin", "active"),
        ("beta", "member", "pending"),
    ]
    assert [each["organization"]["id"] for each in active] == [acme.organization.id]
    assert owner.logins("/user/orgs") == ["acme"]
    assert owner.get("/user/memberships/orgs/acme").json()["role"] == "admin"
    assert owner.get("/user/memberships/orgs/none").status_code == 404


@pytest.mark.parametrize("path", ["/user/orgs", "/user/memberships/orgs"])
def test_lists_of_organizations_need_a_scope(github: FakeGitHub, acme: Acme, path: str) -> None:
    answer = ApiClient.of(github, acme.ann, "repo").get(path)

    assert answer.status_code == 403
    assert "read:org" in answer.headers["X-Accepted-OAuth-Scopes"]


def test_fine_grained_tokens_see_no_organizations(github: FakeGitHub, acme: Acme) -> None:
    answer = ApiClient(github, github.personal_token(acme.ann, is_fine_grained=True)).get("/user/orgs")

    assert (answer.status_code, answer.json()) == (200, [])
    assert "X-OAuth-Scopes" not in answer.headers


@pytest.mark.parametrize(("version", "is_told"), [("3.12.0", False), ("3.17.0", True)])
def test_old_servers_do_not_tell_direct_memberships(version: str, is_told: bool) -> None:
    with FakeGitHub(version=version) as fake:
        ann = fake.add_user("ann")
        fake.add_organization("acme", owner=ann)

        [row] = ApiClient.of(fake, ann).get("/user/memberships/orgs").json()

        assert ("direct_membership" in row) == is_told


def test_scopes_are_told_with_every_answer(github: FakeGitHub, acme: Acme) -> None:
    answer = ApiClient.of(github, acme.ann, "repo", "admin:org", "read:org", "unknown").get("/user")

    assert answer.headers["X-OAuth-Scopes"] == "repo, admin:org"


def test_own_teams_are_listed(github: FakeGitHub, acme: Acme) -> None:
    [team] = ApiClient.of(github, acme.bob, "read:org").get("/user/teams").json()

    assert (team["slug"], team["organization"]["login"]) == ("back-end", "acme")


def test_own_repositories_are_listed_by_affiliation(github: FakeGitHub, acme: Acme) -> None:
    own = github.add_repo(acme.eve, "notes")
    api = ApiClient.of(github, acme.eve)

    everything = [each["id"] for each in api.get("/user/repos").json()]
    owned = [each["full_name"] for each in api.get("/user/repos", params={"affiliation": "owner"}).json()]

    assert everything == [acme.library.id, own.id]
    assert owned == ["eve/notes"]
    assert api.get("/user/repos", params={"affiliation": "owner", "type": "all"}).status_code == 422
