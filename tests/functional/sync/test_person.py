"""One person is read alone, and applied at once: after a webhook, and at the login."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

import sync.person
import sync.run
from jobs.execution import execute
from models import (
    Grant,
    Identity,
    JobRun,
    JobState,
    Membership,
    RunPhase,
    RunResult,
    RunScope,
    Synchronization,
    SynchronizationState,
    SyncRun,
    Team,
    TeamKind,
    utc_now,
)
from sync.jobs import request_run
from sync.lifecycle import claim_run
from sync.person import synchronize_one_person
from sync.person_jobs import CROWD, is_crowded, request_person, request_person_at_login, tidy_person_runs
from sync.person_reading import read_person
from sync.reading import read_for_run
from tests.fakes.gitlab import Kind, Level
from tests.functional.sync.conftest import Company


@pytest.fixture
def known(company: Company) -> Company:
    """The company after its first run."""
    company.synchronize()
    company.fake.requests.clear()
    return company


def read_alone(company: Company, login: str, *, team: str = "") -> SyncRun:
    """Carry out a run for one person; returns it."""
    retry_at = synchronize_one_person(
        company.runtime,
        synchronization_id=company.synchronization_id,
        account_id=str(company.fake.user(login).id),
        team_id=str(company.fake.group(team).id) if team else "",
        reason="test",
        actor="",
    )
    run = company.last_run()
    assert (retry_at is None) == (run.result is not RunResult.POSTPONED)
    return run


def leave(company: Company, login: str, path: str) -> None:
    company.fake.remove_member(company.fake.group(path), company.fake.user(login))


def teams_of(company: Company, login: str) -> set[str]:
    with company.runtime.database.read() as session:
        query = select(Team.remote_path).join(Membership).join(Identity)
        return {path or "" for path in session.scalars(query.where(Identity.login == login))}


def count_rows(company: Company) -> tuple[int, int]:
    with company.runtime.database.read() as session:
        return session.scalar(select(func.count(Membership.id))) or 0, session.scalar(select(func.count(Grant.id))) or 0


def waiting_people(company: Company) -> list[dict[str, str]]:
    query = select(JobRun.arguments).where(JobRun.name.endswith("synchronize_person"), JobRun.state == JobState.QUEUED)
    with company.runtime.database.read() as session:
        return list(session.scalars(query))


def carry_out(company: Company) -> None:
    """Run the waiting jobs for people, and no others."""
    query = select(JobRun.id).where(JobRun.name.endswith("synchronize_person"), JobRun.state == JobState.QUEUED)
    with company.runtime.database.read() as session:
        job_run_ids = session.scalars(query).all()
    for job_run_id in job_run_ids:
        assert execute(company.runtime, job_run_id, worker="test", on_lost=lambda: None)


def test_somebody_who_left_is_out_at_once_with_few_requests_and_without_touching_others(known: Company) -> None:
    before = count_rows(known)
    leave(known, "carla", "acme/backend")

    run = read_alone(known, "carla", team="acme/backend")

    assert (run.scope, run.result, run.phase) == (RunScope.PERSON, RunResult.OK, RunPhase.DONE)
    assert teams_of(known, "carla") == set()
    assert (count_rows(known)[0], count_rows(known)[1]) == (before[0] - 1, before[1])
    assert [change["action"] for change in run.changes] == ["remove"]
    assert len(known.fake.requests) == run.request_count == 4  # the root and the group, each with "is it shown at all"


def test_somebody_who_comes_into_the_root_is_everywhere_below_it(known: Company) -> None:
    known.fake.add_member(known.fake.group("acme"), known.fake.user("mia"), Level.OWNER)

    read_alone(known, "mia", team="acme")

    below = {"acme", "acme/backend", "acme/frontend", "acme/platform", "acme/platform/tools"}
    assert below <= teams_of(known, "mia")
    with known.runtime.database.read() as session:
        owners = select(Identity.login).join(Membership).join(Team).where(Team.kind == TeamKind.OWNERS)
        assert set(session.scalars(owners)) == {"ann", "mia"}
    known.synchronize()
    assert known.last_run().changes == []  # the full run has nothing to add


def test_a_grant_of_ones_own_is_read_again_at_the_login(known: Company) -> None:
    known.fake.remove_member(known.fake.project("acme/platform/security"), known.fake.user("gil"))

    run = read_alone(known, "gil")

    assert [change["kind"] for change in run.changes] == ["grant"]


@pytest.mark.parametrize("kind", [Kind.STATUS_404, Kind.STATUS_403, Kind.STATUS_500])
def test_a_place_that_is_not_shown_proves_nothing(known: Company, kind: Kind) -> None:
    known.fake.misbehave(r"/groups/\d+", kind)

    run = read_alone(known, "carla", team="acme/backend")

    assert (run.result, run.changes) == (RunResult.DEGRADED, [])
    assert teams_of(known, "carla") == {"acme/backend"}


def test_a_credential_that_may_not_see_everything_takes_nothing_from_anybody(known: Company) -> None:
    with known.runtime.database.write() as session:
        session.get_one(Synchronization, 1).state = SynchronizationState.NEEDS_CREDENTIAL
    leave(known, "carla", "acme/backend")
    known.fake.add_member(known.fake.group("acme/frontend"), known.fake.user("carla"), Level.DEVELOPER)

    run = read_alone(known, "carla")

    assert (run.result, run.error_code) == (RunResult.DEGRADED, "may_not_see_everything")
    assert teams_of(known, "carla") == {"acme/backend", "acme/frontend"}


def test_a_failed_run_does_not_end_the_doubt_about_a_credential(known: Company) -> None:
    acme, ann = known.fake.group("acme"), known.fake.user("ann")
    known.fake.add_member(acme, known.fake.user("bob"), Level.OWNER)
    known.fake.remove_member(acme, ann)
    known.fake.add_member(acme, ann, Level.MAINTAINER)
    known.synchronize()
    assert known.last_run().error_code == "may_not_see_everything"
    known.fake.misbehave("/groups", Kind.HTML_200)
    known.synchronize()
    assert known.last_run().result is RunResult.FAILED
    known.fake.behave()
    leave(known, "carla", "acme/backend")

    run = read_alone(known, "carla")

    assert (run.result, run.error_code) == (RunResult.DEGRADED, "may_not_see_everything")
    assert teams_of(known, "carla") == {"acme/backend"}


def test_a_rate_limit_puts_the_job_back_until_it_is_over(known: Company) -> None:
    known.fake.misbehave("/members/all", Kind.RATE_LIMITED, retry_after=3600)
    with known.runtime.database.write() as session:
        request_person(session, synchronization_id=known.synchronization_id, account_id="7", reason="test")

    carry_out(known)

    with known.runtime.database.read() as session:
        job = session.scalars(select(JobRun).where(JobRun.name.endswith("synchronize_person"))).one()
    assert job.state is JobState.QUEUED
    assert job.run_after > utc_now() + timedelta(minutes=50)


def test_before_the_first_full_run_nobody_is_read_alone(company: Company) -> None:
    assert read_alone(company, "carla").scope is None
    assert company.fake.requests == []


def test_a_run_for_one_person_does_not_wait_for_the_full_run(known: Company) -> None:
    leave(known, "carla", "acme/backend")
    with known.runtime.database.write() as session:
        request_run(session, synchronization_id=known.synchronization_id, reason="test")
        running = claim_run(session, synchronization_id=known.synchronization_id, job_run_id=1)

    read_alone(known, "carla", team="acme/backend")

    assert teams_of(known, "carla") == set()
    with known.runtime.database.read() as session:
        assert session.get_one(Synchronization, known.synchronization_id).running_run_id == running


def test_a_full_run_that_read_before_and_writes_after_does_not_bring_anybody_back(
    known: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_and_dawdle(*arguments: object, **more: object) -> object:
        snapshot = read_for_run(*arguments, **more)  # type: ignore[arg-type]
        leave(known, "carla", "acme/backend")
        known.fake.add_member(known.fake.group("acme/frontend"), known.fake.user("carla"), Level.MAINTAINER)
        read_alone(known, "carla", team="acme")
        return snapshot

    monkeypatch.setattr(sync.run, "read_for_run", read_and_dawdle)

    known.synchronize()

    assert teams_of(known, "carla") == {"acme/frontend"}
    carla = str(known.fake.user("carla").id)
    assert [arguments["account_id"] for arguments in waiting_people(known)] == [carla]  # and is read once more


def test_a_run_for_one_person_that_read_before_something_newer_was_written_reads_again(
    known: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = []

    def read_and_dawdle(*arguments: object, **more: object) -> object:
        snapshot = read_person(*arguments, **more)  # type: ignore[arg-type]
        readings.append(snapshot)
        if len(readings) == 1:
            leave(known, "carla", "acme/backend")
            known.synchronize()
        return snapshot

    monkeypatch.setattr(sync.person, "read_person", read_and_dawdle)

    read_alone(known, "carla", team="acme/backend")

    assert len(readings) == 2
    assert teams_of(known, "carla") == set()


def test_whoever_is_overtaken_again_and_again_tries_later(known: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_and_dawdle(*arguments: object, **more: object) -> object:
        snapshot = read_person(*arguments, **more)  # type: ignore[arg-type]
        known.synchronize()
        return snapshot

    monkeypatch.setattr(sync.person, "read_person", read_and_dawdle)
    with known.runtime.database.read() as session:
        number = (session.scalar(select(func.max(SyncRun.number))) or 0) + 1

    retry_at = synchronize_one_person(
        known.runtime, synchronization_id=1, account_id="7", team_id="", reason="test", actor=""
    )

    assert retry_at is not None
    with known.runtime.database.read() as session:
        run = session.scalars(select(SyncRun).where(SyncRun.number == number)).one()
    assert (run.result, run.error_code) == (RunResult.POSTPONED, "overtaken")


def test_a_login_asks_for_the_person_once_a_minute(known: Company) -> None:
    with known.runtime.database.write() as session:
        for login in ("carla", "carla", "ivan"):  # ivan has nothing here yet, and may have it by now
            identity = session.scalars(select(Identity).where(Identity.login == login)).one()
            request_person_at_login(session, identity_id=identity.id, account_id=identity.remote_id)
    both = {str(known.fake.user(login).id) for login in ("carla", "ivan")}
    assert sorted(arguments["account_id"] for arguments in waiting_people(known)) == sorted(both)

    carry_out(known)
    with known.runtime.database.write() as session:
        identity = session.scalars(select(Identity).where(Identity.login == "carla")).one()
        request_person_at_login(session, identity_id=identity.id, account_id=identity.remote_id)

    assert waiting_people(known) == []


def test_when_many_people_wait_the_full_run_is_left_to_bring_the_others(known: Company) -> None:
    crowded = []
    with known.runtime.database.write() as session:
        for number in range(CROWD + 1):
            crowded.append(is_crowded(session, synchronization_id=known.synchronization_id))
            request_person(session, synchronization_id=known.synchronization_id, account_id=str(number), reason="test")
        elsewhere = is_crowded(session, synchronization_id=known.synchronization_id * 10 + 1)

    assert crowded == [False] * CROWD + [True]
    assert not elsewhere


def test_runs_that_changed_nothing_are_forgotten_after_a_day(known: Company) -> None:
    read_alone(known, "carla")
    leave(known, "carla", "acme/backend")
    read_alone(known, "carla")
    with known.runtime.database.write() as session:
        for run in session.scalars(select(SyncRun)):
            run.ended_at = utc_now() - timedelta(days=1, minutes=1)

    tidy_person_runs(known.runtime)

    with known.runtime.database.read() as session:
        left = session.scalars(select(SyncRun).order_by(SyncRun.number)).all()
    assert [(run.scope, bool(run.changes)) for run in left] == [(RunScope.FULL, True), (RunScope.PERSON, True)]
