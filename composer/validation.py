"""Decide whether a composer.json may be published and what to tell its author. Pure: no I/O, no clock.

Errors are the cases that Composer itself refuses or that would break its clients for the whole package. Warnings
never remove anything: a version is worth more than a tidy license field.
"""

import re
from collections.abc import Iterator, Mapping

from composer.licenses import is_license
from composer.links import check_links
from composer.names import is_platform_name, name_problem
from composer.php_extension import check_php_extension
from composer.php_json import Json, items
from composer.problems import (
    ARRAY,
    NUMBER_OR_TEXT,
    WHOLE_NUMBER_OR_TEXT,
    Problem,
    check_texts,
    check_type,
    entries,
    error,
    kind,
    text,
    warning,
)
from composer.release_time import parse_time
from composer.versions import InvalidVersion, alias_target_problem, normalize

LONGEST_NAME = 255

_TYPE = re.compile(r"[A-Za-z0-9-]+", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_WEB = re.compile(r"https?://[^\s/?#:][^\s]*")
_CHAT = re.compile(r"ircs?://[^\s/?#:][^\s]*")
_PARENT = re.compile(r"(?:^|[\\/])\.\.(?:[\\/]|\Z)")
_DASH = re.compile(r"\s*-")
_TEXTS = ("target-dir", "description", "homepage", "minimum-stability", "time", "type")
_ARRAYS = ("extra", "scripts", "authors", "support", "funding", "autoload", "autoload-dev", "transport-options")
_LISTS = ("keywords", "include-path")
_STABILITIES = ("stable", "beta", "alpha", "dev")
_AUTOLOADS = ("psr-0", "psr-4", "classmap", "files", "exclude-from-classmap")
_SUPPORT_PAGES = ("issues", "forum", "wiki", "source", "docs", "chat", "security")
_SUPPORT = (*_SUPPORT_PAGES, "email", "irc", "rss")


def validate(document: Mapping[str, Json]) -> list[Problem]:
    """Return everything that is wrong with a composer.json, errors and warnings."""
    return [problem for check in _CHECKS for problem in check(document)]


def check_published_name(name: str) -> Iterator[Problem]:
    """Yield what is wrong with the name of a package that others shall require."""
    if len(name) > LONGEST_NAME:
        yield error("name", f"is longer than {LONGEST_NAME} characters")
    if is_platform_name(name):
        yield error("name", f'"{name}" stands for a part of the PHP platform')


def _check_name(document: Mapping[str, Json]) -> Iterator[Problem]:
    yield from check_type(document, "name", str)
    name = document.get("name")
    if name is None or (isinstance(name, str) and not name.strip()):
        yield error("name", "is missing")
    elif isinstance(name, str) and (problem := name_problem(name)):
        yield error("name", problem.message)


def _check_types(document: Mapping[str, Json]) -> Iterator[Problem]:
    yield from check_texts(document, _TEXTS)
    for field in _ARRAYS:
        yield from check_type(document, field, ARRAY)
    for field in _LISTS:
        yield from _check_list(document, field)
    if not isinstance(document.get("bin"), str):
        yield from _check_list(document, "bin")


def _check_list(document: Mapping[str, Json], field: str) -> Iterator[Problem]:
    yield from check_type(document, field, ARRAY)
    members = dict(entries(document, field))
    for key, member in members.items():
        if member is None:
            yield error(f"{field}.{key}", "should be a text or a number, not null")
        yield from check_type(members, key, NUMBER_OR_TEXT, path=f"{field}.{key}")


def _check_versions(document: Mapping[str, Json]) -> Iterator[Problem]:
    version = document.get("version")
    if isinstance(version, (list, dict)):
        yield error("version", f"should be a text, not {kind(version)}")
    elif version is not None:
        yield from _check_version("version", version_text(version))
    configuration = dict(entries(document, "config"))
    for key, platform in entries(configuration, "platform"):
        if isinstance(platform, str):
            yield from _check_version(f"config.platform.{key}", platform)
        elif platform is not False:
            yield error(f"config.platform.{key}", "should be a version or false")


def version_text(version: str | float | bool) -> str:
    """Return the text that PHP makes of a version written without quotes: 1.0 becomes "1"."""
    if isinstance(version, str):
        return version
    if isinstance(version, bool):
        return "1" if version else ""
    return str(int(version)) if version == int(version) else repr(version)


def _check_version(field: str, version: str) -> Iterator[Problem]:
    try:
        normalize(version)
    except InvalidVersion as problem:
        yield error(field, str(problem))


def _check_texts_inside(document: Mapping[str, Json]) -> Iterator[Problem]:
    type_ = text(document, "type")
    if type_ and not _TYPE.fullmatch(type_):
        yield warning("type", f'"{type_}" has other characters than letters, digits and -')
    yield from _check_url(document, "homepage")
    for key, keyword in entries(document, "keywords"):
        if not all(character.isalnum() or character in " ._-" for character in str(keyword)):
            yield warning(f"keywords.{key}", f'"{keyword}" has unusual characters')
    stability = text(document, "minimum-stability")
    if stability and stability != "RC" and stability.lower() not in _STABILITIES:
        yield error("minimum-stability", f'"{stability}" is not a stability')
    time = text(document, "time")
    if time and parse_time(time) is None:
        yield warning("time", f'"{time}" is not understood, the time of the commit is used')


def _check_binaries(document: Mapping[str, Json]) -> Iterator[Problem]:
    binary = document.get("bin")
    named = [("bin", binary)] if isinstance(binary, str) else [(f"bin.{k}", v) for k, v in entries(document, "bin")]
    for field, path in named:
        if isinstance(path, str) and _PARENT.search(path):
            yield error(field, f'"{path}" leads out of the package')


def _check_license(document: Mapping[str, Json]) -> Iterator[Problem]:
    value = document.get("license")
    for _, name in [("", value)] if isinstance(value, str) else entries(document, "license"):
        if not isinstance(name, str):
            yield warning("license", f"should be a text, not {kind(name)}")
        elif not is_license(name):
            yield warning("license", f'"{name}" is not an SPDX identifier (for closed source write "proprietary")')


def _check_people(document: Mapping[str, Json]) -> Iterator[Problem]:
    for key, author in entries(document, "authors"):
        author_items = items(author)
        if author_items is None:
            yield error(f"authors.{key}", f"should be an object, not {kind(author)}")
            continue
        members = dict(author_items)
        yield from check_texts(members, ("homepage", "email", "name", "role"), path=f"authors.{key}.")
        yield from _check_url(members, "homepage", path=f"authors.{key}.")
        yield from _check_email(members, path=f"authors.{key}.")


def _check_support(document: Mapping[str, Json]) -> Iterator[Problem]:
    support = dict(entries(document, "support"))
    yield from check_texts(support, _SUPPORT, path="support.")
    yield from _check_email(support, path="support.")
    chat = text(support, "irc")
    if chat and not _CHAT.fullmatch(chat):
        yield warning("support.irc", f'"{chat}" is not an irc:// address')
    for page in _SUPPORT_PAGES:
        yield from _check_url(support, page, path="support.")
    for key, option in entries(document, "funding"):
        option_items = items(option)
        if option_items is None:
            yield error(f"funding.{key}", f"should be an object, not {kind(option)}")
            continue
        yield from check_texts(dict(option_items), ("type", "url"), path=f"funding.{key}.")
        yield from _check_url(dict(option_items), "url", path=f"funding.{key}.")


def _check_url(document: Mapping[str, Json], field: str, *, path: str = "") -> Iterator[Problem]:
    url = text(document, field)
    if url and not _WEB.fullmatch(url):
        yield warning(f"{path}{field}", f'"{url}" is not an http or https address')


def _check_email(document: Mapping[str, Json], *, path: str) -> Iterator[Problem]:
    email = text(document, "email")
    if email and not _EMAIL.fullmatch(email):
        yield warning(f"{path}email", f'"{email}" is not an e-mail address')


def _check_autoload(document: Mapping[str, Json]) -> Iterator[Problem]:
    for type_, _ in entries(document, "autoload"):
        if type_ not in _AUTOLOADS:
            yield error("autoload", f'"{type_}" is none of {", ".join(_AUTOLOADS)}')
    autoload = dict(entries(document, "autoload"))
    yield from check_type(autoload, "psr-4", ARRAY, path="autoload.psr-4")
    for namespace, _ in entries(autoload, "psr-4"):
        if namespace and not namespace.endswith("\\"):
            yield error("autoload.psr-4", f'the namespace "{namespace}" should end with a backslash')
    if autoload.get("psr-4") is not None and text(document, "target-dir"):
        yield error("target-dir", "cannot be used together with autoload.psr-4")


def _check_origins(document: Mapping[str, Json]) -> Iterator[Problem]:
    """`source` and `dist` are replaced by our own, but a broken one breaks other readers of the repository."""
    for field, required in (("source", ("type", "url", "reference")), ("dist", ("type", "url"))):
        yield from check_type(document, field, ARRAY)
        origin = dict(entries(document, field))
        for member in required if origin else ():
            if origin.get(member) is None:
                yield error(f"{field}.{member}", "is missing")
        yield from check_texts(origin, ("type", "url"), path=f"{field}.")
        yield from check_type(origin, "reference", WHOLE_NUMBER_OR_TEXT, path=f"{field}.reference")
        for member in ("reference", "url"):
            if _DASH.match(str(origin.get(member))):
                yield error(f"{field}.{member}", "should not begin with -")


def _check_branch_aliases(document: Mapping[str, Json]) -> Iterator[Problem]:
    aliases = dict(entries(document, "extra")).get("branch-alias")
    alias_items = items(aliases)
    if aliases is not None and alias_items is None:
        yield error("extra.branch-alias", "should be an object of branches and their aliases")
    for source, target in alias_items or []:
        problem = alias_target_problem(source, target) if isinstance(target, str) else "should be a text"
        if problem:
            yield warning(f"extra.branch-alias.{source}", f"the alias {problem}")


_CHECKS = (
    _check_name,
    _check_types,
    _check_versions,
    _check_texts_inside,
    _check_binaries,
    _check_license,
    _check_people,
    _check_support,
    check_links,
    _check_autoload,
    _check_origins,
    _check_branch_aliases,
    check_php_extension,
)
