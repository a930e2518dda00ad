"""From a pasted credential to packages that can be installed: people and code read with nothing but what is stored."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from composer.access import list_readers
from composer.tokens import ORGANIZATION_PREFIX, new_token
from config import Settings
from models import ComposerToken, Package, RunResult, SyncRun, TokenKind, Webhook, WebhookState, digest_secret, utc_now
from sync.jobs import request_run
from tests.functional.composer.client import served
from tests.functional.composer.registry import basic
from tests.functional.organizations.storing import Host, Hosts, install_app
from tests.jobs import make_due, run_due_jobs
from tests.services import free_port

TOKEN = new_token(ORGANIZATION_PREFIX)
MANIFEST = '{"name": "acme/logging"}'


@dataclass(frozen=True, slots=True)
class Work:
    """An organization whose only repository is a package, and what workers do for it."""

    host: Host
    repository: Any
    typed: dict[str, str]

    def store(self) -> str:
        """Paste the credential, and let workers do what that asks for; the page that came."""
        page = self.host.store(**self.typed)
        self.do_jobs()
        return page

    def synchronize(self) -> SyncRun:
        with self.host.world.write() as session:
            request_run(session, synchronization_id=1, reason="test")
        return self.do_jobs()

    def do_jobs(self) -> SyncRun:
        """Everything that waits, also for later; the newest run after it."""
        make_due(self.host.world.runtime)
        run_due_jobs(self.host.world.runtime)
        with self.host.world.runtime.database.read() as session:
            return session.scalars(select(SyncRun).order_by(SyncRun.number.desc())).all()[0]

    def served(self) -> dict[str, Any]:
        """The versions of acme/logging that Composer is shown, by name."""
        client = self.host.world.app.test_client(use_cookies=False)
        base_url = self.host.world.runtime.settings.base_url
        answer = client.get("/acme/p2/acme/logging.json", headers=basic(TOKEN), base_url=base_url)
        if answer.status_code == 404:
            return {}
        return {entry["version"]: entry for entry in json.loads(answer.get_data())["packages"]["acme/logging"]}

    def package(self) -> Package:
        with self.host.world.runtime.database.read() as session:
            return session.scalars(select(Package).where(Package.name == "acme/logging")).one()


def fill(host: Host, repository: Any, **typed: str) -> Work:
    """One release of acme/logging, and a token of the organization for Composer."""
    host.fake.commit(repository, {"composer.json": MANIFEST, "src/code.php": "<?php\n"})
    host.fake.tag(repository, "v1.0.0")
    with host.world.write() as session:
        row = ComposerToken(kind=TokenKind.ORGANIZATION, organization_id=1, name="ci", digest=digest_secret(TOKEN))
        row.last_four = TOKEN[-4:]
        session.add(row)
    return Work(host, repository, typed)


def github_app(hosts: Hosts) -> Work:
    host = hosts.github()
    made, _ = install_app(host)
    repository = host.fake.repo("acme/logging")
    return fill(host, repository, kind="github_app", secret=made.private_key, username=str(made.app.id))


def github_token(hosts: Hosts) -> Work:
    host = hosts.github()
    token = host.fake.personal_token(host.fake.user("ann"))
    return fill(host, host.fake.repo("acme/logging"), kind="access_token", secret=token)


def github_fine_grained_token(hosts: Hosts) -> Work:
    host = hosts.github()
    token = host.fake.personal_token(host.fake.user("ann"), is_fine_grained=True)
    return fill(host, host.fake.repo("acme/logging"), kind="access_token", secret=token)


def cloud_api_token(hosts: Hosts) -> Work:
    host = hosts.cloud()
    token, repository = (
        host.fake.personal_token(host.fake.user("ann")),
        host.fake.add_repository(host.company, "logging"),
    )
    return fill(host, repository, kind="api_token", secret=token, username="ann@example.com")


def data_center_password(hosts: Hosts) -> Work:
    host = hosts.data_center()
    repository = host.fake.add_repository(host.company, "logging")
    return fill(host, repository, kind="password", secret="pass:wörd", username="ann")


def data_center_project_token(hosts: Hosts) -> Work:
    host = hosts.data_center()
    token, repository = host.fake.project_token(host.company), host.fake.add_repository(host.company, "logging")
    return fill(host, repository, kind="access_token", secret=token)


WAYS = (
    github_app,
    github_fine_grained_token,
    cloud_api_token,
    data_center_password,
    data_center_project_token,
)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_stored_is_enough_for_people_and_code(hosts: Hosts, way: Callable[[Hosts], Work]) -> None:
    work = way(hosts)

    assert "now uses" in work.store()

    run = work.do_jobs()
    assert (run.result, run.error_text) == (RunResult.OK, "")
    assert set(work.served()) == {"v1.0.0"}
    with work.host.world.runtime.database.read() as session:
        assert list_readers(session, organization_id=1, today=utc_now().date()) == {"acme/logging": ["ann"]}


def test_a_token_of_a_workspace_brings_code_and_says_what_bitbucket_hides_from_it(hosts: Hosts) -> None:
    host = hosts.cloud()
    token = host.fake.access_token(host.company, ("repository", "account"))
    work = fill(host, host.fake.add_repository(host.company, "logging"), kind="access_token", secret=token)

    work.store()

    run = work.do_jobs()
    assert run.result is RunResult.DEGRADED
    assert "may hide a part from this credential" in run.error_text
    assert set(work.served()) == {"v1.0.0"}


def test_the_webhook_of_an_app_brings_new_versions_and_new_repositories(settings: Settings) -> None:
    with opened(settings) as hosts:
        work = github_app(hosts)
        work.store()
        fake, app = work.host.fake, work.host.world.app
        with served(app, int(hosts.settings.base_url.rpartition(":")[2])):
            enter_webhook(work)
            fake.tag(work.repository, "v1.1.0")
            other = fake.add_repo(work.host.company, "clock")
            fake.commit(other, {"composer.json": '{"name": "acme/clock"}'})
            answers = {record.event: record.status for record in fake.wait_for_deliveries()}
        work.do_jobs()

        assert set(answers.values()) == {202}
        assert set(work.served()) == {"v1.0.0", "v1.1.0"}
        with work.host.world.runtime.database.read() as session:
            assert set(session.scalars(select(Package.name))) == {"acme/logging", "acme/clock"}
            assert session.scalars(select(Webhook.state)).all() == [WebhookState.ACTIVE]


@contextmanager
def opened(settings: Settings) -> Iterator[Hosts]:
    """Hosts whose organization is reached on a real port."""
    hosts = Hosts(replace(settings, base_url=f"http://localhost:{free_port()}"))
    with hosts.stack:
        yield hosts


def enter_webhook(work: Work) -> None:
    """Type at GitHub what our page shows."""
    shown = work.host.app_webhook()
    (hook,) = (hook for hook in work.host.fake.state.hooks.values() if hook.kind == "integration")
    hook.url, hook.secret = shown
    hook.is_active = True


def rename(work: Work) -> None:
    fake, repository = work.host.fake, work.repository
    if hasattr(fake, "rename_repo"):
        fake.rename_repo(repository, "logger")
    elif hasattr(fake, "rename_repository"):
        fake.rename_repository(repository, "logger")
    else:
        fake.update_repository(repository, slug="logger", name="logger")


def add_another(work: Work) -> None:
    add = getattr(work.host.fake, "add_repo", None) or work.host.fake.add_repository
    add(work.host.company, "website")


def transfer(work: Work) -> None:
    """To somebody else's place."""
    fake, repository = work.host.fake, work.repository
    if hasattr(fake, "transfer_repo"):
        fake.transfer_repo(repository, fake.add_organization("other", "Other", owner=fake.add_user("olga")))
    elif hasattr(fake, "move_repository"):
        fake.move_repository(repository, fake.add_project("OTHER", "Other"))
    else:
        fake.transfer_repository(repository, fake.add_workspace("other", "Other"))


@pytest.mark.parametrize("way", [github_token, cloud_api_token, data_center_password])
def test_a_renamed_repository_keeps_its_package_and_a_transferred_one_loses_it(
    hosts: Hosts, way: Callable[[Hosts], Work]
) -> None:
    work = way(hosts)
    add_another(work)  # a list that is suddenly empty would wait for somebody to look at it
    work.store()
    before = work.package().id

    rename(work)
    work.host.fake.tag(work.repository, "v1.1.0")
    work.synchronize()

    assert work.package().id == before
    assert set(work.served()) == {"v1.0.0", "v1.1.0"}
    transfer(work)
    work.synchronize()
    assert work.served() == {}


@pytest.mark.parametrize("way", [github_token, data_center_password])
def test_an_archived_repository_is_an_abandoned_package(hosts: Hosts, way: Callable[[Hosts], Work]) -> None:
    work = way(hosts)
    work.store()
    assert "abandoned" not in work.served()["v1.0.0"]

    change = getattr(work.host.fake, "update_repo", None) or work.host.fake.update_repository
    change(work.repository, archived=True)
    work.synchronize()

    assert work.served()["v1.0.0"]["abandoned"] is True
