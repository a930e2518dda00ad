"""The running fake GitLab: state, server and switches in one object."""

from datetime import date
from typing import TypeVar

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.running import RunningFake

from . import hook_events
from .building import Building
from .control import control
from .deliveries import redeliver
from .model import Group, Project, User
from .oracle import readers
from .pushing import ProjectPushing
from .server import Application
from .server_core import Core
from .state import State

Row = TypeVar("Row")


class FakeGitLab(Building, ProjectPushing, RunningFake[Core]):
    """A GitLab server on a loopback port, from `start` (or `with`) to `close`. See the package for an overview."""

    name = "gitlab"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        prefix: str = "",
        base_url: str | None = None,
        version: str = "18.5.0-ee",
        premium: bool = True,
        block_local_hooks: bool = False,
        auto_disable_hooks: bool = False,
        allow_control: bool = False,
        certfile: str | None = None,
        keyfile: str | None = None,
        hook_ca_file: str | None = None,
    ) -> None:
        core = Core(self._new_root(), State(), version=version, premium=premium, hook_ca_file=hook_ca_file)
        core.block_local_hooks, core.auto_disable_hooks = block_local_hooks, auto_disable_hooks
        self._set_up(core, Application(core, control(self) if allow_control else None))
        self._listen_at(host, port, prefix=prefix, base_url=base_url, certfile=certfile, keyfile=keyfile)

    @property
    def api_url(self) -> str:
        return self.core.api_url

    @property
    def state(self) -> State:
        return self.core.state

    def send_again(self, record: DeliveryRecord) -> None:
        redeliver(self.core.sender, hook_events.origin(self.core), self.state.hooks[record.hook_id], record)

    def readers(self, project: Project, *, today: date | None = None) -> set[int]:
        """Ids of all people who may read the project's code, by brute force over GitLab's rules."""
        with self.state.lock:
            return readers(self.state, project, today or self.clock.today())

    def user(self, username: str) -> User:
        """Raises KeyError."""
        return _found(self.state.user_by(username), username)

    def group(self, path: str) -> Group:
        """Raises KeyError."""
        return _found(self.state.group_by(path), path)

    def project(self, path: str) -> Project:
        """Raises KeyError."""
        return _found(self.state.project_by(path), path)


def _found(row: Row | None, key: str) -> Row:
    if row is None:
        raise KeyError(key)
    return row
