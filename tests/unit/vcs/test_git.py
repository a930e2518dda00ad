"""A mirror holds the branches and tags asked for, and is read without a work tree."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.errors import Forbidden, NotFound, Refused, Unauthorized, Unavailable, UnexpectedResponse
from integrations.vcs import git_remote
from integrations.vcs.git import GitMirror
from integrations.vcs.git_command import OLDEST_GIT, read_git_version
from integrations.vcs.git_objects import FileTooLarge
from integrations.vcs.git_remote import GitNetwork, GitRemote
from integrations.vcs.refs import RemoteRef
from integrations.vcs.run import Limits
from tests.fakes.git_repository import GitRepository
from tests.fakes.git_server import GitServer, serve_git
from tests.unit.integrations.test_tls import Authority

MakeRemote = Callable[..., GitRemote]
LOGIN = ("oauth2", "canary-s3cr&t/+ %41")


def test_the_default_branch_branches_and_peeled_tags_are_listed(
    repository: GitRepository, remote_to: MakeRemote
) -> None:
    first = repository.commit({"composer.json": b"{}"})
    second = repository.commit({"composer.json": b"[]"}, branch="2.x")
    repository.tag("v1.0.0", first)
    repository.tag("v1.1.0", first, message="Annotated")

    refs = remote_to().list_refs()

    assert refs.default_branch == "main"
    assert [(ref.short_name, ref.commit) for ref in refs.branches] == [("2.x", second), ("main", first)]
    assert [(ref.short_name, ref.commit) for ref in refs.tags] == [("v1.0.0", first), ("v1.1.0", first)]
    assert refs.tags[1].target != first


def test_an_empty_repository_lists_nothing_and_can_be_fetched(
    repository: GitRepository, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    refs = remote_to().list_refs()

    held = mirror.fetch(remote_to(), refs.all)

    assert (refs.default_branch, refs.all) == (None, ())
    assert held.all == ()


def test_more_refs_than_we_read_are_an_error(
    repository: GitRepository, remote_to: MakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_remote, "MOST_REFS", 1)
    repository.tag("v1.0.0", repository.commit({"a": b""}))

    with pytest.raises(UnexpectedResponse, match="2 branches and tags; we read at most 1"):
        remote_to().list_refs()


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


@pytest.mark.parametrize("name", ["main", "HEAD", "1" * 39, "--output=x", "1" * 40 + "\n", "1" * 64])
def test_objects_are_named_by_full_ids_only(mirror: GitMirror, name: str) -> None:
    with pytest.raises(ValueError, match="not a full commit id"):
        mirror.read_files([name])
    with pytest.raises(ValueError, match="not a full commit id"):
        mirror.read_commit_times([name])
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

    times = GitMirror(repository.directory).read_commit_times([commit, far, none, blob, "0" * 40])

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


def test_the_credential_is_asked_for_and_never_left_anywhere(
    repository: GitRepository, served: GitServer, remote_to: MakeRemote, mirror: GitMirror
) -> None:
    repository.commit({"composer.json": b"{}"})
    served.login = LOGIN
    seen = _ProcessWatch()

    with seen:
        refs = remote_to(login=LOGIN).list_refs()
        mirror.fetch(remote_to(login=LOGIN), refs.all)

    assert refs.default_branch == "main"
    assert any(b"git" in text for text in seen.texts)
    assert [text for text in seen.texts if b"canary" in text] == []
    assert [path for path in mirror.directory.rglob("*") if path.is_file() and b"canary" in path.read_bytes()] == []


class _ProcessWatch:
    """Collects command lines and environments of all processes while it is entered."""

    def __init__(self) -> None:
        self.texts: set[bytes] = set()
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_done.wait(0.001):
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        text = (process / name).read_bytes()
                    except OSError:
                        continue
                    if b"GIT_CONFIG_COUNT" in text or text.startswith(b"git") or b"remote-http" in text:
                        self.texts.add(text)


@pytest.mark.parametrize("login", [None, ("oauth2", "wrong-canary"), ("wrong", LOGIN[1])])
def test_a_missing_or_wrong_credential_is_unauthorized(
    repository: GitRepository, served: GitServer, remote_to: MakeRemote, login: tuple[str, str] | None
) -> None:
    served.login = LOGIN

    with pytest.raises(Unauthorized) as caught:
        remote_to(login=login).list_refs()

    assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("password", ["a\nusername=b", "a\rb", "a\0b"])
def test_a_credential_with_line_breaks_is_refused(
    repository: GitRepository, remote_to: MakeRemote, password: str
) -> None:
    with pytest.raises(Refused, match="line breaks"):
        remote_to(login=("oauth2", password)).list_refs()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Unauthorized), (403, Forbidden), (404, NotFound), (410, NotFound), (429, Unavailable), (500, Unavailable)],
)
def test_what_the_host_answers_tells_the_caller_what_to_do(
    served: GitServer, remote_to: MakeRemote, status: int, kind: type[Exception]
) -> None:
    served.answer_status = status

    with pytest.raises(kind):
        remote_to().list_refs()


def test_a_redirect_is_not_followed(served: GitServer, remote_to: MakeRemote, repository: GitRepository) -> None:
    served.answer_status = 302
    served.location = served.url("other.git/info/refs?service=git-upload-pack")

    with pytest.raises(UnexpectedResponse, match="302"):
        remote_to(login=LOGIN).list_refs()

    assert len(served.requests) == 1


@pytest.mark.parametrize("page", [b"", b"<html>Sign in</html>", b"1" * 40 + b"\trefs/heads/main\n"])
def test_a_web_page_is_never_taken_for_a_repository(served: GitServer, remote_to: MakeRemote, page: bytes) -> None:
    served.answer_status = 200
    served.page = page

    with pytest.raises(UnexpectedResponse):
        remote_to().list_refs()


def test_a_host_that_does_not_answer_is_unavailable(served: GitServer, network: GitNetwork) -> None:
    served.is_hanging = True
    hasty = replace(network, list_limits=Limits(seconds=0.5))

    with pytest.raises(Unavailable, match=r"longer than 0\.5 seconds"):
        GitRemote(served.url("logging.git"), network=hasty).list_refs()


def test_a_closed_port_is_unavailable(network: GitNetwork) -> None:
    with pytest.raises(Unavailable):
        GitRemote("http://git.acme.example:9/a.git", network=network).list_refs()


def test_too_long_a_listing_is_unexpected(repository: GitRepository, served: GitServer, network: GitNetwork) -> None:
    repository.commit({"a": b""})
    small = replace(network, list_limits=Limits(output_bytes=10))

    with pytest.raises(UnexpectedResponse, match="larger than we accept"):
        GitRemote(served.url("logging.git"), network=small).list_refs()


def test_git_connects_to_the_address_that_was_checked(
    repository: GitRepository, served: GitServer, network: GitNetwork
) -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> str:
        asked.append((host, port))
        return "127.0.0.1"

    GitRemote(served.url("logging.git"), network=replace(network, resolve=resolve)).list_refs()

    assert asked == [("git.acme.example", served.port)]
    assert set(served.hosts) == {f"git.acme.example:{served.port}"}


@pytest.mark.parametrize(("host", "ip"), [("[::1]", "::1"), ("127.0.0.1", "127.0.0.1"), ("git.acme.example", "::1")])
def test_addresses_written_as_numbers_are_checked_too(network: GitNetwork, host: str, ip: str) -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> str:
        asked.append(host)
        return ip

    with pytest.raises(Unavailable, match=r"port 9\b"):
        GitRemote(f"http://{host}:9/a.git", network=replace(network, resolve=resolve)).list_refs()

    assert asked == [host.strip("[]")]


def test_a_refused_address_is_never_asked(repository: GitRepository, served: GitServer, network: GitNetwork) -> None:
    def refuse(host: str, _port: int) -> str:
        raise Refused(f"{host} is not public")

    with pytest.raises(Refused, match="not public"):
        GitRemote(served.url("logging.git"), network=replace(network, resolve=refuse)).list_refs()

    assert served.requests == []


def test_plain_http_needs_permission(network: GitNetwork) -> None:
    with pytest.raises(Refused, match="http"):
        GitRemote("http://git.acme.example/a.git", network=replace(network, allow_http=False))


def test_a_proxy_is_used_when_one_is_set(served: GitServer, repository: GitRepository, network: GitNetwork) -> None:
    through = replace(network, resolve=lambda _host, _port: None, proxy=f"http://127.0.0.1:{served.port}")

    with pytest.raises((NotFound, UnexpectedResponse, Unavailable)):
        GitRemote("http://unresolvable.invalid/logging.git", network=through).list_refs()

    assert served.requests[0].startswith("GET http://unresolvable.invalid/logging.git/info/refs")


def test_only_a_known_authority_s_certificate_for_this_host_is_trusted(tmp_path: Path, network: GitNetwork) -> None:
    GitRepository(tmp_path / "logging.git").commit({"a": b""})
    (tmp_path / "others").mkdir()
    ours, others = Authority(tmp_path), Authority(tmp_path / "others")
    trusting = replace(network, ca_file=ours.file, allow_http=False)
    with serve_git(tmp_path, tls=ours.context("git.acme.example")) as server:
        refs = GitRemote(server.url("logging.git"), network=trusting).list_refs()

        with pytest.raises(Unavailable):
            GitRemote(server.url("logging.git", host="other.example"), network=trusting).list_refs()
        with pytest.raises(Unavailable):
            GitRemote(server.url("logging.git"), network=network).list_refs()
        with pytest.raises(Unavailable):
            GitRemote(server.url("logging.git"), network=replace(trusting, ca_file=others.file)).list_refs()

    assert refs.default_branch == "main"


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


def test_the_installed_git_can_pin_addresses() -> None:
    assert read_git_version() >= OLDEST_GIT


def test_a_machine_without_git_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("prlimit", "setpriv"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setattr("integrations.vcs.run.SEARCH_PATH", str(tmp_path))

    with pytest.raises(Unavailable, match="git can not be started"):
        read_git_version()
