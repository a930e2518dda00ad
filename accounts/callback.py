"""What happens when a browser comes back from a code host, up to the proof of who it is. No request, no page here.

The order is part of the protection: the flow row first, then that it belongs to this address, then what the host says.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from accounts.flows import consume_flow
from accounts.visits import HostRefused, StaleFlow, explained, fetch_tokens, name_of_visit
from integrations.codehost import RemoteAccount, Viewer
from integrations.errors import CodeHostError
from integrations.oauth import OAuthTokens
from integrations.service import open_with_token, platform_of, revoke_token
from models import Integration, OAuthFlow, Runtime

__all__ = ["Arrival", "HostRefused", "Proof", "StaleFlow", "forget_tokens", "prove", "receive"]


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
    state = name_of_visit(parameters)
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
    with explained(arrival.integration):
        tokens = fetch_tokens(runtime, arrival.integration, arrival.flow, arrival.parameters, now=now)
        viewer = open_with_token(runtime, arrival.integration, tokens.access_token).directory.viewer()
    granted = tokens.scopes if viewer.scopes is None else viewer.scopes
    missing = platform_of(arrival.integration).missing_scopes(arrival.flow.scopes, granted)
    return Proof(viewer, tokens, granted, missing)


def forget_tokens(runtime: Runtime, arrival: Arrival, proof: Proof) -> None:
    """Make the tokens of a trial useless at the host. They are kept nowhere, so a failure is no trouble."""
    with suppress(CodeHostError):
        revoke_token(runtime, arrival.integration, proof.tokens.access_token)
