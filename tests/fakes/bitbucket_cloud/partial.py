"""Partial answers: what `fields=` keeps, adds and drops, and fields that are only there when asked for.

`a,b.c` keeps only these, `-a` drops, `+a` adds one that is hidden by default; `*` stands for every name.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.fakes.parts.routing import Json

Tree = dict[str, "Tree"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that an answer holds only when `fields` names it. Filters and sorting see it always."""

    value: object


def shown(body: Json, fields: str | None) -> object:
    """`body` as `fields` wants it."""
    if fields is None:
        return plain(body)
    terms = [each.strip() for each in fields.split(",") if each.strip()]
    kept = _tree(each for each in terms if each[0] not in "+- ")
    added = _tree(each[1:].lstrip() for each in terms if each[0] in "+ ")
    dropped = _tree(each[1:] for each in terms if each[0] == "-")
    chosen = _select(body, kept) if kept else plain(body)
    if added:
        chosen = _merge(chosen, _select(body, added))
    return _without(chosen, dropped) if dropped else chosen


def plain(value: object) -> object:
    """The default form: nothing that is hidden."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if not isinstance(each, Hidden)}
    return [plain(each) for each in value] if isinstance(value, list) else value


def lookup(row: object, path: str) -> object:
    """The value under a dotted path, hidden ones included; None when there is none."""
    for name in path.split("."):
        row = row.value if isinstance(row, Hidden) else row
        row = row.get(name) if isinstance(row, dict) else None
    return row.value if isinstance(row, Hidden) else row


def _tree(terms: Iterable[str]) -> Tree:
    root: Tree = {}
    for term in terms:
        node = root
        for name in term.split("."):
            node = node.setdefault(name, {})
    return root


def _select(value: object, tree: Tree) -> object:
    value = value.value if isinstance(value, Hidden) else value
    if isinstance(value, list):
        return [_select(each, tree) for each in value]
    if not isinstance(value, dict) or not tree:
        return plain(value)
    chosen = {}
    for key, each in value.items():
        if key in tree or ("*" in tree and not isinstance(each, Hidden)):
            chosen[key] = _select(each, tree.get(key, tree.get("*", {})))
    return chosen


def _merge(value: object, more: object) -> object:
    if isinstance(value, dict) and isinstance(more, dict):
        return value | {key: _merge(value[key], each) if key in value else each for key, each in more.items()}
    if isinstance(value, list) and isinstance(more, list):
        return [_merge(left, right) for left, right in zip(value, more, strict=True)]
    return more


def _without(value: object, tree: Tree) -> object:
    if isinstance(value, list):
        return [_without(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if key not in tree or tree[key]}
    return {key: _without(each, tree[key]) if key in tree else each for key, each in kept.items()}
