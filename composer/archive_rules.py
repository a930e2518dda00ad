"""Which entries of a repository's tree may go into a dist zip. Pure: no I/O.

A zip is unpacked on other people's machines, also on Windows and macOS, by programs that believe what it says.
Regular files that differ only by case both stay (they are two classes on Linux); a link that could be taken for one of
them does not.
"""

import re
import unicodedata
from collections.abc import Iterable

_LONGEST_PATH = 1000
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_TOP_DIRECTORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


def is_top_directory(name: str) -> bool:
    """Whether everything in a zip can be put below this name."""
    return _TOP_DIRECTORY.fullmatch(name) is not None and not name.endswith(".")


def find_path_problem(path: str) -> str | None:
    """Why no entry may have this path; None when it may. Undecodable bytes are expected as lone surrogates."""
    if _UNPRINTABLE.search(path):
        return "the name has control characters or is not UTF-8"
    if "\\" in path:
        return "the name has a backslash, which is a directory separator on Windows"
    if len(path.encode()) > _LONGEST_PATH:
        return "the path is too long"
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "the path leaves its directory"
    if any(_is_git_directory(part) for part in parts):
        return "the path is git's own directory"
    return None


def find_link_problem(path: str, target: str) -> str | None:
    """Why a symbolic link may not point there; None when it stays inside.

    Only leading ".." is allowed: behind another name it could climb out through a second link.
    """
    if not target or _UNPRINTABLE.search(target) or "\\" in target or len(target.encode()) > _LONGEST_PATH:
        return "the link's target is not a plain path"
    if target.startswith("/"):
        return "the link points to an absolute path"
    parts = [part for part in target.split("/") if part not in ("", ".")]
    climbs = next((number for number, part in enumerate(parts) if part != ".."), len(parts))
    if climbs > path.count("/"):
        return "the link points outside of the package"
    if ".." in parts[climbs:]:
        return "the link climbs up behind another name"
    if any(_is_git_directory(part) for part in parts):
        return "the link points to git's own directory"
    return None


def fold_case(path: str) -> str:
    """How a file system that ignores case sees the path."""
    return unicodedata.normalize("NFC", path.casefold())


def list_directories(paths: Iterable[str]) -> set[str]:
    """All directories above the paths."""
    directories: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in directories:
            directories.add(parent)
            parent = parent.rpartition("/")[0]
    return directories


def _is_git_directory(part: str) -> bool:
    """Whether some file system takes the name for ".git": any case, ignored characters, endings that Windows drops."""
    visible = "".join(character for character in part if unicodedata.category(character) != "Cf")
    name = fold_case(visible).partition(":")[0].rstrip(". ")
    return name == ".git" or re.fullmatch(r"git~[0-9]+", name) is not None
