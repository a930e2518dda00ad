"""What hooks are told, and of what they are not."""

import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from tests.fakes.github import FakeGitHub, sign
from tests.unit.fakes.clients import Receiver
from tests.unit.fakes.github.clients import Acme, ApiClient

Change = Callable[[FakeGitHub, Acme], object]


@pytest.fixture
def hooked(github: FakeGitHub, acme: Acme, owner: ApiClient, receiver: Receiver) -> FakeGitHub:
    """With a hook of the organization that hears everything."""
    config = {"url": receiver.url, "content_type": "json", "secret": "geheim"}
    answer = owner.send("POST", "/orgs/acme/hooks", json={"name": "web", "events": ["*"], "config": config})
    assert answer.status_code == 201
    github.wait_for_deliveries()
    github.deliveries.clear()
    return github


def told(fake: FakeGitHub) -> list[str]:
    """The events since then, with their actions."""
    rows = fake.wait_for_deliveries()
    return [f"{each.event}:{each.payload['action']}" if "action" in each.payload else each.event for each in rows]


CHANGES: dict[str, tuple[Change, list[str]]] = {
    "commit": (lambda fake, acme: fake.commit(acme.library, {"x": "y"}), ["push"]),
    "branch": (lambda fake, acme: fake.commit(acme.library, {"x": "y"}, branch="b"), ["create", "push"]),
    "tag": (lambda fake, acme: fake.tag(acme.library, "v2"), ["create", "push"]),
    "tag deleted": (lambda fake, acme: fake.delete_tag(acme.library, "v1.0.0"), ["delete", "push"]),
    "release": (lambda fake, acme: fake.release(acme.library, "v1.0.0"), ["release:published"]),
    "repository": (lambda fake, acme: fake.add_repo(acme.organization, "x"), ["repository:created"]),
    "renamed": (lambda fake, acme: fake.rename_repo(acme.library, "x"), ["repository:renamed"]),
    "archived": (lambda fake, acme: fake.update_repo(acme.library, archived=True), ["repository:archived"]),
    "description": (lambda fake, acme: fake.update_repo(acme.library, description="x"), ["repository:edited"]),
    "public": (
        lambda fake, acme: fake.update_repo(acme.library, visibility="public"),
        ["repository:publicized", "public"],
    ),
    "deleted": (lambda fake, acme: fake.delete_repo(acme.library), ["repository:deleted"]),
    "member": (
        lambda fake, acme: fake.add_member(acme.organization, fake.add_user("zoe")),
        ["organization:member_added"],
    ),
    "invited": (
        lambda fake, acme: fake.add_member(acme.organization, fake.add_user("zoe"), state="pending"),
        ["organization:member_invited"],
    ),
    "member gone": (
        lambda fake, acme: fake.remove_member(acme.organization, acme.bob),
        ["organization:member_removed"],
    ),
    "role": (lambda fake, acme: fake.add_member(acme.organization, acme.bob, role="admin"), []),
    "base permission": (lambda fake, acme: fake.set_base_permission(acme.organization, "admin"), []),
    "user renamed": (lambda fake, acme: fake.rename_user(acme.bob, "robert"), []),
    "organization renamed": (
        lambda fake, acme: fake.rename_organization(acme.organization, "apex"),
        ["organization:renamed"],
    ),
    "team": (lambda fake, acme: fake.add_team(acme.organization, "X"), ["team:created"]),
    "team edited": (lambda fake, acme: fake.update_team(acme.backend, name="X"), ["team:edited"]),
    "team deleted": (lambda fake, acme: fake.delete_team(acme.backend), ["membership:removed", "team:deleted"]),
    "team member": (lambda fake, acme: fake.add_team_member(acme.backend, acme.ann), ["membership:added"]),
    "team member gone": (lambda fake, acme: fake.remove_team_member(acme.backend, acme.bob), ["membership:removed"]),
    "team role": (lambda fake, acme: fake.add_team_repo(acme.backend, acme.library, "pull"), ["team:edited"]),
    "team out": (
        lambda fake, acme: fake.remove_team_repo(acme.backend, acme.library),
        ["team:removed_from_repository"],
    ),
    "collaborator": (lambda fake, acme: fake.add_collaborator(acme.library, acme.bob), ["member:added"]),
    "collaborator edited": (
        lambda fake, acme: fake.add_collaborator(acme.library, acme.eve, "push"),
        ["member:edited"],
    ),
    "collaborator gone": (lambda fake, acme: fake.remove_collaborator(acme.library, acme.eve), ["member:removed"]),
    "default branch": (lambda fake, acme: fake.set_default_branch(acme.library, "x"), ["repository:edited"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_are_told(hooked: FakeGitHub, acme: Acme, name: str) -> None:
    change, expected = CHANGES[name]

    change(hooked, acme)

    assert told(hooked) == expected


def test_a_team_in_a_repository_is_told_twice(hooked: FakeGitHub, acme: Acme) -> None:
    hooked.add_team_repo(hooked.add_team(acme.organization, "X"), acme.library)

    assert told(hooked) == ["team:created", "team:added_to_repository", "team_add"]


def test_more_than_three_tags_at_once_are_told_to_nobody(hooked: FakeGitHub, acme: Acme) -> None:
    head = hooked.repository(acme.library).refs["refs/heads/main"]

    hooked.push(acme.library, {f"refs/tags/v2.{number}": head for number in range(4)} | {"refs/heads/b": head})
    assert told(hooked) == ["create", "push"]

    hooked.push(acme.library, {f"refs/tags/v3.{number}": head for number in range(3)})
    assert len(told(hooked)) == 2 + 3 * 2


def test_only_the_receiving_organization_hears_of_a_transfer(hooked: FakeGitHub, acme: Acme) -> None:
    hooked.transfer_repo(acme.library, hooked.add_organization("beta", owner=acme.ann))

    assert told(hooked) == []


def test_deliveries_are_signed_over_their_bytes(hooked: FakeGitHub, acme: Acme, receiver: Receiver) -> None:
    hooked.commit(acme.library, {"x": "y"})
    hooked.wait_for_deliveries()

    got = receiver.received[-1]
    assert got.headers["X-Hub-Signature-256"] == "sha256=" + hmac.new(b"geheim", got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-GitHub-Event"] == "push"
    assert got.headers["X-GitHub-Hook-Installation-Target-Type"] == "organization"
    assert got.headers["X-GitHub-Hook-Installation-Target-ID"] == str(acme.organization.id)
    assert got.headers["X-GitHub-Enterprise-Version"] == "3.17.0"
    assert json.loads(got.body)["commits"][0]["added"] == ["x"]


def test_the_signature_is_that_of_the_documentation() -> None:
    found = sign("It's a Secret to Everybody", b"Hello, World!")

    assert found["X-Hub-Signature-256"] == ("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")


def test_the_other_content_type_is_a_form(github: FakeGitHub, acme: Acme, owner: ApiClient, receiver: Receiver) -> None:
    owner.send("POST", f"{acme.repo}/hooks", json={"config": {"url": receiver.url}})
    [ping] = github.wait_for_deliveries()

    [got] = receiver.received
    assert got.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(parse_qs(got.body.decode())["payload"][0]) == ping.payload
    assert "X-Hub-Signature-256" not in got.headers


def test_a_removed_hook_hears_of_its_end(hooked: FakeGitHub, owner: ApiClient) -> None:
    owner.send("DELETE", "/orgs/acme/hooks/1")

    assert told(hooked) == ["meta:deleted"]


def test_hooks_of_applications_that_are_not_approved_stay_silent(github: FakeGitHub, acme: Acme) -> None:
    client = github.application(redirect_uri="http://localhost/x")
    api = ApiClient(github, github.oauth_token(acme.ann, client.client_id))
    api.send("POST", "/orgs/acme/hooks", json={"config": {"url": "http://127.0.0.1:9/"}, "events": ["push"]})
    github.wait_for_deliveries()

    github.restrict_applications(acme.organization)
    github.commit(acme.library, {"x": "y"})
    assert len(github.wait_for_deliveries()) == 1

    github.restrict_applications(acme.organization, approved=[client.client_id])
    github.commit(acme.library, {"x": "z"})
    assert len(github.wait_for_deliveries()) == 2


def test_a_delivery_can_be_repeated_by_hand(hooked: FakeGitHub, acme: Acme, receiver: Receiver) -> None:
    hooked.commit(acme.library, {"x": "y"})
    [record] = hooked.wait_for_deliveries()

    again = hooked.redeliver(record)

    assert (again.guid, again.is_redelivery) == (record.guid, True)


def test_changes_of_people_say_what_was_before(hooked: FakeGitHub, acme: Acme) -> None:
    hooked.add_collaborator(acme.library, acme.eve, "push")
    hooked.add_member(acme.organization, acme.eve, state="pending")

    edited, invited = (each.payload for each in hooked.wait_for_deliveries())

    assert edited["changes"] == {
        "old_permission": {"from": "triage"},
        "permission": {"from": "triage", "to": "write"},
        "role_name": {"to": "write"},
    }
    assert isinstance(invited["invitation"], dict)
    assert (invited["invitation"]["login"], "membership" in invited) == ("eve", False)


def test_a_tenant_names_itself(receiver: Receiver) -> None:
    with FakeGitHub(version=None, tenant="acme") as fake:
        ann = fake.add_user("ann")
        fake.add_organization("acme", owner=ann)
        config = {"url": receiver.url, "content_type": "json"}
        ApiClient.of(fake, ann).send("POST", "/orgs/acme/hooks", json={"config": config})
        fake.wait_for_deliveries()

    [got] = receiver.received
    assert got.headers["X-GitHub-Tenant"] == "acme"
    assert "X-GitHub-Enterprise-Host" not in got.headers
