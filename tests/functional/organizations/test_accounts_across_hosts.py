"""One person with accounts at several hosts: what each of them may read adds up, and goes with the account."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from composer.access import list_organizations
from config import Settings
from models import (
    Grant,
    GrantSource,
    Identity,
    Integration,
    LoginPolicy,
    Membership,
    MembershipSource,
    Organization,
    Runtime,
    Synchronization,
    Team,
    TeamKind,
    User,
    open_runtime,
    utc_now,
)
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.github import FakeGitHub
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, add_integration
from tests.functional.organizations.world import add_package, add_repository
from tests.functional.rows import add_instance, add_organization, add_synchronization
from wsgi import create_app

PACKAGES = "/orgs/acme/packages"
PLATFORMS = {
    "gitlab": ("gitlab_self_managed", FakeGitLab),
    "second": ("gitlab_self_managed", FakeGitLab),
    "github": ("github_enterprise_server", FakeGitHub),
    "bitbucket": ("bitbucket_data_center", FakeBitbucketDataCenter),
}


@dataclass(frozen=True, slots=True)
class Company:
    """The organization "acme" follows a root at each of four hosts; Ann may read one package through each."""

    runtime: Runtime
    ann: Person
    fakes: dict[str, Any]

    def packages(self) -> set[str]:
        """What Ann's browser lists."""
        page = self.ann.get(PACKAGES)
        return set(re.findall(r">(acme/\w+)<", page.get_data(as_text=True))) if page.status_code == 200 else set()

    def connect(self, slug: str) -> None:
        """Go to the host and back, and confirm that the account shall be connected."""
        assert self.ann.log_in(slug, "link").headers["Location"].endswith("/profile/connect")
        assert self.ann.post("/profile/connect").status_code == 303

    def identity(self, slug: str) -> Identity:
        with self.runtime.database.read() as session:
            query = select(Identity).join(Integration).where(Integration.slug == slug)
            return session.scalars(query).one()


@pytest.fixture
def company(settings: Settings) -> Iterator[Company]:
    """Nobody has logged in yet."""
    with ExitStack() as stack:
        fakes = {slug: stack.enter_context(start()) for slug, (_, start) in PLATFORMS.items()}
        ids = {slug: str(fake.add_user("ann").id) for slug, fake in fakes.items()}
        allowed = tuple(f"127.0.0.1:{fake.port}" for fake in fakes.values())
        runtime = open_runtime(replace(settings, outbound_allow=allowed))
        stack.callback(runtime.database.close)
        with runtime.database.write() as session:
            add_instance(session, runtime.secret_box)
            add_organization(session)
        for slug, fake in fakes.items():
            platform, policy = PLATFORMS[slug][0], LoginPolicy.MEMBERS
            add_integration(runtime, fake, slug, platform=platform, name=slug.title(), login_policy=policy)
            with runtime.database.write() as session:
                _let_read(session, slug, ids[slug])
        app = create_app(runtime=runtime)
        app.testing = True
        yield Company(runtime, Person(app, runtime.settings.base_url, "ann"), fakes)


def _let_read(session: Session, slug: str, remote_id: str) -> None:
    """A synchronization has found one repository at the host, and that Ann's account may read it."""
    organization = session.scalars(select(Organization)).one()
    integration = session.scalars(select(Integration).where(Integration.slug == slug)).one()
    is_first = session.scalars(select(Synchronization.id)).first() is None
    synchronization = add_synchronization(session, organization, integration, is_primary=is_first)
    account = Identity(integration_id=integration.id, remote_id=remote_id, login="ann")
    team = Team(
        organization_id=organization.id,
        kind=TeamKind.SYNCHRONIZED,
        name=slug,
        synchronization_id=synchronization.id,
        remote_id="1",
        role_key="member",
        role_name="",
        role_level=0,
    )
    session.add_all([account, team])
    repository = add_repository(session, synchronization, slug)
    add_package(session, organization, repository, f"acme/{slug}", "v1.0.0")
    session.add(
        Membership(
            team_id=team.id,
            identity_id=account.id,
            synchronization_id=synchronization.id,
            source=MembershipSource.DIRECT,
        )
    )
    session.add(
        Grant(
            synchronization_id=synchronization.id,
            repository_id=repository.id,
            source=GrantSource.TEAM,
            team_id=team.id,
            role_name="Member",
            role_level=0,
        )
    )


def test_what_the_connected_accounts_may_read_adds_up_and_goes_with_them(company: Company) -> None:
    assert company.ann.log_in("github").status_code == 303
    assert company.packages() == {"acme/github"}

    seen = []
    for slug in ("gitlab", "second", "bitbucket"):
        company.connect(slug)
        seen.append(company.packages())

    assert seen == [
        {"acme/github", "acme/gitlab"},
        {"acme/github", "acme/gitlab", "acme/second"},
        {"acme/github", "acme/gitlab", "acme/second", "acme/bitbucket"},
    ]
    gone = company.identity("github").id
    asked = company.ann.get(f"/profile/accounts/{gone}/disconnect").get_data(as_text=True)
    assert "no longer counts for you" in asked
    company.ann.post(f"/profile/accounts/{gone}/disconnect")
    assert company.packages() == {"acme/gitlab", "acme/second", "acme/bitbucket"}
    with company.runtime.database.read() as session:
        assert session.query(User).count() == 1


def test_each_account_alone_is_a_person_until_they_are_connected(company: Company) -> None:
    people = [Person(company.ann.app, company.ann.base_url, "ann") for _ in range(2)]
    assert people[0].log_in("gitlab").status_code == 303
    assert people[1].log_in("second").status_code == 303

    with company.runtime.database.read() as session:
        assert session.query(User).count() == 2
    refused = people[0].log_in("second", "link")

    words = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "already belongs to another person of this installation" in words
    assert "Ann Ann" not in words
    assert company.identity("second").user_id != company.identity("gitlab").user_id


def test_the_login_pages_offer_every_host_of_the_organization(company: Company) -> None:
    with company.runtime.database.write() as session:
        other = session.scalars(select(Synchronization).join(Integration).where(Integration.slug == "second")).one()
        other.organization_id = add_organization(session, short_name="beta").id

    pages = [company.ann.get(f"/login{path}").get_data(as_text=True) for path in ("", "/acme", "/beta")]

    assert [re.findall(r">Log in with (\w+)<", page) for page in pages] == [
        ["Bitbucket", "Github", "Gitlab", "Second"],
        ["Bitbucket", "Github", "Gitlab"],
        ["Second"],
    ]


def test_the_profile_shows_every_account_and_offers_the_rest(company: Company) -> None:
    company.ann.log_in("gitlab")
    company.connect("bitbucket")

    page = company.ann.get("/profile").get_data(as_text=True)

    assert page.count("Disconnect") >= 2
    assert sorted(re.findall(r">Connect (\w+)<", page)) == ["Github", "Second"]
    assert str(company.fakes["bitbucket"].port) in page
    with company.runtime.database.read() as session:
        user_id = company.identity("gitlab").user_id or 0
        assert len(list_organizations(session, user_id=user_id, today=utc_now().date())) == 1
