"""Pages by offset and by key, with GitLab's headers."""

import pytest
import requests
from requests.utils import parse_header_links

from tests.fakes.gitlab import FakeGitLab
from tests.unit.fakes.clients import Acme, ApiClient, facts

PAGING = facts("paging.json")


def pages_of(link: str) -> dict[str, int]:
    return {each["rel"]: int(each["url"].split("page=")[1].split("&")[0]) for each in parse_header_links(link)}


def test_the_headers_of_a_page_in_the_middle_are_the_documented_ones(
    fake: FakeGitLab, acme: Acme, owner: ApiClient
) -> None:
    for number in range(PAGING["rows"]):
        fake.add_group(f"part-{number}", parent=acme.group)

    answer = owner.get(f"/groups/1/subgroups?page={PAGING['page']}&per_page={PAGING['per_page']}")

    assert {name: answer.headers[name] for name in PAGING["headers"]} == PAGING["headers"]
    assert pages_of(answer.headers["Link"]) == PAGING["link"]
    assert len(answer.json()) == PAGING["per_page"]


def test_following_the_next_link_finds_every_row_once(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    made = {fake.add_group(f"part-{number}", parent=acme.group).id for number in range(7)}
    path, found = "/groups/1/descendant_groups?per_page=3", []

    while path:
        answer = owner.get(path)
        found += [row["id"] for row in answer.json()]
        path = answer.links.get("next", {}).get("url", "").removeprefix(fake.api_url)

    assert sorted(found) == sorted(made)
    assert answer.headers["X-Next-Page"] == ""


@pytest.mark.parametrize(("asked", "given"), [("", 20), ("&per_page=50", 50), ("&per_page=1000", 100)])
def test_pages_have_a_usual_and_a_largest_size(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, asked: str, given: int
) -> None:
    for number in range(120):
        fake.add_member(acme.group, fake.add_user(f"person-{number}"))

    assert len(owner.get(f"/groups/1/members?page=1{asked}").json()) == given


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=0", "per_page=-1"])
def test_a_senseless_position_is_refused(owner: ApiClient, query: str) -> None:
    answer = owner.get(f"/groups?{query}")

    assert answer.status_code == 400
    assert "error" in answer.json()


def test_very_long_lists_are_not_counted(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    for number in range(PAGING["uncounted_above"]):
        fake.add_member(acme.group, fake.add_user(f"person-{number}"))

    answer = owner.get("/groups/1/members?per_page=100")

    assert "X-Total" not in answer.headers
    assert "X-Total-Pages" not in answer.headers
    assert set(pages_of(answer.headers["Link"])) == {"first", "next"}


def test_links_name_the_server_as_it_names_itself() -> None:
    with FakeGitLab(base_url="https://code.example/gitlab") as fake:
        fake.add_group("one", visibility="public")
        fake.add_group("two", visibility="public")

        answer = requests.get(f"http://127.0.0.1:{fake.port}/gitlab/api/v4/groups?per_page=1", timeout=10)

        assert answer.links["next"]["url"] == "https://code.example/gitlab/api/v4/groups?page=2&per_page=1"


def test_projects_can_be_walked_by_key(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    made = [acme.library.id] + [fake.add_project(acme.group, f"part-{number}").id for number in range(4)]
    path, found = "/projects?pagination=keyset&order_by=id&sort=asc&per_page=2", []

    while path:
        answer = owner.get(path)
        found += [row["id"] for row in answer.json()]
        path = answer.links.get("next", {}).get("url", "").removeprefix(fake.api_url)

    assert found == made
    assert "X-Total" not in answer.headers


def test_an_unchanged_answer_is_304_for_its_tag(owner: ApiClient) -> None:
    first = owner.get("/groups")

    again = owner.get("/groups", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
