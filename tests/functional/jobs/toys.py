"""Small jobs for tests of the machinery. What they did is seen in files of the data directory, one line per event."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from jobs import GiveUp, JobContext, Postponed, job
from models import Runtime, utc_now


@job(queue="sync", timeout=60)
def write_line(context: JobContext, *, text: str) -> None:
    """Leave one line."""
    note(context.runtime, text)


@job(queue="sync", timeout=60)
def slow(context: JobContext, *, text: str) -> None:
    """Say that it began, then wait until a file named `go-TEXT` appears."""
    note(context.runtime, f"began {text} {os.getpid()}")
    deadline = time.monotonic() + 30
    while not (context.runtime.settings.data_dir / f"go-{text}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    note(context.runtime, f"ended {text}")


@job(queue="sync", timeout=60)
def die_once(context: JobContext, *, text: str) -> None:
    """Die as by kill -9 at the first attempt."""
    note(context.runtime, f"attempt {context.attempt} {text}")
    if context.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@job(queue="sync", timeout=60)
def fail(context: JobContext, *, text: str) -> None:
    """Fail each time."""
    raise RuntimeError(text)


@job(queue="sync", timeout=60)
def give_up(context: JobContext) -> None:
    """Fail for good."""
    raise GiveUp("the project is gone")


@job(queue="sync", timeout=60)
def postpone(context: JobContext) -> None:
    """Ask for an hour."""
    raise Postponed(until=utc_now() + timedelta(hours=1), reason="the host asked us to wait")


@job(queue="sync", timeout=1)
def too_slow(context: JobContext) -> None:
    """Take longer than its time."""
    time.sleep(30)


@job(queue="interactive", timeout=60)
def report(context: JobContext, *, organization_id: int, actor: str) -> None:
    """Tell what it was given."""
    context.progress(done=1, total=2, note="half")
    note(context.runtime, f"{actor} {organization_id} {context.actor} {context.organization_id}")
    context.progress(done=2, total=2, note="all")


def note(runtime: Runtime, text: str) -> None:
    """Append a line that other processes see at once."""
    runtime.settings.data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(events(runtime), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{text}\n".encode())
    os.close(descriptor)


def events(runtime: Runtime) -> Path:
    """The file of events."""
    return runtime.settings.data_dir / "events"


def read_events(runtime: Runtime) -> list[str]:
    """All events so far."""
    return events(runtime).read_text(encoding="utf-8").splitlines() if events(runtime).exists() else []
