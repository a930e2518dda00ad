"""What is deleted for good, and when: zips of branches, removed packages with everything they had, old update logs."""

import shutil
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from composer.reading import KEPT_AFTER_REMOVAL
from models import Dist, Package, PackageState, PackageUpdate, Runtime, Version, utc_now

logger = structlog.get_logger(__name__)

BRANCH_ZIPS_KEPT = timedelta(days=90)
LOGS_KEPT = timedelta(days=90)
FRESH_SECONDS = 24 * 3600  # a zip is written before its row: a file without a row may be on its way


def expire(runtime: Runtime) -> None:
    """Delete everything that is due. Rows first: a row without its file would promise a zip that is not there."""
    now = utc_now()
    with runtime.database.write() as session:
        file_names = _delete_branch_zips(session, now) | _delete_packages(session, now)
        session.execute(delete(PackageUpdate).where(PackageUpdate.ended_at < now - LOGS_KEPT))
    with runtime.database.read() as session:
        orphans = file_names - set(session.scalars(select(Dist.file_name).where(Dist.file_name.in_(file_names))))
        mirrors = _unused_mirrors(session, runtime.settings.data_dir / "mirrors")
    _delete_files(runtime.settings.data_dir / "dists", sorted(orphans))
    for mirror in mirrors:
        shutil.rmtree(mirror, ignore_errors=True)


def _delete_branch_zips(session: Session, now: datetime) -> set[str]:
    """A tag's zip stays as long as its package: lock files name it."""
    latest_use = func.coalesce(Dist.last_downloaded_at, Dist.last_named_at)
    query = select(Dist).where(
        Dist.is_of_tag.is_(False),
        Dist.last_named_at < now - BRANCH_ZIPS_KEPT,
        latest_use < now - BRANCH_ZIPS_KEPT,
        ~exists().where(Version.dist_id == Dist.id),
    )
    return _delete_dists(session, session.scalars(query).all())


def _delete_packages(session: Session, now: datetime) -> set[str]:
    query = select(Package).where(Package.state == PackageState.REMOVED, Package.removed_at < now - KEPT_AFTER_REMOVAL)
    file_names: set[str] = set()
    for package in session.scalars(query):
        session.execute(delete(Version).where(Version.package_id == package.id))
        dists = session.scalars(select(Dist).where(Dist.package_id == package.id)).all()
        file_names |= _delete_dists(session, dists)
        session.execute(delete(PackageUpdate).where(PackageUpdate.package_id == package.id))
        session.execute(delete(Package).where(Package.id == package.id))
        logger.info("package_deleted", package_id=package.id, name=package.name)
    return file_names


def _delete_dists(session: Session, dists: Sequence[Dist]) -> set[str]:
    session.execute(delete(Dist).where(Dist.id.in_([dist.id for dist in dists])))
    return {dist.file_name for dist in dists}


def _unused_mirrors(session: Session, folder: Path) -> list[Path]:
    """Mirrors of repositories that no package is made of any more."""
    in_use = select(Package.repository_id).where(Package.repository_id.is_not(None))
    kept = {f"{repository_id}.git" for repository_id in session.scalars(in_use)}
    return [path for path in folder.glob("[0-9]*.git") if path.name not in kept and _is_old(path)]


def _delete_files(folder: Path, file_names: Sequence[str]) -> None:
    for file_name in file_names:
        path = folder / file_name
        if path.exists() and _is_old(path):
            path.unlink()


def _is_old(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > FRESH_SECONDS
