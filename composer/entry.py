"""Write the entry that one version gets in the metadata, normalized like Composer's own dump. Pure: no I/O.

Left out on purpose: `source`, `dist` and `notification-url` (they would lead clients elsewhere), `repositories`,
`config` and everything that only counts in the root package.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from composer.links import LINK_TYPES
from composer.manifest import Manifest
from composer.php_json import Json, is_true, items
from composer.problems import entries, text
from composer.release_time import format_time

Entry = dict[str, Json]

_DOTS = re.compile(r"(?:^|(?<![\\/])[\\/]++)\.\.?(?:[\\/]+|\Z)(?:\.\.?(?:[\\/]+|\Z))*")


@dataclass(frozen=True, slots=True)
class VersionName:
    """How one version is called."""

    package: str
    version: str
    normalized: str


def build_entry(manifest: Manifest, name: VersionName, *, time: datetime, default_branch: bool = False) -> Entry:
    """Return the metadata of one version, without `source` and `dist`. The manifest must have no errors."""
    document = manifest.document
    entry: Entry = {"name": name.package, "version": name.version, "version_normalized": name.normalized}
    _put(entry, "target-dir", _target_directory(text(document, "target-dir") or ""))
    for link_type in LINK_TYPES:
        _put(entry, link_type, _links(document, link_type))
    _put(entry, "suggest", _suggestions(document, name.version))
    entry["time"] = format_time(time)
    _put(entry, "default-branch", default_branch)
    _put(entry, "bin", _binaries(document))
    type_ = document.get("type")
    entry["type"] = str(type_).lower() if is_true(type_) else "library"
    for field in ("extra", "autoload", "autoload-dev", "include-path", "php-ext"):
        _put(entry, field, document.get(field))
    _put(entry, "archive", _archive(manifest))
    _put(entry, "scripts", {event: _listeners(listeners) for event, listeners in entries(document, "scripts")})
    _put(entry, "license", _licenses(document))
    for field in ("authors", "description", "homepage"):
        _put(entry, field, document.get(field))
    _put(entry, "keywords", _keywords(document))
    for field in ("support", "funding"):
        _put(entry, field, document.get(field))
    _put(entry, "abandoned", manifest.abandoned)
    return entry


def _put(entry: Entry, field: str, value: Json) -> None:
    if is_true(value):
        entry[field] = value


def _keywords(document: Mapping[str, Json]) -> list[Json]:
    return [*sorted(str(keyword) for _, keyword in entries(document, "keywords"))]


def _target_directory(path: str) -> str:
    return _DOTS.sub("/", path).lstrip("/")


def _links(document: Mapping[str, Json], link_type: str) -> dict[str, Json]:
    constraints = {target.lower(): constraint for target, constraint in entries(document, link_type)}
    return {target: constraints[target] for target in sorted(constraints)}


def _suggestions(document: Mapping[str, Json], version: str) -> dict[str, Json]:
    suggestions = sorted((target, str(reason)) for target, reason in entries(document, "suggest"))
    return {target: version if reason.strip() == "self.version" else reason for target, reason in suggestions}


def _binaries(document: Mapping[str, Json]) -> list[Json]:
    binaries = document.get("bin")
    paths = [binaries] if isinstance(binaries, str) else [path for _, path in items(binaries) or []]
    return [str(path).lstrip("/") for path in paths]


def _archive(manifest: Manifest) -> dict[str, Json]:
    archive: dict[str, Json] = {}
    _put(archive, "name", text(dict(entries(manifest.document, "archive")), "name"))
    _put(archive, "exclude", list(manifest.archive_excludes))
    return archive


def _listeners(listeners: Json) -> Json:
    if listeners is None:
        return []
    return listeners if isinstance(listeners, (list, dict)) else [listeners]


def _licenses(document: Mapping[str, Json]) -> list[Json]:
    licenses = document.get("license")
    names = [licenses] if isinstance(licenses, str) else [name for _, name in items(licenses) or []]
    return [name for name in names if isinstance(name, str) and name]
