"""All pages of accounts on one blueprint. Registering it also installs the guards, the login and the frame's hooks."""

from typing import cast

from flask import Flask
from flask.blueprints import BlueprintSetupState

from accounts import login_views, oauth_views, profile_views, setup_views, token_views
from accounts.blueprint import blueprint
from accounts.current import init_current_user
from accounts.layout import init_layout
from accounts.setup_guard import init_setup_guard

__all__ = ["blueprint", "login_views", "oauth_views", "profile_views", "setup_views", "token_views"]


@blueprint.record_once
def install(state: BlueprintSetupState) -> None:
    """Wire accounts into the application. Needs `web.init_app` before it."""
    app = cast(Flask, state.app)
    init_current_user(app)
    init_setup_guard(app)
    init_layout(app)
