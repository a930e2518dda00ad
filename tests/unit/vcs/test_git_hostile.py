"""Repositories and servers that mean harm: nothing of them runs, and nothing of them stays in the way."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.errors import Unavailable, UnexpectedResponse
from integrations.vcs.git import GitMirror
from integrations.vcs.git_remote import GitNetwork, GitRemote
from integrations.vcs.run import Limits
from tests.fakes.git_repository import Entry, GitRepository, Link, Program, Submodule
from tests.fakes.git_server import GitServer

MakeRemote = Callable[..., GitRemote]


def test_names_that_look_like_options_are_only_names(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror, tmp_path: Path
) -> None:
    commit = repository.commit({"composer.json": b"{}"})
    canary = tmp_path / "canary"
    names = [
        f"--upload-pack=touch${{IFS}}{canary.name}",
        "-x",
        "--output=canary",
        "ünï-\u202e-код",
        "@",
        'a"b',
        "$(id)",
    ]
    for name in names:
        repository.branch(name, commit)
        repository.tag(name, commit)

    held = mirror.fetch(remote_to(), remote_to().list_refs().all)

    assert {ref.short_name for ref in held.tags} == set(names)
    assert {ref.short_name for ref in held.branches} == {*names, "main"}
    assert mirror.read_files([commit]) == {commit: b"{}"}
    assert list(tmp_path.rglob("canary*")) == []


def test_hooks_submodules_filters_and_programs_named_by_a_repository_never_run(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    touch = f"#!/bin/sh\ntouch {canary}\n".encode()
    modules = (
        f'[submodule "x"]\n\tpath = sub\n\turl = https://git.acme.example/x.git\n\tupdate = none\n# touch {canary}\n'
    )
    commit = repository.commit(
        {
            "composer.json": b"{}",
            "hooks/post-checkout": Program(touch),
            "hooks/reference-transaction": Program(touch),
            ".gitmodules": modules.encode(),
            "sub": Submodule("1" * 40),
            ".gitattributes": b"* filter=lfs diff=lfs merge=lfs\nstamp export-subst\n",
            "stamp": b"$Format:%GG%GS$",
            ".lfsconfig": f'[lfs]\n\turl = "!touch {canary}"\n'.encode(),
        }
    )

    mirror.fetch(remote_to(), remote_to().list_refs().all)
    with mirror.archive(commit) as tar:
        content = b"".join(iter(tar.read, b""))

    assert b"post-checkout" in content
    assert not canary.exists()


@pytest.mark.parametrize("url", ["ext::sh -c touch% canary", "-u./canary", "https://x/a\r\tb"])
def test_a_submodule_with_a_dangerous_address_is_refused_by_the_check_of_objects(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror, url: str
) -> None:
    modules = f'[submodule "x"]\n\tpath = -sub\n\turl = "{url}"\n'.replace("\r", "\\r").encode()
    repository.commit({"composer.json": b"{}", ".gitmodules": modules, "-sub": Submodule("1" * 40)})

    with pytest.raises(UnexpectedResponse):
        mirror.fetch(remote_to(), remote_to().list_refs().all)

    assert mirror.list_refs().all == ()


@pytest.mark.parametrize("name", [".git", ".GIT", "..", "."])
def test_a_tree_that_holds_git_s_own_directory_is_refused_by_the_check_of_objects(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror, name: str
) -> None:
    config = repository.tree({"config": ("100644", b"[core]\n\tfsmonitor = touch canary\n")})
    repository.commit_tree(repository.tree({name: ("040000", config.encode())}))

    with pytest.raises(UnexpectedResponse):
        mirror.fetch(remote_to(), remote_to().list_refs().all)


def test_a_manifest_that_is_a_link_is_read_as_a_link_not_followed(repository: GitRepository) -> None:
    commit = repository.commit({"composer.json": Link("/etc/passwd")})

    assert GitMirror(repository.directory).read_files([commit]) == {commit: b"/etc/passwd"}


def test_bytes_that_are_no_text_come_through_unchanged(repository: GitRepository) -> None:
    commit = repository.commit({"composer.json": b'{"name": "\xff\x00\n"}'})

    assert GitMirror(repository.directory).read_files([commit]) == {commit: b'{"name": "\xff\x00\n"}'}


def test_many_large_manifests_together_are_refused(repository: GitRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = [repository.commit({"composer.json": b"%d" % number + b" " * 50_000}) for number in range(5)]
    monkeypatch.setattr("integrations.vcs.git_objects._LIMITS", Limits(output_bytes=200_000))

    with pytest.raises(UnexpectedResponse, match="larger than we accept"):
        GitMirror(repository.directory).read_files(commits)


def test_twenty_thousand_files_and_two_thousand_tags_are_no_trouble(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    files: dict[str | bytes, Entry] = {
        f"src/{number % 100}/File{number}.php": b"<?php // %d" % number for number in range(20_000)
    }
    commit = repository.commit(files | {"composer.json": b"{}"})
    lines = "".join(f"create refs/tags/v1.{number}.0 {commit}\n" for number in range(2_000))
    repository.git("update-ref", "--stdin", input=lines.encode())
    begun = time.monotonic()

    held = mirror.fetch(remote_to(), remote_to().list_refs().all)

    assert len(held.tags) == 2_000
    assert mirror.read_files([ref.commit for ref in held.all]) == {commit: b"{}"}
    assert time.monotonic() - begun < 60


def test_a_large_file_fetched_over_the_limit_is_given_up(
    repository: GitRepository, served: GitServer, network: GitNetwork, mirror: GitMirror
) -> None:
    repository.commit({"composer.json": b"{}", "large": os.urandom(300_000)})
    small = replace(network, fetch_limits=Limits(file_bytes=100_000))
    remote = GitRemote(served.url("logging.git"), network=small)

    with pytest.raises((UnexpectedResponse, Unavailable)):
        mirror.fetch(remote, remote.list_refs().all)

    assert mirror.list_refs().all == ()


def test_a_server_that_stops_in_the_middle_is_unavailable_and_the_next_fetch_works(
    repository: GitRepository, served: GitServer, network: GitNetwork, mirror: GitMirror
) -> None:
    commit = repository.commit({"composer.json": b"{}"})
    served.is_hanging_on_pack = True
    hasty = GitRemote(served.url("logging.git"), network=replace(network, fetch_limits=Limits(seconds=1)))
    refs = hasty.list_refs()
    with pytest.raises(Unavailable, match="longer than 1 seconds"):
        mirror.fetch(hasty, refs.all)
    served.is_hanging_on_pack = False

    mirror.fetch(hasty, refs.all)

    assert mirror.read_files([commit]) == {commit: b"{}"}


def test_a_killed_run_leaves_nothing_that_blocks_the_next_one(
    repository: GitRepository, served: GitServer, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    first = repository.commit({"composer.json": b"1"})
    mirror.fetch(remote_to(), remote_to().list_refs().all)
    repository.tag("v1.0.0", repository.commit({"composer.json": b"2"}))
    served.is_hanging_on_pack = True
    _fetch_and_be_killed(served, mirror)
    served.is_hanging_on_pack = False
    _leave_locks(mirror)
    repository.delete("refs/heads/main")

    held = mirror.fetch(remote_to(), remote_to().list_refs().all)

    assert [ref.name for ref in held.all] == ["refs/tags/v1.0.0"]
    assert mirror.read_files([held.tags[0].commit, first]) == {held.tags[0].commit: b"2", first: b"1"}
    assert list(mirror.directory.rglob("*.lock")) == []
    assert list(mirror.directory.rglob("tmp_*")) == []


def test_a_kill_before_the_first_fetch_leaves_nothing_either(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    repository.commit({"a": b""})
    half_made = mirror.directory.with_name(f".{mirror.directory.name}.0badcafe.new")
    half_made.mkdir()

    held = mirror.fetch(remote_to(), remote_to().list_refs().all)

    assert len(held.all) == 1
    assert not half_made.exists()


def _fetch_and_be_killed(served: GitServer, mirror: GitMirror) -> None:
    source = f"""
        from pathlib import Path
        from integrations.vcs.git import GitMirror
        from integrations.vcs.git_remote import GitNetwork, GitRemote
        network = GitNetwork(resolve=lambda host, port: "127.0.0.1", allow_http=True)
        remote = GitRemote({served.url("logging.git")!r}, network=network)
        GitMirror(Path({str(mirror.directory)!r})).fetch(remote, remote.list_refs().all)
    """
    served.requests.clear()
    environment = os.environ | {"TMPDIR": str(served.root)}
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(source)], env=environment) as process:
        _wait_for(lambda: sum(request.startswith("POST") for request in served.requests) >= 2)
        process.send_signal(signal.SIGKILL)
    _wait_for(lambda: not _find_processes(str(mirror.directory)))


def _leave_locks(mirror: GitMirror) -> None:
    for name in (
        "packed-refs.lock",
        "HEAD.lock",
        "config.lock",
        "refs/tags/v1.0.0.lock",
        "refs/heads/main.lock",
        "gc.pid",
    ):
        path = mirror.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (mirror.directory / "objects/pack/tmp_pack_abc").write_bytes(b"half")
    (mirror.directory / "objects/tmp_objdir-incoming-x").mkdir()


def _find_processes(mention: str) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mention.encode() in (process / "cmdline").read_bytes():
                found.append(process)
        except OSError:
            continue
    return found


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
