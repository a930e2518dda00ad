"""Real workers, a real Redis and both databases: what crashes and outages do to jobs."""

from models import JobState, Runtime
from tests.functional.jobs.conftest import Services
from tests.functional.jobs.toys import die_once, read_events, slow, write_line
from tests.functional.jobs.waiting import wait_for_event, wait_for_state


def test_a_job_runs_soon_after_the_commit(runtime: Runtime, services_of_jobs: Services) -> None:
    services_of_jobs.start("workers")
    services_of_jobs.start("ticker")

    with runtime.database.write() as session:
        job_run_id = write_line.enqueue(session, text="hello")

    run = wait_for_state(runtime, job_run_id, JobState.FINISHED)
    assert read_events(runtime) == ["hello"]
    assert run.attempts == 1


def test_a_job_whose_horse_was_killed_runs_again_at_once(runtime: Runtime, services_of_jobs: Services) -> None:
    services_of_jobs.start("workers")
    services_of_jobs.start("ticker")

    with runtime.database.write() as session:
        job_run_id = die_once.enqueue(session, text="x")

    run = wait_for_state(runtime, job_run_id, JobState.FINISHED)
    assert read_events(runtime) == ["attempt 1 x", "attempt 2 x"]
    assert run.attempts == 2


def test_a_job_runs_again_when_worker_and_horse_were_killed(runtime: Runtime, services_of_jobs: Services) -> None:
    workers = services_of_jobs.start("workers")
    services_of_jobs.start("ticker")
    with runtime.database.write() as session:
        job_run_id = slow.enqueue(session, text="x")
    wait_for_event(runtime, "began x")

    workers.kill()
    workers.wait()
    services_of_jobs.start("workers")
    (runtime.settings.data_dir / "go-x").touch()

    run = wait_for_state(runtime, job_run_id, JobState.FINISHED)
    assert run.attempts == 2
    assert [line.split()[0] for line in read_events(runtime)] in (["began", "began", "ended"], ["began", "ended"])
