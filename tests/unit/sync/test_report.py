"""What a run changed, by name."""

from dataclasses import replace
from datetime import UTC, datetime

from integrations.codehost import AccountState, Visibility
from models import ManifestState
from sync.plan import plan_synchronization
from sync.report import Action, Change, Subject, count_changes, report_changes
from sync.snapshot import Manifest, Snapshot
from sync.state import State
from tests.unit.sync.remote import (
    DEVELOPER,
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
from tests.unit.sync.test_plan import state_after

BEFORE = snapshot(
    teams=(team("1"), team("2", path="acme/backend", parent_id="1")),
    team_members={
        "1": complete(member("ann", OWNER), member("bob", MAINTAINER)),
        "2": complete(member("ann", OWNER), member("eve", DEVELOPER)),
    },
    repositories=(repository("100", team_id="2"), repository("101", visibility=Visibility.INTERNAL)),
    repository_members={"100": complete(member("gus", REPORTER))},
    manifests={"100": Manifest(ManifestState.PRESENT, "acme/logging")},
)


def report(state: State, remote: Snapshot) -> list[Change]:
    return report_changes(plan_synchronization(state, remote, today=TODAY), state)


def lines(changes: list[Change]) -> set[tuple[str, str, str]]:
    return {(change.kind.value, change.action.value, change.name) for change in changes}


def test_the_first_run_names_everybody_and_everything() -> None:
    found = lines(report(State(), BEFORE))

    assert {("person", "add", "@ann"), ("owner", "add", "@ann"), ("admin", "add", "@bob")} <= found
    assert {("team", "add", "acme/backend (Developer)"), ("membership", "add", "@eve")} <= found
    assert {("repository", "add", "acme/100"), ("package", "add", "acme/logging")} <= found


def test_grants_of_a_new_repository_are_not_listed_one_by_one() -> None:
    assert not [change for change in report(State(), BEFORE) if change.kind is Subject.GRANT]


def test_an_unchanged_host_has_an_empty_report() -> None:
    assert report(state_after(BEFORE), BEFORE) == []


def test_a_lost_grant_says_whose_and_where() -> None:
    after = replace(BEFORE, repository_members={**BEFORE.repository_members, "100": complete()})

    assert report(state_after(BEFORE), after) == [
        Change(
            Subject.GRANT,
            Action.REMOVE,
            "acme/100",
            "@gus may read (Reporter, direct)",
            "https://gitlab.test/acme/100",
        )
    ]


def test_code_that_opens_to_everybody_says_so() -> None:
    opened = (replace(BEFORE.repositories[0], visibility=Visibility.PUBLIC), BEFORE.repositories[1])

    found = report(state_after(BEFORE), replace(BEFORE, repositories=opened))

    assert [change.detail for change in found if change.kind is Subject.REPOSITORY] == ["visibility"]
    assert [change.detail for change in found if change.kind is Subject.GRANT] == [
        "everybody with an account there who is not external may read (Public, visibility)"
    ]


def test_somebody_blocked_is_named_with_all_that_ends() -> None:
    blocked = member("bob", MAINTAINER, state=AccountState.BLOCKED)
    after = replace(BEFORE, team_members={**BEFORE.team_members, "1": complete(member("ann", OWNER), blocked)})

    found = report(state_after(BEFORE), after)

    assert Change(Subject.PERSON, Action.CHANGE, "@bob", "blocked there", "") in found
    assert ("admin", "remove", "@bob") in lines(found)
    assert ("team", "remove", "acme (Maintainer)") in lines(found)


def test_activity_alone_is_no_news() -> None:
    active = (
        replace(BEFORE.repositories[0], last_activity_at=datetime(2026, 1, 1, tzinfo=UTC)),
        BEFORE.repositories[1],
    )

    assert report(state_after(BEFORE), replace(BEFORE, repositories=active)) == []


def test_a_repository_that_went_takes_its_package_along() -> None:
    after = replace(BEFORE, repositories=BEFORE.repositories[1:], repository_members={})

    found = lines(report(state_after(BEFORE), after))

    assert {("repository", "remove", "acme/100"), ("package", "remove", "acme/logging")} <= found


def test_counts_are_by_kind_and_action() -> None:
    counts = count_changes(report(State(), BEFORE))

    assert counts["person"] == {"add": 4}
    assert counts["package"] == {"add": 1}


def test_a_change_can_be_downloaded() -> None:
    change = Change(Subject.TEAM, Action.ADD, "acme (Owner)", url="https://gitlab.test/acme")

    assert change.as_json() == {
        "kind": "team",
        "action": "add",
        "name": "acme (Owner)",
        "detail": "",
        "url": "https://gitlab.test/acme",
    }
