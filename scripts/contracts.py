"""Make a small contract file from the description that a code host publishes: facts only, and only what we use.

    python -m scripts.contracts github DESCRIPTION.json [SCHEMA.graphql]

`tests/data/<platform>/endpoints.json` says what we use: `endpoints`, the `fields` that we read out of answers,
`prefix` (what stands before the description's paths), and `graphql` (fields by type). `deviations.json` beside it
says where servers and description differ, each with its reason. The result, `contract.json`, is what
`tests/contracts` checks every request and answer of the tests against; that package also explains the notation.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.graphql_schema import reduce_schema
from scripts.places import ROOT

Json = dict[str, object]
DATA = ROOT / "tests" / "data"
SUCCESS = ("2", "3")
TYPES = frozenset({"integer", "number", "string", "boolean"})


def as_dict(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_dicts(value: object) -> list[Json]:
    """The objects of a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def names_of(value: object) -> list[str]:
    """The texts of a list."""
    return [str(each) for each in value] if isinstance(value, list) else []


@dataclass
class Reducer:
    """Turns the schemas of one description into our notation, keeping the fields in `fields` (None: all)."""

    document: Json
    fields: frozenset[str] | None
    overrides: Json = field(default_factory=dict)  # of fields, wherever they are
    always: set[str] = field(default_factory=set)  # fields that are never missing, whatever the description says
    definitions: Json = field(default_factory=dict)
    passed_over: set[str] = field(default_factory=set)

    def resolve(self, node: Json) -> Json:
        """What a reference stands for."""
        while isinstance(node.get("$ref"), str):
            found: object = self.document
            for part in str(node["$ref"]).removeprefix("#/").split("/"):
                found = as_dict(found).get(part)
            node = as_dict(found)
        return node

    def reduce(self, node: Json) -> object:
        """A schema in our notation; named ones are kept once, in `definitions`."""
        reference = node.get("$ref")
        if isinstance(reference, str):
            return self._named(reference.rpartition("/")[2], node)
        choices = as_dicts(node.get("oneOf")) or as_dicts(node.get("anyOf"))
        if choices:
            return self._choice([self.reduce(choice) for choice in choices], bool(node.get("nullable")))
        if "allOf" in node or "properties" in node:
            return self._object(node)
        mark = "?" if node.get("nullable") else ""
        if isinstance(node.get("enum"), list):
            return "=" + "|".join(name for name in names_of(node["enum"]) if name != "None") + mark
        if node.get("type") == "array":
            rows: object = [self.reduce(as_dict(node.get("items")))]
            return {"|": [rows, "null"]} if mark else rows
        if isinstance(node.get("additionalProperties"), dict):
            return {"*": self.reduce(as_dict(node["additionalProperties"]))}
        if node.get("type") == "object":
            return {"*": "any"} | ({"?": True} if mark else {})
        return f"{node['type']}{mark}" if node.get("type") in TYPES else "any"

    def definition(self, name: str) -> object:
        """A named schema. Raises KeyError for one that nothing describes."""
        reference: Json = {"$ref": f"#/components/schemas/{name}"}
        if name not in self.definitions and not self.resolve(reference):
            raise KeyError(name)
        self.reduce(reference)
        return self.definitions[name]

    def _named(self, name: str, node: Json) -> object:
        if name not in self.definitions:
            self.definitions[name] = "any"  # while it is made: schemas may contain themselves
            self.definitions[name] = self.reduce(self.resolve(node))
        made = self.definitions[name]
        return made if isinstance(made, str) and not made.startswith("=") and made != "any" else f"#{name}"

    def _choice(self, choices: list[object], nullable: bool) -> object:
        different = [choice for number, choice in enumerate(choices) if choice not in choices[:number]]
        different += ["null"] if nullable else []
        return different[0] if len(different) == 1 else {"|": different}

    def _object(self, node: Json) -> object:
        parts = self._parts(node)
        required = self.always | {name for part in parts for name in names_of(part.get("required"))}
        made: Json = {"?": True} if any(part.get("nullable") for part in parts) else {}
        others: set[str] = set()
        for part in parts:
            for name, value in as_dict(part.get("properties")).items():
                if self.fields is not None and name not in self.fields:
                    others.add(name)
                    continue
                schema = self.overrides.get(name) or self.reduce(as_dict(value))
                made[name if name in required else f"{name}~"] = schema
        further = [part["additionalProperties"] for part in parts if part.get("additionalProperties")]
        if further and isinstance(further[0], dict):
            made["*"] = self.reduce(further[0])
        elif further:
            self.passed_over |= others
        elif self.fields is not None:
            made["..."] = " ".join(sorted(others))
        return made

    def _parts(self, node: Json) -> list[Json]:
        node = self.resolve(node)
        return [part for each in as_dicts(node.get("allOf")) for part in self._parts(each)] + [node]


def request_body(reducer: Reducer, operation: Json) -> object:
    """What may be sent as JSON; None where nothing may."""
    described = reducer.resolve(as_dict(operation.get("requestBody")))
    for media in as_dict(described.get("content")).values():
        return inline(reducer, reducer.reduce(as_dict(as_dict(media).get("schema"))))
    return None


def inline(reducer: Reducer, made: object) -> object:
    """The same without names."""
    if isinstance(made, str) and made.startswith("#"):
        return inline(reducer, reducer.definitions[made[1:]])
    if isinstance(made, dict):
        return {key: inline(reducer, value) for key, value in made.items()}
    return [inline(reducer, value) for value in made] if isinstance(made, list) else made


def answers_of(reducer: Reducer, operation: Json) -> Json:
    """Every status that is no error, with the schema of its JSON (None: no body)."""
    made: Json = {}
    for status, answer in as_dict(operation.get("responses")).items():
        if not status.startswith(SUCCESS) or status == "304":
            continue
        content = as_dict(reducer.resolve(as_dict(answer)).get("content"))
        schemas = [reducer.reduce(as_dict(as_dict(media).get("schema"))) for media in content.values()]
        made[status] = Reducer._choice(reducer, schemas, nullable=False) if schemas else None
    return made


def parameters_of(reducer: Reducer, path_item: Json, operation: Json) -> tuple[Json, dict[str, str]]:
    """Those of the query, and the types of those of the path."""
    query: Json = {}
    path: dict[str, str] = {}
    for each in [*as_dicts(path_item.get("parameters")), *as_dicts(operation.get("parameters"))]:
        parameter = reducer.resolve(each)
        name, schema = str(parameter.get("name")), inline(reducer, reducer.reduce(as_dict(parameter.get("schema"))))
        if parameter.get("in") == "query":
            query[name if parameter.get("required") else f"{name}~"] = schema
        elif schema == "integer":
            path[name] = ":integer"
        elif parameter.get("x-multi-segment") or name == "path":
            path[name] = ":rest"
    return query, path


def reduce_endpoint(description: Json, reducers: tuple[Reducer, Reducer], name: str, prefix: str) -> tuple[str, Json]:
    """An endpoint `METHOD path` under its full path. Raises KeyError for one that the description does not have."""
    requests, answers = reducers
    method, _, path = name.partition(" ")
    path_item = as_dict(as_dict(description["paths"])[path])
    operation = as_dict(path_item[method.lower()])
    query, types = parameters_of(requests, path_item, operation)
    for parameter, kind in types.items():
        path = path.replace(f"{{{parameter}}}", f"{{{parameter}{kind}}}")
    made: Json = {"query": query} if query else {}
    body = request_body(requests, operation)
    if body is not None:
        made["body"] = body
    return f"{method} {prefix}{path}", made | {"answers": answers_of(answers, operation)}


def merge(old: Json, new: Mapping[str, object]) -> Json:
    """`new` over `old`, objects inside objects likewise; a null takes away."""
    made = dict(old)
    for key, value in new.items():
        there = made.get(key)
        if key in made and value is None:
            del made[key]
        else:
            made[key] = merge(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return made


def used_definitions(contract: Json, reducer: Reducer) -> Json:
    """The named schemas that something points at. Raises KeyError for one that nothing describes."""
    used: Json = {}
    waiting: list[object] = [contract]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, str) and each.startswith("#") and each[1:] not in used:
            waiting.append(used.setdefault(each[1:], reducer.definition(each[1:])))
    return dict(sorted(used.items()))


def is_described(description: Json, name: str) -> bool:
    """Whether the description has a schema of that name."""
    return name in as_dict(as_dict(description.get("components")).get("schemas"))


def make_contract(description: Json, schema: str, wanted: Json, deviations: Sequence[Json]) -> Json:
    """The whole contract of one platform. Raises KeyError for what the description does not have."""
    requests = Reducer(description, None)
    answers = Reducer(description, frozenset(names_of(wanted["fields"])))
    for deviation in deviations:
        answers.overrides.update(as_dict(deviation.get("fields")))
        answers.always.update(names_of(deviation.get("always")))
    prefix = str(wanted["prefix"])
    endpoints: Json = {}
    for name in names_of(wanted["endpoints"]):
        full_name, made = reduce_endpoint(description, (requests, answers), name, prefix)
        endpoints[full_name] = made
    errors = [f"#{name}" for name in names_of(wanted["errors"])]
    contract: Json = {"areas": wanted["areas"], "query": {}, "errors": errors, "aliases": {}, "endpoints": endpoints}
    for deviation in deviations:
        contract = merge(contract, as_dict(deviation.get("contract")))
        for name, changes in as_dict(deviation.get("schemas")).items():
            described = answers.definition(name) if is_described(description, name) else {}
            answers.definitions[name] = merge(as_dict(described), as_dict(changes))
    contract["schemas"] = used_definitions(contract, answers)
    contract["known"] = sorted(answers.passed_over)
    if "graphql" in wanted:
        contract["graphql"] = reduce_schema(schema, as_dict(wanted["graphql"]))
    return contract


def written(contract: Json) -> str:
    """One line for each endpoint and schema: differences stay readable."""
    lines: list[str] = []
    for key, value in contract.items():
        if isinstance(value, dict) and value:
            rows = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in value.items()]
            lines.append(f" {json.dumps(key)}: {{\n" + ",\n".join(rows) + "\n }")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(platform: str, description: Path, schema: Path | None = None) -> None:
    """Write the contract of one platform."""
    folder = DATA / platform
    wanted = json.loads((folder / "endpoints.json").read_text())
    deviations = json.loads((folder / "deviations.json").read_text())
    text = "" if schema is None else schema.read_text(encoding="utf-8")
    contract = make_contract(json.loads(description.read_text(encoding="utf-8")), text, wanted, deviations)
    (folder / "contract.json").write_text(written(contract))


if __name__ == "__main__":
    main(sys.argv[1], *(Path(each) for each in sys.argv[2:]))
