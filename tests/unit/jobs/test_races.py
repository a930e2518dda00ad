"""Two at once, with connections of their own: what one UPDATE decides, and what waits for a commit."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from jobs.states import claim_job_run
from models import Database, JobRun, JobState, Runtime
from tests.unit.jobs.rows import SOME_JOB, enqueue, get


def test_of_many_processes_that_claim_a_job_one_gets_it(runtime: Runtime) -> None:
    numbers = [enqueue(runtime) for _ in range(20)]
    spawn = get_context("spawn")
    start = spawn.Barrier(3)
    taken: Queue[list[int]] = spawn.Queue()
    arguments = (runtime.settings.database_url, numbers, start, taken)

    rivals = [spawn.Process(target=_claim_all, args=arguments) for _ in range(3)]
    for rival in rivals:
        rival.start()
    claimed = [number for _ in rivals for number in taken.get(timeout=60)]
    for rival in rivals:
        rival.join(timeout=60)

    assert sorted(claimed) == numbers


def _claim_all(url: str, numbers: list[int], start: Barrier, taken: "Queue[list[int]]") -> None:
    database = Database(url)
    start.wait(timeout=60)
    got = []
    for number in numbers:
        with database.write() as session:
            if claim_job_run(session, number, worker="rival") is not None:
                got.append(number)
    taken.put(got)
    database.close()


def test_a_job_can_not_start_before_a_request_that_found_it_waiting_is_committed(runtime: Runtime) -> None:
    job_run_id = enqueue(runtime, "k")
    other = replace(runtime, database=Database(runtime.settings.database_url))

    def claim() -> int | None:
        with other.database.write() as session:
            claimed = claim_job_run(session, job_run_id, worker="w")
            return session.get_one(JobRun, event).id if claimed and event else None

    with ThreadPoolExecutor(1) as pool:
        with runtime.database.write() as session:
            event = SOME_JOB.enqueue(session)  # stands for what the event wrote
            assert SOME_JOB.enqueue(session, coalesce_key="k") == job_run_id
            seen = pool.submit(claim)
            threading.Event().wait(0.2)
            assert not seen.done()
        assert seen.result(timeout=30) == event
    other.database.close()
    assert get(runtime, job_run_id).state is JobState.RUNNING
