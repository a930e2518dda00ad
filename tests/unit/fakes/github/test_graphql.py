"""Queries as GitHub answers them: connections, errors beside data, limits and missing scopes."""

from typing import Any

import pytest
import requests

from tests.fakes.github import FakeGitHub, Kind
from tests.unit.fakes.github.clients import Acme, ApiClient

COLLABORATORS = """
query($ids: [ID!]!, $affiliation: CollaboratorAffiliation, $first: Int = 100, $after: String, $login: String) {
  nodes(ids: $ids) {
    __typename
    ... on Repository {
      databaseId
      collaborators(first: $first, after: $after, affiliation: $affiliation, login: $login) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { permission node { login databaseId } }
      }
    }
  }
}
"""
FILES = """
query($ids: [ID!]!, $expression: String!) {
  nodes(ids: $ids) { ... on Repository { object(expression: $expression) { ...file } } }
}
fragment file on Blob { byteSize isBinary isTruncated text }
"""


def node(api: ApiClient, path: str) -> str:
    found: str = api.get(path).json()["node_id"]
    return found


def collaborators(api: ApiClient, acme: Acme, **variables: object) -> dict[str, str]:
    answer = api.ask(COLLABORATORS, ids=[node(api, acme.repo)], **variables)
    edges = answer["data"]["nodes"][0]["collaborators"]["edges"]
    return {edge["node"]["login"]: edge["permission"] for edge in edges}


def kinds(answer: Any) -> list[str]:
    return [error.get("type") or error["extensions"]["code"] for error in answer["errors"]]


def test_collaborators_are_asked_by_affiliation(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_collaborator(acme.library, acme.bob, "pull")

    assert collaborators(owner, acme) == {"ann": "ADMIN", "bob": "WRITE", "eve": "TRIAGE"}
    assert collaborators(owner, acme, affiliation="DIRECT") == {"bob": "WRITE", "eve": "TRIAGE"}
    assert collaborators(owner, acme, affiliation="OUTSIDE") == {"eve": "TRIAGE"}
    assert collaborators(owner, acme, login="EVE") == {"eve": "TRIAGE"}


def test_permissions_name_their_sources(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_collaborator(acme.library, acme.bob, "pull")
    query = """{ repository(owner: "acme", name: "logging") { collaborators(first: 9, login: "bob") { edges {
      permissionSources { permission roleName source { __typename ... on Team { slug } } organization { login } }
    } } } }"""

    [edge] = owner.ask(query)["data"]["repository"]["collaborators"]["edges"]

    assert [(each["source"], each["permission"]) for each in edge["permissionSources"]] == [
        ({"__typename": "Repository"}, "READ"),
        ({"__typename": "Team", "slug": "back-end"}, "WRITE"),
    ]


def test_connections_page_by_cursor(acme: Acme, owner: ApiClient) -> None:
    ids, after, found = [node(owner, acme.repo)], None, []
    while True:
        [each] = owner.ask(COLLABORATORS, ids=ids, first=1, after=after)["data"]["nodes"]
        found += [edge["node"]["login"] for edge in each["collaborators"]["edges"]]
        assert each["collaborators"]["totalCount"] == 3
        after = each["collaborators"]["pageInfo"]["endCursor"]
        if not each["collaborators"]["pageInfo"]["hasNextPage"]:
            break

    assert found == ["ann", "bob", "eve"]


def test_only_those_who_push_see_collaborators(github: FakeGitHub, acme: Acme) -> None:
    api = ApiClient.of(github, acme.eve)

    answer = api.ask(COLLABORATORS, ids=[node(api, acme.repo)])

    assert answer["data"]["nodes"][0]["collaborators"] is None
    assert kinds(answer) == ["FORBIDDEN"]


def test_files_of_the_head_are_read(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.commit(acme.library, {"bytes": b"\0\1", "long": "x" * 600_000})
    empty = github.add_repo(acme.organization, "empty")
    ids = [node(owner, acme.repo), node(owner, f"/repositories/{empty.id}")]

    def read(path: str) -> list[Any]:
        return [each["object"] for each in owner.ask(FILES, ids=ids, expression=f"HEAD:{path}")["data"]["nodes"]]

    text = '{"name": "acme/logging"}'
    assert read("composer.json") == [{"byteSize": 24, "isBinary": False, "isTruncated": False, "text": text}, None]
    assert read("none") == [None, None]
    assert read("bytes")[0] == {"byteSize": 2, "isBinary": True, "isTruncated": False, "text": None}
    assert (read("long")[0]["isTruncated"], len(read("long")[0]["text"])) == (True, 512_000)


def test_teams_with_members_and_repositories_come_at_once(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_team(acme.organization, "Databases", parent=acme.backend, members=[acme.ann])
    query = """query($org: String!) {
      rateLimit { cost nodeCount }
      organization(login: $org) {
        databaseId
        members: membersWithRole(first: 100) { edges { role node { login } } }
        teams(first: 25) { nodes {
          databaseId slug privacy parentTeam { databaseId }
          immediate: members(first: 100, membership: IMMEDIATE) { edges { role node { login } } }
          members(first: 100) { nodes { login } }
          repositories(first: 100) { edges { permission node { databaseId } } }
        } }
      }
    }"""

    data = owner.ask(query, org="acme")["data"]

    outer, inner = data["organization"]["teams"]["nodes"]
    assert data["rateLimit"] == {"cost": 1, "nodeCount": 100 + 25 + 25 * 100 * 3}
    assert [edge["role"] for edge in data["organization"]["members"]["edges"]] == ["ADMIN", "MEMBER"]
    assert outer["immediate"]["edges"] == [{"role": "MEMBER", "node": {"login": "bob"}}]
    assert [each["login"] for each in outer["members"]["nodes"]] == ["ann", "bob"]
    assert inner["parentTeam"] == {"databaseId": acme.backend.id}
    assert inner["repositories"]["edges"] == [{"permission": "WRITE", "node": {"databaseId": acme.library.id}}]


def test_repositories_are_filtered_and_ordered(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_repo(acme.organization, "open", visibility="public")
    github.add_repo(acme.organization, "inner", visibility="internal")
    query = """query($privacy: RepositoryPrivacy, $visibility: RepositoryVisibility) {
      organization(login: "acme") { repositories(
        first: 9, privacy: $privacy, visibility: $visibility, orderBy: {field: NAME, direction: DESC}
      ) { nodes { name isEmpty defaultBranchRef { name target { oid } } } } }
    }"""

    def names(**variables: str) -> list[str]:
        rows = owner.ask(query, **variables)["data"]["organization"]["repositories"]["nodes"]
        return [each["name"] for each in rows]

    assert names() == ["open", "logging", "inner"]
    assert names(privacy="PRIVATE") == ["logging", "inner"]
    assert names(visibility="INTERNAL") == ["inner"]


def test_what_is_not_shown_is_null_with_an_error(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    stranger = ApiClient.of(github, github.add_user("zoe"))

    hidden = stranger.ask(COLLABORATORS, ids=[node(owner, acme.repo), "R_none", "x"])
    nobody = owner.ask('{ organization(login: "none") { login } user(login: "none") { login } }')

    assert hidden["data"]["nodes"] == [None, None, None]
    assert [error["path"] for error in hidden["errors"]] == [["nodes", 0], ["nodes", 1], ["nodes", 2]]
    assert kinds(nobody) == ["NOT_FOUND", "NOT_FOUND"]
    assert nobody["data"] == {"organization": None, "user": None}


def test_other_things_have_nodes_too(acme: Acme, owner: ApiClient) -> None:
    ids = [node(owner, path) for path in (acme.path, acme.team, "/users/bob")]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename ... on Team { slug } ... on User { login } } }"

    rows = owner.ask(query, ids=ids)["data"]["nodes"]

    assert [each["__typename"] for each in rows] == ["Organization", "Team", "User"]
    assert [each["id"] for each in rows] == ids
    assert (rows[1]["slug"], rows[2]["login"]) == ("back-end", "bob")


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("{ viewer { nothing } }", "undefinedField"),
        ('{ organization(name: "acme") { login } }', "argumentNotAccepted"),
        ("{ viewer }", "selectionMismatch"),
        ("{ viewer { login { x } } }", "selectionMismatch"),
        ('{ organization(login: "acme") { teams { totalCount } } }', "MISSING_PAGINATION_BOUNDARIES"),
        ('{ organization(login: "acme") { teams(first: 101) { totalCount } } }', "EXCESSIVE_PAGINATION"),
        ('{ organization(login: "acme") { teams(first: 0) { totalCount } } }', "EXCESSIVE_PAGINATION"),
        ('{ organization(login: "acme") { teams(first: 1) { nonsense } } }', "undefinedField"),
        ('{ organization(login: "acme") { teams(first: 1) { edges { role } } } }', "undefinedField"),
        ('{ organization(login: "acme") { ... on Nothing { x } } }', "undefinedField"),
    ],
)
def test_queries_that_do_not_fit_get_no_data(owner: ApiClient, acme: Acme, query: str, kind: str) -> None:
    answer = owner.ask(query)

    assert "data" not in answer
    assert kinds(answer) == [kind]


def test_queries_may_not_be_too_wide(owner: ApiClient, acme: Acme) -> None:
    inner = "repositories(first: 100) { nodes { collaborators(first: 100) { totalCount } } }"
    query = f'{{ organization(login: "acme") {{ teams(first: 100) {{ nodes {{ {inner} }} }} }} }}'

    assert kinds(owner.ask(query)) == ["MAX_NODE_LIMIT_EXCEEDED"]


@pytest.mark.parametrize(
    "text", ["", "{ viewer {", "{ viewer { login } } }", "mutation { x }", "{ a(b: ~) }", "{ ...x }"]
)
def test_what_can_not_be_read_is_an_error(owner: ApiClient, acme: Acme, text: str) -> None:
    assert "data" not in owner.ask(text)


def test_missing_scopes_are_named(github: FakeGitHub, acme: Acme) -> None:
    api = ApiClient.of(github, acme.ann, "repo")

    answer = api.ask('{ organization(login: "acme") { membersWithRole(first: 1) { totalCount } } }')

    assert kinds(answer) == ["INSUFFICIENT_SCOPES"]
    assert "read:org" in answer["errors"][0]["message"]


def test_required_variables_must_come(owner: ApiClient, acme: Acme) -> None:
    assert "data" not in owner.ask(COLLABORATORS)


def test_a_field_can_be_made_to_fail(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.fail_graphql("collaborators")
    broken = owner.ask(COLLABORATORS, ids=[node(owner, acme.repo)])
    github.behave()

    assert kinds(broken) == ["RESOURCE_LIMITS_EXCEEDED"]
    assert broken["data"]["nodes"][0]["collaborators"] is None
    assert collaborators(owner, acme)


def test_only_known_people_may_ask(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    def status(body: object, **headers: str) -> int:
        return requests.post(github.graphql_url, json=body, headers=headers, timeout=10).status_code

    assert status({"query": "{ viewer { login } }"}) == 401
    assert status({"query": "{ viewer { login } }"}, Authorization="Bearer wrong") == 401
    assert owner.ask("{ viewer { login organizations(first: 1) { nodes { login } } } }")["data"]["viewer"] == {
        "login": "ann",
        "organizations": {"nodes": [{"login": "acme"}]},
    }


def test_costs_count_against_a_limit_of_their_own() -> None:
    with FakeGitHub(version=None, rate_limit=3) as fake:
        api = ApiClient.of(fake, fake.add_user("ann"))

        answers = [api.ask("{ viewer { login } }") for _ in range(4)]

        assert kinds(answers[3]) == ["RATE_LIMITED"]
        assert api.get("/user").headers["X-RateLimit-Remaining"] == "2"


def test_saml_hides_organizations(github: FakeGitHub, acme: Acme) -> None:
    token = github.personal_token(acme.ann)
    api = ApiClient(github, token)
    github.enforce_saml(acme.organization)
    query = '{ organization(login: "acme") { login } repository(owner: "acme", name: "logging") { name } }'

    hidden = api.ask(query)
    github.authorize_for_saml(token, acme.organization)

    assert kinds(hidden) == ["FORBIDDEN", "FORBIDDEN"]
    assert hidden["errors"][0]["extensions"] == {"saml_failure": True}
    assert api.ask(query)["data"]["repository"] == {"name": "logging"}


@pytest.mark.parametrize(
    ("kind", "logins", "total", "has_next"),
    [
        (Kind.DUPLICATE_IDS, ["ann", "ann"], 3, True),
        (Kind.EMPTY_WITH_WRONG_TOTAL, [], 3, False),
        (Kind.MISSING_NEXT_LINK, ["ann", "bob"], 3, False),
        (Kind.WRONG_TOTAL, ["ann", "bob"], 8, True),
    ],
)
def test_connections_can_be_spoilt(
    github: FakeGitHub, acme: Acme, owner: ApiClient, kind: Kind, logins: list[str], total: int, has_next: bool
) -> None:
    ids = [node(owner, acme.repo)]
    github.misbehave("graphql", kind)

    [found] = owner.ask(COLLABORATORS, ids=ids, first=2)["data"]["nodes"]

    assert [edge["node"]["login"] for edge in found["collaborators"]["edges"]] == logins
    assert found["collaborators"]["totalCount"] == total
    assert found["collaborators"]["pageInfo"]["hasNextPage"] == has_next
