"""Read a GraphQL query, in the little of the language that queries of ours use. Pure."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|[{}()\[\]:$!=@|]')
IGNORED = re.compile(r"#[^\n]*")


@dataclass(slots=True)
class Selected:
    """A selected field (`name` under `alias`), or an inline fragment (`on`)."""

    name: str = ""
    alias: str = ""
    on: str = ""
    arguments: dict[str, object] = field(default_factory=dict)
    fields: "list[Selected]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Variable:
    """A `$name` where a value stands."""

    name: str


class Word(str):
    """A bare word where a value stands: of an enum, or true, false, null."""

    __slots__ = ()


@dataclass(slots=True)
class Reader:
    """Reads one query. Raises ValueError for what it does not understand."""

    tokens: list[str]
    position: int = 0
    variables: dict[str, str] = field(default_factory=dict)

    def query(self) -> list[Selected]:
        if self.peek() == "query":
            self.take()
            if self.peek() not in {"(", "{"}:
                self.take()
            if self.peek() == "(":
                self._read_variables()
        made = self._selection()
        if self.position != len(self.tokens):
            raise ValueError(f"more than one query: {self.peek()}")
        return made

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise ValueError(f"{token!r} where {wanted or 'something'} belongs")
        self.position += 1
        return token

    def _read_variables(self) -> None:
        self.take("(")
        while self.peek() != ")":
            self.take("$")
            name = self.take()
            self.take(":")
            kind = ""
            while self.peek() not in {"$", ")", "="}:
                kind += self.take()
            if self.peek() == "=":
                self.take()
                self._value()
            self.variables[name] = kind
        self.take(")")

    def _selection(self) -> list[Selected]:
        self.take("{")
        made = []
        while self.peek() != "}":
            made.append(self._selected())
        self.take("}")
        return made

    def _selected(self) -> Selected:
        if self.peek() == "...":
            self.take()
            self.take("on")
            return Selected(on=self.take(), fields=self._selection())
        made = Selected(name=self.take())
        if self.peek() == ":":
            self.take()
            made.alias, made.name = made.name, self.take()
        made.alias = made.alias or made.name
        if self.peek() == "(":
            self.take()
            while self.peek() != ")":
                name = self.take()
                self.take(":")
                made.arguments[name] = self._value()
            self.take()
        if self.peek() == "{":
            made.fields = self._selection()
        return made

    def _value(self) -> object:
        token = self.take()
        if token == "$":
            return Variable(self.take())
        if token == "[":
            rows = []
            while self.peek() != "]":
                rows.append(self._value())
            self.take()
            return rows
        if token == "{":
            pairs = {}
            while self.peek() != "}":
                name = self.take()
                self.take(":")
                pairs[name] = self._value()
            self.take()
            return pairs
        if token.startswith('"'):
            return token[1:-1]
        return Word(token) if token[0].isalpha() else float(token) if "." in token else int(token)


def read_query(text: str) -> tuple[list[Selected], dict[str, str]]:
    """The selection of a query and the types of its variables. Raises ValueError."""
    reader = Reader(TOKEN.findall(IGNORED.sub("", text)))
    selection = reader.query()
    return selection, reader.variables
