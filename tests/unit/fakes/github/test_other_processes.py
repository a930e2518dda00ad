"""The fake as a process of its own, steered from outside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.fakes.github import FakeGitHub
from tests.fakes.github.companies import small_company
from tests.fakes.parts.keeping import load, save
from tests.unit.fakes.github.clients import ApiClient, build_acme
from tests.unit.fakes.steering import act, look, started, stopped


@pytest.fixture
def steered() -> Iterator[FakeGitHub]:
    with FakeGitHub(allow_control=True) as fake:
        small_company(fake)
        yield fake


def test_control_is_closed_unless_opened(github: FakeGitHub) -> None:
    assert requests.get(f"{github.base_url}/_fake/state", timeout=10).status_code == 404


def test_code_can_be_changed(steered: FakeGitHub) -> None:
    commit = act(steered, "commit", repo="acme/logging", files={"NEWS.md": "3"}, message="Three")["id"]
    assert act(steered, "tag", repo="acme/logging", name="v3.0.0")["id"] == commit
    act(steered, "delete_ref", repo="acme/logging", ref="refs/tags/v1.0.0")

    refs = {each["path"]: each["refs"] for each in look(steered, "state")["repos"]}["acme/logging"]

    assert refs["refs/tags/v3.0.0"] == commit
    assert "refs/tags/v1.0.0" not in refs


def test_people_can_be_moved(steered: FakeGitHub) -> None:
    def readers() -> set[str]:
        return set(look(steered, "readers")["acme/security"])

    assert readers() == {"ann", "carla", "gil", "omar"}
    act(steered, "remove_collaborator", repo="acme/security", user="gil")
    act(steered, "remove_team_member", team="acme/platform", user="omar")
    act(steered, "add_team_member", team="acme/platform", user="lena")
    act(steered, "suspend", user="carla")
    assert readers() == {"ann", "lena"}
    act(steered, "add_member", organization="acme", user="mia", role="admin")
    act(steered, "add_collaborator", repo="acme/security", user="eve", role="push")
    act(steered, "suspend", user="carla", suspended=False)
    act(steered, "remove_member", organization="acme", user="lena")
    assert readers() == {"ann", "carla", "eve", "mia"}


def test_hooks_and_applications_are_shown(steered: FakeGitHub) -> None:
    made = act(steered, "application", redirect_uri="http://localhost:1/callback")
    api = ApiClient.of(steered, steered.user("ann"))
    config = {"url": "http://127.0.0.1:9/", "content_type": "json", "secret": "geheim"}
    api.send("POST", "/orgs/acme/hooks", json={"config": config})
    steered.wait_for_deliveries()

    [hook], [delivery] = look(steered, "hooks"), look(steered, "deliveries")

    assert set(made) == {"client_id", "secret"}
    assert (hook["kind"], delivery["event"]) == ("organization", "ping")
    assert "geheim" not in json.dumps([hook, delivery])


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("tag", {"repo": "acme/none", "name": "v1"}, 400),
        ("commit", {"repo": "acme/logging", "files": "x"}, 400),
        ("add_team_member", {"team": "acme/none", "user": "ann"}, 400),
        ("add_team_member", {"team": "acme/backend", "user": "gil"}, 400),
        ("add_member", {"organization": "none", "user": "ann"}, 400),
        ("nothing", {}, 404),
    ],
)
def test_mistakes_are_answered(steered: FakeGitHub, name: str, body: dict[str, str], status: int) -> None:
    assert requests.post(f"{steered.base_url}/_fake/{name}", json=body, timeout=10).status_code == status


def test_a_kept_world_goes_on_with_its_steady_application(tmp_path: Path) -> None:
    options = ("--keep", str(tmp_path / "world"), "--allow-control", "--steady", "demo")
    seen, port = [], "0"
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        process, facts = started(
            "github", folder, "--port", port, "--redirect-uri", f"http://localhost:{number}/x", *options
        )
        port = facts["base_url"].rpartition(":")[2]
        body = {"repo": "acme/logging", "name": f"v9.{number}.0"}
        requests.post(f"{facts['base_url']}/_fake/tag", json=body, timeout=10)
        state = requests.get(f"{facts['base_url']}/_fake/state", timeout=10).json()
        refs = {each["path"]: each["refs"] for each in state["repos"]}["acme/logging"]
        output, code = stopped(process)
        seen.append((facts["client_id"], facts["secret"], set(refs), code, facts["client_id"] in output))

    first, second = seen
    assert first[:2] == second[:2]
    assert second[2] == first[2] | {"refs/tags/v9.1.0"}
    assert first[3:] == second[3:] == (0, True)


def test_the_command_can_be_empty_and_the_cloud(tmp_path: Path) -> None:
    options = ("--company", "none", "--version", "cloud", "--redirect-uri", "http://localhost:1/x")
    process, facts = started("github", tmp_path, *options)
    answer = requests.get(f"{facts['base_url']}/api/v3/meta", timeout=10)

    _, code = stopped(process)

    assert facts["applications_url"].endswith("/settings/applications/new")
    assert (code, answer.headers["X-RateLimit-Limit"]) == (0, "60")


def test_people_and_code_survive_a_kept_world(tmp_path: Path) -> None:
    world = tmp_path / "world"
    with FakeGitHub() as first:
        acme = build_acme(first)
        token, port = first.personal_token(acme.ann), first.port
        save(first.core, world)

    with FakeGitHub(port=port) as second:
        assert load(second.core, world)
        api = ApiClient(second, token)

        assert api.get(f"{acme.repo}/contents/composer.json").status_code == 200
        assert second.readers(second.repo("acme/logging")) == {acme.ann.id, acme.bob.id, acme.eve.id}


def test_below_a_prefix_everything_is_found() -> None:
    with FakeGitHub(prefix="/github") as fake:
        acme = build_acme(fake)
        api = ApiClient.of(fake, acme.ann)

        assert fake.api_url.endswith("/github/api/v3")
        assert api.get(acme.repo).json()["clone_url"] == f"{fake.base_url}/acme/logging.git"
        assert api.ask("{ viewer { login } }")["data"]["viewer"]["login"] == "ann"
        assert requests.get(f"http://127.0.0.1:{fake.port}/login", timeout=10).status_code == 404
