"""What every page shares. The packages above build on this; it knows none of them.

Setting up (wsgi.py): `app = Flask(__name__, static_folder=None)`, then
`web.init_app(app, runtime, redis=client)`, then the blueprints. It serves `/static/…` and `POST /profile/theme`.

For views
    get_session(), @writes      database session of the request; views commit                     (database)
    current_runtime()           settings, database, secret box                                    (runtime)
    browser_session(), log_in(), log_out(), renew_session_id(), confirm_identity(),
    ensure_session_row(), is_recently_authenticated(), list_/revoke_…                             (login)
    safe_next(form_value)       local path to return to                                           (redirects)
    load_page(), Page           lists                                                             (paging)
    @limited("login", limit=20) rate limit; check_limit() inside a view                           (limits)
    request_id()                the number shown on error pages                                   (requests)
    abort(404)                  becomes the error page; a description given to abort is its reason
For blueprints of programs
    for_machines(blueprint)     no CSRF, no cookie, JSON errors                                   (machines)
For the frame of the pages
    layout_hooks(app)           who is logged in, organizations, banners, menus, wizard progress  (layout)
    Step, Column, EmptyState, Change, ChangeGroup   what the macros draw                          (components)
For the command line and the workers
    configure_logging(level)                                                                      (logging)
    delete_expired_sessions(session, now)                                                         (login)

Forms are Flask-WTF's; choices are mappings (choices={"value": "Label"}), because tuples warn in WTForms 3.3.
Templates extend base.html (blocks title, head, side, content) and import macros from _macros/:
    page (page_header, action_button, section, empty_state, facts, external, live_region, reload_without_script) ·
    status (status, badge, avatar, person, when, date, meter) · table (table_frame, filter_row, pagination) ·
    fields (form_frame, field, choices_field, form_buttons, error_summary) · copy (copy_field, snippet) ·
    messages (notice, danger_box, confirm_by_name) · navigation (side_nav, tabs) · stepper ·
    changes (change_list) · icons (icon).
app.js understands data-poll-url (live_region), data-copy, data-relative, data-search, and on forms data-live-form with
data-live-url and data-live-target: on input the fields marked data-live are sent to that URL (GET), and the answer
replaces what the target holds. Secrets are never marked data-live.
Class js-only hides what needs script, without-js what replaces it (*Update guide*).
data-announce inside a live region is read out when it changes.
"""

from flask import Flask
from redis import Redis

from models.runtime import Runtime
from web import theme as _theme  # noqa: F401 - adds its view to the blueprint
from web.assets import asset_url, blueprint
from web.csrf import init_csrf
from web.database import init_database
from web.errors import init_errors
from web.filters import init_filters
from web.hosts import init_hosts
from web.inputs import init_inputs
from web.layout import init_layout
from web.limits import init_limits
from web.requests import init_requests
from web.runtime import init_runtime
from web.security import init_security
from web.sessions import DatabaseSessions

LARGEST_FORM = 1024 * 1024


def init_app(app: Flask, runtime: Runtime, *, redis: "Redis | None" = None) -> None:
    """Wire everything above into an application. Raises ValueError for one that serves a static folder of its own."""
    if app.has_static_folder:
        raise ValueError("make the application with static_folder=None: /static is served by web.assets")
    app.secret_key, *app.config["SECRET_KEY_FALLBACKS"] = runtime.secret_box.derive_keys("flask")
    if app.config["MAX_CONTENT_LENGTH"] is None:  # Flask sets it to that, so `setdefault` would do nothing
        app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    app.session_interface = DatabaseSessions(runtime)
    init_runtime(app, runtime)
    init_requests(app)
    init_errors(app)
    init_hosts(app, runtime)
    init_csrf(app, runtime)
    init_inputs(app)
    init_security(app, runtime)
    init_database(app)
    init_limits(app, redis)
    init_layout(app)
    init_filters(app)
    app.jinja_env.globals["asset_url"] = asset_url
    app.register_blueprint(blueprint)
