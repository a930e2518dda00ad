"""Integration rows, and what can be opened with them.

Services take `session` and flush. What talks to a host takes the runtime, and holds no transaction while it waits.
"""

import hashlib
import os
import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from integrations.addresses import Destination, OutboundPolicy
from integrations.answer_store import AnswerStore, remove_old_answers
from integrations.clients import (
    app_client,
    app_parts,
    callback_url,
    consumer,
    host_access,
    oauth_client,
    open_with_token,
    outbound_policy,
    platform_of,
    revoke_token,
    stored_access,
    stored_kind,
    token_client,
)
from integrations.codehost import CodeHost, GitCredential, HookParser
from integrations.connections import resolve_checked
from integrations.credentials import Seen, TokenReplaced, current_credential, explain_unauthorized
from integrations.errors import CodeHostError, Forbidden, NotFound, Unauthorized
from integrations.oauth import OAuthRejected, OAuthTokens, refresh_tokens
from integrations.platform_parts import HostAccess, Use
from integrations.platforms import PLATFORMS
from integrations.registration import (
    BaseUrlLocked,
    ClientTaken,
    Dependents,
    IntegrationDraft,
    InvalidSlug,
    LastWayIn,
    SecretElsewhere,
    SlugTaken,
    add_integration,
    count_dependents,
    delete_integration,
    edit_integration,
    finish_draft,
    free_slug,
    slug_for,
)
from integrations.tls import trust_context
from integrations.urls import RemoteUrl, parse_url
from integrations.vcs.git_remote import GitNetwork
from models import Credential, CredentialKind, Integration, Runtime, utc_now

__all__ = [
    "BACKGROUND_RESERVE",
    "BaseUrlLocked",
    "ClientTaken",
    "Dependents",
    "GitAccess",
    "IntegrationDraft",
    "InvalidSlug",
    "LastWayIn",
    "SecretElsewhere",
    "SlugTaken",
    "TokenReplaced",
    "UnknownIntegration",
    "add_integration",
    "app_client",
    "app_parts",
    "callback_url",
    "clean_up_answers",
    "consumer",
    "count_dependents",
    "delete_integration",
    "edit_integration",
    "finish_draft",
    "free_slug",
    "get_integration",
    "git_network",
    "hook_parser",
    "host_access",
    "judge_refusal",
    "list_integrations",
    "list_login_integrations",
    "oauth_client",
    "open_code_host",
    "open_git",
    "open_with_token",
    "outbound_policy",
    "platform_of",
    "react_to_unauthorized",
    "read_trust_store",
    "revoke_token",
    "slug_for",
    "stored_access",
    "stored_kind",
    "token_client",
    "uses_of",
]


BACKGROUND_RESERVE = 0.3  # for runs that nobody waits for
ANSWERS = "answers"  # the folder in the data directory
USUAL_CA_FILE = Path("/etc/ssl/certs/ca-certificates.crt")  # for a Python that does not know its system's


class UnknownIntegration(LookupError):
    """No integration has this slug, or it was deleted."""


@dataclass(frozen=True, slots=True)
class GitAccess:
    """What git needs to reach repositories of one code host: as whom, and by which rules."""

    credential: GitCredential
    network: GitNetwork


def list_integrations(session: Session) -> list[Integration]:
    """All integrations that were not deleted, by name."""
    query = select(Integration).where(Integration.deleted_at.is_(None))
    return list(session.scalars(query.order_by(Integration.name, Integration.id)))


def list_login_integrations(session: Session) -> list[Integration]:
    """Integrations through which people log in, by name."""
    return [it for it in list_integrations(session) if it.is_for_login and not it.is_draft]


def get_integration(session: Session, slug: str) -> Integration:
    """The integration with this slug. Raises UnknownIntegration."""
    query = select(Integration).where(Integration.slug == slug, Integration.deleted_at.is_(None))
    integration = session.scalar(query)
    if integration is None:
        raise UnknownIntegration(slug)
    return integration


def uses_of(integration: Integration) -> frozenset[Use]:
    """What the integration is used for."""
    ticked = {
        Use.LOG_IN: integration.is_for_login,
        Use.SYNCHRONIZE: integration.is_for_synchronization,
        Use.INSTALL_WEBHOOKS: integration.is_for_webhooks,
    }
    return frozenset(use for use, is_ticked in ticked.items() if is_ticked)


def open_code_host(runtime: Runtime, credential_id: int, *, reserve: float = 0.0) -> CodeHost:
    """The code host with a stored credential, refreshed first when it is due.

    `reserve`: the share of the host's rate limit that this work leaves to others, see `BACKGROUND_RESERVE`.
    Raises Unauthorized (reconnect; the credential is marked), Unavailable, Forbidden.
    """
    seen = current_credential(runtime, credential_id, _Refresher(runtime))
    integration, access = seen.credential.integration, _credential_access(runtime, seen)
    answers = _answer_store(runtime, integration, seen.owner_id)
    host = platform_of(integration).open_code_host(replace(access, answers=answers, reserve=reserve))
    if seen.credential.kind is CredentialKind.GITHUB_APP:
        return replace(host, hook_installer=None)  # it has a webhook of its own
    return host


def read_trust_store(settings: Settings) -> None:
    """Read the certificates that we trust once for all processes that are forked from this one: it takes 25 ms.

    A file that can not be read is the trouble of whoever connects, and told there.
    """
    with suppress(ValueError):
        trust_context(ca_file=settings.outbound_ca_file)


def clean_up_answers(runtime: Runtime) -> None:
    """Delete the kept answers of hosts that are too old to be used."""
    remove_old_answers(runtime.settings.data_dir / ANSWERS)


def open_git(runtime: Runtime, credential_id: int) -> GitAccess:
    """What git needs to reach the credential's host. Raises as `open_code_host`, Forbidden when git can not use it."""
    seen = current_credential(runtime, credential_id, _Refresher(runtime))
    integration = seen.credential.integration
    if seen.credential.kind is CredentialKind.OAUTH1:
        raise Forbidden(f"{integration.name} takes no OAuth 1 login for git: store an HTTP access token and use that")
    code_host = platform_of(integration).open_code_host(_credential_access(runtime, seen))
    return GitAccess(code_host.source.git_credential(), git_network(runtime, integration))


def judge_refusal(
    runtime: Runtime, credential_id: int | None, error: CodeHostError, *, opened_at: datetime
) -> CodeHostError:
    """What an error of the host means for whoever opened the credential at `opened_at`; see `react_to_unauthorized`."""
    if credential_id is None or not isinstance(error, Unauthorized):
        return error
    try:
        react_to_unauthorized(runtime, credential_id, opened_at=opened_at, reason=str(error))
    except CodeHostError as judged:
        return judged


def react_to_unauthorized(runtime: Runtime, credential_id: int, *, opened_at: datetime, reason: str) -> NoReturn:
    """Call this when a host answers Unauthorized to what was opened with the credential at `opened_at`.

    The token may have been replaced meanwhile, or be revoked and still refreshable: both raise TokenReplaced (do the
    work again). Otherwise the credential is marked and Unauthorized is raised.
    """
    explain_unauthorized(runtime, credential_id, _Refresher(runtime), opened_at=opened_at, reason=reason)


def hook_parser(integration: Integration) -> HookParser:
    """How deliveries of this host are verified and read. Nothing is sent."""
    return _hook_parser(integration.platform, integration.base_url)


def git_network(runtime: Runtime, integration: Integration) -> GitNetwork:
    """The outbound rules for git at an integration's host."""
    base = parse_url(integration.base_url)
    policy = outbound_policy(runtime.settings).with_integration_hosts([base.host])

    def resolve(host: str, port: int) -> str | None:
        url = RemoteUrl(base.scheme, host, port)
        addresses = resolve_checked(url, policy=policy, destination=Destination.REPOSITORY)
        return None if policy.proxy_for(url) else addresses[0]

    return GitNetwork(
        resolve=resolve,
        allow_http=base.scheme == "http",
        ca_file=_ca_bundle(runtime.settings, integration.ca_certificate),
        proxy=policy.proxy_for(base) or None,
    )


@lru_cache(maxsize=100)
def _hook_parser(platform: str, base_url: str) -> HookParser:
    access = HostAccess(base_url=base_url, access_token="", policy=OutboundPolicy())
    return PLATFORMS[platform].open_code_host(access).hook_parser


@dataclass(frozen=True, slots=True)
class _Refresher:
    runtime: Runtime

    def __call__(self, credential: Credential, refresh_token: str) -> OAuthTokens:
        integration = credential.integration
        if credential.kind is CredentialKind.GITHUB_APP:
            return self._make_app_token(credential, private_key=refresh_token)
        with token_client(self.runtime, integration) as http:
            return refresh_tokens(
                http,
                platform_of(integration).oauth_endpoints(integration.base_url),
                oauth_client(self.runtime, integration),
                refresh_token=refresh_token,
                scopes=credential.scopes,
                now=utc_now(),
            )

    def _make_app_token(self, credential: Credential, *, private_key: str) -> OAuthTokens:
        """An App that was removed or lost its key is answered as OAuth says it, so it is treated alike."""
        integration = credential.integration
        try:
            with app_client(self.runtime, integration, credential.username, private_key) as http:
                tokens = app_parts(integration).make_token(http, credential.remote_id, utc_now())
        except (Unauthorized, NotFound) as error:
            raise OAuthRejected("invalid_grant", str(error)) from error
        return replace(tokens, refresh_token=private_key)


def _credential_access(runtime: Runtime, seen: Seen) -> HostAccess:
    credential, integration = seen.credential, seen.credential.integration
    kind = stored_kind(integration, credential.kind)
    if kind is None:
        return host_access(runtime, integration, seen.access_token)
    return stored_access(runtime, integration, kind, credential.username, seen.access_token)


def _answer_store(runtime: Runtime, integration: Integration, owner_id: str) -> AnswerStore:
    """What was answered to this account before, or to a credential behind which there is none."""
    return AnswerStore(runtime.settings.data_dir / ANSWERS, owner=f"{integration.id}:{owner_id}")


def _ca_bundle(settings: Settings, ca_pem: str) -> Path | None:
    """One file with the system's, the deployment's and the integration's certificates; None where the system's do."""
    if settings.outbound_ca_file is None and not ca_pem:
        return None
    system = ssl.get_default_verify_paths().cafile or (str(USUAL_CA_FILE) if USUAL_CA_FILE.exists() else None)
    files = [Path(name) for name in (system, settings.outbound_ca_file) if name]
    content = "\n".join([*(path.read_text(encoding="utf-8") for path in files), ca_pem]).encode()
    bundle = settings.data_dir / "ca" / f"{hashlib.sha256(content).hexdigest()[:32]}.pem"
    if not bundle.exists():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        draft = bundle.with_suffix(f".{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(bundle)
    return bundle
