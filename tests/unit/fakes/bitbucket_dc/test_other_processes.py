"""The fake as a process of its own, steered from outside, and its companies."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.bitbucket_dc.companies import large_company, random_company, small_company
from tests.fakes.parts.keeping import load, save
from tests.unit.fakes.bitbucket_dc.clients import Acme, Client, build_acme
from tests.unit.fakes.clients import Receiver
from tests.unit.fakes.steering import act, look, started, stopped


@pytest.fixture
def steered() -> Iterator[FakeBitbucketDataCenter]:
    with FakeBitbucketDataCenter(allow_control=True) as fake:
        small_company(fake)
        yield fake


def test_code_can_be_committed_tagged_removed_and_renamed(steered: FakeBitbucketDataCenter) -> None:
    project = "ACME/logging"
    commit = act(steered, "commit", project=project, files={"NEWS.md": "3"}, message="Three")["id"]
    assert act(steered, "tag", project=project, name="v3.0.0")["id"] == commit
    act(steered, "delete_ref", project=project, ref="refs/tags/v1.0.0")
    act(steered, "rename", project=project, name="Structured Logging")

    [found] = [row for row in look(steered, "state")["repositories"] if row["path"] == "ACME/structured-logging"]

    assert found["refs"]["refs/tags/v3.0.0"] == commit
    assert "refs/tags/v1.0.0" not in found["refs"]


def test_rights_can_be_given_and_taken(steered: FakeBitbucketDataCenter) -> None:
    secret = "ACME/security"
    act(steered, "grant", source=secret, user="mia", permission="REPO_READ")
    act(steered, "grant", source="ACME", group="platform", permission="PROJECT_READ")
    assert {"mia", "omar", "kim"} <= set(look(steered, "readers")[secret])

    act(steered, "revoke", source=secret, user="mia")
    act(steered, "remove_from_group", group="platform", user="kim")
    act(steered, "add_to_group", group="platform", user="eve")
    act(steered, "set_active", user="omar", active=False)
    act(steered, "set_active", user="dan", active=True, licensed=False)
    assert look(steered, "readers")[secret] == ["ann", "bob", "carla", "eve", "gil", "root"]

    act(steered, "set_default", project="ACME", level="READ")
    assert "finn" in look(steered, "readers")[secret]


def test_hooks_and_deliveries_are_shown_without_secrets(steered: FakeBitbucketDataCenter, receiver: Receiver) -> None:
    token = act(steered, "token", user="ann")["token"]
    hook = {"name": "x", "url": receiver.url, "events": ["repo:refs_changed"], "configuration": {"secret": "hush"}}
    Client(steered, token).send("POST", "/projects/ACME/webhooks", json=hook)
    act(steered, "tag", project="ACME/logging", name="v3.0.0")
    steered.wait_for_deliveries()

    [hook], [delivery] = look(steered, "hooks"), look(steered, "deliveries")
    again = act(steered, "redeliver", id=delivery["id"])

    assert (hook["url"], hook["kind"]) == (receiver.url, "project")
    assert (delivery["event"], delivery["status"], again["status"]) == ("repo:refs_changed", 200, 200)
    assert "hush" not in json.dumps([hook, delivery, again])


def test_links_can_be_made_and_mistakes_are_answered(steered: FakeBitbucketDataCenter) -> None:
    assert set(act(steered, "application", redirect_uri="http://localhost:1/callback")) == {"client_id", "secret"}
    mistakes = {
        "tag": {"project": "ACME/none", "name": "v1"},
        "commit": {"project": "ACME/logging", "files": "none"},
        "grant": {"source": "NONE", "user": "ann", "permission": "PROJECT_READ"},
        "revoke": {"source": "ACME", "user": "nobody"},
    }
    for name, body in mistakes.items():
        assert requests.post(f"{steered.base_url}/_fake/{name}", json=body, timeout=10).status_code == 400
    wrong = {"source": "ACME", "group": "platform", "permission": "REPO_READ"}
    assert requests.post(f"{steered.base_url}/_fake/grant", json=wrong, timeout=10).status_code == 400


def test_the_command_keeps_its_company_and_its_link(tmp_path: Path) -> None:
    callback = "http://localhost:8000/oauth/dc/callback"
    options = ("--redirect-uri", callback, "--steady", "demo", "--keep", str(tmp_path / "world"), "--allow-control")
    seen, port = [], "0"
    for number in range(2):
        process, facts = started("bitbucket_dc", tmp_path, "--port", port, *options)
        port = facts["base_url"].rpartition(":")[2]
        body = {"project": "ACME/logging", "name": f"v9.{number}.0"}
        requests.post(f"{facts['base_url']}/_fake/tag", json=body, timeout=10)
        rows = requests.get(f"{facts['base_url']}/_fake/state", timeout=10).json()["repositories"]
        output, code = stopped(process)
        assert (code, facts["client_id"] in output) == (0, True)
        seen.append((facts["client_id"], {row["path"]: row["refs"] for row in rows}["ACME/logging"]))

    (first_client, first_refs), (second_client, second_refs) = seen
    assert first_client == second_client
    assert second_refs == first_refs | {"refs/tags/v9.1.0": first_refs["refs/heads/main"]}


def test_a_world_can_be_kept(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    token = fake.personal_token(acme.ann)
    save(fake.core, tmp_path / "world")
    port, refs = fake.port, dict(fake.repository(acme.logging).refs)
    fake.close()

    with FakeBitbucketDataCenter(port=port) as second:
        assert load(second.core, tmp_path / "world")

        assert Client(second, token).get("/projects/ACME/repos/logging").status_code == 200
        assert second.repository(second.repo("ACME/logging")).refs == refs
        assert second.add_project("NEXT").id == acme.project.id + 1


def test_the_small_company_is_as_described() -> None:
    fake = FakeBitbucketDataCenter()
    acme = small_company(fake)
    names = {each.id: each.name for each in fake.state.users.values()}

    readers = {each.slug: {names[key] for key in fake.readers(each)} for each in fake.state.repositories_in(acme)}

    usual = {"ann", "bob", "carla", "dan", "root"}
    assert readers["logging"] == usual
    assert readers["markdown"] == readers["templates"] == usual | {"finn", "hana@studio"}
    assert readers["security"] == usual | {"gil"}
    assert readers["deployer"] == usual | {"kim", "omar"}
    assert readers["coding-standard"] == usual | {"finn", "gil", "hana@studio", "kim", "omar"}


def test_a_large_company_follows_its_numbers() -> None:
    fake = FakeBitbucketDataCenter()
    large = large_company(fake, groups=12, repositories=30, members=20)

    assert len(fake.state.repositories_in(large)) == 30
    assert len(fake.state.users) == 21
    assert len(fake.repository(fake.repo("LARGE/library-00001")).refs) == 4


def test_random_companies_hold_every_oddity() -> None:
    found = set()
    for seed in range(60):
        fake = FakeBitbucketDataCenter()
        home = random_company(fake, seed)
        found |= {"default"} if home.default_level else set()
        found |= {"public"} if any(each.public for each in fake.state.repositories_in(home)) else set()
        found |= {"deactivated"} if any(not each.active for each in fake.state.users.values()) else set()
        found |= {str(name) for granted in fake.state.grants.values() for name in granted.values()}
        gone = [who for granted in fake.state.grants.values() for who in granted if who.kind == "group"]
        found |= {"group that is gone"} if any(str(who.key) not in fake.state.groups for who in gone) else set()

    assert {"default", "public", "deactivated", "group that is gone", "SYS_ADMIN", "REPO_CREATE", "REPO_ADMIN"} <= found


def test_people_and_places_can_be_renamed_and_removed(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    token = fake.personal_token(acme.bob)
    fake.rename_user(acme.bob, "robert")
    assert Client(fake, token).get("/plugins/servlet/applinks/whoami").text == "robert"

    fake.delete_user(acme.bob)
    fake.delete_project(acme.project)

    assert Client(fake, token).get("/projects").status_code == 401
    assert fake.state.repos == {}
    assert all(not granted for place, granted in fake.state.grants.items() if place.kind != "global")
    for missing in (lambda: fake.user("robert"), lambda: fake.project("ACME"), lambda: fake.repo("ACME/logging")):
        with pytest.raises(KeyError):
            missing()


def test_a_world_has_no_secrets_in_its_words() -> None:
    fake = FakeBitbucketDataCenter()
    acme = build_acme(fake)
    token = fake.personal_token(acme.ann)

    assert token not in repr(fake.state.http_tokens)
    assert acme.ann.password not in repr(acme.ann)


def test_only_what_changes_quietly_is_updated(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    with pytest.raises(AttributeError):
        fake.update_repository(acme.logging, slug="other")
    with pytest.raises(ValueError, match="REPO_READ on a project"):
        fake.grant(acme.project, acme.carla, "REPO_READ")
    with pytest.raises(ValueError, match="PROJECT_READ"):
        fake.grant_global(acme.carla, "PROJECT_READ")
