"""Real worker and ticker processes for tests."""

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from models import Runtime
from tests.functional.jobs import service

LEASE_SECONDS = 2.0

# They are forked from a process that has imported everything and done nothing: importing takes a second of CPU time.
NURSERY = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload([service.__name__])


class Process:
    """One of them, handled like a `subprocess.Popen`."""

    def __init__(self, environment: Mapping[str, str], *arguments: str) -> None:
        self._process = NURSERY.Process(target=service.become, args=(dict(environment), *arguments))
        self._process.start()

    def send_signal(self, number: signal.Signals) -> None:
        """Unless it has ended."""
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> None:
        """Raises subprocess.TimeoutExpired when it has not ended by then."""
        self._process.join(timeout)
        if self._process.is_alive():
            raise subprocess.TimeoutExpired(self._process.name, timeout)


class Services:
    """Starts processes of this instance and ends what is left of them."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._started: list[Process] = []

    def start(self, kind: str, *queues: str, failpoints: str = "") -> Process:
        """`workers` (of `queues`) or `ticker`; `failpoints` names places at which it kills itself."""
        settings = self.runtime.settings
        environment = {
            **os.environ,
            "REPERTORY_DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "OUTBOUND_ALLOW": ",".join(settings.outbound_allow),
            "REPERTORY_FAILPOINTS": failpoints,
            "TEST_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        process = Process(environment, kind, *queues)
        self._started.append(process)
        return process

    def end(self) -> None:
        """Stop all, hard if need be."""
        for process in self._started:
            process.send_signal(signal.SIGTERM)
        for process in self._started:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=5)


@pytest.fixture
def services_of_jobs(runtime: Runtime) -> Iterator[Services]:
    """To start workers and the ticker of `runtime`."""
    services = Services(runtime)
    yield services
    services.end()
