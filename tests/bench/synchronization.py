"""How long a synchronization of a large company takes, and how many requests. `python -m tests.bench.synchronization`

Arguments: the numbers of groups, projects and members; without them 50, 1000 and 1000.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from config import Settings
from models import Runtime, open_runtime
from tests.databases import fresh_postgresql, fresh_sqlite
from tests.fakes.company import large_company
from tests.fakes.gitlab import FakeGitLab
from tests.functional.rows import (
    add_credential,
    add_instance,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)
from tests.functional.sync.conftest import Company
from tests.services import start_in_background, stop_background, wait_for_address

RUNS = ("first", "unchanged", "one left")


def main(groups: int = 50, projects: int = 1000, members: int = 1000) -> None:
    """Print one table for each database."""
    services, process = start_in_background()
    print(f"{groups} groups, {projects} projects, {members} people")
    try:
        with tempfile.TemporaryDirectory() as folder:
            with fresh_sqlite(services, Path(folder)) as url:
                _measure("SQLite", url, Path(folder), (groups, projects, members))
            with fresh_postgresql(services, wait_for_address(services, "postgresql")) as url:
                _measure("PostgreSQL", url, Path(folder), (groups, projects, members))
    finally:
        stop_background(services, process)


def _measure(title: str, url: str, folder: Path, size: tuple[int, int, int]) -> None:
    with FakeGitLab() as fake, _company(fake, url, folder / title, size) as company:
        print(f"\n{title:<12}{'seconds':>9}{'requests':>10}{'changes':>9}  result")
        for run in RUNS:
            if run == "one left":
                _let_somebody_leave(fake)
            fake.requests.clear()
            began = time.monotonic()
            company.synchronize()
            seconds, report = time.monotonic() - began, company.last_run()
            print(f"{run:<12}{seconds:>9.2f}{len(fake.requests):>10}{len(report.changes):>9}  {report.result}")


@contextmanager
def _company(fake: FakeGitLab, url: str, data: Path, size: tuple[int, int, int]) -> Iterator[Company]:
    groups, projects, members = size
    top = large_company(fake, groups=groups, projects=projects, members=members)
    allowed = {"OUTBOUND_ALLOW": urlsplit(fake.base_url).netloc}
    runtime = open_runtime(Settings.from_env({"REPERTORY_DATA_DIR": str(data), "DATABASE_URL": url, **allowed}))
    synchronization_id = _add_rows(runtime, fake, remote_id=str(top.id))
    yield Company(fake, runtime, synchronization_id)
    runtime.database.close()


def _add_rows(runtime: Runtime, fake: FakeGitLab, *, remote_id: str) -> int:
    box, owner = runtime.secret_box, fake.user("owner")
    with runtime.database.write() as session:
        add_instance(session, box)
        integration = add_integration(session, box, base_url=fake.base_url)
        user = add_user(session, integration, "owner")
        user.identities[0].remote_id = str(owner.id)
        credential = add_credential(session, box, user.identities[0], token=fake.personal_token(owner))
        organization = add_organization(session)
        made = add_synchronization(session, organization, integration, remote_id=remote_id, credential=credential)
        return made.id


def _let_somebody_leave(fake: FakeGitLab) -> None:
    group = fake.group("large/team-0001")
    user_id = next(user_id for source, user_id in fake.core.state.memberships if source == group.source)
    fake.remove_member(group, fake.core.state.users[user_id])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
