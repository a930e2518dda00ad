"""The two versions of OAuth behind the same functions: how a visit to a code host begins, and what it brings back.

Talks to the host: no transaction may be open.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from accounts.flows import StartedFlow, unseal_code_verifier
from integrations.errors import CodeHostError, ConnectionFailed, Diagnosis, Stage, UnexpectedResponse
from integrations.oauth import OAuthEndpoints, OAuthRejected, OAuthTokens, authorization_url, exchange_code
from integrations.oauth1 import (
    DENIED,
    OAuth1Endpoints,
    ask_for_request_token,
    exchange_verifier,
    oauth1_authorization_url,
)
from integrations.platforms import diagnose_oauth_error
from integrations.service import callback_url, consumer, oauth_client, platform_of, token_client
from models import Integration, OAuthFlow, Runtime

DESCRIPTION_LENGTH = 200


class StaleFlow(Exception):
    """This visit can not be used: unknown, used, too old, of another browser, or for another integration."""


class HostRefused(Exception):
    """The host did not grant the login, or could not be asked. `diagnosis` is for administrators."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(str(diagnosis.stage))
        self.diagnosis = diagnosis


@dataclass(frozen=True, slots=True)
class Way:
    """Where a visit goes. `request_token`: of OAuth 1, where the host names the visit and not we."""

    issuer: str
    token_endpoint: str
    redirect_uri: str
    request_token: str = field(default="", repr=False)


def find_way(runtime: Runtime, integration: Integration, *, now: datetime) -> Way:
    """The way to the host; with OAuth 1 the host is asked to expect a visit. Raises HostRefused."""
    redirect_uri = callback_url(runtime.settings, integration.slug)
    if integration.oauth_version == 2:
        endpoints = endpoints_of(integration)
        return Way(endpoints.issuer, endpoints.token, redirect_uri)
    old = _old_endpoints_of(integration)
    with explained(integration), token_client(runtime, integration) as http:
        token = ask_for_request_token(http, old, consumer(runtime, integration), now=now)
    return Way(old.issuer, old.access_token, redirect_uri, token)


def visit_url(integration: Integration, way: Way, flow: StartedFlow, scopes: tuple[str, ...]) -> str:
    """Where to send the browser."""
    if integration.oauth_version == 1:
        return oauth1_authorization_url(_old_endpoints_of(integration), way.request_token)
    return authorization_url(
        endpoints_of(integration),
        client_id=integration.client_id,
        redirect_uri=way.redirect_uri,
        scopes=scopes,
        state=flow.state,
        code_verifier=flow.code_verifier,
    )


def named_twice(integration: Integration) -> HostRefused:
    """For a host that gives every visit the same name: then nobody can tell who comes back."""
    return HostRefused(_diagnose(integration, UnexpectedResponse("the host gave out a request token twice")))


def name_of_visit(parameters: Mapping[str, str]) -> str:
    """What tells visits apart, among what came back with a browser."""
    return parameters.get("state") or parameters.get("oauth_token", "")


def fetch_tokens(
    runtime: Runtime, integration: Integration, flow: OAuthFlow, parameters: Mapping[str, str], *, now: datetime
) -> OAuthTokens:
    """Trade what came back for tokens.

    Raises OAuthRejected, also when the host sent an error back, StaleFlow when it sent nothing useful, CodeHostError.
    """
    if "error" in parameters:
        raise OAuthRejected(parameters["error"][:80], parameters.get("error_description", "")[:DESCRIPTION_LENGTH])
    if integration.oauth_version == 1:
        return _fetch_old(runtime, integration, flow, parameters, now=now)
    endpoints = endpoints_of(integration)
    if not parameters.get("code") or (endpoints.issuer, endpoints.token) != (flow.issuer, flow.token_endpoint):
        raise StaleFlow  # without a code, or the base URL was changed while the browser was away
    with token_client(runtime, integration) as http:
        return exchange_code(
            http,
            endpoints,
            oauth_client(runtime, integration),
            code=parameters["code"],
            code_verifier=unseal_code_verifier(flow, runtime.secret_box),
            scopes=flow.scopes,
            now=now,
        )


@contextmanager
def explained(integration: Integration) -> Iterator[None]:
    """Turn whatever the host does not do into HostRefused."""
    try:
        yield
    except OAuthRejected as error:
        raise HostRefused(diagnose_oauth_error(error.code, error.description)) from error
    except ConnectionFailed as error:
        raise HostRefused(error.diagnosis) from error
    except CodeHostError as error:
        raise HostRefused(_diagnose(integration, error)) from error


def endpoints_of(integration: Integration) -> OAuthEndpoints:
    """The OAuth addresses of an integration, derived from its base URL."""
    return platform_of(integration).oauth_endpoints(integration.base_url)


def _old_endpoints_of(integration: Integration) -> OAuth1Endpoints:
    endpoints = platform_of(integration).oauth1_endpoints
    assert endpoints is not None, "only platforms with OAuth 1 offer it"
    return endpoints(integration.base_url)


def _fetch_old(
    runtime: Runtime, integration: Integration, flow: OAuthFlow, parameters: Mapping[str, str], *, now: datetime
) -> OAuthTokens:
    verifier, old = parameters.get("oauth_verifier", ""), _old_endpoints_of(integration)
    if verifier == DENIED:
        raise OAuthRejected("access_denied")
    if not verifier or (old.issuer, old.access_token) != (flow.issuer, flow.token_endpoint):
        raise StaleFlow
    with token_client(runtime, integration) as http:
        return exchange_verifier(
            http,
            old,
            consumer(runtime, integration),
            request_token=name_of_visit(parameters),
            verifier=verifier,
            scopes=frozenset(flow.scopes),
            now=now,
        )


def _diagnose(integration: Integration, error: CodeHostError) -> Diagnosis:
    return Diagnosis(
        Stage.HTTP,
        f"{integration.name} did not answer as expected.",
        "Try again in a minute. If it stays like this, look at the host and at the outbound rules of this server.",
        str(error)[:DESCRIPTION_LENGTH],
    )
