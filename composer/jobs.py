"""Background work around packages: updates, the search for new code, and what is lost or no longer needed."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from composer.expiry import expire
from composer.git_refs import digest_refs
from composer.packages import UPDATABLE, is_superseded
from composer.updates import (
    UpdateLost,
    claim_update,
    mark_all_dirty,
    mark_dirty,
    open_remote,
    release_package,
    run_update,
)
from integrations.errors import CodeHostError, RateLimited
from integrations.service import clean_up_answers
from jobs import JobContext, Postponed, Request, job, periodic
from models import Package, Repository, Runtime, utc_now

logger = structlog.get_logger(__name__)

CONCURRENT_LISTINGS = 4


@job(queue="packages", timeout=900)
def update_package(context: JobContext, *, package_id: int, reason: str) -> None:
    """Update one package from its repository."""
    runtime = context.runtime
    with runtime.database.write() as session:
        update_id = claim_update(session, package_id=package_id, job_run_id=context.job_run_id, reason=reason)
    if update_id is not None:
        _run(runtime, package_id, update_id)


@job(queue="packages", timeout=1800)
def check_packages(context: JobContext, *, synchronization_id: int) -> None:
    """Ask every repository of a synchronization for its refs, and update the packages whose refs moved.

    Hosts drop webhooks, and GitLab's time of last activity is an hour coarse: this is how nothing stays unnoticed.
    """
    with context.runtime.database.read() as session:
        targets = _load_check_targets(session, synchronization_id)
    with ThreadPoolExecutor(CONCURRENT_LISTINGS) as pool:
        answers = pool.map(_RefsMoved(context.runtime), targets)
        moved = [target for target, is_moved in zip(targets, answers, strict=True) if is_moved]
    with context.runtime.database.write() as session:
        for target in moved:
            request_update(session, package_id=target.package_id, reason="new code at the host")


@periodic(seconds=3600)
def delete_expired(runtime: Runtime) -> None:
    """Zips of branches that nobody names any more, packages removed long ago, old logs, old answers of hosts."""
    expire(runtime)
    clean_up_answers(runtime)


@periodic(seconds=30)
def enqueue_forgotten_updates(runtime: Runtime) -> None:
    """Packages that were marked, but for which no job waits; and those whose worker died for good."""
    with runtime.database.read() as session:
        if not _forgotten(session):
            return
    with runtime.database.write() as session:
        for package_id in _forgotten(session):
            enqueue_update(session, package_id=package_id, reason="requested")


def request_update(session: Session, *, package_id: int, reason: str, actor: str = "", queue: str = "packages") -> None:
    """Ask for an update in the caller's transaction. However often it is asked for, one job waits."""
    mark_dirty(session, package_id=package_id)
    enqueue_update(session, package_id=package_id, reason=reason, actor=actor, queue=queue)


def request_updates(
    session: Session, *, organization_id: int, package_ids: Collection[int], reason: str, actor: str = ""
) -> None:
    """As `request_update`, for many packages of one organization at once."""
    if package_ids:
        mark_all_dirty(session, package_ids=package_ids)
        enqueue_updates(session, organization_id=organization_id, package_ids=package_ids, reason=reason, actor=actor)


def enqueue_updates(
    session: Session, *, organization_id: int, package_ids: Collection[int], reason: str, actor: str = ""
) -> None:
    """Enqueue the jobs for packages of one organization that are marked already."""
    names = session.execute(select(Package.id, Package.name).where(Package.organization_id == organization_id))
    wanted = {row[0]: row[1] for row in names if row[0] in package_ids}
    requests = [
        Request(f"Update {name}", _key(package_id), {"package_id": package_id, "reason": reason})
        for package_id, name in wanted.items()
    ]
    update_package.enqueue_many(session, requests, organization_id=organization_id, actor=actor)


def enqueue_update(session: Session, *, package_id: int, reason: str, actor: str = "", queue: str = "packages") -> None:
    """Enqueue the job for a package that is marked already."""
    package = session.get_one(Package, package_id)
    update_package.enqueue(
        session,
        package_id=package_id,
        reason=reason,
        actor=actor,
        queue=queue,
        coalesce_key=_key(package_id),
        organization_id=package.organization_id,
        title=f"Update {package.name}",
    )


def _key(package_id: int) -> str:
    return f"package:{package_id}"


def _run(runtime: Runtime, package_id: int, update_id: int) -> None:
    try:
        run_update(runtime, package_id=package_id, update_id=update_id)
    except UpdateLost:
        logger.warning("update_lost", package_id=package_id, update_id=update_id)
    except RateLimited as error:
        raise Postponed(until=error.retry_at, reason=str(error)) from error
    finally:
        _release(runtime, package_id, update_id)


def _release(runtime: Runtime, package_id: int, update_id: int) -> None:
    if release_package(runtime, package_id=package_id, update_id=update_id):
        with runtime.database.write() as session:
            enqueue_update(session, package_id=package_id, reason="asked for during the update")


@dataclass(frozen=True, slots=True)
class _CheckTarget:
    package_id: int
    refs_digest: str
    clone_url: str
    is_archived: bool
    credential_id: int | None


class _RefsMoved:
    """Whether a repository's refs are others than those that were read. What can not be asked has not moved."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def __call__(self, target: _CheckTarget) -> bool:
        try:
            remote = open_remote(self._runtime, clone_url=target.clone_url, credential_id=target.credential_id)
            return digest_refs(remote.list_refs(), is_archived=target.is_archived) != target.refs_digest
        except CodeHostError as error:
            logger.info("refs_not_listed", package_id=target.package_id, error=str(error))
            return False


def _load_check_targets(session: Session, synchronization_id: int) -> list[_CheckTarget]:
    query = (
        select(Package)
        .join(Repository)
        .where(
            Repository.synchronization_id == synchronization_id,
            Package.state.in_(UPDATABLE),
            ~is_superseded(),
            Package.requested_seq == Package.started_seq,
        )
    )
    return [
        _CheckTarget(
            package.id,
            package.refs_digest,
            package.repository.clone_url,
            package.repository.is_archived,
            package.repository.synchronization.credential_id,
        )
        for package in session.scalars(query)
        if package.repository is not None
    ]


def _forgotten(session: Session) -> list[int]:
    query = select(Package.id).where(
        Package.state.in_(UPDATABLE),
        or_(
            and_(Package.requested_seq > Package.started_seq, Package.running_update_id.is_(None)),
            and_(Package.running_update_id.is_not(None), Package.lease_until < utc_now()),
        ),
    )
    return list(session.scalars(query))
