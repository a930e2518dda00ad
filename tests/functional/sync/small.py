"""A company so small that runs are quick, what happens in it, and the jobs of its synchronization."""

from datetime import timedelta

from sqlalchemy import Select, select

from jobs.execution import execute
from jobs.reaper import requeue_expired_jobs
from models import JobRun, JobState, Runtime, SyncRun, utc_now
from sync.jobs import request_run
from tests.fakes.company import manifest_of
from tests.fakes.gitlab import FakeGitLab, Level
from tests.functional.sync import doing
from tests.functional.sync.conftest import Company
from tests.functional.sync.doing import pairs
from tests.jobs import make_due


def found_small_company(server: FakeGitLab) -> None:
    """Two groups with a library each, and some people."""
    acme = server.add_group("acme")
    inner = server.add_group("inner", parent=acme)
    for login in ("ann", "otto"):
        server.add_member(acme, server.add_user(login), Level.OWNER)
    for home, login in ((acme, "bob"), (inner, "carla"), (inner, "dan")):
        server.add_member(home, server.add_user(login), Level.DEVELOPER)
    for home, name in ((acme, "clock"), (inner, "events")):
        project = server.add_project(home, name)
        server.commit(project, {"composer.json": manifest_of(name, "A library", {})})
    server.add_member(server.project("acme/clock"), server.add_user("eve"), Level.REPORTER)
    server.add_user("newcomer")


def here(company: Company) -> doing.Pairs:
    """Who may read what by our rule."""
    return pairs(doing.readers_here(company.runtime))


def there(company: Company) -> doing.Pairs:
    """Who may by the host's."""
    return pairs(doing.readers_at_host(company.runtime, company.fake, company.fake.group("acme")))


def someone_comes_or_goes(company: Company) -> None:
    """So that each run has something to add or to remove."""
    inner, newcomer = company.fake.group("acme/inner"), company.fake.user("newcomer")
    if newcomer.id in company.fake.state.members_of.get(inner.source, {}):
        company.fake.remove_member(inner, newcomer)
    else:
        company.fake.add_member(inner, newcomer, Level.DEVELOPER)


def request(company: Company, reason: str = "test") -> None:
    """Ask for a run, with its job."""
    with company.runtime.database.write() as session:
        request_run(session, synchronization_id=company.synchronization_id, reason=reason)


def runs(company: Company) -> list[SyncRun]:
    """All of them, the oldest first."""
    with company.runtime.database.read() as session:
        return list(session.scalars(select(SyncRun).order_by(SyncRun.number)))


def our_jobs(*states: JobState) -> Select[int]:
    """Jobs of synchronizations, without webhooks and the updates of packages."""
    query = select(JobRun.id).where(JobRun.name.startswith("sync."), ~JobRun.name.endswith("webhooks"))
    return query.where(JobRun.state.in_(states)).order_by(JobRun.id)


def waiting_jobs(runtime: Runtime) -> list[int]:
    """Those that nobody has taken."""
    with runtime.database.read() as session:
        return list(session.scalars(our_jobs(JobState.QUEUED)))


def do_our_jobs(runtime: Runtime) -> None:
    """Carry out what synchronizations have waiting, as often as it takes."""
    for _ in range(20):
        make_due(runtime)
        waiting = waiting_jobs(runtime)
        if not waiting:
            return
        for job_run_id in waiting:
            execute(runtime, job_run_id, worker="test", on_lost=lambda: None)
    raise AssertionError("the jobs go on and on")


def bury_the_dead(runtime: Runtime) -> None:
    """Let the leases of dead workers end."""
    with runtime.database.write() as session:
        for job_run in session.scalars(select(JobRun).where(JobRun.state == JobState.RUNNING)):
            job_run.lease_until = utc_now() - timedelta(seconds=1)
    requeue_expired_jobs(runtime)
