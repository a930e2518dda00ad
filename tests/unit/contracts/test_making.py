"""Contracts made from descriptions and schemas."""

import json

import pytest

from scripts.contracts import Json, make_contract, written
from scripts.graphql_schema import reduce_schema

USER: Json = {
    "type": "object",
    "description": "prose",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "example": 1},
        "role": {"type": "string", "enum": ["admin", "member", None], "nullable": True},
        "url": {"type": "string"},
        "boss": {"$ref": "#/components/schemas/user"},
        "tags": {"type": "array", "nullable": True, "items": {"type": "string"}},
        "rights": {
            "type": "object",
            "properties": {"id": {"type": "integer"}},
            "additionalProperties": {"type": "boolean"},
        },
        "extra": {"type": "object", "nullable": True},
    },
}
DESCRIPTION: Json = {
    "paths": {
        "/users/{user_id}/{path}": {
            "parameters": [
                {"name": "user_id", "in": "path", "schema": {"type": "integer"}},
                {"name": "path", "in": "path", "schema": {"type": "string"}},
            ],
            "get": {
                "parameters": [
                    {"$ref": "#/components/parameters/page"},
                    {"name": "q", "in": "query", "required": True, "schema": {"$ref": "#/components/schemas/word"}},
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/user"}}}},
                    "304": {},
                    "404": {},
                },
            },
            "delete": {"responses": {"204": {"description": "prose"}}},
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "allOf": [
                                    {"$ref": "#/components/schemas/base"},
                                    {"type": "object", "properties": {"at": {"type": "number"}}},
                                ]
                            }
                        }
                    }
                },
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {"oneOf": [{"type": "string"}, {"type": "string"}, {"type": "null"}]}
                            }
                        }
                    }
                },
            },
        }
    },
    "components": {
        "parameters": {"page": {"name": "page", "in": "query", "schema": {"type": "integer"}}},
        "schemas": {
            "user": USER,
            "word": {"type": "string", "enum": ["a", "b"]},
            "base": {
                "type": "object",
                "additionalProperties": True,
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "colour": {"type": "string"}},
            },
            "error": {"type": "object", "properties": {"message": {"type": "string"}}},
        },
    },
}
WANTED: Json = {
    "prefix": "/api",
    "areas": ["/api/"],
    "endpoints": [f"{method} /users/{{user_id}}/{{path}}" for method in ("GET", "DELETE", "POST")],
    "errors": ["error"],
    "fields": ["id", "role", "boss", "tags", "rights", "extra", "message"],
}
PLACE = "/api/users/{user_id:integer}/{path:rest}"


def test_a_contract_holds_the_facts_of_what_is_used() -> None:
    contract = make_contract(DESCRIPTION, "", WANTED, [])

    assert contract["endpoints"] == {
        f"GET {PLACE}": {"query": {"page~": "integer", "q": "=a|b"}, "answers": {"200": "#user"}},
        f"DELETE {PLACE}": {"answers": {"204": None}},
        f"POST {PLACE}": {
            "body": {"name": "string", "colour~": "string", "at~": "number"},
            "answers": {"200": {"|": ["string", "any"]}},
        },
    }
    assert contract["schemas"] == {
        "error": {"message~": "string", "...": ""},
        "user": {
            "id": "integer",
            "role~": "=admin|member?",
            "boss~": "#user",
            "tags~": {"|": [["string"], "null"]},
            "rights~": {"id~": "integer", "*": "boolean"},
            "extra~": {"*": "any", "?": True},
            "...": "url",
        },
    }
    assert contract["known"] == []
    assert "prose" not in json.dumps(contract)


def test_deviations_change_endpoints_schemas_and_fields() -> None:
    deviations: list[Json] = [
        {"reason": "…", "always": ["role"], "fields": {"tags": "any"}},
        {"reason": "…", "contract": {"endpoints": {f"DELETE {PLACE}": {"answers": {"202": None, "204": "#fresh"}}}}},
        {"reason": "…", "schemas": {"fresh": {"by": "#base"}, "user": {"id": None, "uid": "string"}}},
    ]

    contract = make_contract(DESCRIPTION, "", {**WANTED, "fields": ["id", "role", "tags", "name"]}, deviations)

    assert contract["endpoints"][f"DELETE {PLACE}"] == {"answers": {"204": "#fresh", "202": None}}  # type: ignore[index]
    assert contract["schemas"] == {
        "base": {"name": "string"},
        "error": {"...": "message"},
        "fresh": {"by": "#base"},
        "user": {"role": "=admin|member?", "tags~": "any", "...": "boss extra rights url", "uid": "string"},
    }
    assert contract["known"] == ["colour"]


@pytest.mark.parametrize(
    "wanted",
    [{"endpoints": ["GET /user"]}, {"endpoints": ["PUT /users/{user_id}/{path}"]}, {"errors": ["fault"]}],
)
def test_what_nothing_describes_is_refused(wanted: Json) -> None:
    with pytest.raises(KeyError):
        make_contract(DESCRIPTION, "", {**WANTED, **wanted}, [])


def test_the_file_has_a_line_for_each_endpoint_and_schema() -> None:
    contract = make_contract(DESCRIPTION, "", WANTED, [])

    text = written(contract)

    assert json.loads(text) == contract
    assert sum(line.startswith("  ") for line in text.splitlines()) == 3 + 2


SCHEMA = '''
"""
type Team { not: this }
"""
type Team implements Node & Thing @docs(category: "x") {
  """The name. Use name(x: Int) sparingly."""
  name: String!
  members(
    """How many"""
    first: Int = 30
    order: MemberOrder = {field: NAME, direction: ASC}
    slug: String!
  ): [Member!]!
}
input MemberOrder {
  field: Field!
}
enum Field {
  """By name"""
  NAME
  AGE
}
scalar DateTime
union Thing = Team | Member
type Member {
  born: DateTime
  thing: Thing
}
'''


def test_of_a_schema_the_fields_that_are_used_stay() -> None:
    made = reduce_schema(SCHEMA, {"Team": ["name", "members"], "Member": ["born", "thing"]})

    assert json.loads(json.dumps(made)) == {
        "Team": {
            "name": ["String!", {}],
            "members": ["[Member!]!", {"first": "Int", "order": "MemberOrder", "slug": "String!"}],
        },
        "Member": {"born": ["DateTime", {}], "thing": ["Thing", {}]},
        "MemberOrder": {"field": ["Field!", {}]},
        "Field": "=NAME|AGE",
        "DateTime": "string",
        "Int": "integer",
        "String": "string",
        "Thing": {},
    }


@pytest.mark.parametrize("wanted", [{"Teem": ["name"]}, {"Team": ["nmae"]}])
def test_what_the_schema_does_not_have_is_refused(wanted: dict[str, object]) -> None:
    with pytest.raises(KeyError):
        reduce_schema(SCHEMA, wanted)
