"""A served repository and the way to it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations.codehost import GitCredential
from integrations.vcs.git import GitMirror
from integrations.vcs.git_remote import GitNetwork, GitRemote
from tests.fakes.git_repository import GitRepository
from tests.fakes.git_server import GitServer, serve_git

MakeRemote = Callable[..., GitRemote]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[GitServer]:
    """A git server whose root is `tmp_path/served`."""
    root = tmp_path / "served"
    root.mkdir()
    with serve_git(root) as server:
        yield server


@pytest.fixture
def repository(served: GitServer) -> GitRepository:
    """An empty repository at the server, named logging.git."""
    return GitRepository(served.root / "logging.git")


@pytest.fixture
def network() -> GitNetwork:
    """Every host is this machine."""
    return GitNetwork(resolve=lambda _host, _port: "127.0.0.1", allow_http=True)


@pytest.fixture
def remote_to(served: GitServer, network: GitNetwork) -> MakeRemote:
    """Make the remote of a repository at the server."""

    def make(name: str = "logging.git", *, login: tuple[str, str] | None = None) -> GitRemote:
        credential = None if login is None else GitCredential(*login)
        return GitRemote(served.url(name), network=network, credential=credential)

    return make


@pytest.fixture
def mirror(tmp_path: Path) -> GitMirror:
    """A mirror that was not fetched yet."""
    return GitMirror(tmp_path / "mirror.git")
