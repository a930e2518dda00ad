"""The jobs around a synchronization: schedule, coalescing, rate limits, and what dead workers left behind."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from integrations.request_count import RequestCount
from models import (
    JobRun,
    JobState,
    Package,
    PackageState,
    RunPhase,
    RunResult,
    Synchronization,
    SynchronizationState,
    SyncRun,
    Webhook,
    WebhookState,
    utc_now,
)
from sync.jobs import request_due_runs, request_run, take_over_abandoned_runs
from sync.lifecycle import Ending, claim_run, finish_run, hold_run
from tests.fakes.gitlab import Kind
from tests.functional.sync.conftest import Company
from tests.jobs import run_due_jobs


def request(company: Company, reason: str = "test") -> SyncRun:
    with company.runtime.database.write() as session:
        return request_run(session, synchronization_id=company.synchronization_id, reason=reason)


def runs(company: Company) -> list[SyncRun]:
    with company.runtime.database.read() as session:
        return list(session.scalars(select(SyncRun).order_by(SyncRun.number)))


def waiting_jobs(company: Company, name: str) -> int:
    with company.runtime.database.read() as session:
        query = select(func.count(JobRun.id)).where(JobRun.name.endswith(name), JobRun.state == JobState.QUEUED)
        return session.scalar(query) or 0


def set_times(company: Company, **values: object) -> None:
    with company.runtime.database.write() as session:
        synchronization = session.get_one(Synchronization, company.synchronization_id)
        for column, value in values.items():
            setattr(synchronization, column, value)


def test_one_job_leads_to_packages_with_versions_and_to_webhooks(company: Company) -> None:
    request(company)

    run_due_jobs(company.runtime)

    with company.runtime.database.read() as session:
        states = set(session.scalars(select(Package.state)))
        hooks = set(session.scalars(select(Webhook.state)))
    assert states == {PackageState.ACTIVE}
    assert hooks == {WebhookState.ACTIVE}


def test_many_requests_become_one_run_with_all_reasons(company: Company) -> None:
    for reason in ("button", "webhook", "button"):
        request(company, reason)

    assert [(run.number, run.reasons) for run in runs(company)] == [(1, ["button", "webhook"])]
    assert waiting_jobs(company, "synchronize_organization") == 1


def test_what_comes_in_during_a_run_leads_to_one_more(company: Company) -> None:
    request(company)
    with company.runtime.database.write() as session:
        claim_run(session, synchronization_id=company.synchronization_id, job_run_id=1)

    request(company, "webhook")
    request(company, "button")

    assert [(run.phase, run.reasons) for run in runs(company)] == [
        (RunPhase.READ, ["test"]),
        (RunPhase.WAITING, ["webhook", "button"]),
    ]


def test_the_schedule_asks_for_a_run_and_plans_the_next(company: Company) -> None:
    set_times(company, next_run_at=utc_now() - timedelta(seconds=1))

    request_due_runs(company.runtime)
    request_due_runs(company.runtime)

    assert [run.reasons for run in runs(company)] == [["schedule"]]
    with company.runtime.database.read() as session:
        next_run_at = session.get_one(Synchronization, company.synchronization_id).next_run_at
    assert next_run_at is not None
    assert next_run_at > utc_now() + timedelta(minutes=50)


def test_nothing_is_asked_for_before_its_time(company: Company) -> None:
    set_times(company, next_run_at=utc_now() + timedelta(minutes=1))

    request_due_runs(company.runtime)

    assert runs(company) == []


def test_a_run_whose_worker_died_is_started_again(company: Company) -> None:
    request(company)
    with company.runtime.database.write() as session:
        claim_run(session, synchronization_id=company.synchronization_id, job_run_id=1)
    take_over_abandoned_runs(company.runtime)
    assert runs(company)[0].result is None
    set_times(company, lease_until=utc_now() - timedelta(seconds=1))

    take_over_abandoned_runs(company.runtime)

    assert [(run.result, run.reasons) for run in runs(company)] == [
        (RunResult.INTERRUPTED, ["test"]),
        (None, ["interrupted"]),
    ]


def test_a_run_that_ends_at_the_last_moment_is_not_taken_over(company: Company) -> None:
    database = company.runtime.database
    request(company)
    with database.write() as session:
        run_id = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=1)
    assert run_id is not None
    set_times(company, lease_until=utc_now() - timedelta(seconds=1))

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            hold_run(session, run_id=run_id)
            others = pool.submit(take_over_abandoned_runs, company.runtime)
            wait([others], timeout=0.3)
            ending = Ending(RunResult.OK, SynchronizationState.OK)
            finish_run(session, run_id=run_id, ending=ending, count=RequestCount())
        others.result(timeout=30)

    assert [(run.result, run.reasons) for run in runs(company)] == [(RunResult.OK, ["test"])]


def test_a_rate_limit_plans_the_continuation_for_the_time_that_the_host_names(company: Company) -> None:
    company.fake.misbehave("/members/all", Kind.RATE_LIMITED, retry_after=3600)
    request(company)

    run_due_jobs(company.runtime)

    with company.runtime.database.read() as session:
        waiting = session.scalars(
            select(JobRun).where(JobRun.name.endswith("synchronize_organization"), JobRun.state == JobState.QUEUED)
        ).one()
    assert waiting.run_after > utc_now() + timedelta(minutes=50)
    assert [run.result for run in runs(company)] == [RunResult.POSTPONED, None]


def test_a_run_that_failed_for_trouble_at_the_host_is_tried_again_soon(company: Company) -> None:
    set_times(company, next_run_at=utc_now() + timedelta(minutes=50))
    company.fake.misbehave("/descendant_groups", Kind.STATUS_500)
    request(company)

    run_due_jobs(company.runtime)

    assert runs(company)[0].result is RunResult.FAILED
    with company.runtime.database.read() as session:
        next_run_at = session.get_one(Synchronization, company.synchronization_id).next_run_at
    assert next_run_at is not None
    assert next_run_at <= utc_now() + timedelta(minutes=5)


def test_a_run_without_a_credential_waits_for_one(company: Company) -> None:
    set_times(company, next_run_at=utc_now() + timedelta(minutes=50), credential_id=None)
    request(company)

    run_due_jobs(company.runtime)

    assert runs(company)[0].error_code == "unauthorized"
    with company.runtime.database.read() as session:
        next_run_at = session.get_one(Synchronization, company.synchronization_id).next_run_at
    assert next_run_at is not None
    assert next_run_at > utc_now() + timedelta(minutes=40)


def test_two_workers_never_have_one_synchronization(company: Company) -> None:
    request(company)
    with company.runtime.database.write() as session:
        first = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=1)
    request(company)

    with company.runtime.database.write() as session:
        second = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=2)

    assert first is not None
    assert second is None


def test_a_mistake_of_ours_ends_the_run_and_is_not_repeated_at_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise KeyError("a mistake")

    request(company)
    with monkeypatch.context() as broken:
        broken.setattr("sync.run.decide", fail)
        run_due_jobs(company.runtime)
    (failed,) = runs(company)
    assert (failed.result, failed.error_code, failed.changes) == (RunResult.FAILED, "internal_error", [])

    set_times(company, next_run_at=utc_now())
    request_due_runs(company.runtime)
    with company.runtime.database.write() as session:
        session.execute(update(JobRun).values(run_after=utc_now()))  # the failed job waits for a moment
    run_due_jobs(company.runtime)

    assert runs(company)[-1].result is RunResult.OK
