"""One synchronization and its runs: live, then as a report."""

from datetime import timedelta

from models import (
    JobRun,
    RunPhase,
    RunResult,
    Synchronization,
    SynchronizationState,
    SyncRun,
    utc_now,
)
from tests.functional.organizations.world import World

HERE = "/orgs/acme/synchronizations/1"
CHANGES = [
    {"kind": "person", "action": "add", "name": "@dan", "detail": "Dan Dogwood", "url": "https://gitlab.test/dan"},
    {"kind": "team", "action": "remove", "name": "acme (Guest)", "detail": "", "url": ""},
    *(
        {"kind": "package", "action": "add", "name": f"acme/p{number}", "detail": "", "url": "javascript:alert(1)"}
        for number in range(12)
    ),
]


def add_run(world: World, **values: object) -> None:
    """The run with the number 1."""
    with world.write() as session:
        run = SyncRun(synchronization_id=world.synchronization_id, number=1, seq=1, reasons=["button"], actor="Bob")
        for name, value in values.items():
            setattr(run, name, value)
        session.add(run)


def test_synchronize_now_leads_to_the_run_and_asks_once(world: World) -> None:
    bob = world.browser("bob")

    answers = [bob.post(f"{HERE}/run") for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {f"{HERE}/runs/1"}
    assert "Waiting for a worker" in bob.read(HERE)
    with world.runtime.database.read() as session:
        assert session.query(SyncRun).count() == 1
        assert session.query(JobRun).one().title == "Synchronize acme"


def test_a_run_that_no_worker_takes_does_not_promise_one(world: World) -> None:
    bob = world.browser("bob")
    url = bob.post(f"{HERE}/run").headers["Location"]
    promise, excuse = "It begins within a few seconds", "No worker has taken it yet"

    at_first = bob.read(url)
    with world.write() as session:
        session.query(SyncRun).one().created_at = utc_now() - timedelta(seconds=20)
    later = bob.read(url)

    assert (promise in at_first, excuse in at_first) == (True, False)
    assert (promise in later, excuse in later) == (False, True)


def test_a_running_run_shows_phase_and_counts_and_asks_again(world: World) -> None:
    times = {"read": utc_now().isoformat()}
    add_run(
        world,
        phase=RunPhase.READ,
        started_at=utc_now(),
        phase_times=times,
        progress_done=3,
        progress_total=8,
        request_count=41,
    )

    page, live = world.browser("bob").read(f"{HERE}/runs/1"), world.browser("bob").read(f"{HERE}/runs/1/live")

    assert '<noscript><meta http-equiv="refresh"' in page
    for text in (page, live):
        assert f'data-poll-url="{HERE}/runs/1/live"' in text
        assert "3 of 8 parts read" in text
        assert 'aria-current="step"' in text
        assert "<dd>41</dd>" in text
    assert "<html" not in live


def test_a_finished_run_is_a_report_by_name(world: World) -> None:
    add_run(
        world,
        phase=RunPhase.DONE,
        result=RunResult.OK,
        started_at=utc_now(),
        ended_at=utc_now(),
        changes=CHANGES,
        counts={"changes": {"person": {"add": 1}, "team": {"remove": 1}, "package": {"add": 12}}, "people": 9},
    )

    page = world.browser("bob").read(f"{HERE}/runs/1")

    assert "+1 person, −1 team, +12 packages" in page
    assert ">dan</span>" in page
    assert "Dan Dogwood" in page
    assert "Show 2 more" in page
    assert "javascript:" not in page
    assert "data-poll-url" not in page.partition('id="run-live"')[2].partition(">")[0]
    assert "http-equiv" not in page


def test_the_report_can_be_downloaded(world: World) -> None:
    add_run(world, result=RunResult.OK, ended_at=utc_now(), changes=CHANGES)

    answer = world.browser("bob").get(f"{HERE}/runs/1.json")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="acme-synchronization-1-run-1.json"'
    assert answer.get_json()["changes"] == CHANGES
    assert answer.get_json()["result"] == "ok"


def test_a_failed_run_says_that_nothing_was_changed_and_how_to_reconnect(world: World) -> None:
    phases = {"read": utc_now().isoformat(), "done": utc_now().isoformat()}
    add_run(
        world,
        phase=RunPhase.DONE,
        result=RunResult.FAILED,
        ended_at=utc_now(),
        phase_times=phases,
        error_code="unauthorized",
        error_text="The token was revoked.",
    )
    with world.write() as session:
        synchronization = session.get_one(Synchronization, world.synchronization_id)
        synchronization.state = SynchronizationState.NEEDS_CREDENTIAL

    run, synchronization_page = world.browser("bob").read(f"{HERE}/runs/1"), world.browser("bob").read(HERE)

    assert "Nothing was changed" in run
    assert "The token was revoked." in run
    assert f'href="{HERE}"' in run
    assert "See whose account it is, and who could take over" in synchronization_page


def test_runs_of_other_organizations_are_not_found(world: World) -> None:
    bob = world.browser("bob")

    assert bob.get("/orgs/acme/synchronizations/99").status_code == 404
    assert bob.get(f"{HERE}/runs/5").status_code == 404
    assert bob.post("/orgs/acme/synchronizations/99/run").status_code == 404
