"""Examine an integration form and put what was found at its fields; then store it."""

from dataclasses import dataclass, field

from flask import flash
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from accounts.guards import current_user
from admin.examination import Examination, Line, Verdict, examine
from admin.guide import correct_base_url
from admin.oauth_check import CHOOSE_OLD
from integrations.errors import ConnectionFailed, Diagnosis, Stage
from integrations.forms import IntegrationForm
from integrations.platform_parts import ClientCheck, CorrectedUrl
from integrations.service import (
    BaseUrlLocked,
    ClientTaken,
    LastWayIn,
    SecretElsewhere,
    SlugTaken,
    add_integration,
    callback_url,
    edit_integration,
    outbound_policy,
)
from models import Integration, Runtime, utc_now

FIELD_OF_STAGE = {
    Stage.CREDENTIALS: "client_secret",
    Stage.SCOPES: "client_id",
}
SETUP_ACTOR = "setup"


@dataclass(frozen=True, slots=True)
class StoredClient:
    """Our application as it is stored: what an empty field keeps, at this address only."""

    base_url: str
    oauth_version: int
    client_id: str
    secret: str = field(repr=False)


def examine_form(
    runtime: Runtime, form: IntegrationForm, *, stored: StoredClient | None = None
) -> tuple[Examination, str]:
    """Try what the form says; problems are put at their fields. The corrected base URL comes with it.

    No transaction may be open: this talks to the host.
    """
    platform, typed = form.chosen_platform, form.base_url.data or ""
    try:
        corrected = correct_base_url(platform, typed)
    except ConnectionFailed as error:
        _put_at_field(form, error.diagnosis)
        return _only_address(error.diagnosis), typed
    found = examine(
        platform,
        corrected.url,
        policy=outbound_policy(runtime.settings),
        ca_pem=form.ca_certificate.data or "",
        client=_client(runtime, form, stored if stored is not None and stored.base_url == corrected.url else None),
        oauth_version=form.chosen_oauth_version,
    )
    for problem in found.problems:
        _put_at_field(form, problem)
    return found, corrected.url


def add_from_form(session: Session, runtime: Runtime, form: IntegrationForm, base_url: str, version: str) -> bool:
    """Store a new integration. False, with the reason at its field, when somebody was faster."""
    draft = form.draft(slug=form.slug.data, base_url=base_url)
    actor, user_id = who_acts()
    try:
        integration = add_integration(session, runtime.secret_box, draft, actor=actor, actor_user_id=user_id)
    except SlugTaken as error:
        form.slug.data = error.free
        add_error(form.name, "The callback URL was taken meanwhile. It is a new one now: change it at the host, too.")
        return False
    except ClientTaken:
        add_error(form.client_id, "Another integration uses this application. Make one of its own at the host.")
        return False
    integration.product_version = version
    return True


def change_from_form(
    session: Session, runtime: Runtime, integration: Integration, form: IntegrationForm, base_url: str
) -> bool:
    """Store a changed integration. False, with the reason at its field, when that must not be."""
    before = (integration.base_url, integration.client_id)
    actor, user_id = who_acts()
    try:
        edit_integration(
            session,
            runtime.secret_box,
            integration,
            form.draft(slug=integration.slug, base_url=base_url),
            actor=actor,
            actor_user_id=user_id,
        )
    except BaseUrlLocked:
        add_error(form.base_url, "Accounts are known through this host. Add another integration for another host.")
        return False
    except SecretElsewhere:
        add_error(form.client_secret, "The stored one belongs to the other address. Copy the secret from the host.")
        return False
    except ClientTaken:
        add_error(form.client_id, "Another integration uses this application. Make one of its own at the host.")
        return False
    except LastWayIn:
        add_error(form.uses, "No administrator could log in any more. Keep “Log in”.")
        return False
    if before != (integration.base_url, integration.client_id) or (
        form.client_secret.data and integration.oauth_version == 2
    ):
        integration.tried_at = None
    return True


def tell_corrections(platform_advice: CorrectedUrl, typed: str) -> None:
    """Say what was changed about the base URL, if anything was."""
    if typed and platform_advice.advice and platform_advice.url != typed:
        flash(f"The base URL is {platform_advice.url}. {' '.join(platform_advice.advice)}", "info")


def add_error(control: FlaskForm, text: str) -> None:
    """Put a sentence at a field of a form that was validated already."""
    control.errors = [*control.errors, text]


def who_acts() -> tuple[str, int | None]:
    """For the audit log: a person, or the holder of the setup session."""
    if current_user.is_authenticated:
        return current_user.login or current_user.display_name, current_user.id
    return SETUP_ACTOR, None


def _client(runtime: Runtime, form: IntegrationForm, stored: StoredClient | None) -> ClientCheck | None:
    """What can be checked: what was typed, or what is stored of the same OAuth version."""
    version = form.chosen_oauth_version
    kept = stored if stored is not None and stored.oauth_version == version else StoredClient("", version, "", "")
    client_id = form.client_id.data if version == 2 else kept.client_id
    secret = (form.client_secret.data if version == 2 else "") or kept.secret
    if not client_id or not secret:
        return None
    scopes = tuple(scope.name for scope in form.chosen_platform.scopes_for(form.chosen_uses))
    return ClientCheck(
        client_id=client_id,
        client_secret=secret,
        redirect_uri=callback_url(runtime.settings, form.slug.data or ""),
        scopes=scopes,
        now=utc_now(),
        oauth_version=version,
    )


def _put_at_field(form: IntegrationForm, problem: Diagnosis) -> None:
    name = FIELD_OF_STAGE.get(problem.stage, "base_url")
    if problem.stage is Stage.TLS and "CA certificate" in problem.fix:
        name = "ca_certificate"
    if problem.stage is Stage.PRODUCT and "Choose the platform" in problem.fix:
        name = "platform"
    if CHOOSE_OLD in problem.fix:
        name = "oauth_version"
    elif form.chosen_oauth_version == 1 and name in FIELD_OF_STAGE.values():
        name = "oauth_version"  # there is nothing else to type
    add_error(form[name], f"{problem.problem} {problem.fix}")


def _only_address(problem: Diagnosis) -> Examination:
    line = Line("Address", Verdict.BAD, problem.problem, problem.fix, problem.detail)
    return Examination(lines=(line,), problems=(problem,))
