"""Dead workers, old rows, and who is alive."""

from datetime import timedelta

from sqlalchemy import select

from jobs.heartbeats import beat, end_heartbeat, list_served_queues
from jobs.reaper import DIED, forget_old_jobs, release_jobs_of, requeue_expired_jobs, requeue_jobs_of
from models import JobRun, JobState, Runtime, WorkerHeartbeat, utc_now
from tests.functional.jobs.toys import write_line
from tests.unit.jobs.rows import claim, get


def enqueue(runtime: Runtime) -> int:
    with runtime.database.write() as session:
        return write_line.enqueue(session, text="x")


def test_a_job_with_an_expired_lease_waits_again(runtime: Runtime) -> None:
    expired, fresh = enqueue(runtime), enqueue(runtime)
    for job_run_id in (expired, fresh):
        claim(runtime, job_run_id)
    with runtime.database.write() as session:
        session.get_one(JobRun, expired).lease_until = utc_now() - timedelta(seconds=1)

    requeue_expired_jobs(runtime)

    assert (get(runtime, expired).state, get(runtime, expired).error) == (JobState.QUEUED, DIED)
    assert get(runtime, expired).run_after <= utc_now()
    assert get(runtime, fresh).state is JobState.RUNNING


def test_the_jobs_of_a_worker_that_is_known_to_be_dead_wait_again_at_once(runtime: Runtime) -> None:
    dead, living = enqueue(runtime), enqueue(runtime)
    claim(runtime, dead, worker="dead")
    claim(runtime, living, worker="living")

    requeue_jobs_of(runtime, "dead")

    assert (get(runtime, dead).state, get(runtime, dead).attempts) == (JobState.QUEUED, 1)
    assert get(runtime, living).state is JobState.RUNNING


def test_the_jobs_of_a_stopped_worker_wait_again_as_if_never_tried(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime)
    claim(runtime, job_run_id, worker="stopped")

    release_jobs_of(runtime, "stopped")

    assert (get(runtime, job_run_id).state, get(runtime, job_run_id).attempts) == (JobState.QUEUED, 0)


def test_finished_jobs_are_forgotten_before_failed_ones(runtime: Runtime) -> None:
    now = utc_now()
    with runtime.database.write() as session:
        for number, (state, days) in enumerate(
            [(JobState.FINISHED, 15), (JobState.FINISHED, 13), (JobState.FAILED, 15), (JobState.FAILED, 91)], start=1
        ):
            session.add(JobRun(id=number, name="x", queue="sync", state=state, ended_at=now - timedelta(days=days)))

    forget_old_jobs(runtime)

    with runtime.database.read() as session:
        assert session.scalars(select(JobRun.id).order_by(JobRun.id)).all() == [2, 3]


def test_a_process_counts_while_it_is_heard_of(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        for name, queue in (("a", "sync"), ("b", "ticker"), ("c", "packages"), ("d", "interactive")):
            beat(session, name=name, queue=queue)
        session.get_one(WorkerHeartbeat, "c").seen_at = utc_now() - timedelta(minutes=1)
        end_heartbeat(session, "d")

    with runtime.database.read() as session:
        assert list_served_queues(session) == {"sync", "ticker"}


def test_a_second_beat_of_a_process_is_the_same_row(runtime: Runtime) -> None:
    for _ in range(2):
        with runtime.database.write() as session:
            beat(session, name="a", queue="sync")

    with runtime.database.read() as session:
        (row,) = session.scalars(select(WorkerHeartbeat))
    assert row.seen_at >= row.started_at


def test_rows_of_processes_that_died_long_ago_go(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        beat(session, name="a", queue="sync")
        beat(session, name="b", queue="sync")
        session.get_one(WorkerHeartbeat, "a").seen_at = utc_now() - timedelta(hours=2)

    forget_old_jobs(runtime)

    with runtime.database.read() as session:
        assert session.scalars(select(WorkerHeartbeat.name)).all() == ["b"]
