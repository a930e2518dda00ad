"""The real product, as somebody runs it: upgrade, web, workers and ticker as processes, and a Redis of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from scripts.places import ROOT
from tests.e2e.certificates import Certificate
from tests.e2e.processes import CommandLines
from tests.services import RedisServer, free_port

CLI = (sys.executable, "-P", "-m", "cli")
START_SECONDS = 90.0
STOP_SECONDS = 20.0


@dataclass(slots=True)
class Product:
    """One installation. `folder` holds its data and logs."""

    folder: Path
    base_url: str
    environment: dict[str, str] = field(repr=False)
    redis: RedisServer
    certificate: Certificate | None = None
    command_lines: CommandLines = field(default_factory=CommandLines)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def trust(self) -> str | bool:
        """What clients that check certificates are told."""
        return str(self.certificate.certificate) if self.certificate else True

    def run(self, *arguments: str) -> str:
        """Run a `repertory` command to its end; what it printed. Raises AssertionError when it fails."""
        done = subprocess.run(
            [*CLI, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def start(self) -> None:
        """Start everything and wait until nothing is amiss."""
        self.redis.start()
        self.run("db", "upgrade")
        for command in ("serve", "worker", "ticker"):
            self._processes.append(self._spawn(command))
        self.command_lines.watch([process.pid for process in self._processes])
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            assert time.monotonic() < deadline, f"not ready after {START_SECONDS:.0f} seconds\n{self.logs()}"
            time.sleep(0.1)

    def stop(self) -> None:
        """End everything as a service manager does. Raises AssertionError for a process that does not end well."""
        self.command_lines.stop()
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=STOP_SECONDS) for process in self._processes]
        self.redis.stop()
        errors = [line for line in self.logs().splitlines() if '"level": "error"' in line or "Traceback" in line]
        assert errors == []
        assert codes == [0] * len(codes), f"exit codes of {[process.args for process in self._processes]}: {codes}"

    def logs(self) -> str:
        """What all processes wrote."""
        return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(self._log_files()))

    def stored_bytes(self) -> bytes:
        """All that lies in files: the database (SQLite's), what Redis has kept, documents."""
        folders = (self.folder / "var", self.redis.folder)
        files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        return b"\n".join(path.read_bytes() for path in files)

    def _log_files(self) -> list[Path]:
        return list((self.folder / "log").glob("*.log"))

    def _spawn(self, command: str) -> subprocess.Popen[bytes]:
        (self.folder / "log").mkdir(exist_ok=True)
        with (self.folder / "log" / f"{command}.log").open("wb") as log:
            return subprocess.Popen(
                [*CLI, command], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _is_ready(self) -> bool:
        stopped = [process for process in self._processes if process.poll() is not None]
        assert not stopped, f"one process ended by itself\n{self.logs()}"
        try:
            with requests.Session() as session:
                session.trust_env = False
                port = self.environment["REPERTORY_BIND"].rpartition(":")[2]
                scheme = self.base_url.partition(":")[0]
                answer = session.get(f"{scheme}://127.0.0.1:{port}/readyz", verify=self.trust, timeout=5)
                return answer.status_code == 200 and answer.json()["status"] == "ok"
        except requests.RequestException:
            return False


@contextmanager
def running_product(
    folder: Path,
    *,
    outbound_allow: str,
    database_url: str = "",
    host: str = "localhost",
    certificate: Certificate | None = None,
) -> Iterator[Product]:
    """A new installation in `folder`, on SQLite unless told otherwise; over https with a certificate for `host`.

    `outbound_allow`: HOST:PORT on this machine to which it may connect, where the fake code host is.
    """
    port = free_port()
    base_url = f"{'https' if certificate else 'http'}://{host}:{port}"
    own = {
        "PYTHONPATH": str(ROOT),
        "REPERTORY_DATA_DIR": str(folder / "var"),
        "REPERTORY_BIND": f"127.0.0.1:{port}",
        "REPERTORY_BASE_URL": base_url,
        "REPERTORY_SETUP_ADMIN": "",
        "DATABASE_URL": database_url,
        "OUTBOUND_ALLOW": outbound_allow,
        "GUNICORN_CMD_ARGS": "--workers=2",
    }
    if certificate:
        own["GUNICORN_CMD_ARGS"] += f" --certfile={certificate.certificate} --keyfile={certificate.key}"
    with tempfile.TemporaryDirectory(prefix="rpt-") as sockets:  # the path of a socket must be short
        redis = RedisServer(Path(sockets))
        product = Product(folder, base_url, {**os.environ, **own, "REDIS_URL": redis.url}, redis, certificate)
        try:
            product.start()
            yield product
        except BaseException as error:
            error.add_note(f"Logs of the product:\n{product.logs()[-6000:]}")
            raise
        finally:
            product.stop()
