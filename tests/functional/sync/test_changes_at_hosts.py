"""After every kind of change at a host, and a run, those may read by `access list` whom the host lets read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from composer.access import list_readers
from config import Settings
from models import Identity, Package, PackageState, Repository, RunResult, Runtime, open_runtime, utc_now
from sync.holds import approve_hold, find_open_hold
from tests.conftest import SCALE
from tests.databases import fresh_postgresql, fresh_sqlite
from tests.functional.rows import (
    add_credential,
    add_instance,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)
from tests.functional.sync import doing
from tests.functional.sync.changing.bitbucket_cloud import CloudChanges
from tests.functional.sync.changing.bitbucket_dc import DataCenterChanges
from tests.functional.sync.changing.github import GitHubChanges
from tests.functional.sync.changing.gitlab import GitLabChanges
from tests.functional.sync.changing.parts import Changes
from tests.functional.sync.hosts import HOSTS, Hosted
from tests.services import wait_for_address

CHANGES: dict[str, type[Changes]] = {
    "gitlab": GitLabChanges,
    "github": GitHubChanges,
    "bitbucket_cloud": CloudChanges,
    "bitbucket_dc": DataCenterChanges,
}
COMPANIES, RUNS, AT_ONCE = 3 * SCALE, 10, 3
NEVER = 100_000  # so many removals trip a brake


@contextmanager
def open_runtime_for(hosted: Hosted, services: Path, folder: Path, *, on_postgresql: bool) -> Iterator[Runtime]:
    address = wait_for_address(services, "postgresql") if on_postgresql else ""
    with fresh_postgresql(services, address) if on_postgresql else fresh_sqlite(services, folder) as url:
        own = {"REPERTORY_DATA_DIR": str(folder / "var"), "DATABASE_URL": url, "REDIS_URL": "unix:///nowhere"}
        settings = replace(Settings.from_env(own), outbound_allow=(urlsplit(hosted.fake.base_url).netloc,))
        runtime = open_runtime(settings)
        try:
            yield runtime
        finally:
            runtime.database.close()


def found_synchronization(runtime: Runtime, hosted: Hosted) -> int:
    """With the credential of whoever administers the company, and without brakes."""
    with runtime.database.write() as session:
        add_instance(session, runtime.secret_box)
        integration = add_integration(session, runtime.secret_box, base_url=hosted.fake.base_url)
        integration.platform = hosted.platform
        account = add_user(session, integration, "owner").identities[0]
        account.remote_id = hosted.open().directory.viewer().account.remote_id
        credential = add_credential(session, runtime.secret_box, account, token=hosted.token)
        made = add_synchronization(
            session, add_organization(session), integration, remote_id=hosted.root_id, credential=credential
        )
        made.access_brake_minimum = made.package_brake_minimum = NEVER
        return made.id


def access_list(runtime: Runtime, hosted: Hosted) -> dict[str, list[str]]:
    """The logins that may read each repository's package. External people are known, as after a login."""
    with runtime.database.write() as session:
        session.execute(update(Identity).where(Identity.remote_id.in_(hosted.externals)).values(is_external=True))
    with runtime.database.read() as session:
        readers = list_readers(session, organization_id=1, today=utc_now().date())
        query = select(Package.name, Repository.remote_id).join(Repository)
        packages = session.execute(query.where(Package.state != PackageState.REMOVED)).all()
    return {repository: readers[name] for name, repository in packages}


def logins(runtime: Runtime) -> dict[str, str]:
    with runtime.database.read() as session:
        return {row.remote_id: row.login for row in session.execute(select(Identity.remote_id, Identity.login))}


def run(runtime: Runtime, synchronization_id: int) -> RunResult | None:
    """One run, and another one when somebody confirmed what was held: an empty list always is."""
    result = doing.run(runtime, synchronization_id).result
    if result is not RunResult.HELD:
        return result
    with runtime.database.write() as session:
        hold = find_open_hold(session, synchronization_id=synchronization_id)
        assert hold is not None
        approve_hold(session, hold, actor="test", user_id=None)
    return doing.run(runtime, synchronization_id).result


@pytest.mark.parametrize("seed", range(COMPANIES))
@pytest.mark.parametrize("host", HOSTS)
def test_after_any_change_those_may_read_whom_the_host_lets_read(
    host: str, seed: int, services: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing.make_haste(monkeypatch)
    dice = Random(f"{host} {seed}")
    with HOSTS[host].start() as fake:
        hosted = HOSTS[host].random(fake, seed)
        with open_runtime_for(hosted, services, tmp_path, on_postgresql=seed % 2 == 1) as runtime:
            changes, synchronization_id = CHANGES[host](hosted, dice), found_synchronization(runtime, hosted)
            done: list[str] = []
            for _ in range(RUNS):
                assert run(runtime, synchronization_id) is RunResult.OK, done
                names, there, here = logins(runtime), changes.readers(), access_list(runtime, hosted)
                assert here == {key: sorted(names.get(each, each) for each in there[key]) for key in here}, done
                assert here or done, "nothing is compared"

                done.append(" and ".join(kinds := dice.sample(changes.KINDS, k=dice.randint(1, AT_ONCE))))
                for kind in kinds:
                    changes.change(kind)
