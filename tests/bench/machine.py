"""How long synchronizations take in a whole installation, at a host that is 50 ms away. `python -m tests.bench.machine`

The reference organization: 1,000 repositories, 100 groups, 2,000 people. Nothing can be faster than the longest chain
of requests that need each other's answers, nor than all requests shared among the threads that send them.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Select, func, select

from models import (
    Grant,
    Identity,
    Membership,
    Repository,
    RunScope,
    SyncRun,
    Webhook,
    WebhookDelivery,
    WebhookState,
    utc_now,
)
from sync.readers import CONCURRENT_REQUESTS
from sync.schedule import QUIET
from tests.bench.installation import Laboratory, laboratory
from tests.bench.table import Table
from tests.databases import fresh_sqlite
from tests.fakes.gitlab import Level
from tests.functional.processes import wait_until
from tests.services import start_in_background, stop_background

LATENCY = 0.05
SIZE = (100, 1000, 2000)
OVER_FLOOR = 1.3
LISTS = ("GET /groups/:id/projects", "GET /groups/:id/descendant_groups")


def main() -> None:
    """Start everything once and measure one thing after the other."""
    services, process = start_in_background()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            fresh_sqlite(services, Path(folder)) as url,
            laboratory(Path(folder), url, size=SIZE, latency=LATENCY) as lab,
        ):
            _measure_runs(lab)
            _measure_webhooks(lab)
    finally:
        stop_background(services, process)


def _measure_runs(lab: Laboratory) -> None:
    groups, projects, people = SIZE
    table = Table(
        f"Runs: {projects:,} repositories, {groups} groups, {people:,} people, {LATENCY * 1000:.0f} ms per request, "
        f"{CONCURRENT_REQUESTS} requests at once"
    )
    largest = 0.0

    def watch() -> None:
        nonlocal largest
        largest = max(largest, lab.memory_of_largest("cli worker"))

    _add_run(table, "first", lab.run(RunScope.FULL, meanwhile=watch), lab)
    table.add("memory of the process that ran it", largest, "MB", remark="its share")
    _add_run(table, "unchanged", lab.run(RunScope.FULL), lab)
    _add_run(table, "quick check", lab.run(RunScope.CHEAP), lab, target=None)


def _add_run(table: Table, name: str, run: SyncRun, lab: Laboratory, *, target: float | None = OVER_FLOOR) -> None:
    chain = 1 + max(lab.fake.request_counts[listing] for listing in LISTS)
    floor = max(chain, run.request_count / CONCURRENT_REQUESTS) * LATENCY
    assert run.started_at is not None
    assert run.ended_at is not None
    seconds = (run.ended_at - run.started_at).total_seconds()
    table.add(f"{name}: from begin to end", seconds, "s", remark=f"{run.result}, {len(run.changes)} changes")
    table.add(f"{name}: times the floor of {floor:.2f} s", seconds / floor, target=target)
    table.add(f"{name}: requests", run.request_count, remark=f"{run.not_modified_count} only confirmed (304)")


def _measure_webhooks(lab: Laboratory) -> None:
    table = Table("Webhooks: from the receipt of a delivery until access has changed")
    wait_until(lambda: _has_hook(lab), what="the webhook is installed")
    project = lab.fake.project("large/team-0007/library-00007")
    grants = select(func.count()).select_from(Grant).join(Repository).where(Repository.remote_id == str(project.id))
    lab.fake.delete_project(project)
    gone, wait = _seconds_until(lab, lambda: _count(lab, grants) == 0), QUIET.total_seconds()
    table.add("a project was deleted", gone, "s", target=wait + 1, remark=f"{wait:.0f} s are waited for more")
    group, person = lab.fake.group("large/team-0007"), lab.fake.user("person-00003")
    account = Identity.remote_id == str(person.id)
    members = select(func.count()).select_from(Membership).join(Identity).where(account)
    before = _count(lab, members)
    lab.fake.add_member(group, person, Level.DEVELOPER)
    added = _seconds_until(lab, lambda: _count(lab, members) > before)
    table.add("somebody was added to a group", added, "s", target=1, remark="nothing is waited for")
    lab.fake.remove_member(group, person)
    removed = _seconds_until(lab, lambda: _count(lab, members) == before)
    table.add("somebody was removed from it", removed, "s", target=1, remark="nothing is waited for")


def _count(lab: Laboratory, query: Select[int]) -> int:
    with lab.runtime.database.read() as session:
        return session.scalar(query) or 0


def _has_hook(lab: Laboratory) -> bool:
    with lab.runtime.database.read() as session:
        return session.scalar(select(Webhook.id).where(Webhook.state == WebhookState.ACTIVE)) is not None


def _seconds_until(lab: Laboratory, has_changed: Callable[[], bool]) -> float:
    """From the receipt of the newest delivery."""
    wait_until(has_changed, what="the webhook has changed access")
    changed_at = utc_now()
    with lab.runtime.database.read() as session:
        received_at = session.scalars(select(func.max(WebhookDelivery.received_at))).one()
    return float((changed_at - received_at).total_seconds())


if __name__ == "__main__":
    main()
