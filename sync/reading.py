"""Read the host for a run: what has to be asked again, and how far the reading is."""

import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from integrations.codehost import CodeHost, RemoteMember, RemoteRepository, RemoteTeam
from integrations.errors import RateLimited, Unauthorized
from integrations.service import open_code_host
from models import RunScope, Runtime, Synchronization, SynchronizationState, SyncRun, utc_now
from sync.known import load_checked_manifests, load_known
from sync.lifecycle import hold_run, keep_run
from sync.read import Select, may_have_changed, read_snapshot
from sync.readers import Progress
from sync.reserve import reserve_for
from sync.scopes import Known, Selection, select_changed
from sync.shelf import Shelf, store_shelf, take_shelf
from sync.snapshot import Part, Snapshot

PROGRESS_SECONDS = 1.0


def open_for_run(runtime: Runtime, run_id: int) -> tuple[CodeHost, Synchronization]:
    """The host with the credential of a run's synchronization. Raises the CodeHostError family."""
    with runtime.database.read() as session:
        run = session.get_one(SyncRun, run_id)
        synchronization = run.synchronization
    if synchronization.credential_id is None:
        raise Unauthorized("no account is connected for this synchronization")
    reserve = reserve_for(run.reasons)
    return open_code_host(runtime, synchronization.credential_id, reserve=reserve), synchronization


def read_for_run(
    runtime: Runtime,
    host: CodeHost,
    synchronization: Synchronization,
    run_id: int,
    *,
    progress: Progress | None = None,
) -> Snapshot:
    """The snapshot that the run asks for. Raises the CodeHostError family, and RunLost.

    What was read before the host makes the run wait is kept for the run that goes on. `progress`: for a run that does
    not hold its synchronization, and so leaves nothing to others.
    """
    with runtime.database.read() as session:
        checked = load_checked_manifests(session, synchronization)
    if progress is not None:
        return _read(host, synchronization, checked, progress)
    choice, shelf = _prepare(runtime, synchronization, run_id)
    watched = _Progress(runtime, host, run_id)
    try:
        snapshot = _read(host, synchronization, checked, watched, select=choice, shelf=shelf)
    except RateLimited:
        with runtime.database.write() as session:
            hold_run(session, run_id=run_id)
            store_shelf(session, run_id=run_id, shelf=shelf)
        raise
    if choice is not None and choice.has_gone_on:
        _note_full(runtime, run_id)
    return snapshot


def _read(
    host: CodeHost,
    synchronization: Synchronization,
    checked: Mapping[str, datetime | None],
    progress: Progress,
    *,
    select: Select | None = None,
    shelf: Shelf | None = None,
) -> Snapshot:
    def needs_manifest(repository: RemoteRepository) -> bool:
        return may_have_changed(repository, since=checked.get(repository.remote_id))

    return read_snapshot(
        host,
        root_id=synchronization.remote_id,
        needs_manifest=needs_manifest,
        progress=progress,
        select=select,
        shelf=shelf,
    )


def _prepare(runtime: Runtime, synchronization: Synchronization, run_id: int) -> tuple["_QuickChoice | None", Shelf]:
    """How to choose what is read (None: everything is), and what the run before has left."""
    now = utc_now()
    with runtime.database.write() as session:
        hold_run(session, run_id=run_id)
        run = session.get_one(SyncRun, run_id)
        if run.scope is RunScope.CHEAP and not _may_be_quick(synchronization):
            run.scope = RunScope.FULL
        known = load_known(session, synchronization) if run.scope is RunScope.CHEAP else None
        shelf = take_shelf(session, run=run, now=now)
    return None if known is None else _QuickChoice(known, now.date()), shelf


def _may_be_quick(synchronization: Synchronization) -> bool:
    """A quick check builds upon a full run, and upon a credential that saw everything."""
    needs_all = {
        SynchronizationState.NEW,
        SynchronizationState.NEEDS_CREDENTIAL,
        SynchronizationState.REMOTE_MISSING,
    }
    return synchronization.last_ok_at is not None and synchronization.state not in needs_all


def _note_full(runtime: Runtime, run_id: int) -> None:
    with runtime.database.write() as session:
        hold_run(session, run_id=run_id)
        run = session.get_one(SyncRun, run_id)
        run.scope, run.reasons = RunScope.FULL, [*run.reasons, "members of the root changed"]


class _QuickChoice:
    """Chooses whose members a quick check reads, and remembers whether that became everybody."""

    def __init__(self, known: Known, today: date) -> None:
        self._known, self._today = known, today
        self.has_gone_on = False

    def __call__(
        self, teams: Sequence[RemoteTeam], repositories: Sequence[RemoteRepository], root_members: Part[RemoteMember]
    ) -> Selection:
        selection = select_changed(self._known, teams, repositories, root_members, today=self._today)
        self.has_gone_on = selection.is_everything
        return selection


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
