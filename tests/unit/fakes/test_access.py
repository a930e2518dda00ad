"""Tokens, scopes, roles and hidden things."""

import pytest
import requests

from tests.fakes.gitlab import FakeGitLab, Level
from tests.unit.fakes.clients import Acme, ApiClient, facts

ERRORS = facts("errors.json")


@pytest.mark.parametrize("token", [None, "glpat-unknown"])
def test_no_token_and_an_unknown_token_are_unauthorized(fake: FakeGitLab, token: str | None) -> None:
    answer = ApiClient(fake, token).get("/user")

    assert (answer.status_code, answer.json()) == (401, ERRORS["no_or_unknown_token"]["body"])


def test_the_version_is_told_to_nobody_who_is_not_signed_in(fake: FakeGitLab) -> None:
    assert ApiClient(fake, None).get("/version").json() == {"message": "401 Unauthorized"}


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("read_user", "/user", 200),
        ("read_user", "/metadata", 200),
        ("read_user", "/groups", 403),
        ("read_repository", "/user", 403),
        ("read_repository", "/projects/1/repository/files/composer.json?ref=HEAD", 200),
        ("read_repository", "/projects/1/repository/tags", 403),
        ("read_api", "/projects/1/repository/tags", 200),
        ("read_api", "/projects/1/hooks", 200),
        ("read_user", "/personal_access_tokens/self", 200),
        ("api", "/groups", 200),
    ],
)
def test_scopes_open_what_they_are_for(fake: FakeGitLab, acme: Acme, scope: str, path: str, status: int) -> None:
    client = ApiClient(fake, fake.personal_token(acme.owner, [scope]))

    assert client.get(path).status_code == status


def test_a_missing_scope_is_named(fake: FakeGitLab, acme: Acme) -> None:
    client = ApiClient(fake, fake.personal_token(acme.owner, ["read_api"]))

    answer = client.post("/projects/1/hooks", json={"url": "https://receiver.example/1"})

    assert answer.status_code == ERRORS["missing_scope"]["status"]
    assert set(answer.json()) == set(ERRORS["missing_scope"]["keys"])
    assert answer.json()["error"] == ERRORS["missing_scope"]["error"]
    assert answer.json()["scope"] == "api"


def test_a_revoked_and_an_expired_token_say_so(fake: FakeGitLab, acme: Acme) -> None:
    revoked, expired = fake.personal_token(acme.owner), fake.personal_token(acme.owner, expires_on=fake.clock.today())
    fake.revoke_token(revoked)

    for token in (revoked, expired):
        answer = ApiClient(fake, token).get("/user")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_a_blocked_user_is_forbidden_everything(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    fake.block(acme.owner)

    answer = owner.get("/user")

    assert answer.status_code == 403
    assert "blocked" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/groups/1", "/groups/1/members/all", "/projects/1", "/projects/acme%2Flogging"])
def test_what_the_caller_may_not_see_is_not_found(fake: FakeGitLab, acme: Acme, path: str) -> None:
    stranger = ApiClient(fake, fake.personal_token(fake.add_user("mia")))

    assert stranger.get(path).status_code == 404
    assert ApiClient(fake, None).get(path).status_code == 404


@pytest.mark.parametrize(
    ("level", "code", "hooks"),
    [(Level.GUEST, 403, 403), (Level.REPORTER, 200, 403), (Level.DEVELOPER, 200, 403), (Level.MAINTAINER, 200, 200)],
)
def test_roles_open_code_and_hooks(fake: FakeGitLab, acme: Acme, level: int, code: int, hooks: int) -> None:
    bob = fake.add_user("bob")
    fake.add_member(acme.library, bob, level)
    client = ApiClient(fake, fake.personal_token(bob))

    assert client.get("/projects/1").status_code == 200
    assert client.get("/projects/1/repository/files/composer.json?ref=HEAD").status_code == code
    assert client.get("/projects/1/hooks").status_code == hooks


def test_group_hooks_are_for_owners_and_system_hooks_for_administrators(fake: FakeGitLab, acme: Acme) -> None:
    bob = fake.add_user("bob")
    fake.add_member(acme.group, bob, Level.MAINTAINER)
    maintainer = ApiClient(fake, fake.personal_token(bob))
    admin = ApiClient(fake, fake.personal_token(fake.add_user("root", is_admin=True)))

    assert [maintainer.get("/groups/1/hooks").status_code, maintainer.get("/hooks").status_code] == [403, 403]
    assert [admin.get("/groups/1/hooks").status_code, admin.get("/hooks").status_code] == [200, 200]


def test_a_deploy_token_opens_no_api(fake: FakeGitLab, acme: Acme) -> None:
    _, secret = fake.deploy_token(acme.library)

    assert ApiClient(fake, secret).get("/projects/1").status_code == 401


def test_a_group_token_belongs_to_a_bot_member(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    client = ApiClient(fake, fake.group_token(acme.group, ["api"], level=Level.MAINTAINER))

    profile = client.get("/user").json()

    assert profile["bot"] is True
    assert profile["username"].startswith(f"group_{acme.group.id}_bot_")
    assert profile["id"] in [row["id"] for row in owner.get("/groups/1/members").json()]
    assert client.get("/projects/1/hooks").status_code == 200


def test_an_administrator_sees_all_groups_unless_he_asks_for_his_own(fake: FakeGitLab, acme: Acme) -> None:
    admin = ApiClient(fake, fake.personal_token(fake.add_user("root", is_admin=True)))

    assert [row["path"] for row in admin.get("/groups").json()] == ["acme"]
    assert admin.get("/groups?min_access_level=50").json() == []
    assert admin.get("/groups?owned=true").json() == []
    assert admin.get("/groups?all_available=false").json() == []


def test_group_lists_filter_by_role_level_and_words(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    tools = fake.add_group("tools", parent=acme.group)
    other = fake.add_group("other", visibility="public")
    fake.add_member(other, acme.owner, Level.DEVELOPER)

    def paths(query: str) -> list[str]:
        return [row["full_path"] for row in owner.get(f"/groups?{query}").json()]

    assert paths("") == ["acme", "other", "acme/tools"]
    assert paths("min_access_level=50&order_by=path") == ["acme", "acme/tools"]
    assert paths("min_access_level=50&top_level_only=true") == ["acme"]
    assert paths("search=too") == ["acme/tools"]
    assert paths(f"skip_groups[]={tools.id}&sort=desc") == ["other", "acme"]
    assert paths("visibility=public") == ["other"]


def test_the_old_path_of_a_moved_project_leads_to_its_number(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    fake.move_project(acme.library, path="records")

    answer = owner.get("/projects/acme%2Flogging/repository/tags?per_page=5")

    assert answer.status_code == ERRORS["moved_project"]["status"]
    assert answer.headers["Location"] == f"{fake.api_url}/projects/{acme.library.id}/repository/tags?per_page=5"
    assert owner.get("/projects/acme%2Frecords").status_code == 200


def test_a_renamed_group_moves_its_projects(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    fake.rename_group(acme.group, "apex")

    assert owner.get("/projects/acme%2Flogging").status_code == 301
    assert owner.get(f"/projects/{acme.library.id}").json()["path_with_namespace"] == "apex/logging"


def test_the_server_can_live_below_a_path() -> None:
    with FakeGitLab(prefix="/gitlab") as fake:
        token = fake.personal_token(fake.add_user("ann"))

        assert ApiClient(fake, token).get("/user").json()["web_url"].endswith("/gitlab/ann")
        assert requests.get(f"http://127.0.0.1:{fake.port}/api/v4/version", timeout=10).status_code == 404


def test_the_request_log_counts_by_template_and_keeps_no_credential(
    fake: FakeGitLab, acme: Acme, owner: ApiClient
) -> None:
    token = fake.personal_token(acme.owner)
    owner.get("/groups/1/members/all?per_page=2")
    owner.get("/projects/acme%2Flogging/members/all")
    ApiClient(fake, None).get(f"/user?private_token={token}")

    assert fake.request_counts["GET /groups/:id/members/all"] == 1
    assert fake.request_counts["GET /projects/:id/members/all"] == 1
    assert [each.query for each in fake.requests] == [{"per_page": "2"}, {}, {}]
    assert [each.status for each in fake.requests] == [200, 200, 200]
    assert token not in repr(fake.requests)
