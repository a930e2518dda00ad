"""Webhooks: made, replaced, tried out; what is sent, to whom, and when no more."""

import hmac
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fakes.bitbucket_dc import DeliveryRecord, FakeBitbucketDataCenter
from tests.unit.fakes.bitbucket_dc.clients import IN_LOGGING, Acme, Client, build_acme
from tests.unit.fakes.clients import Receiver

DATA = Path(__file__).parents[3] / "data" / "bitbucket_dc" / "webhooks"
IN_PROJECT = "/projects/ACME/webhooks"
IN_REPOSITORY = f"{IN_LOGGING}/webhooks"
ALL = ("repo:refs_changed", "repo:modified", "project:modified")


def wish(url: str, *events: str, **more: Any) -> dict[str, Any]:
    configuration = {"configuration": {"secret": "our secret"}}
    return {"name": "Repertory", "url": url, "events": list(events or ALL), "active": True, **configuration, **more}


def make(client: Client, path: str, url: str, *events: str, **more: Any) -> int:
    answer = client.send("POST", path, json=wish(url, *events, **more))
    assert answer.status_code == 200, answer.text
    number: int = answer.json()["id"]
    return number


def published(name: str) -> dict[str, Any]:
    """The body of a published example."""
    found: dict[str, Any] = json.loads(json.loads((DATA / f"{name}.json").read_text())["body"])
    return found


def sent(fake: FakeBitbucketDataCenter) -> DeliveryRecord:
    return fake.wait_for_deliveries()[-1]


def test_a_hook_is_shown_with_its_secret(fake: FakeBitbucketDataCenter, ann: Client, bob: Client) -> None:
    number = make(ann, IN_PROJECT, "https://repertory.example/hooks/1", sslVerificationRequired=True)

    found = ann.get(f"{IN_PROJECT}/{number}").json()

    assert found["configuration"] == {"secret": "our secret"}
    assert (found["scopeType"], found["sslVerificationRequired"], found["active"]) == ("project", True, True)
    assert isinstance(found["createdDate"], int)
    assert "statistics" not in found
    assert bob.get(f"{IN_REPOSITORY}/{number}").status_code == 401
    assert ann.get(f"{IN_REPOSITORY}/{number}").status_code == 404


def test_replacing_drops_what_is_not_sent(ann: Client) -> None:
    url = "https://repertory.example/hooks/1"
    number = make(ann, IN_REPOSITORY, url, sslVerificationRequired=True, credentials={"username": "u", "password": "p"})
    assert ann.get(f"{IN_REPOSITORY}/{number}").json()["credentials"] == {"username": "u"}

    bare = {"name": "Repertory", "url": url, "events": ["repo:modified"]}
    found = ann.send("PUT", f"{IN_REPOSITORY}/{number}", json=bare).json()

    assert (found["configuration"], found["sslVerificationRequired"]) == ({}, False)
    assert found["events"] == ["repo:modified"]
    assert "credentials" not in found


@pytest.mark.parametrize(
    "change",
    [
        {"events": ["repo:refs_changed", "pr:to_ref_updated"]},
        {"events": ["repo:created"]},
        {"events": []},
        {"url": "nonsense"},
        {"name": ""},
    ],
)
def test_one_mistake_fails_the_whole_hook(ann: Client, change: dict[str, Any]) -> None:
    answer = ann.send("POST", IN_PROJECT, json=wish("https://repertory.example/") | change)

    assert answer.status_code == 400
    assert ann.values(IN_PROJECT) == []


def test_capabilities_list_more_than_can_be_had(ann: Client) -> None:
    where = ann.get("/rest/capabilities").json()["capabilities"]["webhooks"]
    listed = ann.get("/rest/webhooks/latest/capabilities").json()["application-webhooks"]

    assert where.endswith("/rest/webhooks/latest/capabilities")
    assert {"repo:refs_changed", "project:modified", "repo:created"} <= set(listed)


def test_hooks_are_found_from_below_and_removed(ann: Client) -> None:
    above = make(ann, IN_PROJECT, "https://repertory.example/1", "repo:modified")
    here = make(ann, IN_REPOSITORY, "https://repertory.example/2")

    both = ann.values(f"{IN_REPOSITORY}/search")
    only = ann.values(f"{IN_REPOSITORY}/search?scopeType=project")
    pushes = ann.values(f"{IN_REPOSITORY}?event=repo:refs_changed")
    gone = ann.send("DELETE", f"{IN_REPOSITORY}/{here}")

    assert {row["id"] for row in both} == {above, here}
    assert [row["id"] for row in only] == [above]
    assert [row["id"] for row in pushes] == [here]
    assert gone.status_code == 204
    assert ann.values(IN_REPOSITORY) == []


def test_a_push_is_signed_over_its_bytes(
    fake: FakeBitbucketDataCenter, acme: Acme, ann: Client, receiver: Receiver
) -> None:
    make(ann, IN_PROJECT, receiver.url, credentials={"username": "u", "password": "p"})
    fake.tag(acme.logging, "v2.0.0", user=acme.bob)

    record = sent(fake)

    [got] = receiver.received
    assert got.headers["X-Hub-Signature"] == "sha256=" + hmac.digest(b"our secret", got.body, "sha256").hex()
    assert got.headers["X-Event-Key"] == "repo:refs_changed"
    assert got.headers["X-Request-Id"] == record.guid
    assert got.headers["Authorization"] == "Basic dTpw"
    assert got.headers["User-Agent"] == "Atlassian HttpClient 4.2.0 / Bitbucket-9.4.3 (9004003) / Default"
    assert record.payload["actor"] == ann.get("/users/bob_birch").json()
    assert record.status == 200


def test_an_annotated_tag_says_its_commit(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    make(ann, IN_PROJECT, "http://127.0.0.1:1/")
    made = fake.tag(acme.logging, "v2.0.0", message="Two")

    body: Any = sent(fake).payload

    assert body["changes"][0]["toHash"] == made
    assert body["toCommit"]["id"] == fake.repository(acme.logging).resolve("v2.0.0") != made


@pytest.mark.parametrize(
    ("example", "refs"),
    [
        ("refs_changed_annotated_tag", {"refs/tags/v1": "annotated"}),
        ("refs_changed_new_branch", {"refs/heads/new": "head"}),
        ("refs_changed_deleted_tag", {"refs/tags/v1.0.0": None}),
        ("refs_changed_push", {"refs/heads/main": "next"}),
    ],
)
def test_what_is_said_of_a_push_is_as_published(
    fake: FakeBitbucketDataCenter, acme: Acme, ann: Client, example: str, refs: dict[str, str | None]
) -> None:
    make(ann, IN_PROJECT, "http://127.0.0.1:1/")
    git = fake.repository(acme.logging)
    head = git.refs["refs/heads/main"]
    following = git.commit({"NEWS": "1"}, branch="main", message="Next", at=None, removed=())
    targets = {"annotated": git.annotated_tag("v1", head, "One"), "head": head, "next": following, None: None}
    fake.push(acme.logging, {name: targets[target] for name, target in refs.items()})

    body: Any = sent(fake).payload

    expected = published(example)
    assert set(body) - {"commits", "toCommit"} == set(expected) - {"commits", "toCommit"}
    assert ("toCommit" in body) is (body["changes"][0]["type"] != "DELETE")
    assert [set(each) for each in body["changes"]] == [set(each) for each in expected["changes"]]
    assert body["changes"][0]["type"] == expected["changes"][0]["type"]
    assert body["changes"][0]["ref"]["type"] == expected["changes"][0]["ref"]["type"]


def test_several_refs_come_together_with_five_commits_at_most(
    fake: FakeBitbucketDataCenter, acme: Acme, ann: Client
) -> None:
    git = fake.repository(acme.logging)
    for number in range(7):
        newest = git.commit({"NEWS": str(number)}, branch="main", message="More", at=None, removed=())
        git.set_ref("refs/heads/main", newest)
    make(ann, IN_PROJECT, "http://127.0.0.1:1/")
    fake.push(acme.logging, {"refs/heads/2.x": newest, "refs/tags/v2": newest})

    body: Any = sent(fake).payload

    assert [each["refId"] for each in body["changes"]] == ["refs/heads/2.x", "refs/tags/v2"]
    assert len(body["commits"]) == 5


def test_new_names_and_keys_are_told(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    make(ann, IN_PROJECT, "http://127.0.0.1:1/")
    fake.rename_repository(acme.logging, "Logs")
    renamed: Any = sent(fake).payload
    fake.rename_project(acme.project, key="NEW", name="New")
    changed: Any = sent(fake).payload

    assert (renamed["eventKey"], renamed["old"]["slug"], renamed["new"]["slug"]) == ("repo:modified", "logging", "logs")
    assert renamed["old"]["id"] == renamed["new"]["id"]
    assert set(renamed) == set(published("repo_modified"))
    assert (changed["old"]["key"], changed["new"]["key"]) == ("ACME", "NEW")
    assert set(changed["new"]) == set(published("project_modified")["new"]) - {"links"}


def test_nothing_else_is_told(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    make(ann, IN_PROJECT, "http://127.0.0.1:1/")

    fake.grant(acme.project, acme.carla, "PROJECT_WRITE")
    fake.add_to_group(acme.team, acme.carla)
    fake.update_repository(acme.logging, archived=True, public=True)
    fake.add_repository(acme.project, "another")
    fake.delete_repository(acme.logging)

    assert fake.wait_for_deliveries() == []


def test_hooks_hear_only_what_they_asked_for(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    other = fake.add_repository(acme.project, "other")
    make(ann, IN_REPOSITORY, "http://127.0.0.1:1/")
    make(ann, IN_PROJECT, "http://127.0.0.1:1/", "repo:modified")
    make(ann, IN_PROJECT, "http://127.0.0.1:1/", active=False)
    fake.commit(other, {"README.md": "Other"})

    assert fake.wait_for_deliveries() == []


def test_trying_out_sends_an_unsigned_ping(ann: Client, receiver: Receiver) -> None:
    number = make(ann, IN_PROJECT, receiver.url)
    header = {"X-Atlassian-Token": "no-check"}

    answer = ann.send("POST", f"{IN_PROJECT}/test", params={"url": receiver.url, "webhookId": number}, headers=header)
    without = ann.send("POST", f"{IN_PROJECT}/test", params={"webhookId": number}, headers=header)

    [got] = receiver.received
    assert (got.body, got.headers["X-Event-Key"]) == (b'{"test": true}', "diagnostics:ping")
    assert "X-Hub-Signature" not in got.headers
    assert answer.json()["response"]["statusCode"] == 200
    assert without.status_code == 500


def test_nothing_is_sent_twice_and_a_broken_circuit_waits(
    fake: FakeBitbucketDataCenter, acme: Acme, ann: Client, receiver: Receiver
) -> None:
    number = make(ann, IN_PROJECT, receiver.url)
    receiver.status = 500

    def push() -> int:
        fake.commit(acme.logging, {"NEWS": str(len(fake.deliveries))})
        return len(fake.wait_for_deliveries())

    assert [push() for _ in range(7)] == [1, 2, 3, 4, 5, 5, 5]
    fake.clock.advance(seconds=11)
    assert [push() for _ in range(2)] == [6, 6]
    fake.clock.advance(seconds=11)
    assert push() == 6
    fake.clock.advance(seconds=11)
    receiver.status = 200
    assert [push() for _ in range(2)] == [7, 8]
    assert fake.state.hooks[number].skipped == 4


def test_attempts_are_counted(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client, receiver: Receiver) -> None:
    number = make(ann, IN_PROJECT, receiver.url, "repo:refs_changed")
    path = f"{IN_PROJECT}/{number}"
    assert ann.get(f"{path}/latest").status_code == 204
    fake.commit(acme.logging, {"NEWS": "1"})
    fake.wait_for_deliveries()
    receiver.status = 404
    fake.commit(acme.logging, {"NEWS": "2"})
    fake.wait_for_deliveries()

    counts = ann.get(f"{path}/statistics").json()["counts"]
    summary = ann.get(f"{path}/statistics/summary").json()["repo:refs_changed"]["counts"]
    latest = ann.get(f"{path}/latest").json()["result"]["outcome"]
    good = ann.get(f"{path}/latest?outcome=SUCCESS&event=repo:refs_changed").json()["result"]["outcome"]

    assert (counts["successes"], counts["failures"], counts["errors"]) == (1, 1, 0)
    assert summary == counts
    assert (latest, good) == ("FAILURE", "SUCCESS")
    assert ann.values(f"{IN_PROJECT}?statistics=true")[0]["statistics"]["repo:refs_changed"]["counts"] == counts


def test_a_delivery_can_be_sent_again(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    make(ann, IN_PROJECT, "http://127.0.0.1:1/")
    fake.commit(acme.logging, {"NEWS": "1"})
    first = sent(fake)

    again = fake.redeliver(first)

    assert again.body == first.body
    assert again.guid != first.guid


@pytest.mark.parametrize(
    ("version", "has_commits", "has_links", "stamp"),
    [("5.16.11", False, False, None), ("9.4.3", True, True, int), ("10.0.1", True, True, str)],
)
def test_versions_say_it_in_their_own_way(
    version: str, has_commits: bool, has_links: bool, stamp: type[object] | None
) -> None:
    with FakeBitbucketDataCenter(version=version) as fake:
        acme = build_acme(fake)
        make(Client(fake, fake.personal_token(acme.ann)), IN_REPOSITORY, "http://127.0.0.1:1/", "repo:refs_changed")
        fake.commit(acme.logging, {"NEWS": "1"})

        body: Any = sent(fake).payload

        assert ("toCommit" in body, "commits" in body) == (has_commits, has_commits)
        assert ("links" in body["repository"]) is has_links
        if stamp is not None:
            assert isinstance(body["toCommit"]["authorTimestamp"], stamp)
        is_first = next(iter(body)) == "eventKey"
        assert is_first is not version.startswith("10.")


def test_an_old_version_has_fewer_hooks() -> None:
    with FakeBitbucketDataCenter(version="7.21.0") as fake:
        acme = build_acme(fake)
        ann = Client(fake, fake.personal_token(acme.ann))

        assert ann.get(IN_PROJECT).json()["status-code"] == 404
        assert ann.send("POST", IN_REPOSITORY, json=wish("http://127.0.0.1:1/")).status_code == 400
        assert make(ann, IN_REPOSITORY, "http://127.0.0.1:1/", "repo:refs_changed", "repo:modified")


def test_a_secret_is_nowhere_in_the_log(fake: FakeBitbucketDataCenter, ann: Client) -> None:
    make(ann, IN_PROJECT, "http://127.0.0.1:1/")

    assert "our secret" not in repr(fake.requests)
    assert "our secret" not in repr(fake.state.hooks)
    assert requests.get(f"{fake.base_url}/_fake/hooks", timeout=10).status_code == 404
