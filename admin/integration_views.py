"""Integrations: the table, the one form to add or change one with its live guide, trying the login, deleting."""

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import administrator_or_setup_required, recent_login_required
from accounts.setup_guard import setup_session
from accounts.trials import render_trial
from admin.blueprint import blueprint
from admin.guide import correct_base_url, guide_as_shown, guide_for_new, guide_for_stored
from admin.integration_list import list_rows
from admin.kept_secret import forget_secret, keep_secret, take_kept_secret
from admin.saving import (
    StoredClient,
    add_error,
    add_from_form,
    change_from_form,
    examine_form,
    tell_corrections,
    who_acts,
)
from integrations.forms import PLATFORM_CHOICES, IntegrationForm, edit_form, new_form
from integrations.platforms import PLATFORMS
from integrations.service import (
    LastWayIn,
    UnknownIntegration,
    count_dependents,
    delete_integration,
    finish_draft,
    get_integration,
)
from models import Integration, utc_now
from web.database import close_session, get_session
from web.limits import check_limit
from web.runtime import current_runtime

EXAMINATIONS_PER_MINUTE = 20


@blueprint.get("")
@administrator_or_setup_required
def integrations() -> ResponseReturnValue:
    """The start page of the administration."""
    return render_template("admin/integrations.html", rows=list_rows(get_session()))


@blueprint.get("/integrations/guide")
@administrator_or_setup_required
def guide() -> ResponseReturnValue:
    """The live box for what is typed at this moment."""
    form = IntegrationForm(request.args)
    shown = guide_for_new(get_session(), current_runtime().settings, form)
    return render_template("admin/_guide.html", guide=shown, is_new=True)


@blueprint.get("/integrations/<slug>/guide")
@administrator_or_setup_required
def stored_guide(slug: str) -> ResponseReturnValue:
    """The live box of a stored integration."""
    integration, form = _integration_or_404(slug), IntegrationForm(request.args)
    form.platform.data = integration.platform
    shown = guide_for_stored(current_runtime(), integration, form)
    return render_template("admin/_guide.html", guide=shown, is_new=False)


@blueprint.get("/integrations/new")
@administrator_or_setup_required
def new_integration() -> ResponseReturnValue:
    """The empty form."""
    return _new_page(new_form(), is_slug_kept=False)


@blueprint.post("/integrations/new")
@administrator_or_setup_required
@recent_login_required
def add_integration() -> ResponseReturnValue:
    """Update the guide, test the connection, or create the integration."""
    form, action = new_form(), request.form.get("action", "create")
    has_policy_changed = form.follow_platform()
    take_kept_secret(session, current_runtime().secret_box, form, now=utc_now())
    if action == "guide":
        return _new_page(form, is_slug_kept=False)
    is_valid = form.validate_on_submit()
    if has_policy_changed:
        words = f"This is the usual choice for {form.chosen_platform.label}, which was chosen last. Check it."
        add_error(form.login_policy, words)
    if action == "test":
        form.client_id.errors, form.client_secret.errors = [], []
    if form.errors:
        return _new_page(form)
    return _test_new(form) if action == "test" else _create(form, is_valid=is_valid)


def _create(form: IntegrationForm, *, is_valid: bool) -> ResponseReturnValue:
    check_limit("examine", limit=EXAMINATIONS_PER_MINUTE)
    close_session()  # the guards have read with it, and no transaction may wait for the host
    found, base_url = examine_form(current_runtime(), form)
    if not is_valid or not found.is_good:
        return _new_page(form, examination=found)
    if not add_from_form(get_session(), current_runtime(), form, base_url, found.version):
        return _new_page(form)
    get_session().commit()
    forget_secret(session)
    flash(f"Integration created: “{form.name.data}”", "success")
    tell_corrections(correct_base_url(form.chosen_platform, form.base_url.data), form.base_url.data)
    for warning in found.warnings:
        flash(warning, "warning")
    return _after_adding(form)


def _after_adding(form: IntegrationForm) -> ResponseReturnValue:
    """On to the next thing to do: the host has to know our keys before anybody can try them."""
    if form.chosen_oauth_version == 1:
        flash("Its keys are made. Enter them at the host as the guide says, then test the connection.", "info")
        return redirect(url_for("admin.integration", slug=form.slug.data), code=303)
    if setup_session() is not None:
        return redirect(f"/setup/try/{form.slug.data}", code=303)
    return redirect(url_for("admin.integrations"), code=303)


def _test_new(form: IntegrationForm) -> ResponseReturnValue:
    check_limit("examine", limit=EXAMINATIONS_PER_MINUTE)
    close_session()
    found, _ = examine_form(current_runtime(), form)
    return _new_page(form, examination=found)


@blueprint.get("/integrations/<slug>")
@administrator_or_setup_required
def integration(slug: str) -> ResponseReturnValue:
    """The form of a stored integration."""
    stored = _integration_or_404(slug)
    return _edit_page(stored, edit_form(stored))


@blueprint.post("/integrations/<slug>")
@administrator_or_setup_required
@recent_login_required
def change_integration(slug: str) -> ResponseReturnValue:
    """Update the guide, test the connection, or save."""
    stored, action = _integration_or_404(slug), request.form.get("action", "save")
    form = edit_form(stored)
    if action == "guide" or not form.validate_on_submit():
        return _edit_page(stored, form)
    check_limit("examine", limit=EXAMINATIONS_PER_MINUTE)
    client = None if stored.is_draft and action == "save" else _stored_client(stored)  # a draft's keys wait for a test
    close_session()
    examination, base_url = examine_form(current_runtime(), form, stored=client)
    stored = _integration_or_404(slug)
    if not examination.is_good or (action == "test" and not stored.is_draft):
        return _edit_page(stored, form, examination=examination)
    if not change_from_form(get_session(), current_runtime(), stored, form, base_url):
        return _edit_page(stored, form)
    return _after_changing(stored, is_known=examination.knows_our_keys)


def _stored_client(stored: Integration) -> StoredClient:
    secret = stored.unseal_client_secret(current_runtime().secret_box)
    return StoredClient(stored.base_url, stored.oauth_version, stored.client_id, secret)


def _after_changing(stored: Integration, *, is_known: bool) -> ResponseReturnValue:
    """Commit. An integration whose keys the host knows now is no draft any more."""
    actor, user_id = who_acts()
    is_finished = stored.is_draft and is_known
    if is_finished:
        finish_draft(get_session(), stored, actor=actor, actor_user_id=user_id)
    get_session().commit()
    if stored.is_draft:
        flash("Saved. The host still has to be told the keys below.", "info")
        return redirect(url_for("admin.integration", slug=stored.slug), code=303)
    flash(f"Integration saved: “{stored.name}”", "success")
    if is_finished:
        flash("The host knows its keys. Try the login.", "success")
        return redirect(url_for("admin.try_login", slug=stored.slug), code=303)
    return redirect(url_for("admin.integrations"), code=303)


@blueprint.get("/integrations/<slug>/try")
@administrator_or_setup_required
def try_login(slug: str) -> ResponseReturnValue:
    """Try the login of an integration at any time, as the setup does."""
    if setup_session() is not None:
        return redirect(f"/setup/try/{slug}", code=303)
    return render_trial("admin/try.html", slug)


@blueprint.get("/integrations/<slug>/try/progress")
@administrator_or_setup_required
def try_progress(slug: str) -> ResponseReturnValue:
    """The part of the page that is polled."""
    return render_trial("admin/_try.html", slug)


@blueprint.get("/integrations/<slug>/delete")
@administrator_or_setup_required
def ask_to_delete(slug: str) -> ResponseReturnValue:
    """What hangs on the integration."""
    return _delete_page(_integration_or_404(slug))


@blueprint.post("/integrations/<slug>/delete")
@administrator_or_setup_required
@recent_login_required
def delete(slug: str) -> ResponseReturnValue:
    """Delete the integration whose name was typed."""
    stored, (actor, user_id) = _integration_or_404(slug), who_acts()
    if request.form.get("confirmation", "").strip() != stored.name:
        return _delete_page(stored, error=f"Type {stored.name} exactly as it is written.")
    try:
        delete_integration(
            get_session(),
            current_runtime().secret_box,
            stored,
            actor=actor,
            actor_user_id=user_id,
            now=utc_now(),
        )
    except LastWayIn:
        return _delete_page(stored, error="No administrator could log in any more. Connect another account first.")
    get_session().commit()
    flash(f"Integration deleted: “{stored.name}”", "success")
    return redirect(url_for("admin.integrations"), code=303)


def _new_page(form: IntegrationForm, *, is_slug_kept: bool = True, **values: object) -> ResponseReturnValue:
    """The form with a guide: with the slug that was shown, unless it is to follow the name."""
    settings, box = current_runtime().settings, current_runtime().secret_box
    keep_secret(session, box, form, now=utc_now())
    is_usable = is_slug_kept and form.slug.data and not form.slug.errors
    shown = guide_as_shown(settings, form) if is_usable else guide_for_new(get_session(), settings, form)
    return render_template(
        "admin/integration_new.html", form=form, guide=shown, platforms=list(PLATFORMS.values()), **values
    )


def _edit_page(stored: Integration, form: IntegrationForm, **values: object) -> ResponseReturnValue:
    return render_template(
        "admin/integration_edit.html",
        form=form,
        guide=guide_for_stored(current_runtime(), stored, form),
        integration=stored,
        platform_label=PLATFORM_CHOICES[stored.platform],
        dependents=count_dependents(get_session(), stored.id),
        **values,
    )


def _delete_page(stored: Integration, *, error: str = "") -> ResponseReturnValue:
    dependents = count_dependents(get_session(), stored.id)
    page = render_template("admin/integration_delete.html", integration=stored, dependents=dependents, error=error)
    return page, 409 if error else 200


def _integration_or_404(slug: str) -> Integration:
    try:
        return get_integration(get_session(), slug)
    except UnknownIntegration:
        abort(404)
