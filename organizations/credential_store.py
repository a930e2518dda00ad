"""Credentials that an organization stores: kept once the host has accepted them, and never shown again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from integrations.service import stored_kind
from models import (
    AppHook,
    Credential,
    CredentialKind,
    CredentialState,
    Organization,
    SecretBox,
    Synchronization,
    User,
    record_audit,
    utc_now,
)
from organizations.credential_trial import Accepted
from sync.app_hooks import ensure_app_hook


class StillUsed(Exception):
    """Synchronizations act with it; the text names them."""


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """A stored credential, what kind it is, and which synchronizations of the organization act with it."""

    credential: Credential
    label: str
    users: tuple[Synchronization, ...]


def store_credential(
    session: Session, box: SecretBox, *, organization: Organization, accepted: Accepted, user: User
) -> Credential:
    """Keep a credential that the host has accepted. A GitHub App gets the address for its webhook, too."""
    integration, kind = accepted.pasted.integration, CredentialKind(accepted.pasted.kind.key)
    credential = Credential(
        kind=kind,
        integration_id=integration.id,
        organization_id=organization.id,
        name=accepted.name,
        username=accepted.username,
        remote_id=accepted.remote_id,
        scopes=sorted(accepted.scopes),
        expires_at=accepted.expires_at,
        obtained_at=utc_now(),
    )
    credential.seal_tokens(box, access_token=accepted.access_token, refresh_token=accepted.refresh_token)
    session.add(credential)
    session.flush()
    if kind is CredentialKind.GITHUB_APP:
        ensure_app_hook(session, box, integration_id=integration.id, app_id=credential.username)
    _audit(session, credential, integration.name, user, "credential_stored")
    return credential


def remove_credential(session: Session, box: SecretBox, credential: Credential, *, user: User) -> None:
    """Erase a stored credential that no synchronization uses. Raises StillUsed.

    The row stays without an organization: finished runs tell by which credential they read.
    """
    using = select(Synchronization.remote_path).where(Synchronization.credential_id == credential.id)
    paths = session.scalars(using.order_by(Synchronization.remote_path)).all()
    if paths:
        raise StillUsed(", ".join(paths))
    _audit(session, credential, credential.integration.name, user, "credential_removed")
    credential.seal_tokens(box, access_token="", refresh_token=None)
    credential.state, credential.state_reason = CredentialState.NEEDS_RECONNECT, "it was removed"
    credential.organization_id = None
    credential.version += 1
    session.flush()


def list_stored(session: Session, *, organization_id: int) -> list[StoredCredential]:
    """All stored credentials of an organization, by name; in two queries."""
    query = select(Credential).where(Credential.organization_id == organization_id)
    found = session.scalars(query.options(joinedload(Credential.integration)).order_by(Credential.name, Credential.id))
    credentials = found.all()
    used = select(Synchronization).where(Synchronization.credential_id.in_([it.id for it in credentials]))
    users = session.scalars(used.order_by(Synchronization.remote_path)).all() if credentials else []
    return [_stored(credential, users) for credential in credentials]


def find_stored(session: Session, *, organization_id: int, credential_id: int) -> Credential | None:
    """A stored credential of this organization, with its integration."""
    query = select(Credential).where(Credential.id == credential_id, Credential.organization_id == organization_id)
    return session.scalars(query.options(joinedload(Credential.integration))).first()


def find_app_hook(session: Session, credential: Credential) -> AppHook | None:
    """The webhook of the App that the credential belongs to."""
    query = select(AppHook).where(
        AppHook.integration_id == credential.integration_id, AppHook.app_id == credential.username
    )
    return session.scalars(query).first() if credential.kind is CredentialKind.GITHUB_APP else None


def record_secret_shown(session: Session, credential: Credential, *, user: User) -> None:
    """Whoever knows the secret of the App's webhook can make deliveries that we believe."""
    record_audit(
        session,
        actor=user.display_name,
        actor_user_id=user.id,
        action="webhook_secret_shown",
        target=credential.name,
        organization_id=credential.organization_id,
        details={"credential_id": credential.id},
    )


def _stored(credential: Credential, users: Sequence[Synchronization]) -> StoredCredential:
    kind = stored_kind(credential.integration, credential.kind)
    label = kind.label if kind else credential.kind.value
    return StoredCredential(credential, label, tuple(it for it in users if it.credential_id == credential.id))


def _audit(session: Session, credential: Credential, host: str, user: User, action: str) -> None:
    record_audit(
        session,
        actor=user.display_name,
        actor_user_id=user.id,
        action=action,
        target=f"{credential.name} at {host}",
        organization_id=credential.organization_id,
        details={"kind": credential.kind, "scopes": credential.scopes},
    )
