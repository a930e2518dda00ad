"""A company at the fake of one host, and Ann, who pastes credentials for the organization that follows it."""

import re
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from config import Settings
from models import Credential, Team, TeamKind, open_runtime
from tests.fakes.bitbucket_cloud import FakeBitbucketCloud
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.github import FakeGitHub
from tests.functional.organizations.world import Browser, World, join
from tests.functional.rows import add_instance, add_integration, add_organization, add_synchronization, add_user
from wsgi import create_app

NEW = "/orgs/acme/synchronizations/1/credential/new"


@dataclass(frozen=True, slots=True)
class Host:
    """A fake with the company "acme" that Ann owns, and the organization here that follows it without a credential."""

    world: World
    fake: Any
    company: Any

    @property
    def ann(self) -> Browser:
        return self.world.browser("ann")

    def store(self, kind: str, **typed: str) -> str:
        """Paste a credential; the page that comes then."""
        answer = self.ann.post(f"{NEW}?kind={kind}", **typed)
        return answer.get_data(as_text=True) if answer.status_code == 422 else self.ann.read(answer.headers["Location"])

    def app_webhook(self) -> tuple[str, str]:
        """The address and the secret that our page says to enter at GitHub."""
        shown = self.ann.post(f"/orgs/acme/settings/credentials/{self.stored().id}/webhook").get_data(as_text=True)
        url, secret = (
            re.findall(rf'id="{name}"[^>]*value="([^"]+)"', shown)[0] for name in ("hook-url", "hook-secret")
        )
        return url, secret

    def stored(self) -> Credential:
        with self.world.runtime.database.read() as session:
            return session.scalars(select(Credential).where(Credential.organization_id.is_not(None))).one()


@dataclass
class Hosts:
    """Makes one host for a test."""

    settings: Settings
    stack: ExitStack = field(default_factory=ExitStack)

    def open(self, platform: str, fake: Any, company: Any, remote_id: str, path: str) -> Host:
        runtime = open_runtime(replace(self.settings, outbound_allow=(f"127.0.0.1:{fake.port}",)))
        self.stack.callback(runtime.database.close)
        with runtime.database.write() as session:
            add_instance(session, runtime.secret_box)
            integration = add_integration(session, runtime.secret_box, slug="host", base_url=fake.base_url)
            integration.platform = platform
            ann = add_user(session, integration, "ann")
            there = fake.user("ann")
            ann.identities[0].remote_id = there.uuid if platform == "bitbucket" else str(there.id)
            organization = add_organization(session)
            synchronization = add_synchronization(session, organization, integration, remote_id=remote_id)
            synchronization.remote_path = path
            owners = session.scalars(select(Team).where(Team.kind == TeamKind.OWNERS)).one()
            join(session, ann, owners, synchronization)
            ids = {"ann": ann.id}
        app = create_app(runtime=runtime)
        app.testing = True
        return Host(World(app, runtime, ids), fake, company)

    def github(self) -> Host:
        fake = self.stack.enter_context(FakeGitHub())
        acme = fake.add_organization("acme", "Acme", owner=fake.add_user("ann"))
        fake.add_repo(acme, "logging")
        return self.open("github_enterprise_server", fake, acme, str(acme.id), "acme")

    def cloud(self) -> Host:
        fake = self.stack.enter_context(FakeBitbucketCloud())
        ann = fake.add_user("ann")
        acme = fake.add_workspace("acme", "Acme")
        fake.add_member(acme, ann, "owner")
        return self.open("bitbucket", fake, acme, acme.uuid, "acme")

    def data_center(self) -> Host:
        fake = self.stack.enter_context(FakeBitbucketDataCenter())
        acme = fake.add_project("ACME", "Acme")
        fake.grant(acme, fake.add_user("ann", password="pass:wörd"), "PROJECT_ADMIN")
        return self.open("bitbucket_data_center", fake, acme, str(acme.id), "ACME")


def install_app(host: Host, *, at: str = "acme") -> tuple[Any, Any]:
    """A GitHub App of the company, installed in it unless that is wished otherwise."""
    made = host.fake.add_app(host.company, events=("push", "repository"))
    home = host.company if at == "acme" else host.fake.add_organization(at, at, owner=host.fake.user("ann"))
    return made, host.fake.install_app(made.app, home)
