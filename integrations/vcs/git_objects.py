"""Read many objects of a bare repository with two `cat-file` processes: names go in on stdin, never as arguments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integrations.vcs.git_command import GitCommand, explain, prepare, workspace
from integrations.vcs.refs import is_object_id
from integrations.vcs.run import CommandError, Limits, Output, stream

LARGEST_OBJECT = 1 << 20
_LIMITS = Limits(seconds=120, cpu_seconds=120, output_bytes=64 << 20)


@dataclass(frozen=True, slots=True)
class FileTooLarge:
    """A file that exists, but is larger than we read."""

    size: int


Found = bytes | FileTooLarge | None


def read_objects(git_dir: Path, kinds: Mapping[str, str]) -> dict[str, Found]:
    """Each object's bytes by the name asked for; None where there is none of its kind. Equal objects are read once.

    `kinds`: "blob" or "commit" by name. Raises UnexpectedResponse, also when everything together is larger than 64 MiB.
    """
    if not kinds:
        return {}
    found: dict[str, Found] = dict.fromkeys(kinds)
    readable: dict[str, list[str]] = {}
    for name, (object_id, size) in _read_sizes(git_dir, kinds):
        if size > LARGEST_OBJECT:
            found[name] = FileTooLarge(size)
        else:
            readable.setdefault(object_id, []).append(name)
    for object_id, content in _read_contents(git_dir, list(readable)):
        found.update(dict.fromkeys(readable[object_id], content))
    return found


def join_lines(lines: Iterable[str]) -> bytes:
    """What a git process with `--stdin` reads."""
    return "".join(f"{line}\n" for line in lines).encode()


def _read_sizes(git_dir: Path, kinds: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, int]]]:
    with _ask(git_dir, "--batch-check", list(kinds)) as answer:
        for name, kind in kinds.items():
            object_id, _, rest = answer.read_line().decode("utf-8", "replace").partition(" ")
            found_kind, _, size = rest.partition(" ")
            if found_kind == kind and is_object_id(object_id) and size.isdecimal():
                yield name, (object_id, int(size))


def _read_contents(git_dir: Path, object_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    if not object_ids:
        return
    with _ask(git_dir, "--batch", object_ids) as answer:
        for object_id in object_ids:
            size = answer.read_line().rpartition(b" ")[2]
            content = answer.read_exactly(int(size) + 1)
            yield object_id, content[:-1]


@contextmanager
def _ask(git_dir: Path, mode: str, names: Sequence[str]) -> Iterator[Output]:
    git = GitCommand(("cat-file", mode, "--buffer"), git_dir=git_dir)
    with workspace() as directory:
        try:
            with stream(prepare(git, directory, limits=_LIMITS, input=join_lines(names))) as answer:
                yield answer
        except CommandError as error:
            raise explain(error, "git cat-file") from error
