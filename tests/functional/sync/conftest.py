"""A company on a fake GitLab, and an organization here that is synchronized with it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pytest

from composer.updates import claim_update, release_package, run_update
from config import Settings
from models import Package, Runtime, SyncRun, open_runtime
from sync.jobs import request_run
from sync.lifecycle import claim_run
from sync.run import Outcome, synchronize
from tests.fakes.company import small_company
from tests.fakes.gitlab import FakeGitLab
from tests.functional.rows import (
    add_credential,
    add_instance,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)


@dataclass(frozen=True, slots=True)
class Company:
    """Both sides of a synchronization, and how to run it without a worker."""

    fake: FakeGitLab
    runtime: Runtime
    synchronization_id: int

    def synchronize(self, *, job_run_id: int = 1) -> Outcome:
        """Ask for a run and carry it out."""
        with self.runtime.database.write() as session:
            request_run(session, synchronization_id=self.synchronization_id, reason="test")
        with self.runtime.database.write() as session:
            run_id = claim_run(session, synchronization_id=self.synchronization_id, job_run_id=job_run_id)
        assert run_id is not None
        return synchronize(self.runtime, run_id=run_id)

    def last_run(self) -> SyncRun:
        """The newest run."""
        with self.runtime.database.read() as session:
            return session.query(SyncRun).order_by(SyncRun.number.desc()).first() or SyncRun()

    def update(self, name: str) -> None:
        """Update one package."""
        with self.runtime.database.write() as session:
            package_id = session.query(Package.id).filter(Package.name == name).scalar()
            update_id = claim_update(session, package_id=package_id, job_run_id=1, reason="test")
        assert update_id is not None
        run_update(self.runtime, package_id=package_id, update_id=update_id)
        release_package(self.runtime, package_id=package_id, update_id=update_id)


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """The small company "acme"."""
    with FakeGitLab() as server:
        small_company(server)
        yield server


@pytest.fixture
def company(settings: Settings, fake: FakeGitLab) -> Iterator[Company]:
    """The organization "acme" with the credential of ann, who owns the group."""
    runtime = open_runtime(replace(settings, outbound_allow=(urlsplit(fake.base_url).netloc,)))
    acme, ann = fake.group("acme"), fake.user("ann")
    with runtime.database.write() as session:
        add_instance(session, runtime.secret_box)
        integration = add_integration(session, runtime.secret_box, base_url=fake.base_url)
        user = add_user(session, integration, "ann")
        user.identities[0].remote_id = str(ann.id)
        credential = add_credential(session, runtime.secret_box, user.identities[0], token=fake.personal_token(ann))
        organization = add_organization(session)
        synchronization = add_synchronization(
            session, organization, integration, remote_id=str(acme.id), credential=credential
        )
        synchronization_id = synchronization.id
    yield Company(fake, runtime, synchronization_id)
    runtime.database.close()
