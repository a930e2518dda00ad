"""Small git repositories for tests, built in one go by `git fast-import` with fixed people and dates.

    repository = GitRepository(tmp_path / "logging.git")
    first = repository.commit({"composer.json": b"{}"})
    repository.tag("v1.0.0", first)

Every commit is one minute after the one before it, so the same calls give the same commit ids on every machine.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

START = 1_700_000_000
AUTHOR = "Ann Example <ann@acme.example>"
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ann Example",
    "GIT_AUTHOR_EMAIL": "ann@acme.example",
    "GIT_COMMITTER_NAME": "Ann Example",
    "GIT_COMMITTER_EMAIL": "ann@acme.example",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link in a tree."""

    target: str


@dataclass(frozen=True, slots=True)
class Program:
    """An executable file in a tree."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Submodule:
    """A submodule entry in a tree: the commit of another repository."""

    commit: str


Entry = bytes | Link | Program | Submodule


class GitRepository:
    """A bare repository on disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._commits = 0
        command = ["git", "init", "-q", "--bare", "-b", "main", str(directory)]
        subprocess.run(command, env=_ENVIRONMENT, check=True, capture_output=True)

    def git(self, *arguments: str, input: bytes = b"") -> str:
        """Run git in the repository and answer what it prints."""
        command = ["git", f"--git-dir={self.directory}", *arguments]
        done = subprocess.run(command, env=_ENVIRONMENT, input=input, check=True, capture_output=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(self, files: Mapping[str | bytes, Entry], *, branch: str = "main", when: int | None = None) -> str:
        """A commit on top of the branch whose tree is exactly `files`; its id."""
        self._commits += 1
        moment = START + 60 * self._commits if when is None else when
        message = f"Commit {self._commits}".encode()
        ref = f"refs/heads/{branch}"
        people = f"author {AUTHOR} {moment - 3600} +0200\ncommitter {AUTHOR} {moment} +0200\n"
        lines = [f"commit {ref}\nmark :1\n{people}".encode(), b"data %d\n%b\n" % (len(message), message)]
        if self.git("for-each-ref", "--format=x", ref):
            lines.append(f"from {ref}^0\n".encode())
        lines.append(b"deleteall\n")
        lines.extend(_file_line(path, entry) for path, entry in files.items())
        lines.append(b"\nget-mark :1\n")
        return self.git("fast-import", "--quiet", "--force", input=b"".join(lines))

    def tag(self, name: str, commit: str, *, message: str | None = None) -> None:
        """A lightweight tag, or with a message an annotated one."""
        if message is None:
            self.git("update-ref", f"refs/tags/{name}", commit)
            return
        data = message.encode()
        head = f"tag {name}\nfrom {commit}\ntagger {AUTHOR} {START} +0000\ndata {len(data)}\n".encode()
        self.git("fast-import", "--quiet", input=head + data + b"\n")

    def branch(self, name: str, commit: str) -> None:
        """Create or move a branch."""
        self.git("update-ref", f"refs/heads/{name}", commit)

    def delete(self, ref: str) -> None:
        """Delete a ref by its full name."""
        self.git("update-ref", "-d", ref)

    def tree(self, entries: Mapping[str, tuple[str, bytes]]) -> str:
        """A commit of a flat tree written without any check of the names: {name: (mode, content)}."""
        lines = b""
        for name, (mode, content) in sorted(entries.items()):
            kind = "tree" if mode == "040000" else "blob"
            written = content.decode() if kind == "tree" else self.git("hash-object", "-w", "--stdin", input=content)
            lines += f"{mode} {name}\0".encode() + bytes.fromhex(written)
        return self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", input=lines)

    def commit_tree(self, tree: str, *, branch: str = "main") -> str:
        """A first commit of a tree that `tree()` made, as the branch's head."""
        text = f"tree {tree}\nauthor {AUTHOR} {START} +0000\ncommitter {AUTHOR} {START} +0000\n\nOdd tree\n"
        commit = self.git("hash-object", "-w", "-t", "commit", "--stdin", input=text.encode())
        self.branch(branch, commit)
        return commit


def _file_line(path: str | bytes, entry: Entry) -> bytes:
    name = path if isinstance(path, bytes) else path.encode()
    if isinstance(entry, Submodule):
        return b"M 160000 %b %b\n" % (entry.commit.encode(), name)
    if isinstance(entry, Link):
        mode, content = b"120000", entry.target.encode()
    elif isinstance(entry, Program):
        mode, content = b"100755", entry.content
    else:
        mode, content = b"100644", entry
    quoted = b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    return b"M %b inline %b\ndata %d\n%b\n" % (mode, quoted, len(content), content)
