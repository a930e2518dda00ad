"""New organizations and their first synchronization."""

import pytest
from sqlalchemy import select

from integrations.codehost import RemoteOrganization
from models import (
    AuditRecord,
    Credential,
    Identity,
    JobRun,
    Membership,
    MembershipSource,
    Organization,
    RunPhase,
    Runtime,
    Synchronization,
    SyncRun,
    Team,
    TeamKind,
    User,
)
from sync.creation import (
    ShortNameRefused,
    add_synchronization,
    check_short_name,
    create_organization,
    suggest_short_name,
)
from tests.functional.rows import add_credential, add_instance, add_integration, add_organization, add_user

REMOTE = RemoteOrganization("7", "group", "Acme", "acme", "https://gitlab.test/acme")


@pytest.fixture
def user_id(runtime: Runtime) -> int:
    with runtime.database.write() as session:
        add_instance(session, runtime.secret_box)
        user = add_user(session, add_integration(session, runtime.secret_box), "ann")
        add_credential(session, runtime.secret_box, user.identities[0])
        return user.id


def create(runtime: Runtime, user_id: int, short_name: str = "acme") -> SyncRun:
    with runtime.database.write() as session:
        organization = create_organization(session, name="Acme", short_name=short_name, user_id=user_id, actor="Ann")
        return add_synchronization(
            session,
            organization=organization,
            remote=REMOTE,
            credential=session.scalars(select(Credential)).one(),
            user_id=user_id,
            actor="Ann",
        )


def test_the_first_synchronization_is_primary_and_its_run_waits(runtime: Runtime, user_id: int) -> None:
    run = create(runtime, user_id)

    with runtime.database.read() as session:
        synchronization = session.scalars(select(Synchronization)).one()
        assert synchronization.is_primary
        assert synchronization.next_run_at is not None
        assert (run.number, run.phase, run.reasons) == (1, RunPhase.WAITING, ["creation"])
        job = session.scalars(select(JobRun)).one()
        assert job.arguments == {"synchronization_id": synchronization.id}


def test_whoever_creates_it_owns_it_before_the_first_run(runtime: Runtime, user_id: int) -> None:
    create(runtime, user_id)

    with runtime.database.read() as session:
        owners = session.scalars(
            select(Identity.login).join(Membership).join(Team).where(Team.kind == TeamKind.OWNERS)
        ).all()
    assert owners == ["ann"]


def test_an_owner_by_hand_gives_way_to_the_owners_at_the_host(runtime: Runtime, user_id: int) -> None:
    with runtime.database.write() as session:
        organization = create_organization(session, name="Acme", short_name="acme", user_id=user_id, actor="Ann")
        owners = next(team for team in organization.teams if team.kind is TeamKind.OWNERS)
        session.add(Membership(team_id=owners.id, user_id=user_id, source=MembershipSource.LOCAL))
        session.flush()
        add_synchronization(
            session,
            organization=organization,
            remote=REMOTE,
            credential=session.scalars(select(Credential)).one(),
            user_id=user_id,
            actor="Ann",
        )

    with runtime.database.read() as session:
        membership = session.scalars(select(Membership)).one()
        assert (membership.user_id, membership.source) == (None, MembershipSource.DIRECT)


def test_a_second_synchronization_is_not_primary_and_makes_nobody_owner(runtime: Runtime, user_id: int) -> None:
    create(runtime, user_id)
    with runtime.database.write() as session:
        other = RemoteOrganization("8", "group", "Tools", "tools", "")
        add_synchronization(
            session,
            organization=session.scalars(select(Organization)).one(),
            remote=other,
            credential=session.scalars(select(Credential)).one(),
            user_id=user_id,
            actor="Ann",
        )

    with runtime.database.read() as session:
        assert session.scalars(select(Synchronization.is_primary).order_by(Synchronization.id)).all() == [True, False]
        assert len(session.scalars(select(Membership)).all()) == 1


def test_creating_is_in_the_audit_log(runtime: Runtime, user_id: int) -> None:
    create(runtime, user_id)

    with runtime.database.read() as session:
        records = session.execute(select(AuditRecord.action, AuditRecord.target, AuditRecord.actor))
        assert [tuple(record) for record in records] == [
            ("organization_created", "acme", "Ann"),
            ("synchronization_created", "acme", "Ann"),
            ("owners_added", "", "Ann"),
        ]


@pytest.mark.parametrize("name", ["a", "Acme", "-acme", "acme-", "a" * 41, "ac_me", "acme\n", "ácme", ""])
def test_a_short_name_with_other_characters_is_refused(runtime: Runtime, name: str) -> None:
    with runtime.database.read() as session, pytest.raises(ShortNameRefused, match="2 to 40"):
        check_short_name(session, name)


@pytest.mark.parametrize("name", ["admin", "orgs", "setup", "hooks", "static", "new"])
def test_an_address_of_our_own_is_refused(runtime: Runtime, name: str) -> None:
    with runtime.database.read() as session, pytest.raises(ShortNameRefused, match="address of Repertory"):
        check_short_name(session, name)


def test_a_taken_short_name_is_refused(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        add_organization(session)

    with runtime.database.read() as session, pytest.raises(ShortNameRefused, match="taken"):
        check_short_name(session, "acme")


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("acme", "acme"),
        ("acme/Back End", "back-end"),
        ("x", "x-packages"),
        ("acme/…", "org-packages"),
        ("a" * 60, "a" * 40),
        (f"{'a' * 39}-b", "a" * 39),
    ],
)
def test_a_suggested_short_name_can_be_used(runtime: Runtime, path: str, suggestion: str) -> None:
    assert suggest_short_name(path) == suggestion
    with runtime.database.read() as session:
        check_short_name(session, suggestion)


def test_an_organization_has_its_two_built_in_teams(runtime: Runtime, user_id: int) -> None:
    with runtime.database.write() as session:
        create_organization(session, name="Acme", short_name="acme", user_id=user_id, actor="Ann")

    with runtime.database.read() as session:
        assert set(session.scalars(select(Team.kind))) == {TeamKind.OWNERS, TeamKind.ADMINS}
        assert session.get_one(User, user_id).display_name == "Ann"
