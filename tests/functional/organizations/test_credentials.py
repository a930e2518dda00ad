"""Whose account a synchronization acts with: what the page says, who takes over, what a reconnect leads to."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from accounts.grants import store_grant
from integrations.oauth import OAuthTokens
from models import (
    AuditRecord,
    Credential,
    CredentialState,
    JobRun,
    Runtime,
    Synchronization,
    SynchronizationState,
    SyncRun,
    Team,
    TeamKind,
    User,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.organizations.conftest import ENOUGH_SCOPES
from tests.functional.organizations.world import World, join
from tests.functional.rows import add_credential, add_integration, add_synchronization

PAGE = "/orgs/acme/settings/credentials"
TAKE_OVER = "/orgs/acme/synchronizations/1/credential"


def give_credential(world: World, login: str, *, scopes: list[str] = ENOUGH_SCOPES) -> int:
    """Let somebody have authorized us."""
    with world.write() as session:
        identity = session.get_one(User, world.users[login]).identities[0]
        credential = add_credential(session, world.runtime.secret_box, identity)
        credential.name, credential.scopes = identity.login, scopes
        return credential.id


def make_owner(world: World, login: str) -> None:
    with world.write() as session:
        owners = session.query(Team).filter_by(organization_id=world.organization_id, kind=TeamKind.OWNERS).one()
        join(session, session.get_one(User, world.users[login]), owners, session.query(Synchronization).one())


def change_used(world: World, **values: Any) -> None:
    """Change the credential that the synchronization uses."""
    with world.write() as session:
        session.execute(update(Credential).where(Credential.id == 1).values(values))


def newest_run(runtime: Runtime) -> SyncRun:
    with runtime.database.read() as session:
        return session.query(SyncRun).order_by(SyncRun.id.desc()).first() or SyncRun()


def test_the_page_names_account_scopes_end_and_last_run(world: World) -> None:
    change_used(world, scopes=ENOUGH_SCOPES, expires_at=utc_now() + timedelta(days=3))
    with world.write() as session:
        session.add(SyncRun(synchronization_id=1, number=7, seq=0, credential_id=1, started_at=utc_now(), reasons=[]))

    page = world.browser("ann").read(PAGE)

    assert "Works" in page
    assert " ".join(ENOUGH_SCOPES) in page
    assert "missing:" not in page
    assert "run 7" in page
    assert "ends " in page
    assert "nobody: no other owner of Acme" in page


def test_the_page_of_the_synchronization_says_the_same(world: World) -> None:
    page = world.browser("bob").read("/orgs/acme/synchronizations/1")

    assert 'id="credential"' in page
    assert "Could take over" in page
    assert "Authorize my account" in page


def test_missing_scopes_are_named_with_the_way_to_get_them(world: World) -> None:
    change_used(world, scopes=["read_user", "read_api"])

    mine, theirs = world.browser("ann").read(PAGE), world.browser("bob").read(PAGE)

    assert "Works in part" in mine
    assert "read_repository api" in mine
    assert "Authorize at Gitlab" in mine
    assert "Authorize at Gitlab" not in theirs


def test_a_paused_credential_says_why_and_its_owner_can_reconnect(world: World) -> None:
    change_used(world, state=CredentialState.NEEDS_RECONNECT, state_reason="The token was revoked")

    mine, theirs = world.browser("ann").read(PAGE), world.browser("bob").read(PAGE)

    assert "The token was revoked" in theirs
    assert "Reconnect Gitlab" in mine
    assert "Reconnect Gitlab" not in theirs


@pytest.mark.parametrize(
    ("scopes", "words"), [(ENOUGH_SCOPES, "has authorized it"), (["read_user"], "has to authorize it first")]
)
def test_other_owners_are_named_with_what_they_would_have_to_do(world: World, scopes: list[str], words: str) -> None:
    make_owner(world, "eve")
    give_credential(world, "eve", scopes=scopes)

    page = world.browser("bob").read(PAGE)

    assert "Eve" in page
    assert words in page


def test_people_who_can_not_log_in_are_not_named(world: World) -> None:
    make_owner(world, "eve")
    with world.write() as session:
        session.get_one(User, world.users["eve"]).disabled_at = utc_now()

    assert "Eve" not in world.browser("bob").read(PAGE)


def test_who_looks_is_offered_what_their_own_account_can_do(world: World) -> None:
    before = world.browser("bob").read(PAGE)
    give_credential(world, "bob")
    after = world.browser("bob").read(PAGE)
    with world.write() as session:
        elsewhere = add_integration(session, world.runtime.secret_box, slug="elsewhere")
        session.get_one(User, world.users["bob"]).identities[0].integration_id = elsewhere.id

    assert "Authorize my account" in before
    assert "Use my account instead" in after
    assert "Connect Gitlab" in world.browser("bob").read(PAGE)


def test_more_synchronizations_take_no_more_queries(world: World) -> None:
    before = world.count_queries("ann", PAGE)
    with world.write() as session:
        first = session.query(Synchronization).one()
        for number in range(3):
            add_synchronization(
                session, first.organization, first.integration, remote_id=f"more-{number}", is_primary=False
            )

    assert world.count_queries("ann", PAGE) <= before


def test_a_reconnect_starts_a_run_of_all_that_use_the_account(world: World) -> None:
    with world.write() as session:
        identity = session.get_one(User, world.users["ann"]).identities[0]
        tokens = OAuthTokens("new", None, frozenset(ENOUGH_SCOPES), None)
        box, scopes = world.runtime.secret_box, frozenset(ENOUGH_SCOPES)
        store_grant(session, box, identity=identity, tokens=tokens, scopes=scopes, now=utc_now())

    with world.runtime.database.read() as session:
        assert session.query(SyncRun).one().reasons == ["account reconnected"]
        assert session.query(JobRun).one().queue == "interactive"


def test_an_account_that_allows_too_little_can_not_take_over(world: World) -> None:
    give_credential(world, "bob", scopes=["read_user"])

    answer = world.browser("bob").post(TAKE_OVER)

    assert "does not allow enough yet" in world.browser("bob").read(answer.headers["Location"])
    with world.runtime.database.read() as session:
        assert session.query(Synchronization).one().credential_id == 1


def test_another_owner_of_the_group_takes_over_and_a_run_starts_at_once(fresh: World, fake: FakeGitLab) -> None:
    ann = fresh.browser("ann")
    ann.post("/orgs/new", remote=f"gitlab:{fake.group('acme').id}", name="Acme", short_name="acme")
    with fresh.write() as session:
        mine_id = session.query(Credential.id).order_by(Credential.id).limit(1).scalar()
        synchronization = session.query(Synchronization).one()
        synchronization.credential_id = None
        synchronization.state = SynchronizationState.NEEDS_CREDENTIAL
        synchronization.last_ok_at = utc_now()
        session.query(SyncRun).update({"phase": "done", "result": "failed"})

    page = ann.read(PAGE)
    answer = ann.post(TAKE_OVER)

    assert "Use my account" in page
    assert "now uses your account ann" in ann.read(answer.headers["Location"])
    assert newest_run(fresh.runtime).reasons == ["changed credential"]
    with fresh.runtime.database.read() as session:
        synchronization = session.query(Synchronization).one()
        assert (synchronization.credential_id, synchronization.state) == (mine_id, SynchronizationState.OK)
        record = session.query(AuditRecord).order_by(AuditRecord.id.desc()).first()
        assert record is not None
        assert (record.action, record.actor_user_id) == ("credential_changed", fresh.users["ann"])


@pytest.mark.parametrize("is_connected", [True, False])
def test_an_account_that_does_not_own_the_group_can_not_take_over(
    fresh: World, fake: FakeGitLab, is_connected: bool
) -> None:
    with fresh.write() as session:
        session.get_one(User, fresh.users["mia"]).is_administrator = True
    fresh.browser("mia").post("/orgs/new", remote="", name="Acme", short_name="acme")
    with fresh.write() as session:
        mia = session.get_one(User, fresh.users["mia"]).identities[0]
        if not is_connected:
            session.query(Credential).filter_by(identity_id=mia.id).delete()
        session.add(
            Synchronization(
                organization_id=1,
                integration_id=mia.integration_id,
                remote_kind="group",
                remote_id=str(fake.group("acme").id),
                remote_name="Acme",
                remote_path="acme",
                is_primary=True,
            )
        )

    answer = fresh.browser("mia").post("/orgs/acme/synchronizations/1/credential")

    page = fresh.browser("mia").read(answer.headers["Location"])
    assert ("does not own acme" if is_connected else "is not connected") in page
    with fresh.runtime.database.read() as session:
        assert session.query(Synchronization).one().credential_id is None
