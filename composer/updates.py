"""Update one package from its repository: list refs, fetch, read, build zips, publish.

Many requests become one update, and one more for what came in during it: `requested_seq` counts what is wanted,
`started_seq` what the newest update began with.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

import structlog
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from composer.archive import ArchiveRefused, BuiltZip, build_zip
from composer.documents import write_documents
from composer.git_refs import digest_refs, read_git_refs, read_readme
from composer.names import is_platform_name, name_problem
from composer.packages import UPDATABLE, is_superseded
from composer.publish import LogEntry, NewContent, publish, settle_state, touch_metadata
from composer.refs import Reading, ReadVersion, SkippedRef, SkipReason, read_repository
from config.failpoints import failpoint
from integrations.errors import CodeHostError, NotFound, RateLimited, Unauthorized, Unavailable
from integrations.service import open_git
from integrations.vcs.git import GitMirror
from integrations.vcs.git_remote import GitRemote
from integrations.vcs.refs import RemoteRefs
from jobs.leases import claim_lease, release_lease, renew_lease
from models import Dist, Package, PackageState, PackageUpdate, Runtime, UpdateResult, utc_now

logger = structlog.get_logger(__name__)

LEASE_SECONDS = 1200
MOST_LOG_ENTRIES = 1000


class UpdateLost(Exception):
    """Another worker took the package over, or it was removed: nothing of this update may be written."""


class NameRefused(Exception):
    """The default branch calls the package something that Composer does not accept: what is served stays."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an update needs to know of its package, without a session."""

    package_id: int
    name: str
    refs_digest: str
    is_superseded: bool
    repository_id: int
    clone_url: str
    is_archived: bool
    replacement: str
    credential_id: int | None
    built: frozenset[str]  # commits that have a zip


def mark_dirty(session: Session, *, package_id: int) -> None:
    """Note in the caller's transaction that a package may have changed. The sweeper finds it, if nothing else does."""
    session.execute(update(Package).where(Package.id == package_id).values(requested_seq=Package.requested_seq + 1))


def mark_all_dirty(session: Session, *, package_ids: Collection[int]) -> None:
    """The same for many packages, row by row in one statement."""
    table = cast(Table, Package.__table__)
    changed = update(table).where(table.c.id == bindparam("package_id"))
    marked = changed.values(requested_seq=table.c.requested_seq + 1)
    session.flush()
    session.connection().execute(marked, [{"package_id": package_id} for package_id in package_ids])


def claim_update(session: Session, *, package_id: int, job_run_id: int, reason: str) -> int | None:
    """Begin an update and return its id; None when another worker has the package, or there is nothing to update.

    An update of the same job that is still running belongs to a worker that died: it is taken over.
    """
    package = session.get(Package, package_id, populate_existing=True)
    if package is None or package.state not in UPDATABLE or package.repository_id is None:
        return None
    log = PackageUpdate(package_id=package_id, reason=reason, job_run_id=job_run_id)
    session.add(log)
    session.flush()
    before = package.running_update_id
    mine = select(PackageUpdate.id).where(
        PackageUpdate.id == Package.running_update_id, PackageUpdate.job_run_id == job_run_id
    )
    if not claim_lease(
        session, Package, package_id, Package.running_update_id, log.id, seconds=LEASE_SECONDS, or_when=mine.exists()
    ):
        session.delete(log)
        return None
    if before is not None:
        _interrupt(session, before)
    session.execute(update(Package).where(Package.id == package_id).values(started_seq=Package.requested_seq))
    return log.id


def run_update(runtime: Runtime, *, package_id: int, update_id: int) -> None:
    """Carry out a claimed update. Trouble with the host or the repository ends it with a reason.

    RateLimited, Unavailable, Unauthorized and OSError (a full disk) are raised after that, so that the job comes back.
    Raises UpdateLost.
    """
    try:
        _update(runtime, package_id, update_id)
    except (CodeHostError, NameRefused) as error:
        logger.info("package_update_failed", package_id=package_id, update_id=update_id, error=str(error))
        _fail(runtime, package_id, update_id, _explain(error))
        if isinstance(error, (RateLimited, Unavailable, Unauthorized)):  # a token may have been replaced meanwhile
            raise
    except OSError as error:
        _fail(runtime, package_id, update_id, f"The files could not be stored: {error.strerror or error}")
        raise


def release_package(runtime: Runtime, *, package_id: int, update_id: int) -> bool:
    """Let the package go; returns whether another update is wanted already."""
    with runtime.database.write() as session:
        release_lease(session, Package, package_id, Package.running_update_id, update_id)
        _interrupt(session, update_id)
        package = session.get_one(Package, package_id, populate_existing=True)
        return package.state in UPDATABLE and package.requested_seq > package.started_seq


def open_remote(runtime: Runtime, *, clone_url: str, credential_id: int | None) -> GitRemote:
    """The repository at its host. Raises the CodeHostError family."""
    if credential_id is None:
        raise Unauthorized("no account is connected for this synchronization")
    access = open_git(runtime, credential_id)
    return GitRemote(clone_url, network=access.network, credential=access.credential)


def load_target(session: Session, package_id: int) -> Target:
    """Load what an update works with."""
    package = session.get_one(Package, package_id)
    assert package.repository is not None
    return Target(
        package_id=package.id,
        name=package.name,
        refs_digest=package.refs_digest,
        is_superseded=session.scalar(select(Package.id).where(Package.id == package_id, is_superseded())) is not None,
        repository_id=package.repository.id,
        clone_url=package.repository.clone_url,
        is_archived=package.repository.is_archived,
        replacement=package.replacement,
        credential_id=package.repository.synchronization.credential_id,
        built=frozenset(session.scalars(select(Dist.reference).where(Dist.package_id == package.id))),
    )


def _update(runtime: Runtime, package_id: int, update_id: int) -> None:
    with runtime.database.read() as session:
        target = load_target(session, package_id)
    remote = open_remote(runtime, clone_url=target.clone_url, credential_id=target.credential_id)
    refs = remote.list_refs()
    if digest_refs(refs, is_archived=target.is_archived) == target.refs_digest:
        _finish_unchanged(runtime, package_id, update_id)
        return
    failpoint(runtime.settings.failpoints, "update.listed")
    content = _read_content(runtime, target, remote, refs)
    failpoint(runtime.settings.failpoints, "update.built")
    if target.is_superseded and content.name == target.replacement:
        _finish_unchanged(runtime, package_id, update_id)
        return
    _publish(runtime, package_id, update_id, content)
    failpoint(runtime.settings.failpoints, "update.published")
    _write_documents(runtime, package_id)


def _read_content(runtime: Runtime, target: Target, remote: GitRemote, listed: RemoteRefs) -> NewContent:
    mirrors = runtime.settings.data_dir / "mirrors"
    mirrors.mkdir(parents=True, exist_ok=True)
    mirror = GitMirror(mirrors / f"{target.repository_id}.git")
    held = mirror.fetch(remote, listed.all)
    refs = RemoteRefs(listed.default_branch, held.branches, held.tags, listed.skipped)
    read = read_git_refs(mirror, refs)
    reading = read_repository(read, default_branch=refs.default_branch)
    name = _package_name(reading, target)
    versions, skipped = _of_this_package(reading, name)
    zips: dict[str, BuiltZip] = {}
    refused: dict[str, str] = {}
    if name == target.name:
        commits = {version.ref.commit for version in versions} - target.built
        manifests = {ref.commit: ref.composer_json for ref in read if ref.commit in commits}
        zips, refused = _build_zips(runtime, mirror, name, manifests)
    return NewContent(
        name=name,
        abandoned=reading.abandoned,
        versions=versions,
        skipped=skipped,
        zips=zips,
        refused=refused,
        readme=read_readme(mirror, refs),
        refs_digest=digest_refs(refs, is_archived=target.is_archived),
    )


def _package_name(reading: Reading, target: Target) -> str:
    """What the default branch says. Raises NameRefused."""
    name = (reading.name or target.name).lower()
    problem = name_problem(name)
    if problem is not None or is_platform_name(name):
        words = problem.message if problem else f'"{name}" is not a name of the form vendor/package'
        raise NameRefused(f"composer.json on the default branch can not be published: {words}.")
    return name


def _of_this_package(reading: Reading, name: str) -> tuple[tuple[ReadVersion, ...], tuple[SkippedRef, ...]]:
    """Without a name on the default branch, refs may carry several names; only one is this package's."""
    own = tuple(version for version in reading.versions if version.name.lower() == name)
    others = tuple(
        SkippedRef(version.ref, SkipReason.INVALID_MANIFEST, f'composer.json there is called "{version.name}"')
        for version in reading.versions
        if version.name.lower() != name
    )
    return own, reading.skipped + others


def _build_zips(
    runtime: Runtime, mirror: GitMirror, name: str, manifests: Mapping[str, bytes | None]
) -> tuple[dict[str, BuiltZip], dict[str, str]]:
    dists = runtime.settings.data_dir / "dists"
    dists.mkdir(parents=True, exist_ok=True)
    zips: dict[str, BuiltZip] = {}
    refused: dict[str, str] = {}
    for commit, manifest in sorted(manifests.items()):
        try:
            top_directory = f"{name.replace('/', '-')}-{commit[:7]}"
            zips[commit] = build_zip(mirror, commit, top_directory=top_directory, dists=dists, manifest=manifest)
        except ArchiveRefused as error:
            refused[commit] = str(error)
    return zips, refused


def _publish(runtime: Runtime, package_id: int, update_id: int, content: NewContent) -> None:
    with runtime.database.write() as session:
        package = _hold(session, package_id, update_id)
        log = publish(session, package=package, content=content)
        touch_metadata(package)
        _end(session, package, update_id, UpdateResult.CHANGED, log)
        failpoint(runtime.settings.failpoints, "update.publish")


def _write_documents(runtime: Runtime, package_id: int) -> None:
    with runtime.database.read() as session:
        write_documents(session, runtime.settings, session.get_one(Package, package_id))


def _finish_unchanged(runtime: Runtime, package_id: int, update_id: int) -> None:
    with runtime.database.write() as session:
        package = _hold(session, package_id, update_id)
        settle_state(package)
        _end(session, package, update_id, UpdateResult.UNCHANGED, [])


def _fail(runtime: Runtime, package_id: int, update_id: int, reason: str) -> None:
    """Keep what is served, and say that it may be old."""
    with runtime.database.write() as session:
        package = _hold(session, package_id, update_id)
        package.state, package.state_reason = PackageState.FAILING, reason
        _end(session, package, update_id, UpdateResult.FAILED, [], error=reason)


def _hold(session: Session, package_id: int, update_id: int) -> Package:
    """The fence. Raises UpdateLost."""
    if not renew_lease(session, Package, package_id, Package.running_update_id, update_id, seconds=LEASE_SECONDS):
        raise UpdateLost(update_id)
    package = session.get_one(Package, package_id, populate_existing=True)
    if package.state not in UPDATABLE:
        raise UpdateLost(update_id)
    return package


def _end(
    session: Session, package: Package, update_id: int, result: UpdateResult, log: list[LogEntry], *, error: str = ""
) -> None:
    now = utc_now()
    package.updated_at = now
    row = session.get_one(PackageUpdate, update_id)
    row.result, row.ended_at, row.error = result, now, error
    row.entries = [entry.as_json() for entry in log[:MOST_LOG_ENTRIES]]


def _interrupt(session: Session, update_id: int) -> None:
    row = session.get(PackageUpdate, update_id)
    if row is not None and row.result is None:
        row.result, row.ended_at = UpdateResult.INTERRUPTED, utc_now()
        row.error = "This update was stopped before its end. Where it is still wanted, another one has been started."


def _explain(error: CodeHostError | NameRefused) -> str:
    if isinstance(error, Unauthorized):
        return f"The credential of the synchronization may not read this repository: {error}"
    if isinstance(error, NotFound):
        return f"The repository is not at its address, or hidden from our credential: {error}"
    return str(error)
