"""Removals that wait: shown by name with what they cost, decided exactly as shown, and said on every page."""

import re
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest

from models import (
    AuditRecord,
    Hold,
    HoldState,
    Repository,
    RunPhase,
    RunResult,
    Synchronization,
    SynchronizationState,
    SyncRun,
    User,
    utc_now,
)
from tests.functional.organizations.world import World

HERE = "/orgs/acme/synchronizations/1"
PAGE = f"{HERE}/held"
CARLA = {
    "key": "membership:1:30:id-carla",
    "kind": "membership",
    "action": "remove",
    "name": "@carla",
    "detail": "acme (Developer), direct",
    "url": "https://gitlab.test/acme",
}
CLOCK = {"key": "repository:clock", "kind": "repository", "action": "remove", "name": "acme/clock", "detail": ""}
REASON = "42 of 50 memberships would go"
CONFIRM, KEEP, AFTER_ALL = f"{PAGE}/remove", f"{PAGE}/keep", f"{PAGE}/remove-after-all"


def hold(world: World, *removals: dict[str, str], state: HoldState = HoldState.OPEN) -> int:
    """Removals that a run has held two hours ago."""
    with world.write() as session:
        number = session.query(SyncRun).count() + 1
        run = SyncRun(synchronization_id=world.synchronization_id, number=number, seq=number)
        run.phase, run.result, run.ended_at = RunPhase.DONE, RunResult.HELD, utc_now()
        session.add(run)
        session.flush()
        row = Hold(synchronization_id=world.synchronization_id, run_id=run.id, state=state, reason=REASON)
        row.removals = [{"url": "", **removal} for removal in removals]
        row.since = utc_now() - timedelta(hours=2)
        synchronization = session.get_one(Synchronization, world.synchronization_id)
        synchronization.state = SynchronizationState.NEEDS_CONFIRMATION
        session.add(row)
        session.flush()
        return row.id


def as_shown(page: str) -> dict[str, str]:
    """What the first form about removals on a page sends."""
    found = re.search(r'name="hold" value="(\d+)">\s*<input type="hidden" name="digest" value="(\w+)"', page)
    assert found is not None
    return {"hold": found[1], "digest": found[2]}


def state_of(world: World, hold_id: int) -> HoldState:
    with world.runtime.database.read() as session:
        return session.get_one(Hold, hold_id).state


def reasons(world: World) -> list[list[str]]:
    """Why runs were asked for since the held one."""
    with world.runtime.database.read() as session:
        return [run.reasons for run in session.query(SyncRun).filter(SyncRun.number > 1)]


def test_the_page_says_why_by_name_and_who_would_lose_what(world: World) -> None:
    hold(world, CARLA, CLOCK)

    page = world.browser("bob").read(PAGE)

    assert "Gitlab answered without 42 of 50 memberships. That is more than 30 %, so nothing was removed." in page
    assert "−1 membership, −1 repository" in page
    assert ">carla</span> <span" not in page
    assert "acme (Developer), direct" in page
    assert "acme/clock" in page
    words = re.sub(r"<[^>]+>|\s+", " ", page)
    assert "3 people would read fewer packages, 1 of them none any more" in re.sub(" +", " ", words)
    assert "Carla carla would lose the only package" in re.sub(" +", " ", words)
    assert "would lose 1 of 2 packages" in words  # ann and bob, who lead the organization
    assert "Remove these 2" in page
    assert "Keep these 2" in page


def test_confirming_asks_for_a_run_at_once_and_only_once(world: World) -> None:
    held = hold(world, CARLA)
    bob = world.browser("bob")
    form = as_shown(bob.read(PAGE))

    answer, again = bob.post(CONFIRM, **form), bob.post(CONFIRM, **form)
    late = world.browser("ann").post(KEEP, **form)

    assert answer.headers["Location"] == f"{HERE}/runs/2"
    assert (again.status_code, late.status_code) == (409, 409)
    assert "Bob has confirmed these removals just now." in late.get_data(as_text=True)
    assert state_of(world, held) is HoldState.APPROVED
    assert reasons(world) == [["confirmed removals"]]
    with world.runtime.database.read() as session:
        assert [(row.actor, row.action) for row in session.query(AuditRecord)] == [("Bob", "removals_confirmed")]


@pytest.mark.parametrize("path", [CONFIRM, KEEP])
def test_a_decision_waits_for_a_run_that_is_writing_and_neither_fails(world: World, path: str) -> None:
    held = hold(world, CARLA)
    bob = world.browser("bob")
    form = as_shown(bob.read(PAGE))

    with ThreadPoolExecutor(1) as pool:
        with world.write() as session:
            session.get_one(Synchronization, world.synchronization_id, with_for_update=True)
            decision = pool.submit(bob.post, path, **form)
            assert wait([decision], timeout=0.3).not_done
            row = session.get_one(Hold, held, with_for_update=True)
            row.removals = [*row.removals, {"url": "", **CLOCK}]
        answer = decision.result(timeout=30)

    assert answer.status_code == 409
    assert "2 removals wait now" in answer.get_data(as_text=True)
    assert state_of(world, held) is HoldState.OPEN


@pytest.mark.parametrize("path", [CONFIRM, KEEP])
def test_a_list_that_has_changed_since_is_shown_again_and_nothing_is_done(world: World, path: str) -> None:
    held = hold(world, CARLA)
    bob = world.browser("bob")
    form = as_shown(bob.read(PAGE))
    with world.write() as session:
        session.get_one(Hold, held).removals = [{"url": "", **CARLA}, {"url": "", **CLOCK}]

    answer = bob.post(path, **form)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Nothing was done" in page
    assert "2 removals wait now" in page
    assert as_shown(page)["digest"] != form["digest"]
    assert state_of(world, held) is HoldState.OPEN
    assert reasons(world) == []


def test_what_is_kept_is_listed_and_can_be_removed_after_all(world: World) -> None:
    held = hold(world, CARLA)
    bob = world.browser("bob")

    kept = bob.post(KEEP, **as_shown(bob.read(PAGE)))
    page = bob.read(kept.headers["Location"])
    removed = bob.post(AFTER_ALL, **as_shown(page))

    assert "Nothing waits" in page
    assert "Bob decided" in page
    assert "carla" in page
    assert removed.headers["Location"] == f"{HERE}/runs/2"
    assert state_of(world, held) is HoldState.APPROVED
    assert "Bob confirmed these" in bob.read(PAGE)


def test_a_hold_of_another_synchronization_or_none_is_refused(world: World) -> None:
    hold(world, CARLA)

    answers = [
        world.browser("bob").post(CONFIRM, **form) for form in ({}, {"hold": "x"}, {"hold": "99", "digest": "a"})
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert reasons(world) == []


def test_every_page_says_so_to_those_who_can_decide_until_somebody_has(world: World) -> None:
    bob, path = world.browser("bob"), "/orgs/acme/packages"
    before = world.count_queries("bob", path)
    hold(world, CARLA, CLOCK)
    words = "2 removals in acme wait for your confirmation."

    assert words in bob.read(path)
    assert world.count_queries("bob", path) <= before
    assert f'href="{PAGE}"' in bob.read("/")
    assert "2 removals in acme wait for your confirmation" in bob.read("/")
    assert words not in bob.read(PAGE)
    assert "removals in acme wait" not in world.browser("carla").read(path)
    assert "removals in acme wait" not in world.browser("carla").read("/")
    bob.post(KEEP, **as_shown(bob.read(PAGE)))
    assert "removals in acme wait" not in bob.read(path)


def test_administrators_of_the_installation_see_whom_to_ask(world: World) -> None:
    hold(world, CARLA, CLOCK)
    with world.write() as session:
        session.get_one(User, world.users["ann"]).is_administrator = True

    page = world.browser("ann").read("/admin/health")

    assert "2 removals wait for a confirmation" in page
    assert "carla" not in page


def test_a_long_list_is_filtered_and_cut_but_decided_as_a_whole(world: World) -> None:
    many = [CARLA | {"key": f"membership:1:30:{n}", "name": f"@person-{n}"} for n in range(250)]
    hold(world, *many)
    bob = world.browser("bob")

    everything, filtered = bob.read(PAGE), bob.read(f"{PAGE}?text=person-24")

    assert everything.count("person-") < 250
    assert "150 more have no room on this page" in everything
    assert "11 of 250" in filtered
    assert "person-31" not in filtered
    assert as_shown(filtered) == as_shown(everything)
    assert "Remove these 250" in filtered


def test_a_group_that_is_missing_says_until_when_access_stays_and_then_that_it_ended(world: World) -> None:
    with world.write() as session:
        synchronization = session.get_one(Synchronization, world.synchronization_id)
        synchronization.state = SynchronizationState.REMOTE_MISSING
        synchronization.missing_since = utc_now() - timedelta(hours=1)
    ann = world.browser("ann")

    missing = ann.read(HERE)
    with world.write() as session:
        session.get_one(Synchronization, world.synchronization_id).suspended_at = utc_now()
    suspended = ann.read(HERE)

    assert "Everybody keeps access until" in missing
    assert "restore it at Gitlab" in missing
    assert "is suspended" in suspended
    assert "nobody reads its packages until it is back" in suspended
    assert "Access through acme at Gitlab is suspended" in ann.read("/orgs/acme")
    with world.runtime.database.read() as session:
        assert session.query(Repository).filter(Repository.removed_at.is_not(None)).count() == 0
