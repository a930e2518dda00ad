"""Full runs, quick checks and runs for one person that overlap: in the end everybody is where the host has them."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import sync.run
from jobs.execution import execute
from models import (
    Identity,
    JobRun,
    JobState,
    Package,
    PackageState,
    RunResult,
    RunScope,
    Synchronization,
    SyncRun,
    utc_now,
)
from sync.decision import Decision, decide
from sync.jobs import request_run
from sync.lifecycle import claim_run
from sync.person import synchronize_one_person
from sync.run import synchronize
from tests.fakes.gitlab import Level
from tests.functional.rows import add_synchronization
from tests.functional.sync.conftest import Company

PEOPLE = ("mia", "carla", "finn", "bob")
PLACES = ("acme", "acme/backend", "acme/frontend", "acme/platform", "acme/platform/tools")
LEVELS = (None, Level.REPORTER, Level.DEVELOPER, Level.MAINTAINER)
CHANGES = 6


def change_and_read(company: Company, login: str, *, changes: int) -> None:
    """As webhooks would: somebody's place changes, and they are read alone at once."""
    dice = random.Random(login)
    for _ in range(changes):
        path, level = dice.choice(PLACES), dice.choice(LEVELS)
        group, user = company.fake.group(path), company.fake.user(login)
        with suppress(KeyError):
            company.fake.remove_member(group, user)
        if level is not None:
            company.fake.add_member(group, user, level)
        read_alone(company, login, path)


def read_alone(company: Company, login: str, path: str) -> None:
    again = True
    while again:
        again = bool(
            synchronize_one_person(
                company.runtime,
                synchronization_id=company.synchronization_id,
                account_id=str(company.fake.user(login).id),
                team_id=str(company.fake.group(path).id),
                reason="test",
                actor="",
            )
        )


def run_until(company: Company, is_over: Event) -> int:
    """Full runs and quick checks, one after another, until the changes are over; returns how many."""
    count = 0
    while not is_over.is_set():
        scope = RunScope.CHEAP if count % 3 == 2 else RunScope.FULL
        with company.runtime.database.write() as session:
            request_run(session, synchronization_id=company.synchronization_id, reason="test", scope=scope)
        with company.runtime.database.write() as session:
            run_id = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=count)
        assert run_id is not None
        synchronize(company.runtime, run_id=run_id)
        count += 1
    return count


def read_waiting_people(company: Company) -> None:
    query = select(JobRun.id).where(
        JobRun.name.endswith("synchronize_person"), JobRun.state == JobState.QUEUED, JobRun.run_after <= utc_now()
    )
    while True:
        with company.runtime.database.read() as session:
            waiting = session.scalars(query).all()
        if not waiting:
            return
        for job_run_id in waiting:
            execute(company.runtime, job_run_id, worker="test", on_lost=lambda: None)


def about_somebody(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without teams that a run for one person left empty: the next full run removes them, with what they had."""
    emptied = [change["name"] for change in changes if (change["kind"], change["action"]) == ("team", "remove")]
    followers = tuple(f"{name} may read" for name in emptied)
    return [
        change
        for change in changes
        if change["name"] not in emptied and not (change["kind"] == "grant" and change["detail"].startswith(followers))
    ]


def test_in_the_end_everybody_is_where_the_host_has_them(company: Company, scale: int) -> None:
    company.synchronize()
    is_over = Event()

    with ThreadPoolExecutor(len(PEOPLE) + 1) as pool:
        runs = pool.submit(run_until, company, is_over)
        changing = [pool.submit(change_and_read, company, login, changes=CHANGES * scale) for login in PEOPLE]
        try:
            for future in changing:
                future.result()
        finally:
            is_over.set()
    read_waiting_people(company)

    assert runs.result() > 0
    company.synchronize()
    assert about_somebody(company.last_run().changes) == []


def test_two_synchronizations_that_share_people_and_packages_write_one_after_the_other(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company.runtime.database.write() as session:
        first = session.get_one(Synchronization, company.synchronization_id)
        backend = str(company.fake.group("acme/backend").id)
        second = add_synchronization(
            session,
            first.organization,
            first.integration,
            remote_id=backend,
            credential=first.credential,
            is_primary=False,
        )
        both = [first.id, second.id]
    together = Barrier(2)

    def decide_together(session: Session, **asked: Any) -> Decision:
        decision = decide(session, **asked)
        with suppress(BrokenBarrierError):  # where the other waits for its turn, it can not come
            together.wait(timeout=0.5)
        return decision

    monkeypatch.setattr(sync.run, "decide", decide_together)

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda synchronization_id: run_once(company, synchronization_id), both))

    assert [run.result for run in runs] == [RunResult.OK, RunResult.OK]
    with company.runtime.database.read() as session:
        accounts = session.scalars(select(Identity.remote_id)).all()
        names = session.scalars(select(Package.name).where(Package.state != PackageState.CONFLICT)).all()
    assert len(accounts) == len(set(accounts))
    assert len(names) == len(set(names))


def run_once(company: Company, synchronization_id: int) -> SyncRun:
    with company.runtime.database.write() as session:
        request_run(session, synchronization_id=synchronization_id, reason="test")
        run_id = claim_run(session, synchronization_id=synchronization_id, job_run_id=synchronization_id)
    assert run_id is not None
    synchronize(company.runtime, run_id=run_id)
    with company.runtime.database.read() as session:
        return session.get_one(SyncRun, run_id)
