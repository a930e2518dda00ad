"""Start processes of this project as `make` and the containers do, and look at what they leave behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from scripts.places import ROOT
from tests.services import free_port

PATIENCE = 60.0  # a busy machine may be slow, but nothing here waits longer than it needs


class Installation:
    """Processes that share one data directory, one Redis and one port."""

    def __init__(self, data: Path, **environment: str) -> None:
        """`environment`: settings beyond the data directory and the address."""
        self.data = data
        self.sockets = Path(tempfile.mkdtemp(prefix="rpt-"))  # the path of a socket must be short
        self.output = self.sockets / "output.txt"
        self.port = free_port()
        own = {
            "REPERTORY_DATA_DIR": str(data),
            "REPERTORY_RUNTIME_DIR": str(self.sockets),
            "REPERTORY_BIND": f"127.0.0.1:{self.port}",
            "REPERTORY_BASE_URL": f"http://localhost:{self.port}",
            "REPERTORY_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
        }
        # Their coverage is not measured: the stories of the browser run the same processes.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        self.environment: Mapping[str, str] = {**inherited, **own, **environment}

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command in the project's folder; what it prints goes to `output`."""
        with self.output.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's folder to its end."""
        return subprocess.run(
            command, cwd=ROOT, env=dict(self.environment), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip

    def has_printed(self, text: str) -> bool:
        """Whether one of the started commands has printed that."""
        return text in self.output.read_text(encoding="utf-8")

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page; status 0 when nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether everything works, background processes included."""
        status, body = self.get("/readyz")
        return status == 200 and '"status":"ok"' in body.replace(" ", "")

    def processes(self) -> dict[int, str]:
        """All living processes of this installation: their ids and commands."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                # Redis overwrites its environment with its title, which names the socket.
                if self._is_ours((folder / "environ").read_bytes()) or str(self.sockets) in command:
                    found[int(folder.name)] = command
            except OSError:  # it has ended meanwhile
                continue
        return found

    def clean_up(self) -> None:
        """End what a failed test left running."""
        for process in self.processes():
            os.kill(process, signal.SIGKILL)
        shutil.rmtree(self.sockets)

    def _is_ours(self, environment: bytes) -> bool:
        return f"REPERTORY_DATA_DIR={self.data}".encode() in environment.split(b"\0")


def wait_until(is_true: Callable[[], bool], *, what: str, seconds: float = PATIENCE) -> None:
    """Raises AssertionError when it does not become true in time."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} seconds: {what}"
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
    """Send a signal and wait: exit code, and the seconds it took."""
    began = time.monotonic()
    process.send_signal(number)
    code = process.wait(timeout=PATIENCE)
    return code, time.monotonic() - began
