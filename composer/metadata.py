"""Write the documents of a Composer repository: packages.json and the two files of a package. Pure: no I/O.

The same values always give the same bytes, so that a document changes only when its content does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from composer.entry import Entry
from composer.minifier import minify
from composer.php_json import Json, encode, is_true
from composer.versions import SortKey, Stability, numeric_alias_prefix, parse_stability, sort_key

# No package name begins with "-". Without any name or pattern a client would ask for every package it needs.
_NO_PACKAGE = "-/-"
_COMPOSER_1 = "<1.999"
_COMPOSER_1_WARNING = "This repository needs Composer 2. Composer 1 cannot read it."


@dataclass(frozen=True, slots=True)
class Dist:
    """Where clients download the archive of a version. `reference` must change whenever the content does."""

    url: str
    reference: str
    shasum: str = ""
    type: str = "zip"


@dataclass(frozen=True, slots=True)
class Source:
    """Where clients may check out a version, for those who can reach the code host themselves."""

    type: str
    url: str
    reference: str


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One version as it is offered: its entry of build_entry() and where to get it."""

    entry: Entry
    dist: Dist | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class PackageDocuments:
    """The bodies of `/p2/<name>.json` and `/p2/<name>~dev.json`."""

    stable: bytes
    dev: bytes


@dataclass(frozen=True, slots=True)
class RepositoryRoot:
    """What packages.json says.

    `prefix` is the address of the repository, a full path (`/acme`) or URL; `names` are the packages its reader may
    see; `patterns` the owned vendor prefixes (`acme/*`); `notices` are printed by every Composer that reads it.
    """

    prefix: str
    names: Sequence[str] = ()
    patterns: Sequence[str] = ()
    notices: Sequence[str] = ()
    with_advisories: bool = False


def render_package(name: str, versions: Iterable[PublishedVersion]) -> PackageDocuments:
    """Return both documents of a package; without versions they are valid and empty.

    Versions that a client could not install, without dist and source, are left out unless they are metapackages.
    """
    entries = [_offered(version) for version in sort_versions(versions) if _is_installable(version)]
    return PackageDocuments(
        stable=_render_entries(name, [entry for entry in entries if not _is_dev(entry)]),
        dev=_render_entries(name, [entry for entry in entries if _is_dev(entry)]),
    )


def sort_versions(versions: Iterable[PublishedVersion]) -> list[PublishedVersion]:
    """Return the newest version first; a default branch without a number goes before everything."""
    return sorted(versions, key=_newness, reverse=True)


def render_root(root: RepositoryRoot) -> bytes:
    """Return packages.json; it always says which packages there are, also when there are none."""
    prefix = root.prefix.rstrip("/")
    names = sorted({name.lower() for name in root.names})
    patterns = sorted(set(root.patterns)) or ([] if names else [_NO_PACKAGE])
    document: dict[str, object] = {
        "packages": [],
        "metadata-url": f"{prefix}/p2/%package%.json",
        "available-packages": names,
        "available-package-patterns": patterns,
        "search": f"{prefix}/search.json?q=%query%&type=%type%",
        "list": f"{prefix}/list.json",
        "notify-batch": f"{prefix}/downloads",
        "warning": _COMPOSER_1_WARNING,
        "warning-versions": _COMPOSER_1,
        "warnings": [{"message": notice, "versions": "*"} for notice in root.notices],
    }
    if root.with_advisories:
        document["security-advisories"] = {"metadata": False, "api-url": f"{prefix}/security-advisories"}
    return encode({key: value for key, value in document.items() if value or key == "packages"})


def _render_entries(name: str, entries: Sequence[Entry]) -> bytes:
    return encode({"packages": {name.lower(): minify(entries)}, "minified": "composer/2.0"})


def _is_installable(version: PublishedVersion) -> bool:
    return bool(version.dist or version.source) or version.entry.get("type") == "metapackage"


def _is_dev(entry: Entry) -> bool:
    return parse_stability(str(entry["version_normalized"])) is Stability.DEV


def _newness(version: PublishedVersion) -> tuple[bool, SortKey, str]:
    entry = version.entry
    is_default = is_true(entry.get("default-branch")) and numeric_alias_prefix(str(entry["version"])) is None
    return is_default, sort_key(str(entry["version_normalized"])), str(entry.get("time"))


def _offered(version: PublishedVersion) -> Entry:
    """Put `source` and `dist` behind the version, where Composer writes them."""
    entry = {field: value for field, value in version.entry.items() if field not in ("source", "dist")}
    origins: dict[str, Json] = {}
    if version.source:
        source = version.source
        origins["source"] = {"type": source.type, "url": source.url, "reference": source.reference}
    if version.dist:
        dist = version.dist
        origins["dist"] = {"type": dist.type, "url": dist.url, "reference": dist.reference, "shasum": dist.shasum}
    head = ("name", "version", "version_normalized")
    return {field: entry.pop(field) for field in head} | origins | entry
