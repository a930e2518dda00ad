"""The one delivery that comes without a signature: what Bitbucket Data Center sends for "Test connection"."""

import hashlib
import hmac

import pytest
from sqlalchemy import select

from models import Integration, Webhook, WebhookDelivery, WebhookState
from tests.functional.organizations.conftest import world
from tests.functional.organizations.world import World

__all__ = ["world"]

PING = b'{"test": true}'
PUSH = b'{"repository": {"id": 1}, "changes": []}'
SECRET = "hook-secret-1"


@pytest.fixture
def path(world: World) -> str:
    """Where a hook is that failed when it was installed."""
    with world.write() as session:
        session.scalars(select(Integration)).one().platform = "bitbucket_data_center"
        webhook = Webhook(synchronization_id=world.synchronization_id, state=WebhookState.FAILED)
        webhook.seal_secret(world.runtime.secret_box, SECRET)
        session.add(webhook)
        session.flush()
        return f"/hooks/{webhook.public_id}"


def deliver(world: World, path: str, body: bytes, event: str, **headers: str) -> int:
    """The status that the sender gets."""
    sent = {"X-Event-Key": event, "Content-Type": "application/json", **headers}
    base_url = world.runtime.settings.base_url
    return world.app.test_client().post(path, base_url=base_url, data=body, headers=sent).status_code


def signature(body: bytes) -> str:
    return f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"


def hook(world: World) -> Webhook:
    with world.runtime.database.read() as session:
        return session.scalars(select(Webhook)).one()


def deliveries(world: World) -> int:
    with world.runtime.database.read() as session:
        return len(session.scalars(select(WebhookDelivery.id)).all())


def test_a_test_of_the_connection_is_answered_and_leaves_nothing_behind(world: World, path: str) -> None:
    answers = [deliver(world, path, PING, "diagnostics:ping", **{"X-Request-Id": str(n)}) for n in range(3)]

    assert answers == [202, 202, 202]
    assert deliveries(world) == 0
    assert (hook(world).state, hook(world).last_delivery_at) == (WebhookState.FAILED, None)


def test_nobody_can_make_us_expect_another_kind_of_signature(world: World, path: str) -> None:
    deliver(world, path, PING, "diagnostics:ping", **{"Webhook-Signature": "v1,forged"})

    status = deliver(world, path, PUSH, "repo:refs_changed", **{"X-Hub-Signature": signature(PUSH)})

    assert status == 202
    assert (hook(world).has_signed, hook(world).state) == (False, WebhookState.ACTIVE)


def test_a_test_that_is_signed_proves_that_the_hook_works(world: World, path: str) -> None:
    status = deliver(world, path, PING, "diagnostics:ping", **{"X-Hub-Signature": signature(PING)})

    assert status == 202
    assert (deliveries(world), hook(world).state) == (1, WebhookState.ACTIVE)


def test_a_test_is_never_large(world: World, path: str) -> None:
    assert deliver(world, path, PING + b" " * 2000, "diagnostics:ping") == 401
