"""Accounts that the host has blocked, claims that come too late, and small ways out of a login."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.callback import Proof
from accounts.claim import claim_administration
from accounts.identities import IdentityTaken, LoginRefused, Refusal, link_identity, sign_in
from accounts.jobs import warn_about_open_setup
from accounts.setup_state import InstanceUnreadable, SetupAlreadyCompleted, mint_setup_link
from config import SetupAccess
from integrations.codehost import AccountState, RemoteAccount, Viewer
from models import (
    Identity,
    IdentityState,
    Instance,
    InstanceState,
    Integration,
    Organization,
    Runtime,
    Synchronization,
    User,
    utc_now,
)
from tests.functional.accounts.journey import Person
from tests.functional.rows import add_instance, add_integration, add_organization, add_synchronization, add_user

ACCOUNT = RemoteAccount(remote_id="7", login="ann", display_name="Ann")
BLOCKED = replace(ACCOUNT, state=AccountState.BLOCKED)


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    """A transaction on an instance in Setup Mode, rolled back afterwards."""
    with runtime.database.write_session() as session:
        add_instance(session, runtime.secret_box, state=InstanceState.SETUP)
        yield session
        session.rollback()


def test_a_blocked_account_is_refused_before_anything_is_stored(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)

    with pytest.raises(LoginRefused) as caught:
        sign_in(session, integration=integration, account=BLOCKED, now=utc_now())

    assert caught.value.reason is Refusal.BLOCKED
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_a_blocked_account_can_not_be_connected(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    ann = add_user(session, integration, "ann")

    with pytest.raises(LoginRefused):
        link_identity(session, ann, integration=integration, account=BLOCKED, now=utc_now())


def test_an_account_of_another_person_can_not_be_connected(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    ann, bob = add_user(session, integration, "ann"), add_user(session, integration, "bob")
    taken = replace(ACCOUNT, remote_id=ann.identities[0].remote_id)

    with pytest.raises(IdentityTaken):
        link_identity(session, bob, integration=integration, account=taken, now=utc_now())


def test_an_account_that_the_host_lets_in_again_is_active_again(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    ann = add_user(session, integration, "ann")
    ann.identities[0].state = IdentityState.BLOCKED
    session.flush()

    identity = sign_in(session, integration=integration, account=replace(ACCOUNT, remote_id="id-ann"), now=utc_now())

    assert identity.state is IdentityState.ACTIVE


def claim(session: Session, integration: Integration, account: RemoteAccount) -> Identity:
    return claim_administration(session, integration=integration, account=account, chosen="", now=utc_now())


def test_the_second_claim_of_all_times_is_refused(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    claim(session, integration, ACCOUNT)

    with pytest.raises(SetupAlreadyCompleted):
        claim(session, integration, replace(ACCOUNT, remote_id="8", login="eve"))


def test_a_disabled_person_can_not_claim(session: Session, runtime: Runtime) -> None:
    integration = add_integration(session, runtime.secret_box)
    add_user(session, integration, "ann").disabled_at = utc_now()

    with pytest.raises(LoginRefused):
        claim(session, integration, replace(ACCOUNT, remote_id="id-ann"))


def test_a_login_of_a_blocked_account_is_explained_and_ends_what_the_account_had(
    ann: Person, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.log_in()
    again = Person(ann.app, ann.base_url, "ann")
    callback = again.travel()
    answer_with(monkeypatch, AccountState.BLOCKED)

    answer = again.come_back(callback)

    assert answer.status_code == 403
    assert "has blocked this account" in answer.get_data(as_text=True)
    assert ann.who() == "nobody"


def answer_with(monkeypatch: pytest.MonkeyPatch, state: AccountState) -> None:
    """Let hosts report this state; a real GitLab refuses blocked people earlier, other hosts do not."""
    monkeypatch.setattr(
        Proof, "account", property(lambda proof: replace(_viewer(proof).account, state=state)), raising=True
    )


def _viewer(proof: Proof) -> Viewer:
    return proof.viewer


def test_a_claim_of_a_blocked_account_leaves_setup_mode(
    setup_app: Flask, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(setup_app, runtime.settings.base_url, "ann")
    callback = person.travel(purpose="claim_admin")
    answer_with(monkeypatch, AccountState.BLOCKED)

    assert person.come_back(callback).status_code == 403

    with runtime.database.read() as session:
        assert session.scalars(select(Instance.state)).one() is InstanceState.SETUP
        assert session.scalar(select(func.count()).select_from(User)) == 0


def test_a_claim_that_is_overtaken_at_the_last_moment_is_told_so(
    setup_app: Flask, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(setup_app, runtime.settings.base_url, "ann")
    callback = person.travel(purpose="claim_admin")

    def overtaken(*_arguments: object, **_options: object) -> None:
        raise SetupAlreadyCompleted

    monkeypatch.setattr("accounts.arrivals.claim_administration", overtaken)

    answer = person.come_back(callback)

    assert answer.status_code == 409
    assert "Somebody else became administrator" in answer.get_data(as_text=True)


def test_connecting_an_own_account_again_changes_nothing(ann: Person, runtime: Runtime) -> None:
    ann.log_in()

    answer = ann.log_in(purpose="link")

    assert answer.headers["Location"] == "/profile"
    assert "is connected already" in ann.get("/profile").get_data(as_text=True)


def test_somebody_who_is_logged_in_does_not_see_the_login_page(ann: Person) -> None:
    ann.log_in()

    assert ann.get("/login?next=/private").headers["Location"] == "/private"


def test_an_organizations_login_page_offers_only_its_integrations(ann: Person, runtime: Runtime) -> None:
    with runtime.database.write() as session:
        own = add_integration(session, runtime.secret_box, slug="own")
        add_synchronization(session, add_organization(session), own)

    page = ann.get("/login/acme").get_data(as_text=True)

    assert "Log in with Own" in page
    assert "Log in with GitLab gitlab" not in page
    assert 'value="/orgs/acme"' in page
    with runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Synchronization)) == 1
        assert session.scalar(select(func.count()).select_from(Organization)) == 1


def test_a_state_without_code_or_error_says_start_again(ann: Person) -> None:
    state = ann.travel().partition("state=")[2].partition("&")[0]

    assert ann.get(f"/oauth/gitlab/callback?state={state}").status_code == 400


def test_an_unknown_integration_is_not_found(ann: Person) -> None:
    assert ann.start("nothing").status_code == 404


def test_a_trial_page_without_a_trial_leads_back(setup_app: Flask, runtime: Runtime) -> None:
    person = Person(setup_app, runtime.settings.base_url)

    assert person.get("/oauth/gitlab/trial").headers["Location"] == "/setup"


def test_open_access_is_warned_about_every_minute_while_it_lasts(setup_app: Flask, runtime: Runtime) -> None:
    is_open = replace(runtime, settings=replace(runtime.settings, setup_access=SetupAccess.OPEN))

    with structlog.testing.capture_logs() as logs:
        warn_about_open_setup(is_open)
        warn_about_open_setup(runtime)
        with runtime.database.write() as session:
            session.execute(update(Instance).values(state=InstanceState.ACTIVE))
        warn_about_open_setup(is_open)

    assert [entry["log_level"] for entry in logs] == ["warning"]


def test_no_link_is_made_for_an_instance_that_can_not_be_read(runtime: Runtime) -> None:
    with pytest.raises(InstanceUnreadable):
        mint_setup_link(runtime)
    warn_about_open_setup(replace(runtime, settings=replace(runtime.settings, setup_access=SetupAccess.OPEN)))
