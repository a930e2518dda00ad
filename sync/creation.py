"""Make an organization from a remote one, or give an empty one its first synchronization."""

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from integrations.codehost import RemoteOrganization
from models import (
    Credential,
    Identity,
    Instance,
    Membership,
    MembershipSource,
    Organization,
    Synchronization,
    SyncRun,
    Team,
    TeamKind,
    record_audit,
    utc_now,
)
from sync.jobs import request_run_now

SHORT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])")
RESERVED_SHORT_NAMES = frozenset(
    {"admin", "api", "docs", "healthz", "hooks", "login", "logout", "metrics", "oauth", "orgs", "profile", "readyz"}
    | {"setup", "static"}
    | {"new"}  # /orgs/new
)


class ShortNameRefused(Exception):
    """The short name can not be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Created:
    """What was made."""

    organization: Organization
    run: SyncRun


def check_short_name(session: Session, short_name: str) -> None:
    """Raise ShortNameRefused unless the name can be given to a new organization."""
    if not SHORT_NAME.fullmatch(short_name):
        raise ShortNameRefused(
            "Use 2 to 40 lower-case letters, digits and hyphens, beginning and ending with a letter or digit."
        )
    if short_name in RESERVED_SHORT_NAMES:
        raise ShortNameRefused(f"“{short_name}” is an address of Repertory itself. Choose another short name.")
    if session.scalar(select(Organization.id).where(Organization.short_name == short_name)) is not None:
        raise ShortNameRefused(f"“{short_name}” is taken by another organization here. Choose another short name.")


def suggest_short_name(path: str) -> str:
    """A short name from a path at the host: its last part, in allowed letters."""
    words = re.sub(r"[^a-z0-9]+", "-", path.rpartition("/")[2].lower()).strip("-")[:40].rstrip("-")
    return words if len(words) >= 2 else f"{words or 'org'}-packages"


def create_organization(session: Session, *, name: str, short_name: str, user_id: int, actor: str) -> Organization:
    """An organization with its two built-in teams. Raises ShortNameRefused."""
    check_short_name(session, short_name)
    organization = Organization(name=name, short_name=short_name, created_by_user_id=user_id)
    organization.teams = [Team(kind=TeamKind.OWNERS, name="Owners"), Team(kind=TeamKind.ADMINS, name="Admins")]
    session.add(organization)
    session.flush()
    record_audit(
        session,
        actor=actor,
        actor_user_id=user_id,
        action="organization_created",
        target=short_name,
        organization_id=organization.id,
    )
    return organization


def add_synchronization(
    session: Session,
    *,
    organization: Organization,
    remote: RemoteOrganization,
    credential: Credential,
    user_id: int,
    actor: str,
) -> SyncRun:
    """Connect a remote organization and ask for the first run, in the caller's transaction.

    The caller has checked at the host that the credential's account owns `remote`. The first synchronization of an
    organization is the primary one: the account becomes an owner here at once, the others with the first run.
    """
    is_primary = _has_none(session, organization)
    synchronization = Synchronization(
        organization_id=organization.id,
        integration_id=credential.integration_id,
        credential_id=credential.id,
        remote_kind=remote.kind,
        remote_id=remote.remote_id,
        remote_name=remote.name,
        remote_path=remote.path,
        remote_url=remote.web_url,
        is_primary=is_primary,
        created_by_user_id=user_id,
        next_run_at=utc_now() + timedelta(minutes=session.get_one(Instance, 1).synchronization_minutes),
    )
    session.add(synchronization)
    session.flush()
    record_audit(
        session,
        actor=actor,
        actor_user_id=user_id,
        action="synchronization_created",
        target=remote.path,
        organization_id=organization.id,
        details={"is_primary": is_primary, "remote_id": remote.remote_id, "synchronization_id": synchronization.id},
    )
    if is_primary and credential.identity_id is not None:
        owner = session.get_one(Identity, credential.identity_id)
        _make_owner(session, organization, owner, synchronization)
        _record_owner(session, organization, owner, actor=actor, user_id=user_id)
    return request_run_now(session, synchronization_id=synchronization.id, reason="creation", actor=actor)


def _record_owner(session: Session, organization: Organization, owner: Identity, *, actor: str, user_id: int) -> None:
    record_audit(
        session,
        actor=actor,
        actor_user_id=user_id,
        action="owners_added",
        target="",
        organization_id=organization.id,
        details={"people": [f"@{owner.login}"]},
    )


def _has_none(session: Session, organization: Organization) -> bool:
    query = select(Synchronization.id).where(Synchronization.organization_id == organization.id)
    return session.scalars(query).first() is None


def _make_owner(
    session: Session, organization: Organization, identity: Identity, synchronization: Synchronization
) -> None:
    """From now on the remote owners and admins are the only ones; whoever was one by hand before is none any more."""
    leading = select(Team.id).where(
        Team.organization_id == organization.id, Team.kind.in_([TeamKind.OWNERS, TeamKind.ADMINS])
    )
    session.execute(delete(Membership).where(Membership.team_id.in_(leading)))
    owners = select(Team.id).where(Team.organization_id == organization.id, Team.kind == TeamKind.OWNERS)
    session.add(
        Membership(
            team_id=session.scalars(owners).one(),
            identity_id=identity.id,
            synchronization_id=synchronization.id,
            source=MembershipSource.DIRECT,
        )
    )
