"""The wizard: system check, integrations, trial login, becoming administrator. Only in Setup Mode."""

from collections.abc import Sequence
from typing import cast

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from accounts.guards import current_user, is_setup_mode, setup_required
from accounts.setup_guard import setup_session
from accounts.system_check import count_failed, run_system_check
from accounts.trials import render_trial
from integrations.service import list_integrations, list_login_integrations, platform_of
from setup_mode.steps import (
    LABELS,
    OVERVIEW,
    SENTENCES,
    SetupProgress,
    SetupStep,
    draw_steps,
    find_progress,
    is_first_organization_due,
    step_of_page,
)
from web.components import Step
from web.database import get_session
from web.layout import layout_hooks
from web.runtime import current_runtime

CHECKED = "setup_checked"

blueprint = Blueprint("setup_mode", __name__, url_prefix="/setup")


@blueprint.record_once
def install(state: BlueprintSetupState) -> None:
    """Let the frame draw the progress bar."""
    layout_hooks(cast(Flask, state.app)).progress = draw_progress


@blueprint.get("")
@setup_required
def overview() -> ResponseReturnValue:
    """What has to be done, and the way on."""
    progress = _progress()
    steps = [(step, LABELS[step], SENTENCES[step], step in progress.done, progress.url(step)) for step in SetupStep]
    return render_template("setup_mode/overview.html", steps=steps, progress=progress, next_step=progress.next_step)


@blueprint.get("/check")
@setup_required
def check() -> ResponseReturnValue:
    """The system check. It is done once nothing failed; what failed stops nobody from going on."""
    lines = run_system_check(current_runtime())
    failed = count_failed(lines)
    if session.get(CHECKED) != (not failed):
        session[CHECKED] = not failed
    return render_template("setup_mode/check.html", lines=lines, failed=failed, progress=_progress())


@blueprint.get("/integrations")
@setup_required
def integrations() -> ResponseReturnValue:
    """The integrations that exist already: change one, add another, or go on."""
    found = list_integrations(get_session())
    if not found:
        return redirect(url_for("admin.new_integration"), code=303)
    return render_template("setup_mode/integrations.html", integrations=found, platform_of=platform_of)


@blueprint.get("/try")
@setup_required
def choose_trial() -> ResponseReturnValue:
    """The trial of the newest integration."""
    slug = _progress().slug
    return redirect(url_for(".try_login", slug=slug) if slug else url_for("admin.new_integration"), code=303)


@blueprint.get("/try/<slug>")
def try_login(slug: str) -> ResponseReturnValue:
    """A whole round trip to the host that stores nothing. A tab that was left open outlives Setup Mode."""
    if setup_session() is None:
        flash("Repertory is set up now. Each integration still has its “Try the login”.", "info")
        return redirect(url_for("admin.integrations"), code=303)
    return render_trial("setup_mode/try.html", slug)


@blueprint.get("/try/<slug>/progress")
@setup_required
def try_progress(slug: str) -> ResponseReturnValue:
    """The part of the page that is polled."""
    return render_trial("setup_mode/_try.html", slug)


@blueprint.get("/claim")
@setup_required
def claim() -> ResponseReturnValue:
    """Log in and become the administrator."""
    usable = list_login_integrations(get_session())
    chosen = current_runtime().settings.setup_admin
    return render_template("setup_mode/claim.html", integrations=usable, chosen=chosen)


def draw_progress() -> Sequence[Step]:
    """The progress bar: on the wizard's pages in Setup Mode, and on those of step 5 after it."""
    current = step_of_page(request.path)
    if is_setup_mode():
        if setup_session() is None or (current is None and request.path not in {OVERVIEW, "/setup/integrations"}):
            return ()
        return draw_steps(_progress(), current or _current_elsewhere())
    if current is not SetupStep.ORGANIZATION or not current_user.is_administrator:
        return ()
    if not is_first_organization_due(get_session()):
        return ()
    return draw_steps(find_progress(get_session(), is_checked=True, is_claimed=True), current)


def _current_elsewhere() -> SetupStep | None:
    return SetupStep.INTEGRATION if request.path != OVERVIEW else None


def _progress() -> SetupProgress:
    return find_progress(get_session(), is_checked=bool(session.get(CHECKED)), is_claimed=False)
