"""A contract file, and which of its endpoints a request is for. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .shapes import Shapes, field_names

KINDS = {"": "[^/]+", ":integer": "[0-9]+", ":rest": ".+"}
PARAMETER = re.compile(r"\{(\w+)((?::\w+)?)\}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path template: what may be sent, and what is answered by status."""

    method: str
    template: str
    pattern: re.Pattern[str]
    query: Mapping[str, object]
    body: object
    answers: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Contract:
    """What one host says about its API. `areas` are the beginnings of paths that it speaks about."""

    areas: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    query: Mapping[str, object]  # parameters that every GET takes
    errors: object
    schemas: Mapping[str, object]
    known: frozenset[str]
    partial: str = ""  # the parameter that asks for a part of the answer
    graphql: Mapping[str, object] = field(default_factory=dict)

    def speaks_about(self, path: str) -> bool:
        """Whether requests to this path have to be in the contract."""
        return path.startswith(self.areas)

    def find(self, method: str, path: str) -> Endpoint | None:
        """The endpoint of a request; the template with the fewest parameters that fits."""
        wanted = "GET" if method == "HEAD" else method
        return next((each for each in self.endpoints if each.method == wanted and each.pattern.fullmatch(path)), None)

    def shapes(self, *, strict: bool = False, partial: bool = False) -> Shapes:
        """How values are compared."""
        return Shapes(self.schemas, self.known, strict, partial)


def read_contract(document: Mapping[str, object]) -> Contract:
    """A contract from the JSON of its file."""
    rows, aliases = _object(document["endpoints"]), _object(document.get("aliases"))
    endpoints = [_endpoint(name, _object(row)) for name, row in rows.items()]
    endpoints += [each for name, row in rows.items() for each in _aliased(name, _object(row), aliases)]
    endpoints.sort(key=lambda each: each.template.count("{"))
    names = {*field_names(document["schemas"]), *field_names([row["answers"] for row in map(_object, rows.values())])}
    return Contract(
        areas=tuple(_texts(document["areas"])),
        endpoints=tuple(endpoints),
        query=_object(document.get("query")),
        errors={"|": document["errors"]},
        schemas=_object(document["schemas"]),
        known=frozenset(_texts(document.get("known"))) | names,
        partial=str(document.get("partial", "")),
        graphql=_object(document.get("graphql")),
    )


def _aliased(name: str, row: Mapping[str, object], aliases: Mapping[str, object]) -> Iterator[Endpoint]:
    """The same endpoint on the other paths that lead to it."""
    method, _, template = name.partition(" ")
    for alias, original in aliases.items():
        if template == original or template.startswith(f"{original}/"):
            yield _endpoint(f"{method} {alias}{template.removeprefix(str(original))}", row)


def _endpoint(name: str, row: Mapping[str, object]) -> Endpoint:
    method, _, template = name.partition(" ")
    parts = PARAMETER.split(template)
    pattern = "".join(
        re.escape(literal) + (KINDS[kind] if name else "")
        for literal, name, kind in zip(parts[::3], [*parts[1::3], ""], [*parts[2::3], ""], strict=True)
    )
    answers = _object(row.get("answers"))
    return Endpoint(method, template, re.compile(pattern), _object(row.get("query")), row.get("body"), answers)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
