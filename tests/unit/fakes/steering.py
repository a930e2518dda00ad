"""Fakes as processes of their own, and what steers any of them from outside."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from tests.fakes.parts.running import RunningFake

ROOT = Path(__file__).parents[3]

Process = subprocess.Popen[str]


def look(fake: RunningFake[Any], what: str) -> Any:
    """What the control endpoints show."""
    return requests.get(f"{fake.base_url}/_fake/{what}", timeout=10).json()


def act(fake: RunningFake[Any], action: str, /, **body: Any) -> Any:
    """Change the fake's world."""
    answer = requests.post(f"{fake.base_url}/_fake/{action}", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def started(host: str, folder: Path, *options: str) -> tuple[Process, dict[str, str]]:
    """The command of a fake's package, and the facts that it writes once it answers."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    words = [sys.executable, "-m", f"tests.fakes.{host}", "--ready-file", str(ready), *options]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return process, json.loads(ready.read_text())


def stopped(process: Process) -> tuple[str, int]:
    """What it wrote, and its exit code."""
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=10)
    return output, process.returncode
