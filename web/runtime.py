"""The runtime (settings, database, secret box) of the application that answers this request."""

from flask import Flask, current_app

from models.runtime import Runtime

EXTENSION = "repertory_runtime"


def init_runtime(app: Flask, runtime: Runtime) -> None:
    """Keep the runtime with the application."""
    app.extensions[EXTENSION] = runtime


def current_runtime() -> Runtime:
    """Settings, database and secret box of this process."""
    runtime: Runtime = current_app.extensions[EXTENSION]
    return runtime
