"""What deliveries ask for."""

import pytest

from integrations.codehost import HookEvent, HookRemoved, MembersChanged, Ping, RefsChanged, RepositoriesChanged
from webhooks.dispatch import NOTHING, KnownRepository, Wanted, plan_requests, repositories_of

LIBRARY = KnownRepository(id=1, remote_id="7", default_branch="main", packages=(10,))
PLAIN = KnownRepository(id=2, remote_id="8", default_branch="main")
EXCLUDED = KnownRepository(id=3, remote_id="9", default_branch="main", is_excluded=True)
EMPTY = KnownRepository(id=4, remote_id="10", default_branch=None)
KNOWN = {repository.remote_id: repository for repository in (LIBRARY, PLAIN, EXCLUDED, EMPTY)}


def test_a_push_updates_the_package_of_its_repository_and_nothing_else() -> None:
    wanted = plan_requests([RefsChanged("7", ("refs/tags/v1.0.0",))], KNOWN)

    assert wanted == Wanted(packages=frozenset({10}))


def test_a_push_to_the_default_branch_of_a_repository_without_package_asks_for_a_run_that_reads_it() -> None:
    wanted = plan_requests([RefsChanged("8", ("refs/heads/main",))], KNOWN)

    assert wanted.unread == {2}
    assert wanted.reason


@pytest.mark.parametrize("refs", [("refs/heads/feature",), ("refs/tags/main",)])
def test_other_refs_of_a_repository_without_package_ask_for_nothing(refs: tuple[str, ...]) -> None:
    assert plan_requests([RefsChanged("8", refs)], KNOWN).is_nothing


def test_when_the_default_branch_or_the_refs_are_not_known_it_is_looked_up() -> None:
    assert plan_requests([RefsChanged("8")], KNOWN).unread == {2}
    assert plan_requests([RefsChanged("10", ("refs/heads/trunk",))], KNOWN).unread == {4}


def test_a_push_to_a_repository_that_is_not_known_asks_for_a_run() -> None:
    assert plan_requests([RefsChanged("11")], KNOWN).reason


def test_an_excluded_repository_asks_for_nothing() -> None:
    assert plan_requests([RefsChanged("9", ("refs/heads/main",))], KNOWN) == NOTHING


@pytest.mark.parametrize("event", [MembersChanged("1"), RepositoriesChanged(), RepositoriesChanged("7"), HookRemoved()])
def test_people_repositories_and_lost_hooks_ask_for_a_run(event: HookEvent) -> None:
    assert plan_requests([event], KNOWN).reason


def test_a_ping_asks_for_nothing() -> None:
    assert plan_requests([Ping()], KNOWN).is_nothing
    assert plan_requests([], KNOWN).is_nothing


def test_the_hook_of_one_repository_can_not_speak_for_another() -> None:
    pushes = [RefsChanged("7"), RefsChanged("11")]

    assert plan_requests(pushes, KNOWN, only="8").is_nothing
    assert plan_requests(pushes, KNOWN, only="7") == Wanted(packages=frozenset({10}))


def test_several_events_add_up() -> None:
    wanted = plan_requests([Ping(), RefsChanged("7"), RefsChanged("8"), MembersChanged()], KNOWN)

    assert wanted.packages == {10}
    assert wanted.unread == {2}
    assert wanted.reason


def test_only_pushed_repositories_have_to_be_known() -> None:
    assert repositories_of([Ping(), RefsChanged("7"), RepositoriesChanged("9")]) == {"7"}
