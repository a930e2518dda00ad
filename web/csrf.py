"""What changes something must come from our own pages: a token in the form, and what the browser itself says."""

from flask import Flask, abort, request
from flask_wtf.csrf import CSRFProtect

from models.runtime import Runtime
from web.machines import is_machine_request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OWN_SITES = frozenset({"same-origin", "none"})

csrf = CSRFProtect()


def init_csrf(app: Flask, runtime: Runtime) -> None:
    """Check every changing request of a browser, before any view."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # we decide when, in check_request
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a token lives as long as the session that it is bound to
    app.config["WTF_CSRF_SSL_STRICT"] = False  # asks for a Referer, which our own policy suppresses
    csrf.init_app(app)
    origin = f"{runtime.settings.base.scheme}://{runtime.settings.base.netloc}"

    @app.before_request
    def check_request() -> None:
        if request.method in SAFE_METHODS or request.endpoint is None or is_machine_request():
            return
        if not _comes_from_our_pages(origin):
            abort(403, "The request came from another site.")
        csrf.protect()


def _comes_from_our_pages(origin: str) -> bool:
    """What the browser says: Sec-Fetch-Site, which no page can forge, else Origin; clients that say neither pass."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in OWN_SITES
    said = request.headers.get("Origin")
    return said is None or said.lower() == origin
