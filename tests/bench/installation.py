"""A whole installation beside a fake GitLab with a large company: web, ticker and workers, as in real life."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config import Settings
from models import RunScope, Runtime, Synchronization, SyncRun, open_runtime
from scripts.places import ROOT
from sync.jobs import request_run_now
from tests.fakes.company import BEGINNING, large_company
from tests.fakes.gitlab import FakeGitLab
from tests.functional.processes import Installation, end, wait_until
from tests.functional.rows import (
    add_credential,
    add_instance,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)
from tests.services import RedisServer

ENTRYPOINT = str(ROOT / "docker" / "entrypoint")
PROCESSES = (["web"], ["worker", "interactive"], ["worker", "sync"], ["ticker"])  # packages would only disturb
LOOK_SECONDS = 1.0
PATIENCE = 120.0


@dataclass(slots=True)
class Laboratory:
    """What is measured: the host, the processes, and a view of their database."""

    fake: FakeGitLab
    installation: Installation
    runtime: Runtime
    synchronization_id: int

    def run(self, scope: RunScope, *, meanwhile: Callable[[], None] = lambda: None) -> SyncRun:
        """Ask for a run, wait until it has ended, and return it. `meanwhile` is called every second."""
        self.fake.requests.clear()
        with self.runtime.database.write() as session:
            asked = request_run_now(
                session, synchronization_id=self.synchronization_id, reason="measurement", scope=scope
            ).id

        looked_at = time.monotonic()

        def has_ended() -> bool:
            nonlocal looked_at
            if time.monotonic() - looked_at > LOOK_SECONDS:
                looked_at = time.monotonic()
                meanwhile()
            return self._find_run(asked).ended_at is not None

        wait_until(has_ended, what="the run has ended", seconds=PATIENCE)
        return self._find_run(asked)

    def memory_of_largest(self, command: str) -> float:
        """The proportional share of memory, in MB, of the largest process of that command."""
        numbers = [number for number, text in self.installation.processes().items() if command in text]
        return max((proportional_size(number) for number in numbers), default=0.0)

    def _find_run(self, run_id: int) -> SyncRun:
        with self.runtime.database.read() as session:
            return session.get_one(SyncRun, run_id)


@contextmanager
def laboratory(folder: Path, database_url: str, *, size: tuple[int, int, int], latency: float) -> Iterator[Laboratory]:
    """Everything started, nothing synchronized yet. `size`: groups, projects, people."""
    redis = RedisServer(folder / "redis")
    redis.start()
    try:
        with FakeGitLab() as fake:
            groups, projects, people = size
            top = large_company(fake, groups=groups, projects=projects, members=people)
            _let_rest(fake)
            fake.delay(latency)
            installation = Installation(
                folder / "data",
                DATABASE_URL=database_url,
                REDIS_URL=redis.url,
                OUTBOUND_ALLOW=urlsplit(fake.base_url).netloc,
            )
            yield from _started(fake, installation, remote_id=str(top.id))
    finally:
        redis.stop()


def proportional_size(process: int) -> float:
    """The proportional share of memory of a process, in MB; nothing when it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def _let_rest(fake: FakeGitLab) -> None:
    """Nothing was pushed lately: otherwise every run would have to look at every composer.json again."""
    for project in fake.state.projects.values():
        project.last_activity_at = BEGINNING


def _started(fake: FakeGitLab, installation: Installation, *, remote_id: str) -> Iterator[Laboratory]:
    runtime = open_runtime(Settings.from_env(installation.environment))
    synchronization_id = _add_rows(runtime, fake, remote_id=remote_id)
    processes = [installation.start(ENTRYPOINT, *command) for command in PROCESSES]
    try:
        wait_until(lambda: installation.get("/healthz")[0] == 200, what="the pages are there")
        yield Laboratory(fake, installation, runtime, synchronization_id)
    finally:
        for process in processes:
            end(process)
        runtime.database.close()
        installation.clean_up()


def _add_rows(runtime: Runtime, fake: FakeGitLab, *, remote_id: str) -> int:
    box, owner = runtime.secret_box, fake.user("owner")
    with runtime.database.write() as session:
        add_instance(session, box)
        integration = add_integration(session, box, base_url=fake.base_url)
        user = add_user(session, integration, "owner")
        user.identities[0].remote_id = str(owner.id)
        credential = add_credential(session, box, user.identities[0], token=fake.personal_token(owner))
        organization = add_organization(session)
        made: Synchronization = add_synchronization(
            session, organization, integration, remote_id=remote_id, credential=credential
        )
        return made.id
