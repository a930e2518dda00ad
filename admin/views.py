"""All pages of the administration on one blueprint. Registering it also adds its way into the account menu."""

from typing import cast

from flask import Flask
from flask.blueprints import BlueprintSetupState

from admin import activity_views, integration_views, log_views, people_views, settings_views
from admin.blueprint import blueprint
from admin.navigation import init_navigation

__all__ = ["activity_views", "blueprint", "integration_views", "log_views", "people_views", "settings_views"]


@blueprint.record_once
def install(state: BlueprintSetupState) -> None:
    """Wire the administration into the application."""
    init_navigation(cast(Flask, state.app))
