"""The parent of the workers, as far as it can be seen without real ones."""

import pytest
from sqlalchemy.exc import OperationalError

from jobs.heartbeats import list_served_queues
from jobs.reaper import requeue_jobs_of
from jobs.workers import WorkerParent
from models import JobState, Runtime
from tests.functional.jobs.toys import write_line
from tests.unit.jobs.rows import claim, get


def test_what_is_due_to_a_dead_worker_waits_until_the_database_is_back(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with runtime.database.write() as session:
        job_run_id = write_line.enqueue(session, text="x")
    claim(runtime, job_run_id, worker="dead")
    parent = WorkerParent(runtime)
    parent.ended.append(("dead", requeue_jobs_of))

    def be_away(*_arguments: object, **_more: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("gone"))

    with monkeypatch.context() as patch:
        patch.setattr("jobs.workers.end_heartbeat", be_away)
        parent.tend()
    assert "the database does not answer" in caplog.text
    assert parent.ended

    parent.tend()

    assert parent.ended == []
    assert get(runtime, job_run_id).state is JobState.QUEUED


def test_the_parent_says_which_queues_are_served(runtime: Runtime) -> None:
    parent = WorkerParent(runtime)
    parent.add_child(pid=1, queue="sync", name="sync.host.1")

    parent.tend()

    with runtime.database.read() as session:
        assert list_served_queues(session) == {"sync"}
