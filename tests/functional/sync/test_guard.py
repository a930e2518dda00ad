"""Guard rails of whole runs: what waits for a person, what never waits, and a root that is gone."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from accounts.identities import has_place
from composer.access import Role, find_role, list_readers, visible_organizations
from jobs.checks import CheckState
from models import (
    AuditRecord,
    Hold,
    HoldState,
    Identity,
    Membership,
    MembershipSource,
    RunResult,
    Synchronization,
    SynchronizationState,
    SyncPart,
    Team,
    TeamKind,
    User,
    utc_now,
)
from sync.checks import check_synchronizations
from sync.holds import HoldChanged, approve_hold, decline_hold, find_open_hold, list_holds, reopen_hold
from tests.fakes.gitlab import Kind, Level
from tests.fakes.gitlab import User as RemoteUser
from tests.functional.sync.conftest import Company

CREW = [f"p{number:02}" for number in range(20)]


@pytest.fixture
def crew(company: Company) -> list[RemoteUser]:
    """Twenty developers of the root, synchronized."""
    people = [company.fake.add_user(login) for login in CREW]
    for person in people:
        company.fake.add_member(company.fake.group("acme"), person)
    company.synchronize()
    return people


def remove(company: Company, people: list[RemoteUser]) -> None:
    for person in people:
        company.fake.remove_member(company.fake.group("acme"), person)


def readers(company: Company) -> set[str]:
    """Everybody who may read anything."""
    with company.runtime.database.read() as session:
        found = list_readers(session, organization_id=1, today=datetime.now(UTC).date())
    return {login for logins in found.values() for login in logins}


def synchronization(company: Company) -> Synchronization:
    with company.runtime.database.read() as session:
        return session.get_one(Synchronization, company.synchronization_id)


def hold_now(company: Company) -> Hold:
    with company.runtime.database.read() as session:
        hold = find_open_hold(session, synchronization_id=company.synchronization_id)
    assert hold is not None
    return hold


def held_states(company: Company) -> list[HoldState]:
    with company.runtime.database.read() as session:
        return list(session.scalars(select(Hold.state).order_by(Hold.id)))


def owners(company: Company) -> list[str]:
    """By account: those whom a synchronization made owners."""
    with company.runtime.database.read() as session:
        query = select(Identity.login).join(Membership).join(Team).where(Team.kind == TeamKind.OWNERS)
        return list(session.scalars(query))


def use_token(company: Company, token: str) -> None:
    with company.runtime.database.write() as session:
        credential = session.get_one(Synchronization, company.synchronization_id).credential
        assert credential is not None
        credential.seal_tokens(company.runtime.secret_box, access_token=token, refresh_token=None)


def names(hold: Hold) -> set[str]:
    return {removal["name"].removeprefix("@") for removal in hold.removals if removal["kind"] == "membership"}


def actions(company: Company) -> list[str]:
    with company.runtime.database.read() as session:
        return list(session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)))


def test_a_mass_removal_waits_until_it_is_confirmed(company: Company, crew: list[RemoteUser]) -> None:
    fake = company.fake
    fake.block(crew[0])
    remove(company, crew[1:])
    fake.add_member(fake.group("acme"), fake.user("mia"), Level.REPORTER)

    company.synchronize()

    assert readers(company) >= {*CREW[1:], "mia"}
    assert "p00" not in readers(company)
    run, state = company.last_run(), synchronization(company)
    assert (run.result, state.state) == (RunResult.HELD, SynchronizationState.NEEDS_CONFIRMATION)
    assert names(hold_now(company)) == set(CREW[1:])
    assert "memberships would go" in state.state_reason

    company.synchronize()

    assert company.last_run().changes == []
    assert names(hold_now(company)) == set(CREW[1:])
    with company.runtime.database.write() as session:
        hold = session.get_one(Hold, hold_now(company).id)
        approve_hold(session, hold, actor="Ann", user_id=1)
        with pytest.raises(HoldChanged):
            decline_hold(session, hold, actor="Ann", user_id=1)
    company.synchronize()

    assert not readers(company) & set(CREW)
    assert (company.last_run().result, synchronization(company).state) == (RunResult.OK, SynchronizationState.OK)
    assert held_states(company) == [HoldState.ENDED]
    told = [action for action in actions(company) if action.startswith("removals_")]
    assert told == ["removals_held", "removals_confirmed"]


def test_a_decision_waits_for_a_run_that_is_writing(company: Company, crew: list[RemoteUser]) -> None:
    remove(company, crew)
    company.synchronize()
    hold_id = hold_now(company).id

    def approve() -> None:
        with company.runtime.database.write() as session:
            approve_hold(session, session.get_one(Hold, hold_id), actor="Ann", user_id=1)

    with ThreadPoolExecutor(1) as pool:
        with company.runtime.database.write() as session:
            session.get_one(Synchronization, company.synchronization_id, with_for_update=True)
            session.get_one(Hold, hold_id).state = HoldState.ENDED
            session.flush()
            decision = pool.submit(approve)
            assert wait([decision], timeout=0.3).not_done
        with pytest.raises(HoldChanged):
            decision.result(timeout=30)


def test_what_was_declined_stays_until_somebody_changes_their_mind(company: Company, crew: list[RemoteUser]) -> None:
    remove(company, crew)
    company.synchronize()
    with company.runtime.database.write() as session:
        decline_hold(session, session.get_one(Hold, hold_now(company).id), actor="Ann", user_id=1)
    assert synchronization(company).state is SynchronizationState.OK
    company.fake.remove_member(company.fake.group("acme"), company.fake.user("dan"))
    company.fake.add_member(company.fake.group("acme"), crew[0])

    company.synchronize()

    assert (company.last_run().result, "dan" in readers(company)) == (RunResult.OK, False)
    assert readers(company) >= set(CREW)
    with company.runtime.database.write() as session:
        (declined,) = list_holds(session, synchronization_id=company.synchronization_id, states=[HoldState.DECLINED])
        assert names(declined) == set(CREW[1:])
        reopen_hold(session, declined, actor="Ann", user_id=1)
    company.synchronize()

    assert readers(company) & set(CREW) == {"p00"}
    assert held_states(company) == [HoldState.ENDED]


def test_what_could_not_be_read_is_still_said_after_a_decision(company: Company, crew: list[RemoteUser]) -> None:
    remove(company, crew)
    company.fake.misbehave(r"/projects/\d+/members/all", Kind.HTML_200)
    company.synchronize()

    with company.runtime.database.write() as session:
        decline_hold(session, session.get_one(Hold, hold_now(company).id), actor="Ann", user_id=1)

    found = synchronization(company)
    assert found.state is SynchronizationState.DEGRADED
    assert "lists of members could not be read" in found.state_reason
    assert "wait for your confirmation" not in found.state_reason


def test_a_hold_ends_by_itself_when_a_whole_answer_is_below_the_brake(company: Company, crew: list[RemoteUser]) -> None:
    remove(company, crew)
    company.synchronize()
    for person in crew[2:]:
        company.fake.add_member(company.fake.group("acme"), person)
    rule = company.fake.misbehave(rf"/groups/{company.fake.group('acme/backend').id}/members/all", Kind.HTML_200)

    company.synchronize()

    assert readers(company) >= set(CREW)
    assert company.last_run().result is RunResult.HELD
    assert "could not be read" in company.last_run().error_text
    company.fake.behave()
    assert rule.hits
    company.synchronize()

    assert readers(company) & set(CREW) == set(CREW[2:])
    assert held_states(company) == [HoldState.ENDED]
    assert "removals_ended" in actions(company)
    assert company.last_run().result is RunResult.OK


def test_a_part_that_can_not_be_read_says_when_it_was_last_confirmed(company: Company) -> None:
    company.synchronize()
    first = company.last_run()
    group = company.fake.group("acme/backend")
    company.fake.misbehave(rf"/groups/{group.id}/members/all", Kind.HTML_200)

    for _ in range(2):
        company.synchronize()
        with company.runtime.database.read() as session:
            parts = session.scalars(select(SyncPart).where(SyncPart.run_id == company.last_run().id)).all()
            assert [(part.key, part.confirmed_at) for part in parts] == [(f"team:{group.id}/members", first.started_at)]
    with company.runtime.database.write() as session:
        for part in session.scalars(select(SyncPart)):
            part.confirmed_at = utc_now() - timedelta(days=8)
    company.synchronize()

    assert synchronization(company).state_reason.endswith("1 of them for more than 7 days")


def test_an_organization_keeps_its_last_owner_and_says_so(company: Company) -> None:
    company.synchronize()
    use_token(company, company.fake.personal_token(company.fake.user("root")))
    company.fake.update_member(company.fake.group("acme"), company.fake.user("ann"), level=Level.DEVELOPER)

    company.synchronize()

    assert owners(company) == ["ann"]
    state = synchronization(company)
    assert (company.last_run().result, state.state) == (RunResult.DEGRADED, SynchronizationState.DEGRADED)
    assert "@ann stays owner of this organization" in state.state_reason
    with company.runtime.database.write() as session:
        dan = session.scalars(select(Identity).where(Identity.login == "dan")).one()
        dan.user = User(display_name="Dan")
        team = session.scalars(select(Team).where(Team.kind == TeamKind.OWNERS)).one()
        session.add(Membership(team=team, user=dan.user, source=MembershipSource.LOCAL))
    company.synchronize()

    assert owners(company) == []
    assert company.last_run().result is RunResult.OK


def test_a_credential_without_its_scopes_removes_nothing_and_says_so(company: Company) -> None:
    company.synchronize()
    before = readers(company)
    company.fake.remove_member(company.fake.group("acme"), company.fake.user("dan"))
    use_token(company, company.fake.personal_token(company.fake.user("ann"), ["read_user"]))

    company.synchronize()

    assert synchronization(company).state is SynchronizationState.NEEDS_CREDENTIAL
    assert "it needs the scope" in company.last_run().error_text
    assert readers(company) == before


def test_nobody_goes_while_the_root_can_not_say_whose_credential_this_is(company: Company) -> None:
    company.synchronize()
    company.fake.remove_member(company.fake.group("acme/backend"), company.fake.user("carla"))
    company.fake.misbehave(rf"/groups/{company.fake.group('acme').id}/members/all", Kind.HTML_200)

    company.synchronize()

    assert "carla" in readers(company)
    company.fake.behave()
    company.synchronize()

    assert "carla" not in readers(company)


def test_a_root_that_is_gone_ends_access_after_a_while_and_the_first_good_run_brings_it_back(
    company: Company,
) -> None:
    company.synchronize()
    before = readers(company)
    root = company.fake.group("acme").id
    company.fake.misbehave(rf"/groups/{root}(\?|$)", Kind.STATUS_404)

    company.synchronize()

    missing = synchronization(company)
    assert (company.last_run().result, missing.state) == (RunResult.FAILED, SynchronizationState.REMOTE_MISSING)
    assert (missing.missing_since is not None, missing.suspended_at) == (True, None)
    assert readers(company) == before
    company.synchronize()
    assert synchronization(company).missing_since == missing.missing_since
    with company.runtime.database.write() as session:
        known = session.get_one(Synchronization, company.synchronization_id)
        known.missing_since = utc_now() - timedelta(hours=73)
        dan = session.scalars(select(Identity).where(Identity.login == "dan")).one()
        dan.user = User(display_name="Dan")
        session.flush()
        ann_id = session.scalars(select(Identity.user_id).where(Identity.login == "ann")).one()
        dan_id = dan.user_id
    company.synchronize()

    assert synchronization(company).suspended_at is not None
    assert check_synchronizations(company.runtime).reason == "acme: acme is suspended"
    assert readers(company) == set()
    assert places(company, dan_id) == (False, None, False)
    assert places(company, ann_id) == (True, Role.OWNER, True)
    assert session_counts(company) > 0
    company.fake.behave()
    company.synchronize()

    back = synchronization(company)
    assert (back.state, back.missing_since, back.suspended_at) == (SynchronizationState.OK, None, None)
    assert readers(company) == before
    assert places(company, dan_id) == (True, Role.MEMBER, True)
    assert check_synchronizations(company.runtime).state is CheckState.OK
    assert [action for action in actions(company) if action.startswith("access_")] == [
        "access_suspended",
        "access_restored",
    ]


def places(company: Company, user_id: int | None) -> tuple[bool, Role | None, bool]:
    """Whether somebody sees the organization, as what, and may log in where only members may."""
    today = utc_now().date()
    assert user_id is not None
    with company.runtime.database.read() as session:
        seen = session.scalars(visible_organizations(user_id=user_id, today=today)).all()
        role = find_role(session, organization_id=1, user_id=user_id, today=today)
        identity = session.scalars(select(Identity).where(Identity.user_id == user_id)).one()
        return bool(seen), role, has_place(session, identity, now=utc_now())


def session_counts(company: Company) -> int:
    with company.runtime.database.read() as session:
        return len(session.scalars(select(Membership.id)).all())


@pytest.mark.parametrize(
    ("where", "kind", "state"),
    [
        (r"/user(\?|$)", Kind.STATUS_401, SynchronizationState.NEEDS_CREDENTIAL),
        (r"/user(\?|$)", Kind.HTML_200, SynchronizationState.DEGRADED),
        (None, None, SynchronizationState.DEGRADED),
    ],
)
def test_a_root_is_gone_only_when_the_credential_works_and_the_host_says_so_twice(
    company: Company, where: str | None, kind: Kind | None, state: SynchronizationState
) -> None:
    company.synchronize()
    root = company.fake.group("acme").id
    company.fake.misbehave(rf"/groups/{root}(\?|$)", Kind.STATUS_404, times=None if where else 1)
    if where and kind:
        company.fake.misbehave(where, kind)

    company.synchronize()

    found = synchronization(company)
    assert (found.state, found.missing_since) == (state, None)
    assert company.last_run().result is RunResult.FAILED
