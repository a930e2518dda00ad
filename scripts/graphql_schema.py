"""Take out of a GraphQL schema the few types and fields that we use."""

import re
from collections.abc import Iterable

COMMENT = re.compile(r'"""(?:[^"]|"(?!""))*"""|#[^\n]*')
BLOCK = re.compile(
    r"^(type|interface|enum|union|input)\s+(\w+)([^{=\n]*)(?:\{(.*?)^\}|=\s*([^\n]*(?:\n\s+\|[^\n]*)*))", re.M | re.S
)
FIELD = re.compile(r"(\w+)\s*(?:\(((?:[^()]|\([^()]*\))*)\))?\s*:\s*([\[\]!\w]+)")
ARGUMENT = re.compile(r"(\w+)\s*:\s*([\[\]!\w]+)(\s*=)?")
DEFAULT_OBJECT = re.compile(r"=\s*\{[^}]*\}")
SCALARS = {"Int": "integer", "Float": "number", "Boolean": "boolean"}


def reduce_schema(text: str, wanted: dict[str, object]) -> dict[str, object]:
    """`wanted` names fields by type; answers each as `[type, {argument: type}]`, and the enums that they need.

    Raises KeyError for a type or field that the schema does not have. Scalars of the host's own are texts.
    """
    plain = COMMENT.sub("", text)
    blocks = {name: (kind, body or "") for kind, name, _, body, _ in BLOCK.findall(plain)}
    made: dict[str, object] = {}
    mentioned: set[str] = set()
    for name, names in wanted.items():
        fields = {found[0]: _field(found) for found in FIELD.findall(blocks[name][1])}
        made[name] = {each: fields[each] for each in _texts(names)}
        mentioned |= _mentions(fields[each] for each in _texts(names))
    while left := mentioned - set(made):
        name = min(left)
        kind, body = blocks.get(name, ("scalar", ""))
        if kind == "input":
            rows = {found[0]: _field(found) for found in FIELD.findall(body)}
            mentioned |= _mentions(rows.values())
            made[name] = rows
        elif kind == "enum":
            made[name] = "=" + "|".join(re.findall(r"^\s*(\w+)", body, re.M))
        else:
            made[name] = SCALARS.get(name, "string") if kind == "scalar" else {}
    return made


def _mentions(rows: Iterable[tuple[str, dict[str, str]]]) -> set[str]:
    return {kind.strip("[]!") for type_, arguments in rows for kind in (type_, *arguments.values())}


def _field(found: tuple[str, str, str]) -> tuple[str, dict[str, str]]:
    _, arguments, type_ = found
    rows = ARGUMENT.findall(DEFAULT_OBJECT.sub("=", arguments))
    return type_, {name: kind.rstrip("!") if default else kind for name, kind, default in rows}


def _texts(value: object) -> Iterable[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
