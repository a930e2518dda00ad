"""Setup Mode as a state machine: whatever people do and whatever breaks, it ends at most once and never comes back."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select, text, update

from accounts.setup_state import mint_setup_link
from config import Settings
from models import Identity, Instance, InstanceState, Membership, Runtime, User, open_runtime
from tests.databases import fresh_postgresql, fresh_sqlite
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, add_integration, make_app, quiet_errors, setup_switch
from tests.services import wait_for_address

PUBLIC = "https://repertory.test"
LOGINS = ("ann", "bob", "eve")
BROWSERS = st.sampled_from([0, 1, 2])


class SetupMachine(RuleBasedStateMachine):
    """Three people with a browser each; `unlocked` and `winner` are what we expect."""

    services: Path
    kind: str
    gitlab: FakeGitLab
    ends: ClassVar[list[str | None]] = []

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        url = self.stack.enter_context(_database(self.kind, self.services, folder))
        env = {"REPERTORY_DATA_DIR": str(folder / "var"), "DATABASE_URL": url, "REPERTORY_BASE_URL": PUBLIC}
        base = Settings.from_env(env | {"REPERTORY_BIND": "0.0.0.0:8000"})
        self.settings = replace(base, outbound_allow=(f"127.0.0.1:{self.gitlab.port}",))
        self.runtime: Runtime = open_runtime(self.settings)
        self.unlocked: set[int] = set()
        self.winner: str | None = None
        self.transitions = 0
        self.code: str | None = None
        self.callbacks: dict[int, str] = {}

    @initialize()
    def install(self) -> None:
        self.app = make_app(self.runtime)
        add_integration(self.runtime, self.gitlab)
        self.people = [Person(self.app, PUBLIC, login) for login in LOGINS]

    def teardown(self) -> None:
        self.ends.append(self.winner)
        self.runtime.database.close()
        self.stack.close()

    @rule()
    def restart(self) -> None:
        self.runtime.database.close()
        self.runtime = open_runtime(self.settings)
        self.app = make_app(self.runtime)
        for person in self.people:
            cookies = person.client
            person.app = self.app
            person.client = self.app.test_client()
            person.client._cookies = cookies._cookies

    @rule()
    def mint(self) -> None:
        link = mint_setup_link(self.runtime)

        assert (link is None) == (self.winner is not None)
        if link is not None:
            self.code = link.partition("#")[2]
            self.unlocked.clear()
            self.callbacks.clear()

    @rule(who=BROWSERS, is_right=st.booleans())
    def unlock(self, who: int, is_right: bool) -> None:
        code = self.code if is_right and self.code else "rpts_wrong"
        self.people[who].post("/setup/unlock", {"code": code}, environ_overrides={"REMOTE_ADDR": f"10.0.0.{who}"})
        if is_right and self.code and self.winner is None:
            self.unlocked.add(who)
            self.callbacks.pop(who, None)
        self.code = None if is_right else self.code

    @rule(who=BROWSERS)
    def begin_claim(self, who: int) -> None:
        answer = self.people[who].start(purpose="claim_admin")

        may_begin = who in self.unlocked and self.winner is None
        assert (answer.status_code == 200) == may_begin
        if may_begin:
            self.callbacks[who] = self.people[who].walk_at_host(self.people[who].host_url(answer))

    @rule(who=BROWSERS, by=BROWSERS)
    def come_back(self, who: int, by: int) -> None:
        callback = self.callbacks.get(who)
        if callback is None:
            return
        answer = self.people[by].come_back(callback)
        if by != who:
            assert answer.status_code in {400, 403}
            return
        del self.callbacks[who]
        if self.winner is None:
            assert answer.status_code == 303
            self.winner, self.transitions = LOGINS[who], self.transitions + 1
            self.unlocked.clear()
        else:
            assert answer.status_code in {400, 404, 409}

    @rule(who=BROWSERS)
    def use_a_new_link(self, who: int) -> None:
        self.mint()
        self.unlock(who, True)

    @rule(who=BROWSERS)
    def claim_at_once(self, who: int) -> None:
        if self.winner is None:
            self.use_a_new_link(who)
            self.begin_claim(who)
            self.come_back(who, who)

    @rule(who=BROWSERS)
    def deny(self, who: int) -> None:
        if who not in self.unlocked or self.winner is not None:
            return
        self.people[who].decision = "deny"
        assert self.people[who].log_in(purpose="claim_admin").status_code == 403
        self.people[who].decision = "authorize"

    @rule(who=BROWSERS)
    def log_in_as_usual(self, who: int) -> None:
        answer = self.people[who].start()

        assert (answer.status_code == 200) == (self.winner is not None)
        if self.winner is not None:
            self.people[who].come_back(self.people[who].walk_at_host(self.people[who].host_url(answer)))
            self.callbacks.pop(who, None)

    @rule()
    def delete_all_users(self) -> None:
        with self.runtime.database.write() as session:
            session.execute(delete(Membership))
            session.execute(update(User).values(is_administrator=False))

    @rule(who=BROWSERS)
    def read_error(self, who: int) -> None:
        self._rename("instance", "lost")
        try:
            setup_switch(self.app).looks_again_at = 0.0  # after the end it looks only now and then
            with quiet_errors(self.app):
                answer = self.people[who].get("/admin/integrations/new")
            assert answer.status_code == 503
            assert "repertory setup-link" not in answer.get_data(as_text=True)
        finally:
            self._rename("lost", "instance")

    @invariant()
    def it_ends_once_and_never_comes_back(self) -> None:
        if not hasattr(self, "people"):
            return
        with self.runtime.database.read() as session:
            state = session.scalars(select(Instance.state)).one()
            query = select(Identity.login).join(Identity.user).where(User.is_administrator)
            administrators = set(session.scalars(query))
        assert state is (InstanceState.SETUP if self.winner is None else InstanceState.ACTIVE)
        assert administrators <= {self.winner}
        assert self.transitions <= 1

    @invariant()
    def nobody_without_a_setup_session_sees_more_than_the_unlock_page(self) -> None:
        if not hasattr(self, "people"):
            return
        for number, person in enumerate(self.people):
            answer = person.get("/admin/integrations/new")
            if self.winner is None:
                assert (answer.status_code == 200) == (number in self.unlocked)

    def _rename(self, old: str, new: str) -> None:
        with self.runtime.database.write() as session:
            session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


@contextmanager
def _database(kind: str, services: Path, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        with fresh_sqlite(services, folder) as url:
            yield url
    else:
        with fresh_postgresql(services, wait_for_address(services, "postgresql")) as url:
            yield url


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_sequence_of_events_opens_setup_mode_twice(kind: str, services: Path, gitlab: FakeGitLab) -> None:
    ends: list[str | None] = []
    machine = type("Machine", (SetupMachine,), {"services": services, "kind": kind, "gitlab": gitlab, "ends": ends})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert None in ends, "some runs stay in Setup Mode"
    assert len(set(ends)) > 1, "some runs leave it"
