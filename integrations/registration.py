"""Add, change and delete integrations. A slug is part of the callback URL: never changed, never used twice."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from integrations.oauth1 import new_consumer_key, new_private_key
from integrations.platform_parts import Use
from models import (
    Credential,
    CredentialState,
    Identity,
    IdentityState,
    Instance,
    InstanceState,
    Integration,
    LoginPolicy,
    OAuthFlow,
    SecretBox,
    Synchronization,
    SynchronizationState,
    User,
    record_audit,
)

SLUG = re.compile(r"[a-z0-9-]{1,40}")
LONGEST_SLUG = 40


class InvalidSlug(ValueError):
    """A slug is 1 to 40 of a-z, 0-9 and the hyphen."""


class SlugTaken(Exception):
    """Another integration has, or had, this slug. `free` is the next one that can be used."""

    def __init__(self, slug: str, free: str) -> None:
        super().__init__(f"{slug} is taken, {free} is free")
        self.slug = slug
        self.free = free


class ClientTaken(Exception):
    """Another integration uses the same client ID at the same base URL: answers of the host could be mixed up."""


class BaseUrlLocked(Exception):
    """Accounts are known through this integration: another host at its address would take over their names."""


class SecretElsewhere(Exception):
    """The stored client secret belongs to another address, and is not given to this one."""


class LastWayIn(Exception):
    """No administrator could log in any more."""


@dataclass(frozen=True, slots=True)
class IntegrationDraft:
    """What the form asks for. An empty client secret keeps the stored one when an integration is changed.

    With OAuth 1 there is neither ID nor secret to type: the keys are made here, and the host does not know them yet.
    """

    name: str
    slug: str
    platform: str
    base_url: str
    uses: frozenset[Use]
    login_policy: LoginPolicy
    client_id: str = ""
    client_secret: str = field(repr=False, default="")
    oauth_version: int = 2
    is_trusting_emails: bool = False
    api_timeout_seconds: int = 20
    ca_certificate: str = ""
    product_version: str = ""


@dataclass(frozen=True, slots=True)
class Dependents:
    """What hangs on an integration."""

    synchronizations: int
    accounts: int
    people: int


def slug_for(name: str) -> str:
    """The slug that a name suggests; `integration` when nothing of it is left."""
    words = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    return words[:LONGEST_SLUG].strip("-") or "integration"


def free_slug(session: Session, wanted: str) -> str:
    """`wanted` itself, or with the lowest number that makes it free. Slugs of deleted integrations are not free."""
    taken = set(session.scalars(select(Integration.slug)))
    candidates = (wanted if number == 1 else _numbered(wanted, number) for number in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)


def add_integration(
    session: Session,
    box: SecretBox,
    draft: IntegrationDraft,
    *,
    actor: str,
    actor_user_id: int | None = None,
) -> Integration:
    """Store a new integration. Raises InvalidSlug, SlugTaken, ClientTaken."""
    if not SLUG.fullmatch(draft.slug):
        raise InvalidSlug(draft.slug)
    free = free_slug(session, draft.slug)
    if free != draft.slug:
        raise SlugTaken(draft.slug, free)
    _check_client_is_free(session, draft, but_id=None)
    integration = Integration(slug=draft.slug, platform=draft.platform)
    _take_over(integration, draft)
    if draft.oauth_version == 1:
        _make_keys(box, integration)
    else:
        _take_over_client(box, integration, draft)
    session.add(integration)
    session.flush()
    _record(session, "integration_created", integration, actor, actor_user_id)
    return integration


def edit_integration(
    session: Session,
    box: SecretBox,
    integration: Integration,
    draft: IntegrationDraft,
    *,
    actor: str,
    actor_user_id: int | None = None,
) -> None:
    """Change everything but platform and slug. Raises BaseUrlLocked, SecretElsewhere, ClientTaken, LastWayIn."""
    if draft.base_url != integration.base_url:
        _check_address_is_free(session, integration, draft)
    if Use.LOG_IN not in draft.uses and integration.is_for_login:
        _check_another_way_in(session, integration.id)
    _check_client_is_free(session, draft, but_id=integration.id)
    _take_over(integration, draft)
    if draft.oauth_version != integration.oauth_version:
        _change_oauth_version(session, box, integration, draft)
    elif draft.oauth_version == 2:
        _take_over_client(box, integration, draft)
    session.flush()
    _record(session, "integration_changed", integration, actor, actor_user_id)


def finish_draft(session: Session, integration: Integration, *, actor: str, actor_user_id: int | None = None) -> None:
    """The host has accepted our keys: people can log in."""
    integration.is_draft = False
    session.flush()
    _record(session, "integration_changed", integration, actor, actor_user_id)


def delete_integration(
    session: Session,
    box: SecretBox,
    integration: Integration,
    *,
    actor: str,
    now: datetime,
    actor_user_id: int | None = None,
) -> None:
    """Take an integration out of use; its secrets are erased, its synchronizations wait. Raises LastWayIn.

    The row stays: the slug is never given to another host, and accounts keep their history.
    """
    _check_another_way_in(session, integration.id)
    integration.deleted_at = now
    integration.seal_client_secret(box, "")
    reason = f"the integration {integration.name} was deleted"
    _erase_tokens(session, box, select(Credential).where(Credential.integration_id == integration.id), reason)
    session.execute(
        update(Synchronization)
        .where(Synchronization.integration_id == integration.id)
        .values(state=SynchronizationState.NEEDS_CREDENTIAL, state_reason=reason, state_since=now)
    )
    session.execute(update(OAuthFlow).where(OAuthFlow.integration_id == integration.id).values(expires_at=now))
    session.flush()
    _record(session, "integration_deleted", integration, actor, actor_user_id)


def count_dependents(session: Session, integration_id: int) -> Dependents:
    """How much hangs on an integration: synchronizations, known accounts, people who have logged in with one."""
    accounts = select(func.count()).select_from(Identity).where(Identity.integration_id == integration_id)
    synchronizations = (
        select(func.count()).select_from(Synchronization).where(Synchronization.integration_id == integration_id)
    )
    return Dependents(
        synchronizations=session.scalar(synchronizations) or 0,
        accounts=session.scalar(accounts) or 0,
        people=session.scalar(accounts.where(Identity.user_id.is_not(None))) or 0,
    )


def _check_address_is_free(session: Session, integration: Integration, draft: IntegrationDraft) -> None:
    if count_dependents(session, integration.id).accounts:
        raise BaseUrlLocked
    if draft.oauth_version == 2 and not draft.client_secret:
        raise SecretElsewhere


def _take_over(integration: Integration, draft: IntegrationDraft) -> None:
    integration.name = draft.name
    integration.base_url = draft.base_url
    integration.is_for_login = Use.LOG_IN in draft.uses
    integration.is_for_synchronization = Use.SYNCHRONIZE in draft.uses
    integration.is_for_webhooks = Use.INSTALL_WEBHOOKS in draft.uses
    integration.login_policy = draft.login_policy
    integration.is_trusting_emails = draft.is_trusting_emails
    integration.api_timeout_seconds = draft.api_timeout_seconds
    integration.ca_certificate = draft.ca_certificate
    integration.product_version = draft.product_version or integration.product_version or ""


def _take_over_client(box: SecretBox, integration: Integration, draft: IntegrationDraft) -> None:
    integration.client_id = draft.client_id
    if draft.client_secret or not integration.client_secret_sealed:
        integration.seal_client_secret(box, draft.client_secret)


def _make_keys(box: SecretBox, integration: Integration) -> None:
    integration.oauth_version, integration.is_draft = 1, True
    integration.client_id = new_consumer_key(integration.slug)
    integration.seal_client_secret(box, new_private_key())


def _change_oauth_version(session: Session, box: SecretBox, integration: Integration, draft: IntegrationDraft) -> None:
    """What people have granted by the old version can not be used with the new one."""
    if draft.oauth_version == 1:
        _make_keys(box, integration)
    else:
        integration.oauth_version, integration.is_draft = 2, False
        integration.client_id = draft.client_id
        integration.seal_client_secret(box, draft.client_secret)
    granted = select(Credential).where(Credential.integration_id == integration.id, Credential.identity_id.is_not(None))
    _erase_tokens(session, box, granted, f"the OAuth version of {integration.name} was changed")


def _erase_tokens(session: Session, box: SecretBox, credentials: Select[Credential], reason: str) -> None:
    for credential in session.scalars(credentials):
        credential.seal_tokens(box, access_token="", refresh_token=None)
        credential.state, credential.state_reason = CredentialState.NEEDS_RECONNECT, reason
        credential.version += 1


def _check_client_is_free(session: Session, draft: IntegrationDraft, *, but_id: int | None) -> None:
    if draft.oauth_version == 1:
        return
    same = select(Integration.id).where(
        Integration.base_url == draft.base_url,
        Integration.client_id == draft.client_id,
        Integration.deleted_at.is_(None),
    )
    if [found for found in session.scalars(same) if found != but_id]:
        raise ClientTaken


def _check_another_way_in(session: Session, integration_id: int) -> None:
    """Once Setup Mode has ended, one administrator at least must have an account on another integration."""
    if session.scalar(select(Instance.state).where(Instance.id == 1)) is InstanceState.SETUP:
        return
    others = (
        select(Identity.id)
        .join(Identity.user)
        .join(Identity.integration)
        .where(
            User.is_administrator,
            User.disabled_at.is_(None),
            Identity.state == IdentityState.ACTIVE,
            Integration.id != integration_id,
            Integration.is_for_login,
            Integration.deleted_at.is_(None),
        )
    )
    if session.scalar(others.limit(1)) is None:
        raise LastWayIn


def _numbered(slug: str, number: int) -> str:
    ending = f"-{number}"
    return slug[: LONGEST_SLUG - len(ending)].rstrip("-") + ending


def _record(session: Session, action: str, integration: Integration, actor: str, actor_user_id: int | None) -> None:
    record_audit(
        session,
        actor=actor,
        actor_user_id=actor_user_id,
        action=action,
        target=f"integration {integration.slug}",
        details={"name": integration.name, "base_url": integration.base_url, "platform": integration.platform},
    )
