"""Checks a query against a schema as GitHub does, and executes it: limits, missing scopes, errors beside data."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .credentials import Caller
from .graphql_parser import Enum, Query, Selection, Variable
from .server_core import Core

LARGEST_PAGE, NODE_LIMIT = 100, 500_000
PAGING = frozenset({"first", "last", "after", "before"})
PAGE_INFO = frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"})


class GraphqlRefusal(Exception):
    """The whole query is refused: an answer without data."""

    def __init__(self, *errors: dict[str, object]) -> None:
        super().__init__()
        self.errors = list(errors)


class FieldError(Exception):
    """One field becomes null, with an error beside the data."""

    def __init__(self, kind: str, message: str, **extensions: object) -> None:
        super().__init__(message)
        self.kind, self.message, self.extensions = kind, message, extensions


@dataclass(frozen=True, slots=True)
class Node:
    """An object with the type that it has."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Edge:
    """A row of a connection: the node, and what the row itself says."""

    node: Node
    says: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a resolver gets beside its object."""

    core: Core
    caller: Caller
    arguments: Mapping[str, Any]

    def get(self, name: str, default: object = None) -> Any:
        value = self.arguments.get(name)
        return default if value is None else value


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type. `of` is the type of what it answers, empty for plain values.

    A connection's resolver answers edges; `edge` names the fields that its rows have of their own, with their types.
    """

    resolve: Callable[[Ask, Any], object]
    of: str = ""
    arguments: frozenset[str] = frozenset()
    is_connection: bool = False
    edge: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()


Schema = Mapping[str, Mapping[str, Field]]


@dataclass(slots=True)
class Cost:
    """How much a query asks for at most."""

    nodes: int = 0
    requests: int = 0

    @property
    def points(self) -> int:
        return max(1, round(self.requests / 100))


def bound(query: Query, sent: Mapping[str, object]) -> dict[str, object]:
    """The values of the variables. Raises GraphqlRefusal."""
    missing = sorted(name for name in query.required if sent.get(name) is None)
    if missing:
        message = f"Variable ${missing[0]} of type was provided invalid value"
        raise GraphqlRefusal({"message": message, "extensions": {"value": None}})
    return query.defaults | dict(sent)


@dataclass(slots=True)
class Execution:
    """One query on its way."""

    core: Core
    caller: Caller
    schema: Schema
    query: Query
    variables: Mapping[str, object]
    errors: list[dict[str, object]] = field(default_factory=list)

    def check(self) -> Cost:
        """Raises GraphqlRefusal for unknown fields, missing scopes, pages too large and queries too wide."""
        cost = Cost()
        self._check("Query", self.query.selections, ["query"], 1, cost)
        if cost.nodes > NODE_LIMIT:
            message = (
                f"This query requests up to {cost.nodes} possible nodes which exceeds the maximum limit of 500000."
            )
            raise GraphqlRefusal({"type": "MAX_NODE_LIMIT_EXCEEDED", "message": message})
        return cost

    def _check(self, kind: str, selections: Sequence[Selection], path: list[str], times: int, cost: Cost) -> None:
        for each in selections:
            if not each.name:
                fragment = self._fragment(each)
                if fragment.on and fragment.on not in self.schema:
                    raise GraphqlRefusal(_undefined(path, f"No such type {fragment.on}, so it can't be a fragment"))
                self._check(fragment.on or kind, fragment.selections, path, times, cost)
            elif each.name != "__typename":
                self._check_field(kind, each, [*path, each.key], times, cost)

    def _check_field(self, kind: str, each: Selection, path: list[str], times: int, cost: Cost) -> None:
        found = self.schema[kind].get(each.name)
        if found is None:
            raise GraphqlRefusal(_undefined(path, f"Field '{each.name}' doesn't exist on type '{kind}'"))
        allowed = found.arguments | (PAGING if found.is_connection else frozenset())
        for name in each.arguments:
            if name not in allowed:
                text = f"Field '{each.name}' doesn't accept argument '{name}'"
                raise GraphqlRefusal(_undefined(path, text, "argumentNotAccepted"))
        self._check_scopes(each, found)
        if bool(found.of) != bool(each.selections):
            text = f"Field must have selections ('{each.name}')" if found.of else "Selections can't be made on scalars"
            raise GraphqlRefusal(_undefined(path, text, "selectionMismatch"))
        if found.is_connection:
            size = self._page_size(each, path)
            cost.requests += times
            cost.nodes += times * size
            self._check_connection(found, each, path, times * size, cost)
        elif found.of:
            self._check(found.of, each.selections, path, times, cost)

    def _check_connection(self, found: Field, each: Selection, path: list[str], times: int, cost: Cost) -> None:
        for part in self._flat(each.selections):
            if part.name == "nodes":
                self._check(found.of, part.selections, [*path, "nodes"], times, cost)
            elif part.name == "edges":
                self._check_edges(found, part, [*path, "edges"], times, cost)
            elif part.name == "pageInfo" and {row.name for row in part.selections} <= PAGE_INFO:
                continue
            elif part.name not in {"totalCount", "__typename"}:
                raise GraphqlRefusal(_undefined(path, f"Field '{part.name}' doesn't exist on type 'Connection'"))

    def _check_edges(self, found: Field, edges: Selection, path: list[str], times: int, cost: Cost) -> None:
        for row in self._flat(edges.selections):
            if row.name == "node":
                self._check(found.of, row.selections, [*path, "node"], times, cost)
            elif found.edge.get(row.name):
                self._check(found.edge[row.name], row.selections, [*path, row.name], times, cost)
            elif row.name not in {"cursor", "__typename", *found.edge}:
                raise GraphqlRefusal(_undefined(path, f"Field '{row.name}' doesn't exist on type 'Edge'"))

    def _check_scopes(self, each: Selection, found: Field) -> None:
        token = self.caller.token
        if not found.scopes or token is None or not token.tells_scopes or self.caller.has(*found.scopes):
            return
        message = (
            "Your token has not been granted the required scopes to execute this query. "
            f"The '{each.name}' field requires one of the following scopes: {list(found.scopes)}, but your token has "
            f"only been granted the: {list(token.scopes)} scopes."
        )
        raise GraphqlRefusal({"type": "INSUFFICIENT_SCOPES", "message": message})

    def _page_size(self, each: Selection, path: list[str]) -> int:
        arguments = self._arguments(each)
        size = arguments.get("first") if arguments.get("first") is not None else arguments.get("last")
        if size is None:
            text = f"You must provide a `first` or `last` value to properly paginate the `{each.name}` connection."
            raise GraphqlRefusal({"type": "MISSING_PAGINATION_BOUNDARIES", "path": path, "message": text})
        if not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
            text = (
                f"Requesting {size} records on the `{each.name}` connection exceeds the `first` limit of 100 records."
            )
            raise GraphqlRefusal({"type": "EXCESSIVE_PAGINATION", "path": path, "message": text})
        return size

    def run(self) -> dict[str, object]:
        return self._object(Node("Query", None), self.query.selections, [])

    def _object(self, node: Node, selections: Sequence[Selection], path: list[object]) -> dict[str, object]:
        found: dict[str, object] = {}
        for each in self._flat(selections, node.kind):
            if each.name == "__typename":
                found[each.key] = node.kind
            else:
                found[each.key] = self._field(node, each, [*path, each.key])
        return found

    def _field(self, node: Node, each: Selection, path: list[object]) -> object:
        spec = self.schema[node.kind][each.name]
        try:
            self._fail_by_order(each.name)
            value = spec.resolve(Ask(self.core, self.caller, self._arguments(each)), node.value)
        except FieldError as mistake:
            self._tell(mistake, path)
            return None
        if spec.is_connection:
            return None if value is None else self._connection(_edges(value), each, path)
        return self._value(value, each.selections, path)

    def _fail_by_order(self, name: str) -> None:
        """A test may want a field to fail. Raises FieldError."""
        kind = self.core.failing_fields.get(name)
        if kind is not None:
            raise FieldError(kind, "Something went wrong while executing your query.")

    def _tell(self, mistake: FieldError, path: list[object]) -> None:
        error: dict[str, object] = {"type": mistake.kind, "path": path, "message": mistake.message}
        if mistake.extensions:
            error["extensions"] = mistake.extensions
        self.errors.append(error | {"locations": [{"line": 1, "column": 1}]})

    def _value(self, value: object, selections: Sequence[Selection], path: list[object]) -> object:
        if isinstance(value, FieldError):
            self._tell(value, path)
            return None
        if isinstance(value, Node):
            return self._object(value, selections, path)
        if isinstance(value, list):
            return [self._value(each, selections, [*path, number]) for number, each in enumerate(value)]
        return value

    def _connection(self, rows: list[Edge], each: Selection, path: list[object]) -> dict[str, object]:
        start, stop = _window(self._arguments(each), len(rows))
        shown = list(enumerate(rows))[start:stop]
        found: dict[str, object] = {}
        for part in self._flat(each.selections):
            if part.name == "totalCount":
                found[part.key] = len(rows)
            elif part.name == "pageInfo":
                found[part.key] = _page_info(part, start, stop, len(rows))
            elif part.name == "nodes":
                found[part.key] = [
                    self._object(row.node, part.selections, [*path, "nodes", number])
                    for number, (_, row) in enumerate(shown)
                ]
            elif part.name == "edges":
                found[part.key] = [self._edge(row, place, part, path) for place, row in shown]
        return found

    def _edge(self, row: Edge, place: int, part: Selection, path: list[object]) -> dict[str, object]:
        found: dict[str, object] = {}
        for each in self._flat(part.selections):
            if each.name == "node":
                found[each.key] = self._object(row.node, each.selections, [*path, "edges", "node"])
            elif each.name == "cursor":
                found[each.key] = cursor(place)
            else:
                found[each.key] = self._value(row.says.get(each.name), each.selections, [*path, "edges", each.key])
        return found

    def _flat(self, selections: Sequence[Selection], kind: str = "") -> Iterator[Selection]:
        """Fields with those of the fragments that fit."""
        for each in selections:
            if each.name:
                yield each
                continue
            fragment = self._fragment(each)
            if not kind or not fragment.on or fragment.on == kind or fragment.on not in self._concrete():
                yield from self._flat(fragment.selections, kind)

    def _concrete(self) -> set[str]:
        return {kind for kind in self.schema if kind not in {"Node", "GitObject", "Actor", "RepositoryOwner"}}

    def _fragment(self, each: Selection) -> Selection:
        if not each.spread:
            return each
        if each.spread not in self.query.fragments:
            raise GraphqlRefusal({"message": f"Fragment {each.spread} was used, but not defined"})
        return self.query.fragments[each.spread]

    def _arguments(self, each: Selection) -> dict[str, object]:
        return {name: self._given(value) for name, value in each.arguments.items()}

    def _given(self, value: object) -> object:
        if isinstance(value, Variable):
            if value.name not in self.variables:
                raise GraphqlRefusal({"message": f"Variable ${value.name} is used but not declared"})
            return self.variables[value.name]
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, list):
            return [self._given(each) for each in value]
        if isinstance(value, dict):
            return {name: self._given(each) for name, each in value.items()}
        return value


def _edges(value: object) -> list[Edge]:
    assert isinstance(value, list)
    return value


def _undefined(path: list[str], message: str, code: str = "undefinedField") -> dict[str, object]:
    locations = [{"line": 1, "column": 1}]
    return {"path": path, "extensions": {"code": code}, "locations": locations, "message": message}


def cursor(place: int) -> str:
    """Opaque: the place of a row."""
    return base64.b64encode(f"cursor:v2:{place}".encode()).decode()


def _place(text: object) -> int:
    """Raises FieldError."""
    try:
        return int(base64.b64decode(str(text)).decode().rpartition(":")[2])
    except ValueError as mistake:
        raise GraphqlRefusal({"type": "INVALID_CURSOR_ARGUMENTS", "message": f"`{text}` is no cursor"}) from mistake


def _window(arguments: Mapping[str, object], total: int) -> tuple[int, int]:
    start = _place(arguments["after"]) + 1 if arguments.get("after") else 0
    stop = _place(arguments["before"]) if arguments.get("before") else total
    first, last = arguments.get("first"), arguments.get("last")
    if isinstance(first, int):
        stop = min(stop, start + first)
    elif isinstance(last, int):
        start = max(start, stop - last)
    return start, stop


def _page_info(part: Selection, start: int, stop: int, total: int) -> dict[str, object]:
    has_rows = stop > start and start < total
    values: dict[str, object] = {
        "hasNextPage": stop < total,
        "hasPreviousPage": start > 0,
        "startCursor": cursor(start) if has_rows else None,
        "endCursor": cursor(stop - 1) if has_rows else None,
    }
    return {each.key: values[each.name] for each in part.selections}
