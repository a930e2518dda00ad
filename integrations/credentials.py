"""Access tokens that are valid now: refreshed by one process at a time, with no transaction open while the host works.

GitLab replaces both tokens at every refresh and kills the old pair at once. Whoever claims the credential's lease row
asks the host; everybody else waits for the new version.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session, joinedload

from integrations.errors import Forbidden, Unauthorized, Unavailable
from integrations.oauth import OAuthRejected, OAuthTokens
from models import Credential, CredentialKind, CredentialState, Identity, Runtime, record_audit, utc_now

LEASE = timedelta(seconds=30)
EARLY = timedelta(minutes=45)  # longer than any job, so that no job's token is replaced under its hands
FRESH = timedelta(minutes=10)  # a host that refuses a token so new will refuse the next one as well
WAIT_SECONDS = 25.0
POLL_SECONDS = 0.1


class TokenReplaced(Unavailable):
    """Another process has renewed the access token, so the one in use was refused: the same work can be done again."""


Refresh = Callable[[Credential, str], OAuthTokens]  # credential with its integration, refresh token


@dataclass(frozen=True, slots=True)
class Seen:
    """A credential as it was read: its version, and what it takes to use or renew it."""

    credential: Credential = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    owner_id: str  # whose answers of the host may be kept for it: the account's id there

    @property
    def version(self) -> int:
        """Moves with every change of the tokens."""
        return self.credential.version

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew the access token: in the last part of its life, spread a little by row."""
        expires_at, obtained_at = self.credential.expires_at, self.credential.obtained_at
        if expires_at is None or self.refresh_token is None:
            return False
        life = expires_at - obtained_at
        early = max(life * (20 + self.credential.id % 5) / 100, min(EARLY, life / 2))
        return now >= expires_at - early


def read_credential(runtime: Runtime, credential_id: int) -> Seen:
    """The credential with its tokens and integration. Raises Unauthorized when it has to be reconnected or is gone."""
    query = select(Credential).where(Credential.id == credential_id).options(joinedload(Credential.integration))
    owner = select(Identity.remote_id).join(Credential).where(Credential.id == credential_id)
    with runtime.database.read() as session:
        credential, owner_id = session.scalar(query), session.scalar(owner)
    if credential is None:
        raise Unauthorized("this credential was deleted: choose another one")
    if credential.integration.deleted_at is not None:
        raise Unauthorized(f"the integration {credential.integration.name} was deleted")
    if credential.state is CredentialState.NEEDS_RECONNECT:
        raise Unauthorized(credential.state_reason or "the account has to be connected again")
    box = runtime.secret_box
    owner_id = owner_id or f"stored-{credential.place}"
    return Seen(credential, credential.unseal_access_token(box), credential.unseal_refresh_token(box), owner_id)


def current_credential(runtime: Runtime, credential_id: int, refresh: Refresh) -> Seen:
    """The credential with an access token that has enough life left; refreshed first when it is due.

    Raises Unauthorized (reconnect; the row says so then), Unavailable (try later), Forbidden (our client is refused).
    """
    seen = read_credential(runtime, credential_id)
    return _renew(runtime, seen, refresh) if seen.is_due(utc_now()) else seen


def explain_unauthorized(
    runtime: Runtime, credential_id: int, refresh: Refresh, *, opened_at: datetime, reason: str
) -> NoReturn:
    """A host did not accept the token that was opened at `opened_at`: renew it once, or mark it.

    Raises TokenReplaced when there is a newer token now, Unauthorized when the account must be reconnected.
    """
    seen = read_credential(runtime, credential_id)
    if seen.credential.obtained_at <= opened_at:
        is_fresh = utc_now() - seen.credential.obtained_at < FRESH
        if seen.refresh_token is None or is_fresh:
            _mark_unusable(runtime, seen, reason)
        _renew(runtime, seen, refresh)
    raise TokenReplaced("the access token was replaced in the meantime: try again")


def _renew(runtime: Runtime, seen: Seen, refresh: Refresh) -> Seen:
    credential_id, give_up = seen.credential.id, time.monotonic() + WAIT_SECONDS
    while not _claim(runtime, seen):
        if time.monotonic() > give_up:
            raise Unavailable("another process is renewing the access token and does not come to an end")
        time.sleep(POLL_SECONDS)
        newer = read_credential(runtime, credential_id)
        if newer.version != seen.version:
            return newer
    return _refresh_under_lease(runtime, seen, refresh)


def _refresh_under_lease(runtime: Runtime, seen: Seen, refresh: Refresh) -> Seen:
    assert seen.refresh_token is not None
    try:
        tokens = _refresh_twice(seen.credential, seen.refresh_token, refresh)
    except OAuthRejected as error:
        return _after_rejection(runtime, seen, error)
    except Exception:
        _release(runtime, seen)
        raise
    _store(runtime, seen, tokens)
    return read_credential(runtime, seen.credential.id)


def _refresh_twice(credential: Credential, refresh_token: str, refresh: Refresh) -> OAuthTokens:
    """A lost answer says nothing: the host may or may not have replaced the tokens. So ask once more with the same."""
    try:
        return refresh(credential, refresh_token)
    except Unavailable:
        return refresh(credential, refresh_token)


def _after_rejection(runtime: Runtime, seen: Seen, error: OAuthRejected) -> Seen:
    name = seen.credential.integration.name
    if error.code != "invalid_grant":
        _release(runtime, seen)
        raise Forbidden(f"{name} refuses our application ({error}): check the client ID and secret") from error
    newer = read_credential(runtime, seen.credential.id)
    if newer.version == seen.version:
        is_app = seen.credential.kind is CredentialKind.GITHUB_APP
        what = "lets this App in" if is_app else "accepts the authorization of this account"
        _mark_unusable(runtime, seen, f"{name} no longer {what}")
    return newer


def _claim(runtime: Runtime, seen: Seen) -> bool:
    now = utc_now()
    with runtime.database.write() as session:
        return _update(
            session,
            seen,
            {"refresh_lease_until": now + LEASE},
            (Credential.refresh_lease_until.is_(None)) | (Credential.refresh_lease_until < now),
        )


def _release(runtime: Runtime, seen: Seen) -> None:
    with runtime.database.write() as session:
        _update(session, seen, {"refresh_lease_until": None})


def _store(runtime: Runtime, seen: Seen, tokens: OAuthTokens) -> None:
    """Keep the new pair, unless somebody replaced the credential while the host worked: then theirs counts."""
    fresh = Credential(place=seen.credential.place)
    fresh.seal_tokens(runtime.secret_box, access_token=tokens.access_token, refresh_token=tokens.refresh_token)
    with runtime.database.write() as session:
        _update(
            session,
            seen,
            {
                "access_token_sealed": fresh.access_token_sealed,
                "refresh_token_sealed": fresh.refresh_token_sealed,
                "scopes": sorted(tokens.scopes),
                "obtained_at": utc_now(),
                "expires_at": tokens.expires_at,
                "version": seen.version + 1,
                "refresh_lease_until": None,
            },
        )


def _mark_unusable(runtime: Runtime, seen: Seen, reason: str) -> NoReturn:
    with runtime.database.write() as session:
        values = {"state": CredentialState.NEEDS_RECONNECT, "state_reason": reason, "refresh_lease_until": None}
        if _update(session, seen, values):
            record_audit(
                session,
                actor="system",
                action="credential_paused",
                target=f"credential {seen.credential.id} at {seen.credential.integration.name}",
                organization_id=seen.credential.organization_id,
                details={"reason": reason},
            )
    raise Unauthorized(reason)


def _update(session: Session, seen: Seen, values: Mapping[str, object], *conditions: ColumnElement[bool]) -> bool:
    """Change the row if it still is what was seen. Whether it was."""
    changed = session.execute(
        update(Credential)
        .where(Credential.id == seen.credential.id, Credential.version == seen.version, *conditions)
        .values(values)
        .returning(Credential.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(changed) == 1
