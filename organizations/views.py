"""All pages of organizations on one blueprint. Registering it also hangs our parts on the frame of every page."""

from typing import cast

from flask import Flask
from flask.blueprints import BlueprintSetupState

from organizations import (
    access_views,
    brake_views,
    creation_views,
    credential_views,
    hold_views,
    home_views,
    log_views,
    package_views,
    people_views,
    run_views,
    settings_views,
    synchronization_views,
    token_views,
    webhook_views,
)
from organizations.blueprint import blueprint
from organizations.layout import init_layout

__all__ = [
    "access_views",
    "blueprint",
    "brake_views",
    "creation_views",
    "credential_views",
    "hold_views",
    "home_views",
    "log_views",
    "package_views",
    "people_views",
    "run_views",
    "settings_views",
    "synchronization_views",
    "token_views",
    "webhook_views",
]


@blueprint.record_once
def install(state: BlueprintSetupState) -> None:
    """Wire organizations into the application. Needs `web.init_app` and accounts before it."""
    init_layout(cast(Flask, state.app))
