"""From a git repository to the refs that `refs.read_repository` understands."""

import hashlib
from collections.abc import Iterator, Sequence

from composer.manifest import LARGEST_MANIFEST
from composer.refs import Ref, RefKind
from integrations.vcs.git import GitMirror
from integrations.vcs.git_objects import FileTooLarge
from integrations.vcs.refs import RemoteRef, RemoteRefs

COMMITS_AT_ONCE = 500
LARGEST_README = 100_000
README_NAMES = ("README.md", "readme.md", "Readme.md", "README", "README.rst", "README.txt")
TOO_LARGE = b" " * (LARGEST_MANIFEST + 1)  # stands for a file that was not read: it is refused for its size


def digest_refs(refs: RemoteRefs, *, is_archived: bool) -> str:
    """One short text that changes with whatever the documents of a package are made of."""
    lines = sorted(f"{ref.name} {ref.target}" for ref in refs.all)
    head = [refs.default_branch or "", "archived" if is_archived else ""]
    return hashlib.sha256("\n".join([*head, *lines]).encode()).hexdigest()


def read_git_refs(mirror: GitMirror, refs: RemoteRefs) -> list[Ref]:
    """Every branch and tag with its composer.json. The mirror has to hold them. Raises the CodeHostError family."""
    read: list[Ref] = []
    for chunk in _chunks(refs.all):
        commits = {ref.commit for ref in chunk}
        files, times = mirror.read_files_and_times(commits)
        for ref in chunk:
            content = files[ref.commit]
            read.append(
                Ref(
                    kind=RefKind.TAG if ref.is_tag else RefKind.BRANCH,
                    name=ref.short_name,
                    commit=ref.commit,
                    time=times.get(ref.commit),
                    composer_json=TOO_LARGE if isinstance(content, FileTooLarge) else content,
                )
            )
    return read


def read_readme(mirror: GitMirror, refs: RemoteRefs) -> str:
    """The README at the root of the default branch as plain text, "" when there is none."""
    commits = [ref.commit for ref in refs.branches if ref.short_name == refs.default_branch]
    content = mirror.read_first_file(commits[0], README_NAMES) if commits else None
    return content[:LARGEST_README].decode("utf-8", "replace").replace("\0", "") if content else ""


def _chunks(refs: Sequence[RemoteRef]) -> Iterator[Sequence[RemoteRef]]:
    for start in range(0, len(refs), COMMITS_AT_ONCE):
        yield refs[start : start + COMMITS_AT_ONCE]
