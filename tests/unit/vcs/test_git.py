"""A mirror holds the branches and tags asked for, and is read without a work tree."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.errors import Unavailable, UnexpectedResponse
from integrations.vcs.git import GitMirror
from integrations.vcs.git_objects import FileTooLarge
from integrations.vcs.git_remote import GitRemote
from integrations.vcs.refs import RemoteRef
from tests.fakes.git_repository import GitRepository
from tests.fakes.git_server import GitServer

MakeRemote = Callable[..., GitRemote]


def test_an_empty_repository_lists_nothing_and_can_be_fetched(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    refs = remote_to().list_refs()

    held = mirror.fetch(remote_to(), refs.all)

    assert (refs.default_branch, refs.all) == (None, ())
    assert held.all == ()


def test_a_mirror_holds_what_was_asked_for_and_nothing_else(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    first = repository.commit({"a": b"1"})
    repository.tag("v1.0.0", first, message="Annotated")
    repository.git("update-ref", "refs/merge-requests/1/head", first)
    refs = remote_to().list_refs()

    held = mirror.fetch(remote_to(), refs.all)

    assert held.all == refs.all == mirror.list_refs().all
    assert not (mirror.directory / "FETCH_HEAD").exists()
    assert not (mirror.directory / "hooks").exists()
    assert mirror.directory.stat().st_mode & 0o077 == 0


def test_refs_follow_moves_removals_and_a_name_that_becomes_a_directory(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    first = repository.commit({"a": b"1"})
    repository.branch("topic", first)
    repository.branch("tmp_work", first)
    repository.tag("v1.0.0", first)
    mirror.fetch(remote_to(), remote_to().list_refs().all)
    repository.delete("refs/heads/topic")
    second = repository.commit({"a": b"2"})
    repository.branch("topic/deep", second)
    repository.tag("v1.0.0", second)

    held = mirror.fetch(remote_to(), remote_to().list_refs().all)

    assert {ref.name: ref.commit for ref in held.all} == {
        "refs/heads/main": second,
        "refs/heads/tmp_work": first,
        "refs/heads/topic/deep": second,
        "refs/tags/v1.0.0": second,
    }


def test_nothing_is_asked_for_when_nothing_changed(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror, served: GitServer
) -> None:
    repository.commit({"a": b"1"})
    refs = remote_to().list_refs()
    mirror.fetch(remote_to(), refs.all)
    served.requests.clear()

    mirror.fetch(remote_to(), refs.all)

    assert served.requests == []


def test_a_ref_that_moved_since_the_listing_is_held_at_its_newer_place(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    repository.commit({"a": b"1"})
    refs = remote_to().list_refs()
    second = repository.commit({"a": b"2"})

    held = mirror.fetch(remote_to(), refs.all)

    assert held.branches[0].commit == second


def test_a_ref_that_is_gone_since_the_listing_asks_to_list_again(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    repository.tag("v1.0.0", repository.commit({"a": b"1"}))
    refs = remote_to().list_refs()
    repository.delete("refs/tags/v1.0.0")

    with pytest.raises(Unavailable, match="couldn't find remote ref"):
        mirror.fetch(remote_to(), refs.all)


def test_a_name_that_git_would_not_take_never_reaches_it(remote_to: MakeRemote, mirror: GitMirror) -> None:
    with pytest.raises(ValueError, match="not a valid git name"):
        mirror.fetch(remote_to(), [RemoteRef("refs/heads/a:refs/heads/b", "1" * 40, "1" * 40)])


def test_files_are_read_at_many_commits_at_once(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    plain = repository.commit({"composer.json": b'{"name": "acme/logging"}'})
    same = repository.commit({"composer.json": b'{"name": "acme/logging"}', "a": b""})
    empty = repository.commit({"composer.json": b""})
    without = repository.commit({"a": b""})
    folder = repository.commit({"composer.json/x": b""})
    largest = repository.commit({"composer.json": b" " * (1 << 20)})
    large = repository.commit({"composer.json": b" " * (5 << 20)})
    mirror.fetch(remote_to(), remote_to().list_refs().all)
    unknown = "0" * 40

    files = mirror.read_files([plain, same, plain, empty, without, folder, largest, large, unknown])

    assert files == {
        plain: b'{"name": "acme/logging"}',
        same: b'{"name": "acme/logging"}',
        empty: b"",
        without: None,
        folder: None,
        largest: b" " * (1 << 20),
        large: FileTooLarge(5 << 20),
        unknown: None,
    }


def test_other_files_can_be_read_and_no_commits_need_no_git(repository: GitRepository) -> None:
    commit = repository.commit({"docs/read me.md": b"Hello"})
    mirror = GitMirror(repository.directory)

    assert mirror.read_files([commit], "docs/read me.md") == {commit: b"Hello"}
    assert mirror.read_files(["0" * 40]) == {"0" * 40: None}
    assert GitMirror(Path("/nonexistent")).read_files([]) == {}


def test_the_first_of_several_files_that_is_there_and_not_too_large_is_read(repository: GitRepository) -> None:
    commit = repository.commit({"b": b" " * (5 << 20), "c": b"third", "d": b"fourth"})
    mirror = GitMirror(repository.directory)

    assert mirror.read_first_file(commit, ["a", "b", "c", "d"]) == b"third"
    assert mirror.read_first_file(commit, ["a", "b"]) is None


@pytest.mark.parametrize("name", ["main", "HEAD", "1" * 39, "--output=x", "1" * 40 + "\n", "1" * 64])
def test_objects_are_named_by_full_ids_only(mirror: GitMirror, name: str) -> None:
    with pytest.raises(ValueError, match="not a full commit id"):
        mirror.read_files([name])
    with pytest.raises(ValueError, match="not a full commit id"):
        mirror.read_files_and_times([name])
    with pytest.raises(ValueError, match="not a full commit id"), mirror.archive(name):
        pass


@pytest.mark.parametrize("path", ["", "a\nb", "a\0b"])
def test_a_path_can_not_ask_for_a_second_object(mirror: GitMirror, path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        mirror.read_files(["1" * 40], path)


def test_the_time_of_a_commit_is_when_it_was_committed(repository: GitRepository) -> None:
    commit = repository.commit({"a": b"1"}, when=1_600_000_000)
    far = repository.git(
        "hash-object", "-w", "-t", "commit", "--literally", "--stdin", input=_odd_commit("999999999999")
    )
    none = repository.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", input=b"tree x\n\nno date\n")
    blob = repository.git("hash-object", "-w", "--stdin", input=b"x")

    files, times = GitMirror(repository.directory).read_files_and_times([commit, far, none, blob, "0" * 40], "a")

    assert files == {commit: b"1", far: None, none: None, blob: None, "0" * 40: None}
    assert times == {commit: datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)}


def _odd_commit(seconds: str) -> bytes:
    return f"tree {'4' * 40}\nauthor a <b> {seconds} +0000\ncommitter a <b> {seconds} +0000\n\nx\n".encode()


def test_a_mirror_that_is_no_repository_is_an_error_to_read(tmp_path: Path) -> None:
    mirror = GitMirror(tmp_path / "nothing.git")

    with pytest.raises(UnexpectedResponse, match="not a git repository"):
        mirror.read_files(["1" * 40])
    with pytest.raises(UnexpectedResponse), mirror.archive("1" * 40) as output:
        output.read()
    with pytest.raises(UnexpectedResponse):
        mirror.list_refs()


def test_a_damaged_mirror_is_fetched_anew(repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror) -> None:
    commit = repository.commit({"composer.json": b"{}"})
    refs = remote_to().list_refs()
    mirror.fetch(remote_to(), refs.all)
    (mirror.directory / "HEAD").write_text("")

    held = mirror.fetch(remote_to(), refs.all)

    assert held.all == refs.all
    assert mirror.read_files([commit]) == {commit: b"{}"}
    assert [path.name for path in mirror.directory.parent.iterdir() if path.name.startswith(".")] == []


def test_many_packs_become_one(repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror) -> None:
    commits = []
    for number in range(3):
        commits.append(repository.commit({"composer.json": b"%d" % number}))
        mirror.fetch(remote_to(), remote_to().list_refs().all)
    packs = mirror.directory / "objects" / "pack"
    assert len(list(packs.glob("*.pack"))) == 3

    assert mirror.compact(most_packs=3) is False
    assert mirror.compact(most_packs=2) is True

    assert len(list(packs.glob("*.pack"))) == 1
    assert mirror.read_files([commits[0]]) == {commits[0]: b"0"}


def test_a_mirror_can_be_removed_twice(repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror) -> None:
    mirror.fetch(remote_to(), remote_to().list_refs().all)

    mirror.remove()
    mirror.remove()

    assert list(mirror.directory.parent.glob("*mirror*")) == []


def test_the_same_commit_gives_the_same_tar_from_two_mirrors(
    repository: GitRepository, remote_to: MakeRemote, tmp_path: Path
) -> None:
    stamp = b"$Format:%d %D %h %cr %(describe) %aN %GG$"
    commit = repository.commit({".gitattributes": b"v export-subst\ntests export-ignore", "v": stamp, "tests/a": b""})
    repository.tag("v1.0.0", commit, message="One")
    one, two = GitMirror(tmp_path / "one.git"), GitMirror(tmp_path / "two.git")
    one.fetch(remote_to(), remote_to().list_refs().all)
    repository.commit({f"{number}": b"%d" % number for number in range(300)}, branch="other")
    repository.tag("v2.0.0", commit)
    two.fetch(remote_to(), remote_to().list_refs().all)

    digests = []
    for mirror in (one, two):
        with mirror.archive(commit) as tar:
            content = b"".join(iter(tar.read, b""))
        digests.append(hashlib.sha1(content).hexdigest())

    assert digests[0] == digests[1]
    assert b"v1.0.0" not in content
    assert b"tests/a" not in content
    assert commit.encode() in content
