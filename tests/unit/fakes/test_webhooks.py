"""Hooks are configured by GitLab's rules and deliver what it documents."""

import base64
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.gitlab import FakeGitLab, Level, sign
from tests.fakes.parts.clock import Clock
from tests.unit.fakes.clients import Acme, ApiClient, Received, Receiver, facts
from tests.unit.fakes.git_client import git, url

HEADERS = facts("webhooks/headers.json")
ALL_GROUP_EVENTS = ("tag_push_events", "releases_events", "member_events", "subgroup_events", "project_events")
SYSTEM_EVENTS = ("push_events", "tag_push_events", "repository_update_events")


def hook(client: ApiClient, receiver: Receiver, path: str, *events: str, **more: Any) -> int:
    answer = client.post(path, json={"url": receiver.url, "token": "hook-secret"} | dict.fromkeys(events, True) | more)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def delivered(fake: FakeGitLab, receiver: Receiver) -> list[Received]:
    fake.wait_for_deliveries()
    return receiver.received


def bodies(fake: FakeGitLab, receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in delivered(fake, receiver)]


@pytest.fixture
def admin(fake: FakeGitLab, acme: Acme) -> ApiClient:
    return ApiClient(fake, fake.personal_token(fake.add_user("root", is_admin=True)))


def test_a_delivery_has_the_documented_headers(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver
) -> None:
    hook(owner, receiver, "/projects/1/hooks", "tag_push_events")

    fake.tag(acme.library, "v1.1.0")

    [received] = delivered(fake, receiver)
    assert HEADERS["always"].keys() <= received.headers.keys()
    assert received.headers["X-Gitlab-Event"] == "Tag Push Hook"
    assert received.headers["X-Gitlab-Token"] == "hook-secret"
    assert received.headers["X-Gitlab-Instance"] == fake.base_url
    assert not received.headers.keys() & set(HEADERS["with_a_signing_token_since_19"])


SCENES: dict[str, tuple[str, Callable[[FakeGitLab, Acme], object]]] = {
    "push": ("Push Hook", lambda fake, acme: fake.commit(acme.library, {"src/Log.php": "<?php // 2\n"})),
    "push_new_branch": ("Push Hook", lambda fake, acme: fake.commit(acme.library, {"x": "y"}, branch="feature/x")),
    "push_deleted_branch": ("Push Hook", lambda fake, acme: fake.delete_branch(acme.library, "main")),
    "tag_push": ("Tag Push Hook", lambda fake, acme: fake.tag(acme.library, "v1.1.0")),
    "tag_push_deleted": ("Tag Push Hook", lambda fake, acme: fake.delete_tag(acme.library, "v1.0.0")),
    "release": ("Release Hook", lambda fake, acme: fake.release(acme.library, "v1.0.0")),
    "member_add": ("Member Hook", lambda fake, acme: fake.add_member(acme.group, fake.add_user("bob"))),
    "member_update": ("Member Hook", lambda fake, acme: fake.update_member(acme.group, acme.owner, level=40)),
    "member_remove": ("Member Hook", lambda fake, acme: fake.remove_member(acme.group, acme.owner)),
    "subgroup_create": ("Subgroup Hook", lambda fake, acme: fake.add_group("tools", parent=acme.group)),
    "subgroup_destroy": ("Subgroup Hook", lambda fake, acme: fake.delete_group(fake.group("acme/part"))),
    "project_create": ("Project Hook", lambda fake, acme: fake.add_project(acme.group, "clock")),
    "project_destroy": ("Project Hook", lambda fake, acme: fake.delete_project(acme.library)),
}


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_a_group_hook_gets_the_documented_body(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver, scene: str
) -> None:
    published = facts(f"webhooks/{scene}.json")
    event, act = SCENES[scene]
    fake.add_group("part", parent=acme.group)
    hook(owner, receiver, "/groups/1/hooks", *ALL_GROUP_EVENTS)

    act(fake, acme)

    [received] = delivered(fake, receiver)
    body = json.loads(received.body)
    assert received.headers["X-Gitlab-Event"] == event == published["event"]
    assert published["payload"].keys() <= body.keys()
    assert body.get("event_name") == published["payload"].get("event_name")
    assert body.get("object_kind") == published["payload"].get("object_kind")
    for part in ("project", "repository"):
        assert published["payload"].get(part, {}).keys() <= body.get(part, {}).keys()


SYSTEM_SCENES: dict[str, Callable[[FakeGitLab, Acme], object]] = {
    "push": lambda fake, acme: fake.commit(acme.library, {"x": "y"}),
    "tag_push": lambda fake, acme: fake.tag(acme.library, "v1.1.0"),
    "repository_update": lambda fake, acme: fake.tag(acme.library, "v1.1.0"),
    "project_create": lambda fake, acme: fake.add_project(acme.group, "clock"),
    "project_destroy": lambda fake, acme: fake.delete_project(acme.library),
    "project_rename": lambda fake, acme: fake.move_project(acme.library, path="records"),
    "project_transfer": lambda fake, acme: fake.move_project(acme.library, group=fake.group("acme/part")),
    "project_update": lambda fake, acme: fake.update_project(acme.library, archived=True),
    "group_create": lambda fake, acme: fake.add_group("tools", parent=acme.group),
    "group_destroy": lambda fake, acme: fake.delete_group(fake.group("acme/part")),
    "group_rename": lambda fake, acme: fake.rename_group(acme.group, "apex"),
    "user_add_to_group": lambda fake, acme: fake.add_member(acme.group, fake.add_user("bob")),
    "user_update_for_group": lambda fake, acme: fake.update_member(acme.group, acme.owner, level=40),
    "user_remove_from_group": lambda fake, acme: fake.remove_member(acme.group, acme.owner),
    "user_add_to_team": lambda fake, acme: fake.add_member(acme.library, fake.add_user("bob")),
    "user_destroy": lambda fake, acme: fake.delete_user(acme.owner),
}


@pytest.mark.parametrize("scene", sorted(SYSTEM_SCENES))
def test_a_system_hook_gets_the_documented_body(
    fake: FakeGitLab, acme: Acme, admin: ApiClient, receiver: Receiver, scene: str
) -> None:
    published = facts(f"webhooks/system_{scene}.json")["payload"]
    fake.add_group("part", parent=acme.group)
    hook(admin, receiver, "/hooks", *SYSTEM_EVENTS)

    SYSTEM_SCENES[scene](fake, acme)

    received = delivered(fake, receiver)
    found = next(body for each in received if (body := json.loads(each.body))["event_name"] == scene)
    optional = {"owner_email", "owner_name"}  # groups have none
    assert published.keys() - optional <= found.keys()
    assert {each.headers["X-Gitlab-Event"] for each in received} == {"System Hook"}


def test_a_system_push_carries_no_commits_and_no_project_id_inside(
    fake: FakeGitLab, acme: Acme, admin: ApiClient, receiver: Receiver
) -> None:
    hook(admin, receiver, "/hooks", "tag_push_events")

    fake.tag(acme.library, "v1.1.0")

    [body] = bodies(fake, receiver)
    assert (body["commits"], body["project_id"]) == ([], acme.library.id)
    assert "id" not in body["project"]
    assert "object_kind" not in body


def test_a_push_tells_the_commits_between(fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver) -> None:
    hook(owner, receiver, "/projects/1/hooks", "push_events")
    before = fake.repository(acme.library).resolve("HEAD")

    after = fake.commit(acme.library, {"src/Log.php": "changed", "new.md": "new"}, removed=("composer.json",))

    [body] = bodies(fake, receiver)
    assert (body["before"], body["after"], body["checkout_sha"]) == (before, after, after)
    assert body["total_commits_count"] == 1
    [commit] = body["commits"]
    assert (commit["added"], commit["modified"], commit["removed"]) == (["new.md"], ["src/Log.php"], ["composer.json"])


def test_many_commits_are_cut_to_the_newest_twenty(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver
) -> None:
    hook(owner, receiver, "/projects/1/hooks", "push_events")
    repository = fake.repository(acme.library)
    for number in range(25):
        head = repository.commit({"n": str(number)}, branch="main", message=f"Step {number}", at=None, removed=())
        repository.set_ref("refs/heads/next", head)
        repository.refs["refs/heads/main"], tip = head, head
    base = repository.history(tip, None, 26)[-1].id
    repository.refs["refs/heads/main"] = base

    fake.push(acme.library, {"refs/heads/main": tip})

    [body] = bodies(fake, receiver)
    assert (len(body["commits"]), body["total_commits_count"]) == (20, 25)
    assert body["commits"][-1]["title"] == "Step 24"


@pytest.mark.parametrize(("count", "heard"), [(3, 3), (4, 0)])
def test_a_push_of_more_than_three_refs_is_not_told(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver, count: int, heard: int
) -> None:
    hook(owner, receiver, "/projects/1/hooks", "tag_push_events")
    head = fake.repository(acme.library).resolve("HEAD")

    fake.push(acme.library, {f"refs/tags/t{number}": head for number in range(count)})

    assert len(delivered(fake, receiver)) == heard
    assert f"refs/tags/t{count - 1}" in fake.repository(acme.library).refs


def test_only_ticked_events_and_own_projects_are_told(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver
) -> None:
    other = fake.add_project(acme.group, "clock")
    fake.commit(other, {"composer.json": "{}"})
    hook(owner, receiver, "/projects/1/hooks", push_events=False, tag_push_events=True)

    fake.commit(acme.library, {"x": "y"})
    fake.tag(other, "v1")
    fake.tag(acme.library, "v2")

    assert [body["ref"] for body in bodies(fake, receiver)] == ["refs/tags/v2"]


def test_group_hooks_hear_of_subgroups_but_not_of_project_members(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver
) -> None:
    tools = fake.add_group("tools", parent=acme.group)
    project = fake.add_project(tools, "deployer")
    hook(owner, receiver, "/groups/1/hooks", *ALL_GROUP_EVENTS)

    bob = fake.add_user("bob")
    fake.add_member(project, bob, Level.DEVELOPER)
    fake.add_member(tools, bob, Level.MAINTAINER)
    fake.block(bob)

    [body] = bodies(fake, receiver)
    assert (body["group_id"], body["user_id"], body["group_access"]) == (tools.id, bob.id, "Maintainer")


def test_a_signing_token_signs_from_version_nineteen_on(receiver: Receiver) -> None:
    key = base64.b64encode(b"k" * 32).decode()
    with FakeGitLab(version="19.0.0-ee") as fake:
        admin = ApiClient(fake, fake.personal_token(fake.add_user("root", is_admin=True)))
        group = fake.add_group("acme")
        library = fake.add_project(group, "logging")
        fake.commit(library, {"composer.json": "{}"})
        made = admin.post(
            "/projects/1/hooks",
            json={"url": receiver.url, "tag_push_events": True, "signing_token": f"whsec_{key}"},
        ).json()

        fake.tag(library, "v1")

        [received] = delivered(fake, receiver)
    assert (made["token_present"], made["signing_token_present"]) == (False, True)
    content = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode() + received.body
    expected = base64.b64encode(hmac.digest(b"k" * 32, content, "sha256")).decode()
    assert received.headers["webhook-signature"] == f"v1,{expected}"
    assert received.headers["webhook-id"] == received.headers["Idempotency-Key"]
    assert "X-Gitlab-Token" not in received.headers


def test_older_servers_ignore_a_signing_token(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver
) -> None:
    hook(owner, receiver, "/projects/1/hooks", "tag_push_events", signing_token="whsec_aaaa")

    fake.tag(acme.library, "v2")

    [received] = delivered(fake, receiver)
    assert "webhook-signature" not in received.headers
    assert "signing_token_present" not in owner.get("/projects/1/hooks").text


def test_the_published_vector_is_signed_alike() -> None:
    vector = facts("webhooks/signed.json")
    expected = {name: vector["headers"][name] for name in HEADERS["with_a_signing_token_since_19"]}
    clock = Clock()
    clock.advance(seconds=int(expected["webhook-timestamp"]) - clock.now().timestamp() + 0.5)

    made = sign(vector["signing_token"], expected["webhook-id"], clock.now(), vector["body"].encode())

    assert made == expected


def test_a_redelivery_has_the_same_key_and_body(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver
) -> None:
    hook(owner, receiver, "/projects/1/hooks", "tag_push_events")
    fake.tag(acme.library, "v2")
    [record] = fake.wait_for_deliveries()

    again = fake.redeliver(record)

    first, second = receiver.received
    assert again.status == 200
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


def test_the_log_tells_what_came_back(fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver) -> None:
    number = hook(owner, receiver, "/projects/1/hooks", "tag_push_events")
    receiver.status = 503
    fake.tag(acme.library, "v2")
    fake.wait_for_deliveries()
    receiver.close()

    fake.tag(acme.library, "v3")

    assert [(each.status, bool(each.error)) for each in fake.wait_for_deliveries()] == [(503, False), (None, True)]
    events = owner.get(f"/projects/1/hooks/{number}/events").json()
    assert [each["response_status"] for each in events] == ["internal error", "503"]
    assert "hook-secret" not in json.dumps(events)


def test_failing_hooks_are_switched_off_where_that_is_on(receiver: Receiver) -> None:
    with FakeGitLab(auto_disable_hooks=True) as fake:
        admin = ApiClient(fake, fake.personal_token(fake.add_user("root", is_admin=True)))
        library = fake.add_project(fake.add_group("acme"), "logging")
        fake.commit(library, {"composer.json": "{}"})
        hook(admin, receiver, "/projects/1/hooks", "tag_push_events")
        receiver.status = 500
        for number in range(6):
            fake.tag(library, f"v{number}")
            fake.wait_for_deliveries()

        assert len(receiver.received) == 4
        assert admin.get("/projects/1/hooks").json()[0]["alert_status"] == "temporarily_disabled"

        fake.clock.advance(minutes=2)
        receiver.status = 200
        fake.tag(library, "later")
        fake.wait_for_deliveries()

        assert admin.get("/projects/1/hooks").json()[0]["alert_status"] == "executable"


def test_changing_the_address_of_a_hook_drops_its_token(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver
) -> None:
    number = hook(owner, receiver, "/projects/1/hooks", "tag_push_events")
    path = f"/projects/1/hooks/{number}"
    assert owner.send("PUT", path, json={"tag_push_events": True}).status_code == 400
    owner.send("PUT", path, json={"url": f"{receiver.url}?moved"})

    fake.tag(acme.library, "v2")

    assert "X-Gitlab-Token" not in delivered(fake, receiver)[0].headers


def test_the_same_address_can_be_hooked_twice_and_removed_once(
    fake: FakeGitLab, owner: ApiClient, receiver: Receiver
) -> None:
    first, second = (hook(owner, receiver, "/projects/1/hooks", "tag_push_events") for _ in range(2))
    path = f"/projects/1/hooks/{first}"

    assert first != second
    assert [owner.send("DELETE", path).status_code, owner.send("DELETE", path).status_code] == [204, 404]
    assert [each["id"] for each in owner.get("/projects/1/hooks").json()] == [second]


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "http://localhost/x", "http://10.1.2.3/x"])
def test_local_addresses_are_refused_where_that_is_on(address: str) -> None:
    error = facts("errors.json")["refused_hook_address"]
    with FakeGitLab(block_local_hooks=True) as fake:
        admin = ApiClient(fake, fake.personal_token(fake.add_user("root", is_admin=True)))
        fake.add_project(fake.add_group("acme"), "logging")

        refused = admin.post("/projects/1/hooks", json={"url": address})

        assert (refused.status_code, refused.json()) == (error["status"], error["body"])
        assert admin.post("/hooks", json={"url": address}).status_code == 201


@pytest.mark.parametrize("address", ["ftp://receiver.example/x", "receiver.example", "https://"])
def test_an_address_that_is_none_is_refused(owner: ApiClient, address: str) -> None:
    assert owner.post("/projects/1/hooks", json={"url": address}).status_code == 422


def test_the_test_button_sends_a_push(fake: FakeGitLab, owner: ApiClient, receiver: Receiver) -> None:
    number = hook(owner, receiver, "/projects/1/hooks", "push_events")

    answer = owner.post(f"/projects/1/hooks/{number}/test/push_events")

    assert answer.status_code == 201
    assert [body["object_kind"] for body in bodies(fake, receiver)] == ["push"]


def test_a_push_over_http_is_told_in_the_name_of_the_pusher(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, receiver: Receiver, tmp_path: Path
) -> None:
    hook(owner, receiver, "/projects/1/hooks", "tag_push_events")
    bob = fake.add_user("bob")
    fake.add_member(acme.library, bob, Level.DEVELOPER)
    token = fake.personal_token(bob, ["write_repository"])
    git(tmp_path, "clone", "-q", url(fake, token), "copy")
    git(tmp_path / "copy", "tag", "v7")

    git(tmp_path / "copy", "push", "-q", "origin", "v7")

    [body] = bodies(fake, receiver)
    assert (body["ref"], body["user_id"], body["user_username"]) == ("refs/tags/v7", bob.id, "bob")
