"""Read packages, versions and repositories for the pages; what is visible is decided by `composer.access` alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from composer.access import LISTED_STATES, SERVED_STATES
from composer.packages import UPDATABLE
from composer.versions import SortKey, parse_stability, sort_key
from models import (
    ManifestState,
    Package,
    PackageState,
    PackageUpdate,
    RefKind,
    Repository,
    Synchronization,
    Version,
    Webhook,
)
from organizations.viewer import Viewer

STATES = {
    PackageState.PENDING: ("waiting", "Being read"),
    PackageState.ACTIVE: ("ok", "Up to date"),
    PackageState.FAILING: ("warning", "Update failed"),
    PackageState.CONFLICT: ("error", "Name is taken"),
    PackageState.REMOVED: ("off", "Removed"),
}


@dataclass(frozen=True, slots=True)
class PackageFilter:
    """What the list is narrowed to."""

    text: str = ""
    state: str = ""
    synchronization_id: int | None = None


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One line of the list."""

    package: Package
    newest: str
    version_count: int
    state: tuple[str, str, str]


def select_packages(viewer: Viewer, wanted: PackageFilter) -> Select[Package]:
    """The packages that the person may see, narrowed by the filter."""
    query = viewer.packages()
    if wanted.text:
        pattern = like_pattern(wanted.text)
        query = query.where(
            or_(Package.name.like(pattern, escape="\\"), func.lower(Package.description).like(pattern, escape="\\"))
        )
    if wanted.state in {state.value for state in LISTED_STATES}:
        query = query.where(Package.state == PackageState(wanted.state))
    if wanted.synchronization_id is not None:
        query = query.join(Repository).where(Repository.synchronization_id == wanted.synchronization_id)
    return query.options(joinedload(Package.repository)).order_by(Package.name, Package.id)


def count_packages(session: Session, viewer: Viewer) -> int:
    """How many there are without a filter."""
    query = viewer.packages()
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def describe_packages(session: Session, packages: Sequence[Package]) -> list[PackageRow]:
    """Add the newest tagged version and the number of versions, in one query for all."""
    ids = [package.id for package in packages]
    query = select(Version.package_id, Version.version, Version.normalized, Version.ref_kind)
    found: dict[int, list[tuple[str, str, RefKind]]] = {}
    for package_id, version, normalized, kind in session.execute(query.where(Version.package_id.in_(ids))):
        found.setdefault(package_id, []).append((version, normalized, kind))
    return [
        PackageRow(package, _newest(found.get(package.id, [])), len(found.get(package.id, [])), package_status(package))
        for package in packages
    ]


def find_visible_package(session: Session, viewer: Viewer, name: str) -> Package | None:
    """A package by name, when the person may see it."""
    query = viewer.packages()
    named = query.where(Package.name == name).options(joinedload(Package.repository))
    return session.scalars(named.order_by(Package.state == PackageState.CONFLICT, Package.id)).first()


def list_versions(session: Session, package: Package) -> list[Version]:
    """All versions: tags first, newest first; then branches, the default one first."""
    versions = list(session.scalars(select(Version).where(Version.package_id == package.id)))
    tags = sorted((item for item in versions if item.ref_kind is RefKind.TAG), key=_newness, reverse=True)
    branches = [item for item in versions if item.ref_kind is RefKind.BRANCH]
    return [*tags, *sorted(branches, key=lambda item: (not item.is_default_branch, item.version))]


def newest_of(versions: Sequence[Version]) -> Version | None:
    """What `composer require` would take: the newest tag that is stable, else the first of `list_versions`."""
    tags = [version for version in versions if version.ref_kind is RefKind.TAG]
    stable = [version for version in tags if parse_stability(version.normalized) == "stable"]
    return next(iter([*stable, *tags, *versions]), None)


def package_status(package: Package) -> tuple[str, str, str]:
    """Kind, word and reason for the status mark."""
    if package.running_update_id is not None:
        return "running", "Being read", ""
    if package.requested_seq > package.started_seq and package.state in UPDATABLE:
        return "waiting", "Waiting for a worker", ""
    kind, word = STATES[package.state]
    return kind, word, package.state_reason


def recent_updates(session: Session, package: Package, *, limit: int = 10) -> list[PackageUpdate]:
    """The newest updates first."""
    query = select(PackageUpdate).where(PackageUpdate.package_id == package.id)
    return list(session.scalars(query.order_by(PackageUpdate.id.desc()).limit(limit)))


def find_webhook(session: Session, package: Package) -> Webhook | None:
    """The hook that tells us about this package: its repository's own, else that of the whole synchronization."""
    if package.repository is None:
        return None
    query = select(Webhook).where(
        Webhook.synchronization_id == package.repository.synchronization_id,
        or_(Webhook.repository_id == package.repository_id, Webhook.repository_id.is_(None)),
    )
    hooks = list(session.scalars(query.order_by(Webhook.repository_id.is_(None))))
    return next((hook for hook in hooks if hook.state == "active"), hooks[0] if hooks else None)


def repositories_without_package(session: Session, *, organization_id: int) -> list[Repository]:
    """Repositories of the organization that are no package: those that could be one first."""
    has_package = select(Package.id).where(
        Package.repository_id == Repository.id, Package.state != PackageState.REMOVED
    )
    query = (
        select(Repository)
        .join(Synchronization)
        .where(
            Synchronization.organization_id == organization_id,
            Repository.removed_at.is_(None),
            ~has_package.exists(),
        )
        .order_by(Repository.manifest_state != ManifestState.PRESENT, Repository.path)
    )
    return list(session.scalars(query))


def find_repository(session: Session, *, organization_id: int, repository_id: int) -> Repository | None:
    """A repository of this organization."""
    query = select(Repository).join(Synchronization)
    own = query.where(Repository.id == repository_id, Synchronization.organization_id == organization_id)
    return session.scalars(own).first()


def newest_versions(session: Session, viewer: Viewer, *, limit: int = 8) -> list[Version]:
    """The tagged versions that appeared last, of packages that the person may see."""
    visible = viewer.packages(SERVED_STATES)
    query = (
        select(Version)
        .where(Version.package_id.in_(visible.with_only_columns(Package.id)), Version.ref_kind == RefKind.TAG)
        .options(joinedload(Version.package))
        .order_by(Version.released_at.desc(), Version.id.desc())
    )
    return list(session.scalars(query.limit(limit)))


def _newest(versions: list[tuple[str, str, RefKind]]) -> str:
    tags = [(version, normalized) for version, normalized, kind in versions if kind is RefKind.TAG]
    stable = [item for item in tags if parse_stability(item[1]) == "stable"]
    if tags:
        return max(stable or tags, key=lambda item: sort_key(item[1]))[0]
    return versions[0][0] if versions else ""


def _newness(version: Version) -> SortKey:
    return sort_key(version.normalized)


def like_pattern(text: str) -> str:
    """SQL: contains this text, in lower case and taken literally; to be used with the escape character `\\`."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
