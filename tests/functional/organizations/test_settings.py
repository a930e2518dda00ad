"""Settings: name, vendor names, credentials, tokens, webhooks; and the log of all that."""

import re
from datetime import timedelta

import pytest

from composer.tokens import ORGANIZATION_PREFIX, is_token
from models import (
    AuditRecord,
    ComposerToken,
    Credential,
    JobRun,
    Organization,
    Synchronization,
    User,
    Webhook,
    WebhookDelivery,
    WebhookState,
    WebSession,
    digest_secret,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.organizations.world import World
from tests.functional.rows import add_credential

TOKEN = re.compile(r"rpto_[0-9A-Za-z]{38}")


def actions(world: World) -> list[str]:
    """What the log says, oldest first."""
    with world.runtime.database.read() as session:
        return [record.action for record in session.query(AuditRecord).order_by(AuditRecord.id)]


def grow_old(world: World) -> None:
    """Let all logins be long ago."""
    with world.write() as session:
        session.query(WebSession).update({"authenticated_at": utc_now() - timedelta(hours=1)})


def test_owners_rename_an_organization_and_the_address_stays(world: World) -> None:
    ann = world.browser("ann")

    answer = ann.post("/orgs/acme/settings/general", name="  Acme Inc. ")
    refused = ann.post("/orgs/acme/settings/general", name="  ")

    assert answer.status_code == 303
    assert refused.status_code == 422
    assert "Acme Inc." in ann.read("/orgs/acme")
    assert actions(world) == ["organization_renamed"]
    assert "Owners can change it." in world.browser("bob").read("/orgs/acme/settings/general")


def test_vendor_names_are_suggested_confirmed_and_never_taken_silently(world: World) -> None:
    bob = world.browser("bob")
    before = bob.read("/orgs/acme/settings/general")

    bob.post("/orgs/acme/settings/prefixes", prefix="acme", other="Acme-Tools/, widgets")

    assert "not confirmed yet" in before
    with world.runtime.database.read() as session:
        organization = session.get_one(Organization, world.organization_id)
        assert organization.owned_prefixes == ["acme", "acme-tools", "widgets"]
    assert actions(world) == ["prefixes_changed"]


def test_a_text_that_is_no_vendor_name_is_refused_and_not_lost(world: World) -> None:
    answer = world.browser("bob").post("/orgs/acme/settings/prefixes", prefix="acme", other="acme/logging")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "is no vendor name" in page
    assert 'value="acme/logging"' in page
    assert actions(world) == []


def test_a_token_is_shown_once_and_can_be_revoked(world: World) -> None:
    bob = world.browser("bob")

    created = bob.post("/orgs/acme/settings/tokens", name="CI", life="90").get_data(as_text=True)
    token = TOKEN.findall(created)[0]
    listed = bob.read("/orgs/acme/settings/tokens")
    with world.runtime.database.read() as session:
        row = session.query(ComposerToken).one()
    revoked = bob.post(f"/orgs/acme/settings/tokens/{row.id}/revoke")
    again = bob.post(f"/orgs/acme/settings/tokens/{row.id}/revoke")

    assert is_token(token, ORGANIZATION_PREFIX)
    assert row.digest == digest_secret(token)
    assert (row.organization_id, row.user_id) == (world.organization_id, None)
    assert token not in listed
    assert f"rpto_…{token[-4:]}" in listed
    assert (revoked.status_code, again.status_code) == (303, 404)
    assert actions(world) == ["token_created", "token_revoked"]


def test_a_token_needs_a_name_and_a_login_of_today(world: World) -> None:
    bob = world.browser("bob")
    nameless = bob.post("/orgs/acme/settings/tokens", name="", life="90")
    grow_old(world)
    late = bob.post("/orgs/acme/settings/tokens", name="CI", life="90")

    assert nameless.status_code == 422
    assert late.headers["Location"].startswith("/login/-/confirm") or "confirm" in late.headers["Location"]
    assert "Confirm that it is you" in bob.read("/orgs/acme/settings/tokens")
    assert actions(world) == []


def test_the_secret_of_a_webhook_is_in_one_answer_only(world: World) -> None:
    with world.write() as session:
        hook = Webhook(synchronization_id=world.synchronization_id, state=WebhookState.FAILED, state_reason="Too low.")
        hook.seal_secret(world.runtime.secret_box, "the-hook-secret")
        session.add(hook)
        session.flush()
        session.add(WebhookDelivery(webhook_id=hook.id, key="1", event="Push Hook", body_digest="x"))
        path = f"/orgs/acme/settings/webhooks/{hook.id}"
    bob = world.browser("bob")

    overview, page = bob.read("/orgs/acme/settings/webhooks"), bob.read(path)
    shown = bob.post(path).get_data(as_text=True)
    grow_old(world)
    late = bob.post(path)

    assert "Too low." in overview
    assert "Push Hook" in overview
    assert "http://localhost:8000/hooks/" in page
    assert "the-hook-secret" not in page
    assert "the-hook-secret" in shown
    assert late.status_code == 303


def test_installing_webhooks_again_is_background_work(world: World) -> None:
    answer = world.browser("bob").post("/orgs/acme/synchronizations/1/webhooks")

    assert answer.status_code == 303
    with world.runtime.database.read() as session:
        assert session.query(JobRun).one().title == "Install webhooks in acme"


def test_another_owner_of_the_group_takes_over_and_others_can_not(fresh: World, fake: FakeGitLab) -> None:
    ann = fresh.browser("ann")
    ann.post("/orgs/new", remote=f"gitlab:{fake.group('acme').id}", name="Acme", short_name="acme")
    with fresh.write() as session:
        mine = session.query(Credential).order_by(Credential.id).first()
        assert mine is not None
        session.query(Synchronization).one().credential_id = None
        mine_id = mine.id

    page = ann.read("/orgs/acme/settings/credentials")
    answer = ann.post("/orgs/acme/synchronizations/1/credential")

    assert "Use my account" in page
    assert "now uses your account ann" in ann.read(answer.headers["Location"])
    with fresh.runtime.database.read() as session:
        assert session.query(Synchronization).one().credential_id == mine_id
    assert actions(fresh)[-1] == "credential_changed"


@pytest.mark.parametrize("is_connected", [True, False])
def test_an_account_that_does_not_own_the_group_can_not_take_over(
    fresh: World, fake: FakeGitLab, is_connected: bool
) -> None:
    with fresh.write() as session:
        session.get_one(User, fresh.users["mia"]).is_administrator = True
    fresh.browser("mia").post("/orgs/new", remote="", name="Acme", short_name="acme")
    with fresh.write() as session:
        mia = session.get_one(User, fresh.users["mia"]).identities[0]
        if not is_connected:
            session.query(Credential).filter_by(identity_id=mia.id).delete()
        session.add(
            Synchronization(
                organization_id=1,
                integration_id=mia.integration_id,
                remote_kind="group",
                remote_id=str(fake.group("acme").id),
                remote_name="Acme",
                remote_path="acme",
                is_primary=True,
            )
        )

    answer = fresh.browser("mia").post("/orgs/acme/synchronizations/1/credential")

    page = fresh.browser("mia").read(answer.headers["Location"])
    assert ("does not own acme" if is_connected else "is not connected") in page
    with fresh.runtime.database.read() as session:
        assert session.query(Synchronization).one().credential_id is None


def test_credentials_name_the_account_and_its_state(world: World) -> None:
    with world.write() as session:
        bob = session.get_one(User, world.users["bob"]).identities[0]
        add_credential(session, world.runtime.secret_box, bob)

    page = world.browser("ann").read("/orgs/acme/settings/credentials")

    assert "Works" in page
    assert "yours" in page
    assert "Use my account" in world.browser("bob").read("/orgs/acme/settings/credentials")
