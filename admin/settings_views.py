"""Settings of the instance."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import administrator_or_setup_required, recent_login_required
from admin.blueprint import blueprint
from admin.saving import who_acts
from admin.settings import SettingsForm, describe_server, save_settings
from models import Instance
from web.database import get_session
from web.runtime import current_runtime


@blueprint.get("/settings")
@administrator_or_setup_required
def settings() -> ResponseReturnValue:
    """The form, and the settings of the server."""
    return _page(SettingsForm(obj=get_session().get_one(Instance, 1)))


@blueprint.post("/settings")
@administrator_or_setup_required
@recent_login_required
def change_settings() -> ResponseReturnValue:
    """Save the settings."""
    form, session = SettingsForm(), get_session()
    if not form.validate_on_submit():
        return _page(form)
    actor, user_id = who_acts()
    save_settings(
        session,
        session.get_one(Instance, 1),
        form,
        actor=actor,
        actor_user_id=user_id,
    )
    session.commit()
    flash("The settings are saved.", "success")
    return redirect(url_for("admin.settings"), code=303)


def _page(form: SettingsForm) -> ResponseReturnValue:
    return render_template("admin/settings.html", form=form, server=describe_server(current_runtime().settings))
