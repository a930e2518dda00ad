"""Compare a GraphQL query, and the data that answers it, with a schema. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .graphql_query import Selected, Variable, Word, read_query
from .shapes import Shapes

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Schema:
    """Types with their fields `[type, {argument: type}]`, and scalars in the notation of the contracts."""

    types: Mapping[str, object]

    def fields(self, name: str) -> Mapping[str, list[object]]:
        found = self.types.get(name)
        return found if isinstance(found, dict) else {}

    def kind(self, name: str) -> str:
        """The scalar or enum of that name; empty for a type with fields."""
        found = self.types.get(name)
        return found if isinstance(found, str) else ""


def query_problems(types: Mapping[str, object], text: str, variables: Mapping[str, object]) -> Iterator[str]:
    """Unknown fields and arguments, wrong literals, missing arguments, connections without a limit."""
    schema = Schema(types)
    try:
        selection, declared = read_query(text)
    except ValueError as error:
        yield f"the query can not be read: {error}"
        return
    yield from (f"${name} is not declared" for name in variables if name not in declared)
    yield from (f"${name} has no value" for name, kind in declared.items() if kind[-1] == "!" and name not in variables)
    for row in selection:
        yield from _field_problems(schema, "Query", row, declared, variables)


def _field_problems(
    schema: Schema, parent: str, row: Selected, declared: Mapping[str, str], variables: Mapping[str, object]
) -> Iterator[str]:
    if row.on:
        if row.on not in schema.types:
            yield f"there is no type {row.on}"
        for inner in row.fields:
            yield from _field_problems(schema, row.on, inner, declared, variables)
        return
    if row.name == "__typename":
        return
    described = schema.fields(parent).get(row.name)
    if described is None:
        yield f"{parent} has no field {row.name}"
        return
    kind, arguments = str(described[0]), described[1]
    name = kind.strip("[]!")
    yield from _argument_problems(schema, f"{parent}.{row.name}", row, arguments, declared)
    if name.endswith("Connection") and not _is_limited(row, variables):
        yield f"{parent}.{row.name} needs first or last from 1 to {MOST_ROWS}"
    if bool(row.fields) == bool(schema.kind(name)):
        yield f"{parent}.{row.name} is of {name}: fields are {'not to be' if row.fields else 'to be'} selected"
    for inner in row.fields:
        yield from _field_problems(schema, name, inner, declared, variables)


def _argument_problems(
    schema: Schema, place: str, row: Selected, arguments: object, declared: Mapping[str, str]
) -> Iterator[str]:
    described = arguments if isinstance(arguments, dict) else {}
    for name, value in row.arguments.items():
        if name not in described:
            yield f"{place} has no argument {name}"
        elif not _suits(schema, str(described[name]), value, declared):
            yield f"{place}({name}:) may not be {value!r}, but {described[name]}"
    yield from (
        f"{place}({name}:) is missing"
        for name, kind in described.items()
        if str(kind)[-1] == "!" and name not in row.arguments
    )


def _suits(schema: Schema, kind: str, value: object, declared: Mapping[str, str]) -> bool:
    if isinstance(value, Variable):
        return declared.get(value.name, "").replace("!", "") == kind.replace("!", "")
    if isinstance(value, Word) and value == "null":
        return not kind.endswith("!")
    bare = kind.removesuffix("!")
    if bare.startswith("["):
        rows = value if isinstance(value, list) else [value]
        return all(_suits(schema, bare[1:-1], row, declared) for row in rows)
    if isinstance(value, dict):
        described = schema.fields(bare)
        return all(
            name in described and _suits(schema, str(described[name][0]), row, declared) for name, row in value.items()
        )
    plain = {"true": True, "false": False}.get(value, value) if isinstance(value, Word) else value
    scalar = schema.kind(bare)
    if scalar.startswith("=") != (isinstance(value, Word) and isinstance(plain, str)):
        return False
    return not [*Shapes({}).compare(plain, scalar)]


def _is_limited(row: Selected, variables: Mapping[str, object]) -> bool:
    for name in ("first", "last"):
        value = row.arguments.get(name)
        number = variables.get(value.name) if isinstance(value, Variable) else value
        if isinstance(number, int) and 1 <= number <= MOST_ROWS:
            return True
    return False


def answer_problems(types: Mapping[str, object], text: str, data: Mapping[str, object]) -> Iterator[str]:
    """Where the data is not what the query selected. A query that can not be read is not compared."""
    try:
        selection, _ = read_query(text)
    except ValueError:
        return
    yield from _data_problems(Schema(types), "Query", selection, data, "data")


def _data_problems(
    schema: Schema, parent: str, selection: list[Selected], data: Mapping[str, object], at: str
) -> Iterator[str]:
    rows = [row for row in _flat(selection) if row.name != "__typename"]
    yield from (
        f"{at}.{name}: was not asked for" for name in data if name not in {row.alias for row in _flat(selection)}
    )
    for row in rows:
        described = _described(schema, parent, selection, row)
        if described is None:
            continue
        if row.alias in data:
            yield from _value_problems(schema, str(described[0]), row, data[row.alias], f"{at}.{row.alias}")
        elif row in selection:
            yield f"{at}.{row.alias}: is missing"


def _flat(selection: list[Selected]) -> list[Selected]:
    return [inner for row in selection for inner in (_flat(row.fields) if row.on else [row])]


def _described(schema: Schema, parent: str, selection: list[Selected], row: Selected) -> list[object] | None:
    names = [parent, *(each.on for each in selection if each.on)]
    return next((schema.fields(name)[row.name] for name in names if row.name in schema.fields(name)), None)


def _value_problems(schema: Schema, kind: str, row: Selected, value: object, at: str) -> Iterator[str]:
    if value is None:
        yield from [f"{at}: may not be null"] if kind.endswith("!") else []
        return
    bare = kind.removesuffix("!")
    if bare.startswith("["):
        for number, each in enumerate(value if isinstance(value, list) else []):
            yield from _value_problems(schema, bare[1:-1], row, each, f"{at}[{number}]")
        yield from [] if isinstance(value, list) else [f"{at}: is no list"]
    elif schema.kind(bare):
        yield from Shapes({}).compare(value, schema.kind(bare), at)
    elif isinstance(value, dict):
        yield from _data_problems(schema, bare, row.fields, value, at)
    else:
        yield f"{at}: is no object"
