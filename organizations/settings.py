"""Change what an organization is called and which vendor names it owns, and whose account a synchronization uses."""

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Credential,
    Organization,
    Package,
    PackageState,
    Synchronization,
    SynchronizationState,
    SyncRun,
    User,
    record_audit,
    utc_now,
)
from sync.jobs import request_run_now

VENDOR = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")


class PrefixRefused(Exception):
    """A text that is no vendor name; the message says so."""


def rename(session: Session, organization: Organization, *, name: str, user: User) -> None:
    """Give another name; the short name stays, because Composer files everywhere hold it."""
    if name == organization.name:
        return
    before, organization.name = organization.name, name
    _audit(session, organization, user, "organization_renamed", name, {"before": before})


def suggest_prefixes(session: Session, organization: Organization) -> list[str]:
    """The vendors of its packages, those that are owned already included."""
    names = session.scalars(
        select(Package.name)
        .where(Package.organization_id == organization.id, Package.state != PackageState.REMOVED)
        .distinct()
    )
    return sorted({name.partition("/")[0] for name in names} | set(organization.owned_prefixes))


def own_prefixes(session: Session, organization: Organization, prefixes: Collection[str], *, user: User) -> None:
    """Confirm the vendor names that only this organization may answer for. Raises PrefixRefused."""
    wanted = sorted({prefix.strip().lower().rstrip("/") for prefix in prefixes if prefix.strip()})
    for prefix in wanted:
        if not VENDOR.fullmatch(prefix):
            raise PrefixRefused(f"“{prefix}” is no vendor name. Write the part before the slash, such as “acme”.")
    if wanted == sorted(organization.owned_prefixes):
        return
    details = {"before": list(organization.owned_prefixes)}
    organization.owned_prefixes = wanted
    _audit(session, organization, user, "prefixes_changed", ", ".join(wanted) or "none", details)


def use_credential(
    session: Session, synchronization: Synchronization, credential: Credential, *, user: User
) -> SyncRun:
    """Let a synchronization act with another account, which the host has just shown to own it, and run at once."""
    before = session.get(Credential, synchronization.credential_id) if synchronization.credential_id else None
    synchronization.credential_id = credential.id
    if synchronization.state is SynchronizationState.NEEDS_CREDENTIAL:
        has_run = synchronization.last_ok_at is not None
        synchronization.state = SynchronizationState.OK if has_run else SynchronizationState.NEW
        synchronization.state_reason, synchronization.state_since = "", utc_now()
    organization = session.get_one(Organization, synchronization.organization_id)
    details = {"before": before.name if before else "", "after": credential.name}
    _audit(session, organization, user, "credential_changed", synchronization.remote_path, details)
    return request_run_now(
        session, synchronization_id=synchronization.id, reason="changed credential", actor=user.display_name
    )


def _audit(
    session: Session, organization: Organization, user: User, action: str, target: str, details: dict[str, Any]
) -> None:
    record_audit(
        session,
        actor=user.display_name,
        actor_user_id=user.id,
        action=action,
        target=target,
        organization_id=organization.id,
        details=details,
    )
