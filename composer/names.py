"""Check package names by Composer's grammar. Pure: no I/O."""

import re
from dataclasses import dataclass
from enum import StrEnum

_PLATFORM = re.compile(
    r"php(?:-64bit|-ipv6|-zts|-debug)?|hhvm|(?:ext|lib)-[a-z0-9](?:[_.-]?[a-z0-9]++)*+|composer(?:-(?:plugin|runtime)-api)?",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(r"[a-z0-9](?:[_.-]?[a-z0-9]++)*+/[a-z0-9](?:(?:[_.]|-{1,2})?[a-z0-9]++)*+", re.IGNORECASE | re.ASCII)
_HUMP = re.compile(r"([a-z])([A-Z])|([A-Z])([A-Z][a-z])")
_DEVICES = frozenset(
    ["nul", "con", "prn", "aux", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))]
)


class NameFault(StrEnum):
    """What can be wrong with a package name."""

    MALFORMED = "malformed"
    RESERVED = "reserved"
    JSON = "json"
    UPPER_CASE = "upper case"


@dataclass(frozen=True, slots=True)
class NameProblem:
    """Why a name is refused, in words for the update log."""

    fault: NameFault
    message: str


def is_platform_name(name: str) -> bool:
    """Tell whether the name stands for PHP, an extension, a library or Composer itself."""
    return _PLATFORM.fullmatch(name) is not None


def name_problem(name: str) -> NameProblem | None:
    """Say why Composer refuses a name (of a package or of a requirement), None when it does not."""
    if is_platform_name(name):
        return None
    if not _NAME.fullmatch(name):
        return NameProblem(NameFault.MALFORMED, f'"{name}" is not a name of the form vendor/package')
    if not _DEVICES.isdisjoint(name.lower().split("/")):
        return NameProblem(NameFault.RESERVED, f'"{name}" uses a file name that Windows reserves')
    if name.endswith(".json"):
        return NameProblem(NameFault.JSON, f'"{name}" ends in .json')
    if name != name.lower():
        return NameProblem(NameFault.UPPER_CASE, f'"{name}" has upper-case letters, use "{suggested_name(name)}"')
    return None


def suggested_name(name: str) -> str:
    """Return the name in lower case with its words kept apart: `FooBar` → `foo-bar`."""
    return _HUMP.sub(r"\1\3-\2\4", name).lower()
