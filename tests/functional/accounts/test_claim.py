"""How Setup Mode ends: by the claim alone, once, and never back."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import delete, select, text, update

from accounts.callback import Arrival, Proof, prove
from accounts.setup_state import mint_setup_link, setup_link_at_start
from config import Settings
from models import (
    Identity,
    Instance,
    InstanceState,
    Integration,
    Runtime,
    SetupCode,
    SetupSession,
    User,
    open_runtime,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, add_integration, make_app, quiet_errors
from tests.functional.accounts.public_setup import PUBLIC, administrators, code_of, state_of, unlock
from tests.functional.accounts.rows_of_accounts import count
from tests.functional.rows import reopen_setup


def test_the_setup_browser_that_logs_in_becomes_administrator_and_setup_mode_ends(
    owner: Person, stranger: Person, public_runtime: Runtime
) -> None:
    before = owner.client.get_cookie("__Host-rpt", domain="repertory.test")

    answer = owner.log_in(purpose="claim_admin", next_path="/admin")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin")
    assert state_of(public_runtime) is InstanceState.ACTIVE
    assert administrators(public_runtime) == ["ann"]
    assert owner.get("/admin").get_data(as_text=True) == "admin"
    after = owner.client.get_cookie("__Host-rpt", domain="repertory.test")
    assert after is not None
    assert before is None or before.value != after.value
    assert owner.client.get_cookie("__Host-rpt_setup", domain="repertory.test") is None
    assert (count(public_runtime, SetupCode), count(public_runtime, SetupSession)) == (0, 0)
    assert owner.get("/setup").status_code == 404
    assert mint_setup_link(public_runtime) is None
    assert setup_link_at_start(public_runtime) is None


def test_after_the_claim_others_log_in_as_ordinary_people(
    owner: Person, stranger: Person, public_runtime: Runtime
) -> None:
    owner.log_in(purpose="claim_admin")

    assert stranger.log_in().status_code == 303
    assert stranger.get("/admin").status_code == 403
    assert administrators(public_runtime) == ["ann"]


def test_other_logins_are_refused_in_setup_mode_also_in_the_setup_browser(
    owner: Person, public_runtime: Runtime
) -> None:
    answer = owner.start(purpose="login")

    assert answer.status_code == 403
    assert "not finished" in answer.get_data(as_text=True)
    assert owner.get("/login").headers["Location"] == "/setup"
    assert count(public_runtime, User) == 0


def test_a_claim_must_come_back_with_the_setup_cookie(owner: Person, public_runtime: Runtime) -> None:
    callback = owner.travel(purpose="claim_admin")
    owner.client.delete_cookie("__Host-rpt_setup", domain="repertory.test")

    assert owner.come_back(callback).status_code == 403
    assert unlock(owner, code_of(mint_setup_link(public_runtime))) == 303
    assert owner.come_back(callback).status_code == 400, "another setup session than the one that began it"
    assert state_of(public_runtime) is InstanceState.SETUP


def test_a_failed_login_leaves_setup_mode_as_it_was(owner: Person, public_runtime: Runtime) -> None:
    owner.decision = "deny"
    assert owner.log_in(purpose="claim_admin").status_code == 403

    assert state_of(public_runtime) is InstanceState.SETUP
    owner.decision = "authorize"
    assert owner.log_in(purpose="claim_admin").status_code == 303


def test_only_the_administrator_named_in_the_settings_may_claim(settings: Settings, gitlab: FakeGitLab) -> None:
    runtime = open_runtime(replace(settings, setup_admin="127.0.0.1:ann", outbound_allow=(f"127.0.0.1:{gitlab.port}",)))
    app = make_app(runtime)
    add_integration(runtime, gitlab)
    eve, ann = Person(app, settings.base_url, "eve"), Person(app, settings.base_url, "ann")

    refused = eve.log_in(purpose="claim_admin")

    assert refused.status_code == 403
    assert "127.0.0.1:ann" in refused.get_data(as_text=True)
    assert state_of(runtime) is InstanceState.SETUP
    assert count(runtime, User) == 0
    assert ann.log_in(purpose="claim_admin").status_code == 303
    runtime.database.close()


def test_the_administrator_needs_no_organization_to_log_in_again(owner: Person, public_runtime: Runtime) -> None:
    owner.log_in(purpose="claim_admin")
    with public_runtime.database.write() as session:
        session.execute(update(Integration).values(login_policy="members"))
    owner.post("/logout")

    assert owner.log_in().status_code == 303


def test_a_trial_stores_nothing_and_names_account_and_scopes(
    owner: Person, public_runtime: Runtime, gitlab: FakeGitLab
) -> None:
    answer = owner.log_in(purpose="test")

    assert answer.headers["Location"] == "/oauth/gitlab/trial"
    page = owner.get("/oauth/gitlab/trial").get_data(as_text=True)
    assert "The login works" in page
    assert "Ann" in page
    for scope in ("read_user", "read_api", "read_repository", "api"):
        assert f'<span class="mono">{scope}</span>' in page
    assert (count(public_runtime, User), count(public_runtime, Identity)) == (0, 0)
    assert state_of(public_runtime) is InstanceState.SETUP
    assert any("revoke" in name for name in gitlab.request_counts)
    with public_runtime.database.read() as session:
        assert session.scalars(select(Integration.tried_at)).one() is not None


def test_a_trial_that_fails_says_where_and_what_to_do(owner: Person, public_runtime: Runtime) -> None:
    owner.decision = "deny"

    owner.log_in(purpose="test")

    page = owner.get("/oauth/gitlab/trial").get_data(as_text=True)
    assert "The login did not work" in page
    assert "access_denied" in page
    with public_runtime.database.read() as session:
        assert session.scalars(select(Integration.tried_at)).one() is None


def test_a_running_process_never_goes_back_to_setup_mode(
    owner: Person, stranger: Person, public_runtime: Runtime
) -> None:
    owner.log_in(purpose="claim_admin")
    with public_runtime.database.write() as session:
        reopen_setup(session)

    assert stranger.get("/setup").status_code == 404


def test_an_instance_without_administrators_is_not_in_setup_mode(
    owner: Person, stranger: Person, public_runtime: Runtime
) -> None:
    owner.log_in(purpose="claim_admin")
    with public_runtime.database.write() as session:
        session.execute(update(User).values(is_administrator=False))

    app = make_app(public_runtime)

    assert Person(app, PUBLIC).get("/setup").status_code == 404
    assert mint_setup_link(public_runtime) is None


def test_an_unreadable_state_is_neither_setup_nor_active(stranger: Person, public_runtime: Runtime) -> None:
    with public_runtime.database.write() as session:
        session.execute(delete(Instance))

    with quiet_errors(stranger.app):
        answer = stranger.get("/setup")

    assert answer.status_code == 503
    assert "repertory setup-link" not in answer.get_data(as_text=True)


def test_an_unknown_state_is_neither_setup_nor_active(stranger: Person, public_runtime: Runtime) -> None:
    with public_runtime.database.write() as session:
        session.execute(text("UPDATE instance SET state = 'paused'"))

    with quiet_errors(stranger.app):
        assert stranger.get("/setup").status_code == 503


def test_a_missing_table_is_neither_setup_nor_active(stranger: Person, public_runtime: Runtime) -> None:
    with public_runtime.database.write() as session:
        session.execute(text("ALTER TABLE instance RENAME TO lost"))

    with quiet_errors(stranger.app):
        assert stranger.get("/setup").status_code == 503


def test_a_new_setup_link_stops_a_claim_that_is_under_way(
    owner: Person, public_runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prove_slowly(runtime: Runtime, arrival: Arrival, *, now: datetime) -> Proof:
        mint_setup_link(public_runtime)
        return prove(runtime, arrival, now=now)

    monkeypatch.setattr("accounts.oauth_views.prove", prove_slowly)

    answer = owner.log_in(purpose="claim_admin")

    assert answer.status_code == 400
    assert state_of(public_runtime) is InstanceState.SETUP
    assert administrators(public_runtime) == []
