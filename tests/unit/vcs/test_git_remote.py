"""A remote repository is reached as its address, our rules and the credential say, and its errors are told apart."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.errors import Forbidden, NotFound, Refused, Unauthorized, Unavailable, UnexpectedResponse
from integrations.vcs import git_remote
from integrations.vcs.git import GitMirror
from integrations.vcs.git_command import OLDEST_GIT, read_git_version
from integrations.vcs.git_remote import GitNetwork, GitRemote
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


def test_more_refs_than_we_read_are_an_error(
    repository: GitRepository, remote_to: MakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_remote, "MOST_REFS", 1)
    repository.tag("v1.0.0", repository.commit({"a": b""}))

    with pytest.raises(UnexpectedResponse, match="2 branches and tags; we read at most 1"):
        remote_to().list_refs()


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


def test_the_installed_git_can_pin_addresses() -> None:
    assert read_git_version() >= OLDEST_GIT


def test_a_machine_without_git_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("prlimit", "setpriv"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setattr("integrations.vcs.run.SEARCH_PATH", str(tmp_path))

    with pytest.raises(Unavailable, match="git can not be started"):
        read_git_version()
