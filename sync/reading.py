"""Read the host for a run: what has to be asked again, and how far the reading is."""

import time
from datetime import timedelta

from sqlalchemy import select

from integrations.codehost import CodeHost, RemoteRepository
from integrations.errors import Unauthorized
from integrations.service import open_code_host
from models import Repository, Runtime, Synchronization, SyncRun
from sync.lifecycle import keep_run
from sync.read import Progress, read_snapshot
from sync.snapshot import Snapshot

ACTIVITY_GRANULARITY = timedelta(hours=1)  # GitLab moves last_activity_at at most once an hour
PROGRESS_SECONDS = 1.0


def open_for_run(runtime: Runtime, run_id: int) -> tuple[CodeHost, Synchronization]:
    """The host with the credential of a run's synchronization. Raises the CodeHostError family."""
    with runtime.database.read() as session:
        synchronization = session.get_one(SyncRun, run_id).synchronization
    if synchronization.credential_id is None:
        raise Unauthorized("no account is connected for this synchronization")
    return open_code_host(runtime, synchronization.credential_id), synchronization


def read_for_run(
    runtime: Runtime,
    host: CodeHost,
    synchronization: Synchronization,
    run_id: int,
    *,
    progress: Progress | None = None,
) -> Snapshot:
    """The snapshot that the run asks for. Raises the CodeHostError family, and RunLost.

    `progress`: for a run that does not hold its synchronization.
    """
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
        progress=progress or _Progress(runtime, host, run_id),
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
