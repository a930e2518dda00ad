"""Repositories, who has which role in them, and what is in them."""

import base64

import pytest

from tests.fakes.github import FakeGitHub, File
from tests.fakes.parts.git_objects import SYMLINK_MODE
from tests.unit.fakes.github.clients import Acme, ApiClient


def test_everybody_lists_what_they_see(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    for visibility in ("internal", "public"):
        github.add_repo(acme.organization, visibility, visibility=visibility)
    zoe = github.add_user("zoe")

    def names(api: ApiClient, **params: str) -> list[str]:
        return [each["name"] for each in api.rows("/orgs/acme/repos", sort="full_name", **params)]

    assert names(owner) == ["internal", "logging", "public"]
    assert names(ApiClient.of(github, acme.eve)) == ["internal", "logging", "public"]
    assert names(ApiClient.of(github, zoe)) == ["internal", "public"]
    assert names(ApiClient.of(github, acme.ann, "admin:org")) == ["public"]
    assert names(ApiClient(github)) == ["public"]
    assert names(owner, type="private") == ["logging"]
    assert names(owner, type="public", direction="desc") == ["public"]


def test_in_the_cloud_the_internal_is_for_the_enterprise() -> None:
    with FakeGitHub(version=None) as fake:
        ann, eve = fake.add_user("ann"), fake.add_user("eve")
        acme = fake.add_organization("acme", owner=ann)
        fake.add_repo(acme, "inner", visibility="internal")

        assert len(ApiClient.of(fake, ann).rows("/orgs/acme/repos")) == 1
        assert ApiClient.of(fake, eve).rows("/orgs/acme/repos") == []


def test_permissions_are_those_of_the_caller(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    assert owner.get(acme.repo).json()["permissions"]["admin"] is True
    assert ApiClient.of(github, acme.eve).get(acme.repo).json()["permissions"] == {
        "admin": False,
        "maintain": False,
        "push": False,
        "triage": True,
        "pull": True,
    }


def test_renamed_repositories_lead_on(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.rename_repo(acme.library, "logs")

    answer = owner.get("/repos/acme/logging/tags", params={"page": "1"})

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{github.api_url}{acme.repo}/tags?page=1"
    assert owner.get(acme.repo).json()["full_name"] == "acme/logs"
    assert ApiClient(github).get("/repos/acme/logging").status_code == 404
    github.add_repo(acme.organization, "logging")
    assert owner.get("/repos/acme/logging").status_code == 200


def test_transferred_repositories_leave_their_teams(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    beta = github.add_organization("beta", owner=acme.ann)
    github.transfer_repo(acme.library, beta)

    assert owner.get(acme.repo).json()["full_name"] == "beta/logging"
    assert owner.rows(f"{acme.team}/repos") == []
    assert owner.get("/repos/acme/logging").status_code == 301


def test_collaborators_have_the_strongest_of_all_roles(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_collaborator(acme.library, acme.bob, "pull")
    github.add_collaborator(acme.library, acme.ann, "pull")

    def roles(affiliation: str) -> dict[str, str]:
        rows = owner.rows(f"{acme.repo}/collaborators", affiliation=affiliation)
        return {each["login"]: each["role_name"] for each in rows}

    assert roles("all") == roles("direct") == {"ann": "admin", "bob": "write", "eve": "triage"}
    assert roles("outside") == {"eve": "triage"}
    assert owner.logins(f"{acme.repo}/collaborators", permission="push") == ["ann", "bob"]
    assert owner.get(f"{acme.repo}/collaborators", params={"affiliation": "none"}).status_code == 422


def test_collaborators_are_listed_to_those_who_push(github: FakeGitHub, acme: Acme) -> None:
    assert ApiClient.of(github, acme.bob).get(f"{acme.repo}/collaborators").status_code == 200
    assert ApiClient.of(github, acme.eve).get(f"{acme.repo}/collaborators").status_code == 403
    assert ApiClient.of(github, github.add_user("zoe")).get(f"{acme.repo}/collaborators").status_code == 404


def test_the_base_permission_makes_collaborators(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_member(acme.organization, github.add_user("lena"))
    assert owner.logins(f"{acme.repo}/collaborators") == ["ann", "bob", "eve"]

    github.set_base_permission(acme.organization, "read")

    assert owner.logins(f"{acme.repo}/collaborators") == ["ann", "bob", "eve", "lena"]


def test_one_persons_permission_is_told_in_four_words(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    path = f"{acme.repo}/collaborators"
    github.add_user("zoe")

    assert owner.get(f"{path}/eve/permission").json()["permission"] == "read"
    assert owner.get(f"{path}/bob/permission").json()["permission"] == "write"
    assert owner.get(f"{path}/zoe/permission").json()["permission"] == "none"
    assert owner.get(f"{path}/eve").status_code == 204
    assert owner.get(f"{path}/zoe").status_code == 404


def test_teams_of_a_repository_are_also_those_below(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_team(acme.organization, "Databases", parent=acme.backend)

    rows = owner.rows(f"{acme.repo}/teams")

    assert [(each["slug"], each["permission"]) for each in rows] == [("back-end", "push"), ("databases", "push")]


def test_files_are_read_as_json_or_raw(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    path = f"{acme.repo}/contents/composer.json"

    body = owner.get(path).json()
    raw = owner.get(path, headers={"Accept": "application/vnd.github.raw+json"})

    assert base64.b64decode(body["content"]) == raw.content == b'{"name": "acme/logging"}'
    assert raw.headers["Content-Type"].startswith("application/vnd.github.raw")
    assert owner.get(f"{acme.repo}/contents/none").status_code == 404
    assert owner.get(path, params={"ref": "v1.0.0"}).status_code == 200
    assert owner.get(path, params={"ref": "none"}).status_code == 404


def test_folders_and_links_are_told_apart(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.commit(acme.library, {"link": File(b"composer.json", SYMLINK_MODE)})

    rows = owner.get(f"{acme.repo}/contents").json()

    assert {each["name"]: each["type"] for each in rows} == {
        "composer.json": "file",
        "link": "symlink",
        "src": "dir",
    }
    assert owner.get(f"{acme.repo}/contents/link").json()["target"] == "composer.json"
    assert [each["path"] for each in owner.get(f"{acme.repo}/contents/src").json()] == ["src/Log.php"]


def test_large_files_come_raw_only(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.commit(acme.library, {"big": b"x" * (1 << 20) + b"y"})
    path = f"{acme.repo}/contents/big"

    assert owner.get(path).status_code == 403
    assert owner.get(path, headers={"Accept": "application/vnd.github.object+json"}).json()["encoding"] == "none"
    assert len(owner.get(path, headers={"Accept": "application/vnd.github.raw+json"}).content) == (1 << 20) + 1


def test_empty_repositories_have_nothing(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_repo(acme.organization, "empty")

    assert owner.get("/repos/acme/empty").json()["default_branch"] == "main"
    assert owner.get("/repos/acme/empty/contents/composer.json").status_code == 404
    assert owner.get("/repos/acme/empty/git/matching-refs/tags/").status_code == 409
    assert owner.get("/repos/acme/empty/tags").json() == []


def test_refs_tags_and_branches_are_listed(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.tag(acme.library, "v1.1.0", message="Second")
    github.commit(acme.library, {"x": "y"}, branch="1.x")

    refs = owner.get(f"{acme.repo}/git/matching-refs/tags/v1").json()

    assert [(each["ref"], each["object"]["type"]) for each in refs] == [
        ("refs/tags/v1.0.0", "commit"),
        ("refs/tags/v1.1.0", "tag"),
    ]
    head = github.repository(acme.library).refs["refs/heads/main"]
    assert [(each["name"], each["commit"]["sha"]) for each in owner.rows(f"{acme.repo}/tags")] == [
        ("v1.1.0", head),
        ("v1.0.0", head),
    ]
    assert [each["name"] for each in owner.rows(f"{acme.repo}/branches")] == ["1.x", "main"]
    assert owner.get(f"{acme.repo}/git/ref/heads/1.x").json()["ref"] == "refs/heads/1.x"
    assert owner.get(f"{acme.repo}/git/ref/heads/2.x").status_code == 404


def test_blocked_repositories_say_why(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.update_repo(acme.library, is_blocked=True)

    answer = owner.get(acme.repo)

    assert (answer.status_code, answer.json()["block"]["reason"]) == (451, "dmca")


@pytest.mark.parametrize("path", ["/orgs/acme/", "/nothing", "/orgs/acme/members/bob/x", "/repos/acme/none/tags"])
def test_unknown_paths_are_not_found(owner: ApiClient, path: str) -> None:
    answer = owner.get(path)

    assert (answer.status_code, answer.json()["status"]) == (404, "404")


def test_the_default_branch_can_change(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.commit(acme.library, {"new": "1"}, branch="trunk")
    github.repository(acme.library).materialize()

    github.set_default_branch(acme.library, "trunk")

    assert owner.get(acme.repo).json()["default_branch"] == "trunk"
    assert owner.get(f"{acme.repo}/contents/new").status_code == 200
    assert (github.repository(acme.library).path / "HEAD").read_text() == "ref: refs/heads/trunk\n"
