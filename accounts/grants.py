"""What a person allows us to do at a code host in their name.

Kept when they asked for it, and at a login only where the host may tell nobody else what they may read.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from integrations.oauth import OAuthTokens
from integrations.service import platform_of
from models import (
    Credential,
    CredentialKind,
    CredentialState,
    Identity,
    SecretBox,
    Synchronization,
    record_audit,
)
from sync.jobs import request_run_now


def store_grant(
    session: Session, box: SecretBox, *, identity: Identity, tokens: OAuthTokens, scopes: frozenset[str], now: datetime
) -> Credential:
    """Keep the authorization of an account, in place of an older one. `scopes` are the granted ones."""
    kind = CredentialKind.OAUTH if identity.integration.oauth_version == 2 else CredentialKind.OAUTH1
    credential = _find(session, identity)
    if credential is None:
        credential = Credential(integration_id=identity.integration_id, identity_id=identity.id, version=0)
        session.add(credential)
    credential.kind, credential.name, credential.remote_id = kind, identity.login, identity.remote_id
    credential.seal_tokens(box, access_token=tokens.access_token, refresh_token=tokens.refresh_token)
    credential.scopes = sorted(scopes)
    credential.obtained_at, credential.expires_at = now, tokens.expires_at
    credential.state, credential.state_reason = CredentialState.OK, ""
    credential.refresh_lease_until = None
    credential.version += 1
    session.flush()
    _resume_synchronizations(session, credential)
    record_audit(
        session,
        actor=identity.login,
        actor_user_id=identity.user_id,
        action="account_authorized",
        target=f"{identity.login} at {identity.integration.name}",
        details={"scopes": credential.scopes},
    )
    return credential


def keep_login(
    session: Session, box: SecretBox, *, identity: Identity, tokens: OAuthTokens, scopes: frozenset[str], now: datetime
) -> None:
    """Keep the authorization of a login, unless one that may do more is there."""
    credential, expand = _find(session, identity), platform_of(identity.integration).expand_scopes
    works = credential is not None and credential.state is CredentialState.OK
    if credential is None or not works or not expand(credential.scopes) > expand(scopes):
        store_grant(session, box, identity=identity, tokens=tokens, scopes=scopes, now=now)


def _find(session: Session, identity: Identity) -> Credential | None:
    return session.scalar(select(Credential).where(Credential.identity_id == identity.id).with_for_update())


def _resume_synchronizations(session: Session, credential: Credential) -> None:
    """Synchronizations that act with this authorization use the new one at once: it may be what they waited for."""
    using = select(Synchronization.id).where(Synchronization.credential_id == credential.id)
    for synchronization_id in session.scalars(using).all():
        request_run_now(
            session, synchronization_id=synchronization_id, reason="account reconnected", actor=credential.name
        )


def withdraw_grant(session: Session, box: SecretBox, *, identity: Identity, reason: str) -> None:
    """Erase what an account allowed us. Synchronizations that used it find a credential that must be replaced."""
    credential = _find(session, identity)
    if credential is None:
        return
    credential.seal_tokens(box, access_token="", refresh_token=None)
    session.execute(
        update(Credential)
        .where(Credential.id == credential.id)
        .values(
            state=CredentialState.NEEDS_RECONNECT,
            state_reason=reason,
            version=Credential.version + 1,
            refresh_lease_until=None,
        )
    )
    session.flush()
