"""Build the dist zip of a commit, once, and keep it under its own checksum.

Zips live in `<dists>/<first two hex digits>/<sha1>.zip`. A file there is complete and never changes: old lock files
name its checksum. It is written as `<dists>/incoming/*.part`, synced and then renamed; what a killed process left in
`incoming` is removed a day later. The same commit gives the same bytes on every machine with the same zlib: entries
in path order, links last, the commit's time, modes 0644 and 0755, one top directory.
"""

import hashlib
import io
import os
import stat
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from composer.archive_exclude import ExcludeRule, is_excluded, read_exclude_rules
from composer.archive_rules import find_link_problem, find_path_problem, fold_case, is_top_directory, list_directories
from integrations.errors import UnexpectedResponse
from integrations.vcs.git import ARCHIVE_PREFIX, GitMirror
from integrations.vcs.run import Output

_CHUNK = 1 << 16
_OLDEST, _NEWEST = datetime(1980, 1, 1, tzinfo=UTC).timestamp(), datetime(2107, 12, 31, tzinfo=UTC).timestamp()
_MOST_REASONS = 100
_ABANDONED_AFTER = 24 * 3600


class ArchiveRefused(Exception):
    """The tree is too large for a dist zip; the message says which limit it passes."""


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What one package may contain, unpacked."""

    content_bytes: int = 512 << 20
    entries: int = 100_000


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry of the tree that is not in the zip because it could do harm. Excluded files are not reported."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuiltZip:
    """A finished zip. `left_out` has at most the first hundred."""

    path: Path
    sha1: str
    size: int
    left_out: tuple[LeftOut, ...] = ()


def dist_path(dists: Path, sha1: str) -> Path:
    """Where the zip with this checksum is kept."""
    return dists / sha1[:2] / f"{sha1}.zip"


def build_zip(
    mirror: GitMirror,
    commit: str,
    *,
    top_directory: str,
    dists: Path,
    manifest: bytes | None = None,
    limits: ZipLimits = ZipLimits(),
) -> BuiltZip:
    """Build and store the zip of a commit that the mirror holds. `manifest`: its composer.json, None without one.

    Raises ArchiveRefused for a tree over the limits and the CodeHostError family when git can not read it; ValueError
    for a top directory that is not a plain name.
    """
    if not is_top_directory(top_directory):
        raise ValueError("not a plain directory name")
    rules = read_exclude_rules(manifest) if manifest is not None else ()
    with _incoming(dists) as file:
        tree = _Tree(rules=rules, limits=limits)
        with (
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
            mirror.archive(commit) as tar,
        ):
            _write_entries(_Writer(archive, top_directory), tree, tar)
        sha1, size = _finish(file)
        path = dist_path(dists, sha1)
        path.parent.mkdir(exist_ok=True)
        Path(file.name).replace(path)
        _sync_directory(path.parent)
    return BuiltZip(path, sha1, size, tuple(tree.left_out))


@dataclass(slots=True)
class _Tree:
    """What was seen of the tree so far."""

    rules: tuple[ExcludeRule, ...]
    limits: ZipLimits
    count: int = 0
    content_bytes: int = 0
    paths: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def takes(self, member: tarfile.TarInfo) -> bool:
        """Whether this entry belongs into the zip. Raises ArchiveRefused when it is one too many."""
        if member.isdir() or is_excluded(member.name, self.rules):
            return False
        self.count += 1
        self.content_bytes += member.size
        if self.count > self.limits.entries:
            raise ArchiveRefused(f"The package has more than {self.limits.entries} files.")
        if self.content_bytes > self.limits.content_bytes:
            raise ArchiveRefused(f"The package is larger than {self.limits.content_bytes >> 20} MiB.")
        problem = find_path_problem(member.name)
        if problem is None and member.issym():
            problem = find_link_problem(member.name, member.linkname)
        self.leave_out(member.name, problem)
        return problem is None

    def leave_out(self, path: str, problem: str | None) -> None:
        if problem is not None and len(self.left_out) < _MOST_REASONS:
            self.left_out.append(LeftOut(path.encode("utf-8", "replace").decode(), problem))

    def safe_links(self) -> Iterator[tuple[str, str]]:
        """The links that no file system takes for a file or a directory of the tree, nor for each other."""
        taken = {fold_case(path) for path in self.paths}
        taken |= list_directories(taken) | list_directories(fold_case(path) for path, _ in self.links)
        for path, target in self.links:
            is_taken = fold_case(path) in taken
            taken.add(fold_case(path))
            self.leave_out(path, "the link differs from another entry only by case" if is_taken else None)
            if not is_taken:
                yield path, target


class _Writer:
    """Writes entries below one directory, all with one time."""

    def __init__(self, archive: zipfile.ZipFile, top_directory: str) -> None:
        self._archive = archive
        self._top = top_directory
        self._time = (1980, 1, 1, 0, 0, 0)

    def begin(self, seconds: float) -> None:
        """Write the top directory; everything after it has the same time."""
        moment = datetime.fromtimestamp(min(max(seconds, _OLDEST), _NEWEST), UTC)
        self._time = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
        self._archive.writestr(self._entry("", stat.S_IFDIR | 0o755), b"")

    def write_file(self, path: str, content: IO[bytes], *, size: int, is_program: bool) -> None:
        entry = self._entry(path, stat.S_IFREG | (0o755 if is_program else 0o644))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.file_size = size
        with self._archive.open(entry, "w") as target:
            while part := content.read(_CHUNK):
                target.write(part)

    def write_link(self, path: str, target: str) -> None:
        self._archive.writestr(self._entry(path, stat.S_IFLNK | 0o777), target.encode())

    def _entry(self, path: str, mode: int) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(f"{self._top}/{path}", self._time)
        entry.create_system = 3  # Unix: the modes count
        entry.external_attr = mode << 16 | (0x10 if stat.S_ISDIR(mode) else 0)
        return entry


def _write_entries(writer: _Writer, tree: _Tree, source: Output) -> None:
    for member, content in _read_tar(source):
        if not member.name:
            writer.begin(member.mtime)
        elif not tree.takes(member):
            continue
        elif member.issym():
            tree.links.append((member.name, member.linkname))
        else:
            tree.paths.append(member.name)
            writer.write_file(member.name, content, size=member.size, is_program=bool(member.mode & 0o100))
    for path, target in tree.safe_links():
        writer.write_link(path, target)


def _read_tar(source: Output) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """The entries in git's (path) order, each to be read before the next one; the first one is the nameless top."""
    try:
        pipe = cast("IO[bytes]", source)  # a stream is only ever read
        with tarfile.open(fileobj=pipe, mode="r|", bufsize=_CHUNK, encoding="utf-8", errors="surrogateescape") as tar:
            while (member := tar.next()) is not None:
                content = tar.extractfile(member) if member.isreg() else None
                member.name = f"{member.name}/".removeprefix(ARCHIVE_PREFIX).removesuffix("/")
                yield member, content or io.BytesIO()
                tar.members.clear()  # type: ignore[attr-defined]  # else it remembers every entry
    except tarfile.TarError as error:
        source.finish()  # tells it better when git itself has failed
        raise UnexpectedResponse("git gave a broken archive") from error


@contextmanager
def _incoming(dists: Path) -> Iterator[IO[bytes]]:
    directory = dists / "incoming"
    directory.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(directory)
    with tempfile.NamedTemporaryFile(dir=directory, suffix=".part", delete=False) as file:
        try:
            yield file
        finally:
            Path(file.name).unlink(missing_ok=True)


def _remove_abandoned(directory: Path) -> None:
    for path in directory.glob("*.part"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _ABANDONED_AFTER:
                path.unlink()


def _finish(file: IO[bytes]) -> tuple[str, int]:
    """Checksum and size of what is on disk (a zip writer goes back to fill in sizes, so not while writing)."""
    file.flush()
    os.fsync(file.fileno())
    size = file.tell()
    file.seek(0)
    digest = hashlib.sha1(usedforsecurity=False)
    while part := file.read(_CHUNK):
        digest.update(part)
    return digest.hexdigest(), size


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
