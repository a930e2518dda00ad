"""The fake as a process of its own, steered from outside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.fakes.bitbucket_cloud import FakeBitbucketCloud
from tests.fakes.bitbucket_cloud.companies import small_company
from tests.fakes.parts.keeping import load, save
from tests.unit.fakes.bitbucket_cloud.clients import ApiClient, build_acme
from tests.unit.fakes.clients import Receiver
from tests.unit.fakes.steering import act, look, started, stopped


@pytest.fixture
def steered() -> Iterator[FakeBitbucketCloud]:
    with FakeBitbucketCloud(allow_control=True, allow_local_hooks=True) as fake:
        small_company(fake)
        yield fake


def test_control_is_closed_unless_opened(cloud: FakeBitbucketCloud) -> None:
    assert requests.get(f"{cloud.base_url}/_fake/state", timeout=10).status_code == 404


def test_code_can_be_changed(steered: FakeBitbucketCloud) -> None:
    path = "acme/logging"
    commit = act(steered, "commit", repository=path, files={"NEWS.md": "3"}, message="Three")["id"]
    assert act(steered, "tag", repository=path, name="v3.0.0")["id"] == commit
    act(steered, "delete_ref", repository=path, ref="refs/tags/v1.0.0")
    act(steered, "delete_repository", repository="acme/clock")
    act(steered, "rename_repository", repository=path, slug="log")

    found = {each["path"]: each["refs"] for each in look(steered, "state")["repositories"]}

    assert found["acme/log"]["refs/tags/v3.0.0"] == commit
    assert "refs/tags/v1.0.0" not in found["acme/log"]
    assert "acme/clock" not in found


def test_people_can_be_moved(steered: FakeBitbucketCloud) -> None:
    path = "acme/security"
    act(steered, "grant", source=path, user="mia", permission="read")
    assert "mia" in look(steered, "readers")[path]
    act(steered, "revoke", source=path, user="mia")
    act(steered, "add_to_group", group="acme/platform", user="eve")
    act(steered, "remove_from_group", group="acme/platform", user="omar")
    act(steered, "set_state", user="gil", state="inactive")
    act(steered, "remove_member", workspace="acme", user="kim")
    assert look(steered, "readers")[path] == ["ann", "eve"]

    act(steered, "grant", source="acme/PLAT", group="acme/backend", permission="read")
    act(steered, "add_member", workspace="acme", user="lena", permission="owner")

    assert look(steered, "readers")[path] == ["ann", "bob", "carla", "eve", "lena"]


def test_hooks_and_deliveries_are_shown_without_secrets(steered: FakeBitbucketCloud, receiver: Receiver) -> None:
    given = act(steered, "personal_token", user="ann")
    body = {"description": "", "url": receiver.url, "events": ["repo:push"], "secret": "hook-secret"}
    ApiClient(steered, given["token"], email=given["email"]).post("/workspaces/acme/hooks", json=body)
    act(steered, "tag", repository="acme/logging", name="v3.0.0")
    steered.wait_for_deliveries()

    [hook], [delivery] = look(steered, "hooks"), look(steered, "deliveries")

    assert hook["url"] == receiver.url
    assert (delivery["event"], delivery["status"]) == ("repo:push", 200)
    assert "hook-secret" not in json.dumps([hook, delivery])


def test_consumers_and_the_old_api_can_be_set(steered: FakeBitbucketCloud) -> None:
    made = act(steered, "application", redirect_uri="http://localhost:1/callback", workspace="acme")
    act(steered, "turn_off_groups", status=404)

    assert set(made) == {"client_id", "secret"}
    assert steered.core.groups_status == 404


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("tag", {"repository": "acme/none", "name": "v1"}, 400),
        ("commit", {"repository": "acme/logging", "files": "x"}, 400),
        ("add_member", {"workspace": "acme", "user": "ann", "permission": "king"}, 400),
        ("set_state", {"user": "ann", "state": "gone"}, 400),
        ("grant", {"source": "acme/none", "user": "ann", "permission": "read"}, 400),
        ("nothing", {}, 404),
    ],
)
def test_mistakes_are_answered(steered: FakeBitbucketCloud, name: str, body: dict[str, str], status: int) -> None:
    assert requests.post(f"{steered.base_url}/_fake/{name}", json=body, timeout=10).status_code == status


def test_a_kept_world_goes_on_with_its_steady_consumer(tmp_path: Path) -> None:
    options = ("--keep", str(tmp_path / "world"), "--allow-control", "--steady", "demo")
    seen, port = [], "0"
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        process, facts = started(
            "bitbucket_cloud", folder, "--port", port, "--redirect-uri", f"http://localhost:{number}/x", *options
        )
        port = facts["base_url"].rpartition(":")[2]
        body = {"repository": "acme/logging", "name": f"v9.{number}.0"}
        requests.post(f"{facts['base_url']}/_fake/tag", json=body, timeout=10)
        state = requests.get(f"{facts['base_url']}/_fake/state", timeout=10).json()
        refs = {each["path"]: each["refs"] for each in state["repositories"]}["acme/logging"]
        output, code = stopped(process)
        seen.append((facts["client_id"], facts["secret"], set(refs), code, facts["client_id"] in output))

    first, second = seen
    assert first[:2] == second[:2]
    assert second[2] == first[2] | {"refs/tags/v9.1.0"}
    assert first[3:] == second[3:] == (0, True)


def test_the_command_can_be_empty(tmp_path: Path) -> None:
    process, facts = started("bitbucket_cloud", tmp_path, "--company", "none", "--base-url", "http://127.0.0.1:1/cloud")

    output, code = stopped(process)

    assert facts["base_url"] == "http://127.0.0.1:1/cloud"
    assert "client_id" not in facts
    assert (code, "WORKSPACE/workspace/settings/oauth-consumers/new" in output) == (0, True)


def test_people_and_grants_survive_a_kept_world(tmp_path: Path) -> None:
    world = tmp_path / "world"
    with FakeBitbucketCloud() as first:
        acme = build_acme(first)
        token, port = first.personal_token(acme.owner), first.port
        save(first.core, world)

    with FakeBitbucketCloud(port=port) as second:
        assert load(second.core, world)
        api = ApiClient(second, token, email=acme.owner.primary_email)

        assert api.get(f"{acme.repository}/src/main/composer.json").status_code == 200
        assert second.readers(second.repo("acme/logging")) == {acme.owner.uuid}
        assert second.add_user("new").number == 2
