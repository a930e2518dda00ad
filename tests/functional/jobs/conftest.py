"""Real worker and ticker processes for tests."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import Runtime

ROOT = Path(__file__).resolve().parents[3]
LEASE_SECONDS = 2.0


class Services:
    """Starts processes of this instance and ends what is left of them."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, kind: str, *queues: str, failpoints: str = "") -> subprocess.Popen[bytes]:
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
        command = [sys.executable, "-m", "tests.functional.jobs.service", kind, *queues]
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
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
