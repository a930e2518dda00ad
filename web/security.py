"""Headers that every answer carries."""

from flask import Flask, Response, request

from models.runtime import Runtime
from web.machines import is_machine_request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}
ONE_YEAR = 31_536_000


def init_security(app: Flask, runtime: Runtime) -> None:
    """Add the headers to every answer; a view may have set a stricter value of its own."""
    headers = dict(HEADERS)
    if runtime.settings.is_https:
        headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}"

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "web.asset" and not is_machine_request():
            response.headers.setdefault("Cache-Control", "no-store")
            response.vary.add("Cookie")
        return response
