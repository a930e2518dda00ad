"""Compare a value with a schema in the notation of the contracts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MANY_ROWS = 40  # of a longer list only the ends are compared: rows are made by one piece of code
SIGNS = frozenset({"?", "*", "|", "..."})
PLAIN: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Shapes:
    """Named schemas, and how strictly objects are compared.

    `known`: names of fields that may be anywhere. Strict: there are no such. Partial: nothing needs to be there.
    """

    schemas: Mapping[str, object]
    known: frozenset[str] = frozenset()
    is_strict: bool = False
    is_partial: bool = False

    def compare(self, value: object, schema: object, at: str = "") -> Iterator[str]:
        """What is wrong with the value, each with its place."""
        if isinstance(schema, str):
            yield from self._compare_named(value, schema, at)
        elif isinstance(schema, list):
            yield from self._compare_list(value, schema[0], at)
        elif isinstance(schema, dict) and "|" in schema:
            yield from self._compare_any(value, schema["|"], at)
        elif isinstance(schema, dict):
            yield from self._compare_object(value, schema, at)
        else:
            yield f"{at}: the contract has {schema!r} here"

    def _compare_named(self, value: object, schema: str, at: str) -> Iterator[str]:
        name = schema.removesuffix("?")
        if name == "any" or (value is None and schema != name):
            return
        if name.startswith("#"):
            yield from self.compare(value, self.schemas[name[1:]], at)
        elif name.startswith("="):
            if value not in name[1:].split("|"):
                yield f"{at}: {value!r} is none of {name[1:]}"
        elif not is_of(value, name):
            yield f"{at}: {shortened(value)} is no {schema}"

    def _compare_list(self, value: object, schema: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{at}: {shortened(value)} is no list"
            return
        for number, row in ends(value):
            yield from self.compare(row, schema, f"{at}[{number}]")

    def _compare_any(self, value: object, schemas: list[object], at: str) -> Iterator[str]:
        tries = [list(self.compare(value, schema, at)) for schema in schemas if schema != "bytes"]
        if all(tries):
            yield from min(tries, key=len) if tries else [f"{at}: is JSON"]

    def _compare_object(self, value: object, schema: Mapping[str, object], at: str) -> Iterator[str]:
        if value is None and schema.get("?"):
            return
        if not isinstance(value, dict):
            yield f"{at}: {shortened(value)} is no object"
            return
        fields = {name.removesuffix("~"): (name, rule) for name, rule in schema.items() if name not in SIGNS}
        others = frozenset(str(schema["..."]).split()) if "..." in schema else self.known
        for name, row in value.items():
            if name in fields:
                yield from self.compare(row, fields[name][1], f"{at}.{name}")
            elif "*" in schema:
                yield from self.compare(row, schema["*"], f"{at}.{name}")
            elif self.is_strict or name not in others:
                yield f"{at}.{name}: is unknown"
        if not self.is_partial:
            yield from (f"{at}.{name}: is missing" for name in fields if name in schema and name not in value)


def is_of(value: object, name: str) -> bool:
    """Whether the value is of a plain type; true and false are no numbers."""
    return isinstance(value, PLAIN[name]) and (name == "boolean" or not isinstance(value, bool))


def ends(rows: list[object]) -> Iterator[tuple[int, object]]:
    """The rows, of long lists the first and the last of them."""
    half = MANY_ROWS // 2
    numbered = list(enumerate(rows))
    return iter(numbered if len(rows) <= MANY_ROWS else numbered[:half] + numbered[-half:])


def shortened(value: object) -> str:
    """The value for a message."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def field_names(schema: object) -> Iterator[str]:
    """Every name of a field in a schema, at any depth."""
    if isinstance(schema, dict):
        for name, rule in schema.items():
            if name not in SIGNS:
                yield name.removesuffix("~")
            yield from field_names(rule)
    elif isinstance(schema, list):
        for rule in schema:
            yield from field_names(rule)
