"""One project's bare git repository: in memory until git itself needs it on disk."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .git_objects import (
    TREE_MODE,
    Commit,
    File,
    Files,
    GitObject,
    Signature,
    TreeEntry,
    as_file,
    compress,
    decompress,
    encode_commit,
    encode_tag,
    encode_tree,
    parse_commit,
    parse_tag,
    parse_tree,
)

FIRST_COMMIT_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ZERO_ID = "0" * 40
AUTHOR = ("Ann Example", "ann@example.com")

# Everything loose: pushed objects can be read here without a pack reader, and nothing runs in the background.
CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
[http]
\treceivepack = true
[receive]
\tunpackLimit = 1000000
\tautogc = false
[gc]
\tauto = 0
[uploadpack]
\tallowAnySHA1InWant = true
"""


class Repository:
    """Branches, tags and their history. `path` holds a real bare repository after `materialize`."""

    def __init__(self, path: Path, default_branch: str = "main") -> None:
        self.path = path
        self.default_branch = default_branch
        self.lock = threading.RLock()
        self.refs: dict[str, str] = {}
        self._objects: dict[str, GitObject] = {}
        self._is_on_disk = False

    @property
    def is_empty(self) -> bool:
        return not any(name.startswith("refs/heads/") for name in self.refs)

    def commit(self, files: Files, *, branch: str, message: str, at: datetime | None, removed: tuple[str, ...]) -> str:
        """Add a commit on top of a branch (new branches start at the default one) and move the branch to it."""
        with self.lock:
            parent = self.refs.get(f"refs/heads/{branch}") or self.refs.get(f"refs/heads/{self.default_branch}")
            content = self.files(parent) if parent else {}
            content.update({path: as_file(each) for path, each in files.items()})
            for path in removed:
                content.pop(path, None)
            tree = self._write_tree(content)
            signature = Signature(*AUTHOR, at or self._next_time(parent))
            new = encode_commit(tree, (parent,) if parent else (), signature, message)
            return self._write(new)

    def annotated_tag(self, name: str, target: str, message: str) -> str:
        with self.lock:
            return self._write(
                encode_tag(target, name, Signature(*AUTHOR, self.read_commit(target).committer.at), message)
            )

    def set_ref(self, name: str, target: str | None) -> tuple[str, str, str]:
        """Move, create or (None) delete a ref. Returns (ref, before, after) with zeros for absence."""
        with self.lock:
            before = self.refs.get(name, ZERO_ID)
            if target is None:
                self.refs.pop(name)
            else:
                self.refs[name] = target
            if self._is_on_disk:
                self._write_ref(name, target)
            return name, before, target or ZERO_ID

    def resolve(self, name: str) -> str | None:
        """The commit that HEAD, a branch, a tag or a full commit id stands for."""
        with self.lock:
            wanted = f"refs/heads/{self.default_branch}" if name == "HEAD" else name
            for ref in (wanted, f"refs/heads/{wanted}", f"refs/tags/{wanted}"):
                if ref in self.refs:
                    return self.peel(self.refs[ref])
            return wanted if len(wanted) == 40 and self._find(wanted) is not None else None

    def peel(self, object_id: str) -> str:
        item = self.read(object_id)
        return self.peel(parse_tag(item.body)[0]) if item.kind == "tag" else object_id

    def tag_message(self, object_id: str) -> str | None:
        item = self.read(object_id)
        return parse_tag(item.body)[1] if item.kind == "tag" else None

    def read_commit(self, object_id: str) -> Commit:
        return parse_commit(object_id, self.read(object_id).body)

    def history(self, object_id: str, stop: str | None, limit: int) -> list[Commit]:
        """First-parent commits from newest to oldest, down to `stop`."""
        commits: list[Commit] = []
        while object_id != stop and len(commits) < limit:
            commits.append(self.read_commit(object_id))
            if not commits[-1].parents:
                break
            object_id = commits[-1].parents[0]
        return commits

    def entries(self, commit_id: str, path: str = "") -> list[TreeEntry] | None:
        """The rows of a folder; None when there is no such folder."""
        tree = self.read_commit(commit_id).tree
        for name in filter(None, path.split("/")):
            found = next((entry for entry in parse_tree(self.read(tree).body) if entry.name == name), None)
            if found is None or not found.is_tree:
                return None
            tree = found.id
        return self.entries_of(tree)

    def entries_of(self, tree_id: str) -> list[TreeEntry]:
        return parse_tree(self.read(tree_id).body)

    def find_blob(self, commit_id: str, path: str) -> TreeEntry | None:
        folder, _, name = path.rpartition("/")
        rows = self.entries(commit_id, folder) or []
        return next((entry for entry in rows if entry.name == name and not entry.is_tree), None)

    def files(self, commit_id: str) -> dict[str, File]:
        return dict(self._walk(self.read_commit(commit_id).tree, ""))

    def read(self, object_id: str) -> GitObject:
        """Raises KeyError for an unknown object."""
        item = self._find(object_id)
        if item is None:
            raise KeyError(object_id)
        return item

    def copy(self, path: Path) -> "Repository":
        """Everything in memory, what git has written included, for another place on disk."""
        with self.lock:
            twin = Repository(path, self.default_branch)
            twin.refs = dict(self.refs)
            for file in (self.path / "objects").glob("??/*"):
                self._find(f"{file.parent.name}{file.name}")
            twin._objects = dict(self._objects)
            return twin

    def __getstate__(self) -> dict[str, object]:
        """Without the lock, and as if nothing were on disk."""
        twin = self.copy(self.path)
        return {"path": twin.path, "default_branch": twin.default_branch, "refs": twin.refs, "objects": twin._objects}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        Repository.__init__(self, kept["path"], kept["default_branch"])
        self.refs, self._objects = kept["refs"], kept["objects"]

    def materialize(self) -> Path:
        """Write the repository to disk, once, for git to work on."""
        with self.lock:
            if not self._is_on_disk:
                for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
                    (self.path / folder).mkdir(parents=True, exist_ok=True)
                (self.path / "HEAD").write_text(f"ref: refs/heads/{self.default_branch}\n")
                (self.path / "config").write_text(CONFIG)
                for item in self._objects.values():
                    self._store(item)
                for name, target in self.refs.items():
                    self._write_ref(name, target)
                self._is_on_disk = True
            return self.path

    def switch_default(self, branch: str) -> None:
        """Make another branch the default one, for git as well."""
        with self.lock:
            self.default_branch = branch
            if self._is_on_disk:
                (self.path / "HEAD").write_text(f"ref: refs/heads/{branch}\n")

    def reread_refs(self) -> list[tuple[str, str, str]]:
        """After a push by git: take the refs over from disk and tell what changed."""
        with self.lock:
            before, now = self.refs, {}
            for file in (self.path / "refs").rglob("*"):
                if file.is_file() and file.suffix != ".lock":
                    now[file.relative_to(self.path).as_posix()] = file.read_text().strip()
            self.refs = now
            names = sorted(before.keys() | now.keys())
            return [(n, before.get(n, ZERO_ID), now.get(n, ZERO_ID)) for n in names if before.get(n) != now.get(n)]

    def _walk(self, tree: str, prefix: str) -> Iterator[tuple[str, File]]:
        for entry in parse_tree(self.read(tree).body):
            if entry.is_tree:
                yield from self._walk(entry.id, f"{prefix}{entry.name}/")
            else:
                yield f"{prefix}{entry.name}", File(self.read(entry.id).body, entry.mode)

    def _write_tree(self, files: dict[str, File]) -> str:
        folders: dict[str, dict[str, File]] = {}
        entries: list[TreeEntry] = []
        for path, file in files.items():
            name, slash, rest = path.partition("/")
            if slash:
                folders.setdefault(name, {})[rest] = file
            else:
                entries.append(TreeEntry(file.mode, name, self._write(GitObject("blob", file.content))))
        entries += [TreeEntry(TREE_MODE, name, self._write_tree(inner)) for name, inner in folders.items()]
        return self._write(encode_tree(entries))

    def _next_time(self, parent: str | None) -> datetime:
        return self.read_commit(parent).committer.at + timedelta(hours=1) if parent else FIRST_COMMIT_AT

    def _write(self, item: GitObject) -> str:
        object_id = item.id
        self._objects[object_id] = item
        if self._is_on_disk:
            self._store(item)
        return object_id

    def _store(self, item: GitObject) -> None:
        file = self._object_file(item.id)
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(compress(item))

    def _find(self, object_id: str) -> GitObject | None:
        if object_id not in self._objects and self._is_on_disk and self._object_file(object_id).exists():
            self._objects[object_id] = decompress(self._object_file(object_id).read_bytes())
        return self._objects.get(object_id)

    def _object_file(self, object_id: str) -> Path:
        return self.path / "objects" / object_id[:2] / object_id[2:]

    def _write_ref(self, name: str, target: str | None) -> None:
        file = self.path / name
        if target is None:
            file.unlink()
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"{file.name}.lock")
        fresh.write_text(f"{target}\n")
        fresh.replace(file)
