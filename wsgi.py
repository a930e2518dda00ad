"""The web application: `wsgi:create_app()`."""

import time
from collections.abc import Callable

import structlog
from flask import Blueprint, Flask, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ServiceUnavailable

import web
from accounts.views import blueprint as accounts_blueprint
from admin.views import blueprint as admin_blueprint
from composer.views import blueprint as composer_blueprint
from config import Settings
from jobs import hang_bell
from jobs.checks import Check, CheckState, check_readiness
from jobs.connections import open_impatient_redis
from models import Runtime, open_runtime
from models.start import InstanceProblem, prepare_instance
from organizations.views import blueprint as organizations_blueprint
from setup_mode.views import blueprint as setup_blueprint
from web.logging import configure_logging
from web.machines import for_machines
from web.runtime import current_runtime
from webhooks.views import blueprint as webhooks_blueprint

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 5
ASK_AGAIN_SECONDS = 1.0
ALWAYS_ANSWERED = ("health.", "web.")
NEEDED = frozenset({"database", "migrations", "key"})  # without the others people still get their packages

BLUEPRINTS: tuple[Blueprint, ...] = (
    accounts_blueprint,
    composer_blueprint,
    webhooks_blueprint,
    admin_blueprint,
    setup_blueprint,
    organizations_blueprint,
)

health = for_machines(Blueprint("health", __name__))


def create_app(settings: Settings | None = None, *, runtime: Runtime | None = None) -> Flask:
    """Make the application. Settings come from the environment, unless a test brings its own or a whole runtime.

    Raises SettingsError. An instance that must not serve (see models.start) is no error here: it answers 503.
    """
    if runtime is None:
        settings = settings or Settings.from_env()
        configure_logging(settings.log_level)
        runtime = open_runtime(settings)
    hang_bell(runtime)
    app = Flask("repertory", root_path=__file__.rpartition("/")[0], static_folder=None)
    redis = open_impatient_redis(runtime.settings) if runtime.settings.redis_url else None
    web.init_app(app, runtime, redis=redis)
    app.before_request(InstanceGate(runtime).refuse_unready)
    app.register_blueprint(health)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


class InstanceGate:
    """Lets no request in until database, key and data directory were seen to fit together; then for ever."""

    def __init__(self, runtime: Runtime, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds that only grow."""
        self._runtime = runtime
        self._clock = clock
        self._is_open = False
        self._problem = ""
        self._ask_again_at = float("-inf")

    def refuse_unready(self) -> None:
        """Before each request. Raises ServiceUnavailable with the reason."""
        if self._is_open or (request.endpoint or "").startswith(ALWAYS_ANSWERED):
            return
        if self._clock() >= self._ask_again_at:
            self._problem = self._ask()
        if self._problem:
            raise ServiceUnavailable(self._problem, retry_after=RETRY_SECONDS)
        self._is_open = True

    def _ask(self) -> str:
        self._ask_again_at = self._clock() + ASK_AGAIN_SECONDS
        try:
            prepare_instance(self._runtime)
        except InstanceProblem as problem:
            logger.error("instance state unreadable", reason=str(problem))
            return "The state of this instance can not be read. `repertory doctor` on its host says why."
        except SQLAlchemyError as error:
            logger.error("the database does not answer", kind=type(error).__name__)
            return "The database of this installation does not answer."
        return ""


@health.get("/healthz")
def healthz() -> Response:
    """This process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> Response:
    """Whether people can be served: 200, also when only background work is held up (`degraded`), else 503."""
    checks = check_readiness(current_runtime())
    status = judge(checks)
    response = jsonify(status=status, checks={check.key: check.state for check in checks})
    response.status_code = 503 if status == "failing" else 200
    return response


def judge(checks: list[Check]) -> str:
    """`ok`, `degraded` or `failing`."""
    failed = {check.key for check in checks if check.state is CheckState.FAILED}
    if failed & NEEDED:
        return "failing"
    return "degraded" if failed else "ok"
