"""Quick checks, full runs, and runs that the host makes wait."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

import sync.run
from jobs.execution import execute
from models import (
    Grant,
    Identity,
    JobRun,
    JobState,
    Membership,
    Package,
    Repository,
    RunResult,
    RunScope,
    Synchronization,
    SyncPart,
    SyncRun,
    Team,
    utc_now,
)
from sync.jobs import request_due_runs, request_run, request_run_now
from sync.lifecycle import claim_run
from sync.reading import read_for_run
from sync.requests import request_synchronization
from sync.timetable import due_scope
from tests.fakes.company import manifest_of
from tests.fakes.gitlab import Kind, Level
from tests.functional.sync.conftest import Company
from tests.jobs import make_due

QUICK_REQUESTS = 9  # the root twice, its groups, projects and members; four about the owner of the token


@pytest.fixture
def quiet(company: Company) -> Company:
    """The company after its first run; nothing has been pushed for long."""
    for project in company.fake.core.state.projects.values():
        company.fake.update_project(project, last_activity_at=datetime(2026, 1, 5, tzinfo=UTC))
    company.synchronize(job_run_id=999)
    company.fake.requests.clear()
    return company


def waiting_job(company: Company) -> JobRun:
    query = select(JobRun).where(JobRun.name.endswith("synchronize_organization"), JobRun.state == JobState.QUEUED)
    with company.runtime.database.read() as session:
        return session.scalars(query).one()


def carry_out(company: Company) -> SyncRun:
    """Run the waiting job of the synchronization alone; returns the newest run that has ended."""
    job = waiting_job(company)
    make_due(company.runtime)
    assert execute(company.runtime, job.id, worker="test", on_lost=lambda: None)
    ended = select(SyncRun).where(SyncRun.result.is_not(None)).order_by(SyncRun.number.desc())
    with company.runtime.database.read() as session:
        return session.scalars(ended.limit(1)).one()


def check_quickly(company: Company) -> SyncRun:
    with company.runtime.database.write() as session:
        request_run(session, synchronization_id=company.synchronization_id, reason="test", scope=RunScope.CHEAP)
    return carry_out(company)


def asked_for_members(company: Company) -> Counter[str]:
    paths = (record.path for record in company.fake.requests)
    return Counter(path.partition("?")[0] for path in paths if "/members/all" in path)


def synchronization(company: Company) -> Synchronization:
    with company.runtime.database.read() as session:
        return session.get_one(Synchronization, company.synchronization_id)


def members(company: Company, path: str) -> set[str]:
    with company.runtime.database.read() as session:
        query = select(Identity.login).join(Membership).join(Team).where(Team.remote_path == path)
        return set(session.scalars(query))


def test_a_quick_check_reads_the_lists_and_the_members_of_the_root_and_leaves_the_rest(quiet: Company) -> None:
    run = check_quickly(quiet)

    assert (run.scope, run.result, run.changes) == (RunScope.CHEAP, RunResult.OK, [])
    root = quiet.fake.group("acme").id
    assert asked_for_members(quiet) == {f"/api/v4/groups/{root}/members/all": 1}
    assert len(quiet.fake.requests) == run.request_count == QUICK_REQUESTS


def test_a_quick_check_brings_in_new_groups_and_repositories_and_notices_what_is_gone(quiet: Company) -> None:
    tools = quiet.fake.add_group("plugins", parent=quiet.fake.group("acme/platform"))
    quiet.fake.add_member(tools, quiet.fake.user("mia"), Level.DEVELOPER)
    project = quiet.fake.add_project(tools, "editor")
    quiet.fake.commit(project, {"composer.json": manifest_of("editor", "New", {})})
    quiet.fake.delete_project(quiet.fake.project("acme/platform/security"))

    run = check_quickly(quiet)

    assert (run.scope, run.result) == (RunScope.CHEAP, RunResult.OK)
    assert members(quiet, "acme/platform/plugins") == {"ann", "dan", "eve", "mia"}
    with quiet.runtime.database.read() as session:
        assert session.scalars(select(Package.id).where(Package.name == "acme/editor")).all()
        grants = select(Grant.id).join(Repository).where(Repository.path == "acme/platform/plugins/editor")
        assert session.scalars(grants).all()
        gone = select(Repository.removed_at).where(Repository.path == "acme/platform/security")
        assert session.scalars(gone).one() is not None
    assert len(asked_for_members(quiet)) == 4  # the root, the new group, its parent, and the new project


def test_a_quick_check_goes_on_as_a_full_run_when_the_root_has_other_members(quiet: Company) -> None:
    quiet.fake.add_member(quiet.fake.group("acme"), quiet.fake.user("mia"), Level.DEVELOPER)

    run = check_quickly(quiet)

    assert (run.scope, run.result) == (RunScope.FULL, RunResult.OK)
    assert "mia" in members(quiet, "acme/platform/tools")


def test_a_part_that_could_not_be_read_is_tried_again_by_the_next_quick_check(quiet: Company) -> None:
    backend = quiet.fake.group("acme/backend")
    rule = quiet.fake.misbehave(f"/groups/{backend.id}/members/all", Kind.STATUS_500)
    quiet.synchronize()
    assert quiet.last_run().result is RunResult.DEGRADED
    quiet.fake.remove_member(backend, quiet.fake.user("carla"))
    rule.times = 0

    run = check_quickly(quiet)

    assert (run.scope, run.result) == (RunScope.CHEAP, RunResult.OK)
    assert "carla" not in members(quiet, "acme/backend")


def test_the_first_run_is_a_full_one_whatever_was_asked_for(company: Company) -> None:
    assert check_quickly(company).scope is RunScope.FULL


def test_the_schedule_asks_for_a_full_run_when_one_is_due_and_for_quick_checks_between(quiet: Company) -> None:
    scopes = []
    for _ in range(2):
        with quiet.runtime.database.write() as session:
            session.get_one(Synchronization, quiet.synchronization_id).next_run_at = utc_now()
        request_due_runs(quiet.runtime)
        scopes.append(carry_out(quiet).scope)

    assert scopes == [RunScope.FULL, RunScope.CHEAP]
    next_full_at = synchronization(quiet).next_full_at
    assert next_full_at is not None
    assert timedelta(hours=19) < next_full_at - utc_now() < timedelta(hours=23)


def test_a_full_run_that_is_asked_for_wins_over_a_quick_check_that_waits(quiet: Company) -> None:
    for scope in (RunScope.CHEAP, RunScope.FULL, RunScope.CHEAP):
        with quiet.runtime.database.write() as session:
            request_run(session, synchronization_id=quiet.synchronization_id, reason="test", scope=scope)

    assert carry_out(quiet).scope is RunScope.FULL


def test_whoever_presses_the_button_does_not_wait_behind_the_schedule(quiet: Company) -> None:
    with quiet.runtime.database.write() as session:
        later = utc_now() + timedelta(hours=1)
        request_run(session, synchronization_id=quiet.synchronization_id, reason="schedule", not_before=later)

    with quiet.runtime.database.write() as session:
        request_run_now(session, synchronization_id=quiet.synchronization_id, reason="button", actor="Ann")

    job = waiting_job(quiet)
    assert (job.queue, job.run_after <= utc_now()) == ("interactive", True)


def test_a_button_pressed_during_a_run_keeps_its_place_in_the_fast_queue(quiet: Company) -> None:
    with quiet.runtime.database.write() as session:
        request_run(session, synchronization_id=quiet.synchronization_id, reason="schedule")
        claim_run(session, synchronization_id=quiet.synchronization_id, job_run_id=99)
        request_run_now(session, synchronization_id=quiet.synchronization_id, reason="button")

    carry_out(quiet)

    job = waiting_job(quiet)
    assert (job.queue, job.run_after > utc_now()) == ("interactive", True)


def test_a_run_that_needs_more_requests_than_the_host_allows_ends_after_several_pauses(company: Company) -> None:
    with company.runtime.database.write() as session:
        request_run(session, synchronization_id=company.synchronization_id, reason="test")
    results, asked = [], Counter[str]()

    while RunResult.OK not in results:
        company.fake.behave()
        company.fake.requests.clear()
        company.fake.misbehave("/", Kind.RATE_LIMITED, after=24, retry_after=3600)
        run = carry_out(company)
        results.append(run.result)
        answered = [record.path.partition("?")[0] for record in company.fake.requests if record.status == 200]
        asked.update(path for path in answered if re.search(r"/members/all|/repository/files/", path))
        assert len(company.fake.requests) <= 24 + 8  # those that were under way when the limit was hit

    assert len(results) > 2
    assert set(results[:-1]) == {RunResult.POSTPONED}
    assert run.reasons == ["rate limit over"]
    assert set(asked.values()) == {1}  # nothing was read twice
    with company.runtime.database.read() as session:
        assert session.scalars(select(SyncPart.id)).all() == []
    company.fake.behave()
    company.synchronize()
    assert company.last_run().changes == []  # nothing was missing


def test_nothing_hurries_a_run_that_waits_for_the_end_of_a_rate_limit(quiet: Company) -> None:
    quiet.fake.misbehave("/members/all", Kind.RATE_LIMITED, retry_after=3600)
    assert check_quickly(quiet).result is RunResult.POSTPONED

    with quiet.runtime.database.write() as session:
        request_run(session, synchronization_id=quiet.synchronization_id, reason="webhook: somebody came")

    with quiet.runtime.database.read() as session:
        waiting = session.scalars(select(SyncRun).where(SyncRun.result.is_(None))).one()
    assert waiting_job(quiet).run_after > utc_now() + timedelta(minutes=50)
    assert (waiting.scope, waiting.reasons) == (RunScope.FULL, ["rate limit over", "webhook: somebody came"])


@pytest.mark.parametrize(
    ("reason", "queue", "is_waited_for", "checks"),
    [("webhook: people or permissions changed", "sync", True, 0), ("button", "interactive", False, 1)],
)
def test_what_came_in_during_a_run_begins_a_moment_later_unless_somebody_waits(
    quiet: Company, monkeypatch: pytest.MonkeyPatch, reason: str, queue: str, is_waited_for: bool, checks: int
) -> None:
    def read_and_ask(*arguments: object) -> object:
        with quiet.runtime.database.write() as session:
            request_synchronization(session, synchronization_id=quiet.synchronization_id, reason=reason)
        return read_for_run(*arguments)  # type: ignore[arg-type]

    with quiet.runtime.database.write() as session:
        request_run(session, synchronization_id=quiet.synchronization_id, reason="webhook: repositories changed")
    with monkeypatch.context() as patched:
        patched.setattr(sync.run, "read_for_run", read_and_ask)
        carry_out(quiet)

    job = waiting_job(quiet)
    carry_out(quiet)

    assert (job.queue, job.run_after > utc_now() + timedelta(seconds=2)) == (queue, is_waited_for)
    with quiet.runtime.database.read() as session:
        enqueued = session.scalars(select(JobRun.id).where(JobRun.name.endswith("check_packages"))).all()
    assert len(enqueued) == checks  # a webhook says itself where new code is


def test_a_full_run_that_failed_is_due_again_at_the_next_occasion(quiet: Company) -> None:
    quiet.fake.misbehave("/descendant_groups", Kind.STATUS_500)
    with quiet.runtime.database.write() as session:
        request_run(session, synchronization_id=quiet.synchronization_id, reason="test")

    assert carry_out(quiet).result is RunResult.FAILED

    assert due_scope(synchronization(quiet), now=utc_now()) is RunScope.FULL
