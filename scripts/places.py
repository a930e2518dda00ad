"""Where a running installation keeps its files that are neither database nor packages."""

import os
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNSUPPORTED = frozenset("%;#\n")  # have a meaning in the supervisor's configuration that can not be switched off
LONGEST_SOCKET_PATH = 107  # the kernel's limit for unix sockets


class StartRefused(Exception):
    """Why nothing was started: one or two sentences for the person who typed the command."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one installation."""

    data: Path
    runtime: Path  # short and private: sockets

    @property
    def run(self) -> Path:
        """Generated configuration, the lock and the address of Redis."""
        return self.data / "run"

    @property
    def log(self) -> Path:
        """One log file per process."""
        return self.data / "log"

    @property
    def redis(self) -> Path:
        """What Redis keeps on disk."""
        return self.data / "redis"

    @property
    def redis_socket(self) -> Path:
        """Where our own Redis listens."""
        return self.runtime / "redis.sock"

    @property
    def supervisor_socket(self) -> Path:
        """Where the supervisor can be asked how the processes are."""
        return self.runtime / "supervisor.sock"


def make_places(data: Path, *, runtime: Path | None = None) -> Places:
    """Make the folders, readable by nobody else. Raises StartRefused."""
    for path in (ROOT, data):
        if UNSUPPORTED.intersection(str(path)):
            raise StartRefused(f"The supervisor can not work in {path}: use a path without % ; # and line breaks.")
    places = Places(data=data, runtime=runtime or _short_folder(data))
    try:
        for folder in (places.runtime, places.data, places.run, places.log, places.redis):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartRefused(f"{error.filename} can not be made or used: {error.strerror}.") from error
    _check_private(places.runtime)
    _check_writable(places)
    if len(str(places.supervisor_socket)) > LONGEST_SOCKET_PATH:
        raise StartRefused(f"The path {places.supervisor_socket} is too long for a socket: set REPERTORY_RUNTIME_DIR.")
    return places


def _short_folder(data: Path) -> Path:
    return Path(f"/tmp/repertory-{os.getuid()}-{zlib.crc32(str(data).encode()):08x}")  # noqa: S108 - checked below


def _check_private(folder: Path) -> None:
    """In a folder that everybody may write to, somebody else may have been first."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise StartRefused(f"{folder} is not a private folder of this user: remove it, then try again.")


def _check_writable(places: Places) -> None:
    for folder in (places.data, places.run, places.log, places.redis):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise StartRefused(
                f"This user may not write to {folder}. Was Repertory started by another user before? "
                "Start it as that user, or give the folder to this one with chown -R."
            )
