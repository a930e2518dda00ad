"""Clients for the host of an integration: as nobody, as our application, as a person, as a stored credential.

Nothing here reads or writes rows, and no transaction may be open while a host is asked.
"""

from dataclasses import replace
from urllib.parse import urlsplit

from sqlalchemy import make_url

from config import Settings
from integrations.addresses import OutboundPolicy, parse_allow
from integrations.authorizations import basic
from integrations.codehost import CodeHost
from integrations.errors import Forbidden
from integrations.http import HttpClient, Limits
from integrations.oauth import OAuthClient, open_token_client
from integrations.oauth import revoke_token as revoke_by_oauth
from integrations.oauth1 import Consumer, Signer
from integrations.platform_parts import HostAccess, Platform
from integrations.platforms import PLATFORMS
from integrations.stored_kinds import AppParts, StoredKind
from models import Integration, Runtime, utc_now


def platform_of(integration: Integration) -> Platform:
    """The platform's entry: its addresses, scopes and words."""
    return PLATFORMS[integration.platform]


def callback_url(settings: Settings, slug: str) -> str:
    """Where the code host sends browsers back to. Never built from a request."""
    return f"{settings.base_url}/oauth/{slug}/callback"


def outbound_policy(settings: Settings) -> OutboundPolicy:
    """The deployment's outbound rules. Our own database and Redis are never a destination."""
    return OutboundPolicy(
        allow=parse_allow(settings.outbound_allow),
        ca_file=settings.outbound_ca_file,
        proxy=settings.outbound_proxy,
        denied_endpoints=frozenset(_own_endpoints(settings)),
    )


def oauth_client(runtime: Runtime, integration: Integration) -> OAuthClient:
    """Our application at this host, with its secret. Raises SecretUnreadable."""
    return OAuthClient(
        client_id=integration.client_id,
        client_secret=integration.unseal_client_secret(runtime.secret_box),
        redirect_uri=callback_url(runtime.settings, integration.slug),
    )


def consumer(runtime: Runtime, integration: Integration) -> Consumer:
    """Our application at a host with OAuth 1. Raises SecretUnreadable."""
    return Consumer(
        key=integration.client_id,
        private_key=integration.unseal_client_secret(runtime.secret_box),
        redirect_uri=callback_url(runtime.settings, integration.slug),
    )


def token_client(runtime: Runtime, integration: Integration) -> HttpClient:
    """A client for the host's token endpoint."""
    policy = outbound_policy(runtime.settings)
    return open_token_client(integration.base_url, policy=policy, ca_pem=integration.ca_certificate)


def open_with_token(runtime: Runtime, integration: Integration, access_token: str) -> CodeHost:
    """The code host as the holder of this token sees it. Nothing that it answers is kept."""
    return platform_of(integration).open_code_host(host_access(runtime, integration, access_token))


def host_access(runtime: Runtime, integration: Integration, access_token: str) -> HostAccess:
    """Everything that it takes to talk to the integration's host with the token of somebody's login."""
    access = _access(runtime, integration, access_token)
    if integration.oauth_version == 1:
        return replace(access, authorization=Signer(consumer(runtime, integration), token=access_token))
    return access


def stored_access(
    runtime: Runtime, integration: Integration, kind: StoredKind, username: str, secret: str
) -> HostAccess:
    """The same with a credential that was stored for an organization."""
    authorization = basic(username, secret) if kind.sends == "basic" else ""
    access = _access(runtime, integration, secret)
    return replace(access, authorization=authorization, username=kind.git_username or username)


def stored_kind(integration: Integration, key: str) -> StoredKind | None:
    """How the integration's platform takes this kind of credential, if it does."""
    return next((kind for kind in platform_of(integration).stored_kinds if kind.key == key), None)


def app_parts(integration: Integration) -> AppParts:
    """How Apps work at the integration's host. Raises Forbidden where there are none."""
    parts = platform_of(integration).app
    if parts is None:
        raise Forbidden(f"{integration.name} knows no Apps")
    return parts


def app_client(runtime: Runtime, integration: Integration, app_id: str, private_key: str) -> HttpClient:
    """A client below the API that speaks for an App itself, for minutes. Raises ValueError for a key that is none."""
    word = app_parts(integration).sign(app_id, private_key, utc_now())
    access = _access(runtime, integration, word)
    return access.open_client(platform_of(integration).api_url(integration.base_url))


def revoke_token(runtime: Runtime, integration: Integration, token: str) -> None:
    """Make the token of a login useless at the host, where that is possible. Raises the CodeHostError family."""
    platform, client = platform_of(integration), oauth_client(runtime, integration)
    if platform.revoke_token is not None:
        word = replace(_access(runtime, integration, ""), authorization=basic(client.client_id, client.client_secret))
        with word.open_client(platform.api_url(integration.base_url)) as http:
            platform.revoke_token(http, client.client_id, token)
    elif integration.oauth_version == 2:
        with token_client(runtime, integration) as http:
            endpoints = platform.oauth_endpoints(integration.base_url)
            revoke_by_oauth(http, endpoints, client, token=token, now=utc_now())


def _access(runtime: Runtime, integration: Integration, access_token: str) -> HostAccess:
    return HostAccess(
        base_url=integration.base_url,
        access_token=access_token,
        policy=outbound_policy(runtime.settings),
        ca_pem=integration.ca_certificate,
        limits=Limits(read_seconds=float(integration.api_timeout_seconds)),
    )


def _own_endpoints(settings: Settings) -> set[tuple[str, int]]:
    endpoints = set()
    database = make_url(settings.database_url)
    if database.host:
        endpoints.add((database.host.lower(), database.port or 5432))
    redis = urlsplit(settings.redis_url)
    if redis.hostname and redis.scheme in {"redis", "rediss"}:
        endpoints.add((redis.hostname, redis.port or 6379))
    return endpoints
