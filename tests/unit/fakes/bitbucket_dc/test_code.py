"""Branches, tags, commits, files, lists of repositories and their pages."""

import pytest

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.unit.fakes.bitbucket_dc.clients import IN_LOGGING, Acme, Client, problem


def test_an_annotated_tag_has_a_hash_of_its_own(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    made = fake.tag(acme.logging, "release/2.0", message="The second")
    commit = fake.repository(acme.logging).resolve("main")

    annotated, light = ann.values(f"{IN_LOGGING}/tags?orderBy=ALPHABETICAL")

    assert (annotated["hash"], annotated["latestCommit"]) == (made, commit)
    assert (light["hash"], light["latestCommit"]) == (None, commit)
    assert ann.get(f"{IN_LOGGING}/tags/release/2.0").json() == annotated
    assert ann.get(f"{IN_LOGGING}/commits/{made}").json()["id"] == commit
    assert [row["displayId"] for row in ann.values(f"{IN_LOGGING}/tags?filterText=LEASE")] == ["release/2.0"]
    assert ann.get(f"{IN_LOGGING}/tags?orderBy=LUCK").status_code == 400


def test_the_latest_come_first(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.commit(acme.logging, {"NEWS": "2"}, branch="2.x")

    assert [row["displayId"] for row in ann.values(f"{IN_LOGGING}/branches")] == ["2.x", "main"]
    assert [row["isDefault"] for row in ann.values(f"{IN_LOGGING}/branches")] == [False, True]


def test_an_empty_repository_has_no_default_branch(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.add_repository(acme.project, "empty")

    assert ann.get(f"{IN_LOGGING}/default-branch").json()["displayId"] == "main"
    assert ann.get("/projects/ACME/repos/empty/default-branch").status_code == 404
    assert ann.get("/projects/ACME/repos/empty/branches/default").status_code == 204
    assert ann.values("/projects/ACME/repos/empty/tags") == []


def test_a_missing_default_branch_is_not_found(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    odd = fake.add_repository(acme.project, "odd", default_branch="trunk")
    fake.commit(odd, {"README.md": "Odd"}, branch="main")

    assert problem(ann.get("/projects/ACME/repos/odd/default-branch")) == (404, "NoDefaultBranchException")
    assert ann.get("/projects/ACME/repos/odd/branches/default").status_code == 404


@pytest.mark.parametrize("at", ["", "?at=main", "?at=refs/heads/main", "?at=refs/tags/v1.0.0"])
def test_files_are_bytes(ann: Client, at: str) -> None:
    answer = ann.get(f"{IN_LOGGING}/raw/src/Log.php{at}")

    assert answer.content == b"<?php\n"
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_folders_lines_and_kinds_can_be_browsed(ann: Client) -> None:
    children = ann.get(f"{IN_LOGGING}/browse").json()["children"]["values"]
    lines = ann.get(f"{IN_LOGGING}/browse/composer.json").json()["lines"]

    assert [(row["path"]["name"], row["type"]) for row in children] == [("composer.json", "FILE"), ("src", "DIRECTORY")]
    assert lines == [{"text": '{"name": "acme/logging"}'}]
    assert ann.get(f"{IN_LOGGING}/browse/src?type=true").json() == {"type": "DIRECTORY"}
    assert ann.get(f"{IN_LOGGING}/browse/none?type=true").status_code == 404
    assert ann.values(f"{IN_LOGGING}/files") == ["composer.json", "src/Log.php"]
    assert ann.values(f"{IN_LOGGING}/files/src") == ["Log.php"]
    assert ann.get(f"{IN_LOGGING}/files/none").status_code == 404


def test_repositories_say_where_they_are(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fork = fake.add_repository(acme.project, "A Fork", origin=acme.logging)

    found = ann.get("/projects/acme/repos/A-FORK").json()

    links = {row["name"]: row["href"] for row in found["links"]["clone"]}
    assert links["http"] == f"{fake.base_url}/scm/acme/a-fork.git"
    assert links["ssh"] == "ssh://git@127.0.0.1:7999/acme/a-fork.git"
    assert found["origin"]["id"] == acme.logging.id
    assert (found["id"], found["slug"], found["name"]) == (fork.id, "a-fork", "A Fork")
    assert (found["archived"], found["state"], found["project"]["key"]) == (False, "AVAILABLE", "ACME")


def test_an_administrator_may_take_links_away(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.core.offers_ssh, fake.core.names_users_in_clone_urls = False, True

    [link] = ann.get(IN_LOGGING).json()["links"]["clone"]

    assert link["href"] == fake.base_url.replace("://", "://ann@") + "/scm/acme/logging.git"


def test_lists_hide_what_is_archived_unless_asked(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.add_repository(acme.project, "old", archived=True)
    fake.add_repository(acme.project, "broken", state="OFFLINE")
    asked = {each: f"/repos?projectkey=acme&archived={each}" for each in ("ACTIVE", "ARCHIVED", "ALL")}

    found = {each: [row["slug"] for row in ann.values(path)] for each, path in asked.items()}

    assert found == {"ACTIVE": ["logging"], "ARCHIVED": ["old"], "ALL": ["logging", "old"]}
    assert [row["slug"] for row in ann.values("/repos")] == ["logging"]
    assert [row["slug"] for row in ann.values("/projects/ACME/repos")] == ["broken", "logging", "old"]
    assert ann.get("/repos?archived=MAYBE").status_code == 400


def test_lists_can_be_narrowed(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    fake.add_repository(acme.project, "Open Source", public=True)

    assert [row["slug"] for row in ann.values("/repos?visibility=public")] == ["open-source"]
    assert [row["slug"] for row in ann.values("/repos?name=OPEN S&projectname=acm")] == ["open-source"]
    assert ann.values("/repos?name=open-source") == []
    assert ann.get("/repos?visibility=none").status_code == 400
    assert ann.get("/repos?permission=PROJECT_READ").status_code == 400


def test_a_permission_is_the_callers_own(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client, bob: Client) -> None:
    fake.add_repository(acme.project, "open", public=True)

    assert [row["slug"] for row in bob.values("/repos")] == ["logging", "open"]
    assert [row["slug"] for row in bob.values("/repos?permission=REPO_READ")] == ["logging"]
    assert bob.values("/repos?permission=REPO_WRITE") == []
    assert len(ann.values("/repos?permission=REPO_ADMIN")) == 2


def test_pages_count_what_they_hide(fake: FakeBitbucketDataCenter, acme: Acme, bob: Client) -> None:
    for number in range(6):
        repository = fake.add_repository(acme.project, f"library-{number}")
        if number % 2:
            fake.grant(repository, acme.bob, "REPO_READ")

    first = bob.get("/repos?limit=2").json()
    second = bob.get(f"/repos?limit=2&start={first['nextPageStart']}").json()

    assert [row["slug"] for row in first["values"]] == ["library-1", "library-3"]
    assert (first["size"], first["isLastPage"], first["nextPageStart"]) == (2, False, 4)
    assert [row["slug"] for row in second["values"]] == ["library-5", "logging"]
    assert second["isLastPage"] is True
    assert "nextPageStart" not in second


def test_the_server_caps_pages() -> None:
    with FakeBitbucketDataCenter(page_limit=3) as fake:
        user = fake.add_user("ann")
        for number in range(4):
            fake.add_group(f"team-{number}")
        ann = Client(fake, fake.personal_token(user))

        page = ann.get("/groups?limit=1000").json()

        assert (page["limit"], page["size"], page["nextPageStart"]) == (3, 3, 3)
        assert ann.get("/groups").json()["limit"] == 3
        assert ann.get("/groups?limit=0").status_code == 400
        assert ann.get("/groups?start=x").status_code == 400


def test_pages_are_of_25_rows_when_nothing_is_said(ann: Client) -> None:
    assert ann.get("/groups").json()["limit"] == 25


def test_history_goes_back_from_a_ref(fake: FakeBitbucketDataCenter, acme: Acme, ann: Client) -> None:
    newest = fake.commit(acme.logging, {"NEWS": "1"}, message="News")

    rows = ann.values(f"{IN_LOGGING}/commits?until=refs/heads/main")

    assert [row["message"] for row in rows] == ["News", "Change"]
    assert rows[0]["id"] == newest
    assert rows[0]["parents"] == [{"id": rows[1]["id"], "displayId": rows[1]["displayId"]}]
    assert [row["message"] for row in ann.values(f"{IN_LOGGING}/commits?until=v1.0.0")] == ["Change"]
