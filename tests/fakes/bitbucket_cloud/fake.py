"""The running fake Bitbucket Cloud: state, server and switches in one object."""

from typing import TypeVar

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.git_http import Change
from tests.fakes.parts.pushing import Pushing
from tests.fakes.parts.repository import Repository
from tests.fakes.parts.running import RunningFake

from . import hook_events
from .building import Building
from .control import control
from .limits import Resource
from .model import Account, Group, Project, Repo, Workspace
from .oracle import readers
from .server import Application
from .server_core import Core
from .state import State

Row = TypeVar("Row")
RESOURCES: tuple[Resource, ...] = ("repositories", "webhooks", "files", "other")


class FakeBitbucketCloud(Building, Pushing[Repo, Account], RunningFake[Core]):
    """Bitbucket Cloud on a loopback port, from `start` (or `with`) to `close`. See the package for an overview."""

    name = "bitbucket-cloud"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        prefix: str = "",
        base_url: str | None = None,
        allow_local_hooks: bool = False,
        allow_control: bool = False,
        certfile: str | None = None,
        keyfile: str | None = None,
        hook_ca_file: str | None = None,
    ) -> None:
        core = Core(self._new_root(), State(), allow_local_hooks=allow_local_hooks, hook_ca_file=hook_ca_file)
        self._set_up(core, Application(core, control(self) if allow_control else None))
        self._listen_at(host, port, prefix=prefix, base_url=base_url, certfile=certfile, keyfile=keyfile)

    @property
    def api_url(self) -> str:
        return self.core.api_url

    @property
    def state(self) -> State:
        return self.core.state

    @property
    def dropped_hooks(self) -> list[tuple[str, str, int]]:
        """What was too large to be sent: the hook's uuid, the event, the bytes."""
        return self.core.dropped_hooks

    def turn_off_groups(self, status: int = 410) -> None:
        """Let the 1.0 API answer that; 200 turns it on again."""
        self.core.groups_status = status

    def limit_rate(self, limit: int | None, resource: Resource | None = None) -> None:
        """So many requests in a rolling hour for each payer, of one kind or each of all kinds; None: no limit."""
        for each in RESOURCES if resource is None else (resource,):
            self.core.limits.per_hour.pop(each, None)
            if limit is not None:
                self.core.limits.per_hour[each] = limit

    def repository(self, project: Repo) -> Repository:
        """The code."""
        return self.core.repository(project)

    def pushed(self, project: Repo, user: Account | None, changes: list[Change]) -> None:
        with self.state.lock:
            if self.state.accounts:
                hook_events.pushed(self.core, project, user, changes)

    def send_again(self, record: DeliveryRecord) -> None:
        hook_events.send_again(self.core, record)

    def readers(self, repo: Repo) -> set[str]:
        """Uuids of the people of its workspace who may read the code, by brute force over Bitbucket's rules."""
        with self.state.lock:
            return readers(self.state, repo)

    def user(self, key: str) -> Account:
        """By uuid, account id, user name, primary address, or a nickname. Raises KeyError."""
        rows = self.state.accounts.values()
        return _found(self.state.account_by(key) or next((each for each in rows if each.nickname == key), None), key)

    def workspace(self, key: str) -> Workspace:
        """Raises KeyError."""
        return _found(self.state.workspace_by(key), key)

    def group(self, path: str) -> Group:
        """By `workspace/slug`. Raises KeyError."""
        home, _, slug = path.partition("/")
        return _found(self.state.group_by(self.workspace(home), slug), path)

    def project(self, path: str) -> Project:
        """By `workspace/KEY`. Raises KeyError."""
        home, _, key = path.partition("/")
        return _found(self.state.project_by(self.workspace(home), key), path)

    def repo(self, path: str) -> Repo:
        """By `workspace/slug`. Raises KeyError."""
        return _found(self.state.repo_by_path(path), path)


def _found(row: Row | None, key: str) -> Row:
    if row is None:
        raise KeyError(key)
    return row
