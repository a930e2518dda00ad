"""Turn what was read from a repository into rows, in one short transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from composer.archive import BuiltZip
from composer.packages import add_package, remove_packages
from composer.refs import ReadVersion, SkippedRef
from models import Dist, Package, PackageState, RefKind, Version, utc_now

BUILDER_VERSION = 1
NOTHING_TO_PUBLISH = "No branch or tag has a composer.json that can be published."


@dataclass(frozen=True, slots=True)
class NewContent:
    """Everything an update found out. `zips` by commit has only those that were built now."""

    name: str
    abandoned: str | bool
    versions: tuple[ReadVersion, ...]
    skipped: tuple[SkippedRef, ...]
    zips: Mapping[str, BuiltZip]
    refused: Mapping[str, str] = field(default_factory=dict)  # commit -> why it has no zip
    readme: str = ""
    refs_digest: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the update log."""

    level: str  # "added", "moved", "removed", "skipped", "warning"
    ref: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """For the row."""
        return {"level": self.level, "ref": self.ref, "message": self.message}


def publish(session: Session, *, package: Package, content: NewContent) -> list[LogEntry]:
    """Make the rows say what was read; returns the log. Nothing is flushed when nothing changed."""
    if content.name != package.name:
        return _rename(session, package, content)
    dists = _store_dists(session, package, content)
    log = _store_versions(session, package, content, dists)
    _describe(package, content)
    package.refs_digest = content.refs_digest
    log += [LogEntry("skipped", skipped.ref.name, skipped.message) for skipped in content.skipped]
    log += [
        LogEntry("warning", version.ref.name, str(problem))
        for version in content.versions
        for problem in version.warnings
    ]
    return log


def touch_metadata(package: Package) -> None:
    """Move the Last-Modified of the documents: whole seconds, always forward."""
    now = utc_now().replace(microsecond=0)
    before = package.metadata_changed_at
    package.metadata_changed_at = now if before is None else max(now, before + timedelta(seconds=1))


def _rename(session: Session, package: Package, content: NewContent) -> list[LogEntry]:
    """composer.json has another name now: that is another package, and this one says where to go.

    One that was never served just goes. The successor is marked; the sweeper sees to its update.
    """
    package.refs_digest = content.refs_digest
    actor = f"update of {package.name}"
    successor = _find_successor(session, package, content.name)
    if successor is None and package.repository_id is not None:
        successor = add_package(
            session,
            organization_id=package.organization_id,
            repository_id=package.repository_id,
            name=content.name,
            actor=actor,
        )
    if successor is not None:
        successor.requested_seq += 1
        successor.is_abandoned, successor.replacement = False, ""
        if successor.metadata_changed_at is not None:
            touch_metadata(successor)
    message = f'composer.json is called "{content.name}" now: {package.name} is abandoned in favour of it'
    if package.metadata_changed_at is None:
        remove_packages(session, package_ids=[package.id], actor=actor, reason=f"it is called {content.name} now")
    else:
        package.is_abandoned, package.replacement = True, content.name
        package.state, package.state_reason = PackageState.ACTIVE, ""
    return [LogEntry("moved", "", message)]


def _find_successor(session: Session, package: Package, name: str) -> Package | None:
    query = select(Package).where(
        Package.repository_id == package.repository_id, Package.name == name, Package.state != PackageState.REMOVED
    )
    return session.scalars(query).first()


def _store_dists(session: Session, package: Package, content: NewContent) -> dict[str, Dist]:
    dists = {dist.reference: dist for dist in session.scalars(select(Dist).where(Dist.package_id == package.id))}
    for commit, built in content.zips.items():
        if commit not in dists:
            dists[commit] = Dist(
                package_id=package.id,
                reference=commit,
                sha1=built.sha1,
                size=built.size,
                file_name=f"{built.sha1[:2]}/{built.sha1}.zip",
                builder_version=BUILDER_VERSION,
            )
            session.add(dists[commit])
    tagged = {version.ref.commit for version in content.versions if version.ref.kind.value == RefKind.TAG.value}
    for commit in tagged & dists.keys():
        if not dists[commit].is_of_tag:
            dists[commit].is_of_tag = True
    return dists


def _store_versions(
    session: Session, package: Package, content: NewContent, dists: Mapping[str, Dist]
) -> list[LogEntry]:
    have = {version.normalized: version for version in package.versions}
    log = []
    want: set[str] = set()
    for read in content.versions:
        dist = dists.get(read.ref.commit)
        if dist is None:
            log.append(LogEntry("skipped", read.ref.name, content.refused.get(read.ref.commit, "it has no zip")))
            continue
        want.add(read.normalized)
        log += _store_version(session, package, have.get(read.normalized), read, dist)
    for normalized in have.keys() - want:
        log.append(LogEntry("removed", have[normalized].ref_name, f"{have[normalized].version} is gone"))
        _note_last_named(have[normalized].dist)
        package.versions.remove(have[normalized])
    return log


def _note_last_named(dist: Dist | None) -> None:
    """The clock of a branch's zip starts when no version names it any more."""
    if dist is not None:
        dist.last_named_at = utc_now()


def _store_version(
    session: Session, package: Package, version: Version | None, read: ReadVersion, dist: Dist
) -> list[LogEntry]:
    values = {
        "version": read.version,
        "ref_kind": RefKind(read.ref.kind.value),
        "ref_name": read.ref.name,
        "reference": read.ref.commit,
        "is_default_branch": read.default_branch,
        "released_at": read.time,
        "content": dict(read.entry),
    }
    if version is None:
        package.versions.append(Version(normalized=read.normalized, dist=dist, **values))
        return [LogEntry("added", read.ref.name, f"{read.version} at {read.ref.commit[:12]}")]
    before = version.reference
    for column, value in values.items():
        if getattr(version, column) != value:
            setattr(version, column, value)
    if version.dist is not dist:
        _note_last_named(version.dist)
        version.dist = dist
    if before == read.ref.commit:
        return []
    return [LogEntry("moved", read.ref.name, f"{read.version} from {before[:12]} to {read.ref.commit[:12]}")]


def _describe(package: Package, content: NewContent) -> None:
    shown = next((version for version in content.versions if version.default_branch), None) or next(
        iter(content.versions), None
    )
    entry: Mapping[str, Any] = shown.entry if shown else {}
    package.description = str(entry.get("description") or "")
    package.package_type = str(entry.get("type") or "library")
    package.readme = content.readme
    package.is_abandoned = bool(content.abandoned)
    package.replacement = content.abandoned if isinstance(content.abandoned, str) else ""
    settle_state(package)


def settle_state(package: Package) -> None:
    """After its repository could be read: whether there is something to serve."""
    package.state, package.state_reason = PackageState.ACTIVE, ""
    if not package.versions:
        package.state, package.state_reason = PackageState.FAILING, NOTHING_TO_PUBLISH
