"""Run the supervisor in the foreground: tell when it is ready and what fails, and leave nothing behind at the end."""

import ctypes
import os
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from supervisor.xmlrpc import SupervisorTransport

from scripts.places import ROOT, Places

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
POLL_SECONDS = 0.1
LOOK_SECONDS = 2.0
STOP_SECONDS = 12.0
TROUBLE = {"BACKOFF": "does not start", "FATAL": "does not start; no further attempt is made"}


class Supervision:
    """One supervisor process and all processes below it."""

    def __init__(self, places: Places, *, environment: Mapping[str, str]) -> None:
        self._places = places
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._stop_requested = False
        self._told: dict[str, str] = {}

    def start(self) -> None:
        """Start the supervisor in a session of its own, so that Ctrl-C reaches only us and we stop it in order."""
        _call_prctl(PR_SET_CHILD_SUBREAPER, 1)  # processes whose parent was killed become ours, see _end_orphans
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._request_stop())
        configuration = self._places.run / "supervisor.conf"
        self._places.supervisor_socket.unlink(missing_ok=True)  # left behind when a supervisor was killed
        self._process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
            env=self._environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _call_prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
        )

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float) -> bool:
        """Whether `is_ready` became true in time. Returns early when told to stop or when the supervisor ends."""
        deadline = time.monotonic() + seconds
        while self.is_wanted and time.monotonic() < deadline:
            if is_ready():
                return True
            self._tell_trouble()
            time.sleep(POLL_SECONDS)
        return False

    def wait(self) -> int:
        """Stay until told to stop, and stop everything. Returns the exit code."""
        looked = time.monotonic()
        while self.is_wanted:
            if time.monotonic() - looked > LOOK_SECONDS:
                self._tell_trouble()
                looked = time.monotonic()
            time.sleep(POLL_SECONDS)
        if not self._stop_requested:
            print(f"The supervisor ended by itself; see {self._places.log / 'supervisor.log'}", file=sys.stderr)
        self.stop()
        return 0 if self._stop_requested else 1

    def stop(self) -> None:
        """Stop all processes, the web first and Redis last."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _end_orphans()

    @property
    def is_wanted(self) -> bool:
        """Whether the supervisor runs, and nobody has typed Ctrl-C or sent a signal."""
        return not self._stop_requested and self._process is not None and self._process.poll() is None

    def _request_stop(self) -> None:
        if not self._stop_requested:
            print("\nStopping …", flush=True)
        self._stop_requested = True

    def _tell_trouble(self) -> None:
        for name, state in _read_states(self._places.supervisor_socket).items():
            if state in TROUBLE and self._told.get(name) != state:
                print(f"{name} {TROUBLE[state]}; see {self._places.log / name}.log", file=sys.stderr, flush=True)
            self._told[name] = state


def _read_states(socket: Path) -> dict[str, str]:
    """The state of every program; nothing while the supervisor does not answer."""
    proxy = xmlrpc.client.ServerProxy("http://localhost", SupervisorTransport(None, None, f"unix://{socket}"))
    try:
        answer = proxy.supervisor.getAllProcessInfo()
    except (OSError, HTTPException, xmlrpc.client.Error):
        return {}
    assert isinstance(answer, list)
    return {str(entry["name"]): str(entry["statename"]) for entry in answer}


def _end_orphans() -> None:
    """Kill what outlived its parent: a job that did not end in time, and whatever it had started."""
    while children := _children():
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        for child in children:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)


def _children() -> list[int]:
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    if listed.exists():
        return [int(number) for number in listed.read_text(encoding="ascii").split()]
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _parent(path) == os.getpid()]


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return None


def _call_prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
