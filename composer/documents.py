"""The two metadata documents of a package as files, written by workers and served as they are.

A file is good when its modification time is the package's `metadata_changed_at`. Anything else (a crash between commit
and write, a changed base URL) is mended by rendering it from the database.
"""

import hashlib
import os
import secrets
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from composer.metadata import Dist as OfferedDist
from composer.metadata import PackageDocuments, PublishedVersion, render_package
from config import Settings
from models import Package, Version

logger = structlog.get_logger(__name__)

DOCUMENT_VERSION = 1  # raise it when the same rows are to give other bytes


def load_documents(session: Session, settings: Settings, package: Package) -> PackageDocuments:
    """Both documents, from the files when they are good, else rendered and written."""
    stable, dev = (_read_current(path, package) for path in _paths(settings, package))
    if stable is not None and dev is not None:
        return PackageDocuments(stable, dev)
    documents = render_documents(session, settings, package)
    try:
        _write(settings, package, documents)
    except OSError as error:
        logger.error("documents_not_written", package_id=package.id, error=error.strerror)
    return documents


def write_documents(session: Session, settings: Settings, package: Package) -> PackageDocuments:
    """Render both documents from the rows and put the files in place. Raises OSError."""
    documents = render_documents(session, settings, package)
    _write(settings, package, documents)
    return documents


def render_documents(session: Session, settings: Settings, package: Package) -> PackageDocuments:
    """Both documents from the rows."""
    query = select(Version).where(Version.package_id == package.id).options(joinedload(Version.dist))
    versions = [_published(settings, package, version) for version in session.scalars(query)]
    return render_package(package.name, versions)


def _published(settings: Settings, package: Package, version: Version) -> PublishedVersion:
    entry = dict(version.content)
    if package.is_abandoned or (package.repository is not None and package.repository.is_archived):
        entry["abandoned"] = package.replacement or True
    if version.dist is None:
        return PublishedVersion(entry)
    url = f"{settings.base_url}/{package.organization.short_name}/dists/{package.name}/{version.reference}.zip"
    return PublishedVersion(entry, OfferedDist(url, version.reference, version.dist.sha1))


def _paths(settings: Settings, package: Package) -> tuple[Path, Path]:
    """The folder has a name of its own for everything besides the rows that the bytes depend on."""
    address = f"{settings.base_url}/{package.organization.short_name}"
    edition = hashlib.sha256(f"{DOCUMENT_VERSION} {address}".encode()).hexdigest()[:8]
    folder = settings.data_dir / "p2" / edition / str(package.organization_id)
    return folder / f"{package.name}.json", folder / f"{package.name}~dev.json"


def _read_current(path: Path, package: Package) -> bytes | None:
    """The content, when it is the current one. The open file is asked for its age: its name may get another one."""
    try:
        with path.open("rb") as file:
            age = os.fstat(file.fileno()).st_mtime
            changed_at = package.metadata_changed_at
            return file.read() if changed_at is not None and age == changed_at.timestamp() else None
    except OSError:
        return None


def _write(settings: Settings, package: Package, documents: PackageDocuments) -> None:
    if package.metadata_changed_at is None:
        return  # without a date nobody could tell whether a file is current
    moment = package.metadata_changed_at.timestamp()
    for path, content in zip(_paths(settings, package), (documents.stable, documents.dev), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        draft.write_bytes(content)
        os.utime(draft, (moment, moment))
        draft.replace(path)
