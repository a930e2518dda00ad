"""How long it takes to decide and to write, on both databases. `python -m tests.bench.planning`

The reference organization: 1,000 repositories, 100 groups, 2,000 people in them; and one that is much larger. Timed is
everything between the last answer of the host and the end of the run: what is here, plan, report, rows, audit log.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from config import Settings
from integrations.codehost import RemoteMember, Visibility
from jobs.process import settle_memory
from models import ManifestState, Runtime, Synchronization, SyncRun, open_runtime, utc_now
from sync.decision import decide
from sync.jobs import request_run
from sync.snapshot import Manifest, Part, Snapshot
from sync.writing import write_decision
from tests.bench.table import Table
from tests.databases import fresh_postgresql, fresh_sqlite
from tests.functional.rows import add_integration, add_organization, add_synchronization
from tests.services import start_in_background, stop_background, wait_for_address
from tests.unit.sync.remote import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    OWNER,
    REPORTER,
    complete,
    member,
    repository,
    snapshot,
    team,
)

ROLES = (GUEST, REPORTER, DEVELOPER, MAINTAINER)
PEOPLE_PER_GROUP = 50


@dataclass(frozen=True, slots=True)
class Size:
    """How large a company is."""

    repositories: int
    groups: int
    people: int


FIRST, UNCHANGED, CHANGED = "first", "unchanged", "1 % changed"
TARGETS = {FIRST: 0.5, UNCHANGED: 0.1, CHANGED: 0.1}  # seconds, for the smaller company
SIZES = (Size(1000, 100, 2000), Size(10_000, 500, 10_000))


@dataclass(slots=True)
class Written:
    """How many rows of which table were written, and the seconds that it took."""

    seconds: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """In all tables together."""
        return sum(self.rows.values())


Measured = dict[tuple[str, str], Written]  # by run and database


def main() -> None:
    """Measure on SQLite and on PostgreSQL, the small company first."""
    settle_memory()  # as every worker does
    services, process = start_in_background()
    try:
        small, large = (_measure_size(services, size) for size in SIZES)
    finally:
        stop_background(services, process)
    more = SIZES[1].repositories / SIZES[0].repositories
    table = Table(f"Growth: how many times longer a company with {more:.0f} times as many repositories takes")
    for name, written in large.items():
        table.add(f"{name[1]}: {name[0]}", written.seconds / small[name].seconds, target=more)


def _measure_size(services: Path, size: Size) -> Measured:
    """One company on both databases."""
    table = Table(f"Plan and apply: {size.repositories:,} repositories, {size.groups:,} groups, {size.people:,} people")
    measured: Measured = {}
    with tempfile.TemporaryDirectory() as folder:
        with fresh_sqlite(services, Path(folder)) as url:
            measured |= _measure("SQLite", size, url, Path(folder), table)
        with fresh_postgresql(services, wait_for_address(services, "postgresql")) as url:
            measured |= _measure("PostgreSQL", size, url, Path(folder), table)
    return measured


def build_organization(size: Size) -> Snapshot:
    """Always the same company; four repositories of five are packages."""
    dice = random.Random(1)
    logins = [f"person-{number}" for number in range(size.people)]
    groups = tuple(
        team(str(number), path=f"acme/group-{number}" if number > 1 else "acme", parent_id="1" if number > 1 else None)
        for number in range(1, size.groups + 1)
    )
    ids = [str(1000 + number) for number in range(size.repositories)]
    return snapshot(
        teams=groups,
        team_members={
            group.remote_id: complete(member("boss", OWNER), *_some(dice, logins, PEOPLE_PER_GROUP)) for group in groups
        },
        repositories=tuple(
            repository(key, team_id=str(1 + number % size.groups), visibility=dice.choice(list(Visibility)))
            for number, key in enumerate(ids)
        ),
        repository_members={key: complete(*_some(dice, logins, 2)) for key in ids},
        manifests={key: _manifest(number) for number, key in enumerate(ids)},
    )


def _manifest(number: int) -> Manifest:
    is_there = number % 5 > 0
    state = ManifestState.PRESENT if is_there else ManifestState.ABSENT
    return Manifest(state, f"acme/package-{number}" if is_there else "")


def _some(dice: random.Random, logins: list[str], count: int) -> list[RemoteMember]:
    return [member(login, dice.choice(ROLES)) for login in dice.sample(logins, count)]


def _one_percent_changed(remote: Snapshot) -> Snapshot:
    """In one group of a hundred half of the people are others, and one repository of a hundred has other readers."""
    teams: dict[str, Part[RemoteMember]] = dict(remote.team_members)
    for changed in remote.teams[1::100]:
        new = (member(f"new-{number}") for number in range(PEOPLE_PER_GROUP // 2))
        teams[changed.remote_id] = complete(*teams[changed.remote_id].items[::2], *new)
    collaborators: dict[str, Part[RemoteMember]] = dict(remote.repository_members)
    for repository_id in list(collaborators)[::100]:
        collaborators[repository_id] = complete(member("new-1"), *collaborators[repository_id].items[1:])
    return replace(remote, team_members=teams, repository_members=collaborators)


def _all_looked_at(remote: Snapshot) -> Snapshot:
    """As the host is found the next time: no manifest is read again where nothing was pushed."""
    return replace(remote, manifests={})


def _measure(title: str, size: Size, url: str, folder: Path, table: Table) -> Measured:
    runtime = open_runtime(Settings.from_env({"REPERTORY_DATA_DIR": str(folder / "var"), "DATABASE_URL": url}))
    with runtime.database.write() as session:
        integration = add_integration(session, runtime.secret_box)
        synchronization_id = add_synchronization(session, add_organization(session), integration).id
    remote = build_organization(size)
    same = _all_looked_at(remote)
    measured: Measured = {}
    changed = _one_percent_changed(same)
    reads = {FIRST: [remote], UNCHANGED: [same] * 3, CHANGED: [changed, same, changed]}  # back is a change, too
    for name, read in reads.items():  # other work of the machine only makes it slower
        tries = [_run(runtime, synchronization_id, each) for each in read]
        written = measured[name, title] = min(tries, key=lambda each: each.seconds)
        target = TARGETS[name] if size == SIZES[0] else None
        table.add(f"{title}: {name}", written.seconds, "s", target=target, remark=f"{written.row_count:,} rows written")
    table.add(f"{title}: rows written, {UNCHANGED}", measured[UNCHANGED, title].row_count, target=0)
    runtime.database.close()
    return measured


def _run(runtime: Runtime, synchronization_id: int, remote: Snapshot) -> Written:
    with runtime.database.write() as session:
        run_id = request_run(session, synchronization_id=synchronization_id, reason="bench").id
    with _count_rows(runtime.database.write_engine) as written:
        now = utc_now()
        with runtime.database.write() as session:
            before = {} if runtime.database.is_sqlite else _counted_by_postgresql(session)
            began = time.perf_counter()
            synchronization = session.get_one(Synchronization, synchronization_id)
            run = session.get_one(SyncRun, run_id)
            decision = decide(session, synchronization=synchronization, snapshot=remote, today=now.date())
            write_decision(
                session, synchronization=synchronization, run=run, decision=decision, snapshot=remote, now=now
            )
            written.seconds = time.perf_counter() - began
            if not runtime.database.is_sqlite:
                after = _counted_by_postgresql(session)
                written.rows = {name: after[name] - before[name] for name in after if name != "sync_run"}
            began = time.perf_counter()
        written.seconds += time.perf_counter() - began  # the commit
    with runtime.database.write() as session:
        session.get_one(SyncRun, run_id).ended_at = now
    return written


def _counted_by_postgresql(session: Session) -> dict[str, int]:
    """Rows written by this connection, COPY included. What it has not told the server yet is in there too."""
    session.flush()
    query = text("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
    return {row[0]: row[1] for row in session.execute(query)}


@contextmanager
def _count_rows(engine: Engine) -> Iterator[Written]:
    """Every row that is inserted, changed or deleted, but the run's own."""
    written = Written()

    def count(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        words = statement.split(None, 3)
        table = words[1] if words[0] == "UPDATE" else words[2] if words[0] in {"INSERT", "DELETE"} else "sync_run"
        if table != "sync_run":
            written.rows[table] = written.rows.get(table, 0) + max(cursor.rowcount, 0)

    event.listen(engine, "after_cursor_execute", count)
    yield written
    event.remove(engine, "after_cursor_execute", count)


if __name__ == "__main__":
    main()
