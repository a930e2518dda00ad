"""Whole runs against a GitLab server: what it has is what we have, and nothing is lost on the way."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from composer.access import list_readers
from models import (
    Grant,
    Identity,
    JobRun,
    Membership,
    Package,
    PackageState,
    Repository,
    RunResult,
    Synchronization,
    SynchronizationState,
    SyncRun,
    Team,
    TeamKind,
    Version,
)
from sync.jobs import request_run
from sync.lifecycle import claim_run
from tests.fakes.gitlab import Kind, Level
from tests.functional.sync.conftest import Company

EVERYTHING = (Grant, Identity, Membership, Package, Repository, Team)


def counts(company: Company) -> dict[str, int]:
    with company.runtime.database.read() as session:
        return {model.__name__: session.scalar(select(func.count(model.id))) or 0 for model in EVERYTHING}


def readers(company: Company) -> dict[str, set[str]]:
    today = datetime.now(UTC).date()
    with company.runtime.database.read() as session:
        return {name: set(logins) for name, logins in list_readers(session, organization_id=1, today=today).items()}


def readers_at_host(company: Company) -> dict[str, set[str]]:
    """Who may read each package's code by the host's own brute-force rule, as far as they are members here."""
    with company.runtime.database.read() as session:
        people = select(Identity).where(
            Identity.id.in_(select(Membership.identity_id)) | Identity.id.in_(select(Grant.identity_id))
        )
        logins = {identity.remote_id: identity.login for identity in session.scalars(people)}
        packages = session.execute(select(Package.name, Repository.remote_id).join(Repository))
        projects = {name: int(remote_id) for name, remote_id in packages}
    found = {}
    for name, project_id in projects.items():
        project = company.fake.core.state.projects[project_id]
        ids = {str(user_id) for user_id in company.fake.readers(project)}
        found[name] = {login for remote_id, login in logins.items() if remote_id in ids}
    return found


def test_the_first_run_brings_everything_in(company: Company) -> None:
    company.synchronize()

    run = company.last_run()
    assert (run.result, run.error_text) == (RunResult.OK, "")
    assert counts(company)["Package"] >= 12
    with company.runtime.database.read() as session:
        owners = session.scalars(
            select(Identity.login).join(Membership).join(Team).where(Team.kind == TeamKind.OWNERS)
        ).all()
        assert owners == ["ann"]
        waiting = select(func.count(JobRun.id)).where(JobRun.name.endswith("update_package"))
        assert (session.scalar(waiting) or 0) >= 12


def test_who_may_read_is_exactly_whom_the_host_lets_read(company: Company) -> None:
    company.synchronize()
    with company.runtime.database.write() as session:  # the host tells it at the login only
        session.scalars(select(Identity).where(Identity.login == "kim")).one().is_external = True

    ours, theirs = readers(company), readers_at_host(company)

    assert ours == theirs
    assert all({"ivan", "jo", "lena", "mia"}.isdisjoint(logins) for logins in ours.values())


def test_an_unchanged_second_run_writes_nothing_and_reads_no_file_again(company: Company) -> None:
    for project in company.fake.core.state.projects.values():
        company.fake.update_project(project, last_activity_at=datetime(2026, 1, 5, tzinfo=UTC))
    company.synchronize()
    before = counts(company)
    company.fake.requests.clear()

    company.synchronize()

    assert counts(company) == before
    assert company.last_run().changes == []
    assert not [record for record in company.fake.requests if "/repository/files/" in record.path]


def test_somebody_who_left_reads_nothing_after_the_next_run(company: Company) -> None:
    company.synchronize()
    assert any("carla" in logins for logins in readers(company).values())

    company.fake.remove_member(company.fake.group("acme/backend"), company.fake.user("carla"))
    company.synchronize()

    assert not any("carla" in logins for logins in readers(company).values())
    assert {change["action"] for change in company.last_run().changes} == {"remove"}


@pytest.mark.parametrize(
    "where", [r"/descendant_groups", r"/groups/\d+/projects", r"/groups/\d+/members/all", r"/projects/\d+/members/all"]
)
@pytest.mark.parametrize(
    "kind",
    [
        Kind.HTML_200,
        Kind.STATUS_500,
        Kind.TRUNCATED_JSON,
        Kind.EMPTY_WITH_WRONG_TOTAL,
        Kind.FOREIGN_NEXT_LINK,
        Kind.STATUS_403,
    ],
)
def test_nothing_is_removed_after_a_failed_or_partial_listing(company: Company, where: str, kind: Kind) -> None:
    company.synchronize()
    before, read_before = counts(company), readers(company)

    company.fake.misbehave(where, kind)
    company.synchronize()

    assert company.last_run().result in {RunResult.FAILED, RunResult.DEGRADED}
    assert company.last_run().error_text
    assert counts(company) == before
    assert readers(company) == read_before


def test_a_revoked_token_stops_the_synchronization_and_removes_nothing(company: Company) -> None:
    company.synchronize()
    before = counts(company)

    company.fake.misbehave(".", Kind.STATUS_401)
    company.synchronize()

    with company.runtime.database.read() as session:
        synchronization = session.get_one(Synchronization, company.synchronization_id)
        assert synchronization.state is SynchronizationState.NEEDS_CREDENTIAL
    assert counts(company) == before


def test_an_owner_who_is_demoted_can_not_make_others_lose_access(company: Company) -> None:
    company.synchronize()
    before = readers(company)
    company.fake.add_member(company.fake.group("acme"), company.fake.user("gil"), Level.OWNER)
    company.fake.update_member(company.fake.group("acme"), company.fake.user("ann"), level=Level.REPORTER)
    company.fake.remove_member(company.fake.group("acme/backend"), company.fake.user("carla"))

    company.synchronize()

    after = readers(company)
    assert company.last_run().result is RunResult.DEGRADED
    assert all(before[name] <= after[name] for name in before)


def test_a_group_that_is_gone_is_reported_and_everything_stays(company: Company) -> None:
    company.synchronize()
    before = counts(company)
    company.fake.delete_group(company.fake.group("acme"))

    company.synchronize()

    assert company.last_run().error_code == "remote_missing"
    assert counts(company) == before


def test_a_rate_limit_postpones_the_run_to_the_time_that_the_host_names(company: Company) -> None:
    company.fake.misbehave(r"/members/all", Kind.RATE_LIMITED, times=50)

    outcome = company.synchronize()

    assert outcome.retry_at is not None
    assert company.last_run().result is RunResult.POSTPONED


def test_a_repository_that_is_deleted_takes_its_package_along(company: Company) -> None:
    company.synchronize()

    company.fake.delete_project(company.fake.project("acme/platform/legacy-soap"))
    company.synchronize()

    with company.runtime.database.read() as session:
        states = session.scalars(select(Package.state).where(Package.name == "acme/legacy-soap")).all()
    assert states == [PackageState.REMOVED]


def test_a_package_gets_the_versions_of_its_repository(company: Company) -> None:
    company.synchronize()

    company.update("acme/coding-standard")

    with company.runtime.database.read() as session:
        versions = session.scalars(select(Version.version).join(Package).where(Package.name == "acme/coding-standard"))
        assert set(versions) == {"v1.0.0", "v1.1.0", "dev-main"}


def test_an_interrupted_run_is_taken_over_by_the_same_job(company: Company) -> None:
    with company.runtime.database.write() as session:
        request_run(session, synchronization_id=company.synchronization_id, reason="test")
        first = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=7)
    with company.runtime.database.write() as session:
        other = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=8)
        again = claim_run(session, synchronization_id=company.synchronization_id, job_run_id=7)

    assert other is None
    assert again is not None
    with company.runtime.database.read() as session:
        assert session.get_one(SyncRun, first or 0).result is RunResult.INTERRUPTED
