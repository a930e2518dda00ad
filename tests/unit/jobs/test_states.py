"""The life of a job row: each step is one UPDATE, and only the holder of the claim can take it."""

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from jobs.states import (
    claim_job_run,
    fail_job_run,
    finish_job_run,
    list_expired,
    list_held_by,
    postpone_job_run,
    release_job_run,
    renew_claim,
    retry_job_run,
    save_progress,
    take_away,
)
from models import JobRun, JobState, Runtime, utc_now
from tests.unit.jobs.rows import SOME_JOB, claim, enqueue, get


def test_a_waiting_job_is_claimed_once(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)

    claimed = claim(runtime, job_run_id)
    with runtime.database.write() as session:
        again = claim_job_run(session, job_run_id, worker="another")

    assert (claimed.arguments, claimed.attempt) == ({"some_id": 7}, 1)
    assert again is None
    assert get(runtime, job_run_id).state is JobState.RUNNING


def test_a_job_for_later_is_not_claimed_now(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        job_run_id = SOME_JOB.enqueue(session, run_after=utc_now() + timedelta(minutes=1))

    with runtime.database.write() as session:
        claimed = claim_job_run(session, job_run_id, worker="w")

    assert claimed is None


def test_progress_and_end_are_stored(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    claimed = claim(runtime, job_run_id)

    with runtime.database.write() as session:
        assert save_progress(session, claimed, {"done": 1})
    assert get(runtime, job_run_id).progress == {"done": 1}
    with runtime.database.write() as session:
        assert finish_job_run(session, claimed, {"done": 2})

    run = get(runtime, job_run_id)
    assert (run.state, run.progress, run.lease_until) == (JobState.FINISHED, {"done": 2}, None)
    assert run.ended_at is not None


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 10), (2, 60), (3, 300)])
def test_a_failed_job_is_tried_again_after_a_growing_time(runtime: Runtime, attempt: int, seconds: int) -> None:
    job_run_id = enqueue(runtime)
    with runtime.database.write() as session:
        session.get_one(JobRun, job_run_id).attempts = attempt - 1
    claimed = claim(runtime, job_run_id)
    before = utc_now()

    with runtime.database.write() as session:
        assert retry_job_run(session, claimed, error="no", max_attempts=4)

    run = get(runtime, job_run_id)
    assert (run.state, run.attempts, run.error, run.worker) == (JobState.QUEUED, attempt, "no", "")
    assert timedelta(seconds=seconds) <= run.run_after - before < timedelta(seconds=seconds + 5)


def test_after_the_last_attempt_a_job_has_failed(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    claimed = claim(runtime, job_run_id)

    with runtime.database.write() as session:
        assert retry_job_run(session, claimed, error="e" * 5000, max_attempts=1)

    run = get(runtime, job_run_id)
    assert run.state is JobState.FAILED
    assert len(run.error) == 2000


def test_a_postponed_job_waits_without_an_attempt_counted(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    claimed = claim(runtime, job_run_id)
    until = utc_now() + timedelta(hours=1)

    with runtime.database.write() as session:
        assert postpone_job_run(session, claimed, until=until, reason="rate limit")

    run = get(runtime, job_run_id)
    assert (run.state, run.attempts, run.run_after) == (JobState.QUEUED, 0, until)
    assert run.progress == {"note": "rate limit"}


def test_a_job_gives_way_to_one_that_waits_with_its_key(runtime: Runtime) -> None:
    first = enqueue(runtime, "k")
    claimed = claim(runtime, first)
    second = enqueue(runtime, "k")

    with runtime.database.write() as session:
        assert retry_job_run(session, claimed, error="no", max_attempts=4)

    assert first != second
    assert get(runtime, first).state is JobState.FAILED
    assert get(runtime, second).state is JobState.QUEUED


def test_a_postponed_or_released_job_gives_way_as_well(runtime: Runtime) -> None:
    postponed = enqueue(runtime, "k")
    claimed = claim(runtime, postponed)
    released = enqueue(runtime, "k")

    with runtime.database.write() as session:
        assert postpone_job_run(session, claimed, until=utc_now() + timedelta(hours=1), reason="")
    claim(runtime, released)
    last = enqueue(runtime, "k")
    with runtime.database.write() as session:
        assert release_job_run(session, session.get_one(JobRun, released))

    assert [get(runtime, number).state for number in (postponed, released, last)] == [
        JobState.FINISHED,
        JobState.FINISHED,
        JobState.QUEUED,
    ]


def test_a_zombie_whose_job_was_taken_over_changes_nothing(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    zombie = claim(runtime, job_run_id, worker="zombie")
    with runtime.database.write() as session:
        assert take_away(session, session.get_one(JobRun, job_run_id), error="died", max_attempts=4)
    heir = claim(runtime, job_run_id, worker="heir")

    with runtime.database.write() as session:
        changed = [
            renew_claim(session, zombie),
            save_progress(session, zombie, {"done": 99}),
            finish_job_run(session, zombie, {"done": 99}),
            fail_job_run(session, zombie, error="from the grave"),
            retry_job_run(session, zombie, error="from the grave", max_attempts=4),
            postpone_job_run(session, zombie, until=utc_now(), reason="from the grave"),
        ]

    assert changed == [False] * 6
    run = get(runtime, job_run_id)
    assert (run.state, run.worker, run.progress, run.error) == (JobState.RUNNING, heir.holder, {}, "")


def test_a_second_claim_of_the_same_worker_is_another_claim(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    first = claim(runtime, job_run_id)
    with runtime.database.write() as session:
        take_away(session, session.get_one(JobRun, job_run_id), error="", max_attempts=4)
    claim(runtime, job_run_id)

    with runtime.database.write() as session:
        is_held = renew_claim(session, first)

    assert not is_held


def test_a_job_of_a_dead_worker_waits_again_until_it_killed_too_many(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)

    for _ in range(4):
        claim(runtime, job_run_id)
        with runtime.database.write() as session:
            assert take_away(session, session.get_one(JobRun, job_run_id), error="died", max_attempts=4)

    run = get(runtime, job_run_id)
    assert (run.state, run.attempts, run.error) == (JobState.FAILED, 4, "died")


def test_only_leases_that_ran_out_are_expired(runtime: Runtime) -> None:
    expired, fresh = enqueue(runtime), enqueue(runtime)
    for job_run_id in (expired, fresh):
        claim(runtime, job_run_id)
    with runtime.database.write() as session:
        session.get_one(JobRun, expired).lease_until = utc_now() - timedelta(seconds=1)

    with runtime.database.read() as session:
        found = list_expired(session)

    assert [run.id for run in found] == [expired]


def test_renewing_keeps_a_lease_from_running_out(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    claimed = claim(runtime, job_run_id)
    with runtime.database.write() as session:
        session.get_one(JobRun, job_run_id).lease_until = utc_now() - timedelta(seconds=1)

    with runtime.database.write() as session:
        assert renew_claim(session, claimed)

    with runtime.database.read() as session:
        assert list_expired(session) == []


def test_the_jobs_of_one_worker_are_told_from_those_of_another(runtime: Runtime) -> None:
    own, foreign = enqueue(runtime), enqueue(runtime)
    claim(runtime, own, worker="sync.host_a.1")
    claim(runtime, foreign, worker="sync.hostxa.1")

    with runtime.database.read() as session:
        held = list_held_by(session, "sync.host_a.1")

    assert [run.id for run in held] == [own]


def test_a_hundred_requests_with_one_key_are_one_job(runtime: Runtime) -> None:
    numbers = {enqueue(runtime, "project:7") for _ in range(100)}

    assert len(numbers) == 1
    with runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(JobRun)) == 1


def test_a_request_during_the_run_is_one_more_job(runtime: Runtime) -> None:
    first = enqueue(runtime, "k")
    claim(runtime, first)

    later = {enqueue(runtime, "k") for _ in range(3)}

    assert len(later) == 1
    assert first not in later


def test_a_request_hurries_a_waiting_job_and_never_delays_it(runtime: Runtime) -> None:
    soon, late = utc_now() + timedelta(minutes=1), utc_now() + timedelta(hours=1)
    with runtime.database.write() as session:
        job_run_id = SOME_JOB.enqueue(session, coalesce_key="k", run_after=late)

    for run_after in (soon, late):
        with runtime.database.write() as session:
            SOME_JOB.enqueue(session, coalesce_key="k", run_after=run_after)

    assert get(runtime, job_run_id).run_after == soon


def test_somebody_waiting_moves_a_job_to_the_front_queue_where_it_is_dispatched_anew(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime, "k")
    with runtime.database.write() as session:
        session.get_one(JobRun, job_run_id).dispatched_at = utc_now()

    for queue in ("interactive", None):
        with runtime.database.write() as session:
            assert SOME_JOB.enqueue(session, coalesce_key="k", some_id=7, queue=queue) == job_run_id

    assert (get(runtime, job_run_id).queue, get(runtime, job_run_id).dispatched_at) == ("interactive", None)


def test_the_front_queue_does_not_dispatch_a_job_twice(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        job_run_id = SOME_JOB.enqueue(session, coalesce_key="k", some_id=7, queue="interactive")
        session.get_one(JobRun, job_run_id).dispatched_at = dispatched_at = utc_now()

    with runtime.database.write() as session:
        SOME_JOB.enqueue(session, coalesce_key="k", some_id=7, queue="interactive")

    assert get(runtime, job_run_id).dispatched_at == dispatched_at


def test_nothing_is_enqueued_by_a_transaction_that_fails(runtime: Runtime) -> None:
    with suppress(ZeroDivisionError), runtime.database.write() as session:
        SOME_JOB.enqueue(session)
        raise ZeroDivisionError

    with runtime.database.read() as session:
        assert session.scalars(select(JobRun)).all() == []
