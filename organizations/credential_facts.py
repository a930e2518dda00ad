"""Whose account a synchronization acts with, how long that lasts, and who could take over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from integrations.service import platform_of
from models import (
    Credential,
    CredentialState,
    Identity,
    IdentityState,
    Integration,
    Membership,
    Synchronization,
    SyncRun,
    Team,
    TeamKind,
    User,
    utc_now,
)
from organizations.candidates import missing_scopes


class Fitness(StrEnum):
    """Whether a synchronization could act with somebody's account."""

    READY = "ready"
    NEEDS_SCOPES = "needs_scopes"  # connected, but we may not do enough in its name
    NEEDS_RECONNECT = "needs_reconnect"
    NOT_CONNECTED = "not_connected"


@dataclass(frozen=True, slots=True)
class Owner:
    """Another owner of the organization who has an account at the host."""

    account: Identity
    fitness: Fitness


@dataclass(frozen=True, slots=True)
class CredentialFacts:
    """What a synchronization acts with, and the person who looks at it: `my_account` there, if any, and its fitness."""

    synchronization: Synchronization
    credential: Credential | None
    account: Identity | None
    missing: tuple[str, ...]
    last_run: SyncRun | None
    owners: Sequence[Owner]
    my_account: Identity | None
    my_fitness: Fitness
    stored: Sequence[Credential] = ()  # others of this host that the organization has stored, and that work
    takes_stored: bool = True  # whether there is anything to store at this platform

    @property
    def is_mine(self) -> bool:
        """Whether it acts with the account of whoever looks."""
        return self.account is not None and self.my_account is not None and self.account.id == self.my_account.id

    @property
    def is_usable(self) -> bool:
        """Whether the next run can work with it, as far as we know."""
        return self.credential is not None and self.credential.state is CredentialState.OK


@dataclass(frozen=True, slots=True)
class _Account:
    """Somebody's account at a host, and what they allow us there."""

    identity: Identity
    credential: Credential | None
    is_owner: bool


def read_credential(session: Session, synchronization: Synchronization, *, user_id: int) -> CredentialFacts:
    """For one synchronization. `user_id`: who looks."""
    return _read(session, [synchronization], user_id)[0]


def list_credentials(session: Session, *, organization_id: int, user_id: int) -> list[CredentialFacts]:
    """For every synchronization, the primary one first; in a fixed number of queries."""
    query = (
        select(Synchronization)
        .where(Synchronization.organization_id == organization_id)
        .options(joinedload(Synchronization.integration))
        .order_by(Synchronization.is_primary.desc(), Synchronization.id)
    )
    found = session.scalars(query).all()
    return _read(session, found, user_id) if found else []


def _read(session: Session, synchronizations: Sequence[Synchronization], user_id: int) -> list[CredentialFacts]:
    organization_id = synchronizations[0].organization_id
    integration_ids = {item.integration_id for item in synchronizations}
    stored = _load_stored(session, organization_id)
    used = _load_used(session, {item.credential_id for item in synchronizations if item.credential_id is not None})
    runs = _load_last_runs(session, [item.id for item in synchronizations])
    accounts = _load_accounts(session, organization_id, integration_ids, user_id)
    return [_with_stored(_facts(item, used, runs, accounts, user_id), stored) for item in synchronizations]


def _with_stored(facts: CredentialFacts, stored: Sequence[Credential]) -> CredentialFacts:
    integration, used = facts.synchronization.integration, facts.synchronization.credential_id
    here = [credential for credential in stored if credential.integration_id == integration.id]
    return replace(
        facts,
        stored=[credential for credential in here if credential.id != used],
        takes_stored=bool(platform_of(integration).stored_kinds),
    )


def _facts(
    synchronization: Synchronization,
    used: dict[int, tuple[Credential, Identity | None]],
    runs: dict[tuple[int, int | None], SyncRun],
    accounts: Sequence[_Account],
    user_id: int,
) -> CredentialFacts:
    integration, credential_id = synchronization.integration, synchronization.credential_id
    credential, account = used.get(credential_id or 0, (None, None))
    there = [each for each in accounts if each.identity.integration_id == integration.id]
    others = [each for each in there if each.is_owner and (account is None or each.identity.id != account.id)]
    mine = next((each for each in there if each.identity.user_id == user_id), None)
    return CredentialFacts(
        synchronization,
        credential,
        account,
        missing=missing_scopes(integration, credential) if credential else (),
        last_run=runs.get((synchronization.id, credential_id)),
        owners=[Owner(each.identity, judge(integration, each.credential)) for each in others],
        my_account=mine.identity if mine else None,
        my_fitness=judge(integration, mine.credential) if mine else Fitness.NOT_CONNECTED,
    )


def judge(integration: Integration, credential: Credential | None) -> Fitness:
    """Whether a synchronization can act with what a connected account allows us."""
    if credential is None:
        return Fitness.NEEDS_SCOPES
    if credential.state is not CredentialState.OK:
        return Fitness.NEEDS_RECONNECT
    return Fitness.NEEDS_SCOPES if missing_scopes(integration, credential) else Fitness.READY


def _load_used(session: Session, ids: Collection[int]) -> dict[int, tuple[Credential, Identity | None]]:
    query = select(Credential, Identity).outerjoin(Identity, Identity.id == Credential.identity_id)
    return {row[0].id: (row[0], row[1]) for row in session.execute(query.where(Credential.id.in_(ids)))}


def _load_stored(session: Session, organization_id: int) -> Sequence[Credential]:
    query = select(Credential).where(
        Credential.organization_id == organization_id, Credential.state == CredentialState.OK
    )
    return session.scalars(query.order_by(Credential.name, Credential.id)).all()


def _load_last_runs(session: Session, ids: Collection[int]) -> dict[tuple[int, int | None], SyncRun]:
    """The newest run of each synchronization with each credential."""
    newest = (
        select(func.max(SyncRun.id))
        .where(SyncRun.synchronization_id.in_(ids), SyncRun.credential_id.is_not(None))
        .group_by(SyncRun.synchronization_id, SyncRun.credential_id)
    )
    runs = session.scalars(select(SyncRun).where(SyncRun.id.in_(newest)))
    return {(run.synchronization_id, run.credential_id): run for run in runs}


def _load_accounts(
    session: Session, organization_id: int, integration_ids: Collection[int], user_id: int
) -> list[_Account]:
    """The accounts of all owners and of whoever looks, by name."""
    owners = _owners(organization_id, today=utc_now().date())
    query = (
        select(Identity, Credential, Identity.user_id.in_(owners))
        .join(Identity.user)
        .outerjoin(Credential, Credential.identity_id == Identity.id)
        .where(
            or_(Identity.user_id.in_(owners), Identity.user_id == user_id),
            Identity.integration_id.in_(integration_ids),
            Identity.state == IdentityState.ACTIVE,
            User.disabled_at.is_(None),
        )
        .order_by(func.lower(Identity.display_name), Identity.id)
    )
    return [_Account(row[0], row[1], bool(row[2])) for row in session.execute(query)]


def _owners(organization_id: int, *, today: date) -> Select[int]:
    """The people who own the organization, through whichever account."""
    user_of_account: ScalarSelect[int | None] = (
        select(Identity.user_id).where(Identity.id == Membership.identity_id).scalar_subquery()
    )
    return (
        select(func.coalesce(Membership.user_id, user_of_account))
        .join(Team, Team.id == Membership.team_id)
        .where(
            Team.organization_id == organization_id,
            Team.kind == TeamKind.OWNERS,
            or_(Membership.expires_on.is_(None), Membership.expires_on > today),
        )
    )
