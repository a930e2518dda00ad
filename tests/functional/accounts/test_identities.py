"""Who somebody is here: by the account at the host alone, as long as the host lets it live."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models import (
    EmailAddress,
    Identity,
    IdentityState,
    Integration,
    LoginPolicy,
    Membership,
    MembershipSource,
    Organization,
    Runtime,
    Team,
    TeamKind,
    User,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, add_integration
from tests.functional.accounts.rows_of_accounts import count, identity_of


def test_two_integrations_with_one_address_make_two_people(ann: Person, runtime: Runtime) -> None:
    with FakeGitLab() as other:
        other.add_user("zoe", email="ann@example.com")
        object.__setattr__(
            runtime.settings, "outbound_allow", (*runtime.settings.outbound_allow, f"127.0.0.1:{other.port}")
        )
        add_integration(runtime, other, "other")
        zoe = Person(ann.app, ann.base_url, "zoe")

        ann.log_in()
        zoe.log_in("other")

        assert (ann.who(), zoe.who()) == ("ann", "zoe")
    assert count(runtime, User) == 2


def test_a_renamed_login_is_the_same_person_and_a_reused_one_another(
    ann: Person, bob: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    ann.log_in()
    user_id = identity_of(runtime, "ann").user_id
    people = {user.username: user for user in gitlab.state.users.values()}
    people["ann"].username, people["ann"].name = "ann-marie", "Ann-Marie"
    ann.host_login = "ann-marie"
    people["bob"].username, people["bob"].name = "ann", "Ann"
    bob.host_login = "ann"

    ann.log_in()
    bob.log_in()

    assert identity_of(runtime, "ann-marie").user_id == user_id
    assert identity_of(runtime, "ann").user_id != user_id


def test_a_pending_identity_is_claimed_and_what_was_granted_works_at_once(
    ann: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    remote_id = next(str(user.id) for user in gitlab.state.users.values() if user.username == "ann")
    with runtime.database.write() as session:
        integration = session.scalars(select(Integration)).one()
        integration.login_policy = LoginPolicy.MEMBERS
        pending = Identity(integration_id=integration.id, remote_id=remote_id, login="old-name")
        acme = Organization(short_name="acme", name="Acme")
        team = Team(organization=acme, kind=TeamKind.SYNCHRONIZED, name="Backend")
        session.add_all([pending, acme, team])
        session.flush()
        session.add(Membership(team_id=team.id, identity_id=pending.id, source=MembershipSource.LOCAL))

    answer = ann.log_in()

    assert answer.status_code == 303
    assert ann.get("/orgs/acme").get_data(as_text=True) == "Acme"
    assert count(runtime, Identity) == 1
    assert identity_of(runtime, "ann").user_id is not None
    assert "Log in with" not in ann.get("/page").get_data(as_text=True)


def test_somebody_without_an_organization_is_refused_by_policy_and_nothing_is_kept(
    ann: Person, runtime: Runtime
) -> None:
    with runtime.database.write() as session:
        session.execute(update(Integration).values(login_policy=LoginPolicy.MEMBERS))

    answer = ann.log_in()

    assert answer.status_code == 403
    assert "No organization here uses your account" in answer.get_data(as_text=True)
    assert (count(runtime, User), count(runtime, Identity)) == (0, 0)
    assert ann.who() == "nobody"


@pytest.mark.parametrize("days", [0, 1])
def test_a_membership_that_has_expired_does_not_let_anybody_in(
    ann: Person, runtime: Runtime, gitlab: FakeGitLab, days: int
) -> None:
    remote_id = next(str(user.id) for user in gitlab.state.users.values() if user.username == "ann")
    with runtime.database.write() as session:
        integration = session.scalars(select(Integration)).one()
        integration.login_policy = LoginPolicy.MEMBERS
        pending = Identity(integration_id=integration.id, remote_id=remote_id, login="ann")
        acme = Organization(short_name="acme", name="Acme")
        team = Team(organization=acme, kind=TeamKind.LOCAL, name="Guests")
        session.add_all([pending, acme, team])
        session.flush()
        expired = utc_now().date() - timedelta(days=days)
        session.add(
            Membership(team_id=team.id, identity_id=pending.id, source=MembershipSource.LOCAL, expires_on=expired)
        )

    assert ann.log_in().status_code == 403
    assert identity_of(runtime, "ann").user_id is None


def test_a_blocked_account_ends_the_session_within_one_request(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        session.execute(update(Identity).values(state=IdentityState.BLOCKED))

    assert ann.who() == "nobody"
    assert ann.get("/private").status_code == 303


def test_another_living_account_keeps_the_session_of_a_blocked_one(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    identity = identity_of(runtime, "ann")
    with runtime.database.write() as session:
        session.execute(update(Identity).values(state=IdentityState.BLOCKED))
        session.add(
            Identity(integration_id=identity.integration_id, remote_id="999", login="ann-2", user_id=identity.user_id)
        )

    assert ann.get("/private").status_code == 200


def test_a_disabled_person_can_neither_stay_nor_come_back(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        session.execute(update(User).values(disabled_at=utc_now()))

    assert ann.who() == "nobody"
    assert "switched off" in ann.log_in().get_data(as_text=True)


def test_addresses_are_kept_as_the_host_reports_them(ann: Person, runtime: Runtime) -> None:
    ann.log_in()

    with runtime.database.read() as session:
        address = session.scalars(select(EmailAddress)).one()

    assert (address.address, address.is_verified, address.is_default) == ("ann@example.com", True, True)
