"""People, groups, permissions: what lists show, and to whom."""

import pytest

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Level
from tests.unit.fakes.bitbucket_dc.clients import IN_LOGGING, Acme, Client, problem

WORDS = ("name", "slug", "emailAddress", "displayName", "active", "type", "id", "links")


def test_the_server_says_its_version_to_anybody(fake: FakeBitbucketDataCenter) -> None:
    answer = Client(fake).get("/rest/api/1.0/application-properties")

    assert answer.json()["version"] == "9.4.3"
    assert answer.json()["buildNumber"] == "9004003"
    assert "X-AUSERNAME" not in answer.headers


def test_a_name_is_not_a_slug(fake: FakeBitbucketDataCenter, bob: Client) -> None:
    answer = bob.get("/application-properties")
    name = bob.get("/plugins/servlet/applinks/whoami").text

    assert name == "bob@birch"
    assert answer.headers["X-AUSERNAME"] == "bob%40birch"
    assert problem(bob.get("/users/bob@birch")) == (404, "NoSuchUserException")
    [found] = bob.values("/users?filter=bob@birch")
    assert set(found) == set(WORDS)
    assert bob.get(f"/users/{found['slug']}").json() == found
    assert found["slug"] == "bob_birch"


def test_an_address_may_be_missing(fake: FakeBitbucketDataCenter, ann: Client) -> None:
    fake.add_user("nameless", email=None)

    assert "emailAddress" not in ann.get("/users/nameless").json()


def test_groups_are_texts_and_the_same_in_either_case(fake: FakeBitbucketDataCenter, bob: Client) -> None:
    assert bob.values("/groups?filter=GRÖSSE") == []
    assert bob.values("/groups?filter=größe") == ["Größe & Co"]
    assert [row["name"] for row in bob.values("/admin/groups")] == ["Größe & Co", "stash-users"]
    members = bob.get("/admin/groups/more-members", params={"context": "grÖße & co"}).json()["values"]
    assert [row["name"] for row in members] == ["bob@birch"]
    assert [row["name"] for row in bob.values("/users?group=Größe %26 Co")] == ["bob@birch"]


def test_a_group_that_is_gone_keeps_its_permissions(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.delete_group(acme.team)

    assert ann.values(f"{IN_LOGGING}/permissions/groups")[0]["permission"] == "REPO_READ"
    assert ann.get("/admin/groups/more-members?context=Größe %26 Co").status_code == 404


def test_deactivated_people_stay_in_lists(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.deactivate(acme.bob)

    [found] = ann.values("/admin/groups/more-members?context=größe %26 co")
    assert found["active"] is False
    effective = "permission=REPO_READ&permission.projectKey=ACME&permission.repositorySlug=logging"
    assert [row["name"] for row in ann.values(f"/users?{effective}")] == ["ann"]


def test_permissions_of_a_project_are_its_administrators_business(ann: Client, bob: Client, acme: Acme) -> None:
    [found] = ann.values("/projects/ACME/permissions/users")

    assert (found["user"]["name"], found["permission"]) == ("ann", "PROJECT_ADMIN")
    assert ann.values("/projects/ACME/permissions/groups") == []
    for path in ("users", "groups", "search", "PROJECT_READ/all"):
        assert problem(bob.get(f"/projects/ACME/permissions/{path}")) == (401, "AuthorisationException")


def test_groups_have_two_forms(ann: Client) -> None:
    [listed] = ann.values(f"{IN_LOGGING}/permissions/groups")
    searched = ann.values(f"{IN_LOGGING}/permissions/search")

    assert listed == {"group": {"name": "Größe & Co"}, "permission": "REPO_READ"}
    assert searched[0] == {"group": "Größe & Co", "permission": "REPO_READ"}
    assert {row["permission"] for row in searched} == {"REPO_READ", "PROJECT_ADMIN", "LICENSED_USER"}


def test_a_search_can_be_narrowed(ann: Client) -> None:
    people = ann.values(f"{IN_LOGGING}/permissions/search?type=USER")
    named = ann.values(f"{IN_LOGGING}/permissions/search?permission=REPO_READ&permission=REPO_WRITE&filterText=größe")

    assert [row["user"]["name"] for row in people] == ["ann"]
    assert [row["group"] for row in named] == ["Größe & Co"]
    assert ann.get(f"{IN_LOGGING}/permissions/search?type=ROBOT").status_code == 400


@pytest.mark.parametrize("level", ["READ", "WRITE", "ADMIN"])
def test_only_the_default_permission_itself_is_said_to_be_it(
    fake: FakeBitbucketDataCenter, acme: Acme, ann: Client, level: str
) -> None:
    fake.set_default(acme.project, Level[level])

    found = [
        each
        for each in ("READ", "WRITE", "ADMIN")
        if ann.get(f"/projects/ACME/permissions/PROJECT_{each}/all").json()["permitted"]
    ]

    assert found == [level]
    assert ann.get("/projects/ACME/permissions/REPO_READ/all").status_code == 400


def test_no_token_lists_administrators(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    root = fake.add_user("root", password="geheim")
    fake.grant_global(root, "SYS_ADMIN")
    by_token, by_password = Client(fake, fake.personal_token(root)), Client(fake)

    refused = by_token.get("/admin/permissions/users")
    allowed = by_password.get("/admin/permissions/users", auth=("root", "geheim"))

    assert problem(refused) == (401, "AuthorisationException")
    assert [(row["user"]["name"], row["permission"]) for row in allowed.json()["values"]] == [("root", "SYS_ADMIN")]


def test_filters_by_permission_are_joined(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.grant(acme.project, acme.carla, "PROJECT_READ")
    reads = "permission.1=PROJECT_READ&permission.1.projectKey=acme"

    assert [row["name"] for row in ann.values(f"/users?{reads}")] == ["ann", "carla"]
    assert [row["name"] for row in ann.values(f"/users?{reads}&permission.2=LICENSED_USER&filter=car")] == ["carla"]
    by_number = f"permission=REPO_ADMIN&permission.repositoryId={acme.logging.id}"
    assert [row["name"] for row in ann.values(f"/users?{by_number}")] == ["ann"]
    assert ann.get("/users?permission=NONSENSE").status_code == 400
    many = "&".join(f"permission.{number}=LICENSED_USER" for number in range(51))
    assert ann.get(f"/users?{many}").status_code == 400


def test_filters_leave_out_who_may_not_log_in(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.grant(acme.project, acme.carla, "PROJECT_READ")
    fake.set_licensed(acme.carla, False)

    assert [row["name"] for row in ann.values("/users?permission=PROJECT_READ&permission.projectKey=ACME")] == ["ann"]
    assert "carla" not in {row["name"] for row in ann.values("/users?permission=LICENSED_USER")}
    assert "carla" in {row["name"] for row in ann.values("/admin/users")}
    assert ann.get("/users?permission=PROJECT_READ&permission.projectKey=NONE").status_code == 404
    missing = "permission.projectKey=ACME&permission.repositorySlug=none"
    assert ann.get(f"/users?permission=REPO_READ&{missing}").status_code == 404
    assert ann.get("/admin/groups/more-members").status_code == 400


def test_nobody_is_told_about_people_without_saying_who_asks(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    nobody = Client(fake)

    for path in ("/users", "/users/ann", "/groups", "/admin/groups/more-members?context=x", "/admin/permissions/users"):
        assert problem(nobody.get(path)) == (401, "AuthenticationRequiredException")
