"""Collaborators and files through GraphQL: what is asked, and what is never taken for complete. Scripted answers."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from integrations.errors import (
    CodeHostError,
    Forbidden,
    IncompleteListing,
    NotFound,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from integrations.github.graphql import COLLABORATORS, EVERYBODY, FILES
from tests.unit.integrations.github.conftest import open_scripted, reply
from tests.unit.integrations.github.rows import collaborators, organization, repository
from tests.unit.integrations.scripted_server import ScriptedServer, answer, scripted_server

READ = reply(organization(default_repository_permission="read"))
HIDDEN = reply(organization())
REPOSITORIES = (reply(repository(31)), reply(repository(32)))


def nodes(*rows: Any, errors: Sequence[Any] = ()) -> bytes:
    return reply({"data": {"nodes": list(rows)}, **({"errors": list(errors)} if errors else {})})


def people_of(number: int, connection: Any) -> dict[str, Any]:
    return {"databaseId": number, "collaborators": connection}


def grants(*scripts: bytes, ids: Sequence[str] = ("31",)) -> tuple[list[tuple[str, str]], ScriptedServer]:
    """Repository and login of every grant that the driver reads from these answers."""
    with scripted_server(*scripts) as server:
        found = list(open_scripted(server).grants.list_repository_grants("501", ids))
    return [(grant.repository_id, grant.member.account.login) for grant in found], server  # type: ignore[union-attr]


def sent(server: ScriptedServer) -> list[dict[str, Any]]:
    """The bodies of all queries."""
    queries = [request for request in server.requests if request.startswith(b"POST /api/graphql ")]
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in queries]


def test_collaborators_of_many_repositories_come_in_one_query() -> None:
    answered = nodes(people_of(31, collaborators("ann", "mona")), people_of(32, collaborators("mona")))

    found, server = grants(READ, *REPOSITORIES, answered, ids=("31", "32"))

    assert found == [("31", "ann"), ("31", "mona"), ("32", "mona")]
    assert sent(server) == [
        {"query": COLLABORATORS, "variables": {"ids": ["R_31", "R_32"], "affiliation": "DIRECT", "after": None}}
    ]


def test_what_names_of_nodes_are_known_from_the_list_is_not_asked_again() -> None:
    with scripted_server(reply([repository(31)]), READ, nodes(people_of(31, collaborators()))) as server:
        host = open_scripted(server)
        list(host.directory.list_repositories("501"))
        list(host.grants.list_repository_grants("501", ["31"]))

    assert len(server.requests) == 3


def test_more_than_a_page_of_collaborators_is_followed_to_the_end() -> None:
    first = nodes(people_of(31, collaborators("a", "bb", total=3, cursor="Y3Vyc29y")))
    second = nodes(people_of(31, collaborators("ccc", total=3)))

    found, server = grants(READ, REPOSITORIES[0], first, second)

    assert [login for _, login in found] == ["a", "bb", "ccc"]
    assert [query["variables"]["after"] for query in sent(server)] == [None, "Y3Vyc29y"]


def test_pages_that_never_end_are_not_followed() -> None:
    page = nodes(people_of(31, collaborators("a", total=2, cursor="Y3Vyc29y")))

    with pytest.raises(IncompleteListing, match="never end"):
        grants(READ, REPOSITORIES[0], page, page, page)


def test_pages_of_all_repositories_that_never_end_are_not_followed() -> None:
    page = nodes(
        {
            "databaseId": 501,
            "membersWithRole": {"totalCount": 1},
            "repositories": {"pageInfo": {"hasNextPage": True, "endCursor": "Y3Vyc29y"}, "nodes": []},
        }
    )

    with pytest.raises(IncompleteListing, match="never end"):
        grants(HIDDEN, page, page, page)


@pytest.mark.parametrize(
    "answered",
    [
        nodes(people_of(31, collaborators("a", total=2))),
        nodes(people_of(31, collaborators("a", "b", total=2))),  # the same person twice
        nodes(people_of(31, {**collaborators("a", total=2), "pageInfo": {"hasNextPage": True, "endCursor": None}})),
        nodes(),
        nodes(people_of(31, collaborators("a")), people_of(32, collaborators("a"))),
        reply({"data": None}),
        nodes(people_of(31, collaborators("a")), errors=[{"message": "timeout"}]),
        reply({"errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "too much"}]}),
    ],
)
def test_a_list_that_is_not_complete_is_none(answered: bytes) -> None:
    with pytest.raises(IncompleteListing):
        grants(READ, REPOSITORIES[0], answered)


@pytest.mark.parametrize(
    ("answered", "error"),
    [
        (nodes(None), NotFound),
        (nodes(None, errors=[{"type": "NOT_FOUND", "message": "Could not resolve to a node"}]), NotFound),
        (nodes(people_of(31, None)), Forbidden),
        (nodes(people_of(99, collaborators())), UnexpectedResponse),
        (nodes(people_of(31, {"edges": []})), UnexpectedResponse),
        (reply({"errors": [{"type": "RATE_LIMITED", "message": "x"}]}), RateLimited),
        (answer("<html>", kind="text/html"), UnexpectedResponse),
        (answer("x", status="502 Bad Gateway"), Unavailable),
    ],
)
def test_what_is_wrong_is_told_apart(answered: bytes, error: type[CodeHostError]) -> None:
    with pytest.raises(error):
        grants(READ, REPOSITORIES[0], answered)


def everybody(members: int, *counts: tuple[str, int | None, int], cursor: str | None = None) -> bytes:
    """Private repositories as (visibility, people who read, people from outside)."""
    rows = [
        {
            "visibility": visibility,
            "collaborators": None if people is None else {"totalCount": people},
            "outside": {"totalCount": outside},
        }
        for visibility, people, outside in counts
    ]
    page = {"hasNextPage": cursor is not None, "endCursor": cursor}
    found = {"databaseId": 501, "membersWithRole": {"totalCount": members}}
    return nodes({**found, "repositories": {"pageInfo": page, "nodes": rows}})


def affiliation_for(*scripts: bytes) -> tuple[str, list[dict[str, Any]]]:
    """Whom the driver asks repositories about after these answers."""
    last = nodes(people_of(31, collaborators()))
    _, server = grants(HIDDEN, *scripts, REPOSITORIES[0], last)
    queries = sent(server)
    return queries[-1]["variables"]["affiliation"], queries


def test_a_hidden_base_permission_is_found_by_counting_who_reads() -> None:
    counted = everybody(12, ("PRIVATE", 12, 0), ("PRIVATE", 15, 3), ("INTERNAL", 12, 0))

    affiliation, queries = affiliation_for(counted)

    assert affiliation == "DIRECT"
    assert queries[0] == {"query": EVERYBODY, "variables": {"ids": ["O_501"], "after": None}}


def test_counting_goes_on_over_all_pages() -> None:
    first = everybody(12, ("PRIVATE", 12, 0), cursor="bmV4dA==")

    affiliation, queries = affiliation_for(first, everybody(12, ("PRIVATE", 11, 0)))

    assert affiliation == "ALL"
    assert [query["variables"]["after"] for query in queries] == [None, "bmV4dA==", None]


@pytest.mark.parametrize(
    "counts",
    [
        [("PRIVATE", 11, 0)],
        [("PRIVATE", 12, 1)],
        [("PRIVATE", 12, 0), ("PRIVATE", 3, 0)],
        [("PRIVATE", None, 0)],
        [("INTERNAL", 12, 0)],
        [],
    ],
)
def test_where_not_everybody_reads_each_repository_names_everybody(counts: list[tuple[str, int | None, int]]) -> None:
    assert affiliation_for(everybody(12, *counts))[0] == "ALL"


def files(*rows: Any) -> tuple[dict[str, bytes | None], ScriptedServer]:
    """What the driver reads as the composer.json of these repositories."""
    ids = [str(31 + index) for index in range(len(rows))]
    asked = [reply(repository(int(key))) for key in ids]
    answered = nodes(*({"databaseId": int(key), "object": row} for key, row in zip(ids, rows, strict=True)))
    content = reply({"type": "file", "encoding": "base64", "content": "e30="})
    with scripted_server(*asked, answered, content) as server:
        return dict(open_scripted(server).source.read_head_files(ids, "composer.json")), server


def blob(text: str | None, size: int, **others: Any) -> dict[str, Any]:
    return {"text": text, "byteSize": size, "isBinary": False, "isTruncated": False, **others}


def test_files_of_many_repositories_come_in_one_query() -> None:
    found, server = files(blob("{}", 2), None, {})

    assert found == {"31": b"{}", "32": None, "33": None}
    assert sent(server) == [
        {"query": FILES, "variables": {"ids": ["R_31", "R_32", "R_33"], "expression": "HEAD:composer.json"}}
    ]


@pytest.mark.parametrize("row", [blob("{", 2, isTruncated=True), blob(None, 2, isBinary=True), blob("{\ufffd", 2)])
def test_what_graphql_does_not_give_exactly_is_read_by_rest(row: dict[str, Any]) -> None:
    found, server = files(row)

    assert found == {"31": b"{}"}
    assert server.targets()[-1] == "GET /api/v3/repositories/31/contents/composer.json"


def test_one_repository_that_is_not_shown_spoils_the_query() -> None:
    with scripted_server(*REPOSITORIES, nodes({"databaseId": 31, "object": None}, None)) as server:
        source = open_scripted(server).source
        with pytest.raises(NotFound):
            source.read_head_files(["31", "32"], "composer.json")


def test_a_file_that_is_too_large_for_the_api_is_a_refusal() -> None:
    with scripted_server(reply({"type": "file", "encoding": "none", "content": "", "size": 2_000_000})) as server:
        source = open_scripted(server).source
        with pytest.raises(Forbidden, match="larger than 1 MB"):
            source.read_file("31", "composer.json", ref="HEAD")
