"""Git's object format: bytes in, bytes out. Written by hand so that thousands of repositories start in no time."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1

FILE_MODE, EXECUTABLE_MODE, SYMLINK_MODE, TREE_MODE = "100644", "100755", "120000", "40000"


@dataclass(frozen=True, slots=True)
class GitObject:
    """A blob, tree, commit or annotated tag."""

    kind: str
    body: bytes

    @property
    def raw(self) -> bytes:
        return b"%s %d\0%s" % (self.kind.encode(), len(self.body), self.body)

    @property
    def id(self) -> str:
        return sha1(self.raw, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A row of a tree object."""

    mode: str
    name: str
    id: str

    @property
    def is_tree(self) -> bool:
        return self.mode == TREE_MODE


@dataclass(frozen=True, slots=True)
class Signature:
    """Who wrote or committed, and when."""

    name: str
    email: str
    at: datetime

    @property
    def line(self) -> str:
        return f"{self.name} <{self.email}> {int(self.at.timestamp())} +0000"


@dataclass(frozen=True, slots=True)
class Commit:
    """A parsed commit object."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str

    @property
    def title(self) -> str:
        return self.message.split("\n", 1)[0]


@dataclass(frozen=True, slots=True)
class File:
    """File content with a mode other than the ordinary one."""

    content: bytes
    mode: str = FILE_MODE


Files = Mapping[str, bytes | str | File]


def as_file(content: bytes | str | File) -> File:
    if isinstance(content, File):
        return content
    return File(content.encode() if isinstance(content, str) else content)


def encode_tree(entries: list[TreeEntry]) -> GitObject:
    ordered = sorted(entries, key=lambda entry: entry.name + ("/" if entry.is_tree else ""))
    rows = (entry.mode.encode() + b" " + entry.name.encode() + b"\0" + bytes.fromhex(entry.id) for entry in ordered)
    return GitObject("tree", b"".join(rows))


def parse_tree(body: bytes) -> list[TreeEntry]:
    entries, position = [], 0
    while position < len(body):
        end = body.index(b"\0", position)
        mode, name = body[position:end].decode("utf-8", "replace").split(" ", 1)
        entries.append(TreeEntry(mode, name, body[end + 1 : end + 21].hex()))
        position = end + 21
    return entries


def encode_commit(tree: str, parents: tuple[str, ...], author: Signature, message: str) -> GitObject:
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {author.line}", f"committer {author.line}", "", message]
    return GitObject("commit", "\n".join(lines).encode() + b"\n")


def parse_commit(object_id: str, body: bytes) -> Commit:
    head, _, message = body.decode("utf-8", "replace").partition("\n\n")
    fields = [line.split(" ", 1) for line in head.split("\n") if not line.startswith(" ")]
    first = dict(reversed([(field[0], field[-1]) for field in fields]))
    parents = tuple(field[1] for field in fields if field[0] == "parent")
    author, committer = parse_signature(first["author"]), parse_signature(first["committer"])
    return Commit(object_id, first["tree"], parents, author, committer, message.rstrip("\n"))


def parse_signature(line: str) -> Signature:
    name, _, rest = line.partition(" <")
    email, _, when = rest.partition("> ")
    return Signature(name, email, datetime.fromtimestamp(int(when.split(" ")[0]), UTC))


def encode_tag(target: str, name: str, tagger: Signature, message: str) -> GitObject:
    text = f"object {target}\ntype commit\ntag {name}\ntagger {tagger.line}\n\n{message}\n"
    return GitObject("tag", text.encode())


def parse_tag(body: bytes) -> tuple[str, str]:
    """The object that an annotated tag points to, and its message."""
    head, _, message = body.decode("utf-8", "replace").partition("\n\n")
    return head.split("\n", 1)[0].removeprefix("object "), message.rstrip("\n")


def compress(item: GitObject) -> bytes:
    return zlib.compress(item.raw, 1)


def decompress(stored: bytes) -> GitObject:
    head, _, body = zlib.decompress(stored).partition(b"\0")
    return GitObject(head.split(b" ")[0].decode(), body)
