"""What happens when a browser comes back from a code host, up to the proof of who it is. No request, no page here.

The order is part of the protection: the flow row first, then that it belongs to this address, then what the host says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from accounts.flows import consume_flow, unseal_code_verifier
from integrations.codehost import RemoteAccount, Viewer
from integrations.errors import CodeHostError, ConnectionFailed, Diagnosis, Stage
from integrations.oauth import OAuthEndpoints, OAuthRejected, OAuthTokens, exchange_code, revoke_token
from integrations.platforms import diagnose_oauth_error
from integrations.service import oauth_client, open_with_token, platform_of, token_client
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
class Arrival:
    """A consumed flow with its integration, and the parameters that came back."""

    flow: OAuthFlow
    integration: Integration
    parameters: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """Who came back, and what the host granted."""

    viewer: Viewer
    tokens: OAuthTokens
    granted: frozenset[str]
    missing: tuple[str, ...]

    @property
    def account(self) -> RemoteAccount:
        """The account at the host."""
        return self.viewer.account


def receive(
    runtime: Runtime, *, slug: str, parameters: Mapping[str, str], web_session_id: int | None, now: datetime
) -> Arrival:
    """Use the flow up and check that it belongs here, in a transaction of its own. Raises StaleFlow. No network."""
    state = parameters.get("state", "")
    if web_session_id is None or not state:
        raise StaleFlow
    with runtime.database.write() as session:
        flow = consume_flow(session, state=state, web_session_id=web_session_id, now=now)
        integration = session.get(Integration, flow.integration_id) if flow else None
    if flow is None or integration is None or integration.slug != slug or integration.deleted_at is not None:
        raise StaleFlow
    if parameters.get("iss", flow.issuer) != flow.issuer:
        raise StaleFlow
    return Arrival(flow, integration, parameters)


def prove(runtime: Runtime, arrival: Arrival, *, now: datetime) -> Proof:
    """Ask the host who this is. Raises HostRefused, StaleFlow when there is neither a code nor an error."""
    if "error" in arrival.parameters:
        _refuse(arrival.parameters["error"], arrival.parameters.get("error_description", ""))
    if not arrival.parameters.get("code"):
        raise StaleFlow
    try:
        tokens = _exchange(runtime, arrival, now=now)
        viewer = open_with_token(runtime, arrival.integration, tokens.access_token).directory.viewer()
    except OAuthRejected as error:
        raise HostRefused(diagnose_oauth_error(error.code, error.description)) from error
    except ConnectionFailed as error:
        raise HostRefused(error.diagnosis) from error
    except CodeHostError as error:
        raise HostRefused(_diagnose(arrival.integration, error)) from error
    granted = tokens.scopes if viewer.scopes is None else viewer.scopes
    missing = platform_of(arrival.integration).missing_scopes(arrival.flow.scopes, granted)
    return Proof(viewer, tokens, granted, missing)


def forget_tokens(runtime: Runtime, arrival: Arrival, proof: Proof, *, now: datetime) -> None:
    """Make the tokens of a trial useless at the host. They expire anyway, so a failure is no trouble."""
    integration = arrival.integration
    try:
        with token_client(runtime, integration) as http:
            revoke_token(
                http,
                endpoints_of(integration),
                oauth_client(runtime, integration),
                token=proof.tokens.access_token,
                now=now,
            )
    except CodeHostError:
        return


def endpoints_of(integration: Integration) -> OAuthEndpoints:
    """The OAuth addresses of an integration, derived from its base URL."""
    return platform_of(integration).oauth_endpoints(integration.base_url)


def _exchange(runtime: Runtime, arrival: Arrival, *, now: datetime) -> OAuthTokens:
    integration, flow = arrival.integration, arrival.flow
    endpoints = endpoints_of(integration)
    if (endpoints.issuer, endpoints.token) != (flow.issuer, flow.token_endpoint):
        raise StaleFlow  # the base URL was changed while the browser was away
    with token_client(runtime, integration) as http:
        return exchange_code(
            http,
            endpoints,
            oauth_client(runtime, integration),
            code=arrival.parameters["code"],
            code_verifier=unseal_code_verifier(flow, runtime.secret_box),
            scopes=flow.scopes,
            now=now,
        )


def _refuse(code: str, description: str) -> NoReturn:
    raise HostRefused(diagnose_oauth_error(code[:80], description[:DESCRIPTION_LENGTH]))


def _diagnose(integration: Integration, error: CodeHostError) -> Diagnosis:
    return Diagnosis(
        Stage.HTTP,
        f"{integration.name} did not answer as expected.",
        "Try again in a minute. If it stays like this, look at the host and at the outbound rules of this server.",
        str(error)[:DESCRIPTION_LENGTH],
    )
