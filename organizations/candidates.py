"""Which remote organizations somebody may synchronize: asked at every code host that they are connected to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from integrations.codehost import CodeHost, RemoteOrganization
from integrations.errors import CodeHostError, Forbidden, NotFound, Unauthorized
from integrations.service import list_integrations, open_code_host, platform_of, uses_of
from models import Credential, Identity, Integration, Organization, Runtime, Synchronization


class Obstacle(StrEnum):
    """Why nothing can be chosen at a code host."""

    NONE = ""
    NOT_CONNECTED = "not_connected"
    MISSING_SCOPES = "missing_scopes"
    NEEDS_RECONNECT = "needs_reconnect"
    UNREACHABLE = "unreachable"
    OWNS_NOTHING = "owns_nothing"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A remote organization; `taken_by` names the organization here that has it already."""

    remote: RemoteOrganization
    taken_by: str = ""


@dataclass(frozen=True, slots=True)
class HostCandidates:
    """What one integration has to offer to one person."""

    integration: Integration
    login: str = ""
    candidates: tuple[Candidate, ...] = ()
    obstacle: Obstacle = Obstacle.NONE
    reason: str = ""
    missing_scopes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What the host calls what can be followed there: "group", "organization", "workspace", "project"."""
        return platform_of(self.integration).shows_organizations_as

    @property
    def why_unlisted(self) -> str:
        """What to look at when one is not offered."""
        return platform_of(self.integration).why_unlisted


@dataclass(frozen=True, slots=True)
class Connection:
    """An integration, and the person's credential for it."""

    integration: Integration
    login: str = ""
    credential: Credential | None = None
    taken: dict[str, str] = field(default_factory=dict)  # remote id -> name of the organization here


class NotOwned(Exception):
    """The chosen remote organization is not among those that the account owns (any more)."""


def load_connections(session: Session, *, user_id: int) -> list[Connection]:
    """Every integration for synchronizations, with what the person has there."""
    return [
        _connection(session, integration, user_id)
        for integration in list_integrations(session)
        if integration.is_for_synchronization and not integration.is_draft
    ]


def list_candidates(runtime: Runtime, connections: Iterable[Connection], *, nested: bool) -> list[HostCandidates]:
    """Ask every host. Trouble with one host is its own line, and never hides the others."""
    return [_ask(runtime, connection, nested=nested) for connection in connections]


def read_owned_organization(runtime: Runtime, connection: Connection, remote_id: str) -> RemoteOrganization:
    """The remote organization as the host knows it now. Raises NotOwned and the CodeHostError family."""
    if connection.credential is None:
        raise NotOwned(remote_id)
    directory = open_code_host(runtime, connection.credential.id).directory
    for remote in directory.list_administered_organizations(nested=True):
        if remote.remote_id == remote_id:
            return remote
    raise NotOwned(remote_id)


def missing_scopes(integration: Integration, credential: Credential | None) -> tuple[str, ...]:
    """What has not been granted yet of what a synchronization at this host needs.

    Stored credentials have rights of other names; what they may do was tried before they were kept.
    """
    if credential is not None and credential.identity_id is None:
        return ()
    platform = platform_of(integration)
    needed = (scope.name for scope in platform.scopes_for(uses_of(integration)))
    return platform.missing_scopes(needed, credential.scopes if credential is not None else ())


def _connection(session: Session, integration: Integration, user_id: int) -> Connection:
    identity = session.scalars(
        select(Identity).where(Identity.integration_id == integration.id, Identity.user_id == user_id)
    ).first()
    if identity is None:
        return Connection(integration)
    credential = session.scalars(select(Credential).where(Credential.identity_id == identity.id)).first()
    taken = session.execute(
        select(Synchronization.remote_id, Organization.name)
        .join(Organization)
        .where(Synchronization.integration_id == integration.id)
    )
    return Connection(integration, identity.login, credential, dict(taken.all()))


def _ask(runtime: Runtime, connection: Connection, *, nested: bool) -> HostCandidates:
    integration, credential = connection.integration, connection.credential
    if not connection.login:
        return HostCandidates(integration, obstacle=Obstacle.NOT_CONNECTED)
    missing = missing_scopes(integration, credential)
    if credential is None or missing:
        return HostCandidates(integration, connection.login, obstacle=Obstacle.MISSING_SCOPES, missing_scopes=missing)
    try:
        host = open_code_host(runtime, credential.id)
        candidates = _candidates(host, connection.taken, nested=nested)
    except Unauthorized as error:
        return HostCandidates(integration, connection.login, obstacle=Obstacle.NEEDS_RECONNECT, reason=str(error))
    except Forbidden as error:
        return HostCandidates(
            integration,
            connection.login,
            obstacle=Obstacle.MISSING_SCOPES,
            reason=str(error),
            missing_scopes=error.missing_scopes,
        )
    except (NotFound, CodeHostError) as error:
        return HostCandidates(integration, connection.login, obstacle=Obstacle.UNREACHABLE, reason=str(error))
    obstacle = Obstacle.NONE if candidates else Obstacle.OWNS_NOTHING
    return HostCandidates(integration, connection.login, candidates, obstacle)


def _candidates(host: CodeHost, taken: dict[str, str], *, nested: bool) -> tuple[Candidate, ...]:
    found = host.directory.list_administered_organizations(nested=nested)
    return tuple(
        Candidate(remote, taken.get(remote.remote_id, ""))
        for remote in sorted(found, key=lambda remote: remote.path.casefold())
    )
