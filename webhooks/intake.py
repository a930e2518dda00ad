"""Take in a delivery: prove it, write it down once, and mark what it asks for, all in one transaction."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, joinedload

from composer.jobs import request_update
from composer.packages import fed_packages
from integrations.codehost import Delivery, HookEvent
from integrations.errors import InvalidSignature
from integrations.service import hook_parser
from models import (
    DeliveryResult,
    Package,
    PackageState,
    Repository,
    Runtime,
    Synchronization,
    SynchronizationState,
    Webhook,
    WebhookDelivery,
    WebhookState,
)
from sync.jobs import request_run
from sync.person_jobs import is_crowded, request_person
from sync.schedule import QUIET
from web.logging import hide_in_text
from webhooks.dispatch import KnownRepository, Wanted, plan_requests, repositories_of

LARGEST_EXCERPT = 16 * 1024
LONGEST_KEY = 200
SIGNATURE_HEADER = "webhook-signature"  # https://www.standardwebhooks.com


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery that proved where it comes from. `is_signed`: by a signature, not only by a token."""

    webhook_id: int
    delivery: Delivery
    body: bytes
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told."""

    delivery_id: int
    is_duplicate: bool


def find_webhook(session: Session, public_id: str) -> Webhook | None:
    """The hook with this address, as long as it is one of ours."""
    query = select(Webhook).where(Webhook.public_id == public_id, Webhook.state != WebhookState.REMOVED)
    integration = joinedload(Webhook.synchronization).joinedload(Synchronization.integration)
    return session.scalars(query.options(integration, joinedload(Webhook.repository))).one_or_none()


def verify(runtime: Runtime, webhook: Webhook, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Received:
    """Prove and read a delivery; header names are lower-cased.

    Raises InvalidSignature, UnexpectedResponse for a body that is none of this host, and SecretUnreadable.
    """
    integration = webhook.synchronization.integration
    if integration.deleted_at is not None:
        raise InvalidSignature("the integration of this hook was deleted")
    parser = hook_parser(integration)
    is_signed = SIGNATURE_HEADER in headers
    if webhook.has_signed and not is_signed:
        raise InvalidSignature("this hook has signed its deliveries before, and this one is not signed")
    parser.verify(headers, body, secret=webhook.unseal_secret(runtime.secret_box), now=now)
    return Received(webhook.id, parser.parse(headers, body), body, is_signed)


def accept(session: Session, webhook: Webhook, received: Received, *, now: datetime) -> Receipt:
    """Write the delivery down and ask for what it hints at. A repeated one asks again only where something is wrong.

    One that proves nothing leaves nothing behind.
    """
    if received.delivery.is_unproven:
        return Receipt(delivery_id=0, is_duplicate=False)
    delivery_id, is_new = _insert(session, received, now)
    _note_delivery(session, webhook, received, now)
    wanted = _plan(session, webhook, received.delivery.events)
    if not is_new:
        _count_repeat(session, delivery_id)
        wanted = _unwell(session, webhook.synchronization, wanted)
    _request(session, webhook.synchronization_id, wanted, now)
    if is_new:
        result = DeliveryResult.IGNORED if wanted.is_nothing else DeliveryResult.PROCESSED
        session.execute(
            update(WebhookDelivery).where(WebhookDelivery.id == delivery_id).values(result=result, processed_at=now)
        )
    return Receipt(delivery_id, is_duplicate=not is_new)


def _insert(session: Session, received: Received, now: datetime) -> tuple[int, bool]:
    """The row's id, and whether it is new: two at once with one key make one row."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    delivery = received.delivery
    values = {
        "webhook_id": received.webhook_id,
        "key": _key(delivery.key),
        "event": _plain(delivery.name)[:LONGEST_KEY],
        "events": [_as_json(event) for event in delivery.events],
        "body_digest": hashlib.sha256(received.body).hexdigest(),
        "body_excerpt": hide_in_text(_plain(received.body[:LARGEST_EXCERPT].decode("utf-8", "replace"))),
        "received_at": now,
    }
    statement = insert(WebhookDelivery).values(values).on_conflict_do_nothing(index_elements=["webhook_id", "key"])
    inserted = session.execute(statement.returning(WebhookDelivery.id)).scalar_one_or_none()
    if inserted is not None:
        return inserted, True
    known = select(WebhookDelivery.id).where(
        WebhookDelivery.webhook_id == received.webhook_id, WebhookDelivery.key == values["key"]
    )
    return session.scalars(known).one(), False


def _note_delivery(session: Session, webhook: Webhook, received: Received, now: datetime) -> None:
    """A delivery proves that the host has the hook; a signature once seen is required from then on."""
    values: dict[str, Any] = {"last_delivery_at": now}
    if received.is_signed:
        values["has_signed"] = True
    if webhook.state is not WebhookState.ACTIVE:
        values |= {"state": WebhookState.ACTIVE, "state_reason": "", "state_since": now}
    session.execute(update(Webhook).where(Webhook.id == webhook.id).values(**values))


def _count_repeat(session: Session, delivery_id: int) -> None:
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id)
        .values(repeat_count=WebhookDelivery.repeat_count + 1)
    )


def _plan(session: Session, webhook: Webhook, events: Iterable[HookEvent]) -> Wanted:
    events = tuple(events)
    known = _load_repositories(session, webhook.synchronization_id, repositories_of(events))
    return plan_requests(events, known, only=webhook.repository.remote_id if webhook.repository else None)


def _load_repositories(session: Session, synchronization_id: int, remote_ids: set[str]) -> dict[str, KnownRepository]:
    if not remote_ids:
        return {}
    query = select(Repository).where(
        Repository.synchronization_id == synchronization_id,
        Repository.remote_id.in_(remote_ids),
        Repository.removed_at.is_(None),
    )
    repositories = session.scalars(query).all()
    packages = fed_packages(session, repository_ids=[repository.id for repository in repositories])
    return {
        row.remote_id: KnownRepository(
            row.id, row.remote_id, row.default_branch, row.excluded_at is not None, tuple(packages.get(row.id, ()))
        )
        for row in repositories
    }


def _unwell(session: Session, synchronization: Synchronization, wanted: Wanted) -> Wanted:
    """The part of a repeated request that is worth repeating: what did not end well the first time."""
    failing = select(Package.id).where(Package.id.in_(wanted.packages), Package.state == PackageState.FAILING)
    is_well = synchronization.state in (SynchronizationState.OK, SynchronizationState.NEW)
    return Wanted(
        packages=frozenset(session.scalars(failing)) if wanted.packages else frozenset(),
        unread=frozenset() if is_well else wanted.unread,
        reason="" if is_well else wanted.reason,
        scope=wanted.scope,
        people=frozenset() if is_well else wanted.people,
    )


def _request(session: Session, synchronization_id: int, wanted: Wanted, now: datetime) -> None:
    for package_id in sorted(wanted.packages):
        request_update(session, package_id=package_id, reason="webhook", actor="webhook", queue="interactive")
    if wanted.unread:
        session.execute(update(Repository).where(Repository.id.in_(wanted.unread)).values(manifest_checked_at=None))
    people = wanted.people
    if people and is_crowded(session, synchronization_id=synchronization_id):
        people = frozenset()  # the run below brings them all
    for account_id, team_id in sorted(people):
        request_person(
            session,
            synchronization_id=synchronization_id,
            account_id=account_id,
            team_id=team_id,
            reason="webhook",
        )
    if wanted.reason:
        request_run(
            session,
            synchronization_id=synchronization_id,
            reason=f"webhook: {wanted.reason}",
            scope=wanted.scope,
            not_before=now + QUIET,
        )


def _key(key: str) -> str:
    """Keys come from a header; a long one is cut to something that is still its own."""
    plain = _plain(key)
    return plain if len(plain) <= LONGEST_KEY else hashlib.sha256(plain.encode()).hexdigest()


def _as_json(event: HookEvent) -> dict[str, Any]:
    return {"kind": type(event).__name__, **asdict(event)}


def _plain(text: str) -> str:
    """Without what PostgreSQL can not store."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
