"""The page of a synchronization in words: what was not read and how old it is, what comes next, and its brakes."""

from datetime import timedelta

import pytest

from models import AuditRecord, PartStatus, RunPhase, RunResult, RunScope, Synchronization, SyncPart, SyncRun, utc_now
from tests.functional.organizations.world import World

HERE = "/orgs/acme/synchronizations/1"
BRAKES = {
    "access_brake_percent": "20",
    "access_brake_minimum": "3",
    "package_brake_percent": "10",
    "package_brake_minimum": "5",
}


def add_run(world: World, *, scope: RunScope = RunScope.FULL, unread: bool = True) -> None:
    """A run that could not read who is in the group acme, which was last known three hours ago."""
    with world.write() as session:
        number = session.query(SyncRun).count() + 1
        run = SyncRun(synchronization_id=world.synchronization_id, number=number, seq=number, scope=scope)
        run.phase, run.ended_at = RunPhase.DONE, utc_now()
        run.result = RunResult.DEGRADED if unread else RunResult.OK
        session.add(run)
        session.flush()
        if unread:
            part = SyncPart(run_id=run.id, key="team:1/members", status=PartStatus.UNKNOWN, reason="answered 503")
            part.confirmed_at = utc_now() - timedelta(hours=3)
            session.add(part)


def test_what_was_not_read_is_named_with_its_age_wherever_it_is_shown(world: World) -> None:
    add_run(world, unread=False)
    add_run(world)
    add_run(world, scope=RunScope.PERSON, unread=False)
    bob, carla = world.browser("bob"), world.browser("carla")

    synchronization, team = bob.read(HERE), carla.read("/orgs/acme/teams/3")
    teams, everybody = carla.read("/orgs/acme/teams"), carla.read("/orgs/acme/people")

    for page in (synchronization, team):
        assert "answered 503" in page
    for page in (synchronization, team, teams, everybody):
        assert "3 h ago" in page
    assert "the host did not answer for this team" in teams
    assert "The members of 1 team or repository are as they were" in everybody
    add_run(world, scope=RunScope.CHEAP, unread=False)
    assert "answered 503" not in bob.read(HERE) + carla.read("/orgs/acme/teams/3")
    assert "members as of" not in carla.read("/orgs/acme/teams")
    assert "last read completely" in carla.read("/orgs/acme/teams/3")
    assert "could not read everything" not in carla.read("/orgs/acme/people")


def test_the_next_quick_check_and_the_next_full_run_are_told_apart(world: World) -> None:
    with world.write() as session:
        synchronization = session.get_one(Synchronization, world.synchronization_id)
        synchronization.next_run_at = utc_now() + timedelta(minutes=20)
        synchronization.next_full_at = utc_now() + timedelta(hours=9)

    page = world.browser("bob").read(HERE)
    with world.write() as session:
        session.get_one(Synchronization, world.synchronization_id).next_full_at = utc_now()
    due = world.browser("bob").read(HERE)

    assert "in 20 min" in page
    assert "in 9 h" in page
    assert "the next run reads everything" in due
    assert "in 20 min" in due


def test_brakes_are_saved_recorded_and_shown(world: World) -> None:
    bob = world.browser("bob")

    answer = bob.post(f"{HERE}/brakes", **BRAKES)
    bob.post(f"{HERE}/brakes", **BRAKES)

    assert answer.headers["Location"] == HERE
    assert "more than 20 % (and more than 3)" in bob.read(HERE)
    with world.runtime.database.read() as session:
        record = session.query(AuditRecord).one()
        assert (record.actor, record.action) == ("Bob", "brakes_changed")
        assert record.details == {"access_brake_percent": [30, 20], "access_brake_minimum": [10, 3]}


@pytest.mark.parametrize(("name", "value"), [("access_brake_percent", "101"), ("package_brake_minimum", "-1")])
def test_a_brake_that_makes_no_sense_is_refused(world: World, name: str, value: str) -> None:
    answer = world.browser("bob").post(f"{HERE}/brakes", **(BRAKES | {name: value}))

    assert answer.status_code == 422
    assert "Please correct this field" in answer.get_data(as_text=True)
    with world.runtime.database.read() as session:
        assert session.get_one(Synchronization, world.synchronization_id).access_brake_percent == 30
