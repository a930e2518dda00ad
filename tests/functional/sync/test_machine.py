"""A host that changes, breaks and heals in random order, with runs of every scope in between.

Nobody loses what the host still grants, nobody gets what it does not grant, whatever an answer was; and a good full run
ends with exactly what the host has.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from models import (
    HoldState,
    Package,
    Repository,
    RunResult,
    RunScope,
    Runtime,
    Synchronization,
    open_runtime,
)
from sync.holds import approve_hold, decline_hold, find_open_hold, list_holds, reopen_hold
from sync.parts import APPLIED
from tests.conftest import SCALE, SERVICES_FOLDER
from tests.databases import fresh_sqlite
from tests.fakes.company import manifest_of
from tests.fakes.gitlab import FakeGitLab, Group, Kind, Level, Project, User
from tests.functional.rows import (
    add_credential,
    add_instance,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)
from tests.functional.sync import doing
from tests.functional.sync.doing import Pairs, pairs

WHERE = (
    r"/groups/\d+$",
    r"/user$",
    r"/descendant_groups",
    r"/groups/\d+/projects",
    r"/groups/\d+/members/all",
    r"/projects/\d+/members/all",
    r"/repository/files/",
)
KINDS = tuple(kind for kind in Kind if kind not in (Kind.SLOW, Kind.DRIP))
LEVELS = (Level.GUEST, Level.REPORTER, Level.DEVELOPER, Level.MAINTAINER)
PEOPLE, MINIMUM = 7, 3
anything = st.integers(0, 10_000)


class Engine(RuleBasedStateMachine):
    """One company at a host and its synchronization here, whose brakes are tight."""

    def __init__(self) -> None:
        super().__init__()
        self._ends = ExitStack()
        folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory()))
        self.fake = self._ends.enter_context(FakeGitLab())
        self.runtime = self._open(folder)
        self._ends.callback(self.runtime.database.close)
        self.number = 0
        self.is_broken = self.is_demoted = self.denies = False

    def _open(self, folder: Path) -> Runtime:
        url = self._ends.enter_context(fresh_sqlite(Path(os.environ[SERVICES_FOLDER]), folder))
        own = {"REPERTORY_DATA_DIR": str(folder / "var"), "DATABASE_URL": url, "REDIS_URL": "unix:///nowhere"}
        allowed = (urlsplit(self.fake.base_url).netloc,)
        return open_runtime(replace(Settings.from_env(own), outbound_allow=allowed))

    @initialize()
    def begin(self) -> None:
        self.ann, self.root = self.fake.add_user("ann"), self.fake.add_group("acme")
        for owner in (self.ann, self.fake.add_user("otto")):
            self.fake.add_member(self.root, owner, Level.OWNER)
        self.people = [self.fake.add_user(f"p{number}") for number in range(PEOPLE)]
        for person in self.people:
            self.fake.add_member(self.root, person, Level.DEVELOPER)
        self.fake.add_group("inner", parent=self.root)
        for home in self.groups:
            self.new_project(home.id, has_manifest=True)
        with self.runtime.database.write() as session:
            self.id = self._fill(session)
        self.full()

    def _fill(self, session: Session) -> int:
        box = self.runtime.secret_box
        add_instance(session, box)
        integration = add_integration(session, box, base_url=self.fake.base_url)
        account = add_user(session, integration, "ann").identities[0]
        account.remote_id = str(self.ann.id)
        credential = add_credential(session, box, account, token=self.fake.personal_token(self.ann))
        organization, root = add_organization(session), str(self.root.id)
        synchronization = add_synchronization(session, organization, integration, remote_id=root, credential=credential)
        synchronization.access_brake_minimum = synchronization.package_brake_minimum = MINIMUM
        return synchronization.id

    @property
    def groups(self) -> list[Group]:
        return [self.root, *self.fake.state.descendants(self.root.id)]

    @property
    def projects(self) -> list[Project]:
        homes = {group.id for group in self.groups}
        return [project for project in self.fake.state.projects.values() if project.group_id in homes]

    def place(self, number: int) -> Group | Project:
        places: list[Group | Project] = [*self.groups, *self.projects]
        return places[number % len(places)]

    def person(self, number: int) -> User:
        return self.people[number % PEOPLE]

    @rule(place=anything, person=anything, level=st.sampled_from(LEVELS))
    def join_or_change_role(self, place: int, person: int, level: Level) -> None:
        where, who = self.place(place), self.person(person)
        if who.id in self.fake.state.members_of.get(where.source, {}):
            self.fake.update_member(where, who, level=level)
        else:
            self.fake.add_member(where, who, level)

    @rule(place=anything, person=anything)
    def leave(self, place: int, person: int) -> None:
        where, who = self.place(place), self.person(person)
        if who.id in self.fake.state.members_of.get(where.source, {}):
            self.fake.remove_member(where, who)

    @rule(person=anything, state=st.sampled_from(("active", "blocked", "banned")))
    def block_or_unblock(self, person: int, state: str) -> None:
        self.fake.set_user_state(self.person(person), state)

    @rule(parent=anything)
    def new_group(self, parent: int) -> None:
        if len(self.groups) < 5:
            self.number += 1
            self.fake.add_group(f"part-{self.number}", parent=self.groups[parent % len(self.groups)])

    @rule(group=anything)
    def delete_group(self, group: int) -> None:
        if len(self.groups) > 1:
            self.fake.delete_group(self.groups[1:][group % (len(self.groups) - 1)])

    @rule(group=anything)
    def rename_group(self, group: int) -> None:
        self.number += 1
        self.fake.rename_group(self.groups[group % len(self.groups)], f"renamed-{self.number}")

    @rule(home=anything, has_manifest=st.booleans())
    def new_project(self, home: int, has_manifest: bool) -> None:
        if len(self.projects) < 8:
            self.number += 1
            project = self.fake.add_project(self.groups[home % len(self.groups)], f"lib-{self.number}")
            if has_manifest:
                self.write_manifest(project)

    @rule(project=anything)
    def manifest_appears(self, project: int) -> None:
        if self.projects:
            self.write_manifest(self.projects[project % len(self.projects)])

    def write_manifest(self, project: Project) -> None:
        self.fake.commit(project, {"composer.json": manifest_of(project.path, "A library", {})})

    @rule(project=anything, how=st.sampled_from(("delete", "move", "archive", "private", "internal", "members only")))
    def change_project(self, project: int, how: str) -> None:
        if not self.projects:
            return
        chosen = self.projects[project % len(self.projects)]
        if how == "delete":
            self.fake.delete_project(chosen)
        elif how == "move":
            self.fake.move_project(chosen, group=self.groups[project % len(self.groups)])
        elif how == "archive":
            self.fake.update_project(chosen, archived=True)
        elif how == "members only":
            self.fake.update_project(chosen, repository_access_level="private")
        else:
            self.fake.update_project(chosen, visibility=how)

    @rule(where=st.sampled_from(WHERE), kind=st.sampled_from(KINDS), after=st.integers(0, 2))
    def break_host(self, where: str, kind: Kind, after: int) -> None:
        self.fake.misbehave(where, kind, after=after)
        self.is_broken = True
        self.denies = self.denies or kind is Kind.STATUS_404

    @precondition(lambda self: self.is_broken)
    @rule()
    def heal_host(self) -> None:
        self.fake.behave()
        doing.reconnect(self.runtime)
        self.is_broken = self.denies = False

    @precondition(lambda self: not self.is_demoted)
    @rule()
    def demote_the_owner_of_the_credential(self) -> None:
        self.fake.update_member(self.root, self.ann, level=Level.REPORTER)
        self.is_demoted = True

    @precondition(lambda self: self.is_demoted)
    @rule()
    def promote_her_again(self) -> None:
        self.fake.update_member(self.root, self.ann, level=Level.OWNER)
        self.is_demoted = False

    @rule()
    def full(self) -> None:
        result = self.run(RunScope.FULL)
        if result is RunResult.OK and not self.has_holds():
            assert self.here() == self.there()
            assert set(doing.readers_here(self.runtime)) == self.libraries()

    @rule()
    def quick(self) -> None:
        self.run(RunScope.CHEAP)

    @rule()
    def look_ahead(self) -> None:
        self.run(RunScope.PREVIEW)

    @rule(person=anything)
    def one_person(self, person: int) -> None:
        self.run(RunScope.PERSON, self.person(person))

    @precondition(lambda self: not self.is_broken and not self.is_demoted)
    @rule()
    def so_many_leave_that_somebody_has_to_look(self) -> None:
        self.full()
        in_root = self.fake.state.members_of.get(self.root.source, {})
        leaving = [who for who in self.people if who.state == "active" and who.id in in_root][: MINIMUM + 2]
        if self.has_holds() or len(leaving) <= MINIMUM + 1 or len(leaving) * 3 < len(in_root) * 2:
            return
        before = self.here()
        for who in leaving:
            self.fake.remove_member(self.root, who)

        assert self.run(RunScope.FULL) is RunResult.HELD
        assert before <= self.here()

    @rule(how=st.sampled_from((approve_hold, decline_hold)))
    def decide(self, how: Callable[..., None]) -> None:
        with self.runtime.database.write() as session:
            hold = find_open_hold(session, synchronization_id=self.id)
            if hold is not None:
                how(session, hold, actor="test", user_id=None)

    @rule()
    def apply_after_all(self) -> None:
        with self.runtime.database.write() as session:
            for hold in list_holds(session, synchronization_id=self.id, states=[HoldState.DECLINED]):
                reopen_hold(session, hold, actor="test", user_id=None)

    def run(self, scope: RunScope, person: User | None = None) -> RunResult | None:
        """One run, and what is true after every one of them."""
        before, there = self.here(), self.there()
        ended = doing.run(self.runtime, self.id, scope, account_id=str(person.id) if person else "")
        after = self.here()
        if scope is RunScope.PERSON and self.denies:
            there = set()  # asked about one person, a host says with a 404 that they are not in a group
        elif scope is RunScope.PERSON:  # reads where somebody is a member, and no repository
            there = {pair for pair in there if pair[0] not in self.out_of_date()}
        assert (before - after) & there == set(), f"lost, but granted at the host, by run {ended.number} ({scope})"
        unfounded = (
            after - before - self.there()
        )  # somebody whose removal waits, or is not known, may be in the team of more
        assert {login for _, login in unfounded} <= {login for _, login in before}
        if scope is RunScope.PERSON and not self.has_holds():
            assert not unfounded, "somebody got what the host does not grant"
        if scope is RunScope.PREVIEW or ended.result not in APPLIED:
            assert after == before
        if person is not None:
            assert {login for _, login in after ^ before} <= {person.username}
        return ended.result

    def here(self) -> Pairs:
        return pairs(doing.readers_here(self.runtime))

    def there(self) -> Pairs:
        return pairs(doing.readers_at_host(self.runtime, self.fake, self.root))

    def out_of_date(self) -> set[str]:
        """Packages whose repository was moved, opened or closed at the host and not read since."""
        with self.runtime.database.read() as session:
            known = session.execute(select(Package.name, Repository).join(Repository)).all()
        return {name for name, repository in known if not self.is_known_well(repository)}

    def is_known_well(self, known: Repository) -> bool:
        project = self.fake.state.projects.get(int(known.remote_id))
        if project is None or project.repository_access_level is None:
            return False
        code_access = {"enabled": "enabled", "private": "members"}[project.repository_access_level]
        ours = (known.visibility, known.code_access, known.remote_team_id)
        return ours == (project.visibility, code_access, str(project.group_id))

    def libraries(self) -> set[str]:
        """Names of the packages that the host has."""
        found = (self.fake.repository(project) for project in self.projects)
        return {
            f"acme/{project.path}" for project, repository in zip(self.projects, found, strict=True) if repository.refs
        }

    def has_holds(self) -> bool:
        with self.runtime.database.read() as session:
            return bool(list_holds(session, synchronization_id=self.id))

    def teardown(self) -> None:
        """When all is well again and everything confirmed, both sides are the same."""
        try:
            self.heal_host()
            if self.is_demoted:
                self.promote_her_again()
            for _ in range(4):
                self.apply_after_all()
                self.decide(approve_hold)
                result = self.run(RunScope.FULL)
            assert (result, self.has_holds()) == (RunResult.OK, False)
            assert self.here() == self.there()
            doing.assert_nothing_is_left_over(self.runtime)
            with self.runtime.database.read() as session:
                assert session.get_one(Synchronization, self.id).missing_since is None
        finally:
            self._ends.close()


def test_whatever_happens_nobody_loses_or_gets_what_the_host_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    doing.make_haste(monkeypatch)
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=5 if SCALE == 1 else 10 * SCALE,
            stateful_step_count=25 if SCALE == 1 else 50,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        ),
    )
