"""Background work that a person may watch: what runs and waits in the organizations that they lead."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from composer.access import Role, find_role, visible_organizations
from models import JobRun, JobState, Organization, utc_now
from web.layout import Work, WorkItem

LIVE_STATES = (JobState.QUEUED, JobState.RUNNING)
SINGLY_SHOWN = 3


def watch_work(session: Session, *, user_id: int, today: date, poll_url: str) -> Work:
    """What is going on. Without anything there is no address to ask again: the next page will know."""
    items = tuple(
        item for organization, jobs in _live_jobs(session, user_id, today) for item in _describe(organization, jobs)
    )
    return Work(items, poll_url if items else "")


def _live_jobs(session: Session, user_id: int, today: date) -> list[tuple[Organization, list[JobRun]]]:
    mine = visible_organizations(user_id=user_id, today=today).with_only_columns(Organization.id)
    query = (
        select(JobRun, Organization)
        .join(Organization, Organization.id == JobRun.organization_id)
        .where(JobRun.state.in_(LIVE_STATES), JobRun.run_after <= utc_now(), JobRun.organization_id.in_(mine))
        .order_by(JobRun.id)
    )
    by_organization: dict[int, tuple[Organization, list[JobRun]]] = {}
    for job, organization in session.execute(query):
        by_organization.setdefault(organization.id, (organization, []))[1].append(job)
    return [
        (organization, jobs)
        for organization, jobs in by_organization.values()
        if _leads(session, organization, user_id, today)
    ]


def _leads(session: Session, organization: Organization, user_id: int, today: date) -> bool:
    role = find_role(session, organization_id=organization.id, user_id=user_id, today=today)
    return role is not None and role >= Role.ADMIN


def _describe(organization: Organization, jobs: list[JobRun]) -> list[WorkItem]:
    """Some jobs each by itself; many of one kind as one line."""
    by_name: dict[str, list[JobRun]] = {}
    for job in jobs:
        by_name.setdefault(job.name, []).append(job)
    items: list[WorkItem] = []
    for alike in by_name.values():
        items += (
            [_one(organization, job) for job in alike] if len(alike) <= SINGLY_SHOWN else [_many(organization, alike)]
        )
    return items


def _one(organization: Organization, job: JobRun) -> WorkItem:
    done, total = int(job.progress.get("done") or 0), int(job.progress.get("total") or 0)
    if job.state is JobState.QUEUED:
        sentence = "Waits for a worker."
    else:
        sentence = str(job.progress.get("note") or (f"{done} of {total} done." if total else "Running."))
    return WorkItem(job.title, _url(organization, job), sentence, done, total)


def _many(organization: Organization, jobs: list[JobRun]) -> WorkItem:
    running = sum(job.state is JobState.RUNNING for job in jobs)
    sentence = f"{running} running, {len(jobs) - running} waiting."
    return WorkItem(f"{len(jobs)} updates in {organization.name}", _url(organization, jobs[0]), sentence)


def _url(organization: Organization, job: JobRun) -> str:
    start = f"/orgs/{organization.short_name}"
    synchronization_id = job.arguments.get("synchronization_id")
    return f"{start}/synchronizations/{synchronization_id}" if synchronization_id else f"{start}/packages"
