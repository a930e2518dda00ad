"""The smaller endpoints and the parameters of lists."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.fakes.gitlab import FakeGitLab, File, Level
from tests.fakes.parts.git_objects import EXECUTABLE_MODE, SYMLINK_MODE, Files
from tests.unit.fakes.clients import Acme, ApiClient


def paths(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row.get("full_path") or row["path"] for row in answer.json()]


@pytest.fixture
def projects(fake: FakeGitLab, acme: Acme) -> Acme:
    """Beside logging: an archived clock, a public events in a subgroup, and a thing of others that is shared."""
    fake.add_project(acme.group, "clock", archived=True)
    tools = fake.add_group("tools", parent=acme.group)
    events = fake.add_project(tools, "events", visibility="public")
    fake.update_project(events, topics=("php",))
    thing = fake.add_project(fake.add_group("other"), "thing")
    fake.share(thing, acme.group, Level.REPORTER)
    return acme


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["thing", "clock", "logging"]),
        ("with_shared=false", ["clock", "logging"]),
        ("with_shared=false&include_subgroups=true", ["events", "clock", "logging"]),
        ("with_shared=false&archived=true", ["clock"]),
        ("with_shared=false&archived=false", ["logging"]),
        ("include_subgroups=true&visibility=public", ["events"]),
        ("include_subgroups=true&search=log", ["logging"]),
        ("include_subgroups=true&topic=php", ["events"]),
        ("include_subgroups=true&order_by=path&sort=asc", ["clock", "events", "logging", "thing"]),
        ("min_access_level=40", ["clock", "logging"]),
        ("with_shared=false&order_by=last_activity_at", ["clock", "logging"]),
    ],
)
def test_projects_of_a_group_are_chosen_by_parameters(
    projects: Acme, owner: ApiClient, query: str, expected: list[str]
) -> None:
    assert paths(owner.get(f"/groups/{projects.group.id}/projects?{query}")) == expected


def test_all_projects_are_chosen_by_parameters(fake: FakeGitLab, projects: Acme, owner: ApiClient) -> None:
    fake.add_project(fake.group("other"), "open", visibility="public")
    fake.clock.advance(hours=1)
    since = (fake.clock.now() - timedelta(minutes=5)).isoformat().replace("+", "%2B")
    fake.commit(projects.library, {"x": "y"})

    assert "open" in paths(owner.get("/projects"))
    assert "open" not in paths(owner.get("/projects?membership=true"))
    assert paths(owner.get(f"/projects?last_activity_after={since}")) == ["logging"]
    assert paths(owner.get("/projects?order_by=id&id_after=1&id_before=3")) == ["clock"]
    assert owner.get("/projects?order_by=colour").status_code == 400
    assert owner.get("/projects?id_after=one").status_code == 400
    assert owner.get("/projects?pagination=keyset&order_by=name").status_code == 400


def test_nobody_sees_public_projects_in_short(fake: FakeGitLab, projects: Acme, owner: ApiClient) -> None:
    [row] = ApiClient(fake, None).get("/projects").json()

    assert (row["path"], "permissions" in row) == ("events", False)
    assert "permissions" not in owner.get("/projects?simple=true").json()[0]


def test_permissions_are_the_callers_own(fake: FakeGitLab, projects: Acme, owner: ApiClient) -> None:
    fake.add_member(projects.library, projects.owner, Level.MAINTAINER)

    [row] = owner.get("/groups/1/projects?with_shared=false&search=logging").json()

    assert row["permissions"]["project_access"]["access_level"] == Level.MAINTAINER
    assert row["permissions"]["group_access"]["access_level"] == Level.OWNER


def test_a_group_tells_its_projects_unless_told_not_to(projects: Acme, owner: ApiClient) -> None:
    full = owner.get("/groups/1").json()
    short = owner.get("/groups/1?with_projects=false").json()

    assert [row["path"] for row in full["projects"]] == ["clock", "logging"]
    assert [row["path"] for row in full["shared_projects"]] == ["thing"]
    assert "projects" not in short


def test_invitations_are_listed_from_both_ends(fake: FakeGitLab, projects: Acme, owner: ApiClient) -> None:
    studio = fake.add_group("studio", visibility="public")
    fake.share(projects.group, studio, Level.REPORTER)
    fake.share(projects.library, studio, Level.REPORTER)

    assert paths(owner.get("/groups/acme/invited_groups")) == ["studio"]
    assert paths(owner.get("/projects/1/invited_groups")) == ["studio"]
    assert paths(owner.get("/groups/studio/groups/shared")) == ["acme"]
    assert paths(owner.get("/groups/acme/projects/shared")) == ["thing"]


def test_members_can_be_searched_and_asked_for(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    bob, eve = fake.add_user("bob", "Bob Birch"), fake.add_user("eve", "Eve Elm")
    fake.add_member(acme.group, bob, Level.DEVELOPER)
    fake.add_member(acme.group, eve, Level.GUEST, awaiting=True)

    def names(query: str) -> list[str]:
        return [row["username"] for row in owner.get(f"/groups/1/members/all?{query}").json()]

    assert names("query=birch") == ["bob"]
    assert names(f"user_ids[]={bob.id}&user_ids[]={eve.id}") == ["bob", "eve"]
    assert names("state=awaiting") == ["eve"]
    assert names("state=active") == ["ann", "bob"]
    assert owner.get(f"/groups/1/members/{bob.id}").json()["access_level"] == Level.DEVELOPER
    assert owner.get("/projects/1/members/999").status_code == 404
    assert owner.get("/projects/1/members/all/999").status_code == 404
    assert owner.get("/projects/1/members/bob").status_code == 400
    assert owner.get("/users/1/members").status_code == 404


def test_other_people_show_only_what_is_public(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    bob = fake.add_user("bob")

    shown = owner.get(f"/users/{bob.id}").json()

    assert (shown["username"], shown["bot"]) == ("bob", False)
    assert not shown.keys() & {"email", "confirmed_at", "external"}
    assert [owner.get("/users/999").status_code, owner.get("/users/bob").status_code] == [404, 404]


def test_a_token_knows_what_it_reaches(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    tools = fake.add_group("tools", parent=acme.group)
    everything: dict[str, Any] = owner.get("/personal_access_tokens/self/associations?min_access_level=50").json()

    assert [row["id"] for row in everything["groups"]] == [acme.group.id, tools.id]
    assert everything["projects"] == [{"id": acme.library.id, "access_levels": 50}]
    application = fake.application(redirect_uri="http://localhost/")
    oauth = fake.oauth_token(acme.owner, application.client_id)
    assert ApiClient(fake, str(oauth["access_token"])).get("/personal_access_tokens/self").status_code == 401


def test_files_folders_and_modes_are_read(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    files: Files = {
        "bin/run": File(b"#!/bin/sh\n", EXECUTABLE_MODE),
        "latest": File(b"bin/run", SYMLINK_MODE),
        "a/b/c": "c",
    }
    fake.commit(acme.library, files)

    rows = owner.get("/projects/1/repository/tree?recursive=true&per_page=100").json()

    modes = {row["path"]: row["mode"] for row in rows}
    assert (modes["bin/run"], modes["latest"], modes["a"], modes["a/b/c"]) == ("100755", "120000", "040000", "100644")
    assert [row["name"] for row in owner.get("/projects/1/repository/tree?path=a").json()] == ["b"]
    assert owner.get("/projects/1/repository/tree?path=none").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/projects/1/repository/files/composer.json?ref=main", 200),
        ("/projects/1/repository/files/composer.json?ref=v1.0.0", 200),
        ("/projects/1/repository/files/composer.json", 400),
        ("/projects/1/repository/files/missing?ref=HEAD", 404),
        ("/projects/1/repository/files/src?ref=HEAD", 404),
        ("/projects/1/repository/files/src/Log.php?ref=HEAD", 404),
        ("/projects/1/repository/files/composer.json?ref=none", 404),
        ("/projects/1/repository/tags/v9", 404),
        ("/projects/1/repository/branches/none", 404),
        ("/projects/1/repository/commits/none", 404),
        ("/projects/2/repository/files/composer.json?ref=HEAD", 404),
        ("/projects/2/repository/tree", 404),
        ("/projects/none/repository/tags", 404),
    ],
)
def test_what_is_not_in_a_repository_is_not_found(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, path: str, status: int
) -> None:
    fake.add_project(acme.group, "playground")

    assert owner.get(path).status_code == status


def test_a_head_request_tells_about_a_file_without_its_content(owner: ApiClient) -> None:
    answer = owner.send("HEAD", "/projects/1/repository/files/composer.json?ref=HEAD")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["X-Gitlab-File-Path"] == "composer.json"
    assert len(answer.headers["X-Gitlab-Blob-Id"]) == 40
    assert owner.send("HEAD", "/projects/1/repository/files/none?ref=HEAD").status_code == 404


def test_the_last_change_of_a_file_is_found(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    first = fake.repository(acme.library).resolve("HEAD")
    newest = fake.commit(acme.library, {"other": "x"})

    facts = owner.get("/projects/1/repository/files/composer.json?ref=main").json()

    assert (facts["last_commit_id"], facts["commit_id"]) == (first, newest)


def test_tags_and_branches_can_be_searched_and_sorted(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    fake.commit(acme.library, {"x": "y"})
    fake.tag(acme.library, "v1.1.0", message="Second")
    fake.commit(acme.library, {"z": "z"}, branch="feature/z")

    def names(path: str) -> list[str]:
        return [row["name"] for row in owner.get(f"/projects/1/repository/{path}").json()]

    assert names("tags") == ["v1.1.0", "v1.0.0"]
    assert names("tags?sort=asc") == ["v1.0.0", "v1.1.0"]
    assert names("tags?order_by=name&sort=asc&search=^v1.1") == ["v1.1.0"]
    assert names("tags?search=0.0$") == ["v1.0.0"]
    assert names("branches?search=feat") == ["feature/z"]
    tag = owner.get("/projects/1/repository/tags/v1.1.0").json()
    assert (tag["message"], tag["target"] == tag["commit"]["id"]) == ("Second", False)
    assert owner.get("/projects/1/repository/branches/feature%2Fz").json()["default"] is False


def test_hooks_are_read_one_by_one_and_their_events_resent(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    body = {
        "url": f"{fake.base_url}/nowhere",
        "tag_push_events": "true",
        "custom_headers": [{"key": "X-A", "value": "b"}],
    }
    number = owner.post("/groups/1/hooks", json=body).json()["id"]
    fake.tag(acme.library, "v2")
    [record] = fake.wait_for_deliveries()

    assert owner.get(f"/groups/1/hooks/{number}").json()["custom_headers"] == [{"key": "X-A"}]
    assert record.headers["X-A"] == "b"
    resent = owner.post(f"/groups/1/hooks/{number}/events/{record.id}/resend")
    assert resent.status_code == 201
    assert [each.status for each in fake.wait_for_deliveries()] == [404, 404]
    assert owner.post(f"/groups/1/hooks/{number}/events/99/resend").status_code == 404
    assert owner.post(f"/groups/1/hooks/{number}/test/tag_push_events").status_code == 201
    assert owner.get("/projects/1/hooks/77").status_code == 404
    assert owner.get(f"/projects/1/hooks/{number}").status_code == 404
    assert owner.get("/users/1/hooks").status_code == 404


def test_a_hook_without_anything_to_test_is_refused(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    empty = fake.add_project(acme.group, "playground")
    number = owner.post(f"/projects/{empty.id}/hooks", json={"url": "https://receiver.example/"}).json()["id"]

    assert owner.post(f"/projects/{empty.id}/hooks/{number}/test/push_events").status_code == 422


def test_a_project_takes_a_hundred_hooks(owner: ApiClient) -> None:
    body = {"url": "https://receiver.example/"}
    statuses = [owner.post("/projects/1/hooks", json=body).status_code for _ in range(101)]

    assert set(statuses[:100]) == {201}
    assert statuses[100] == 422


@pytest.mark.parametrize("body", [b"[1]", b"no json", b""])
def test_a_body_that_is_no_object_is_refused(owner: ApiClient, body: bytes) -> None:
    answer = owner.post("/projects/1/hooks", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


def test_forms_are_read_like_json(owner: ApiClient) -> None:
    made = owner.post("/projects/1/hooks", data={"url": "https://receiver.example/", "tag_push_events": "true"}).json()

    assert (made["tag_push_events"], made["push_events"]) == (True, True)


def test_a_wrong_method_is_told_apart_from_a_wrong_path(owner: ApiClient) -> None:
    assert owner.send("DELETE", "/groups").status_code == 405
    assert owner.get("/groups/1/nothing").json() == {"error": "404 Not Found"}


def test_the_product_can_be_told_from_outside(fake: FakeGitLab) -> None:
    found = requests.get(f"{fake.base_url}/.well-known/openid-configuration", timeout=10)
    version = requests.get(f"{fake.api_url}/version", timeout=10)

    assert found.json()["issuer"] == fake.base_url
    assert "X-Gitlab-Meta" in found.headers
    assert "X-Gitlab-Meta" in version.headers


def test_deleted_things_are_gone_with_all_that_hung_on_them(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    tools = fake.add_group("tools", parent=acme.group)
    deployer = fake.add_project(tools, "deployer")
    fake.share(deployer, fake.add_group("studio"), Level.REPORTER)
    fake.share(acme.group, tools, Level.REPORTER)
    fake.add_member(deployer, fake.add_user("bob"), Level.DEVELOPER)
    owner.post(f"/projects/{deployer.id}/hooks", json={"url": "https://receiver.example/"})

    fake.delete_group(tools)

    assert owner.get(f"/projects/{deployer.id}").status_code == 404
    assert owner.get(f"/groups/{tools.id}").status_code == 404
    assert (fake.state.shares, fake.state.hooks) == ({}, {})
    assert len(fake.state.memberships) == 1


def test_unknown_names_are_errors_of_the_test(fake: FakeGitLab, acme: Acme) -> None:
    for find in (fake.user, fake.group, fake.project):
        with pytest.raises(KeyError):
            find("nobody/nothing")
    for act in (fake.revoke_token, lambda name: fake.oauth_token(acme.owner, name)):
        with pytest.raises(KeyError):
            act("unknown")
    with pytest.raises(KeyError):
        fake.tag(fake.add_project(acme.group, "playground"), "v1")
    with pytest.raises(RuntimeError):
        _ = FakeGitLab().port
