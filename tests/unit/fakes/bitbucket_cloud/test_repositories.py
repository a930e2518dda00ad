"""Repositories, pages of them, refs and files."""

import pytest
import requests

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud, File
from tests.unit.fakes.bitbucket_cloud.clients import Acme, ApiClient

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"


def slugs(api: ApiClient, path: str, **params: str) -> list[str]:
    return [each["slug"] for each in api.values(path, **params)]


def test_a_repository_tells_what_it_is(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    fork = cloud.add_repository(acme.project, "fork", parent=acme.library)

    found, copy = owner.get(acme.repository).json(), owner.get(f"/repositories/acme/{fork.slug}").json()

    assert (found["full_name"], found["uuid"], found["is_private"]) == ("acme/logging", acme.library.uuid, True)
    assert (found["mainbranch"]["name"], copy["mainbranch"]) == ("main", None)
    assert (found["parent"], copy["parent"]["uuid"]) == (None, acme.library.uuid)
    assert found["project"]["key"] == "BACK"
    assert found["links"]["clone"][0]["href"] == f"{cloud.base_url}/acme/logging.git"


def test_the_clone_address_holds_the_callers_user_name(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    who = cloud.add_user("eve", username="eve_elm")
    cloud.grant(acme.library, who, "read")

    href = ApiClient.of(cloud, who).get(acme.repository).json()["links"]["clone"][0]["href"]

    assert href == f"http://eve_elm@127.0.0.1:{cloud.port}/acme/logging.git"


def test_what_one_may_not_read_is_not_there(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    cloud.add_member(acme.workspace, bob)
    api = ApiClient.of(cloud, bob)
    cloud.add_repository(acme.project, "open", is_private=False)

    assert api.get(acme.repository).status_code == 404
    assert api.get("/repositories/acme/none").status_code == 404
    assert slugs(api, "/repositories/acme") == ["open"]
    assert slugs(api, "/repositories/acme", role="member") == []
    assert ApiClient(cloud).get("/repositories/acme/open").status_code == 200


def test_roles_narrow_the_list_by_what_was_granted(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    for name, grant in (("a", "read"), ("b", "write"), ("c", "admin")):
        cloud.grant(cloud.add_repository(acme.project, name), bob, grant)
    api = ApiClient.of(cloud, bob)

    found = {role: slugs(api, "/repositories/acme", role=role) for role in ("member", "contributor", "admin", "owner")}

    assert found == {"member": ["a", "b", "c"], "contributor": ["b", "c"], "admin": ["c"], "owner": []}
    assert api.get("/repositories/acme?role=reader").status_code == 400
    assert slugs(ApiClient.of(cloud, acme.owner), "/repositories/acme", role="owner") == ["logging", "a", "b", "c"]


def test_lists_are_filtered_and_sorted(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    clock = cloud.add_repository(acme.project, "clock", is_private=False)
    cloud.commit(acme.library, {"a": "b"})

    assert slugs(owner, "/repositories/acme", sort="-updated_on") == ["logging", "clock"]
    assert slugs(owner, "/repositories/acme", sort="slug") == ["clock", "logging"]
    assert slugs(owner, "/repositories/acme", q="is_private=false") == ["clock"]
    assert slugs(owner, "/repositories/acme", q=f"updated_on>{clock.updated_on.isoformat()}") == ["logging"]
    assert owner.get("/repositories/acme", params={"q": "secret=1"}).status_code == 400
    assert owner.get("/repositories/acme?sort=links").status_code == 400


def test_pages_lead_from_one_to_the_next(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    for number in range(4):
        cloud.add_repository(acme.project, f"r{number}")

    first = owner.get("/repositories/acme?pagelen=2&sort=slug").json()
    second = owner.follow(first["next"]).json()
    third = owner.follow(second["next"]).json()

    assert [len(each["values"]) for each in (first, second, third)] == [2, 2, 1]
    assert [(each["page"], each["size"], each["pagelen"]) for each in (first, third)] == [(1, 5, 2), (3, 5, 2)]
    assert ("previous" in first, "next" in third) == (False, False)
    assert owner.follow(third["previous"]).json()["values"] == second["values"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("pagelen=101", 400), ("pagelen=0", 400), ("page=x", 400), ("page=0", 400), ("page=9", 404), ("pagelen=100", 200)],
)
def test_impossible_pages_are_refused(owner: ApiClient, query: str, status: int) -> None:
    assert owner.get(f"/repositories/acme?{query}").status_code == status


def test_the_next_page_is_lost_when_fields_do_not_name_it(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient
) -> None:
    cloud.add_repository(acme.project, "clock")

    without = owner.get("/repositories/acme?pagelen=1&fields=values.slug").json()
    with_it = owner.get("/repositories/acme?pagelen=1&fields=values.slug,next").json()

    assert without == {"values": [{"slug": "logging"}]}
    assert owner.follow(with_it["next"]).json() == {"values": [{"slug": "clock"}]}


def test_a_renamed_repository_is_found_by_uuid_only(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    cloud.update_repository(acme.library, slug="log", name="Log")

    assert owner.get(acme.repository).json()["full_name"] == "acme/log"
    assert owner.get("/repositories/acme/logging").status_code == 404


def test_tags_point_to_commits_and_sort_naturally(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    head = cloud.repository(acme.library).resolve("main")
    annotated = cloud.tag(acme.library, "v10.0.0", message="Ten")

    rows = owner.values(f"{acme.repository}/refs/tags")

    assert annotated != head
    assert {each["name"]: (each["target"]["hash"], each["message"]) for each in rows} == {
        "v1.0.0": (head, None),
        "v10.0.0": (head, "Ten\n"),
    }
    assert rows[1]["date"] is not None
    [named] = owner.values(f"{acme.repository}/refs/tags", q='name~"10"', sort="-target.date")
    assert named["name"] == "v10.0.0"
    assert owner.get(f"{acme.repository}/refs/tags/v1.0.0").json()["target"]["hash"] == head


def test_a_branch_with_a_slash_is_found_by_name_but_is_no_commit(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient
) -> None:
    made = cloud.commit(acme.library, {"a": "b"}, branch="feature/x")
    branch = owner.get(f"{acme.repository}/refs/branches/feature%2Fx").json()

    statuses = [owner.get(f"{acme.repository}/src/{ref}/a").status_code for ref in ("feature/x", "feature%2Fx", made)]

    assert branch["target"]["hash"] == made
    assert statuses == [404, 404, 200]
    assert owner.get(f"{acme.repository}/refs/branches/none").status_code == 404
    assert owner.get(f"{acme.repository}/commit/{made}").json()["parents"] == [
        owner.get(f"{acme.repository}/refs/branches/main").json()["target"] and branch["target"]["parents"][0]
    ]


def test_files_are_answered_raw_with_a_tag_of_their_content(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient
) -> None:
    path = f"{acme.repository}/src/main/composer.json"

    answer, looked = owner.get(path), owner.send("HEAD", path)
    again = owner.get(path, headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.content == b'{"name": "acme/logging"}'
    assert (looked.status_code, looked.content, looked.headers["ETag"]) == (200, b"", answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    cloud.commit(acme.library, {"composer.json": "{}"})
    assert owner.get(path, headers={"If-None-Match": answer.headers["ETag"]}).content == b"{}"


def test_files_say_what_they_are_when_asked(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    cloud.commit(acme.library, {"run": File(b"#!/bin/sh\n", "100755"), "big": POINTER})
    base = f"{acme.repository}/src/main"

    folder = owner.values(f"{base}/")
    meta = owner.get(f"{base}/run?format=meta").json()

    assert [(each["path"], each["type"]) for each in folder] == [
        ("big", "commit_file"),
        ("composer.json", "commit_file"),
        ("run", "commit_file"),
        ("src", "commit_directory"),
    ]
    assert (meta["attributes"], meta["size"]) == (["executable"], 10)
    assert owner.get(f"{base}/big?format=meta").json()["attributes"] == ["lfs"]
    assert [each["path"] for each in owner.values(f"{base}/src")] == ["src/Log.php"]
    assert owner.get(f"{base}/none").status_code == 404
    root = owner.get(f"{acme.repository}/src")
    assert root.status_code == 302
    assert len(owner.follow(root.headers["Location"]).json()["values"]) == 4


def test_large_files_are_at_another_host_that_wants_no_credential(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient
) -> None:
    cloud.commit(acme.library, {"big.zip": POINTER})

    answer = owner.get(f"{acme.repository}/src/main/big.zip")
    target = answer.headers["Location"]

    assert answer.status_code == 301
    assert target.startswith(f"http://localhost:{cloud.port}/")
    local = target.replace("localhost", "127.0.0.1")
    assert requests.get(local, timeout=10).content == b"large file big.zip\n"
    assert requests.get(local, auth=("a", "b"), timeout=10).status_code == 400


def test_an_empty_repository_has_no_files(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    cloud.add_repository(acme.project, "empty")

    assert owner.get("/repositories/acme/empty/src/main/composer.json").status_code == 404
    assert owner.get("/repositories/acme/empty/src").status_code == 404
    assert owner.values("/repositories/acme/empty/refs/branches") == []


def test_a_repository_is_found_by_its_uuid_alone(acme: Acme, owner: ApiClient) -> None:
    assert owner.get(f"/repositories/%7B%7D/{acme.library.uuid}").json()["full_name"] == "acme/logging"
    assert owner.get("/repositories/%7B%7D/logging").status_code == 404
    assert owner.get(f"/repositories/none/{acme.library.uuid}").status_code == 404


@pytest.mark.parametrize("cursor", ["x", "WyJvdGhlciIsIDFd", "MQ"])
def test_cursors_are_not_to_be_guessed(acme: Acme, owner: ApiClient, cursor: str) -> None:
    assert owner.get(f"{acme.repository}/src/main/?page={cursor}").status_code == 400
