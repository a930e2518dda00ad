"""Read Composer version constraints (`^1.2 || 2.0.*`) and test versions against them. Pure: no I/O.

Follows composer/semver 3.4.4. A constraint is a tree: one comparison, all of several, or any of several.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from composer.versions import (
    LONGEST_TEXT,
    MODIFIER,
    PHP_SPACE,
    InvalidVersion,
    PhpKey,
    Stability,
    compare,
    normalize,
    parse_stability,
    php_key,
)

_FLAGS = re.IGNORECASE | re.ASCII
_NUMBERS = r"v?(\d++)(?:\.(\d++))?(?:\.(\d++))?(?:\.(\d++))?"
_VERSION = rf"{_NUMBERS}(?:{MODIFIER}|\.([x*][.-]?dev))(?:\+[^\s]+)?"

_EITHER = re.compile(r"\|\|?")
_BOTH = re.compile(r"(?<!^)(?<!as)(?<![=>< ,]) *(?<!-)[, ](?!-) *(?!,|as|\Z)")
_ALIASED = re.compile(r"([^,\s]++) +as +([^,\s]++)", re.ASCII)
_STABILITY_FLAG = re.compile(r"([^,\s]*?)@(stable|RC|beta|alpha|dev)", _FLAGS)
_COMMIT = re.compile(r"(dev-[^,\s@]+?|[^,\s@]+?\.x-dev)#.+", _FLAGS)
_ANYTHING = re.compile(r"(v)?[x*](\.[x*])*", _FLAGS)
_TILDE = re.compile(rf"~{_VERSION}", _FLAGS)
_CARET = re.compile(rf"\^{_VERSION}", _FLAGS)
_WILDCARD = re.compile(r"v?(\d++)(?:\.(\d++))?(?:\.(\d++))?(?:\.[xX*])++", re.ASCII)
_RANGE = re.compile(rf"({_VERSION}) +- +({_VERSION})", _FLAGS)
_SIGN = re.compile(r"\A(?:<>|!=|>=?|<=?|==?)?\s*", re.ASCII)
_LOOSE_BRANCH = re.compile(r"[0-9a-zA-Z./-]+")
# Looked for in lower-case text but with case: "RC" is never found, Composer adds -dev to >=1.0-RC1 as well.
_MODIFIER_AT_END = re.compile(rf"-{MODIFIER}\Z", re.ASCII)
_ZERO = "0.0.0.0-dev"
_SPACE = " \t\n\r\f\v"

LONGEST_CONSTRAINT = 16 * 1024


class InvalidConstraint(ValueError):
    """The text is not a version constraint."""


class Operator(StrEnum):
    """How a version is compared."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="


_SPELLINGS = {"": Operator.EQUAL, "=": Operator.EQUAL, "<>": Operator.NOT_EQUAL}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operator and one normalized version."""

    operator: Operator
    version: str

    def __str__(self) -> str:
        return f"{self.operator} {self.version}"

    def allows(self, version: str) -> bool:
        """Tell whether a normalized version fits. Named branches fit nothing but their own name."""
        if self.version.startswith("dev-") or version.startswith("dev-"):
            return self.operator is (Operator.EQUAL if version == self.version else Operator.NOT_EQUAL)
        return compare(version, self.version) in _ORDERS[self.operator]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must fit; without parts everything fits."""

    parts: tuple["Constraint", ...]

    def __str__(self) -> str:
        return f"[{' '.join(map(str, self.parts))}]" if self.parts else "*"

    def allows(self, version: str) -> bool:
        """Tell whether a normalized version fits."""
        return all(part.allows(version) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One fitting part is enough."""

    parts: tuple["Constraint", ...]

    def __str__(self) -> str:
        return f"[{' || '.join(map(str, self.parts))}]"

    def allows(self, version: str) -> bool:
        """Tell whether a normalized version fits."""
        return any(part.allows(version) for part in self.parts)


Constraint = Comparison | AllOf | AnyOf

ANYTHING = AllOf(())
_ORDERS = {
    Operator.EQUAL: (0,),
    Operator.NOT_EQUAL: (-1, 1),
    Operator.BELOW: (-1,),
    Operator.AT_MOST: (-1, 0),
    Operator.ABOVE: (1,),
    Operator.AT_LEAST: (0, 1),
}


def parse_constraint(text: str) -> Constraint:
    """Return the parsed constraint. Raises InvalidConstraint."""
    if len(text) > LONGEST_CONSTRAINT:
        raise InvalidConstraint("the version constraint is too long")
    pieces = _EITHER.split(text.strip(PHP_SPACE))
    alternatives = [_parse_conjunction(piece.strip(_SPACE), text) for piece in pieces]
    return alternatives[0] if len(alternatives) == 1 else _join_ranges(alternatives)


def satisfies(version: str, constraint: str) -> bool:
    """Tell whether a pretty version fits a constraint. Raises InvalidVersion, InvalidConstraint."""
    return parse_constraint(constraint).allows(normalize(version))


def is_satisfiable(constraint: Constraint) -> bool:
    """Tell whether any version at all could fit."""
    if isinstance(constraint, AnyOf):
        return any(is_satisfiable(part) for part in constraint.parts)
    comparisons = _comparisons(constraint)
    named = [c.version for c in comparisons if c.operator is Operator.EQUAL]
    if named:
        return all(c.allows(named[0]) for c in comparisons)
    floors = [c for c in comparisons if c.operator in (Operator.ABOVE, Operator.AT_LEAST)]
    ceilings = [c for c in comparisons if c.operator in (Operator.BELOW, Operator.AT_MOST)]
    return not floors or not ceilings or _meet(max(floors, key=_floor_key), min(ceilings, key=_ceiling_key))


def _floor_key(floor: Comparison) -> tuple[PhpKey, bool]:
    return php_key(floor.version), floor.operator is Operator.ABOVE


def _ceiling_key(ceiling: Comparison) -> tuple[PhpKey, bool]:
    return php_key(ceiling.version), ceiling.operator is Operator.AT_MOST


def _comparisons(constraint: Constraint) -> list[Comparison]:
    if isinstance(constraint, Comparison):
        return [constraint]
    return [comparison for part in constraint.parts for comparison in _comparisons(part)]


def _meet(floor: Comparison, ceiling: Comparison) -> bool:
    order = compare(floor.version, ceiling.version)
    both_closed = (floor.operator, ceiling.operator) == (Operator.AT_LEAST, Operator.AT_MOST)
    return order < 0 or (order == 0 and both_closed)


def _parse_conjunction(text: str, whole: str) -> Constraint:
    try:
        parts = [part for piece in _BOTH.split(text) for part in _parse_single(piece)]
    except InvalidVersion as error:
        raise InvalidConstraint(f'"{whole}" is not a version constraint: {error}') from error
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _join_ranges(alternatives: Sequence[Constraint]) -> Constraint:
    """Write `[>=1 <2] || [>=2 <3]` as one range, as Composer does."""
    joined = [alternatives[0]]
    for right in alternatives[1:]:
        range_ = _adjacent(joined[-1], right)
        joined[-1:] = [range_] if range_ else [joined[-1], right]
    return joined[0] if len(joined) == 1 else AnyOf(tuple(joined))


def _adjacent(left: Constraint, right: Constraint) -> AllOf | None:
    match left, right:
        case (
            AllOf((Comparison(Operator.AT_LEAST) as floor, Comparison(Operator.BELOW, middle))),
            AllOf((Comparison(Operator.AT_LEAST, start), Comparison(Operator.BELOW) as ceiling)),
        ) if middle == start:
            return AllOf((floor, ceiling))
    return None


def _parse_single(text: str) -> Sequence[Constraint]:
    if len(text) > LONGEST_TEXT:
        raise InvalidVersion("a part of it is too long")
    if aliased := _ALIASED.fullmatch(text):
        text = aliased[1]
    stability = ""
    if flagged := _STABILITY_FLAG.fullmatch(text):
        text, stability = flagged[1] or "*", flagged[2]
    if commit := _COMMIT.fullmatch(text):
        text = commit[1]
    if anything := _ANYTHING.fullmatch(text):
        return [_at_least(_ZERO)] if anything[1] or anything[2] else [ANYTHING]
    return _parse_range(text) or [_parse_comparison(text, "" if stability.lower() == "stable" else stability)]


def _parse_range(text: str) -> Sequence[Constraint]:
    if tilde := _TILDE.fullmatch(text):
        return _tilde(tilde)
    if caret := _CARET.fullmatch(text):
        return _caret(caret)
    if wildcard := _WILDCARD.fullmatch(text):
        return _wildcard(wildcard)
    if range_ := _RANGE.fullmatch(text):
        return _hyphen(range_)
    return ()


def _tilde(match: re.Match[str]) -> Sequence[Constraint]:
    position = _given_numbers(match) + (1 if match[8] else 0)
    return [_at_least(_lowest(match)), _below(_shift(match.group(1, 2, 3, 4), max(1, position - 1), 1))]


def _caret(match: re.Match[str]) -> Sequence[Constraint]:
    if match[1] != "0" or not match[2]:
        position = 1
    elif match[2] != "0" or not match[3]:
        position = 2
    else:
        position = 3
    return [_at_least(_lowest(match)), _below(_shift(match.group(1, 2, 3, 4), position, 1))]


def _wildcard(match: re.Match[str]) -> Sequence[Constraint]:
    numbers = (*match.groups(), None)
    position = sum(1 for number in match.groups() if number is not None)
    low, high = f"{_shift(numbers, position, 0)}-dev", _below(_shift(numbers, position, 1))
    return [high] if low == _ZERO else [_at_least(low), high]


def _hyphen(match: re.Match[str]) -> Sequence[Constraint]:
    has_modifier = match[6] or match[8] or match[9]
    low = _at_least(normalize(match[1]) + ("" if has_modifier else "-dev"))
    high = normalize(match[10])
    if (match[12] and match[13]) or match[15] or match[17] or match[18]:
        return [low, Comparison(Operator.AT_MOST, high)]
    return [low, _below(_shift(match.group(11, 12, 13, 14), 2 if match[12] else 1, 1))]


def _parse_comparison(text: str, stability: str) -> Constraint:
    wanted = _SIGN.sub("", text, count=1)
    sign = text.removesuffix(wanted).strip()
    operator = _SPELLINGS.get(sign) or Operator(sign)
    version = _normalize_loosely(wanted)
    if operator is Operator.EQUAL:
        return Comparison(operator, version)
    if stability and parse_stability(version) is Stability.STABLE:
        return Comparison(operator, f"{version}-{stability}")
    if operator in (Operator.BELOW, Operator.AT_LEAST) and _lacks_stability(wanted):
        version += "-dev"
    return Comparison(operator, version)


def _normalize_loosely(text: str) -> str:
    try:
        return normalize(text)
    except InvalidVersion:
        if text.endswith("-dev") and _LOOSE_BRANCH.fullmatch(text):
            return normalize(f"dev-{text[:-4]}")
        raise


def _lacks_stability(wanted: str) -> bool:
    return not _MODIFIER_AT_END.search(wanted.lower()) and not wanted.startswith("dev-")


def _given_numbers(match: re.Match[str]) -> int:
    return max(index for index in (1, 2, 3, 4) if match[index] is not None)


def _lowest(match: re.Match[str]) -> str:
    has_modifier = match[5] or match[7] or match[8]
    return normalize(match[0][1:] + ("" if has_modifier else "-dev"))


def _shift(numbers: Sequence[str | None], position: int, increment: int) -> str:
    """Add to the number at `position` (from 1) and set the ones after it to zero."""
    kept = [number or "0" for number in numbers[:position]]
    if increment:
        kept[-1] = str(_number(kept[-1]) + increment)
    return ".".join(kept + ["0"] * (4 - position))


def _number(digits: str) -> int:
    if len(digits) > 18:
        raise InvalidVersion(f"{digits[:18]}… is too large a number")
    return int(digits)


def _at_least(version: str) -> Comparison:
    return Comparison(Operator.AT_LEAST, version)


def _below(version: str) -> Comparison:
    return Comparison(Operator.BELOW, f"{version}-dev")
