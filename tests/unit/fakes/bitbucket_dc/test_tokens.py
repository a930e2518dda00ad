"""HTTP access tokens and SSH keys: who makes them, what they may do."""

import pytest

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.unit.fakes.bitbucket_dc.clients import IN_LOGGING, Acme, Client, problem

TOKENS = "/rest/access-tokens/latest"
KEY = {"key": {"text": "ssh-ed25519 AAAA ci@example.com", "label": "ci"}, "permission": "REPO_READ"}


def as_ann(fake: FakeBitbucketDataCenter, acme: Acme) -> tuple[str, str]:
    return acme.ann.name, acme.ann.password


def test_a_token_is_made_once_shown_and_taken_away(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    body = {"name": "sync", "permissions": ["PROJECT_ADMIN"], "expiryDays": 30}
    made = Client(fake).send("PUT", f"{TOKENS}/users/ann", json=body, auth=as_ann(fake, acme)).json()
    client = Client(fake, made["token"])
    assert client.get("/projects/ACME/permissions/users").status_code == 200
    assert "token" not in client.values(f"{TOKENS}/users/ann")[0]

    gone = client.send("DELETE", f"{TOKENS}/users/ann/{made['id']}")

    assert gone.status_code == 204
    assert problem(client.get("/projects")) == (401, "IncorrectPasswordAuthenticationException")


def test_a_token_makes_no_tokens(ann: Client, bob: Client) -> None:
    body = {"name": "child", "permissions": ["REPO_READ"]}

    assert problem(ann.send("PUT", f"{TOKENS}/users/ann", json=body)) == (401, "AuthorisationException")
    assert bob.get(f"{TOKENS}/users/ann").status_code == 401


@pytest.mark.parametrize("permissions", [["ADMIN"], [], ["REPO_CREATE"]])
def test_tokens_carry_nothing_global(fake: FakeBitbucketDataCenter, acme: Acme, permissions: list[str]) -> None:
    body = {"name": "sync", "permissions": permissions}

    refused = Client(fake).send("PUT", f"{TOKENS}/users/ann", json=body, auth=as_ann(fake, acme))

    assert refused.status_code == 400


def test_a_longest_life_can_be_demanded(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    fake.core.longest_token_days = 90
    body = {"name": "sync", "permissions": ["REPO_READ"]}

    answers = [
        Client(fake).send("PUT", f"{TOKENS}/users/ann", json=body | more, auth=as_ann(fake, acme)).status_code
        for more in ({}, {"expiryDays": 91}, {"expiryDays": 90})
    ]

    assert answers == [400, 400, 200]


def test_tokens_expire_and_can_be_revoked(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    short, long = fake.personal_token(acme.ann, days=1), fake.personal_token(acme.ann)
    fake.clock.advance(hours=25)
    fake.revoke_token(long)

    answers = [problem(Client(fake, each).get("/projects")) for each in (short, long)]

    assert answers == [(401, "IncorrectPasswordAuthenticationException")] * 2


def test_a_token_narrows_its_owner(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    reading = Client(fake, fake.personal_token(acme.ann, ["PROJECT_READ"]))
    in_repository = Client(fake, fake.personal_token(acme.ann, ["REPO_ADMIN"]))
    by_carla = Client(fake, fake.personal_token(acme.carla, ["PROJECT_ADMIN"]))

    assert reading.get("/projects/ACME/repos").status_code == 200
    assert reading.get(f"{IN_LOGGING}/permissions/users").status_code == 401
    assert in_repository.get(f"{IN_LOGGING}/permissions/users").status_code == 200
    assert in_repository.get("/projects/ACME/permissions/users").status_code == 401
    assert by_carla.get("/projects/ACME").status_code == 401


def test_tokens_of_a_project_or_repository_open_nothing_else(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    other = fake.add_repository(acme.project, "other")
    fake.add_project("ELSE")
    of_project = Client(fake, fake.project_token(acme.project))
    of_repository = Client(fake, fake.repository_token(acme.logging))

    assert of_project.get(f"/projects/ACME/repos/{other.slug}/permissions/users").status_code == 200
    assert of_project.get("/projects/ELSE").status_code == 401
    assert of_repository.get(f"{IN_LOGGING}/permissions/users").status_code == 200
    assert of_repository.get(f"/projects/ACME/repos/{other.slug}").status_code == 401
    assert of_repository.get("/projects/ACME/permissions/users").status_code == 401
    assert of_project.get("/projects").headers["X-AUSERNAME"].startswith("access-token-user")
    assert of_project.values("/users?filter=access-token") == []


def test_a_repositorys_token_knows_no_project_permission(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    with pytest.raises(ValueError, match="PROJECT_READ"):
        fake.repository_token(acme.logging, ["PROJECT_READ"])


def test_people_make_tokens_for_places_they_administer(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    body = {"name": "ci", "permissions": ["REPO_READ"]}
    made = [
        Client(fake).send("PUT", f"{TOKENS}{path}", json=body, auth=as_ann(fake, acme))
        for path in ("/projects/ACME", IN_LOGGING)
    ]

    assert [each.status_code for each in made] == [200, 200]
    assert [row["name"] for row in Client(fake, made[0].json()["token"]).values("/repos")] == ["logging"]


def test_keys_open_a_place(fake: FakeBitbucketDataCenter, ann: Client, bob: Client) -> None:
    path = f"/rest/keys/latest{IN_LOGGING}/ssh"
    made = ann.send("POST", path, json=KEY)

    assert made.status_code == 201
    assert ann.values(path) == [made.json()]
    assert ann.send("POST", path, json=KEY).status_code == 409
    assert ann.send("POST", path, json={"key": {"text": "nonsense"}, "permission": "REPO_READ"}).status_code == 400
    assert ann.send("POST", path, json=KEY | {"permission": "PROJECT_READ"}).status_code == 400
    assert bob.send("POST", path, json=KEY).status_code == 401
    assert ann.send("DELETE", f"{path}/{made.json()['key']['id']}").status_code == 204
    assert ann.send("DELETE", f"{path}/77").status_code == 204
    assert ann.values(path) == []
