"""`archive.exclude` of a composer.json: which files the package's author leaves out of the zip. Pure: no I/O.

The rules are gitignore-like, with Composer's own habits: a leading slash anchors at the root, no slash (or only one at
the end) matches at any depth, anything else matches anywhere in the path; later rules win and `!` takes back. Patterns
come from strangers, so they become regular expressions that can not run away: every wildcard but the last is atomic.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_RULES = 500
_LONGEST_RULE = 500
_MOST_ALTERNATIVES = 64
_MOST_DEEP_WILDCARDS = 3
_STAR = ""  # a piece of a pattern that is a wildcard; real pieces are never empty
_VISIBLE = r"(?=[^.])"  # a wildcard never matches a leading dot
_DEEP = rf"(?:{_VISIBLE}[^/]++/)*"
_DEEP_END = rf"(?:{_VISIBLE}[^/]++/?)*"
_DEEPEST_PATH = 64  # directories; keeps the work for "/**/" small
_TOKEN = re.compile(r"(?P<deep>/\*\*(?=/|$)/?)|\\(?P<escaped>.)|(?P<set>\[[\w.-]+\])|(?P<other>.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ExcludeRule:
    """One line of `archive.exclude`, ready to match paths that begin with a slash."""

    patterns: tuple[re.Pattern[str], ...]
    is_exception: bool


def read_exclude_rules(composer_json: bytes) -> tuple[ExcludeRule, ...]:
    """The rules in a composer.json; none where the file is broken or says nothing about archives."""
    try:
        document = json.loads(composer_json)
    except (ValueError, RecursionError):
        return ()
    archive = document.get("archive") if isinstance(document, dict) else None
    lines = archive.get("exclude") if isinstance(archive, dict) else None
    if isinstance(lines, dict):
        lines = list(lines.values())
    if not isinstance(lines, list):
        return ()
    return compile_exclude_rules([line for line in lines if isinstance(line, str)])


def compile_exclude_rules(lines: Sequence[str]) -> tuple[ExcludeRule, ...]:
    """The rules of these lines; what is no sensible pattern is passed over, as Composer does."""
    return tuple(rule for line in lines[:MOST_RULES] if (rule := _compile_rule(line)) is not None)


def is_excluded(path: str, rules: Iterable[ExcludeRule]) -> bool:
    """Whether a file, given by its path from the root without a leading slash, stays out of the zip."""
    rooted = f"/{path}"
    excluded = False
    if path.count("/") > _DEEPEST_PATH:
        return False
    for rule in rules:
        if excluded == rule.is_exception and any(pattern.search(rooted) for pattern in rule.patterns):
            excluded = not rule.is_exception
    return excluded


def _compile_rule(line: str) -> ExcludeRule | None:
    rule = line.lstrip("!")
    glob = rule.strip("/")
    if not glob or len(rule) > _LONGEST_RULE or glob.count("/**") > _MOST_DEEP_WILDCARDS:
        return None
    start = "^/" if rule.startswith("/") else "" if "/" in rule[:-1] else "/"
    try:
        patterns = tuple(re.compile(f"{start}{_translate(each)}(?=/|$)") for each in _expand(glob))
    except re.error:
        return None
    return ExcludeRule(patterns, is_exception=line.startswith("!")) if patterns else None


def _expand(glob: str) -> list[str]:
    """The patterns without braces that `{a,b}` stands for; none where there are too many or a brace is left open."""
    pending, plain = [glob], list[str]()
    while pending:
        each = pending.pop()
        found = re.search(r"(?<!\\)\{([^{}]*)\}", each)
        if found is None:
            plain.append(each)
            continue
        pending += [each[: found.start()] + part + each[found.end() :] for part in found[1].split(",")]
        if len(pending) + len(plain) > _MOST_ALTERNATIVES:
            return []
    return [] if any(re.search(r"(?<!\\)\{", each) for each in plain) else plain


def _translate(glob: str) -> str:
    """A regular expression in which each `*` takes the first fit and, but for the last one, never comes back."""
    texts: list[list[str]] = [[]]
    for piece in _pieces(glob):
        if piece == _STAR:
            texts.append([])
        else:
            texts[-1].append(piece)
    first, *rest = texts
    *middle, last = rest or [[]]
    inner = "".join(_fit_first(text) for text in middle if text)
    return "".join(first) + (f"{inner}[^/]*{''.join(last)}" if rest else "")


def _fit_first(text: list[str]) -> str:
    """A `*` and what follows it, up to a "/**/", which must stay free to try fewer directories."""
    end = text.index(_DEEP) if _DEEP in text else len(text)
    return f"(?>[^/]*?{''.join(text[:end])}){''.join(text[end:])}"


def _pieces(glob: str) -> Iterator[str]:
    is_start = True
    for token in _TOKEN.finditer(glob):
        text = token.group()
        if token["deep"]:
            yield "/"
            yield _DEEP if text.endswith("/") else _DEEP_END
        elif text in ("*", "?") or token["set"]:
            if is_start:
                yield _VISIBLE
            yield _STAR if text == "*" else token["set"] or "[^/]"
        else:
            yield re.escape(token["escaped"] or text)
        is_start = text.endswith("/")
