"""Addresses that programs use, not browsers: Composer, hooks, probes.

They have no browser session, so there is nothing for a foreign page to abuse: no CSRF check, errors as JSON, no cookie.
Each such blueprint says so once with `for_machines(blueprint)`.
"""

from typing import cast

from flask import Blueprint, Flask, current_app, request
from flask.blueprints import BlueprintSetupState

EXTENSION = "repertory_machine_blueprints"


def for_machines(blueprint: Blueprint) -> Blueprint:
    """Declare that all views of a blueprint answer programs."""

    def remember(state: BlueprintSetupState) -> None:
        machine_blueprints(cast(Flask, state.app)).add(state.name)

    blueprint.record(remember)
    return blueprint


def machine_blueprints(app: Flask) -> set[str]:
    """Names of the declared blueprints."""
    names: set[str] = app.extensions.setdefault(EXTENSION, set())
    return names


def is_machine_request() -> bool:
    """Whether this request went to an address for programs. A path that leads nowhere is judged by its shape."""
    if request.blueprint is not None:
        return request.blueprint in machine_blueprints(current_app)
    return request.path.startswith("/hooks/") or request.path.endswith((".json", ".zip"))
