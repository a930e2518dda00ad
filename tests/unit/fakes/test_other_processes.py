"""The fake as a process of its own, steered from outside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.fakes.company import small_company
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.parts.keeping import load, save
from tests.unit.fakes.clients import ApiClient, Receiver, build_acme
from tests.unit.fakes.git_client import git, url
from tests.unit.fakes.steering import act, look, started, stopped


@pytest.fixture
def steered() -> Iterator[FakeGitLab]:
    with FakeGitLab(allow_control=True) as fake:
        small_company(fake)
        yield fake


def test_control_is_closed_unless_opened(fake: FakeGitLab) -> None:
    assert requests.get(f"{fake.base_url}/_fake/state", timeout=10).status_code == 404


def test_code_can_be_committed_tagged_and_removed(steered: FakeGitLab) -> None:
    project = "acme/backend/logging"
    commit = act(steered, "commit", project=project, files={"NEWS.md": "3"}, message="Three")["id"]
    assert act(steered, "tag", project=project, name="v3.0.0")["id"] == commit
    act(steered, "delete_ref", project=project, ref="refs/tags/v1.0.0")

    [found] = [each for each in look(steered, "state")["projects"] if each["path"] == project]

    assert found["refs"]["refs/tags/v3.0.0"] == commit
    assert "refs/tags/v1.0.0" not in found["refs"]


def test_people_can_be_added_changed_blocked_and_removed(steered: FakeGitLab) -> None:
    project = "acme/platform/security"
    act(steered, "add_member", source=project, user="mia", level=20)
    assert "mia" in look(steered, "readers")[project]
    act(steered, "update_member", source=project, user="mia", level=10)
    assert "mia" not in look(steered, "readers")[project]
    act(steered, "set_state", user="gil", state="blocked")
    act(steered, "remove_member", source="acme", user="dan")

    assert look(steered, "readers")[project] == ["ann"]


def test_hooks_and_deliveries_are_shown_without_secrets(steered: FakeGitLab, receiver: Receiver) -> None:
    owner = ApiClient(steered, steered.personal_token(steered.user("ann")))
    path = f"/groups/{steered.group('acme').id}/hooks"
    owner.post(path, json={"url": receiver.url, "token": "hook-secret", "tag_push_events": True})
    act(steered, "tag", project="acme/backend/logging", name="v3.0.0")
    steered.wait_for_deliveries()

    [hook], [delivery] = look(steered, "hooks"), look(steered, "deliveries")
    again = act(steered, "redeliver", id=delivery["id"])

    assert (hook["url"], hook["kind"]) == (receiver.url, "group")
    assert (delivery["event"], delivery["status"], again["status"]) == ("Tag Push Hook", 200, 200)
    assert "hook-secret" not in json.dumps([hook, delivery, again])
    assert len(receiver.received) == 2


def test_misbehaviour_time_and_applications_can_be_set(steered: FakeGitLab) -> None:
    act(steered, "misbehave", path_regex="/api/v4/version", kind="status_503")
    assert requests.get(f"{steered.api_url}/version", timeout=10).status_code == 503
    act(steered, "behave")
    assert requests.get(f"{steered.api_url}/version", timeout=10).status_code == 401
    assert [each["status"] for each in look(steered, "requests")] == [503, 401]

    made = act(steered, "application", redirect_uri="http://localhost:1/callback")
    before = steered.clock.now()
    act(steered, "advance", seconds=3600)

    assert set(made) == {"client_id", "secret"}
    assert (steered.clock.now() - before).total_seconds() >= 3600


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("tag", {"project": "acme/none", "name": "v1"}, 400),
        ("add_member", {"source": "acme", "user": "ann", "level": "high"}, 400),
        ("nothing", {}, 404),
    ],
)
def test_mistakes_are_answered(steered: FakeGitLab, name: str, body: dict[str, str], status: int) -> None:
    assert requests.post(f"{steered.base_url}/_fake/{name}", json=body, timeout=10).status_code == status


def test_the_command_serves_a_company_with_a_steady_application(tmp_path: Path) -> None:
    options = ("--redirect-uri", "http://localhost:8000/oauth/gitlab/callback", "--steady", "demo")
    found, outputs = [], []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        process, facts = started("gitlab", folder, *options)
        version = requests.get(f"{facts['base_url']}/api/v4/version", timeout=10)
        outputs.append(stopped(process))
        found.append((facts["client_id"], facts["secret"], version.status_code))

    assert found[0] == found[1]
    assert found[0][2] == 401
    assert [code for _, code in outputs] == [0, 0]
    assert found[0][0] in outputs[0][0]


def test_the_command_can_name_itself_otherwise_and_be_empty(tmp_path: Path) -> None:
    process, facts = started(
        "gitlab", tmp_path, "--company", "none", "--allow-control", "--base-url", "http://127.0.0.1:1/gitlab"
    )

    output, code = stopped(process)

    assert facts["base_url"] == "http://127.0.0.1:1/gitlab"
    assert "client_id" not in facts
    assert (code, "http://127.0.0.1:1/gitlab" in output) == (0, True)


def test_a_kept_world_goes_on_where_it_stopped(tmp_path: Path) -> None:
    options = ("--keep", str(tmp_path / "world"), "--allow-control", "--steady", "demo")
    project, seen, port = "acme/backend/logging", [], "0"
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        process, facts = started(
            "gitlab", folder, "--port", port, "--redirect-uri", "http://localhost:1/callback", *options
        )
        port = facts["base_url"].rpartition(":")[2]
        requests.post(f"{facts['base_url']}/_fake/tag", json={"project": project, "name": f"v9.{number}.0"}, timeout=10)
        state = requests.get(f"{facts['base_url']}/_fake/state", timeout=10).json()
        seen.append((facts["client_id"], {each["path"]: each["refs"] for each in state["projects"]}[project]))
        stopped(process)

    (first_client, first_refs), (second_client, second_refs) = seen
    assert first_client == second_client
    assert second_refs == first_refs | {"refs/tags/v9.1.0": first_refs["refs/heads/main"]}


def test_what_git_pushed_is_kept_and_served_again(tmp_path: Path) -> None:
    world = tmp_path / "world"
    with FakeGitLab() as first:
        acme = build_acme(first)
        token = first.personal_token(acme.owner)
        git(tmp_path, "clone", "-q", url(first, token), "copy")
        git(tmp_path / "copy", "commit", "-q", "--allow-empty", "-m", "Pushed")
        assert git(tmp_path / "copy", "push", "-q", "origin", "main").returncode == 0
        save(first.core, world)
        port = first.port

    with FakeGitLab(port=port) as second:
        assert load(second.core, world)
        cloned = git(tmp_path, "clone", "-q", url(second, token), "again")

        assert cloned.returncode == 0, cloned.stderr
        assert git(tmp_path / "again", "log", "-1", "--format=%s").stdout.strip() == "Pushed"
        assert second.add_group("next").id == 2


def test_a_world_of_another_address_is_left_alone(fake: FakeGitLab, tmp_path: Path) -> None:
    world = tmp_path / "world"
    assert not load(fake.core, world)
    with FakeGitLab() as other:
        build_acme(other)
        save(other.core, world)

    assert not load(fake.core, world)
    assert fake.state.groups == {}
