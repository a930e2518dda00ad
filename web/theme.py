"""The choice of light or dark: a cookie, and the account where there is one."""

from flask import current_app, redirect, request
from werkzeug.wrappers import Response

from web.assets import blueprint
from web.layout import THEME_COOKIE, THEMES, layout_hooks
from web.redirects import safe_next
from web.runtime import current_runtime

ONE_YEAR = 31_536_000


@blueprint.post("/profile/theme")
def choose_theme() -> Response:
    """Remember the choice and go back to where it was made; app.js asks for no page."""
    theme = request.form.get("theme", "")
    theme = theme if theme in THEMES else "auto"
    layout_hooks(current_app).store_theme(theme)
    response = redirect(safe_next(request.form.get("next")), code=303)
    response.set_cookie(
        THEME_COOKIE,
        theme,
        max_age=ONE_YEAR,
        path="/",
        secure=current_runtime().settings.is_https,
        samesite="Lax",
    )
    return response
