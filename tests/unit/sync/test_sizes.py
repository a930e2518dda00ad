"""How much there is after a plan, and who gains or loses all access by it."""

from integrations.codehost import AccountState
from models import ManifestState
from sync.plan import plan_synchronization
from sync.report import report_changes
from sync.sizes import measure, report_counts, weigh_access
from sync.snapshot import Manifest, Snapshot
from sync.state import State
from tests.unit.sync.remote import DEVELOPER, OWNER, REPORTER, TODAY, complete, member, repository, snapshot, team
from tests.unit.sync.test_plan import state_after

TEAMS = (team("1"), team("2", path="acme/backend", parent_id="1"))
BEFORE = snapshot(
    teams=TEAMS,
    team_members={"1": complete(member("ann", OWNER)), "2": complete(member("ann", OWNER), member("bob", DEVELOPER))},
    repositories=(repository("100", team_id="2"),),
    repository_members={"100": complete(member("gus", REPORTER))},
    manifests={"100": Manifest(ManifestState.PRESENT, "acme/logging")},
)


def weigh(state: State, remote: Snapshot) -> tuple[list[str], list[str]]:
    weighed = weigh_access(state, plan_synchronization(state, remote, today=TODAY))
    return weighed["gain"]["names"], weighed["lose"]["names"]


def test_a_first_run_counts_groups_and_not_teams_and_people_in_any_place() -> None:
    plan = plan_synchronization(State(), BEFORE, today=TODAY)

    assert measure(State(), plan) == {"people": 3, "teams": 2, "repositories": 1, "packages": 1}
    assert weigh(State(), BEFORE) == (["@ann", "@bob", "@gus"], [])


def test_who_only_moves_to_another_place_neither_gains_nor_loses() -> None:
    moved = snapshot(
        teams=TEAMS,
        team_members={"1": complete(member("ann", OWNER), member("gus", REPORTER)), "2": complete()},
        repositories=BEFORE.repositories,
    )

    assert weigh(state_after(BEFORE), moved) == ([], ["@bob"])


def test_who_is_blocked_at_the_host_has_no_access_any_more() -> None:
    blocked = member("bob", DEVELOPER, state=AccountState.BLOCKED)
    remote = snapshot(
        teams=TEAMS,
        team_members={"1": complete(member("ann", OWNER)), "2": complete(member("ann", OWNER), blocked)},
        repositories=BEFORE.repositories,
        repository_members=dict(BEFORE.repository_members),
    )

    assert weigh(state_after(BEFORE), remote) == ([], ["@bob"])


def test_few_names_are_kept_and_all_are_counted() -> None:
    crowd = complete(*(member(f"p{number:02}", DEVELOPER) for number in range(30)))
    remote = snapshot(team_members={"1": crowd})
    plan = plan_synchronization(State(), remote, today=TODAY)

    counts = report_counts(State(), plan, report_changes(plan, State()))

    assert counts["access"]["gain"] == {"count": 30, "names": ["@p00", "@p01", "@p02", "@p03", "@p04"]}
    assert counts["changes"]["person"] == {"add": 30}
