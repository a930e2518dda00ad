"""Dist zips are built once, hold nothing harmful, and have the same bytes everywhere."""

import hashlib
import json
import os
import stat
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import pytest

from composer.archive import ArchiveRefused, BuiltZip, LeftOut, ZipLimits, build_zip, dist_path
from integrations.errors import UnexpectedResponse
from integrations.vcs.git import GitMirror
from tests.fakes.git_repository import START, Entry, GitRepository, Link, Program, Submodule

TOP = "acme-logging-1a2b3c4"
Files = dict[str | bytes, Entry]


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """An empty repository."""
    return GitRepository(tmp_path / "logging.git")


def build(repository: GitRepository, files: Files, *, limits: ZipLimits | None = None) -> BuiltZip:
    commit = repository.commit(files)
    dists = repository.directory.parent / "dists"
    mirror = GitMirror(repository.directory)
    manifest = mirror.read_first_file(commit, ["composer.json"])
    return build_zip(mirror, commit, top_directory=TOP, dists=dists, manifest=manifest, limits=limits or ZipLimits())


def names(built: BuiltZip) -> list[str]:
    with zipfile.ZipFile(built.path) as archive:
        return [name.removeprefix(f"{TOP}/") for name in archive.namelist()]


def test_everything_is_below_one_directory_in_path_order_with_plain_modes_and_the_commit_s_time(
    repository: GitRepository,
) -> None:
    files: Files = {
        "src/Logger.php": b"<?php",
        "composer.json": b'{"name": "acme/logging"}',
        "bin/log": Program(b"#!/bin/sh"),
        "src-x": b"",
        "ünï.txt": b"u",
        "latest": Link("src/Logger.php"),
    }

    built = build(repository, files)

    with zipfile.ZipFile(built.path) as archive:
        entries = {entry.filename.removeprefix(TOP): entry for entry in archive.infolist()}
        content = archive.read(f"{TOP}/src/Logger.php"), archive.read(f"{TOP}/latest")
        assert archive.testzip() is None
    modes = {name: entry.external_attr >> 16 for name, entry in entries.items()}
    assert modes == {
        "/": stat.S_IFDIR | 0o755,
        "/bin/log": stat.S_IFREG | 0o755,
        "/composer.json": stat.S_IFREG | 0o644,
        "/src-x": stat.S_IFREG | 0o644,
        "/src/Logger.php": stat.S_IFREG | 0o644,
        "/ünï.txt": stat.S_IFREG | 0o644,
        "/latest": stat.S_IFLNK | 0o777,
    }
    assert list(modes)[1:-1] == sorted(list(modes)[1:-1], key=str.encode)
    assert {entry.date_time for entry in entries.values()} == {(*time.gmtime(START + 60)[:5], 20)}
    assert content == (b"<?php", b"src/Logger.php")


def test_the_zip_is_kept_under_its_own_checksum_and_nothing_else_is_left(
    repository: GitRepository, tmp_path: Path
) -> None:
    built = build(repository, {"composer.json": b"{}"})

    content = built.path.read_bytes()
    assert hashlib.sha1(content).hexdigest() == built.sha1
    assert len(content) == built.size
    assert built.path == dist_path(tmp_path / "dists", built.sha1)
    assert built.path == tmp_path / "dists" / built.sha1[:2] / f"{built.sha1}.zip"
    assert built.left_out == ()
    assert list((tmp_path / "dists" / "incoming").iterdir()) == []


def test_the_same_commit_gives_the_same_bytes_twice_and_from_two_clones(
    repository: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: Files = {".gitattributes": b"v export-subst", "v": b"$Format:%d %D %h %cr$", "composer.json": b"{}"}
    first = build(repository, files)
    commit = repository.git("rev-parse", "main")
    clone = tmp_path / "clone.git"
    subprocess.run(["git", "clone", "-q", "--mirror", str(repository.directory), str(clone)], check=True)
    repository.tag("v1.0.0", commit)
    repository.commit({f"{number}": b"%d" % number for number in range(500)}, branch="other")
    monkeypatch.setenv("TZ", "Asia/Kolkata")

    built = [
        build_zip(GitMirror(directory), commit, top_directory=TOP, dists=tmp_path / str(number))
        for number, directory in enumerate([repository.directory, clone, clone])
    ]

    assert {each.path.read_bytes() for each in [first, *built]} == {first.path.read_bytes()}
    assert {each.sha1 for each in built} == {first.sha1}


def test_building_again_leaves_the_stored_zip_whole(repository: GitRepository) -> None:
    first = build(repository, {"composer.json": b"{}"})
    with first.path.open("rb") as reader:
        again = build_zip(
            GitMirror(repository.directory),
            repository.git("rev-parse", "main"),
            top_directory=TOP,
            dists=first.path.parent.parent,
        )

        assert again == first
        assert hashlib.sha1(reader.read()).hexdigest() == first.sha1


def test_export_ignore_and_archive_exclude_are_kept_out_silently(repository: GitRepository) -> None:
    manifest = json.dumps({"archive": {"exclude": ["/docs", "*.md", "!README.md", "/latest"]}}).encode()

    built = build(
        repository,
        {
            "composer.json": manifest,
            ".gitattributes": b"tests export-ignore\n",
            "tests/a": b"",
            "docs/a.txt": b"",
            "NEWS.md": b"",
            "README.md": b"",
            "latest": Link("README.md"),
        },
    )

    assert names(built) == ["", ".gitattributes", "README.md", "composer.json"]
    assert built.left_out == ()


def test_entries_that_could_do_harm_are_left_out_and_told(repository: GitRepository) -> None:
    built = build(
        repository,
        {
            "composer.json": b"{}",
            "evil": Link("/etc/passwd"),
            "a/up": Link("../../x"),
            "a/through": Link("self/.."),
            "a\\b": b"",
            "new\nline": b"",
            b"bad\xff": b"",
            "sub": Submodule("1" * 40),
            "a/fine": Link("../composer.json"),
        },
    )

    assert names(built) == ["", "composer.json", "a/fine"]
    assert {left.path: left.reason.split()[-1] for left in built.left_out} == {
        "evil": "path",
        "a/up": "package",
        "a/through": "name",
        "a\\b": "Windows",
        "new\nline": "UTF-8",
        "bad?": "UTF-8",
    }


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", "..", "."])
def test_a_tree_with_git_s_own_directory_can_not_bring_it_into_a_zip(
    repository: GitRepository, tmp_path: Path, name: str
) -> None:
    folder = repository.tree({"config": ("100644", b"[core]")})
    tree = repository.tree({name: ("040000", folder.encode()), "ok": ("100644", b"x")})
    commit = repository.commit_tree(tree)

    try:
        built = build_zip(GitMirror(repository.directory), commit, top_directory=TOP, dists=tmp_path / "dists")
    except UnexpectedResponse:  # git itself may refuse such a tree
        assert list((tmp_path / "dists").rglob("*.zip")) == []
    else:
        assert names(built) == ["", "ok"]
        assert len(built.left_out) == 1


def test_links_that_another_file_system_takes_for_something_else_are_left_out(repository: GitRepository) -> None:
    built = build(
        repository,
        {
            "lib/x.php": b"",
            "LIB": Link("src"),
            "Lib": Link("src"),
            "src/A.php": b"1",
            "src/a.php": b"2",
            "SRC/A.PHP": Link("../lib/x.php"),
            "one": Link("src"),
            "ONE": Link("lib"),
        },
    )

    assert names(built) == ["", "lib/x.php", "src/A.php", "src/a.php", "ONE"]
    assert [left.path for left in built.left_out] == ["LIB", "Lib", "SRC/A.PHP", "one"]


def test_a_link_that_is_a_directory_of_another_link_on_some_file_systems_is_left_out(repository: GitRepository) -> None:
    built = build(repository, {"composer.json": b"", "A": Link("."), "a/b": Link("../composer.json")})

    assert names(built) == ["", "composer.json", "a/b"]
    assert built.left_out == (LeftOut("A", "the link differs from another entry only by case"),)


def test_at_most_a_hundred_reasons_are_kept(repository: GitRepository) -> None:
    built = build(repository, {f"l{number:03}": Link("/x") for number in range(150)})

    assert len(built.left_out) == 100


@pytest.mark.parametrize("when", [0, 4_400_000_000])
def test_a_time_that_a_zip_can_not_tell_is_moved_into_its_range(repository: GitRepository, when: int) -> None:
    commit = repository.commit({"a": b""}, when=when)

    built = build_zip(GitMirror(repository.directory), commit, top_directory=TOP, dists=repository.directory / "d")

    with zipfile.ZipFile(built.path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {
            (1980, 1, 1, 0, 0, 0) if when == 0 else (2107, 12, 31, 0, 0, 0)
        }


def test_a_package_without_any_file_is_an_empty_directory(repository: GitRepository) -> None:
    assert names(build(repository, {})) == [""]


def test_too_many_files_are_refused_and_leave_nothing(repository: GitRepository, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match="more than 2 files"):
        build(repository, {"a": b"", "b": b"", "c": b""}, limits=ZipLimits(entries=2))

    assert [path for path in (tmp_path / "dists").rglob("*") if path.is_file()] == []


def test_too_much_content_is_refused_before_it_is_written(repository: GitRepository) -> None:
    files: Files = {"a": b"0" * 1_500_000, "b": b"0" * 1_500_000}

    with pytest.raises(ArchiveRefused, match="larger than 2 MiB"):
        build(repository, files, limits=ZipLimits(content_bytes=2 << 20))


def test_what_is_excluded_does_not_count(repository: GitRepository) -> None:
    files: Files = {"composer.json": b'{"archive": {"exclude": ["big"]}}', "big": b"0" * 100_000}

    built = build(repository, files, limits=ZipLimits(content_bytes=1000))

    assert names(built) == ["", "composer.json"]


def test_a_commit_that_the_mirror_does_not_hold_is_an_error(repository: GitRepository, tmp_path: Path) -> None:
    with pytest.raises(UnexpectedResponse):
        build_zip(GitMirror(repository.directory), "1" * 40, top_directory=TOP, dists=tmp_path / "dists")

    assert [path for path in (tmp_path / "dists").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("top", ["", "..", "a/b", "-x"])
def test_a_top_directory_is_a_plain_name(repository: GitRepository, tmp_path: Path, top: str) -> None:
    with pytest.raises(ValueError, match="plain directory name"):
        build_zip(GitMirror(repository.directory), "1" * 40, top_directory=top, dists=tmp_path)


def test_a_broken_archive_is_unexpected(
    repository: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit({"a": b"x" * 5000})
    real = subprocess.Popen

    def cut(arguments: tuple[str, ...], **more: object) -> object:
        if "archive" not in arguments:
            return real(arguments, **more)  # type: ignore[call-overload]
        return real(["sh", "-c", "head -c 1000 /dev/zero | tr '\\0' x"], **more)  # type: ignore[call-overload]

    monkeypatch.setattr("integrations.vcs.run.subprocess.Popen", cut)

    with pytest.raises(UnexpectedResponse, match="broken archive"):
        build_zip(GitMirror(repository.directory), commit, top_directory=TOP, dists=tmp_path / "dists")


def test_what_a_killed_build_left_is_removed_a_day_later(repository: GitRepository, tmp_path: Path) -> None:
    incoming = tmp_path / "dists" / "incoming"
    incoming.mkdir(parents=True)
    old, young = incoming / "old.part", incoming / "young.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 25 * 3600,) * 2)

    build(repository, {"composer.json": b"{}"})

    assert [path.name for path in incoming.iterdir()] == ["young.part"]


def test_twenty_thousand_files_and_a_large_one_are_built_in_flat_memory(
    repository: GitRepository, tmp_path: Path
) -> None:
    files: Files = {f"src/{number % 100}/File{number}.php": b"<?php // %d" % number for number in range(20_000)}
    files["large"] = os.urandom(1 << 20) * 20
    commit = repository.commit(files)
    source = f"""
        from pathlib import Path
        from composer.archive import build_zip
        from integrations.vcs.git import GitMirror
        def highest_kilobytes():
            return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
        before = highest_kilobytes()
        mirror = GitMirror(Path({str(repository.directory)!r}))
        built = build_zip(mirror, {commit!r}, top_directory={TOP!r}, dists=Path({str(tmp_path / "dists")!r}))
        print(highest_kilobytes() - before, built.path)
    """

    told = subprocess.run([sys.executable, "-c", textwrap.dedent(source)], check=True, capture_output=True, text=True)

    grown_kilobytes, path = told.stdout.split()
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 20_002
        assert archive.getinfo(f"{TOP}/large").file_size == 20 << 20
    assert int(grown_kilobytes) < 30 << 10, grown_kilobytes


def test_unzip_and_php_unpack_what_we_build(repository: GitRepository, tmp_path: Path) -> None:
    built = build(repository, {"bin/log": Program(b"#!/bin/sh"), "ünï/a": b"u", "latest": Link("bin/log")})
    target = tmp_path / "unpacked"

    subprocess.run(["unzip", "-q", str(built.path), "-d", str(target)], check=True)
    script = "$z = new ZipArchive; var_dump($z->open($argv[1], ZipArchive::CHECKCONS) === true, $z->numFiles);"
    told = subprocess.run(["php", "-r", script, str(built.path)], check=True, capture_output=True).stdout

    assert [path.name for path in target.iterdir()] == [TOP]
    assert (target / TOP / "bin/log").stat().st_mode & 0o777 == 0o755
    assert (target / TOP / "latest").readlink() == Path("bin/log")
    assert (target / TOP / "ünï/a").read_bytes() == b"u"
    assert told == b"bool(true)\nint(4)\n"
