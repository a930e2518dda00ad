"""Send a browser to a code host: who may start which kind of visit, and which scopes it asks for."""

from dataclasses import dataclass

from flask import Response, abort, make_response, render_template
from sqlalchemy.orm import Session

from accounts.current import current_user, current_user_row
from accounts.flows import Browser, Destination, start_flow
from accounts.setup_guard import is_setup_mode, setup_session
from accounts.visits import Way, visit_url
from integrations.platform_parts import Use
from integrations.service import platform_of, uses_of
from models import FlowPurpose, Integration, utc_now
from sync.own_jobs import is_asking_people
from web.login import ensure_session_row, is_recently_authenticated
from web.runtime import current_runtime

FULL_SCOPES = frozenset({FlowPurpose.AUTHORIZE, FlowPurpose.TEST})


@dataclass(frozen=True, slots=True)
class Departure:
    """A visit that may start."""

    integration: Integration
    purpose: FlowPurpose
    next_path: str

    def scopes(self, session: Session) -> tuple[str, ...]:
        """As few as the purpose needs: only who sets up synchronizations, or tries everything, is asked for all.

        Where only people's own tokens tell what they may read, a login asks for that, too.
        """
        platform = platform_of(self.integration)
        uses = uses_of(self.integration) if self.purpose in FULL_SCOPES else frozenset({Use.LOG_IN})
        names = [scope.name for scope in platform.scopes_for(uses)]
        if self.purpose not in FULL_SCOPES and platform.own_access_scopes:
            asked = is_asking_people(session, integration_id=self.integration.id)
            names += platform.own_access_scopes if asked else ()
        return tuple(dict.fromkeys(names))


def check_departure(session: Session, departure: Departure) -> None:
    """Answer 403 or 404 unless this browser may start the visit."""
    integration, purpose = departure.integration, departure.purpose
    if purpose is FlowPurpose.LOGIN:
        _check_login(integration)
    elif purpose is FlowPurpose.CLAIM_ADMIN:
        if setup_session() is None or not _lets_people_in(integration):
            abort(404)
    elif purpose is FlowPurpose.TEST:
        if setup_session() is None and not current_user.is_administrator:
            abort(403)
    else:
        _check_own_visit(session, departure)


def depart(session: Session, departure: Departure, way: Way) -> Response:
    """Store the flow in the caller's transaction, and the page that takes the browser to the host.

    It is an ordinary answer, not a redirect: a redirect after a form would be stopped by our own `form-action`.
    Raises VisitTaken.
    """
    integration, admitted = departure.integration, setup_session()
    scopes = departure.scopes(session)
    flow = start_flow(
        session,
        box=current_runtime().secret_box,
        purpose=departure.purpose,
        browser=Browser(
            web_session_id=ensure_session_row(session).id,
            setup_session_id=admitted.id if admitted else None,
            user_id=current_user.id or None,
        ),
        destination=Destination(
            integration,
            way.issuer,
            way.token_endpoint,
            way.redirect_uri,
            scopes,
            next_path=departure.next_path,
            request_token=way.request_token,
        ),
        now=utc_now(),
    )
    url = visit_url(integration, way, flow, scopes)
    response = make_response(render_template("accounts/leaving.html", url=url, integration=integration))
    response.headers["Refresh"] = f"0; url={url}"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _check_login(integration: Integration) -> None:
    if is_setup_mode():
        abort(403, "This installation is not finished. People can log in once Setup Mode has ended.")
    if not _lets_people_in(integration):
        abort(404)


def _lets_people_in(integration: Integration) -> bool:
    return integration.is_for_login and not integration.is_draft


def _check_own_visit(session: Session, departure: Departure) -> None:
    if not current_user.is_authenticated:
        abort(401)
    if departure.purpose is FlowPurpose.LINK and not is_recently_authenticated():
        abort(403, "Your login is older than 15 minutes: confirm first that it is you, on the profile page.")
    if departure.purpose is FlowPurpose.REAUTHENTICATE:
        identities = current_user_row(session).identities
        if departure.integration.id not in {identity.integration_id for identity in identities}:
            abort(404)
