"""Trial logins: where the one of this browser stands, and what only a login can tell about the host."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.callback import Arrival, Proof
from accounts.notes import Trial, find_trial
from integrations.errors import CodeHostError, Diagnosis
from integrations.platform_parts import ErrorPage, Scope
from integrations.platforms import diagnose_version
from integrations.service import UnknownIntegration, callback_url, get_integration, host_access, platform_of, uses_of
from models import FlowPurpose, Integration, OAuthFlow, Runtime, utc_now
from web.database import get_session
from web.login import browser_session
from web.runtime import current_runtime

LATE = timedelta(seconds=20)
MOST_TURNS = 300  # a page that is left open asks for ten minutes


@dataclass(frozen=True, slots=True)
class TrialProgress:
    """`waiting_since`: the browser left for the host and has not come back. `trial`: the result, once it has."""

    waiting_since: datetime | None = None
    is_late: bool = False
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class TrialPage:
    """What the page of a trial shows: how it stands, and what to compare when the host shows an error of its own.

    `next_turn`: the number of the next poll, 0 for no more.
    """

    integration: Integration
    progress: TrialProgress
    callback_url: str
    links: tuple[tuple[str, str], ...]
    scopes: tuple[Scope, ...]
    words: Mapping[ErrorPage, str]
    next_turn: int


def render_trial(template: str, slug: str) -> str:
    """The page of a trial, or the part of it that is polled. Answers 404 for an integration that does not exist."""
    try:
        integration = get_integration(get_session(), slug)
    except UnknownIntegration:
        abort(404)
    turn = request.args.get("turn", 0, type=int)
    page = read_trial_page(get_session(), current_runtime(), integration, turn=turn, now=utc_now())
    return render_template(template, page=page)


def read_trial_page(
    session: Session, runtime: Runtime, integration: Integration, *, turn: int, now: datetime
) -> TrialPage:
    """The page of a trial, polled for the `turn`th time."""
    platform = platform_of(integration)
    progress = find_trial_progress(session, integration, now=now)
    return TrialPage(
        integration=integration,
        progress=progress,
        callback_url=callback_url(runtime.settings, integration.slug),
        links=tuple(link for link in platform.setup_links(integration.base_url) if "<" not in link[1]),
        scopes=platform.scopes_for(uses_of(integration)),
        words=platform.words_of_errors,
        next_turn=turn + 1 if turn < MOST_TURNS and progress.trial is None else 0,
    )


def find_trial_progress(session: Session, integration: Integration, *, now: datetime) -> TrialProgress:
    """The latest trial of this browser with the integration. An older one says nothing about a newer one."""
    row = browser_session().row
    if row is None:
        return TrialProgress()
    latest = session.scalar(
        select(OAuthFlow)
        .where(
            OAuthFlow.web_session_id == row.id,
            OAuthFlow.integration_id == integration.id,
            OAuthFlow.purpose == FlowPurpose.TEST,
            OAuthFlow.expires_at > now,
        )
        .order_by(OAuthFlow.created_at.desc())
        .limit(1)
    )
    if latest is not None and latest.used_at is None:
        return TrialProgress(latest.created_at, is_late=now - latest.created_at >= LATE)
    return TrialProgress(trial=find_trial(integration.slug))


def read_host_version(runtime: Runtime, arrival: Arrival, proof: Proof) -> tuple[str, Diagnosis | None]:
    """The version that the host tells to whoever is logged in ("" when it does not), and why it will not do."""
    platform = platform_of(arrival.integration)
    try:
        found = platform.read_version(host_access(runtime, arrival.integration, proof.tokens.access_token))
    except CodeHostError:
        return "", None
    return found.version, diagnose_version(platform, found)
