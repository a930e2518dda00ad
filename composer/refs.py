"""Turn the tags and branches of a repository into versions, as Composer reads them. Pure: no I/O.

Two differences to Composer's own reader, both on purpose: warnings about a composer.json never drop a branch, and
of two branches with one version only one is kept (Composer would load both and use the first).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from composer.constraints import InvalidConstraint, parse_constraint
from composer.entry import Entry, VersionName, build_entry
from composer.manifest import Manifest, ManifestFault, UnreadableManifest, read_manifest
from composer.php_json import items
from composer.problems import Problem, Severity, entries, printable
from composer.validation import check_published_name
from composer.versions import InvalidVersion, branch_alias, branch_version, normalize, normalize_branch

LONGEST_VERSION = 255

_DEV = re.compile(r"^dev-|[.-]?dev\Z", re.IGNORECASE | re.ASCII)
_DEV_SUFFIX = re.compile(r"[.-]?dev\Z", re.IGNORECASE | re.ASCII)


class RefKind(StrEnum):
    """What a name in a repository stands for."""

    TAG = "tag"
    BRANCH = "branch"


class SkipReason(StrEnum):
    """Why a tag or branch did not become a version."""

    INVALID_NAME = "invalid name"
    DEV_TAG = "dev tag"
    NO_MANIFEST = "no composer.json"
    UNREADABLE_MANIFEST = "unreadable composer.json"
    INVALID_MANIFEST = "invalid composer.json"
    VERSION_MISMATCH = "version mismatch"
    CONFLICT = "conflict"
    NO_TIME = "no time"


@dataclass(frozen=True, slots=True)
class Ref:
    """A tag or branch with the composer.json of its commit; `composer_json` is None when there is no such file."""

    kind: RefKind
    name: str
    commit: str
    time: datetime | None
    composer_json: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadVersion:
    """A version that can be published. Warnings are collected for branches only: a tag cannot be mended."""

    ref: Ref
    name: str
    version: str
    normalized: str
    time: datetime
    default_branch: bool
    entry: Entry = field(repr=False)
    warnings: tuple[Problem, ...] = ()

    @property
    def alias(self) -> str | None:
        """The normalized version that a branch is also known by (`extra.branch-alias`), None without one."""
        aliases = dict(entries(self.entry, "extra")).get("branch-alias")
        return branch_alias(self.version, dict(items(aliases) or []), default_branch=self.default_branch)


@dataclass(frozen=True, slots=True)
class SkippedRef:
    """A tag or branch that did not become a version, with the reason in words."""

    ref: Ref
    reason: SkipReason
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a repository holds. `name` is the package name of the default branch, None when that has none."""

    name: str | None
    abandoned: str | bool
    versions: tuple[ReadVersion, ...]
    skipped: tuple[SkippedRef, ...]


def read_repository(refs: Iterable[Ref], *, default_branch: str | None, root: bytes | None = None) -> Reading:
    """Return the versions of a repository and why the other refs are none; one version per name and number.

    `root` is the composer.json that names the package where no branch is the default one (Subversion, Mercurial).
    """
    reading = read_all_refs(refs, default_branch=default_branch, root=root)
    kept: dict[tuple[str, str], ReadVersion] = {}
    skipped = list(reading.skipped)
    for version in sorted(reading.versions, key=_precedence):
        winner = kept.setdefault((version.name.lower(), version.normalized), version)
        if winner is not version:
            skipped.append(_conflict(version.ref, winner))
    return Reading(reading.name, reading.abandoned, tuple(kept.values()), tuple(skipped))


def read_all_refs(refs: Iterable[Ref], *, default_branch: str | None, root: bytes | None = None) -> Reading:
    """Return exactly what Composer reads: like read_repository(), but with branches that share a version."""
    ordered = sorted(refs, key=lambda ref: _order(ref, default_branch))
    root_manifest = _root_manifest(ordered, default_branch, root)
    name = root_manifest.name if root_manifest else None
    reader = _Reader(name, default_branch)
    for ref in ordered:
        reader.read(ref)
    abandoned = root_manifest.abandoned if root_manifest else False
    return Reading(name, abandoned, tuple(reader.versions), tuple(reader.skipped))


def _order(ref: Ref, default_branch: str | None) -> tuple[bool, bool, bytes]:
    """Tags first, then the default branch, then branches by the bytes of their names, like plain Git lists them."""
    is_branch = ref.kind is RefKind.BRANCH
    return is_branch, is_branch and ref.name != default_branch, ref.name.encode(errors="surrogatepass")


def _precedence(version: ReadVersion) -> tuple[bool, bool, datetime]:
    """A tag goes before a branch, the default branch before others, an older commit before a newer one."""
    is_branch = version.ref.kind is RefKind.BRANCH
    return is_branch, not version.default_branch, version.time if is_branch else _BEGINNING


_BEGINNING = datetime.min.replace(tzinfo=UTC)


def _root_manifest(refs: Iterable[Ref], default_branch: str | None, root: bytes | None) -> Manifest | None:
    branches = {ref.name: ref.composer_json for ref in refs if ref.kind is RefKind.BRANCH}
    try:
        return read_manifest(root if default_branch is None else branches.get(default_branch))
    except UnreadableManifest:
        return None


def _conflict(ref: Ref, winner: ReadVersion) -> SkippedRef:
    message = f'"{winner.ref.name}" is the same version, {winner.version}'
    return SkippedRef(ref, SkipReason.CONFLICT, printable(message))


class _Skip(Exception):
    def __init__(self, reason: SkipReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class _Reader:
    """Reads refs one after the other; remembers the versions of tags because the first of two equal ones wins."""

    def __init__(self, name: str | None, default_branch: str | None) -> None:
        self.versions: list[ReadVersion] = []
        self.skipped: list[SkippedRef] = []
        self._name = name
        self._default_branch = default_branch
        self._tags: dict[tuple[str, str], ReadVersion] = {}

    def read(self, ref: Ref) -> None:
        try:
            if ref.kind is RefKind.TAG:
                self._read_tag(ref)
            else:
                self._read_branch(ref)
        except _Skip as skip:
            self.skipped.append(SkippedRef(ref, skip.reason, printable(str(skip))))

    def _read_tag(self, ref: Ref) -> None:
        tag = ref.name.replace("release-", "")
        normalized = _normalize_tag(tag)
        manifest = _read(ref)
        version = _tag_version(tag, normalized, manifest)
        name = self._name or manifest.name or ""
        if winner := self._tags.get((name.lower(), normalized)):
            raise _Skip(SkipReason.CONFLICT, _conflict(ref, winner).message)
        read = self._version(ref, manifest, VersionName(name, version, normalized))
        self._tags[name.lower(), normalized] = read

    def _read_branch(self, ref: Ref) -> None:
        _check_branch_name(ref.name)
        version, normalized = branch_version(ref.name)
        manifest = _read(ref)
        self._version(ref, manifest, VersionName(self._name or manifest.name or "", version, normalized))

    def _version(self, ref: Ref, manifest: Manifest, name: VersionName) -> ReadVersion:
        if max(len(name.version), len(name.normalized)) > LONGEST_VERSION:
            raise _Skip(SkipReason.INVALID_NAME, f"the version is longer than {LONGEST_VERSION} characters")
        warnings = _check(ref, manifest, name)
        time = manifest.time or ref.time
        if time is None:
            raise _Skip(SkipReason.NO_TIME, f"{ref.commit} is not a commit with a time")
        is_default = ref.kind is RefKind.BRANCH and ref.name == self._default_branch
        entry = build_entry(manifest, name, time=time, default_branch=is_default)
        version = ReadVersion(ref, name.package, name.version, name.normalized, time, is_default, entry, warnings)
        self.versions.append(version)
        return version


def _normalize_tag(tag: str) -> str:
    try:
        return normalize(tag)
    except InvalidVersion as error:
        raise _Skip(SkipReason.INVALID_NAME, str(error)) from error


def _check_branch_name(branch: str) -> None:
    try:
        parse_constraint(normalize_branch(branch))
    except InvalidConstraint as error:
        raise _Skip(SkipReason.INVALID_NAME, "the name cannot be written as a requirement") from error


def _read(ref: Ref) -> Manifest:
    try:
        return read_manifest(ref.composer_json)
    except UnreadableManifest as error:
        raise _Skip(_FAULT_REASONS.get(error.fault, SkipReason.NO_MANIFEST), str(error)) from error


_FAULT_REASONS: Mapping[ManifestFault, SkipReason] = {
    ManifestFault.INVALID_JSON: SkipReason.UNREADABLE_MANIFEST,
    ManifestFault.TOO_LARGE: SkipReason.UNREADABLE_MANIFEST,
}


def _tag_version(tag: str, normalized_tag: str, manifest: Manifest) -> str:
    """Return the pretty version of a tag: the one written in composer.json when it agrees with the tag."""
    version = tag if manifest.version is None else manifest.version
    try:
        normalized = _DEV.sub("", normalize(version))
    except InvalidVersion as error:
        raise _Skip(SkipReason.INVALID_MANIFEST, f"version: {error}") from error
    if normalized == normalized_tag:
        return _DEV_SUFFIX.sub("", version)
    if _DEV.search(normalized_tag):
        raise _Skip(SkipReason.DEV_TAG, "tags cannot be dev versions")
    raise _Skip(SkipReason.VERSION_MISMATCH, f"the tag is {normalized_tag}, composer.json says {normalized}")


def _check(ref: Ref, manifest: Manifest, name: VersionName) -> tuple[Problem, ...]:
    problems = manifest.problems(name=name.package)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR and not _is_ignored(problem, ref)]
    errors = errors or list(check_published_name(name.package))
    if errors:
        raise _Skip(SkipReason.INVALID_MANIFEST, "; ".join(map(str, errors)))
    return tuple(problems) if ref.kind is RefKind.BRANCH else ()


def _is_ignored(problem: Problem, ref: Ref) -> bool:
    """Composer ignores the version that a composer.json on a branch gives."""
    return problem.field == "version" and ref.kind is RefKind.BRANCH
