"""Running a job in this process: how its end is written down."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import jobs.execution
from jobs import JobContext
from jobs.execution import execute, warm_up
from jobs.registry import Job
from jobs.states import claim_job_run, take_away
from models import JobRun, JobState, Runtime, utc_now
from tests.functional.jobs import toys
from tests.functional.jobs.waiting import wait_until
from tests.jobs import make_due, run_due_jobs
from tests.unit.jobs.rows import claim, enqueue, get


def run(runtime: Runtime, declared: Job, **arguments: Any) -> JobRun:
    with runtime.database.write() as session:
        job_run_id = declared.enqueue(session, **arguments)
    assert run_due_jobs(runtime) == 1
    return get(runtime, job_run_id)


def test_a_job_that_returns_is_finished_with_its_last_progress(runtime: Runtime) -> None:
    done = run(runtime, toys.report, organization_id=5, actor="ann")

    assert done.state is JobState.FINISHED
    assert done.progress == {"done": 2, "total": 2, "note": "all"}
    assert toys.read_events(runtime) == ["ann 5 ann 5"]


def test_a_job_that_raises_is_tried_again_and_says_why(runtime: Runtime) -> None:
    failed = run(runtime, toys.fail, text="the moon is full")

    assert (failed.state, failed.attempts) == (JobState.QUEUED, 1)
    assert failed.error == "RuntimeError: the moon is full"


def test_a_job_that_always_raises_fails_after_four_attempts(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        job_run_id = toys.fail.enqueue(session, text="x")

    for _ in range(4):
        run_due_jobs(runtime)
        make_due(runtime)

    assert run_due_jobs(runtime) == 0
    assert (get(runtime, job_run_id).state, get(runtime, job_run_id).attempts) == (JobState.FAILED, 4)


def test_a_job_that_gives_up_is_not_tried_again(runtime: Runtime) -> None:
    failed = run(runtime, toys.give_up)

    assert (failed.state, failed.error) == (JobState.FAILED, "the project is gone")


def test_a_postponed_job_keeps_its_attempts(runtime: Runtime) -> None:
    waiting = run(runtime, toys.postpone)

    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 0)
    assert waiting.run_after > utc_now() + timedelta(minutes=59)
    assert waiting.progress == {"note": "the host asked us to wait"}


def test_a_row_with_a_name_that_is_no_job_fails_and_runs_nothing(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.add(JobRun(name="os.getpid", queue="sync"))

    assert run_due_jobs(runtime) == 1

    failed = get(runtime, 1)
    assert failed.state is JobState.FAILED
    assert "os.getpid" in failed.error


def test_a_job_that_somebody_else_has_is_left_alone(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    claimed = claim(runtime, job_run_id)

    assert not execute(runtime, job_run_id, worker="another", on_lost=pytest.fail)
    assert get(runtime, job_run_id).worker == claimed.holder


def test_a_job_that_was_taken_away_is_told_so_and_ends_without_a_trace(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = threading.Event()

    def be_taken_away(context: JobContext) -> None:
        with runtime.database.write() as session:
            take_away(session, session.get_one(JobRun, context.job_run_id), error="thought dead", max_attempts=4)
        assert lost.wait(10)

    declared = Job(name="zombie", queue="sync", timeout=60, max_attempts=4, function=be_taken_away)
    monkeypatch.setattr(jobs.execution, "find_job", {"zombie": declared}.get)
    monkeypatch.setattr(jobs.execution, "RENEW_SECONDS", 0.05)
    with runtime.database.write() as session:
        job_run_id = declared.enqueue(session)

    assert execute(runtime, job_run_id, worker="w", on_lost=lost.set)

    assert (get(runtime, job_run_id).state, get(runtime, job_run_id).error) == (JobState.QUEUED, "thought dead")


def test_the_lease_is_renewed_while_a_job_runs(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def be_slow(context: JobContext) -> None:
        begun = get(runtime, context.job_run_id).lease_until
        assert begun is not None
        deadline = utc_now() + timedelta(seconds=10)
        while (now := get(runtime, context.job_run_id).lease_until) == begun and utc_now() < deadline:
            threading.Event().wait(0.02)
        assert now is not None
        assert now > begun

    declared = Job(name="slow", queue="sync", timeout=60, max_attempts=1, function=be_slow)
    monkeypatch.setattr(jobs.execution, "find_job", {"slow": declared}.get)
    monkeypatch.setattr(jobs.execution, "RENEW_SECONDS", 0.05)

    assert run(runtime, declared).state is JobState.FINISHED


def test_a_renewal_that_fails_is_tried_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    renewals: list[int] = []

    def fail_at_first(*_arguments: object) -> bool:
        renewals.append(1)
        if len(renewals) == 1:
            raise OperationalError("UPDATE", {}, Exception("gone"))
        return True

    def wait(_context: JobContext) -> None:
        wait_until(lambda: len(renewals) > 1)

    declared = Job(name="patient", queue="sync", timeout=60, max_attempts=1, function=wait)
    monkeypatch.setattr(jobs.execution, "find_job", {"patient": declared}.get)
    monkeypatch.setattr(jobs.execution, "RENEW_SECONDS", 0.05)
    monkeypatch.setattr(jobs.execution, "renew_claim", fail_at_first)

    assert run(runtime, declared).state is JobState.FINISHED
    assert "could not renew the lease: OperationalError" in caplog.text


def test_warming_up_takes_no_job(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)

    warm_up(runtime)

    assert (get(runtime, job_run_id).state, get(runtime, job_run_id).attempts) == (JobState.QUEUED, 0)


def test_progress_is_written_once_per_second_at_most(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    with runtime.database.write() as session:
        claimed = claim_job_run(session, job_run_id, worker="w")
    assert claimed is not None
    now = [0.0]
    context = JobContext(runtime, claimed, clock=lambda: now[0])
    seen = []

    for moment in (0.0, 0.5, 0.9, 1.1):
        now[0] = moment
        context.progress(done=int(moment * 10))
        seen.append(get(runtime, job_run_id).progress["done"])

    assert seen == [0, 0, 0, 11]
    assert context.latest_progress["done"] == 11
