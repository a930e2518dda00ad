"""Settings: name, vendor names, credentials, tokens, webhooks; and the log of all that."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from composer.tokens import ORGANIZATION_PREFIX, is_token
from models import (
    AuditRecord,
    ComposerToken,
    JobRun,
    Organization,
    Repository,
    Synchronization,
    Webhook,
    WebhookDelivery,
    WebhookState,
    WebSession,
    digest_secret,
    utc_now,
)
from tests.functional.organizations.world import World

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


HAND = {  # each platform with the page of a root, that of its webhooks, the same of a repository, and words there
    "gitlab_self_managed": ("/groups/acme", "/-/hooks", "/acme/logging", "/-/hooks", "Tag push events"),
    "github": ("/orgs/acme", "/settings/hooks", "/acme/logging", "/settings/hooks", "application/json"),
    "bitbucket_data_center": ("/projects/A", "/settings", "/projects/A/repos/logging", "/settings", "Workflow"),
    "bitbucket": ("/acme", "/workspace/settings/webhooks", "/acme/logging", "/admin/webhooks", "list of triggers"),
}


@pytest.mark.parametrize("platform", HAND)
def test_how_to_make_a_webhook_by_hand_is_told_in_the_words_of_the_host(world: World, platform: str) -> None:
    root, hooks_of_root, below, hooks_below, words = HAND[platform]
    with world.write() as session:
        synchronization = session.get_one(Synchronization, world.synchronization_id)
        synchronization.integration.platform = platform
        synchronization.remote_url = f"https://host.test{root}"
        repository = session.scalars(select(Repository).where(Repository.name == "logging")).one()
        repository.web_url = f"https://host.test{below}"
        hooks = [Webhook(synchronization_id=synchronization.id, repository_id=each) for each in (None, repository.id)]
        for hook in hooks:
            hook.seal_secret(world.runtime.secret_box, "the-hook-secret")
            hook.state_reason = "GET /hooks: 403 403 Forbidden"
        session.add_all(hooks)
        session.flush()
        paths = [f"/orgs/acme/settings/webhooks/{hook.id}" for hook in hooks]

    of_root, of_repository = (world.browser("bob").read(path) for path in paths)

    assert f'href="https://host.test{root.replace("/orgs/", "/organizations/")}{hooks_of_root}"' in of_root
    assert f'href="https://host.test{below}{hooks_below}"' in of_repository
    for page in (of_root, of_repository):
        assert words in page
        assert "answered 403 (not allowed) to GET /hooks" in page
    assert "answered 403 (not allowed) to GET /hooks" in world.browser("bob").read("/orgs/acme/settings/webhooks")


def test_installing_webhooks_again_is_background_work(world: World) -> None:
    answer = world.browser("bob").post("/orgs/acme/synchronizations/1/webhooks")

    assert answer.status_code == 303
    with world.runtime.database.read() as session:
        assert session.query(JobRun).one().title == "Install webhooks in acme"
