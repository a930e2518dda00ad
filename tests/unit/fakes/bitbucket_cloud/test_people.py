"""The caller's own account, his workspaces and permissions, and what was removed."""

from datetime import timedelta

import pytest

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud
from tests.unit.fakes.bitbucket_cloud.clients import CALLBACK, Acme, ApiClient


def test_the_current_user_has_a_uuid_in_braces_and_perhaps_a_user_name(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient
) -> None:
    named = cloud.add_user("ann", "Ann Aspen", username="aaspen", email="aspen@example.com")

    first, second = owner.get("/user").json(), ApiClient.of(cloud, named).get("/user").json()

    assert (first["uuid"], first["nickname"]) == (acme.owner.uuid, "ann")
    assert first["uuid"][0] == "{"
    assert "username" not in first
    assert (second["nickname"], second["username"], second["account_status"]) == ("ann", "aaspen", "active")


def test_addresses_say_whether_they_are_confirmed(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    who = cloud.add_user("eve", more_emails=[("eve@elm.example", True), ("old@elm.example", False)])

    rows = ApiClient.through(cloud, who, "email").values("/user/emails")

    assert [(each["email"], each["is_primary"], each["is_confirmed"]) for each in rows] == [
        ("eve@example.com", True, True),
        ("eve@elm.example", False, True),
        ("old@elm.example", False, False),
    ]


def test_own_workspaces_have_no_name_and_say_who_administers(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient
) -> None:
    cloud.add_member(cloud.add_workspace("zeta"), acme.owner)
    cloud.add_workspace("foreign")

    rows = owner.values("/user/workspaces", sort="-slug")

    assert [(each["workspace"]["slug"], each["administrator"]) for each in rows] == [("zeta", False), ("acme", True)]
    assert "name" not in rows[0]["workspace"]
    [mine] = owner.values("/user/workspaces", administrator="true")
    assert mine["workspace"]["uuid"] == acme.workspace.uuid
    assert owner.get("/user/workspaces?administrator=maybe").status_code == 400
    assert owner.get("/user/workspaces?sort=name").status_code == 400


def test_own_permission_is_for_members(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account) -> None:
    path = f"/user/workspaces/{acme.workspace.uuid}/permission"
    assert owner.get(path).json()["permission"] == "owner"
    assert ApiClient.of(cloud, bob).get(path).status_code == 403

    cloud.add_member(acme.workspace, bob, "create-project")

    assert ApiClient.of(cloud, bob).get(path).json()["permission"] == "create-project"


def test_own_repositories_are_those_with_a_grant(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    cloud.add_repository(acme.project, "open", is_private=False)
    cloud.add_member(acme.workspace, bob)
    cloud.grant(acme.library, bob, "read")
    api = ApiClient.of(cloud, bob)
    path = f"/user/workspaces/{acme.workspace.uuid}/permissions/repositories"

    [row] = api.values(path)

    assert (row["repository"]["full_name"], row["permission"]) == ("acme/logging", "read")
    assert api.values(path, q='permission>"read"') == []


@pytest.mark.parametrize(
    "path", ["/workspaces", "/repositories", "/user/permissions/workspaces", "/user/permissions/repositories"]
)
def test_lists_across_workspaces_are_gone(owner: ApiClient, path: str) -> None:
    answer = owner.get(path)

    assert answer.status_code == 410
    assert answer.json()["error"]["message"].startswith("CHANGE-2770")


def test_missing_scopes_are_named(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    answer = ApiClient.through(cloud, acme.owner, "email", "repository").get("/user")

    assert answer.status_code == 403
    assert answer.json()["error"]["detail"] == {"granted": ["email", "repository"], "required": ["account"]}


def test_api_tokens_have_scopes_of_their_own(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    token = cloud.personal_token(acme.owner, ["read:user:bitbucket"])
    api = ApiClient(cloud, token, email=acme.owner.primary_email)

    refused = api.get(acme.repository)

    assert api.get("/user").status_code == 200
    assert refused.json()["error"]["detail"]["required"] == ["read:repository:bitbucket"]


def test_only_good_credentials_are_taken(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    token = cloud.personal_token(acme.owner)
    answers = [
        ApiClient(cloud).get("/user"),
        ApiClient(cloud, "unknown").get("/user"),
        ApiClient(cloud, token).get("/user"),
        ApiClient(cloud, token, email=bob.primary_email).get("/user"),
        ApiClient(cloud).get("/user", headers={"Authorization": "Basic !"}),
    ]

    assert [each.status_code for each in answers] == [401] * 5


def test_app_passwords_are_dead(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    answer = ApiClient(cloud, cloud.app_password(), email="ann").get("/user")

    assert answer.status_code == 401
    assert "App passwords are deprecated" in answer.json()["error"]["message"]


def test_tokens_expire_and_can_be_revoked(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    expires_on = cloud.clock.today() + timedelta(days=1)
    lasting, short = cloud.personal_token(acme.owner), cloud.personal_token(acme.owner, expires_on=expires_on)
    consumer = cloud.application(redirect_uri=CALLBACK)
    oauth = str(cloud.oauth_token(acme.owner, consumer.client_id)["access_token"])
    apis = [ApiClient(cloud, each, email=acme.owner.primary_email) for each in (lasting, short)]
    apis.append(ApiClient(cloud, oauth))
    assert [each.get("/user").status_code for each in apis] == [200, 200, 200]

    cloud.clock.advance(hours=2)
    assert [each.get("/user").status_code for each in apis[::2]] == [200, 401]
    cloud.clock.advance(days=1)
    cloud.revoke_token(lasting)

    assert [each.get("/user").status_code for each in apis] == [401, 401, 401]


def test_inactive_people_can_not_ask(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    assert owner.get("/user").status_code == 200

    cloud.set_user_state(acme.owner, "inactive")

    assert owner.get("/user").status_code == 401


def test_access_tokens_are_bound_to_their_place_and_nobody(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    other = cloud.add_repository(acme.project, "other")
    paths = [acme.repository, f"/repositories/acme/{other.slug}", f"{acme.path}/permissions/repositories", "/user"]

    def statuses(token: str) -> list[int]:
        return [ApiClient(cloud, token).get(path).status_code for path in paths]

    assert statuses(cloud.access_token(acme.library)) == [200, 404, 403, 403]
    assert statuses(cloud.access_token(acme.project, ["repository", "account"])) == [200, 200, 403, 200]
    assert statuses(cloud.access_token(acme.workspace, ["repository", "account"])) == [200, 200, 403, 200]
    assert ApiClient(cloud, cloud.access_token(acme.library, ["account"])).get("/user/workspaces").status_code == 403


def test_profiles_of_others_are_public_but_not_their_addresses(owner: ApiClient, bob: Account) -> None:
    profile = owner.get(f"/users/{bob.uuid}").json()

    assert profile["display_name"] == "Bob Birch"
    assert bob.primary_email not in str(profile)
    assert owner.get(f"/users/{bob.primary_email}").status_code == 400


def test_unknown_paths_and_methods_are_refused(owner: ApiClient) -> None:
    assert owner.get("/teams/acme").status_code == 404
    assert owner.send("DELETE", "/user").status_code == 405
