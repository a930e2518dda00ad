"""The running fake Bitbucket Data Center: state, server and switches in one object."""

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.git_http import Change
from tests.fakes.parts.pushing import Pushing
from tests.fakes.parts.repository import Repository
from tests.fakes.parts.running import RunningFake

from . import hook_events
from .buckets import Buckets
from .building import Building
from .control import control
from .core import Core
from .model import Group, Project, Repo, User
from .oracle import readers
from .server import Application
from .state import State


class FakeBitbucketDataCenter(Building, Pushing[Repo, User], RunningFake[Core]):
    """A Bitbucket server on a loopback port, from `start` (or `with`) to `close`. See the package for an overview."""

    name = "bitbucket-dc"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        prefix: str = "",
        base_url: str | None = None,
        version: str = "9.4.3",
        page_limit: int = 1000,
        public_access: bool = True,
        basic: bool = True,
        anonymous_fallback: bool = False,
        allow_control: bool = False,
        certfile: str | None = None,
        keyfile: str | None = None,
        hook_ca_file: str | None = None,
    ) -> None:
        core = Core(self._new_root(), State(), version=version, page_limit=page_limit, hook_ca_file=hook_ca_file)
        core.allows_public_access, core.allows_basic = public_access, basic
        core.falls_back_to_anonymous = anonymous_fallback
        self._set_up(core, Application(core, control(self) if allow_control else None))
        self._listen_at(host, port, prefix=prefix, base_url=base_url, certfile=certfile, keyfile=keyfile)

    @property
    def api_url(self) -> str:
        return self.core.api_url

    @property
    def state(self) -> State:
        return self.core.state

    def repository(self, project: Repo) -> Repository:
        """The code of a repository."""
        return self.core.git(project)

    def pushed(self, project: Repo, user: User | None, changes: list[Change]) -> None:
        with self.core.state.lock:
            hook_events.refs_changed(self.core, project, user or self._anybody(), changes)

    def send_again(self, record: DeliveryRecord) -> None:
        hook_events.send_again(self.core, record)

    def limit_rate(self, limit: int | None, fill_rate: float = 5) -> None:
        """So many requests at once and `fill_rate` more each second, for each person; None: no limit."""
        self.core.buckets = None if limit is None else Buckets(self.clock, limit, fill_rate)

    def readers(self, repository: Repo, *, with_administrators: bool = True, everybody: bool = False) -> set[int]:
        """Ids of the project's people who may read the code, by brute force: see `oracle`."""
        with self.state.lock:
            return readers(self.state, repository, with_administrators=with_administrators, everybody=everybody)

    def user(self, name: str) -> User:
        """Raises KeyError."""
        found = self.state.user_by(name)
        if found is None:
            raise KeyError(name)
        return found

    def group(self, name: str) -> Group:
        """Raises KeyError."""
        return self.state.groups[name.lower()]

    def project(self, key: str) -> Project:
        """Raises KeyError."""
        found = self.state.project_by(key)
        if found is None:
            raise KeyError(key)
        return found

    def repo(self, path: str) -> Repo:
        """By `KEY/slug`. Raises KeyError."""
        key, _, slug = path.partition("/")
        found = self.state.repository_by(self.project(key), slug)
        if found is None:
            raise KeyError(path)
        return found
