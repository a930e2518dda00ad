"""Setup Mode: who is let in, what the others see, and that it ends exactly once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from accounts.setup_state import mint_setup_link, setup_link_at_start
from config import Settings, SetupAccess
from models import (
    AuditRecord,
    InstanceState,
    OAuthFlow,
    Runtime,
    SetupCode,
    SetupSession,
    open_runtime,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, make_app, setup_switch
from tests.functional.accounts.public_setup import PUBLIC, code_of, state_of, unlock
from tests.functional.accounts.rows_of_accounts import count


def test_every_page_is_the_unlock_page_without_a_setup_session(stranger: Person) -> None:
    for rule in stranger.app.url_map.iter_rules():
        path = rule.rule.replace("<slug>", "gitlab").replace("<org>", "acme").replace("<path:name>", "theme.css")
        for parameter in ("identity_id", "address_id", "session_id", "token_id"):
            path = path.replace(f"<int:{parameter}>", "1")
        if "GET" not in (rule.methods or set()) or rule.endpoint == "web.asset":
            continue

        answer = stranger.get(path)

        assert "repertory setup-link" in answer.get_data(as_text=True), path
        assert answer.status_code == (200 if path == "/setup" else 403), path


def test_every_form_is_refused_without_a_setup_session_and_changes_nothing(
    stranger: Person, public_runtime: Runtime
) -> None:
    for rule in stranger.app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()) or rule.endpoint in {"accounts.unlock", "web.choose_theme"}:
            continue
        path = rule.rule.replace("<slug>", "gitlab").replace("<org>", "acme")
        for parameter in ("identity_id", "address_id", "session_id", "token_id"):
            path = path.replace(f"<int:{parameter}>", "1")

        assert stranger.post(path, {"purpose": "claim_admin"}).status_code == 403, path

    assert count(public_runtime, OAuthFlow) == 0
    assert state_of(public_runtime) is InstanceState.SETUP


def test_a_form_without_a_token_is_refused_before_anything_else(stranger: Person, public_runtime: Runtime) -> None:
    code = code_of(mint_setup_link(public_runtime))

    answer = stranger.client.post("/setup/unlock", base_url=PUBLIC, data={"code": code})

    assert answer.status_code == 400
    assert count(public_runtime, SetupCode) == 1


def test_programs_are_told_that_the_installation_is_not_finished(stranger: Person) -> None:
    answer = stranger.get("/acme/packages.json")

    assert answer.status_code == 503
    assert "not finished" in answer.get_json()["warning"]


def test_health_addresses_answer_in_setup_mode(stranger: Person) -> None:
    assert stranger.get("/healthz").status_code == 404, "not routed in this small application, but not taken over"


def test_the_setup_link_lets_one_browser_in_once(stranger: Person, public_runtime: Runtime) -> None:
    code = code_of(mint_setup_link(public_runtime))
    first = Person(stranger.app, PUBLIC)

    assert unlock(first, code) == 303
    assert unlock(stranger, code) == 403

    assert "It is unlocked in 1 browser." in first.get("/setup").get_data(as_text=True)
    cookie = first.client.get_cookie("__Host-rpt_setup", domain="repertory.test")
    assert cookie is not None
    assert cookie.secure
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_a_whole_link_can_be_pasted(stranger: Person, public_runtime: Runtime) -> None:
    assert unlock(stranger, f"  {mint_setup_link(public_runtime)} ") == 303


@pytest.mark.parametrize("code", ["", "rpts_wrong", "rpts_" + "0" * 38, "x" * 5000, "rptu_" + "0" * 38])
def test_a_wrong_code_is_refused(stranger: Person, code: str) -> None:
    assert unlock(stranger, code) == 403


def test_an_expired_code_is_refused(stranger: Person, public_runtime: Runtime) -> None:
    code = code_of(mint_setup_link(public_runtime))
    with public_runtime.database.write() as session:
        session.execute(update(SetupCode).values(expires_at=utc_now() - timedelta(seconds=1)))

    assert unlock(stranger, code) == 403


def test_a_new_link_ends_older_codes_and_browsers(owner: Person, stranger: Person, public_runtime: Runtime) -> None:
    old = code_of(mint_setup_link(public_runtime))
    new = code_of(mint_setup_link(public_runtime))

    assert owner.get("/setup").get_data(as_text=True).count("repertory setup-link")
    assert unlock(stranger, old) == 403
    assert unlock(stranger, new) == 303


def test_the_code_is_not_stored_in_clear(public_runtime: Runtime, public_app: Flask) -> None:
    code = code_of(mint_setup_link(public_runtime))

    with public_runtime.database.read() as session:
        assert code not in str(session.execute(text("SELECT * FROM setup_code")).all())
        assert code not in str(session.execute(text("SELECT * FROM audit_record")).all())


def test_guessing_the_code_is_slowed_down(stranger: Person) -> None:
    answers = [unlock(stranger, "rpts_guess") for _ in range(12)]

    assert answers[:9] == [403] * 9
    assert answers[-1] == 429


def test_a_setup_session_ends_after_two_idle_hours(owner: Person, public_runtime: Runtime) -> None:
    with public_runtime.database.write() as session:
        session.execute(update(SetupSession).values(last_seen_at=utc_now() - timedelta(hours=2, seconds=1)))

    assert owner.get("/admin/integrations/new").status_code == 403


def test_using_a_setup_session_keeps_it_alive(owner: Person, public_runtime: Runtime) -> None:
    with public_runtime.database.write() as session:
        session.execute(update(SetupSession).values(last_seen_at=utc_now() - timedelta(minutes=90)))

    assert owner.get("/admin/integrations/new").status_code == 200

    with public_runtime.database.read() as session:
        assert utc_now() - session.scalars(select(SetupSession.last_seen_at)).one() < timedelta(minutes=1)


def test_every_unlock_is_in_the_audit_log(owner: Person, public_runtime: Runtime) -> None:
    with public_runtime.database.read() as session:
        actions = list(session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)))

    assert actions == ["setup_code_minted", "setup_unlocked"]


def test_at_the_start_a_link_is_made_unless_one_is_still_valid(public_runtime: Runtime, public_app: Flask) -> None:
    first = setup_link_at_start(public_runtime)

    assert first is not None
    assert setup_link_at_start(public_runtime) is None


def test_at_the_start_of_a_loopback_install_the_plain_address_is_enough(runtime: Runtime, setup_app: Flask) -> None:
    assert setup_link_at_start(runtime) == "http://localhost:8000/setup"
    assert count(runtime, SetupCode) == 0


def test_on_strict_loopback_no_code_is_asked(setup_app: Flask, runtime: Runtime) -> None:
    person = Person(setup_app, runtime.settings.base_url)

    assert "Setup Mode: this installation is not finished" in person.get("/setup").get_data(as_text=True)
    assert person.get("/admin/integrations/new").status_code == 200
    assert person.post("/admin/integrations/new").status_code == 200
    assert count(runtime, SetupSession) == 1


def is_let_in(person: Person, **options: object) -> bool:
    return "repertory setup-link" not in person.get("/setup", **options).get_data(as_text=True)


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via", "X-Real-IP"]
)
def test_a_proxy_in_between_ends_the_exemption(setup_app: Flask, runtime: Runtime, header: str) -> None:
    person = Person(setup_app, runtime.settings.base_url)
    assert is_let_in(person)

    assert not is_let_in(person, headers={header: "127.0.0.1"}), "also with the cookie it got before"


@pytest.mark.parametrize("peer", ["10.0.0.5", "192.168.1.2", "::ffff:10.0.0.5", "not an address", ""])
def test_another_machine_is_not_exempt(setup_app: Flask, runtime: Runtime, peer: str) -> None:
    person = Person(setup_app, runtime.settings.base_url)

    assert not is_let_in(person, environ_overrides={"REMOTE_ADDR": peer})


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_every_loopback_address_is_exempt(setup_app: Flask, runtime: Runtime, peer: str) -> None:
    assert is_let_in(Person(setup_app, runtime.settings.base_url), environ_overrides={"REMOTE_ADDR": peer})


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "https://repertory.test"},
        {"bind": "0.0.0.0:8000"},
        {"trusted_proxy_hops": 1},
    ],
)
def test_settings_for_a_network_end_the_exemption(
    settings: Settings, gitlab: FakeGitLab, changes: dict[str, object]
) -> None:
    runtime = open_runtime(replace(settings, **changes))  # type: ignore[arg-type]
    app = make_app(runtime)

    assert not is_let_in(Person(app, runtime.settings.base_url))
    runtime.database.close()


def test_a_foreign_host_name_that_points_here_is_refused(setup_app: Flask) -> None:
    answer = setup_app.test_client().get("/setup", base_url="http://rebound.example:8000")

    assert answer.status_code == 400


def test_open_access_ends_an_hour_after_the_start(settings: Settings, gitlab: FakeGitLab) -> None:
    runtime = open_runtime(replace(settings, base_url=PUBLIC, bind="0.0.0.0:8000", setup_access=SetupAccess.OPEN))
    app = make_app(runtime)
    person = Person(app, PUBLIC)
    assert "take it over" in person.get("/setup").get_data(as_text=True)
    switch = setup_switch(app)

    switch.exemptions = replace(switch.exemptions, started_at=utc_now() - timedelta(minutes=60))

    assert not is_let_in(person), "the browsers that came in without a code are out as well"
    assert not is_let_in(Person(app, PUBLIC))
    runtime.database.close()
