"""Read the host for a run: what has to be asked again, and how far the reading is."""

import time
from datetime import timedelta

from sqlalchemy import select

from integrations.codehost import CodeHost, RemoteRepository
from models import Repository, Runtime, Synchronization
from sync.lifecycle import keep_run
from sync.read import read_snapshot
from sync.snapshot import Snapshot

ACTIVITY_GRANULARITY = timedelta(hours=1)  # GitLab moves last_activity_at at most once an hour
PROGRESS_SECONDS = 1.0


def read_for_run(runtime: Runtime, host: CodeHost, synchronization: Synchronization, run_id: int) -> Snapshot:
    """The snapshot that the run asks for. Raises the CodeHostError family, and RunLost."""
    with runtime.database.read() as session:
        rows = session.scalars(select(Repository).where(Repository.synchronization_id == synchronization.id))
        known = {row.remote_id: row for row in rows}

    def needs_manifest(repository: RemoteRepository) -> bool:
        row = known.get(repository.remote_id)
        if row is None or row.manifest_checked_at is None:
            return True
        activity = repository.last_activity_at
        return activity is not None and activity + ACTIVITY_GRANULARITY >= row.manifest_checked_at

    return read_snapshot(
        host,
        root_id=synchronization.remote_id,
        needs_manifest=needs_manifest,
        progress=_Progress(runtime, host, run_id),
    )


class _Progress:
    """Writes how far the reading is, at most once a second, and so keeps the lease."""

    def __init__(self, runtime: Runtime, host: CodeHost, run_id: int) -> None:
        self._runtime, self._host, self._run_id = runtime, host, run_id
        self._written_at = float("-inf")

    def __call__(self, *, done: int, total: int) -> None:
        if done < total and time.monotonic() - self._written_at < PROGRESS_SECONDS:
            return
        self._written_at = time.monotonic()
        with self._runtime.database.write() as session:
            keep_run(session, run_id=self._run_id, done=done, total=total, requests=self._host.request_count.total)
