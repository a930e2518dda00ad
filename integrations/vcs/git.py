"""A bare copy of one repository, and reading from it. No work tree, no hooks, no submodules, no LFS.

The caller holds a lease on the mirror: one process at a time writes to it. Whatever a killed process left behind (lock
files, half-received packs) belongs to nobody then and is removed before the next fetch. A mirror is a cache: when it is
damaged it is thrown away and fetched anew.
"""

import glob
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from integrations.errors import UnexpectedResponse
from integrations.vcs.git_command import GitCommand, explain, prepare, workspace
from integrations.vcs.git_objects import Found, join_lines, read_objects
from integrations.vcs.git_remote import GitRemote
from integrations.vcs.refs import RemoteRef, RemoteRefs, find_name_problem, is_object_id, parse_refs
from integrations.vcs.run import Command, CommandError, Failed, Limits, Output, run, stream

ARCHIVE_PREFIX = "tree/"
_LOCAL = Limits(seconds=120, cpu_seconds=120)
_ARCHIVE = Limits(seconds=600, cpu_seconds=300, output_bytes=1 << 30)
_COMMITTED = re.compile(rb"^committer .* (\d{1,12}) [+-]\d+$", re.MULTILINE)
_LAST_SECOND = 253402300799  # the end of year 9999
_MANY_PACKS = 50
_DAMAGE = ("not a git repository", "bad object", "corrupt", "is empty", "unable to read")
_LEFTOVERS = ("gc.pid", "**/*.lock", "objects/**/tmp_*", "objects/incoming-*")  # no branch can end in ".lock"


class GitMirror:
    """The bare repository in `directory`, which is created by the first fetch. Its parent directory has to exist."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._git_dir = directory.absolute()

    def fetch(self, remote: GitRemote, refs: Iterable[RemoteRef]) -> RemoteRefs:
        """Make the mirror hold exactly these branches and tags; what is unchanged is not asked for again.

        Answers what it holds now: a ref that moved since it was listed is at its newer place. Raises the CodeHostError
        family (Unavailable when a listed ref is gone meanwhile: list again).
        """
        wanted = list(refs)
        try:
            return self._fetch(remote, wanted)
        except UnexpectedResponse as error:
            if not _is_damage(error):
                raise
            self.remove()
            return self._fetch(remote, wanted)

    def list_refs(self) -> RemoteRefs:
        """The branches and tags held, sorted by name. A mirror has no default branch. Raises UnexpectedResponse."""
        try:
            listing = self._run("show-ref", "--heads", "--tags", "--dereference")
        except UnexpectedResponse as error:
            if not _says_nothing(error.__cause__):
                raise
            listing = b""  # the way `show-ref` tells that there is no ref
        return parse_refs(listing.replace(b" ", b"\t"))

    def read_files(self, commits: Iterable[str], path: str = "composer.json") -> dict[str, Found]:
        """The file at each commit: its bytes, None where there is no such file (or commit), FileTooLarge above 1 MiB.

        Raises UnexpectedResponse, also when all files together are larger than 64 MiB: ask for fewer commits at once.
        """
        wanted = _distinct(commits)
        found = read_objects(self._git_dir, dict.fromkeys((_place(commit, path) for commit in wanted), "blob"))
        return {commit: found[_place(commit, path)] for commit in wanted}

    def read_first_file(self, commit: str, paths: Sequence[str]) -> bytes | None:
        """The first of these files that the commit has and that is not too large. Raises as `read_files` does."""
        places = [_place(commit, path) for commit in _distinct([commit]) for path in paths]
        found = read_objects(self._git_dir, dict.fromkeys(places, "blob"))
        return next((content for content in found.values() if isinstance(content, bytes)), None)

    def read_files_and_times(
        self, commits: Iterable[str], path: str = "composer.json"
    ) -> tuple[dict[str, Found], dict[str, datetime]]:
        """The same as `read_files`, and when each commit was committed (not authored: GitLab and GitHub show Composer
        this date too).

        The times leave out what is no commit of this mirror or has no sane date. Raises as `read_files` does.
        """
        wanted = _distinct(commits)
        kinds = dict.fromkeys((_place(commit, path) for commit in wanted), "blob") | dict.fromkeys(wanted, "commit")
        found = read_objects(self._git_dir, kinds)
        times = {commit: _parse_commit_time(found[commit]) for commit in wanted}
        files = {commit: found[_place(commit, path)] for commit in wanted}
        return files, {commit: time for commit, time in times.items() if time is not None}

    @contextmanager
    def archive(self, commit: str) -> Iterator[Output]:
        """The commit's tree below ARCHIVE_PREFIX as a tar stream in path order, `export-ignore` applied.

        The stream begins with the prefix itself, and has the same bytes in every mirror.
        Read from a directory without refs, because `export-subst` can print ref names. Raises the CodeHostError family.
        """
        if not is_object_id(commit):
            raise ValueError("not a full commit id")
        with workspace() as directory:
            bare = _make_empty_repository(directory)
            git = GitCommand(
                arguments=("archive", "--format=tar", f"--prefix={ARCHIVE_PREFIX}", commit),
                git_dir=bare,
                environment=(("GIT_OBJECT_DIRECTORY", str(self._git_dir / "objects")),),
            )
            try:
                with stream(prepare(git, directory, limits=_ARCHIVE)) as output:
                    yield output
            except CommandError as error:
                raise explain(error, f"git archive {commit}") from error

    def compact(self, *, most_packs: int = _MANY_PACKS) -> bool:
        """Join the packs into one when there are more than `most_packs`; True if it was so. For a quiet hour.

        Raises the CodeHostError family.
        """
        packs = self.directory / "objects" / "pack"
        if sum(1 for _ in packs.glob("*.pack")) <= most_packs:
            return False
        self._remove_leftovers()
        limits = Limits(seconds=1800, cpu_seconds=1800)
        self._run("gc", "--quiet", "--prune=2.weeks.ago", limits=limits)
        return True

    def remove(self) -> None:
        """Delete the mirror; a missing one is fine."""
        doomed = self.directory.with_name(f".{self.directory.name}.{secrets.token_hex(4)}.removed")
        try:
            self.directory.rename(doomed)
        except FileNotFoundError:
            return
        shutil.rmtree(doomed)

    def _fetch(self, remote: GitRemote, refs: Sequence[RemoteRef]) -> RemoteRefs:
        for ref in refs:
            if (problem := find_name_problem(ref.name)) is not None:
                raise ValueError(problem)
        self._prepare()
        held = {ref.name: ref.target for ref in self.list_refs().all}
        self._delete_refs(sorted(held.keys() - {ref.name for ref in refs}))  # first: "a" makes room for "a/b"
        changed = [ref.name for ref in refs if held.get(ref.name) != ref.target]
        if changed:
            remote.fetch_into(self._git_dir, refspecs=join_lines(f"+{name}:{name}" for name in changed))
        return self.list_refs()

    def _delete_refs(self, names: Sequence[str]) -> None:
        if names:
            self._run("update-ref", "--stdin", input=join_lines(f"delete {name}" for name in names))

    def _prepare(self) -> None:
        for abandoned in self.directory.parent.glob(f".{glob.escape(self.directory.name)}.*"):
            shutil.rmtree(abandoned)
        if self.directory.exists():
            self._remove_leftovers()
            return
        fresh = self.directory.with_name(f".{self.directory.name}.{secrets.token_hex(4)}.new")
        with workspace() as directory:
            arguments = (
                "init",
                "--quiet",
                "--bare",
                "--template=",
                "--initial-branch=main",
                "--",
                str(fresh.absolute()),
            )
            self._call(prepare(GitCommand(arguments), directory, limits=_LOCAL), doing="git init")
        fresh.rename(self.directory)

    def _remove_leftovers(self) -> None:
        for pattern in _LEFTOVERS:
            for path in list(self.directory.glob(pattern)):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)

    def _run(self, *arguments: str, input: bytes = b"", limits: Limits = _LOCAL) -> bytes:
        with workspace() as directory:
            git = GitCommand(arguments, git_dir=self._git_dir)
            return self._call(prepare(git, directory, limits=limits, input=input), doing=f"git {arguments[0]}")

    @staticmethod
    def _call(command: Command, *, doing: str) -> bytes:
        try:
            return run(command)
        except CommandError as error:
            raise explain(error, doing) from error


def _distinct(commits: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(commits))
    if not all(map(is_object_id, wanted)):
        raise ValueError("not a full commit id")
    return wanted


def _place(commit: str, path: str) -> str:
    if not path or any(character in path for character in "\n\0"):
        raise ValueError("not a path")
    return f"{commit}:{path}"


def _parse_commit_time(content: Found) -> datetime | None:
    if not isinstance(content, bytes):
        return None
    match = _COMMITTED.search(content.partition(b"\n\n")[0])
    seconds = int(match[1]) if match else _LAST_SECOND + 1
    return datetime.fromtimestamp(seconds, UTC) if seconds <= _LAST_SECOND else None


def _says_nothing(cause: BaseException | None) -> bool:
    return isinstance(cause, Failed) and cause.status == 1 and not cause.stderr.strip()


def _is_damage(error: UnexpectedResponse) -> bool:
    return any(word in str(error).lower() for word in _DAMAGE)


def _make_empty_repository(directory: Path) -> Path:
    bare = directory / "empty"
    (bare / "objects").mkdir(parents=True)
    (bare / "refs").mkdir()
    (bare / "HEAD").write_text("ref: refs/heads/none\n")
    return bare
