"""Create an organization as somebody asked for it on the page."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from integrations.codehost import RemoteOrganization
from models import (
    Credential,
    Instance,
    Membership,
    MembershipSource,
    Organization,
    OrganizationCreation,
    SyncRun,
    TeamKind,
    User,
)
from sync.creation import add_synchronization, create_organization


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed and chosen. `remote` is None for an organization without synchronization."""

    name: str
    short_name: str
    remote: RemoteOrganization | None = None
    credential: Credential | None = None


def may_create_organizations(session: Session, user: User) -> bool:
    """Whether this person may, by the instance's setting."""
    setting = session.get_one(Instance, 1).organization_creation
    return user.is_administrator or setting is OrganizationCreation.REMOTE_ADMINISTRATORS


def may_create_empty_ones(user: User) -> bool:
    """Whether this person may make an organization that follows nothing yet: else short names could be squatted."""
    return user.is_administrator


def create_as_wished(session: Session, *, user: User, wish: Wish) -> tuple[Organization, SyncRun | None]:
    """The organization, and its first run when it follows a remote one. Raises ShortNameRefused."""
    actor = user.display_name
    organization = create_organization(
        session, name=wish.name, short_name=wish.short_name, user_id=user.id, actor=actor
    )
    if wish.remote is None or wish.credential is None:
        make_local_owner(session, organization, user)
        return organization, None
    run = add_synchronization(
        session,
        organization=organization,
        remote=wish.remote,
        credential=wish.credential,
        user_id=user.id,
        actor=actor,
    )
    return organization, run


def make_local_owner(session: Session, organization: Organization, user: User) -> None:
    """Without a synchronization nobody else decides who owns it."""
    owners = next(team for team in organization.teams if team.kind is TeamKind.OWNERS)
    session.add(Membership(team_id=owners.id, user_id=user.id, source=MembershipSource.LOCAL))
