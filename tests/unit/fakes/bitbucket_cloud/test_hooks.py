"""Webhooks: who may make which, and what is sent."""

import json
import re
from typing import Any

import pytest

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud, Repo, sign
from tests.unit.fakes.bitbucket_cloud.clients import Acme, ApiClient
from tests.unit.fakes.clients import Receiver

EVENTS = ["repo:push", "repo:created", "repo:updated", "repo:deleted", "repo:transfer"]


def wish(receiver: Receiver, **changes: object) -> dict[str, object]:
    return {"description": "Ours", "url": receiver.url, "active": True, "secret": "hush", "events": EVENTS} | changes


@pytest.fixture
def hooked(acme: Acme, owner: ApiClient, receiver: Receiver) -> str:
    """The uuid of a hook of the workspace for everything that we know."""
    answer = owner.post(f"{acme.path}/hooks", json=wish(receiver))
    assert answer.status_code == 201
    return str(answer.json()["uuid"])


def bodies(cloud: FakeBitbucketCloud, receiver: Receiver) -> list[Any]:
    cloud.wait_for_deliveries()
    return [json.loads(each.body) for each in receiver.received]


def test_hooks_are_made_changed_and_removed_and_keep_their_secret(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, receiver: Receiver, hooked: str
) -> None:
    path = f"{acme.path}/hooks/{hooked}"
    shown = owner.get(path).json()
    assert (shown["secret_set"], shown["subject_type"], shown["events"]) == (True, "workspace", EVENTS)

    fewer = {"description": "Ours", "url": receiver.url, "events": ["repo:push"]}
    kept = owner.send("PUT", path, json=fewer).json()
    assert (kept["secret_set"], kept["events"]) == (True, ["repo:push"])
    assert cloud.state.hooks[hooked].secret == "hush"
    cleared = owner.send("PUT", path, json=fewer | {"secret": None}).json()
    assert cleared["secret_set"] is False
    assert [each["uuid"] for each in owner.values(f"{acme.path}/hooks")] == [hooked]
    assert "hush" not in str([shown, kept, cleared])

    assert owner.send("DELETE", path).status_code == 204
    assert owner.get(path).status_code == 404


def test_workspace_hooks_are_for_owners_and_repository_hooks_for_admins(
    cloud: FakeBitbucketCloud, acme: Acme, bob: Account, receiver: Receiver
) -> None:
    cloud.add_member(acme.workspace, bob)
    cloud.grant(acme.library, bob, "write")
    api, own = ApiClient.of(cloud, bob), wish(receiver, events=["repo:push"])
    assert api.post(f"{acme.path}/hooks", json=own).status_code == 403
    assert api.post(f"{acme.repository}/hooks", json=own).status_code == 403

    cloud.grant(acme.library, bob, "admin")

    assert api.post(f"{acme.repository}/hooks", json=own).status_code == 201
    assert len(api.values(f"{acme.repository}/hooks")) == 1
    assert ApiClient.of(cloud, acme.owner).values(f"{acme.path}/hooks") == []


def test_hooks_want_the_scopes_of_their_events(cloud: FakeBitbucketCloud, acme: Acme, receiver: Receiver) -> None:
    path = f"{acme.path}/hooks"
    without = ApiClient.through(cloud, acme.owner, "webhook").post(path, json=wish(receiver))
    other = ApiClient.through(cloud, acme.owner, "repository").post(path, json=wish(receiver))
    both = ApiClient.through(cloud, acme.owner, "webhook", "repository").post(path, json=wish(receiver))

    assert (without.status_code, without.json()["error"]["detail"]["required"]) == (403, ["repository"])
    assert (other.status_code, other.json()["error"]["detail"]["required"]) == (403, ["webhook"])
    assert both.status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"events": []},
        {"events": ["repo:exploded"]},
        {"url": ""},
        {"url": "ftp://hooks.example.com"},
    ],
)
def test_hooks_that_make_no_sense_are_refused(
    acme: Acme, owner: ApiClient, receiver: Receiver, changes: dict[str, object]
) -> None:
    assert owner.post(f"{acme.path}/hooks", json=wish(receiver, **changes)).status_code == 400


def test_repositories_do_not_hear_of_their_own_birth(acme: Acme, owner: ApiClient, receiver: Receiver) -> None:
    assert owner.post(f"{acme.repository}/hooks", json=wish(receiver)).status_code == 400


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://127.0.0.1:8000/hooks", 400),
        ("https://10.1.2.3/hooks", 400),
        ("https://repertory/hooks", 400),
        ("https://packages.internal/hooks", 400),
        ("https://packages.example.com/hooks", 201),
    ],
)
def test_addresses_inside_a_company_are_refused(acme: Acme, url: str, status: int) -> None:
    with FakeBitbucketCloud() as strict:
        who, home = strict.add_user("ann"), strict.add_workspace("acme")
        strict.add_member(home, who, "owner")
        body = {"description": "", "url": url, "events": ["repo:push"]}

        answer = ApiClient.of(strict, who).post("/workspaces/acme/hooks", json=body)

        assert answer.status_code == status


def test_the_events_are_public(cloud: FakeBitbucketCloud) -> None:
    api = ApiClient(cloud)
    ours = {each["event"] for each in api.values("/hook_events/workspace")}
    its = {each["event"] for each in api.values("/hook_events/repository")}

    assert ours >= set(EVENTS)
    assert its >= set(EVENTS) - {"repo:created"}
    assert "repo:created" not in its
    assert set(api.get("/hook_events").json()) == {"repository", "workspace"}
    assert api.get("/hook_events/user").status_code == 404


def test_a_push_is_signed_and_tells_every_ref(
    cloud: FakeBitbucketCloud, acme: Acme, hooked: str, receiver: Receiver
) -> None:
    git = cloud.repository(acme.library)
    old = git.resolve("main")
    new = git.commit({"a": "b"}, branch="main", message="More", at=None, removed=())
    cloud.push(acme.library, {"refs/heads/main": new, "refs/heads/2.x": old, "refs/tags/v1.0.0": None})
    [body] = bodies(cloud, receiver)
    [delivery] = receiver.received

    moved, created, deleted = body["push"]["changes"]

    assert (moved["old"]["target"]["hash"], moved["new"]["target"]["hash"]) == (old, new)
    assert [each["hash"] for each in moved["commits"]] == [new]
    assert (created["old"], created["new"]["name"], created["created"]) == (None, "2.x", True)
    assert (deleted["new"], deleted["old"]["type"], deleted["closed"]) == (None, "tag", True)
    assert body["repository"]["uuid"] == acme.library.uuid
    assert "slug" not in body["repository"]
    headers = delivery.headers
    assert (headers["X-Event-Key"], headers["X-Hook-UUID"], headers["X-Attempt-Number"]) == ("repo:push", hooked, "1")
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["X-Request-UUID"])
    assert headers["X-Hub-Signature"] == sign("hush", delivery.body)
    assert headers["User-Agent"] == "Bitbucket-Webhooks/2.0"


def test_annotated_tags_arrive_with_their_commit_and_forced_pushes_say_so(
    cloud: FakeBitbucketCloud, acme: Acme, hooked: str, receiver: Receiver
) -> None:
    git = cloud.repository(acme.library)
    first = git.resolve("main")
    cloud.commit(acme.library, {"a": "b"})
    cloud.push(acme.library, {"refs/heads/main": first})
    cloud.tag(acme.library, "v2.0.0", message="Two")
    cloud.wait_for_deliveries()
    found = {}
    for body in bodies(cloud, receiver):
        [change] = body["push"]["changes"]
        found[change["new"]["name"], change["new"]["target"]["hash"]] = change["forced"], change["new"]["type"]

    assert found["main", first] == (True, "branch")
    assert found["v2.0.0", first] == (False, "tag")
    assert len(found) == 3


def test_repositories_are_followed_from_birth_to_death(
    cloud: FakeBitbucketCloud, acme: Acme, hooked: str, receiver: Receiver
) -> None:
    def told(repo: Repo) -> tuple[str, Any]:
        cloud.wait_for_deliveries()
        last = receiver.received[-1]
        body = json.loads(last.body)
        assert body["repository"]["uuid"] == repo.uuid
        return last.headers["X-Event-Key"], body

    clock = cloud.add_repository(acme.project, "clock", "Clock")
    assert told(clock)[0] == "repo:created"
    cloud.update_repository(clock, slug="time", description="Time")
    event, body = told(clock)
    assert (event, body["changes"]["full_name"]) == ("repo:updated", {"old": "acme/clock", "new": "acme/time"})
    assert body["changes"]["description"] == {"old": "", "new": "Time"}
    cloud.delete_repository(clock)
    assert told(clock)[0] == "repo:deleted"
    cloud.transfer_repository(acme.library, cloud.add_workspace("other"))
    event, body = told(acme.library)
    assert (event, body["repository"]["full_name"]) == ("repo:transfer", "other/logging")
    assert cloud.readers(acme.library) == set()


def test_members_groups_and_grants_are_told_to_nobody(
    cloud: FakeBitbucketCloud, acme: Acme, bob: Account, hooked: str, receiver: Receiver
) -> None:
    cloud.add_member(acme.workspace, bob)
    cloud.grant(acme.library, cloud.add_group(acme.workspace, "backend", members=[bob]), "read")
    cloud.remove_member(acme.workspace, bob)

    assert bodies(cloud, receiver) == []


@pytest.mark.parametrize(("status", "attempts"), [(200, 1), (404, 1), (503, 3)])
def test_only_failures_of_the_receiver_are_tried_again(
    cloud: FakeBitbucketCloud, acme: Acme, hooked: str, receiver: Receiver, status: int, attempts: int
) -> None:
    receiver.status = status

    cloud.tag(acme.library, "v2.0.0")
    records = cloud.wait_for_deliveries()

    assert [each.headers["X-Attempt-Number"] for each in records] == [str(each + 1) for each in range(attempts)]
    assert len({each.headers["X-Request-UUID"] for each in receiver.received}) == 1
    assert [each.status for each in records] == [status] * attempts


def test_what_is_too_large_is_never_sent(
    cloud: FakeBitbucketCloud, acme: Acme, hooked: str, receiver: Receiver
) -> None:
    head = cloud.repository(acme.library).resolve("main")

    cloud.push(acme.library, {f"refs/tags/v2.{number}.0": head for number in range(300)})

    assert bodies(cloud, receiver) == []
    assert [(hook, event) for hook, event, size in cloud.dropped_hooks if size > 256 * 1024] == [(hooked, "repo:push")]


def test_a_hook_that_is_off_hears_nothing_and_a_delivery_can_be_sent_again(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, hooked: str, receiver: Receiver
) -> None:
    cloud.tag(acme.library, "v2.0.0")
    [record] = cloud.wait_for_deliveries()
    again = cloud.redeliver(record)
    assert (again.body, again.guid == record.guid) == (record.body, False)
    owner.send("PUT", f"{acme.path}/hooks/{hooked}", json=wish(receiver, active=False))

    cloud.tag(acme.library, "v3.0.0")

    assert len(cloud.wait_for_deliveries()) == 2
    del cloud.state.hooks[hooked]
    with pytest.raises(KeyError):
        cloud.redeliver(record)
