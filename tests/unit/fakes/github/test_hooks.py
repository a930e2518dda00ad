"""Webhooks of organizations and repositories, as the REST API handles them."""

from typing import Any

import pytest

from tests.fakes.github import FakeGitHub
from tests.unit.fakes.clients import Receiver
from tests.unit.fakes.github.clients import CALLBACK, Acme, ApiClient

URL = "http://127.0.0.1:9/hook"


def body(url: str = URL, *, events: list[str] | None = None, **config: str) -> dict[str, Any]:
    return {
        "name": "web",
        "active": True,
        "events": events or ["push"],
        "config": {"url": url, "content_type": "json", "secret": "geheim"} | config,
    }


def test_a_hook_is_made_with_a_ping(github: FakeGitHub, acme: Acme, owner: ApiClient, receiver: Receiver) -> None:
    answer = owner.send("POST", f"{acme.path}/hooks", json=body(receiver.url, events=["push", "team"]))
    [ping] = github.wait_for_deliveries()

    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == made["url"]
    assert made["config"] == {"content_type": "json", "insecure_ssl": "0", "url": receiver.url, "secret": "********"}
    assert (ping.event, ping.status, ping.payload["hook_id"]) == ("ping", 200, made["id"])
    assert owner.get(f"{acme.path}/hooks/{made['id']}").json() == made


def test_only_owners_with_the_scope_see_hooks_of_the_organization(github: FakeGitHub, acme: Acme) -> None:
    for api in (ApiClient.of(github, acme.bob), ApiClient.of(github, acme.ann, "admin:org", "repo")):
        assert api.get("/orgs/acme/hooks").status_code == 404


def test_an_application_sees_only_its_own_hooks(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    made = owner.send("POST", "/orgs/acme/hooks", json=body()).json()
    apis = []
    for _ in range(2):
        client = github.application(redirect_uri=CALLBACK)
        apis.append(ApiClient(github, github.oauth_token(acme.ann, client.client_id)))
    theirs = apis[0].send("POST", "/orgs/acme/hooks", json=body()).json()

    assert [each["id"] for each in owner.rows("/orgs/acme/hooks")] == [made["id"]]
    assert [each["id"] for each in apis[0].rows("/orgs/acme/hooks")] == [theirs["id"]]
    assert apis[1].rows("/orgs/acme/hooks") == []
    assert apis[1].send("DELETE", f"/orgs/acme/hooks/{theirs['id']}").status_code == 404


def test_the_same_hook_is_refused(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    owner.send("POST", "/orgs/acme/hooks", json=body(events=["push", "team"]))

    twin = owner.send("POST", "/orgs/acme/hooks", json=body(events=["team"]))
    other = owner.send("POST", "/orgs/acme/hooks", json=body(events=["member"]))

    assert twin.status_code == 422
    assert twin.json()["errors"][0]["message"] == "Hook already exists on this organization"
    assert other.status_code == 201


def test_hooks_of_one_event_are_limited() -> None:
    with FakeGitHub(version=None) as fake:
        ann = fake.add_user("ann")
        fake.add_organization("acme", owner=ann)
        api = ApiClient.of(fake, ann)
        codes = [api.send("POST", "/orgs/acme/hooks", json=body(f"{URL}/{number}")).status_code for number in range(21)]

        assert codes == [201] * 20 + [422]
        assert api.send("POST", "/orgs/acme/hooks", json=body(events=["team"])).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        body("nowhere"),
        body("ftp://example.com/"),
        body(events=["pushed"]),
        body(content_type="xml"),
        body() | {"name": "email"},
        body() | {"config": "x"},
        body() | {"config": {}},
        body() | {"events": "push"},
    ],
)
def test_mistakes_are_refused(owner: ApiClient, acme: Acme, wrong: dict[str, Any]) -> None:
    answer = owner.send("POST", "/orgs/acme/hooks", json=wrong)

    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")


def test_local_addresses_can_be_refused() -> None:
    with FakeGitHub(block_local_hooks=True) as fake:
        ann = fake.add_user("ann")
        fake.add_organization("acme", owner=ann)
        api = ApiClient.of(fake, ann)

        assert api.send("POST", "/orgs/acme/hooks", json=body()).status_code == 422
        assert api.send("POST", "/orgs/acme/hooks", json=body("http://localhost/")).status_code == 422
        assert api.send("POST", "/orgs/acme/hooks", json=body("https://example.com/")).status_code == 201


def test_an_update_without_the_secret_drops_it(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    path = f"/orgs/acme/hooks/{owner.send('POST', '/orgs/acme/hooks', json=body()).json()['id']}"

    owner.send("PATCH", path, json={"events": ["team"]})
    assert "secret" not in owner.get(path).json()["config"]

    owner.send("PATCH", f"{path}/config", json={"secret": "neu"})
    assert owner.get(f"{path}/config").json()["secret"] == "********"
    owner.send("PATCH", f"{path}/config", json={"url": f"{URL}/2"})
    assert owner.get(path).json()["config"] == {
        "url": f"{URL}/2",
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "********",
    }
    assert owner.get(path).json()["events"] == ["team"]
    owner.send("PATCH", path, json=body() | {"active": False})
    assert owner.get(path).json()["active"] is False


def test_events_of_a_repository_hook_come_and_go_one_by_one(acme: Acme, owner: ApiClient) -> None:
    made = owner.send("POST", f"{acme.repo}/hooks", json=body(events=["push", "release"])).json()

    change = {"add_events": ["create"], "remove_events": ["release"]}
    answer = owner.send("PATCH", f"{acme.repo}/hooks/{made['id']}", json=change)

    assert answer.json()["events"] == ["push", "create"]
    assert owner.send("POST", f"{acme.repo}/hooks", json=body(events=["membership"])).status_code == 422


def test_repository_hooks_need_an_administrator(github: FakeGitHub, acme: Acme) -> None:
    assert ApiClient.of(github, acme.bob).get(f"{acme.repo}/hooks").status_code == 404
    writer = ApiClient.of(github, acme.ann, "repo", "write:repo_hook")
    narrow = ApiClient.of(github, acme.ann, "public_repo", "write:repo_hook")
    made = writer.send("POST", f"{acme.repo}/hooks", json=body()).json()
    assert narrow.send("DELETE", f"{acme.repo}/hooks/{made['id']}").status_code == 404
    assert writer.send("DELETE", f"{acme.repo}/hooks/{made['id']}").status_code == 204


def test_archived_repositories_take_no_hooks(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.update_repo(acme.library, archived=True)

    answer = owner.send("POST", f"{acme.repo}/hooks", json=body())

    assert (answer.status_code, answer.json()["message"]) == (403, "Repository was archived so is read-only.")


def test_deliveries_are_listed_and_sent_again(
    github: FakeGitHub, acme: Acme, owner: ApiClient, receiver: Receiver
) -> None:
    path = f"/orgs/acme/hooks/{owner.send('POST', '/orgs/acme/hooks', json=body(receiver.url)).json()['id']}"
    github.wait_for_deliveries()
    receiver.status = 500
    github.commit(acme.library, {"x": "y"})
    github.wait_for_deliveries()
    receiver.status = 200

    [failed] = owner.get(f"{path}/deliveries", params={"status": "failure"}).json()
    again = owner.send("POST", f"{path}/deliveries/{failed['id']}/attempts")
    github.wait_for_deliveries()

    assert (failed["event"], failed["status_code"], failed["repository_id"]) == ("push", 500, acme.library.id)
    assert again.status_code == 202
    newest = owner.get(f"{path}/deliveries").json()[0]
    assert (newest["guid"], newest["redelivery"], newest["status"]) == (failed["guid"], True, "OK")
    whole = owner.get(f"{path}/deliveries/{newest['id']}").json()
    assert whole["request"]["payload"]["ref"] == "refs/heads/main"
    assert receiver.received[-1].body == receiver.received[-2].body
    assert owner.get(f"{path}/deliveries/99").status_code == 404


def test_deliveries_page_by_cursor(github: FakeGitHub, acme: Acme, owner: ApiClient, receiver: Receiver) -> None:
    path = f"/orgs/acme/hooks/{owner.send('POST', '/orgs/acme/hooks', json=body(receiver.url)).json()['id']}"
    for _ in range(3):
        owner.send("POST", f"{path}/pings")
    github.wait_for_deliveries()

    first = owner.get(f"{path}/deliveries", params={"per_page": "3"})

    assert [each["event"] for each in first.json()] == ["ping"] * 3
    assert len(owner.rows(f"{path}/deliveries", per_page="3")) == 4
    assert "page=" not in first.links["next"]["url"].partition("?")[2].replace("per_page=", "")


def test_a_repository_hook_can_be_tested(github: FakeGitHub, acme: Acme, owner: ApiClient, receiver: Receiver) -> None:
    made = owner.send("POST", f"{acme.repo}/hooks", json=body(receiver.url)).json()
    github.wait_for_deliveries()

    assert owner.send("POST", f"{acme.repo}/hooks/{made['id']}/tests").status_code == 204

    assert [each.event for each in github.wait_for_deliveries()] == ["ping", "push"]
    assert owner.get(f"{acme.repo}/hooks/{made['id']}").json()["last_response"]["code"] == 200
