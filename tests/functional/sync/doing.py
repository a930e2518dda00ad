"""Runs of every scope without a worker, in haste, and what must be true after them whatever happened."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

import integrations.service
from composer.access import LISTED_STATES, list_readers
from integrations.http import Limits, Timing
from integrations.platform_parts import HostAccess
from models import (
    Credential,
    CredentialState,
    Identity,
    Integration,
    Package,
    Repository,
    RunScope,
    Runtime,
    Synchronization,
    SyncRun,
    utc_now,
)
from sync.jobs import request_run
from sync.lifecycle import claim_run
from sync.person import synchronize_one_person
from sync.preview import preview
from sync.preview_jobs import request_preview
from sync.run import synchronize
from tests.fakes.gitlab import FakeGitLab, Group
from tests.fakes.gitlab.model import Source
from tests.fakes.gitlab.rights import usable_member

Readers = dict[str, set[str]]
Pairs = set[tuple[str, str]]


def make_haste(monkeypatch: pytest.MonkeyPatch, *, call_seconds: float = 20.0) -> None:
    """Ask the host again without a pause, and wait for no answer longer than that."""
    usual = integrations.service.host_access

    def hasty(runtime: Runtime, integration: Integration, access_token: str) -> HostAccess:
        access = usual(runtime, integration, access_token)
        limits = Limits(read_seconds=call_seconds, call_seconds=call_seconds)
        return replace(access, timing=Timing(sleep=lambda _seconds: None), limits=limits)

    monkeypatch.setattr(integrations.service, "host_access", hasty)


def run(runtime: Runtime, synchronization_id: int, scope: RunScope = RunScope.FULL, *, account_id: str = "") -> SyncRun:
    """Carry out one run of this scope; it as it ended."""
    if scope is RunScope.PERSON:
        synchronize_one_person(
            runtime,
            synchronization_id=synchronization_id,
            account_id=account_id,
            team_id="",
            reason="test",
            actor="",
        )
    elif scope is RunScope.PREVIEW:
        with runtime.database.write() as session:
            preview_id = request_preview(session, synchronization_id=synchronization_id, actor="").id
        preview(runtime, run_id=preview_id)
    else:
        with runtime.database.write() as session:
            request_run(session, synchronization_id=synchronization_id, reason="test", scope=scope)
            run_id = claim_run(session, synchronization_id=synchronization_id, job_run_id=1)
        assert run_id is not None
        synchronize(runtime, run_id=run_id)
    return last_run(runtime)


def last_run(runtime: Runtime) -> SyncRun:
    """The newest one."""
    with runtime.database.read() as session:
        return session.query(SyncRun).order_by(SyncRun.number.desc()).first() or SyncRun()


def readers_here(runtime: Runtime) -> Readers:
    """Who may read which package by our rule."""
    with runtime.database.read() as session:
        found = list_readers(session, organization_id=1, today=utc_now().date())
    return {name: set(logins) for name, logins in found.items()}


def readers_at_host(runtime: Runtime, fake: FakeGitLab, root: Group) -> Readers:
    """Who should read our packages: whom the host's brute-force rule lets read, of its members below the root."""
    with runtime.database.read() as session:
        query = select(Package.name, Repository.remote_id).join(Repository).where(Package.state.in_(LISTED_STATES))
        projects = {name: int(remote_id) for name, remote_id in session.execute(query)}
    members = members_at_host(fake, root)
    return {
        name: {fake.state.users[user].username for user in fake.readers(fake.state.projects[number])} & members
        for name, number in projects.items()
        if number in fake.state.projects
    }


def members_at_host(fake: FakeGitLab, root: Group) -> set[str]:
    """Everybody who is something in the root, in a group below it, or in a project of those."""
    state, today = fake.state, fake.clock.today()
    groups = {root.id, *(group.id for group in state.descendants(root.id))}
    places = [Source("group", number) for number in groups]
    places += [project.source for project in state.projects.values() if project.group_id in groups]
    people = [user for user in state.users.values() if user.state == "active" and not user.bot]
    return {user.username for user in people if any(usable_member(state, place, user.id, today) for place in places)}


def pairs(readers: Readers) -> Pairs:
    """Each package with each of its readers."""
    return {(name, login) for name, logins in readers.items() for login in logins}


def reconnect(runtime: Runtime) -> None:
    """What an owner does whose token was refused."""
    with runtime.database.write() as session:
        for credential in session.query(Credential):
            credential.state = CredentialState.OK


def assert_nothing_is_left_over(runtime: Runtime) -> None:
    """No lease, no run that has not ended, no two packages with one name, no two accounts with one id."""
    with runtime.database.read() as session:
        for synchronization in session.query(Synchronization):
            assert (synchronization.running_run_id, synchronization.lease_until) == (None, None)
            assert synchronization.requested_seq == synchronization.started_seq
        assert session.scalars(select(SyncRun.number).where(SyncRun.result.is_(None))).all() == []
        assert _repeated(session.scalars(select(Package.name).where(Package.state.in_(LISTED_STATES)))) == set()
        assert _repeated(session.scalars(select(Identity.remote_id))) == set()
        assert session.scalar(select(func.count(Package.id)).where(Package.running_update_id.is_not(None))) == 0


def _repeated(values: Iterable[str]) -> set[str]:
    found = list(values)
    return {value for value in found if found.count(value) > 1}
