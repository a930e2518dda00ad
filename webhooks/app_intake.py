"""Deliveries of a GitHub App: proved once, then taken in for every synchronization of that installation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from integrations.errors import InvalidSignature
from integrations.service import app_parts, hook_parser
from models import AppHook, Runtime
from sync.app_hooks import ensure_follower_hook, list_followers
from webhooks.intake import Receipt, Received, accept

NOBODY = Receipt(delivery_id=0, is_duplicate=False)


@dataclass(frozen=True, slots=True)
class ReceivedFromApp:
    """A delivery that proved where it comes from, and the installation that it is about ("" for none)."""

    received: Received
    installation_id: str


def find_app_hook(session: Session, public_id: str) -> AppHook | None:
    """The App's hook with this address."""
    query = select(AppHook).where(AppHook.public_id == public_id)
    return session.scalars(query.options(joinedload(AppHook.integration))).one_or_none()


def verify_from_app(
    runtime: Runtime, hook: AppHook, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> ReceivedFromApp:
    """Prove and read a delivery. Raises InvalidSignature, UnexpectedResponse, SecretUnreadable."""
    integration = hook.integration
    if integration.deleted_at is not None:
        raise InvalidSignature("the integration of this hook was deleted")
    parser = hook_parser(integration)
    parser.verify(headers, body, secret=hook.unseal_secret(runtime.secret_box), now=now)
    delivery = parser.parse(headers, body)
    installation = app_parts(integration).installation_of(headers, body) or ""
    return ReceivedFromApp(Received(0, delivery, body, is_signed=False), installation)


def accept_from_app(
    session: Session, runtime: Runtime, hook: AppHook, found: ReceivedFromApp, *, now: datetime
) -> Receipt:
    """Take the delivery in for each synchronization of the installation; the first one's receipt answers for all."""
    session.execute(update(AppHook).where(AppHook.id == hook.id).values(last_delivery_at=now))
    receipts = []
    for synchronization in list_followers(session, hook, installation_id=found.installation_id):
        webhook = ensure_follower_hook(session, runtime.secret_box, synchronization_id=synchronization.id)
        receipts.append(accept(session, webhook, replace(found.received, webhook_id=webhook.id), now=now))
    return receipts[0] if receipts else NOBODY
