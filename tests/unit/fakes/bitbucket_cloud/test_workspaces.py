"""Workspaces: members, roles, effective permissions, projects, explicit grants, groups."""

from typing import Any

import pytest

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud
from tests.unit.fakes.bitbucket_cloud.clients import Acme, ApiClient


def test_a_private_workspace_is_hidden_from_strangers(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account
) -> None:
    stranger = ApiClient.of(cloud, bob)
    cloud.add_workspace("open", is_private=False)

    assert owner.get("/workspaces/acme").json()["name"] == "Acme"
    assert stranger.get(acme.path).status_code == 404
    assert ApiClient(cloud).get("/workspaces/open").status_code == 200
    assert stranger.get(f"{acme.path}/members").status_code == 403
    assert ApiClient(cloud).get(f"{acme.path}/members").status_code == 401
    assert owner.get("/workspaces/none/members").status_code == 404

    cloud.grant(acme.library, bob, "read")

    assert stranger.get(acme.path).status_code == 200


def test_uuids_survive_a_rename_and_slugs_do_not(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    cloud.rename_workspace(acme.workspace, "apex")

    assert owner.get(acme.path).json()["slug"] == "apex"
    assert owner.get(f"/workspaces/{acme.workspace.uuid.upper()}").status_code == 200
    assert owner.get("/workspaces/acme").status_code == 404


def test_members_are_listed_with_their_status_only_when_asked(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account
) -> None:
    cloud.add_member(acme.workspace, bob)
    cloud.set_user_state(bob, "inactive")

    rows = owner.values(f"{acme.path}/members")
    asked = owner.values(f"{acme.path}/members", fields="+values.user.account_status")

    assert [each["user"]["uuid"] for each in rows] == [acme.owner.uuid, bob.uuid]
    assert "account_status" not in rows[0]["user"]
    assert [each["user"]["account_status"] for each in asked] == ["active", "inactive"]
    assert [each["user"]["display_name"] for each in asked] == ["Ann Almond", "Bob Birch"]


def test_addresses_are_found_by_owners_and_only_those_that_were_asked_for(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account
) -> None:
    cloud.add_member(acme.workspace, bob)
    query, fields = 'user.email IN ("bob@example.com","nobody@example.com")', "+values.user.email"
    path = f"{acme.path}/members"

    [row] = owner.values(path, q=query, fields=fields)

    assert (row["user"]["uuid"], row["user"]["email"]) == (bob.uuid, "bob@example.com")
    assert "bob@example.com" not in str(owner.values(path, fields=fields))
    assert ApiClient.of(cloud, bob).get(path, params={"q": query}).status_code == 403
    many = ",".join(f'"{number}@example.com"' for number in range(91))
    assert owner.get(path, params={"q": f"user.email IN ({many})"}).status_code == 400


def test_roles_are_told_to_members_and_can_be_filtered(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account
) -> None:
    cloud.add_member(acme.workspace, bob, "create-project")

    rows = ApiClient.of(cloud, bob).values(f"{acme.path}/permissions")
    [only] = owner.values(f"{acme.path}/permissions", q='permission="owner"')

    assert [(each["user"]["nickname"], each["permission"]) for each in rows] == [
        ("ann", "owner"),
        ("bob", "create-project"),
    ]
    assert only["user"]["uuid"] == acme.owner.uuid
    assert owner.get(f"{acme.path}/members/{bob.uuid}").json()["user"]["nickname"] == "bob"
    cloud.remove_member(acme.workspace, bob)
    assert owner.get(f"{acme.path}/members/{bob.uuid}").status_code == 404


def facts(rows: Any) -> list[tuple[str, str, str]]:
    return [(each["repository"]["name"], each["user"]["nickname"], each["permission"]) for each in rows]


def test_effective_permissions_are_for_owners_and_paged_by_cursor(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account
) -> None:
    cloud.add_repository(acme.project, "clock", "Clock")
    cloud.grant(acme.project, cloud.add_group(acme.workspace, "backend", members=[bob]), "write")
    path = f"{acme.path}/permissions/repositories"

    first = owner.get(path, params={"pagelen": "3"}).json()
    rest = owner.follow(first["next"]).json()

    assert facts([*first["values"], *rest["values"]]) == [
        ("Logging", "ann", "admin"),
        ("Logging", "bob", "write"),
        ("Clock", "ann", "admin"),
        ("Clock", "bob", "write"),
    ]
    assert not {"size", "page", "previous"} & {*first, *rest}
    assert "next" not in rest
    assert owner.get(path, params={"page": "2"}).status_code == 400
    assert ApiClient.of(cloud, bob).get(path).status_code == 403
    query = f'repository.uuid="{acme.library.uuid}" AND permission<"admin"'
    assert facts(owner.values(path, q=query)) == [("Logging", "bob", "write")]
    assert facts(owner.values(path, sort="-permission"))[0][2] == "admin"


def test_effective_permissions_follow_every_change(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account
) -> None:
    path = f"{acme.path}/permissions/repositories"
    assert len(owner.values(path)) == 1

    cloud.grant(acme.library, bob, "read")
    assert len(owner.values(path)) == 2
    cloud.revoke(acme.library, bob)

    assert len(owner.values(path)) == 1


def test_effective_permissions_of_one_repository_are_for_its_admins(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account
) -> None:
    path, api = f"{acme.path}/permissions/repositories/{acme.library.uuid}", ApiClient.of(cloud, bob)
    cloud.grant(acme.library, bob, "write")
    assert api.get(path).status_code == 403

    cloud.grant(acme.library, bob, "admin")

    assert facts(api.values(path)) == [("Logging", "ann", "admin"), ("Logging", "bob", "admin")]


@pytest.mark.parametrize("kind", ["repository", "project"])
def test_explicit_grants_want_a_scope_of_their_own(
    cloud: FakeBitbucketCloud, acme: Acme, bob: Account, kind: str
) -> None:
    place, path = acme.library, f"{acme.repository}/permissions-config"
    group = cloud.add_group(acme.workspace, "backend", "Backend", members=[bob])
    cloud.grant(place, group, "none")
    cloud.grant(acme.project, group, "create-repo")
    cloud.grant(acme.project, bob, "admin")
    if kind == "project":
        path = f"{acme.path}/projects/BACK/permissions-config"
    api = ApiClient.through(cloud, acme.owner, f"{kind}:admin")

    [row] = api.values(f"{path}/groups")
    people = api.values(f"{path}/users")

    assert (row["group"]["slug"], row["group"]["full_slug"]) == ("backend", "acme:backend")
    assert row["permission"] == ("none" if kind == "repository" else "create-repo")
    assert len(people) == (0 if kind == "repository" else 1)
    assert ApiClient.through(cloud, acme.owner, kind).get(f"{path}/groups").status_code == 403
    assert ApiClient.through(cloud, cloud.add_user("eve"), f"{kind}:admin").get(f"{path}/groups").status_code == 404


def test_administering_a_repository_is_not_reading_it(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    api = ApiClient.through(cloud, acme.owner, "repository:admin")

    assert api.get(acme.repository).status_code == 403


def test_projects_are_listed_for_members(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    cloud.add_project(acme.workspace, "open", is_private=False)
    cloud.grant(acme.library, bob, "read")
    member, guest = ApiClient.through(cloud, acme.owner, "project"), ApiClient.through(cloud, bob, "project")

    assert [each["key"] for each in member.values(f"{acme.path}/projects")] == ["BACK", "OPEN"]
    assert [each["key"] for each in guest.values(f"{acme.path}/projects")] == ["OPEN"]
    assert member.get(f"{acme.path}/projects/back").json()["name"] == "Backend"
    assert guest.get(f"{acme.path}/projects/BACK").status_code == 404
    grants = f"{acme.path}/projects/BACK/permissions-config/users"
    cloud.add_member(acme.workspace, bob)
    assert ApiClient.through(cloud, bob, "project:admin").get(grants).status_code == 403
    assert ApiClient.through(cloud, acme.owner, "project:admin").values(grants) == []


def test_groups_come_from_the_old_api_by_slug_and_for_owners(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, bob: Account
) -> None:
    cloud.add_group(acme.workspace, "backend", "Backend", members=[bob])

    [group] = owner.groups("acme").json()
    [member] = owner.groups("acme/backend/members").json()

    assert (group["slug"], group["name"], group["owner"]["uuid"]) == ("backend", "Backend", acme.workspace.uuid)
    assert group["members"] == [member]
    assert (member["uuid"], member["nickname"]) == (bob.uuid, "bob")
    assert owner.groups(acme.workspace.uuid).status_code == 405
    assert owner.groups("acme/none/members").status_code == 404
    assert ApiClient.of(cloud, bob).groups("acme").status_code == 403
    assert ApiClient(cloud).groups("acme").status_code == 403


@pytest.mark.parametrize("status", [403, 404, 410])
def test_the_old_api_can_be_switched_off(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, status: int) -> None:
    cloud.turn_off_groups(status)
    assert owner.groups("acme").status_code == status

    cloud.turn_off_groups(200)

    assert owner.groups("acme").json() == []
