"""A Bitbucket Data Center whose credential may not list permissions: everybody's own token tells what they may read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from accounts.departures import Departure
from composer.access import find_role, list_readers, visible_packages
from config import Settings
from integrations.service import platform_of
from models import (
    FlowPurpose,
    Grant,
    GrantSource,
    Integration,
    Membership,
    MembershipSource,
    PackageState,
    Repository,
    RunResult,
    RunScope,
    Runtime,
    Synchronization,
    SyncRun,
    Team,
    TeamKind,
    User,
    open_runtime,
    utc_now,
)
from organizations.credential_trial import NotAccepted, Pasted, try_pasted
from sync.jobs import request_run
from sync.own_jobs import is_asking_people, request_own_access_at_login
from sync.own_plan import LASTS, REFUSED_LASTS
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.bitbucket_dc import User as HostUser
from tests.functional.rows import (
    add_credential,
    add_instance,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)
from tests.functional.sync.small import do_our_jobs

READ_ONLY = ("REPO_READ",)
LIBRARY = '{"name": "acme/%s"}'


@dataclass(frozen=True, slots=True)
class Project:
    """A project with two private repositories and a public one, and the organization that follows it."""

    fake: FakeBitbucketDataCenter
    runtime: Runtime
    organization_id: int
    integration_id: int
    synchronization_id: int
    users: dict[str, int]
    identities: dict[str, int]

    def synchronize(self) -> SyncRun:
        """A full run with everything that it asks for."""
        with self.runtime.database.write() as session:
            request_run(session, synchronization_id=self.synchronization_id, reason="test")
        self.work()
        with self.runtime.database.read() as session:
            query = select(SyncRun).where(SyncRun.scope == RunScope.FULL).order_by(SyncRun.number.desc())
            return session.scalars(query.limit(1)).one()

    def log_in(self, name: str) -> None:
        """What a login leads to."""
        with self.runtime.database.write() as session:
            session.execute(update(SyncRun).values(created_at=utc_now() - timedelta(hours=1)))
            request_own_access_at_login(session, identity_id=self.identities[name])
        self.work()

    def work(self) -> None:
        """The jobs of runs and of own access, until none is left."""
        do_our_jobs(self.runtime)

    def readers(self) -> dict[str, list[str]]:
        """By repository."""
        with self.runtime.database.read() as session:
            readers = list_readers(session, organization_id=self.organization_id, today=utc_now().date())
        return {name.removeprefix("acme/"): logins for name, logins in readers.items()}


@pytest.fixture
def project(settings: Settings) -> Iterator[Project]:
    """olga administers the project, but the link allows "Repositories: Read" only; bob and eve have logged in."""
    with FakeBitbucketDataCenter() as fake:
        client_id, _ = fake.application(redirect_uri="http://localhost:8000/oauth/dc/callback", scopes=READ_ONLY)
        acme = fake.add_project("ACME")
        people = {name: fake.add_user(name) for name in ("olga", "bob", "eve")}
        fake.grant(acme, people["olga"], "PROJECT_ADMIN")
        for name in ("clock", "events", "open"):
            repository = fake.add_repository(acme, name, public=name == "open")
            fake.commit(repository, {"composer.json": LIBRARY % name})
        fake.grant(fake.repo("ACME/clock"), people["bob"], "REPO_READ")
        runtime = open_runtime(replace(settings, outbound_allow=(urlsplit(fake.base_url).netloc,)))
        with runtime.database.write() as session:
            add_instance(session, runtime.secret_box)
            integration = add_integration(session, runtime.secret_box, slug="dc", base_url=fake.base_url)
            integration.platform = "bitbucket_data_center"
            users, credentials = {}, {}
            for name, account in people.items():
                users[name] = add_user(session, integration, name)
                users[name].identities[0].remote_id = str(account.id)
                token = str(fake.oauth_token(account, client_id, READ_ONLY)["access_token"])
                identity = users[name].identities[0]
                credentials[name] = add_credential(session, runtime.secret_box, identity, token=token)
            organization = add_organization(session)
            synchronization = add_synchronization(
                session, organization, integration, remote_id=str(acme.id), credential=credentials["olga"]
            )
            identities = {name: user.identities[0].id for name, user in users.items()}
            made = Project(
                fake,
                runtime,
                organization.id,
                integration.id,
                synchronization.id,
                {name: user.id for name, user in users.items()},
                identities,
            )
        yield made
        runtime.database.close()


def test_repositories_are_followed_and_everybody_is_asked_with_their_own_token(project: Project) -> None:
    run = project.synchronize()

    assert (run.result, run.error_code) == (RunResult.DEGRADED, "own_tokens")
    assert "with their own account" in run.error_text
    assert not [each for each in project.fake.requests if each.template.endswith("/permissions/search")]
    assert project.readers() == {
        "clock": ["bob", "olga"],
        "events": ["olga"],
        "open": ["bob", "olga"],
    }
    with project.runtime.database.read() as session:
        assert is_asking_people(session, integration_id=project.integration_id)


def test_who_reads_nothing_but_what_is_public_is_no_member(project: Project) -> None:
    project.synchronize()

    with project.runtime.database.read() as session:
        role = find_role(
            session, organization_id=project.organization_id, user_id=project.users["eve"], today=utc_now().date()
        )
    assert role is None


def test_what_was_taken_back_at_the_host_goes_with_the_next_login(project: Project) -> None:
    project.synchronize()
    project.fake.revoke(project.fake.repo("ACME/clock"), project.fake.user("bob"))
    project.fake.grant(project.fake.repo("ACME/events"), project.fake.user("bob"), "REPO_READ")

    project.log_in("bob")

    readers = project.readers()
    assert "bob" not in readers["clock"]
    assert "bob" in readers["events"]


def test_a_host_in_trouble_takes_nothing_away(project: Project) -> None:
    project.synchronize()
    project.fake.misbehave(r"/repos\?.*permission=REPO_READ", "status_500")

    project.log_in("bob")

    assert "bob" in project.readers()["clock"]


def test_a_token_that_is_refused_ends_what_it_confirmed_on_the_next_day(project: Project) -> None:
    project.synchronize()
    project.fake.deactivate(project.fake.user("bob"))

    project.log_in("bob")

    today = utc_now().date()
    with project.runtime.database.read() as session:
        now = list_readers(session, organization_id=project.organization_id, today=today)
        tomorrow = list_readers(session, organization_id=project.organization_id, today=today + REFUSED_LASTS)
    assert "bob" in now["acme/clock"]
    assert "bob" not in tomorrow["acme/clock"]


def test_what_nobody_confirms_ends_by_itself(project: Project) -> None:
    project.synchronize()

    with project.runtime.database.read() as session:
        later = utc_now().date() + LASTS
        assert not list_readers(session, organization_id=project.organization_id, today=later)["acme/clock"]


def test_a_credential_that_lists_permissions_takes_over(project: Project) -> None:
    project.synchronize()
    token = project.fake.personal_token(project.fake.user("olga"))
    with project.runtime.database.write() as session:
        synchronization = session.get_one(SyncRun, 1).synchronization
        assert synchronization.credential is not None
        synchronization.credential.seal_tokens(project.runtime.secret_box, access_token=token, refresh_token=None)

    run = project.synchronize()

    assert run.result is RunResult.OK, run.error_text
    with project.runtime.database.read() as session:
        assert set(session.scalars(select(Grant.source).where(Grant.identity_id.is_not(None)))) == {GrantSource.DIRECT}
        assert not is_asking_people(session, integration_id=project.integration_id)
    assert project.readers() == {"clock": ["bob", "olga"], "events": ["olga"], "open": ["bob", "olga"]}


def test_a_token_that_may_only_read_can_be_stored(project: Project) -> None:
    reader = project.fake.add_user("reader")
    project.fake.grant(project.fake.project("ACME"), reader, "PROJECT_READ")
    outsider = project.fake.add_user("outsider")
    with project.runtime.database.read() as session:
        query = select(Synchronization).options(joinedload(Synchronization.integration))
        synchronization = session.scalars(query).one()
    (kind,) = (kind for kind in platform_of(synchronization.integration).stored_kinds if kind.key == "api_token")

    def store(account: HostUser) -> str:
        token = project.fake.personal_token(account, READ_ONLY)
        pasted = Pasted(synchronization.integration, kind, "", token)
        return try_pasted(project.runtime, pasted, synchronization).remote_id

    assert store(reader) == str(reader.id)
    with pytest.raises(NotAccepted):
        store(outsider)


def test_a_login_asks_for_more_only_while_nothing_else_tells(project: Project) -> None:
    def scopes() -> tuple[str, ...]:
        with project.runtime.database.read() as session:
            integration = session.get_one(Integration, project.integration_id)
            return Departure(integration, FlowPurpose.LOGIN, "").scopes(session)

    assert "REPO_READ" not in scopes()
    project.synchronize()
    assert "REPO_READ" in scopes()


def test_what_is_internal_makes_nobody_a_member(project: Project) -> None:
    project.synchronize()
    today = utc_now().date()
    with project.runtime.database.write() as session:
        clock = session.scalars(select(Repository).where(Repository.name == "clock")).one()
        session.add(
            Grant(
                synchronization_id=project.synchronization_id,
                repository_id=clock.id,
                source=GrantSource.INTERNAL,
                identity_id=project.identities["eve"],
                expires_on=today + LASTS,
            )
        )

    eve = project.users["eve"]
    with project.runtime.database.read() as session:
        assert find_role(session, organization_id=project.organization_id, user_id=eve, today=today) is None
    assert "eve" not in project.readers()["clock"]
    assert not packages_of(project, eve)
    with project.runtime.database.write() as session:
        join_by_hand(session, project, eve)
    assert "acme/clock" in packages_of(project, eve)


def test_what_everybody_at_the_host_reads_is_for_people_with_an_account_there(project: Project) -> None:
    project.synchronize()
    with project.runtime.database.write() as session:
        guest = User(display_name="Guest")
        session.add(guest)
        session.flush()
        guest_id = guest.id
        for user_id in (guest_id, project.users["eve"]):
            join_by_hand(session, project, user_id)
        for repository in session.scalars(select(Repository).where(Repository.name == "clock")):
            grant = Grant(source=GrantSource.BASE, repository_id=repository.id)
            grant.synchronization_id = project.synchronization_id
            session.add(grant)

    assert "acme/clock" in packages_of(project, project.users["eve"])
    assert "acme/clock" not in packages_of(project, guest_id)


def packages_of(project: Project, user_id: int) -> set[str]:
    """What somebody may read, also before it was read itself."""
    query = visible_packages(
        organization_id=project.organization_id,
        user_id=user_id,
        today=utc_now().date(),
        states=[PackageState.PENDING],
    )
    with project.runtime.database.read() as session:
        return {package.name for package in session.scalars(query)}


def join_by_hand(session: Session, project: Project, user_id: int) -> None:
    """Put somebody into a local team of the organization."""
    team = Team(organization_id=project.organization_id, kind=TeamKind.LOCAL, name=f"Friends {user_id}")
    session.add(team)
    session.flush()
    session.add(Membership(team_id=team.id, user_id=user_id, source=MembershipSource.LOCAL))
