"""What a 401 means, what is not there, what has moved, and what the server will not read or write."""

import pytest
import requests

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.unit.fakes.bitbucket_dc.clients import IN_LOGGING, Acme, Client, problem

HOOK = {"name": "x", "url": "http://127.0.0.1:1/", "events": ["repo:refs_changed"]}


def test_a_refusal_means_one_of_four_things(fake: FakeBitbucketDataCenter, acme: Acme, bob: Client) -> None:
    assert problem(Client(fake).get("/projects/ACME")) == (401, "AuthenticationRequiredException")
    assert problem(Client(fake, "BBDC-wrong").get("/projects")) == (401, "IncorrectPasswordAuthenticationException")
    assert problem(bob.get("/projects/ACME/permissions/users")) == (401, "AuthorisationException")
    fake.set_licensed(acme.bob, False)
    assert problem(bob.get("/projects")) == (401, "NoAccessAuthenticationException")


def test_the_answer_names_who_asked_even_when_there_is_nothing(bob: Client) -> None:
    assert bob.get("/projects/NONE").headers["X-AUSERNAME"] == "bob%40birch"
    assert bob.get("/nowhere").headers["X-AUSERNAME"] == "bob%40birch"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/projects/NONE", "NoSuchProjectException"),
        ("/projects/ACME/repos/none", "NoSuchRepositoryException"),
        ("/users/none", "NoSuchUserException"),
        (f"{IN_LOGGING}/commits/none", "NoSuchCommitException"),
        (f"{IN_LOGGING}/raw/composer.json?at=refs/tags/none", "NoSuchCommitException"),
        (f"{IN_LOGGING}/raw/none.json", "NoSuchPathException"),
        (f"{IN_LOGGING}/tags/none", "NoSuchTagException"),
    ],
)
def test_what_is_missing_is_named(ann: Client, path: str, name: str) -> None:
    assert problem(ann.get(path)) == (404, name)


def test_an_unknown_endpoint_has_another_404(fake: FakeBitbucketDataCenter, ann: Client) -> None:
    asked_for_json, asked_for_anything = ann.get("/nowhere"), ann.get("/nowhere", headers={"Accept": "*/*"})

    assert asked_for_json.json() == {"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1}
    assert asked_for_anything.status_code == 404
    assert asked_for_anything.headers["Content-Type"].startswith("application/xml")


def test_only_json_is_answered_and_read(ann: Client) -> None:
    assert ann.get("/projects", headers={"Accept": "text/html"}).status_code == 406
    assert ann.get(f"{IN_LOGGING}/raw/composer.json", headers={"Accept": "text/html"}).status_code == 200
    as_form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ann.send("POST", f"{IN_LOGGING}/webhooks", data="a=b", headers=as_form).status_code == 403
    as_form["X-Atlassian-Token"] = "no-check"
    assert ann.send("POST", f"{IN_LOGGING}/webhooks", data="a=b", headers=as_form).status_code == 415
    assert ann.send("POST", f"{IN_LOGGING}/webhooks", json=["not an object"]).status_code == 400
    assert ann.send("PATCH", f"{IN_LOGGING}/webhooks", json={}).status_code == 405


def test_a_renamed_repository_redirects(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.rename_repository(acme.logging, "Structured Logs")

    looked = ann.get(f"{IN_LOGGING}/tags?limit=1")
    written = ann.send("DELETE", f"{IN_LOGGING}/webhooks/1")

    new = f"{fake.api_url}/projects/ACME/repos/structured-logs"
    assert (looked.status_code, looked.headers["Location"]) == (301, f"{new}/tags?limit=1")
    assert (written.status_code, written.headers["Location"]) == (307, f"{new}/webhooks/1")
    fake.add_repository(acme.project, "logging")
    assert ann.get(IN_LOGGING).json()["name"] == "logging"


def test_a_moved_repository_and_a_new_key_redirect(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    other = fake.add_project("OTHER")
    fake.grant(other, acme.ann, "PROJECT_ADMIN")
    fake.move_repository(acme.logging, other)
    fake.rename_project(acme.project, key="NEW")

    assert ann.get(IN_LOGGING).headers["Location"] == f"{fake.api_url}/projects/OTHER/repos/logging"
    assert ann.get("/projects/ACME/repos").headers["Location"] == f"{fake.api_url}/projects/NEW/repos"


def test_a_redirect_says_nothing_to_who_may_not_read(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    fake.rename_repository(acme.logging, "secret plans")

    answer = Client(fake, fake.personal_token(acme.carla)).get(IN_LOGGING)

    assert problem(answer) == (401, "AuthorisationException")
    assert "secret" not in answer.text


def test_a_broken_token_may_fall_back_to_anonymous(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    fake.core.falls_back_to_anonymous = True
    fake.update_repository(acme.logging, public=True)

    answer = Client(fake, "BBDC-wrong").get("/repos")

    assert [row["slug"] for row in answer.json()["values"]] == ["logging"]
    assert "X-AUSERNAME" not in answer.headers


def test_public_is_for_anybody_unless_the_instance_is_closed(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    fake.update_repository(acme.logging, public=True)
    nobody = Client(fake)

    assert [row["key"] for row in nobody.values("/projects")] == ["ACME"]
    assert nobody.values("/repos?permission=REPO_READ") == []
    fake.core.allows_public_access = False
    assert nobody.values("/repos") == []
    assert Client(fake, fake.personal_token(acme.carla)).get(IN_LOGGING).status_code == 200


def test_wrong_passwords_lead_to_a_captcha(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    fake.add_user("dora", password="right")
    nobody = Client(fake)
    for _ in range(5):
        answer = nobody.get("/projects", auth=("dora", "wrong"))
        assert "X-Authentication-Denied-Reason" not in answer.headers

    locked = nobody.get("/projects", auth=("dora", "right"))

    assert locked.status_code == 401
    assert locked.headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE")


def test_passwords_can_be_switched_off(fake: FakeBitbucketDataCenter, ann: Client) -> None:
    fake.add_user("dora", password="right")
    fake.core.allows_basic = False

    assert Client(fake).get("/projects", auth=("dora", "right")).status_code == 401
    assert ann.get("/rest/basicauth/latest/config").json()["block-requests"] is True


def test_a_token_is_no_password_of_the_api(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    token = fake.personal_token(acme.ann)

    assert Client(fake).get("/projects", auth=("ann", token)).status_code == 401


def test_an_archived_repository_is_read_only(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.update_repository(acme.logging, archived=True)

    assert problem(ann.send("POST", f"{IN_LOGGING}/webhooks", json=HOOK)) == (409, "IntegrityException")
    assert ann.get(f"{IN_LOGGING}/tags").status_code == 200


def test_a_context_path_is_part_of_every_address() -> None:
    with FakeBitbucketDataCenter(prefix="/bitbucket") as fake:
        root = fake.base_url.removesuffix("/bitbucket")

        assert requests.get(f"{root}/login", timeout=10).status_code == 404
        assert Client(fake).get("/application-properties").status_code == 200
