"""Branches and tags as a git server lists them. Pure: parsing, and which names we take."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

BRANCHES = "refs/heads/"
TAGS = "refs/tags/"
_PEELED = "^{}"
_OBJECT = re.compile(r"[0-9a-f]{40}")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.$|/$|\.lock(?:/|$)")
_LONGEST_PART = 245  # a ref is a file name of at most 255 bytes, and needs room for ".lock"
_LONGEST_NAME = 1000


@dataclass(frozen=True, slots=True)
class RemoteRef:
    """A branch or tag. `target` is what the ref names, `commit` what an annotated tag finally leads to."""

    name: str  # in full: "refs/heads/main"
    target: str
    commit: str

    @property
    def is_tag(self) -> bool:
        """Whether this is a tag; else it is a branch."""
        return self.name.startswith(TAGS)

    @property
    def short_name(self) -> str:
        """The name as people say it: "main", "v1.0.0"."""
        return self.name.removeprefix(TAGS if self.is_tag else BRANCHES)


@dataclass(frozen=True, slots=True)
class SkippedRef:
    """A branch or tag that we do not take, with the reason."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoteRefs:
    """What a repository offers, each list sorted by name. An empty repository has no default branch."""

    default_branch: str | None
    branches: tuple[RemoteRef, ...]
    tags: tuple[RemoteRef, ...]
    skipped: tuple[SkippedRef, ...] = ()

    @property
    def all(self) -> tuple[RemoteRef, ...]:
        """Branches, then tags."""
        return self.branches + self.tags


def is_object_id(text: str) -> bool:
    """Whether the text is a full object id, the only form in which we ever name an object to git."""
    return _OBJECT.fullmatch(text) is not None


def find_name_problem(name: str) -> str | None:
    """Why git (or a file system) would not take this full ref name; None when it does."""
    short = name.removeprefix(TAGS).removeprefix(BRANCHES)
    if short == name or not short:
        return "not a branch or tag"
    if _FORBIDDEN.search(name) or "\ufffd" in name:
        return "not a valid git name"
    if len(name.encode()) > _LONGEST_NAME or any(len(part.encode()) > _LONGEST_PART for part in name.split("/")):
        return "name too long"
    return None


def parse_refs(listing: bytes) -> RemoteRefs:
    """The answer of `ls-remote --symref`. Lines about anything but HEAD, branches and tags are passed over."""
    targets: dict[str, str] = {}
    peeled: dict[str, str] = {}
    head_name = ""
    for line in listing.decode("utf-8", "replace").split("\n"):
        target, _, name = line.partition("\t")
        if name == "HEAD" and target.startswith("ref: "):
            head_name = target.removeprefix("ref: ")
        elif is_object_id(target):
            (peeled if name.endswith(_PEELED) else targets)[name.removesuffix(_PEELED)] = target
    head_target = targets.pop("HEAD", "")
    wanted = sorted(name for name in targets if name.startswith((BRANCHES, TAGS)))
    problems = {name: problem for name in wanted if (problem := find_name_problem(name)) is not None}
    refs = [RemoteRef(name, targets[name], peeled.get(name, targets[name])) for name in wanted if name not in problems]
    branches = tuple(ref for ref in refs if not ref.is_tag)
    return RemoteRefs(
        default_branch=_choose_default(branches, head_name, head_target),
        branches=branches,
        tags=tuple(ref for ref in refs if ref.is_tag),
        skipped=tuple(SkippedRef(name, problem) for name, problem in problems.items()),
    )


def _choose_default(branches: Iterable[RemoteRef], head_name: str, head_target: str) -> str | None:
    """The branch that HEAD names; where HEAD names none (an old or odd server), the likeliest one at its commit."""
    names = [ref.name for ref in branches if ref.name == head_name or (not head_name and ref.target == head_target)]
    usual = [name for name in (BRANCHES + "main", BRANCHES + "master") if name in names]
    chosen = next(iter(usual + names), None)
    return None if chosen is None else chosen.removeprefix(BRANCHES)
