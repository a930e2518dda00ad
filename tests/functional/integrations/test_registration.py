"""Adding, changing and deleting integrations."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from integrations.platform_parts import Use
from integrations.registration import (
    SLUG,
    BaseUrlLocked,
    ClientTaken,
    IntegrationDraft,
    InvalidSlug,
    LastWayIn,
    SecretElsewhere,
    SlugTaken,
    add_integration,
    count_dependents,
    delete_integration,
    edit_integration,
    free_slug,
    slug_for,
)
from integrations.service import (
    UnknownIntegration,
    callback_url,
    get_integration,
    git_network,
    hook_parser,
    list_integrations,
    list_login_integrations,
    outbound_policy,
    uses_of,
)
from models import (
    AuditRecord,
    Credential,
    CredentialState,
    InstanceState,
    Integration,
    LoginPolicy,
    Runtime,
    SynchronizationState,
    utc_now,
)
from tests.functional.rows import add_credential, add_instance, add_organization, add_synchronization, add_user

DRAFT = IntegrationDraft(
    name="GitLab",
    slug="gitlab",
    platform="gitlab_self_managed",
    base_url="https://gitlab.example.com",
    uses=frozenset(Use),
    login_policy=LoginPolicy.EVERYONE,
    client_id="client",
    client_secret="canary-secret",
)


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    """A transaction on an active instance, rolled back afterwards."""
    with runtime.database.write_session() as session:
        add_instance(session, runtime.secret_box)
        yield session
        session.rollback()


def add(session: Session, runtime: Runtime, **changes: object) -> Integration:
    return add_integration(session, runtime.secret_box, replace(DRAFT, **changes), actor="root")  # type: ignore[arg-type]


def test_a_new_integration_can_be_found_and_its_secret_is_sealed(session: Session, runtime: Runtime) -> None:
    integration = add(session, runtime)

    assert get_integration(session, "gitlab") is integration
    assert list_login_integrations(session) == [integration]
    assert integration.unseal_client_secret(runtime.secret_box) == "canary-secret"
    assert "canary-secret" not in integration.client_secret_sealed
    assert uses_of(integration) == frozenset(Use)
    assert callback_url(runtime.settings, "gitlab") == "http://localhost:8000/oauth/gitlab/callback"
    record = session.scalars(select(AuditRecord)).one()
    assert record.action == "integration_created"
    assert "canary-secret" not in str(record.details)
    assert "canary-secret" not in repr(DRAFT)


@pytest.mark.parametrize("slug", ["", "A", "a_b", "x" * 41, "ä", "a b", "../x"])
def test_a_slug_that_would_confuse_callbacks_is_refused(session: Session, runtime: Runtime, slug: str) -> None:
    with pytest.raises(InvalidSlug):
        add(session, runtime, slug=slug)


def test_a_taken_slug_is_never_silently_replaced(session: Session, runtime: Runtime) -> None:
    add(session, runtime)
    add(session, runtime, slug="gitlab-2", client_id="second")

    with pytest.raises(SlugTaken) as caught:
        add(session, runtime, client_id="third")

    assert (caught.value.slug, caught.value.free) == ("gitlab", "gitlab-3")


def test_the_slug_of_a_deleted_integration_is_never_used_again(session: Session, runtime: Runtime) -> None:
    first = add(session, runtime)
    first.deleted_at = utc_now()
    session.flush()

    with pytest.raises(SlugTaken):
        add(session, runtime)
    with pytest.raises(UnknownIntegration):
        get_integration(session, "gitlab")
    assert list_integrations(session) == []


def test_a_long_slug_makes_room_for_its_number(session: Session, runtime: Runtime) -> None:
    add(session, runtime, slug="x" * 40)

    assert free_slug(session, "x" * 40) == "x" * 38 + "-2"


@given(st.text(max_size=80))
def test_every_name_gives_a_slug(name: str) -> None:
    assert SLUG.fullmatch(slug_for(name))


def test_a_slug_follows_the_name() -> None:
    assert slug_for("GitLab (Berlin) 2") == "gitlab-berlin-2"
    assert slug_for("日本") == "integration"


def test_two_integrations_do_not_share_one_application(session: Session, runtime: Runtime) -> None:
    add(session, runtime)

    with pytest.raises(ClientTaken):
        add(session, runtime, slug="other")
    add(session, runtime, slug="other", base_url="https://other.example.com")


def test_a_change_without_a_secret_keeps_the_stored_one(session: Session, runtime: Runtime) -> None:
    integration = add(session, runtime)
    changed = replace(DRAFT, name="GitLab Berlin", client_secret="", uses=frozenset({Use.LOG_IN}))

    edit_integration(session, runtime.secret_box, integration, changed, actor="root")

    assert (integration.name, integration.slug) == ("GitLab Berlin", "gitlab")
    assert integration.unseal_client_secret(runtime.secret_box) == "canary-secret"
    assert not integration.is_for_synchronization
    edit_integration(session, runtime.secret_box, integration, replace(changed, client_secret="new"), actor="root")
    assert integration.unseal_client_secret(runtime.secret_box) == "new"


def test_the_base_url_is_locked_once_accounts_are_known(session: Session, runtime: Runtime) -> None:
    integration = add(session, runtime)
    elsewhere = replace(DRAFT, base_url="https://evil.example.com")
    edit_integration(session, runtime.secret_box, integration, elsewhere, actor="root")
    add_user(session, integration, "ann")

    with pytest.raises(BaseUrlLocked):
        edit_integration(session, runtime.secret_box, integration, DRAFT, actor="root")


def test_a_stored_secret_is_not_kept_for_another_address(session: Session, runtime: Runtime) -> None:
    integration = add(session, runtime)
    elsewhere = replace(DRAFT, base_url="https://evil.example.com", client_secret="")

    with pytest.raises(SecretElsewhere):
        edit_integration(session, runtime.secret_box, integration, elsewhere, actor="root")

    assert integration.base_url == DRAFT.base_url


def make_administrator(session: Session, integration: Integration, login: str) -> None:
    add_user(session, integration, login).is_administrator = True
    session.flush()


def test_the_last_integration_of_the_administrators_stays(session: Session, runtime: Runtime) -> None:
    integration = add(session, runtime)
    make_administrator(session, integration, "ann")

    with pytest.raises(LastWayIn):
        delete_integration(session, runtime.secret_box, integration, actor="root", now=utc_now())
    with pytest.raises(LastWayIn):
        edit_integration(
            session, runtime.secret_box, integration, replace(DRAFT, uses=frozenset({Use.SYNCHRONIZE})), actor="root"
        )


def test_in_setup_mode_every_integration_can_be_deleted(runtime: Runtime) -> None:
    with runtime.database.write_session() as session:
        add_instance(session, runtime.secret_box, state=InstanceState.SETUP)
        integration = add(session, runtime)

        delete_integration(session, runtime.secret_box, integration, actor="root", now=utc_now())

        assert list_integrations(session) == []
        session.rollback()


def test_deleting_erases_secrets_and_lets_synchronizations_wait(session: Session, runtime: Runtime) -> None:
    doomed = add(session, runtime)
    kept = add(session, runtime, slug="kept", client_id="other")
    make_administrator(session, kept, "ann")
    bob = add_user(session, doomed, "bob")
    credential = add_credential(session, runtime.secret_box, bob.identities[0], token="canary-token")
    synchronization = add_synchronization(session, add_organization(session), doomed, credential=credential)
    assert count_dependents(session, doomed.id).synchronizations == 1
    assert count_dependents(session, doomed.id).people == 1

    delete_integration(session, runtime.secret_box, doomed, actor="root", now=utc_now())

    session.expire_all()
    stored = session.scalars(select(Credential)).one()
    assert stored.state is CredentialState.NEEDS_RECONNECT
    assert stored.unseal_access_token(runtime.secret_box) == ""
    assert doomed.unseal_client_secret(runtime.secret_box) == ""
    assert synchronization.state is SynchronizationState.NEEDS_CREDENTIAL
    assert "was deleted" in synchronization.state_reason


def test_our_own_services_are_never_a_destination(runtime: Runtime) -> None:
    settings = replace(
        runtime.settings,
        database_url="postgresql://u:p@DB.internal:5433/repertory",
        redis_url="redis://:pw@redis.internal/0",
        outbound_allow=("gitlab.test",),
    )

    policy = outbound_policy(settings)

    assert policy.denied_endpoints == {("db.internal", 5433), ("redis.internal", 6379)}
    assert [rule.host for rule in policy.allow] == ["gitlab.test"]


def test_git_trusts_the_system_the_deployment_and_the_integration(session: Session, runtime: Runtime) -> None:
    integration = add(session, runtime, ca_certificate="-----OWN-----")

    network = git_network(runtime, integration)

    assert network.ca_file is not None
    content = network.ca_file.read_text()
    assert content.endswith("-----OWN-----")
    assert git_network(runtime, integration).ca_file == network.ca_file
    assert not network.allow_http
    integration.ca_certificate = ""
    assert git_network(runtime, integration).ca_file is None


def test_git_trusts_the_usual_certificates_when_python_does_not_know_where_they_are(
    session: Session, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = tmp_path / "usual.crt"
    usual.write_text("usual certificates")
    monkeypatch.setattr("integrations.service.USUAL_CA_FILE", usual)
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: Mock(cafile=None))
    integration = add(session, runtime, ca_certificate="one more")

    network = git_network(runtime, integration)

    assert network.ca_file is not None
    assert network.ca_file.read_text(encoding="utf-8") == "usual certificates\none more"


def test_deliveries_are_read_without_asking_the_host(session: Session, runtime: Runtime) -> None:
    integration = add(session, runtime)

    assert hook_parser(integration) is hook_parser(integration)
