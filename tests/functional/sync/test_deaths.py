"""Workers that are killed, race or come too late, and a Redis that is lost: nothing is left undone or done twice."""

import itertools
import random
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess

import pytest
from redis import Redis
from sqlalchemy import select

from models import JobState, RunResult, Runtime, Synchronization, SyncRun, utc_now
from sync.jobs import synchronize_organization
from sync.lifecycle import RunLost, claim_run
from sync.person_jobs import request_person, tidy_person_runs
from sync.preview_jobs import request_preview
from sync.run import synchronize
from tests.fakes.gitlab import FakeGitLab, Kind
from tests.functional.jobs.conftest import Services
from tests.functional.jobs.waiting import wait_until
from tests.functional.sync import doing, horses
from tests.functional.sync.conftest import Company
from tests.functional.sync.small import (
    bury_the_dead,
    do_our_jobs,
    found_small_company,
    here,
    our_jobs,
    request,
    runs,
    someone_comes_or_goes,
    there,
    waiting_jobs,
)
from tests.services import RedisServer

IN_JOBS = ("sync.claimed", "sync.read", "sync.planned", "sync.apply", "sync.applied", "sync.ended", "sync.gone_on")


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """A small company."""
    with FakeGitLab() as server:
        found_small_company(server)
        yield server


def horse(company: Company, job_run_id: int, *, failpoints: str = "") -> ForkServerProcess:
    process = get_context("forkserver").Process(
        target=horses.work, args=(replace(company.runtime.settings, failpoints=failpoints), job_run_id)
    )
    process.start()
    return process


def ask_for_run(company: Company) -> None:
    request(company)


def ask_for_limited_run(company: Company) -> None:
    """The host asks for patience in the middle of it."""
    company.fake.misbehave(r"/members/all", Kind.RATE_LIMITED, times=50, retry_after=60)
    request(company)


def ask_for_person(company: Company) -> None:
    with company.runtime.database.write() as session:
        account = str(company.fake.user("newcomer").id)
        request_person(session, synchronization_id=company.synchronization_id, account_id=account, reason="test")


def ask_for_preview(company: Company) -> None:
    with company.runtime.database.write() as session:
        request_preview(session, synchronization_id=company.synchronization_id, actor="")


DEATHS: list[tuple[str, Callable[[Company], None]]] = [
    *((place, ask_for_run) for place in IN_JOBS),
    ("sync.ended", ask_for_limited_run),
    ("person.read", ask_for_person),
    ("person.apply", ask_for_person),
    ("preview.read", ask_for_preview),
]


def tidy_up_much_later(runtime: Runtime) -> None:
    """Runs for one person are begun anew by their job; what is left of the one that died says so in a while."""
    with runtime.database.write() as session:
        for run in session.scalars(select(SyncRun).where(SyncRun.result.is_(None))):
            run.started_at = utc_now() - timedelta(hours=1)
    tidy_person_runs(runtime)


def test_a_worker_killed_at_any_boundary_leaves_nothing_undone(company: Company) -> None:
    company.synchronize()
    do_our_jobs(company.runtime)
    for place, ask in DEATHS:
        someone_comes_or_goes(company)
        ask(company)
        before = len(runs(company))

        process = horse(company, waiting_jobs(company.runtime)[-1], failpoints=place)
        process.join(30)

        assert process.exitcode == -signal.SIGKILL, place
        company.fake.behave()
        bury_the_dead(company.runtime)
        do_our_jobs(company.runtime)
        tidy_up_much_later(company.runtime)
        doing.assert_nothing_is_left_over(company.runtime)
        if ask in (ask_for_run, ask_for_limited_run):
            assert here(company) == there(company), f"{place}, {ask.__name__}"
        assert len(runs(company)) >= before, place
        doing.run(company.runtime, company.synchronization_id)
        assert here(company) == there(company), place


def test_a_worker_killed_at_a_random_moment_leaves_nothing_undone(company: Company, scale: int) -> None:
    seed = 7 if scale == 1 else random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    company.synchronize()
    for number in range(3 if scale == 1 else 20 * scale):
        case = f"seed {seed}, kill {number}"
        someone_comes_or_goes(company)
        request(company)

        process = horse(company, waiting_jobs(company.runtime)[-1])
        process.join(dice.uniform(0.02, 0.5))
        process.kill()
        process.join()
        bury_the_dead(company.runtime)
        do_our_jobs(company.runtime)

        doing.assert_nothing_is_left_over(company.runtime)
        assert here(company) == there(company), case


def test_of_two_workers_with_one_synchronization_one_runs_at_a_time(company: Company, scale: int) -> None:
    company.synchronize()
    do_our_jobs(company.runtime)
    context = get_context("forkserver")
    for number in range(2 if scale == 1 else 3 * scale):
        someone_comes_or_goes(company)
        request(company)
        first, barrier = waiting_jobs(company.runtime)[-1], context.Barrier(2)
        with company.runtime.database.write() as session:
            second = synchronize_organization.enqueue(session, synchronization_id=company.synchronization_id)

        racers = [
            context.Process(target=horses.work_at_once, args=(company.runtime.settings, job_run_id, barrier))
            for job_run_id in (first, second)
        ]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(60)

        assert [racer.exitcode for racer in racers] == [0, 0]
        do_our_jobs(company.runtime)
        assert here(company) == there(company), f"round {number}"
        assert_one_at_a_time(runs(company))
        doing.assert_nothing_is_left_over(company.runtime)


def test_a_run_that_was_taken_over_while_it_read_writes_nothing(company: Company) -> None:
    company.synchronize()
    someone_comes_or_goes(company)
    company.fake.misbehave(r"/descendant_groups", Kind.SLOW, seconds=1.5, times=1)
    request(company)
    with company.runtime.database.write() as session:
        late = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=1) or 0
    with ThreadPoolExecutor(1) as pool:
        zombie = pool.submit(synchronize, company.runtime, run_id=late)
        wait_until(lambda: any("/descendant_groups" in record.path for record in company.fake.requests))
        with company.runtime.database.write() as session:  # when its lease has ended
            later = utc_now() + timedelta(hours=1)
            taken = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=2, now=later)
        synchronize(company.runtime, run_id=taken or 0)

        with pytest.raises(RunLost):
            zombie.result(30)

    assert here(company) == there(company)
    assert [run.result for run in runs(company)] == [RunResult.OK, RunResult.INTERRUPTED, RunResult.OK]
    doing.assert_nothing_is_left_over(company.runtime)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_redis_that_is_emptied_or_lost_with_all_its_data_costs_time_only(
    company: Company, own_redis: RedisServer
) -> None:
    runtime = replace(company.runtime, settings=replace(company.runtime.settings, redis_url=own_redis.url))
    services = Services(runtime)
    try:
        services.start("workers")
        services.start("ticker")
        for lose in (empty, kill_and_wipe):
            someone_comes_or_goes(company)
            company.fake.misbehave(r"/members/all", Kind.SLOW, seconds=0.15, times=12)
            company.fake.requests.clear()
            request(company)
            wait_until(lambda: any("/members/all" in record.path for record in company.fake.requests))

            lose(own_redis)
            request(company, "webhook: while Redis was gone")
            someone_comes_or_goes(company)

            wait_until(lambda: is_quiet(runtime), seconds=60)
            assert here(company) == there(company), lose.__name__
            doing.assert_nothing_is_left_over(runtime)
            assert runs(company)[-1].reasons[0].startswith("webhook")
    finally:
        services.end()


def empty(redis: RedisServer) -> None:
    """As an administrator may do by mistake."""
    with Redis.from_url(redis.url) as client:
        client.flushall()


def kill_and_wipe(redis: RedisServer) -> None:
    """A new machine in the place of the old one."""
    redis.kill()
    for path in redis.folder.rglob("*"):
        if path.is_file():
            path.unlink()
    redis.start()


def is_quiet(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        busy = session.scalars(our_jobs(JobState.QUEUED, JobState.RUNNING)).all()
        synchronization = session.query(Synchronization).one()
        return not busy and synchronization.requested_seq == synchronization.started_seq


def assert_one_at_a_time(found: list[SyncRun]) -> None:
    """No run began before the one before it had ended."""
    for before, after in itertools.pairwise(found):
        assert before.ended_at is not None
        assert after.started_at is not None
        assert before.ended_at <= after.started_at
