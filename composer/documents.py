"""The two metadata documents of a package as files, written by workers and served as they are.

A file is good when its modification time is the package's `metadata_changed_at`. Anything else (a crash between commit
and write, a changed base URL) is mended by rendering it from the database.
"""

import hashlib
import os
import secrets
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from composer.metadata import Dist as OfferedDist
from composer.metadata import PackageDocuments, PublishedVersion, render_package
from config import Settings
from models import Package, Version

DOCUMENT_VERSION = 1  # raise it when the same rows are to give other bytes


def load_documents(session: Session, settings: Settings, package: Package) -> PackageDocuments:
    """Both documents, from the files when they are good, else rendered and written."""
    stable, dev = _paths(settings, package)
    if _is_current(stable, package) and _is_current(dev, package):
        return PackageDocuments(stable.read_bytes(), dev.read_bytes())
    return write_documents(session, settings, package)


def write_documents(session: Session, settings: Settings, package: Package) -> PackageDocuments:
    """Render both documents from the rows and put the files in place."""
    documents = render_documents(session, settings, package)
    for path, content in zip(_paths(settings, package), (documents.stable, documents.dev), strict=True):
        _replace(path, content, package)
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
    edition = hashlib.sha256(f"{DOCUMENT_VERSION} {settings.base_url}".encode()).hexdigest()[:8]
    folder = settings.data_dir / "p2" / edition / str(package.organization_id)
    return folder / f"{package.name}.json", folder / f"{package.name}~dev.json"


def _is_current(path: Path, package: Package) -> bool:
    try:
        return (
            package.metadata_changed_at is not None and path.stat().st_mtime == package.metadata_changed_at.timestamp()
        )
    except FileNotFoundError:
        return False


def _replace(path: Path, content: bytes, package: Package) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(content)
    if package.metadata_changed_at is not None:
        moment = package.metadata_changed_at.timestamp()
        os.utime(draft, (moment, moment))
    draft.replace(path)
