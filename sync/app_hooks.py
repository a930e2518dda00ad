"""The one webhook of a GitHub App: the host tells it what happens in every organization that has the App."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AppHook, Credential, CredentialKind, Runtime, SecretBox, Synchronization, Webhook, WebhookState

WAITS = "waits for the first delivery of the GitHub App"


def ensure_app_hook(session: Session, box: SecretBox, *, integration_id: int, app_id: str) -> AppHook:
    """The address and secret for the App's webhook, the same for all organizations that have stored it."""
    query = select(AppHook).where(AppHook.integration_id == integration_id, AppHook.app_id == app_id)
    hook = session.scalars(query).first()
    if hook is None:
        hook = AppHook(integration_id=integration_id, app_id=app_id)
        hook.seal_secret(box, secrets.token_hex(32))
        session.add(hook)
        session.flush()
    return hook


def app_hook_url(runtime: Runtime, hook: AppHook) -> str:
    """Where the App delivers. The address is the hook's secret name: masked in logs."""
    return f"{runtime.settings.base_url}/hooks/{hook.public_id}"


def list_followers(session: Session, hook: AppHook, *, installation_id: str) -> list[Synchronization]:
    """The synchronizations that act with this installation of the App."""
    query = select(Synchronization).join(Credential, Credential.id == Synchronization.credential_id)
    own = query.where(
        Credential.kind == CredentialKind.GITHUB_APP,
        Credential.integration_id == hook.integration_id,
        Credential.username == hook.app_id,
        Credential.remote_id == installation_id,
    )
    return list(session.scalars(own.order_by(Synchronization.id)))


def ensure_follower_hook(session: Session, box: SecretBox, *, synchronization_id: int) -> Webhook:
    """The row under which deliveries of the App are kept for a synchronization; nothing is installed for it."""
    query = select(Webhook).where(Webhook.synchronization_id == synchronization_id, Webhook.repository_id.is_(None))
    webhook = session.scalars(query).first()
    if webhook is None:
        webhook = Webhook(synchronization_id=synchronization_id, state=WebhookState.PENDING, state_reason=WAITS)
        webhook.seal_secret(box, secrets.token_hex(32))
        session.add(webhook)
        session.flush()
    return webhook
