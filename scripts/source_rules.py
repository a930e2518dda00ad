"""Rules of this project that no off-the-shelf checker knows: budgets, names, lock files, purity."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scripts.places import ROOT

LONGEST_FILE, LONGEST_FUNCTION, LONGEST_VIEW, LONGEST_JOB, LONGEST_TEMPLATE = 400, 50, 25, 10, 120
MEDIAN_FILE, MEDIAN_FUNCTION = 100, 10
FOLDERS_OUTSIDE_THE_APPLICATION = frozenset({"tests", "scripts", "docs", "migrations"})
EMPTY_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"})
PURE = re.compile(
    r"^(sync/plan|webhooks/dispatch|integrations/\w+/(convert|hooks)|composer/(manifest|versions|metadata))\.py$"
)
CLOCK_AND_FILES = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time|open|urlopen)\(")
# Written so that this file does not contain what it looks for.
UNFINISHED = re.compile(
    r"#.*\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|\bNotImplemented" r"Error\b|pytest\.(mark\.)?(sk" r"ip|xf" r"ail)"
)
MACHINE_PATH = re.compile(r"(?<![\w.>$}/])/(work|home/\w+|Users/\w+)/\w")
ROUTES = frozenset({"get", "post", "put", "patch", "delete", "route"})

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One tracked text file."""

    path: str  # below the project's folder, with forward slashes
    text: str

    @property
    def lines(self) -> int:
        """How long it is."""
        return len(self.text.splitlines())

    @property
    def is_application(self) -> bool:
        """Whether it is Python that runs in production."""
        return self.path.endswith(".py") and PurePosixPath(self.path).parts[0] not in FOLDERS_OUTSIDE_THE_APPLICATION

    @property
    def is_migration(self) -> bool:
        """Whether it is a step of the database's history, which may be as long as the change it makes."""
        return self.path.startswith("migrations/versions/")


def find_violations(sources: list[Source]) -> list[str]:
    """One line per broken rule, in a stable order."""
    found = [violation for source in sources for violation in _check(source)]
    return [*found, *_check_medians(sources)]


def _check(source: Source) -> Iterator[str]:
    yield from _check_size(source)
    yield from _check_words(source)
    if PurePosixPath(source.path).stem in EMPTY_NAMES:
        yield f"{source.path}: the name says nothing about what is in it"
    if source.path.startswith("requirements/"):
        yield from _check_requirements(source)
    if source.path.endswith(".py"):
        if not _is_python(source):
            yield f"{source.path}: not valid Python {sys.version_info.major}.{sys.version_info.minor}"
        for function in _functions(source):
            yield from _check_function(source, function)


def _check_size(source: Source) -> Iterator[str]:
    is_template = source.path.startswith("templates/")
    limit = LONGEST_TEMPLATE if is_template else LONGEST_FILE
    if (is_template or source.path.endswith(".py")) and source.lines > limit and not source.is_migration:
        yield f"{source.path}: {source.lines} lines, at most {limit}"


def _check_words(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        if UNFINISHED.search(line) and source.path.endswith((".py", ".html", ".js", ".css")):
            yield f"{source.path}:{number}: unfinished or switched off: {line.strip()}"
        if MACHINE_PATH.search(line):
            yield f"{source.path}:{number}: a path of one machine: {line.strip()[:100]}"
        if PURE.match(source.path) and CLOCK_AND_FILES.search(line):
            yield f"{source.path}:{number}: a pure module reads no clock and no file: {line.strip()}"


def _check_requirements(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        if "://" in line or line.startswith(("-i", "-f", "--index", "--extra-index", "--find-links")):
            yield f"{source.path}:{number}: names a place to download from: {line.strip()}"
    if source.path.endswith(".txt") and "--hash=sha256:" not in source.text:
        yield f"{source.path}: without hashes"


def _check_function(source: Source, function: FunctionNode) -> Iterator[str]:
    length, limit, kind = _length(function), LONGEST_FUNCTION, "function"
    if PurePosixPath(source.path).name.endswith("views.py") and _is_decorated(function, ROUTES):
        limit, kind = LONGEST_VIEW, "view"
    if source.is_application and _is_decorated(function, frozenset({"job"})):
        length, limit, kind = _body_length(function), LONGEST_JOB, "job body"
    if length > limit and not source.is_migration:
        yield f"{source.path}:{function.lineno}: {kind} {function.name} has {length} lines, at most {limit}"


def _check_medians(sources: list[Source]) -> Iterator[str]:
    application = [source for source in sources if source.is_application]
    files = [source.lines for source in application if source.lines]
    functions = [_length(function) for source in application for function in _functions(source)]
    for what, lengths, limit in (("file", files, MEDIAN_FILE), ("function", functions, MEDIAN_FUNCTION)):
        if lengths and statistics.median(lengths) > limit:
            yield f"the median {what} has {statistics.median(lengths):.0f} lines, at most {limit}"


def _functions(source: Source) -> list[FunctionNode]:
    if not _is_python(source):
        return []
    return [node for node in ast.walk(ast.parse(source.text)) if isinstance(node, FunctionNode)]


def _is_python(source: Source) -> bool:
    try:
        ast.parse(source.text)
    except SyntaxError:
        return False
    return True


def _length(function: FunctionNode) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _body_length(function: FunctionNode) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _is_decorated(function: FunctionNode, names: frozenset[str]) -> bool:
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name in names:
            return True
    return False


def read_sources(root: Path) -> list[Source]:
    """All text files that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
    return [source for path in sorted(filter(None, listed.split("\0"))) if (source := _read(root, path))]


def _read(root: Path, path: str) -> Source | None:
    if not (root / path).is_file():  # deleted, but not yet committed
        return None
    try:
        return Source(path=path, text=(root / path).read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return None


def main() -> int:
    """Print every broken rule. Returns the exit code."""
    violations = find_violations(read_sources(ROOT))
    print("\n".join(violations))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
