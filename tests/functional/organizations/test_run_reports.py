"""Reports of runs: what they took, how they compare, what waits, what could not be read, and previews."""

from datetime import timedelta
from typing import Any

import pytest

from models import (
    JobRun,
    PartStatus,
    RunPhase,
    RunResult,
    RunScope,
    Synchronization,
    SyncPart,
    SyncRun,
    utc_now,
)
from tests.functional.organizations.world import World

HERE = "/orgs/acme/synchronizations/1"
SIZES = {"people": 9, "teams": 2, "repositories": 3, "packages": 2}
MOST_BYTES = 300_000


def add_run(world: World, number: int, **values: Any) -> None:
    """A run of 14 seconds that ended well a moment ago, and which parts it could not read."""
    unknown: dict[str, str] = values.pop("unknown", {})
    now = utc_now()
    run = {"scope": RunScope.FULL, "result": RunResult.OK, "phase": RunPhase.DONE, "reasons": ["schedule"]} | values
    with world.write() as session:
        credential_id = session.get_one(Synchronization, world.synchronization_id).credential_id
        row = SyncRun(
            synchronization_id=world.synchronization_id,
            number=number,
            seq=number,
            credential_id=credential_id,
            started_at=now - timedelta(seconds=14),
            ended_at=now,
            **run,
        )
        session.add(row)
        session.flush()
        session.add_all(
            SyncPart(run_id=row.id, key=key, status=PartStatus.UNKNOWN, reason=reason)
            for key, reason in unknown.items()
        )


def changes(count: int) -> list[dict[str, str]]:
    return [
        {
            "kind": "membership",
            "action": ("add", "remove")[number % 2],
            "name": f"@person-{number:05}",
            "detail": "acme/backend (Developer), direct",
            "url": f"https://gitlab.test/groups/acme/backend/{number}",
        }
        for number in range(count)
    ]


def test_a_report_says_what_the_run_took_and_with_whose_account(world: World) -> None:
    budget = {"rate_limit": 5000, "rate_remaining": 4862, "rate_resets_at": utc_now() + timedelta(minutes=40)}
    add_run(world, 1, actor="Bob", request_count=1138, not_modified_count=100, retry_count=2, counts=SIZES, **budget)

    page = world.browser("bob").read(f"{HERE}/runs/1")

    assert "the schedule, by Bob" in page
    assert "@ann, by OAuth" in page
    assert "took 14 s" in page
    assert "1,138, of which 100 were answered “not changed” (304), 2 sent again" in page
    assert "4,862 of 5,000 requests, full again" in page
    assert "9 people, 2 teams, 3 repositories, 2 packages" in page


def test_a_run_is_compared_with_the_last_complete_one_of_its_kind(world: World) -> None:
    add_run(world, 1, request_count=138, counts=SIZES, unknown={"team:1/members": "timeout"})
    add_run(world, 2, scope=RunScope.CHEAP, request_count=5)
    add_run(world, 3, result=RunResult.FAILED, request_count=1)
    add_run(
        world,
        4,
        request_count=12,
        result=RunResult.DEGRADED,
        counts=SIZES | {"people": 8},
        unknown={"repository:logging/members": "500"},
    )

    page = world.browser("bob").read(f"{HERE}/runs/4")
    document = world.browser("bob").get(f"{HERE}/runs/4.json").get_json()["compared_with"]

    assert "run 1</a>" in page
    assert "Could be read then, but not now: acme/logging." in page
    assert "Could not be read then, and was read now: acme." in page
    assert (document["run"], document["requests"], document["sizes"]["people"]) == (1, 138, 9)
    assert (document["newly_unknown"], document["healed"]) == (["acme/logging"], ["acme"])
    for lonely in (2, 3):
        assert "Compared with" not in world.browser("bob").read(f"{HERE}/runs/{lonely}")


def test_what_could_not_be_read_is_named_with_why_and_since_when(world: World) -> None:
    add_run(world, 1, result=RunResult.DEGRADED, unknown={"team:1/members": "timeout", "team:77/members": "500"})

    page = world.browser("bob").read(f"{HERE}/runs/1")
    unknown = world.browser("bob").get(f"{HERE}/runs/1.json").get_json()["unknown"]

    assert "timeout" in page.partition('id="unknown"')[2]
    assert unknown[0] == {"part": "team:1/members", "name": "acme", "reason": "timeout", "last_confirmed_at": None}
    assert unknown[1]["name"] == "team:77/members"


def test_removals_that_wait_are_named_and_lead_to_the_decision(world: World) -> None:
    held = [change | {"action": "remove"} for change in changes(60)]
    add_run(world, 1, result=RunResult.HELD, held=held, error_text="60 of 70 memberships would go.")

    page = world.browser("bob").read(f"{HERE}/runs/1")

    assert "Removals wait for your confirmation" in page
    assert "60 of 70 memberships would go." in page
    assert f'href="{HERE}/held"' in page
    assert "person-00000" in page


def test_thousands_of_changes_come_in_pages_that_stay_small(world: World) -> None:
    rows = changes(12_000)
    add_run(world, 1, changes=rows, counts={"changes": {"membership": {"add": 6000, "remove": 6000}}})
    bob = world.browser("bob")

    overview, live = bob.read(f"{HERE}/runs/1"), bob.read(f"{HERE}/runs/1/live")
    first, last = (bob.read(f"{HERE}/runs/1?kind=membership&page={page}") for page in (1, 60))

    assert max(len(page.encode()) for page in (overview, live, first, last)) < MOST_BYTES
    for page in (overview, live):
        assert f'<a href="{HERE}/runs/1?kind=membership#changes">Show all 12,000</a>' in page
        assert ("person-00009" in page, "person-00010" in page) == (True, False)
    assert "Page 1 of 60" in first
    assert f'href="{HERE}/runs/1?page=2&amp;kind=membership#changes"' in first
    assert ("person-00199" in first, "person-00200" in first) == (True, False)
    assert "person-11999" in last
    assert bob.get(f"{HERE}/runs/1.json").get_json()["changes"] == rows


def test_changes_are_found_by_kind_action_and_text(world: World) -> None:
    add_run(world, 1, changes=changes(40))

    page = world.browser("bob").read(f"{HERE}/runs/1?kind=membership&action=remove&text=PERSON-0003")

    assert "5 of 5 that match, 40 in all" in page
    assert 'value="PERSON-0003"' in page
    assert ("person-00031" in page, "person-00030" in page) == (True, False)


def test_the_download_has_every_field_of_the_documented_format(world: World) -> None:
    add_run(world, 1, changes=changes(1), counts=SIZES)

    document = world.browser("bob").get(f"{HERE}/runs/1.json").get_json()

    assert list(document) == sorted(
        [
            *("format", "organization", "synchronization", "run", "scope", "person", "result", "error", "reasons"),
            *("actor", "credential", "requested_at", "started_at", "ended_at", "duration_seconds", "phases"),
            *("requests", "sizes", "access", "counts", "changes", "held", "unknown", "compared_with"),
        ]
    )
    assert document["synchronization"] == {"id": 1, "remote": "acme", "host": "Gitlab"}
    assert document["credential"] == {"name": "@ann", "kind": "oauth"}
    assert (document["format"], document["duration_seconds"], document["sizes"]) == (1, 14.0, SIZES)


def test_a_preview_is_asked_for_once_and_leads_to_its_page(world: World) -> None:
    bob = world.browser("bob")

    answers = [bob.post(f"{HERE}/preview") for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {f"{HERE}/runs/1"}
    assert "A preview changes nothing" in bob.read(f"{HERE}/runs/1")
    assert f'<a href="{HERE}">Preview of acme</a>' in bob.read("/activity")
    with world.runtime.database.read() as session:
        assert session.query(JobRun).one().queue == "interactive"
        assert session.get_one(Synchronization, 1).requested_seq == 0


@pytest.mark.parametrize(("login", "status"), [("carla", 403), ("eve", 404)])
def test_only_those_who_may_synchronize_may_preview(world: World, login: str, status: int) -> None:
    assert world.browser(login).post(f"{HERE}/preview").status_code == status


def test_a_finished_preview_offers_the_run_and_warns_that_the_host_may_change(world: World) -> None:
    lost = {"access": {"gain": {"count": 0, "names": []}, "lose": {"count": 1, "names": ["@dan"]}}}
    add_run(world, 1, scope=RunScope.PREVIEW, changes=changes(1), counts=lost, reasons=["preview"])

    page = world.browser("bob").read(f"{HERE}/runs/1")

    assert "<strong>1 person</strong> would lose all access: @dan" in page
    assert f'action="{HERE}/run"' in page
    assert "The host may change in between" in page
    assert "Go to the packages" not in page


def test_a_preview_that_is_older_than_a_run_says_so(world: World) -> None:
    add_run(world, 1, scope=RunScope.PREVIEW)
    with world.write() as session:
        session.get_one(Synchronization, world.synchronization_id).last_ok_at = utc_now()

    page = world.browser("bob").read(f"{HERE}/runs/1")

    assert "A synchronization has finished since" in page
    assert f'action="{HERE}/run"' not in page
    assert "Preview again" in page


def test_a_preview_that_the_host_did_not_let_happen_says_when_to_ask_again(world: World) -> None:
    resets_at = utc_now() + timedelta(minutes=10)
    add_run(
        world,
        1,
        scope=RunScope.PREVIEW,
        result=RunResult.POSTPONED,
        error_code="rate_limited",
        error_text="Gitlab asked to wait",
        rate_limit=600,
        rate_remaining=0,
        rate_resets_at=resets_at,
    )

    page = world.browser("bob").read(f"{HERE}/runs/1")

    assert "The preview could not be made" in page
    assert "Ask again after" in page


def test_runs_are_listed_in_words_without_those_that_found_nothing_about_one_person(world: World) -> None:
    add_run(world, 1)
    add_run(world, 2, scope=RunScope.CHEAP)
    add_run(world, 3, scope=RunScope.PERSON, account_id="id-carla", reasons=["login"])
    add_run(world, 4, scope=RunScope.PERSON, account_id="id-bob", changes=changes(1))
    add_run(world, 5, scope=RunScope.PREVIEW, changes=changes(1))
    bob = world.browser("bob")

    page, people = bob.read(HERE), bob.read(f"{HERE}?kind=person")

    for words in ("full synchronization", "quick check", "one person: @bob", "preview"):
        assert f"<small>{words}</small>" in page
    assert "one person: @carla" not in page
    assert "1 that looked at one person" in page
    assert "one person: @carla" in people
    assert "runs/1" not in people


def test_runs_are_filtered_by_result_and_come_in_pages(world: World) -> None:
    for number in range(1, 31):
        add_run(world, number, result=RunResult.FAILED if number % 3 else RunResult.OK, error_text="broken off")
    add_run(world, 31, changes=changes(1))
    bob = world.browser("bob")

    page, failed = bob.read(HERE), bob.read(f"{HERE}?result=failed")
    changed = bob.read(f"{HERE}?result=changed&kind=nonsense")

    assert "20 of 31" in page
    assert "page=2" in page
    assert "Run 30<" not in failed
    assert "Run 29<" in failed
    assert (changed.count("Run 31<"), changed.count("Run 30<")) == (1, 0)


def test_the_list_of_runs_does_not_load_what_they_changed(world: World) -> None:
    add_run(world, 1, changes=changes(3))
    few = world.count_queries("bob", HERE)
    for number in range(2, 12):
        add_run(world, number, changes=changes(3), scope=RunScope.PERSON, account_id="id-bob")

    assert world.count_queries("bob", HERE) <= few + 1
