"""The one callback of every integration, for all purposes; and the result of a trial login."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.answers import host_refused, start_again
from accounts.arrivals import (
    finish_authorization,
    finish_claim,
    finish_confirmation,
    finish_link,
    finish_login,
)
from accounts.blueprint import blueprint
from accounts.callback import Arrival, HostRefused, Proof, StaleFlow, forget_tokens, prove, receive
from accounts.current import current_user
from accounts.guards import administrator_or_setup_required
from accounts.notes import Trial, find_trial, leave_trial
from accounts.setup_guard import setup_session
from accounts.trials import read_host_version
from integrations.errors import Diagnosis
from models import FlowPurpose, Integration, OAuthFlow, utc_now
from web.limits import limited
from web.login import browser_session
from web.redirects import safe_next
from web.runtime import current_runtime

Finish = Callable[[Arrival, Proof], ResponseReturnValue]
FINISHES: dict[FlowPurpose, Finish] = {
    FlowPurpose.LOGIN: finish_login,
    FlowPurpose.LINK: finish_link,
    FlowPurpose.REAUTHENTICATE: finish_confirmation,
    FlowPurpose.AUTHORIZE: finish_authorization,
    FlowPurpose.CLAIM_ADMIN: finish_claim,
}


@blueprint.get("/oauth/<slug>/callback")
@limited("callback", limit=60)
def callback(slug: str) -> ResponseReturnValue:
    """A browser comes back from a code host."""
    row = browser_session().row
    try:
        arrival = receive(
            current_runtime(),
            slug=slug,
            parameters=request.args.to_dict(),
            web_session_id=row.id if row else None,
            now=utc_now(),
        )
        _check_browser(arrival.flow)
        return _finish_trial(arrival) if arrival.flow.purpose is FlowPurpose.TEST else _finish(arrival)
    except StaleFlow:
        return start_again()


@blueprint.get("/oauth/<slug>/trial")
@administrator_or_setup_required
def trial(slug: str) -> ResponseReturnValue:
    """What came of the last trial login of this browser."""
    result = find_trial(slug)
    if result is None:
        return redirect("/setup" if setup_session() else "/admin", code=303)
    return render_template("accounts/trial.html", trial=result)


def _finish(arrival: Arrival) -> ResponseReturnValue:
    try:
        proof = prove(current_runtime(), arrival, now=utc_now())
    except HostRefused as error:
        return host_refused(error, arrival.integration)
    return FINISHES[arrival.flow.purpose](arrival, proof)


def _finish_trial(arrival: Arrival) -> ResponseReturnValue:
    """Nothing is stored but that it was tried: the result waits in the browser's session, the tokens are revoked."""
    runtime, slug = current_runtime(), arrival.integration.slug
    try:
        proof = prove(runtime, arrival, now=utc_now())
    except HostRefused as error:
        _note_failure(slug, error.diagnosis)
    else:
        version, too_old = read_host_version(runtime, arrival, proof)
        forget_tokens(runtime, arrival, proof)
        if too_old is not None:
            _note_failure(slug, too_old)
        else:
            _note_trial(arrival, proof, version)
    return redirect(safe_next(arrival.flow.next_path, default=url_for("accounts.trial", slug=slug)), code=303)


def _note_failure(slug: str, found: Diagnosis) -> None:
    leave_trial(Trial(slug, stage=found.stage, problem=found.problem, fix=found.fix, detail=found.detail))


def _note_trial(arrival: Arrival, proof: Proof, version: str) -> None:
    leave_trial(
        Trial(
            arrival.integration.slug,
            login=proof.account.login,
            display_name=proof.account.display_name,
            is_administrator=proof.viewer.is_administrator,
            granted=tuple(sorted(proof.granted)),
            missing=proof.missing,
        )
    )
    with current_runtime().database.write() as session:
        integration = session.get_one(Integration, arrival.integration.id)
        integration.tried_at = utc_now()
        integration.product_version = version or integration.product_version


def _check_browser(flow: OAuthFlow) -> None:
    """The flow must come back to the setup session and to the person that began it. Raises StaleFlow."""
    admitted = setup_session()
    if flow.setup_session_id != (admitted.id if admitted else None):
        raise StaleFlow
    if flow.purpose is not FlowPurpose.LOGIN and flow.user_id != (current_user.id or None):
        raise StaleFlow
