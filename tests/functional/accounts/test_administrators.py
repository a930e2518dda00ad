"""Administrators: named people, never fewer than one; and what roles in organizations allow."""

import multiprocessing
import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.administrators import (
    LastAdministrator,
    UnknownAccount,
    grant_administrator,
    grant_to_user,
    list_administrators,
    make_login_link,
    redeem_login_link,
    revoke_administrator,
)
from composer.access import Role, find_role, list_organizations
from models import (
    Grant,
    GrantSource,
    Identity,
    IdentityState,
    Membership,
    MembershipSource,
    Organization,
    Repository,
    Runtime,
    TeamKind,
    User,
    WebSession,
    utc_now,
)
from tests.functional.accounts.journey import Person
from tests.functional.rows import add_instance, add_integration, add_organization, add_synchronization, add_user

NOW = utc_now()


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    """A transaction on an active instance, rolled back afterwards."""
    with runtime.database.write_session() as session:
        add_instance(session, runtime.secret_box)
        yield session
        session.rollback()


def test_an_administrator_is_granted_by_account_and_listed_with_the_grant(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    add_user(session, integration, "ann")

    grant_administrator(session, integration_slug="gitlab", login="ann", actor="root", now=NOW)

    (found,) = list_administrators(session)
    assert (found.name, found.accounts, found.granted_by, found.since) == ("Ann", ("ann at Gitlab",), "root", NOW)


def test_a_person_who_has_not_logged_in_yet_can_be_granted(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    session.add(Identity(integration_id=integration.id, remote_id="7", login="bob"))

    person = grant_administrator(session, integration_slug="gitlab", login="bob", actor="root", now=NOW)

    assert session.scalars(select(Identity)).one().user_id == person.user_id


def test_unknown_and_ambiguous_accounts_are_refused_with_the_reason(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    for remote_id in ("1", "2"):
        session.add(Identity(integration_id=integration.id, remote_id=remote_id, login="twin"))

    with pytest.raises(UnknownAccount, match="no account 'zoe'"):
        grant_administrator(session, integration_slug="gitlab", login="zoe", actor="root", now=NOW)
    with pytest.raises(UnknownAccount, match="2 accounts"):
        grant_administrator(session, integration_slug="gitlab", login="twin", actor="root", now=NOW)
    with pytest.raises(UnknownAccount, match="nobody here"):
        make_login_link(session, base_url="", user="twin", actor="root", now=NOW)


def test_the_last_administrator_can_not_be_revoked(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    ann, bob = add_user(session, integration, "ann"), add_user(session, integration, "bob")
    for user in (ann, bob):
        grant_to_user(session, user, actor="root", now=NOW)

    revoke_administrator(session, user_id=ann.id, actor="Bob")

    with pytest.raises(LastAdministrator):
        revoke_administrator(session, user_id=bob.id, actor="Bob")
    with pytest.raises(UnknownAccount):
        revoke_administrator(session, user_id=ann.id, actor="Bob")


def test_a_disabled_administrator_does_not_count(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    ann, bob = add_user(session, integration, "ann"), add_user(session, integration, "bob")
    for user in (ann, bob):
        grant_to_user(session, user, actor="root", now=NOW)
    ann.disabled_at = NOW
    session.flush()

    with pytest.raises(LastAdministrator):
        revoke_administrator(session, user_id=bob.id, actor="Bob")


def test_two_administrators_who_revoke_each_other_at_once_do_not_both_succeed(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        add_instance(session, runtime.secret_box)
        integration = add_integration(session, runtime.secret_box)
        ids = []
        for login in ("ann", "bob"):
            user = add_user(session, integration, login)
            grant_to_user(session, user, actor="root", now=NOW)
            ids.append(user.id)
    runtime.database.close()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(2)

    def revoke(user_id: int) -> None:
        runtime.database.forget()
        barrier.wait(10)
        try:
            with runtime.database.write() as session:
                revoke_administrator(session, user_id=user_id, actor="the other")
        except LastAdministrator:
            os._exit(1)
        os._exit(0)

    processes = [context.Process(target=revoke, args=(user_id,)) for user_id in ids]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)

    assert sorted(process.exitcode or 0 for process in processes) == [0, 1]
    with runtime.database.read() as session:
        assert len(list_administrators(session)) == 1


def test_a_login_link_for_a_disabled_person_is_refused(session: Session, runtime: Runtime) -> None:
    ann = add_user(session, add_integration(session, runtime.secret_box), "ann")
    link = make_login_link(session, base_url="https://x", user=str(ann.id), actor="root", now=NOW)
    ann.disabled_at = NOW
    session.flush()

    assert redeem_login_link(session, link, now=NOW) is None


def add_member(session: Session, organization: Organization, kind: TeamKind, user: User, **values: object) -> None:
    team = next(team for team in organization.teams if team.kind is kind)
    identity_id = user.identities[0].id
    session.add(Membership(team_id=team.id, identity_id=identity_id, source=MembershipSource.LOCAL, **values))
    session.flush()


def role_of(session: Session, user: User, organization: Organization) -> Role | None:
    return find_role(session, user_id=user.id, organization_id=organization.id, today=NOW.date())


def test_the_highest_team_counts_and_only_while_it_lasts(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    acme = add_organization(session)
    ann = add_user(session, integration, "ann")
    assert role_of(session, ann, acme) is None

    add_member(session, acme, TeamKind.ADMINS, ann)
    assert role_of(session, ann, acme) is Role.ADMIN

    tomorrow = NOW.date() + timedelta(days=1)
    add_member(session, acme, TeamKind.OWNERS, ann, expires_on=tomorrow)
    assert role_of(session, ann, acme) is Role.OWNER
    assert find_role(session, user_id=ann.id, organization_id=acme.id, today=tomorrow) is Role.ADMIN


def test_a_blocked_account_gives_no_role(session: Session, runtime: Runtime) -> None:
    acme = add_organization(session)
    ann = add_user(session, add_integration(session, runtime.secret_box), "ann")
    add_member(session, acme, TeamKind.OWNERS, ann)
    ann.identities[0].state = IdentityState.BLOCKED
    session.flush()

    assert role_of(session, ann, acme) is None
    assert list_organizations(session, user_id=ann.id, today=NOW.date()) == []


def test_a_collaborator_on_one_repository_is_a_member(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    acme, ann = add_organization(session), add_user(session, integration, "ann")
    synchronization = add_synchronization(session, acme, integration)
    repository = Repository(
        synchronization_id=synchronization.id,
        remote_id="1",
        name="lib",
        path="acme/lib",
        web_url="",
        clone_url="",
        visibility="private",
        code_access="enabled",
    )
    session.add(repository)
    session.flush()
    session.add(
        Grant(
            synchronization_id=synchronization.id,
            repository_id=repository.id,
            source=GrantSource.DIRECT,
            identity_id=ann.identities[0].id,
        )
    )
    session.flush()

    assert role_of(session, ann, acme) is Role.MEMBER
    assert list_organizations(session, user_id=ann.id, today=NOW.date()) == [acme]


def test_an_organization_of_others_and_none_at_all_look_alike(ann: Person, bob: Person, runtime: Runtime) -> None:
    ann.log_in()
    bob.log_in()
    with runtime.database.write() as session:
        acme = add_organization(session)
        team = next(team for team in acme.teams if team.kind is TeamKind.OWNERS)
        identity = session.scalars(select(Identity).where(Identity.login == "ann")).one()
        session.add(Membership(team_id=team.id, identity_id=identity.id, source=MembershipSource.LOCAL))
        other = add_organization(session, short_name="other")
        admins = next(team for team in other.teams if team.kind is TeamKind.ADMINS)
        session.add(Membership(team_id=admins.id, identity_id=identity.id, source=MembershipSource.LOCAL))

    assert ann.get("/orgs/acme/settings").status_code == 200
    assert ann.get("/orgs/other/settings").status_code == 200
    assert bob.get("/orgs/acme").status_code == 404
    assert bob.get("/orgs/nothing").status_code == 404
    assert Person(ann.app, ann.base_url).get("/orgs/acme").status_code == 303


def test_a_member_may_not_do_what_admins_may(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        acme = add_organization(session)
        identity = session.scalars(select(Identity)).one()
        session.add(Membership(team_id=acme.teams[0].id, identity_id=identity.id, source=MembershipSource.LOCAL))
        acme.teams[0].kind = TeamKind.LOCAL

    assert ann.get("/orgs/acme").status_code == 200
    assert ann.get("/orgs/acme/settings").status_code == 403


def test_administration_is_not_for_everybody_and_needs_a_recent_login(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    assert ann.get("/admin").status_code == 403
    with runtime.database.write() as session:
        grant_to_user(session, session.scalars(select(User)).one(), actor="root", now=utc_now())

    assert ann.get("/admin").status_code == 200
    assert ann.get("/admin/integrations/new").status_code == 200
    with runtime.database.write() as session:
        session.execute(update(WebSession).values(authenticated_at=utc_now() - timedelta(minutes=16)))
    answer = ann.get("/admin/integrations/new")
    assert answer.headers["Location"] == "/profile/confirm?next=/admin/integrations/new"
