"""Read the hooks of an organization and what they delivered."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Synchronization, Webhook, WebhookDelivery, WebhookState, record_audit

STATES = {
    WebhookState.PENDING: ("waiting", "Not installed yet"),
    WebhookState.ACTIVE: ("ok", "Installed"),
    WebhookState.FAILED: ("warning", "Not possible"),
    WebhookState.REMOVED: ("off", "Removed"),
}


@dataclass(frozen=True, slots=True)
class HookGroup:
    """The hooks of one synchronization. The root's own hook comes first."""

    synchronization: Synchronization
    hooks: tuple[Webhook, ...]

    @property
    def has_root_hook(self) -> bool:
        """Whether one hook covers all repositories."""
        return any(hook.repository_id is None and hook.state is WebhookState.ACTIVE for hook in self.hooks)


def group_hooks(session: Session, synchronizations: Sequence[Synchronization]) -> list[HookGroup]:
    """All hooks by synchronization, in one query."""
    ids = [synchronization.id for synchronization in synchronizations]
    query = select(Webhook).where(Webhook.synchronization_id.in_(ids), Webhook.state != WebhookState.REMOVED)
    ordered = query.options(joinedload(Webhook.repository)).order_by(Webhook.repository_id.is_not(None), Webhook.id)
    found: dict[int, list[Webhook]] = {}
    for hook in session.scalars(ordered):
        found.setdefault(hook.synchronization_id, []).append(hook)
    return [HookGroup(item, tuple(found.get(item.id, []))) for item in synchronizations]


def recent_deliveries(session: Session, *, organization_id: int, limit: int = 20) -> list[WebhookDelivery]:
    """The newest first, with their hooks."""
    query = (
        select(WebhookDelivery)
        .join(Webhook)
        .join(Synchronization)
        .where(Synchronization.organization_id == organization_id)
        .options(joinedload(WebhookDelivery.webhook).joinedload(Webhook.repository))
        .order_by(WebhookDelivery.id.desc())
    )
    return list(session.scalars(query.limit(limit)))


def record_secret_shown(session: Session, hook: Webhook, *, actor: str, actor_user_id: int) -> None:
    """Whoever knows the secret can make deliveries that we believe."""
    record_audit(
        session,
        actor=actor,
        actor_user_id=actor_user_id,
        action="webhook_secret_shown",
        target=hook.repository.path if hook.repository else hook.synchronization.remote_path,
        organization_id=hook.synchronization.organization_id,
        details={"synchronization_id": hook.synchronization_id},
    )


def find_hook(session: Session, *, organization_id: int, webhook_id: int) -> Webhook | None:
    """A hook of this organization, with its synchronization and integration."""
    query = select(Webhook).join(Synchronization)
    own = query.where(Webhook.id == webhook_id, Synchronization.organization_id == organization_id)
    host = joinedload(Webhook.synchronization).joinedload(Synchronization.integration)
    return session.scalars(own.options(host, joinedload(Webhook.repository))).first()
