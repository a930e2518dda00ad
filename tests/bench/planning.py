"""How long planning and applying take, on both databases. `python -m tests.bench.planning`

The reference organization: 1,000 repositories, 100 groups, 2,000 people in them.
"""

import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from config import Settings
from integrations.codehost import RemoteMember, Visibility
from models import Runtime, Synchronization, open_runtime, utc_now
from sync.apply import apply_plan
from sync.load import load_state
from sync.plan import plan_synchronization
from sync.snapshot import Part, Snapshot
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

GROUPS, PEOPLE, REPOSITORIES, PEOPLE_PER_GROUP = 100, 2000, 1000, 50
ROLES = (GUEST, REPORTER, DEVELOPER, MAINTAINER)


def main() -> None:
    """Measure on SQLite and on PostgreSQL and print one table."""
    services, process = start_in_background()
    try:
        print(f"{'plan and apply, seconds':<26}{'first':>8}{'same':>8}{'1 %':>8}")
        with tempfile.TemporaryDirectory() as folder:
            with fresh_sqlite(services, Path(folder)) as url:
                _measure("SQLite", url, Path(folder))
            with fresh_postgresql(services, wait_for_address(services, "postgresql")) as url:
                _measure("PostgreSQL", url, Path(folder))
    finally:
        stop_background(services, process)


def reference_organization() -> Snapshot:
    """Always the same company."""
    dice = random.Random(1)
    logins = [f"person-{number}" for number in range(PEOPLE)]
    groups = tuple(
        team(str(number), path=f"acme/group-{number}" if number > 1 else "acme", parent_id="1" if number > 1 else None)
        for number in range(1, GROUPS + 1)
    )
    return snapshot(
        teams=groups,
        team_members={
            group.remote_id: complete(member("boss", OWNER), *_some(dice, logins, PEOPLE_PER_GROUP)) for group in groups
        },
        repositories=tuple(
            repository(str(1000 + number), team_id=str(1 + number % GROUPS), visibility=dice.choice(list(Visibility)))
            for number in range(REPOSITORIES)
        ),
        repository_members={str(1000 + number): complete(*_some(dice, logins, 2)) for number in range(REPOSITORIES)},
    )


def _some(dice: random.Random, logins: list[str], count: int) -> list[RemoteMember]:
    return [member(login, dice.choice(ROLES)) for login in dice.sample(logins, count)]


def _one_percent_changed(remote: Snapshot) -> Snapshot:
    first = remote.teams[1].remote_id
    members: Part[RemoteMember] = remote.team_members[first]
    return replace(remote, team_members={**remote.team_members, first: complete(*members.items[1:])})


def _measure(title: str, url: str, folder: Path) -> None:
    runtime = open_runtime(Settings.from_env({"REPERTORY_DATA_DIR": str(folder / "var"), "DATABASE_URL": url}))
    with runtime.database.write() as session:
        integration = add_integration(session, runtime.secret_box)
        synchronization_id = add_synchronization(session, add_organization(session), integration).id
    remote = reference_organization()
    seconds = [_run(runtime, synchronization_id, read) for read in (remote, remote, _one_percent_changed(remote))]
    print(f"{title:<26}" + "".join(f"{value:>8.2f}" for value in seconds))
    runtime.database.close()


def _run(runtime: Runtime, synchronization_id: int, remote: Snapshot) -> float:
    now, began = utc_now(), time.monotonic()
    with runtime.database.write() as session:
        synchronization = session.get_one(Synchronization, synchronization_id)
        state = load_state(session, synchronization)
        plan = plan_synchronization(state, remote, today=now.date())
        apply_plan(session, synchronization=synchronization, state=state, plan=plan, snapshot=remote, now=now)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
