"""Plans become rows, and rows become the same values again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from composer.access import Role, find_role, list_readers, visible_organizations, visible_packages
from integrations.codehost import AccountState, CodeAccess, Visibility
from models import (
    Grant,
    Identity,
    Membership,
    Package,
    PackageState,
    Repository,
    Runtime,
    Synchronization,
    Team,
    User,
)
from sync.apply import apply_plan
from sync.load import load_state
from sync.plan import Plan, plan_synchronization
from sync.snapshot import Snapshot
from tests.functional.rows import add_integration, add_organization, add_synchronization, add_user
from tests.unit.sync.remote import (
    AUDITOR,
    DEVELOPER,
    GUEST,
    MAINTAINER,
    OWNER,
    REPORTER,
    TODAY,
    complete,
    member,
    repository,
    snapshot,
    team,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

COMPANY = snapshot(
    teams=(team("1"), team("2", path="acme/backend", parent_id="1")),
    team_members={
        "1": complete(member("ann", OWNER), member("bob", MAINTAINER), member("gus", GUEST)),
        "2": complete(member("ann", OWNER), member("bob", MAINTAINER), member("gus", GUEST), member("eve", DEVELOPER)),
    },
    repositories=(
        repository("100", team_id="2"),
        repository("101", visibility=Visibility.INTERNAL),
        repository("102", visibility=Visibility.PUBLIC, code_access=CodeAccess.MEMBERS),
        repository("103", visibility=Visibility.PUBLIC, code_access=CodeAccess.DISABLED),
    ),
    repository_members={"100": complete(member("eve", DEVELOPER), member("zoe", REPORTER))},
)


@pytest.fixture
def synchronization_id(runtime: Runtime) -> int:
    with runtime.database.write() as session:
        integration = add_integration(session, runtime.secret_box)
        organization = add_organization(session)
        for login in ("ann", "bob", "eve", "gus", "zoe", "out"):
            add_user(session, integration, login)
        return add_synchronization(session, organization, integration).id


def apply(runtime: Runtime, synchronization_id: int, remote: Snapshot) -> Plan:
    with runtime.database.write() as session:
        synchronization = session.get_one(Synchronization, synchronization_id)
        state = load_state(session, synchronization)
        plan = plan_synchronization(state, remote, today=TODAY)
        apply_plan(session, synchronization=synchronization, state=state, plan=plan, snapshot=remote, now=NOW)
        known = set(session.scalars(select(Package.repository_id)))
        for row in session.scalars(select(Repository)):
            if row.id not in known:
                session.add(
                    Package(
                        organization_id=synchronization.organization_id,
                        repository_id=row.id,
                        name=f"acme/p{row.remote_id}",
                        state=PackageState.ACTIVE,
                    )
                )
        return plan


def user_id(session: Session, login: str) -> int:
    return session.scalars(select(Identity.user_id).where(Identity.login == login)).one() or 0


def packages_of(session: Session, login: str, *, today: date = TODAY) -> list[str]:
    query = visible_packages(organization_id=1, user_id=user_id(session, login), today=today)
    return [package.name for package in session.scalars(query.order_by(Package.name))]


def test_what_was_applied_is_loaded_as_the_same_values(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)

    with runtime.database.read() as session:
        state = load_state(session, session.get_one(Synchronization, synchronization_id))
        again = plan_synchronization(state, COMPANY, today=TODAY)

    assert again.is_empty


def test_an_unchanged_run_writes_no_row(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)
    statements: list[str] = []

    @event.listens_for(runtime.database.write_engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    apply(runtime, synchronization_id, COMPANY)

    assert statements
    assert [statement for statement in statements if not statement.lstrip().upper().startswith("SELECT")] in (
        [],
        ["BEGIN IMMEDIATE"],
    )


def test_everybody_reads_exactly_what_the_host_lets_them_read(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)

    with runtime.database.read() as session:
        readers = list_readers(session, organization_id=1, today=TODAY)

    assert readers == {
        "acme/p100": ["ann", "bob", "eve", "zoe"],
        "acme/p101": ["ann", "bob", "eve", "gus", "zoe"],
        "acme/p102": ["ann", "bob", "gus"],
        "acme/p103": ["ann", "bob"],  # owners and admins here
    }


def test_the_pages_and_composer_see_the_same_as_the_list(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)

    with runtime.database.read() as session:
        readers = list_readers(session, organization_id=1, today=TODAY)
        for login in ("ann", "bob", "eve", "gus", "zoe", "out"):
            assert packages_of(session, login) == [name for name, logins in readers.items() if login in logins]


def test_roles_follow_the_root(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)

    with runtime.database.read() as session:
        roles = {
            login: find_role(session, organization_id=1, user_id=user_id(session, login), today=TODAY)
            for login in ("ann", "bob", "eve", "gus", "zoe", "out")
        }

    assert roles == {
        "ann": Role.OWNER,
        "bob": Role.ADMIN,
        "eve": Role.MEMBER,
        "gus": Role.MEMBER,
        "zoe": Role.MEMBER,
        "out": None,
    }


def test_an_external_account_does_not_read_internal_code(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)
    with runtime.database.write() as session:
        session.scalars(select(Identity).where(Identity.login == "eve")).one().is_external = True

    with runtime.database.read() as session:
        assert packages_of(session, "eve") == ["acme/p100"]


def test_an_external_guest_does_not_read_code_for_members_only(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)
    with runtime.database.write() as session:
        session.scalars(select(Identity).where(Identity.login == "gus")).one().is_external = True

    with runtime.database.read() as session:
        assert packages_of(session, "gus") == []


def test_a_blocked_account_reads_nothing(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)
    blocked = member("eve", DEVELOPER, state=AccountState.BLOCKED)
    remote = replace(
        COMPANY,
        team_members={**COMPANY.team_members, "2": complete(member("ann", OWNER), blocked)},
        repository_members={**COMPANY.repository_members, "100": complete(blocked, member("zoe", REPORTER))},
    )

    apply(runtime, synchronization_id, remote)

    with runtime.database.read() as session:
        assert packages_of(session, "eve") == []


def test_a_disabled_user_reads_nothing(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)
    with runtime.database.write() as session:
        session.get_one(User, user_id(session, "ann")).disabled_at = NOW

    with runtime.database.read() as session:
        assert packages_of(session, "ann") == []
        listed = list_readers(session, organization_id=1, today=TODAY)
        assert "ann" not in {login for logins in listed.values() for login in logins}


def test_a_direct_grant_ends_on_its_day(runtime: Runtime, synchronization_id: int) -> None:
    until = TODAY + timedelta(days=3)
    remote = replace(COMPANY, repository_members={"100": complete(member("zoe", REPORTER, expires_on=until))})
    apply(runtime, synchronization_id, remote)

    with runtime.database.read() as session:
        before, after = packages_of(session, "zoe"), packages_of(session, "zoe", today=until)

    assert before == ["acme/p100", "acme/p101"]
    assert after == []


def test_nobody_sees_organizations_of_others(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)

    with runtime.database.read() as session:
        seen = {
            login: [
                item.short_name
                for item in session.scalars(visible_organizations(user_id=user_id(session, login), today=TODAY))
            ]
            for login in ("zoe", "out")
        }

    assert seen == {"zoe": ["acme"], "out": []}


def test_a_custom_role_that_reads_code_has_a_team_of_its_own(runtime: Runtime, synchronization_id: int) -> None:
    remote = replace(COMPANY, team_members={"1": complete(member("ann", OWNER)), "2": complete(member("gus", AUDITOR))})

    apply(runtime, synchronization_id, remote)

    with runtime.database.read() as session:
        roles = session.scalars(select(Team.role_key).where(Team.remote_id == "2")).all()
        assert roles == ["10:7"]
        assert "acme/p100" in packages_of(session, "gus")


def test_removing_a_group_leaves_no_rows_behind(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)
    remote = snapshot(team_members={"1": complete(member("ann", OWNER))})

    apply(runtime, synchronization_id, remote)

    with runtime.database.read() as session:
        assert session.scalar(select(func.count(Grant.id))) == 0
        assert session.scalar(select(func.count(Membership.id))) == 2  # ann in the team, ann as owner
        assert all(session.scalars(select(Repository.removed_at)))


def test_a_repository_that_comes_back_keeps_its_row(runtime: Runtime, synchronization_id: int) -> None:
    apply(runtime, synchronization_id, COMPANY)
    with runtime.database.read() as session:
        before = session.scalars(select(Repository.id).where(Repository.remote_id == "100")).one()
    apply(runtime, synchronization_id, replace(COMPANY, repositories=COMPANY.repositories[1:], repository_members={}))

    apply(runtime, synchronization_id, COMPANY)

    with runtime.database.read() as session:
        after = session.scalars(select(Repository).where(Repository.remote_id == "100")).one()
    assert (after.id, after.removed_at) == (before, None)
