"""Logins on their way: one row per visit to a code host, usable once, by the browser that started it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from integrations.oauth import new_code_verifier, new_state
from models import FlowPurpose, Integration, OAuthFlow, SecretBox, digest_secret

LIFE = timedelta(minutes=10)
MOST_OPEN = 5


class VisitTaken(Exception):
    """The host has given two visits the same name."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Who starts a flow, and must come back: ids of its web session, of its setup session, and of who is logged in."""

    web_session_id: int
    setup_session_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the flow goes: an integration with its addresses, the scopes asked for, and the way back.

    `request_token`: of OAuth 1, where the host names the visit and not we.
    """

    integration: Integration
    issuer: str
    token_endpoint: str
    redirect_uri: str
    scopes: tuple[str, ...]
    next_path: str = ""
    request_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StartedFlow:
    """The secrets of a flow that was just started."""

    state: str = field(repr=False)
    code_verifier: str = field(repr=False)


def start_flow(
    session: Session,
    *,
    box: SecretBox,
    purpose: FlowPurpose,
    browser: Browser,
    destination: Destination,
    now: datetime,
) -> StartedFlow:
    """Store a new flow. At most five are open per browser: the oldest give way. Raises VisitTaken."""
    _make_room(session, browser.web_session_id, now=now)
    flow = StartedFlow(state=destination.request_token or new_state(), code_verifier=new_code_verifier())
    digest = digest_secret(flow.state)
    if session.get(OAuthFlow, digest) is not None:
        raise VisitTaken
    session.add(
        OAuthFlow(
            state_digest=digest,
            web_session_id=browser.web_session_id,
            setup_session_id=browser.setup_session_id,
            user_id=browser.user_id,
            integration_id=destination.integration.id,
            purpose=purpose,
            issuer=destination.issuer,
            token_endpoint=destination.token_endpoint,
            redirect_uri=destination.redirect_uri,
            code_verifier_sealed=box.seal(_place(digest), flow.code_verifier),
            scopes=list(destination.scopes),
            next_path=destination.next_path,
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    return flow


def consume_flow(session: Session, *, state: str, web_session_id: int, now: datetime) -> OAuthFlow | None:
    """Use up the flow with this state. None when it is unknown, used, expired, or belongs to another browser."""
    return session.scalar(
        update(OAuthFlow)
        .where(
            OAuthFlow.state_digest == digest_secret(state),
            OAuthFlow.web_session_id == web_session_id,
            OAuthFlow.used_at.is_(None),
            OAuthFlow.expires_at > now,
        )
        .values(used_at=now)
        .returning(OAuthFlow)
        .execution_options(synchronize_session=False)
    )


def unseal_code_verifier(flow: OAuthFlow, box: SecretBox) -> str:
    """The PKCE verifier of a flow. Raises SecretUnreadable."""
    return box.unseal(_place(flow.state_digest), flow.code_verifier_sealed)


def delete_old_flows(session: Session, *, now: datetime) -> None:
    """Forget flows that nobody can use any more."""
    session.execute(delete(OAuthFlow).where(OAuthFlow.expires_at <= now))


def _make_room(session: Session, web_session_id: int, *, now: datetime) -> None:
    delete_old_flows(session, now=now)
    surplus = session.scalars(
        select(OAuthFlow.state_digest)
        .where(OAuthFlow.web_session_id == web_session_id, OAuthFlow.used_at.is_(None))
        .order_by(OAuthFlow.created_at.desc(), OAuthFlow.state_digest)
        .offset(MOST_OPEN - 1)
    ).all()
    session.execute(delete(OAuthFlow).where(OAuthFlow.state_digest.in_(surplus)))


def _place(state_digest: str) -> str:
    return f"oauth_flow:{state_digest}:code_verifier"
