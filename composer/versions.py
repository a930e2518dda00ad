"""Read, compare and name versions the way Composer's semver 3.4.4 does. Pure: no I/O, no clock.

A *pretty* version is what people write (`v1.2`); a *normalized* one is what Composer compares (`1.2.0.0`).
"""

import re
from collections.abc import Mapping
from enum import StrEnum

# What follows the numbers: separator, stability word, its number, a final "dev".
MODIFIER = r"[._-]?(?:(stable|beta|b|RC|alpha|a|patch|pl|p)((?:[.-]?\d+)*+)?)?([.-]?dev)?"
DEFAULT_BRANCH_ALIAS = "9999999-dev"
LONGEST_TEXT = 512
PHP_SPACE = " \t\n\r\0\x0b"

_FLAGS = re.IGNORECASE | re.ASCII
_ALIASED = re.compile(r"([^,\s]++) ++as ++([^,\s]++)", _FLAGS)
_STABILITY_FLAG = re.compile(r"@(?:stable|RC|beta|alpha|dev)\Z", _FLAGS)
_BUILD = re.compile(r"([^,\s+]++)\+[^\s]++", _FLAGS)
_CLASSIC = re.compile(rf"v?(\d{{1,5}}+)(\.\d++)?(\.\d++)?(\.\d++)?{MODIFIER}", _FLAGS)
_DATE = re.compile(rf"v?(\d{{4}}(?:[.:-]?\d{{2}}){{1,6}}(?:[.:-]?\d{{1,3}}){{0,2}}){MODIFIER}", _FLAGS)
_DEV_SUFFIX = re.compile(r"(.*?)[.-]?dev\Z", _FLAGS)
_NUMERIC_BRANCH = re.compile(r"v?(\d++)" + r"(\.(?:\d++|[x*]))?" * 3, _FLAGS)
_NUMERIC_ALIAS = re.compile(r"((?:\d+\.)*\d+)(?:\.x)?-dev", _FLAGS)
_REFERENCE = re.compile(r"#.+\Z", _FLAGS)
_MODIFIER_AT_END = re.compile(rf"{MODIFIER}(?:\+.*)?\Z", _FLAGS)
_OPEN_END = re.compile(r"(?:\.9{7})+")
_WORD_BOUNDARY = re.compile(r"\d+|[^\W\d_]+|[^\w]\Z", re.ASCII)
_WORDS = {"a": "alpha", "b": "beta", "p": "patch", "pl": "patch", "rc": "RC"}
_LARGEST_NUMBER = 2**63 - 1


class InvalidVersion(ValueError):
    """The text is not a version that Composer understands."""


class Stability(StrEnum):
    """How settled a version is, most settled first."""

    STABLE = "stable"
    RC = "RC"
    BETA = "beta"
    ALPHA = "alpha"
    DEV = "dev"


_STABILITY_WORDS = {
    "alpha": Stability.ALPHA,
    "a": Stability.ALPHA,
    "beta": Stability.BETA,
    "b": Stability.BETA,
    "rc": Stability.RC,
}
# PHP's version_compare() ranks; the end of a version lies between a release candidate and a further number.
_WORD_RANKS = (("dev", 0), ("a", 1), ("b", 2), ("RC", 3), ("rc", 3), ("p", 6))
_UNKNOWN_RANK, _END_RANK, _NUMBER_RANK = -1, 4, 5

PhpKey = tuple[tuple[int, int], ...]
SortKey = tuple[PhpKey, str]


def normalize(version: str) -> str:
    """Return the normalized form of a pretty version. Raises InvalidVersion."""
    if len(version) > LONGEST_TEXT:
        raise InvalidVersion("the version is too long")
    text = _without_decoration(version.strip(PHP_SPACE))
    if text[:4].lower() == "dev-":
        return f"dev-{text[4:]}"
    if build := _BUILD.fullmatch(text):
        text = build[1]
    normalized = _normalize_classic(text) or _normalize_date(text) or _normalize_numeric_dev(text)
    if normalized is None:
        raise InvalidVersion(f'"{version}" is not a version number')
    return normalized


def normalize_branch(branch: str) -> str:
    """Return the normalized version of a branch name; every name has one."""
    name = branch.strip(PHP_SPACE)
    match = _NUMERIC_BRANCH.fullmatch(name)
    if match is None:
        return f"dev-{name}"
    parts = [(part or ".x").lower().replace("*", "x") for part in match.groups()]
    return "".join(parts).replace("x", "9999999") + "-dev"


def branch_version(branch: str) -> tuple[str, str]:
    """Return the pretty and the normalized version of a branch: `1.x` → `1.x-dev`, `main` → `dev-main`."""
    normalized = normalize_branch(branch)
    if normalized.startswith("dev-"):
        # "#" would begin a commit reference in a requirement.
        return f"dev-{branch}".replace("#", "+"), normalized.replace("#", "+")
    prefix = "v" if branch.startswith("v") else ""
    return prefix + open_ended(normalized), normalized


def open_ended(normalized: str) -> str:
    """Write the "any further number" of a normalized branch version as `.x`."""
    return _OPEN_END.sub(".x", normalized)


def parse_stability(version: str) -> Stability:
    """Return how settled a pretty or normalized version says it is."""
    text = _REFERENCE.sub("", version)
    if text.startswith("dev-") or text.endswith("-dev"):
        return Stability.DEV
    # The pattern can match nothing at all, so there always is a match at the end.
    match = next(_MODIFIER_AT_END.finditer(text.lower()))
    if match[3]:
        return Stability.DEV
    return _STABILITY_WORDS.get(match[1] or "", Stability.STABLE)


def numeric_alias_prefix(branch: str) -> str | None:
    """Return the numbers that `1.2.x-dev` stands for (`1.2.`), None when the branch is not numeric."""
    match = _NUMERIC_ALIAS.fullmatch(branch)
    return f"{match[1]}." if match else None


def branch_alias(version: str, aliases: Mapping[str, object], *, default_branch: bool = False) -> str | None:
    """Return the normalized version that a branch is also known by, None when it has no alias.

    `aliases` is `extra.branch-alias` of the composer.json; the first entry that fits wins.
    """
    if not version.startswith("dev-") and not version.endswith("-dev"):
        return None
    for source, target in aliases.items():
        if isinstance(target, str) and (alias := _alias_target(source, target, version)):
            return alias
    if default_branch and numeric_alias_prefix(version.removeprefix("v")) is None:
        return DEFAULT_BRANCH_ALIAS
    return None


def alias_target_problem(source: str, target: str) -> str | None:
    """Say why Composer would ignore one entry of `extra.branch-alias`, None when it would not."""
    if not target.endswith("-dev"):
        return "must end in -dev"
    if target != DEFAULT_BRANCH_ALIAS and not normalize_branch(target[:-4]).endswith("-dev"):
        return "must be a number such as 2.0-dev"
    source_prefix, target_prefix = numeric_alias_prefix(source), numeric_alias_prefix(target)
    if source_prefix and target_prefix and not target_prefix.startswith(source_prefix):
        return "lies outside the numbers of its branch"
    return None


def sort_key(normalized: str) -> SortKey:
    """Return a key that sorts normalized versions from old to new: named branches below all numbers.

    Total: only equal texts compare as equal. `dev-master`, `dev-trunk` and `dev-default` are the newest of all,
    as for Composer.
    """
    is_default = normalized in ("dev-master", "dev-trunk", "dev-default")
    return php_key(DEFAULT_BRANCH_ALIAS if is_default else normalized), normalized


def compare(left: str, right: str) -> int:
    """Compare two normalized versions like PHP's version_compare(): -1, 0 or 1."""
    left_key, right_key = php_key(left), php_key(right)
    return (left_key > right_key) - (left_key < right_key)


def php_key(version: str) -> PhpKey:
    """Return a key that orders normalized versions as compare() does."""
    return (*(_part_rank(part) for part in _WORD_BOUNDARY.findall(version)), (_END_RANK, 0))


def _without_decoration(text: str) -> str:
    if aliased := _ALIASED.fullmatch(text):
        text = aliased[1]
    text = _STABILITY_FLAG.sub("", text)
    return f"dev-{text}" if text in ("master", "trunk", "default") else text


def _normalize_classic(text: str) -> str | None:
    match = _CLASSIC.fullmatch(text)
    if match is None:
        return None
    numbers = match[1] + "".join(part or ".0" for part in match.group(2, 3, 4))
    return numbers + _modifier_suffix(match[5], match[6], match[7])


def _normalize_date(text: str) -> str | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    return re.sub(r"\D", ".", match[1], flags=re.ASCII) + _modifier_suffix(match[2], match[3], match[4])


def _normalize_numeric_dev(text: str) -> str | None:
    match = _DEV_SUFFIX.search(text)
    if match is None:
        return None
    normalized = normalize_branch(match[1])
    return None if "dev-" in normalized else normalized


def _modifier_suffix(word: str | None, number: str | None, dev: str | None) -> str:
    if word == "stable":
        return ""
    stability = f"-{_WORDS.get(word.lower(), word.lower())}{(number or '').lstrip('.-')}" if word else ""
    return stability + ("-dev" if dev else "")


def _alias_target(source: str, target: str, version: str) -> str | None:
    if source.lower() != version.lower() or alias_target_problem(source, target):
        return None
    return target if target == DEFAULT_BRANCH_ALIAS else normalize_branch(target[:-4])


def _part_rank(part: str) -> tuple[int, int]:
    if part[0].isdigit():
        digits = part.lstrip("0")
        return _NUMBER_RANK, _LARGEST_NUMBER if len(digits) > 19 else min(int(digits or "0"), _LARGEST_NUMBER)
    ranks = (rank for word, rank in _WORD_RANKS if part.startswith(word))
    return next(ranks, _UNKNOWN_RANK), 0
