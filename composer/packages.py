"""Packages come and go: by synchronization, by hand, and when one gives up a name that another waits for."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from models import AuditEntry, Package, PackageState, Repository, record_audit, record_many, utc_now
from models.bulk import insert_rows

NAME_HOLDERS = (PackageState.PENDING, PackageState.ACTIVE, PackageState.FAILING)
UPDATABLE = NAME_HOLDERS
NO_DETAILS: Mapping[str, object] = MappingProxyType({})


class PackageNotAddable(Exception):
    """The repository can not become a package now; the text says why."""


def add_package(
    session: Session,
    *,
    organization_id: int,
    repository_id: int,
    name: str,
    actor: str,
    actor_user_id: int | None = None,
    details: Mapping[str, object] = NO_DETAILS,
) -> Package:
    """A package for a repository, in the caller's transaction. The first package with a name keeps it: a later one
    is a conflict until the first goes. The caller asks for its first update. `details` are for the audit log."""
    package = Package(organization_id=organization_id, repository_id=repository_id, name=name)
    holder = find_package(session, organization_id=organization_id, name=name)
    if holder is None and not _take_name(session, package):
        holder = find_package(session, organization_id=organization_id, name=name)
    if holder is not None:
        package.state = PackageState.CONFLICT
        package.state_reason = _conflict_reason(session, holder)
    session.add(package)
    session.flush()
    _audit(session, package, "package_added", actor, actor_user_id, details)
    return package


def add_packages(
    session: Session, *, organization_id: int, names: Mapping[int, str], actor: str, details: Mapping[str, object]
) -> set[int]:
    """Packages for many repositories, by repository; their ids. Names that are free go in with one statement.

    Their first update counts as asked for: the caller enqueues it.
    """
    if not names:
        return set()
    taken = set(_names_of_holders(session, organization_id))
    free: dict[str, int] = {}
    for repository_id, name in names.items():
        if name not in taken:
            free.setdefault(name, repository_id)
    if not _take_names(session, organization_id, free):
        free = {}
    record_many(
        session,
        [AuditEntry("package_added", name, dict(details)) for name in free],
        actor=actor,
        organization_id=organization_id,
    )
    for repository_id, name in names.items():
        if free.get(name) != repository_id:
            add_package(
                session,
                organization_id=organization_id,
                repository_id=repository_id,
                name=name,
                actor=actor,
                details=details,
            ).requested_seq += 1
    here = select(Package.id, Package.repository_id, Package.name).where(
        Package.organization_id == organization_id, Package.state != PackageState.REMOVED
    )
    return {row[0] for row in session.execute(here) if names.get(row[1] or 0) == row[2]}


def find_package(session: Session, *, organization_id: int, name: str) -> Package | None:
    """The package that holds a name in an organization."""
    query = select(Package).where(
        Package.organization_id == organization_id, Package.name == name, Package.state.in_(NAME_HOLDERS)
    )
    return session.scalars(query).first()


def is_superseded() -> ColumnElement[bool]:
    """SQL: the repository of a package has another name by now, and a package for that."""
    successor = aliased(Package)
    return (
        select(successor.id)
        .where(
            successor.repository_id == Package.repository_id,
            successor.name == Package.replacement,
            successor.state != PackageState.REMOVED,
        )
        .exists()
    )


def fed_packages(session: Session, *, repository_ids: Sequence[int]) -> dict[int, list[int]]:
    """By repository the packages whose content comes from it now."""
    query = select(Package.repository_id, Package.id).where(
        Package.repository_id.in_(repository_ids), Package.state.in_(UPDATABLE), ~is_superseded()
    )
    fed: dict[int, list[int]] = {}
    for repository_id, package_id in session.execute(query.order_by(Package.id)):
        if repository_id is not None:
            fed.setdefault(repository_id, []).append(package_id)
    return fed


def remove_packages(
    session: Session,
    *,
    package_ids: Sequence[int],
    actor: str,
    reason: str,
    actor_user_id: int | None = None,
    details: Mapping[str, object] = NO_DETAILS,
) -> None:
    """Take packages out of the repository. Rows and zips stay for a while; a waiting namesake gets the name."""
    if not package_ids:
        return
    for package in session.scalars(select(Package).where(Package.id.in_(package_ids))):
        if package.state is PackageState.REMOVED:
            continue
        package.state, package.state_reason, package.removed_at = PackageState.REMOVED, reason, utc_now()
        session.flush()
        _audit(session, package, "package_removed", actor, actor_user_id, {"reason": reason, **details})
        _settle_conflict(session, package)


def exclude_package(session: Session, *, package: Package, actor: str, actor_user_id: int | None = None) -> None:
    """Delete a package by hand: its repository is not added again until somebody takes it back."""
    if package.repository is not None:
        package.repository.excluded_at, package.repository.excluded_by = utc_now(), actor
    reason = f"deleted by {actor}"
    remove_packages(session, package_ids=[package.id], actor=actor, actor_user_id=actor_user_id, reason=reason)


def add_repository_by_hand(
    session: Session, *, organization_id: int, repository: Repository, actor: str, actor_user_id: int | None = None
) -> Package:
    """Make a package of a repository now, also one that was excluded. Raises PackageNotAddable."""
    if repository.removed_at is not None:
        raise PackageNotAddable(f"{repository.path} is not at the host any more.")
    if not repository.manifest_name:
        reason = repository.manifest_reason or "there is no composer.json at the root of its default branch"
        raise PackageNotAddable(f"{repository.path} can not become a package: {reason}.")
    existing = select(Package).where(Package.repository_id == repository.id, Package.state != PackageState.REMOVED)
    package = session.scalars(existing).first()
    if package is not None:
        raise PackageNotAddable(f"{repository.path} is already the package {package.name}.")
    repository.excluded_at, repository.excluded_by = None, ""
    return add_package(
        session,
        organization_id=organization_id,
        repository_id=repository.id,
        name=repository.manifest_name,
        actor=actor,
        actor_user_id=actor_user_id,
    )


def _take_name(session: Session, package: Package) -> bool:
    """Insert it, unless somebody takes the name at the same moment: then wait for them, and leave it out."""
    try:
        with session.begin_nested():
            session.add(package)
            session.flush()
    except IntegrityError:
        return False
    return True


def _take_names(session: Session, organization_id: int, free: Mapping[str, int]) -> bool:
    """Insert all of them, or none when somebody takes one of the names at the same moment."""
    if not free:
        return True
    session.flush()
    same = {"organization_id": organization_id, "requested_seq": 1}
    rows = [{**same, "repository_id": repository_id, "name": name} for name, repository_id in free.items()]
    try:
        with session.begin_nested():
            insert_rows(session.connection(), Package, rows)
    except IntegrityError:
        return False
    return True


def _names_of_holders(session: Session, organization_id: int) -> Iterable[str]:
    query = select(Package.name).where(Package.organization_id == organization_id, Package.state.in_(NAME_HOLDERS))
    return session.scalars(query)


def _settle_conflict(session: Session, removed: Package) -> None:
    """Give a free name to the package that has waited longest for it."""
    query = select(Package).where(
        Package.organization_id == removed.organization_id,
        Package.name == removed.name,
        Package.state == PackageState.CONFLICT,
    )
    waiting = session.scalars(query.order_by(Package.id)).first()
    holder = find_package(session, organization_id=removed.organization_id, name=removed.name)
    if waiting is not None and holder is None:
        waiting.state, waiting.state_reason = PackageState.PENDING, ""
        waiting.requested_seq += 1
        session.flush()


def _conflict_reason(session: Session, holder: Package) -> str:
    repository = None if holder.repository_id is None else session.get_one(Repository, holder.repository_id)
    where = f" of {repository.path}" if repository else ""
    return f"The package {holder.name}{where} has this name. This one takes its place when that one goes."


def _audit(
    session: Session,
    package: Package,
    action: str,
    actor: str,
    actor_user_id: int | None,
    details: Mapping[str, object],
) -> None:
    record_audit(
        session,
        actor=actor,
        actor_user_id=actor_user_id,
        action=action,
        target=package.name,
        organization_id=package.organization_id,
        details=dict(details),
    )
