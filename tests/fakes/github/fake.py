"""The running fake GitHub: state, server and switches in one object."""

from collections.abc import Collection
from typing import TypeVar

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.running import RunningFake

from .building import Building
from .control import control
from .deliveries import redeliver
from .granting import Granting
from .model import Organization, Repo, Team, User
from .oracle import readers
from .pushing import RepoPushing
from .server import Application
from .server_core import HOUR, Core
from .state import State

Row = TypeVar("Row")
CLOUD_LIMIT = 5000
SERVER_HOOKS, CLOUD_HOOKS = 250, 20


class FakeGitHub(Building, Granting, RepoPushing, RunningFake[Core]):
    """A GitHub on a loopback port, from `start` (or `with`) to `close`. See the package for an overview."""

    name = "github"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        prefix: str = "",
        base_url: str | None = None,
        version: str | None = "3.17.0",
        tenant: str = "",
        rate_limit: int | None = None,
        hook_limit: int | None = None,
        block_local_hooks: bool = False,
        lists_suspended: bool = True,
        tells_inherited_members: bool = False,
        checks_pkce: bool = True,
        allow_control: bool = False,
        certfile: str | None = None,
        keyfile: str | None = None,
        hook_ca_file: str | None = None,
    ) -> None:
        """`version` None is github.com, with a limit of 5000 requests an hour; with a `tenant` it is one of ghe.com."""
        core = Core(self._new_root(), State(), hook_ca_file=hook_ca_file, version=version, tenant=tenant)
        core.block_local_hooks, core.lists_suspended = block_local_hooks, lists_suspended
        core.tells_inherited_members, core.checks_pkce = tells_inherited_members, checks_pkce
        core.hook_limit = hook_limit or (SERVER_HOOKS if core.is_server else CLOUD_HOOKS)
        core.throttle.period = HOUR
        core.throttle.limit = rate_limit or (None if core.is_server else CLOUD_LIMIT)
        self._set_up(core, Application(core, control(self) if allow_control else None))
        self._listen_at(host, port, prefix=prefix, base_url=base_url, certfile=certfile, keyfile=keyfile)

    @property
    def api_url(self) -> str:
        return self.core.api_url

    @property
    def graphql_url(self) -> str:
        return self.core.graphql_url

    @property
    def state(self) -> State:
        return self.core.state

    def send_again(self, record: DeliveryRecord) -> None:
        redeliver(self.core, self.state.hooks[record.hook_id], record)

    def fail_graphql(self, field: str, kind: str = "RESOURCE_LIMITS_EXCEEDED") -> None:
        """Answer null for every field of that name, with an error beside the data, until `behave`."""
        self.core.failing_fields[field] = kind

    def behave(self) -> None:
        """End all misbehaviour."""
        super().behave()
        self.core.failing_fields.clear()
        self.core.partial_paths.clear()

    def readers(self, repo: Repo, *, confirmed: Collection[int] = (), suspended: bool = False) -> set[int]:
        """Ids of all people of its organization who may read the code, by brute force over GitHub's rules.

        `confirmed` are those outside collaborators who belong to the enterprise: they read internal repositories, too.
        """
        with self.state.lock:
            return readers(self.state, repo, confirmed=confirmed, suspended=suspended)

    def user(self, login: str) -> User:
        """Raises KeyError."""
        return _found(self.state.user_by(login), login)

    def organization(self, login: str) -> Organization:
        """Raises KeyError."""
        return _found(self.state.organization_by(login), login)

    def team(self, path: str) -> Team:
        """By ORGANIZATION/SLUG. Raises KeyError."""
        login, _, slug = path.partition("/")
        return _found(self.state.team_by(self.organization(login).id, slug), path)

    def repo(self, full_name: str) -> Repo:
        """Raises KeyError."""
        return _found(self.state.repo_by(full_name), full_name)


def _found(row: Row | None, key: str) -> Row:
    if row is None:
        raise KeyError(key)
    return row
