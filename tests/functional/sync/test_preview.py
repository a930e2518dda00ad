"""A preview says what the next run would do, and does nothing of it."""

from typing import Any

import pytest
from sqlalchemy import MetaData, select

from models import JobRun, JobState, RunPhase, RunResult, RunScope, SyncRun
from models.base import Base
from sync.jobs import request_run
from sync.lifecycle import RunLost, claim_run
from sync.preview import preview
from sync.preview_jobs import end_abandoned_previews, request_preview
from sync.reading import read_for_run
from sync.run import synchronize
from sync.snapshot import Snapshot
from tests.fakes.gitlab import Kind, Level
from tests.functional.sync.conftest import Company
from tests.jobs import run_due_jobs

OWN_TABLES = {"sync_run", "sync_part", "job_run"}


def ask(company: Company, actor: str = "Ann") -> SyncRun:
    with company.runtime.database.write() as session:
        return request_preview(session, synchronization_id=company.synchronization_id, actor=actor)


def look(company: Company) -> SyncRun:
    """Ask for a preview, and carry it out."""
    run = ask(company)
    preview(company.runtime, run_id=run.id)
    return reload(company, run)


def reload(company: Company, run: SyncRun) -> SyncRun:
    with company.runtime.database.read() as session:
        return session.get_one(SyncRun, run.id)


def everything(company: Company) -> dict[str, Any]:
    """All rows of all tables but those in which a preview itself is kept."""
    metadata: MetaData = Base.metadata
    with company.runtime.database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table))))
            for table in metadata.sorted_tables
            if table.name not in OWN_TABLES
        }


def change_host(company: Company) -> None:
    """Somebody comes, somebody goes, a project with a package goes."""
    backend = company.fake.group("acme/backend")
    company.fake.remove_member(backend, company.fake.user("carla"))
    company.fake.add_member(backend, company.fake.user("gil"), Level.DEVELOPER)
    company.fake.delete_project(company.fake.project("acme/platform/legacy-soap"))


def test_a_preview_shows_what_the_next_run_does_and_writes_nothing_of_it(company: Company) -> None:
    company.synchronize()
    change_host(company)
    before = everything(company)

    shown = look(company)

    assert everything(company) == before
    assert (shown.scope, shown.result, shown.phase) == (RunScope.PREVIEW, RunResult.OK, RunPhase.DONE)
    assert {("package", "remove", "acme/legacy-soap"), ("membership", "remove", "@carla")} <= {
        (change["kind"], change["action"], change["name"]) for change in shown.changes
    }
    assert shown.request_count > 0
    company.synchronize()
    assert company.last_run().changes == shown.changes
    assert company.last_run().counts == shown.counts


def test_a_preview_before_the_first_run_shows_everything(company: Company) -> None:
    shown = look(company)

    assert shown.counts["changes"]["package"]["add"] >= 12
    assert shown.counts["access"]["gain"]["count"] == shown.counts["people"]


def test_a_preview_neither_waits_for_a_run_nor_disturbs_one(company: Company) -> None:
    company.synchronize()
    with company.runtime.database.write() as session:
        request_run(session, synchronization_id=company.synchronization_id, reason="test")
        run_id = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=1)
    change_host(company)
    before = everything(company)

    shown = look(company)

    assert shown.result is RunResult.OK
    assert everything(company) == before
    assert run_id is not None
    assert not synchronize(company.runtime, run_id=run_id).wants_another
    assert company.last_run().number == shown.number


def test_a_waiting_preview_is_no_waiting_run(company: Company) -> None:
    asked = ask(company)

    company.synchronize()

    assert reload(company, asked).phase is RunPhase.WAITING


def test_who_asks_again_gets_the_preview_that_waits_and_later_a_new_one(company: Company) -> None:
    first, again = ask(company), ask(company, "Bob")

    run_due_jobs(company.runtime)
    later = ask(company, "Bob")

    assert first.id == again.id
    assert reload(company, first).result is RunResult.OK
    assert (later.number, later.actor) == (first.number + 1, "Bob")


@pytest.mark.parametrize(
    ("where", "kind", "result"),
    [
        (r"/groups/\d+/projects", Kind.HTML_200, RunResult.FAILED),
        (r"/members/all", Kind.RATE_LIMITED, RunResult.POSTPONED),
        (r"/projects/\d+/members/all", Kind.STATUS_500, RunResult.DEGRADED),
    ],
)
def test_trouble_at_the_host_is_said_and_changes_nothing(
    company: Company, where: str, kind: Kind, result: RunResult
) -> None:
    company.synchronize()
    before = everything(company)

    company.fake.misbehave(where, kind, times=200)
    shown = look(company)

    assert shown.result is result
    assert shown.error_text
    assert everything(company) == before


def test_a_list_that_is_not_found_in_a_group_that_is_makes_no_group_missing(company: Company) -> None:
    company.synchronize()
    company.fake.misbehave(r"/groups/\d+/projects", Kind.STATUS_404)

    shown = look(company)

    assert (shown.result, shown.error_code) == (RunResult.FAILED, "IncompleteListing")
    assert "the host finds the group" in shown.error_text


def test_removals_that_would_wait_are_shown_and_open_no_hold(company: Company) -> None:
    company.synchronize()
    for path in ("acme/backend", "acme/frontend", "acme/platform"):
        company.fake.delete_group(company.fake.group(path))
    before = everything(company)

    shown = look(company)

    assert (shown.result, shown.error_code) == (RunResult.HELD, "removals_held")
    assert f"{len(shown.held)} removals would wait for your confirmation" in shown.error_text
    assert everything(company) == before
    company.synchronize()
    assert company.last_run().held == shown.held


def test_a_preview_whose_worker_died_begins_again(company: Company) -> None:
    asked = ask(company)
    with company.runtime.database.write() as session:
        session.get_one(SyncRun, asked.id).phase = RunPhase.READ  # as a worker left it

    run_due_jobs(company.runtime)

    assert reload(company, asked).result is RunResult.OK


def test_a_preview_that_nobody_works_on_any_more_is_over(company: Company) -> None:
    asked = ask(company)
    end_abandoned_previews(company.runtime)
    assert reload(company, asked).result is None
    with company.runtime.database.write() as session:
        session.get_one(JobRun, asked.job_run_id).state = JobState.FAILED

    end_abandoned_previews(company.runtime)
    preview(company.runtime, run_id=asked.id)

    ended = reload(company, asked)
    assert (ended.result, ended.changes) == (RunResult.INTERRUPTED, [])
    assert "ask for the preview again" in ended.error_text


def test_of_two_workers_with_one_preview_the_first_that_ends_it_wins(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(company)
    is_overtaken = iter([True])

    def read_slowly(*arguments: Any, **named: Any) -> Snapshot:
        if next(is_overtaken, False):
            preview(company.runtime, run_id=asked.id)
        return read_for_run(*arguments, **named)

    monkeypatch.setattr("sync.preview.read_for_run", read_slowly)

    with pytest.raises(RunLost):
        preview(company.runtime, run_id=asked.id)

    assert reload(company, asked).result is RunResult.OK
