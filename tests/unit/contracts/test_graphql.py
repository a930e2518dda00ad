"""GraphQL queries and their answers compared with a schema."""

import pytest

from tests.contracts.graphql import answer_problems, query_problems

TYPES: dict[str, object] = {
    "Query": {"team": ["Team", {"slug": "String!", "roles": "[Role!]"}], "nodes": ["[Node]!", {"ids": "[ID!]!"}]},
    "Team": {
        "id": ["ID!", {}],
        "size": ["Int", {}],
        "members": ["MemberConnection!", {"first": "Int", "last": "Int", "order": "Order", "after": "String"}],
        "tags": ["[String!]!", {}],
    },
    "MemberConnection": {"nodes": ["[Member]", {}], "total": ["Int!", {}]},
    "Member": {"name": ["String!", {}], "role": ["Role", {}]},
    "Node": {"id": ["ID!", {}]},
    "Order": {"by": ["Role!", {}]},
    **{"ID": "string", "Int": "integer", "String": "string", "Role": "=ADMIN|MEMBER"},
}
QUERY = """
query Teams($slug: String!, $many: Int = 5, $c: String) {  # a comment
  one: team(slug: $slug, roles: [ADMIN, MEMBER]) {
    __typename id tags
    members(first: 100, after: $c, order: {by: ADMIN}) { total nodes { name role } }
  }
  two: team(slug: "b", roles: null) { size members(last: $many) { total } }
  nodes(ids: ["1", "2"]) { id ... on Team { size } }
}
"""


def problems(query: str, **variables: object) -> list[str]:
    return list(query_problems(TYPES, query, variables))


def test_a_query_of_the_schema_is_right() -> None:
    assert problems(QUERY, slug="a", many=7) == []
    assert problems('{ team(slug: "a") { id } }') == []


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("{ teem { id } }", "Query has no field teem"),
        ('{ team(slug: "a") { nmae } }', "Team has no field nmae"),
        ("{ team { id } }", "Query.team(slug:) is missing"),
        ('{ team(slug: "a", size: 1) { id } }', "Query.team has no argument size"),
        ("{ team(slug: 7) { id } }", "Query.team(slug:) may not be 7, but String!"),
        ("{ team(slug: A) { id } }", "Query.team(slug:) may not be 'A', but String!"),
        ("{ team(slug: null) { id } }", "Query.team(slug:) may not be 'null', but String!"),
        ('{ team(slug: "a", roles: OWNER) { id } }', "Query.team(roles:) may not be 'OWNER', but [Role!]"),
        ('{ team(slug: "a", roles: ["ADMIN"]) { id } }', "Query.team(roles:) may not be ['ADMIN'], but [Role!]"),
        ('{ team(slug: "a") { members { total } } }', "Team.members needs first or last from 1 to 100"),
        ('{ team(slug: "a") { members(first: 101) { total } } }', "Team.members needs first or last from 1 to 100"),
        ('{ team(slug: "a") { id { x } } }', "Team.id is of ID: fields are not to be selected"),
        ('{ team(slug: "a") }', "Query.team is of Team: fields are to be selected"),
        ('{ nodes(ids: ["a"]) { ... on Tree { x } } }', "there is no type Tree"),
        ("query($x: Int) { team(slug: $x) { id } }", "Query.team(slug:) may not be Variable(name='x'), but String!"),
        ("query($x: String!) { team(slug: $x) { id } }", "$x has no value"),
        ("{ team(", "the query can not be read: '' where something belongs"),
        ("{ a } { b }", "the query can not be read: more than one query: {"),
    ],
)
def test_what_is_not_in_the_schema_is_a_problem(query: str, problem: str) -> None:
    assert problem in problems(query)


def test_a_variable_that_is_not_declared_is_a_problem() -> None:
    assert problems('{ team(slug: "a") { id } }', slug="b") == ["$slug is not declared"]
    wrong = '{ team(slug: "a") { members(first: 1, order: {to: ADMIN}) { total } } }'
    assert problems(wrong) == ["Team.members(order:) may not be {'to': 'ADMIN'}, but Order"]


RIGHT: dict[str, object] = {
    "one": {
        "__typename": "Team",
        "id": "T1",
        "tags": ["x"],
        "members": {"total": 1, "nodes": [{"name": "ann", "role": "ADMIN"}, None]},
    },
    "two": None,
    "nodes": [{"id": "1", "size": 3}, None],
}


def test_data_of_the_query_is_right() -> None:
    assert list(answer_problems(TYPES, QUERY, RIGHT)) == []
    assert list(answer_problems(TYPES, "{", {"x": 1})) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"one": {}}, "data.one.id: is missing"),
        ({"three": 3}, "data.three: was not asked for"),
        ({"one": {"id": None}}, "data.one.id: may not be null"),
        ({"one": {"id": 7}}, "data.one.id: 7 is no string"),
        ({"one": {"tags": "x"}}, "data.one.tags: is no list"),
        ({"one": 7}, "data.one: is no object"),
        (
            {"one": {"members": {"nodes": [{"role": "X"}]}}},
            "data.one.members.nodes[0].role: 'X' is none of ADMIN|MEMBER",
        ),
        ({"nodes": [{"id": "1", "size": "x"}]}, "data.nodes[0].size: 'x' is no integer"),
    ],
)
def test_data_that_does_not_fit_is_a_problem(changes: dict[str, object], problem: str) -> None:
    assert problem in list(answer_problems(TYPES, QUERY, {**RIGHT, **changes}))
