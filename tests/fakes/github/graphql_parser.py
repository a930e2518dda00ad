"""A parser for GraphQL queries: fields with aliases and arguments, variables, fragments. Nothing that changes."""

import json
import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r'(?P<skip>[\s,\ufeff]+|\#[^\n]*)|(?P<block>"""(?:\\"""|[\s\S])*?""")|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[_A-Za-z]\w*)|(?P<mark>\.\.\.|[!$&():=@\[\]{|}])"
)
CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}


class GraphqlSyntaxError(Exception):
    """The query can not be read."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that comes beside the query."""

    name: str


@dataclass(frozen=True, slots=True)
class Enum:
    """A word that is no string."""

    name: str


@dataclass(frozen=True, slots=True)
class Selection:
    """A field, or a fragment: one without a name, but perhaps with the type that it is about."""

    name: str
    alias: str = ""
    arguments: dict[str, object] = field(default_factory=dict)
    selections: tuple["Selection", ...] = ()
    on: str = ""
    spread: str = ""

    @property
    def key(self) -> str:
        return self.alias or self.name


@dataclass(slots=True)
class Query:
    """One operation with the defaults of its variables and the names of those that must be given."""

    selections: tuple[Selection, ...] = ()
    defaults: dict[str, object] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    fragments: dict[str, Selection] = field(default_factory=dict)


def parse(text: str) -> Query:
    """Raises GraphqlSyntaxError."""
    return _Parser(text).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def document(self) -> Query:
        query, operations = Query(), 0
        while self._peek():
            if self._peek() == "fragment":
                fragment = self._fragment()
                query.fragments[fragment.name] = fragment
            else:
                operations += 1
                self._operation(query)
        if operations != 1:
            raise GraphqlSyntaxError("Expected exactly one operation")
        return query

    def _operation(self, query: Query) -> None:
        if self._peek() != "{":
            if self._take() != "query":
                raise GraphqlSyntaxError("Only queries are answered here")
            if self._peek() not in {"(", "{"}:
                self._take()
            if self._peek() == "(":
                self._variables(query)
        query.selections = self._selections()

    def _variables(self, query: Query) -> None:
        self._expect("(")
        while self._peek() != ")":
            self._expect("$")
            name = self._take()
            self._expect(":")
            is_required = self._type()
            if self._peek() == "=":
                self._take()
                query.defaults[name] = self._value()
            elif is_required:
                query.required.add(name)
            else:
                query.defaults[name] = None
        self._expect(")")

    def _type(self) -> bool:
        """Whether null is no value of it."""
        if self._peek() == "[":
            self._take()
            self._type()
            self._expect("]")
        else:
            self._take()
        if self._peek() != "!":
            return False
        self._take()
        return True

    def _fragment(self) -> Selection:
        self._expect("fragment")
        name = self._take()
        self._expect("on")
        on = self._take()
        return Selection(name, selections=self._selections(), on=on)

    def _selections(self) -> tuple[Selection, ...]:
        self._expect("{")
        found = []
        while self._peek() != "}":
            found.append(self._spread() if self._peek() == "..." else self._field())
        self._expect("}")
        return tuple(found)

    def _spread(self) -> Selection:
        self._expect("...")
        if self._peek() == "{":
            return Selection("", selections=self._selections())
        name = self._take()
        if name != "on":
            return Selection("", spread=name)
        on = self._take()
        return Selection("", selections=self._selections(), on=on)

    def _field(self) -> Selection:
        name, alias = self._take(), ""
        if self._peek() == ":":
            self._take()
            name, alias = self._take(), name
        arguments = self._arguments() if self._peek() == "(" else {}
        selections = self._selections() if self._peek() == "{" else ()
        return Selection(name, alias, arguments, selections)

    def _arguments(self) -> dict[str, object]:
        self._expect("(")
        found: dict[str, object] = {}
        while self._peek() != ")":
            name = self._take()
            self._expect(":")
            found[name] = self._value()
        self._expect(")")
        return found

    def _value(self) -> object:
        token = self._take()
        if token == "$":
            return Variable(self._take())
        if token == "[":
            rows = []
            while self._peek() != "]":
                rows.append(self._value())
            self._take()
            return rows
        if token == "{":
            return self._object()
        if token.startswith('"""'):
            return token[3:-3].strip()
        if token[0] == '"' or token[0] in "-0123456789":
            return json.loads(token)
        return CONSTANTS[token] if token in CONSTANTS else Enum(token)

    def _object(self) -> dict[str, object]:
        found: dict[str, object] = {}
        while self._peek() != "}":
            name = self._take()
            self._expect(":")
            found[name] = self._value()
        self._take()
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise GraphqlSyntaxError("Unexpected end of document")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        found = self._take()
        if found != token:
            raise GraphqlSyntaxError(f'Expected "{token}", actual: "{found}"')


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise GraphqlSyntaxError(f"Parse error on {text[at]!r}")
        if match.lastgroup != "skip":
            found.append(match.group())
        at = match.end()
    return found
