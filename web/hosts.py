"""Which host name and client address a request is believed to have."""

from collections.abc import Iterable
from urllib.parse import SplitResult
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix

from models.runtime import Runtime

DEFAULT_PORTS = {"http": 80, "https": 443}
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})  # asked by address, answer without any link
PEER = "repertory.peer"
HOST_IS_OURS = "repertory.host_is_ours"


class BaseUrlMiddleware:
    """Every address we make is that of the base URL, whatever the request or a proxy says."""

    def __init__(self, application: WSGIApplication, base: SplitResult) -> None:
        self._application = application
        self._base = base

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Note whether the Host header is right, then put the base URL in its place."""
        environ[HOST_IS_OURS] = is_host_of(environ.get("HTTP_HOST", ""), self._base)
        environ["HTTP_HOST"] = self._base.netloc
        environ["wsgi.url_scheme"] = self._base.scheme
        return self._application(environ, start_response)


class PeerMiddleware:
    """Keep the address of the socket's other end, before any header is believed."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Note the peer and go on."""
        environ[PEER] = environ.get("REMOTE_ADDR", "")
        return self._application(environ, start_response)


def is_host_of(host: str, base: SplitResult) -> bool:
    """Whether a Host header names the base URL; the default port may be written or left out."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or port.endswith("]"):
        name, port = host.lower(), ""
    default = DEFAULT_PORTS[base.scheme]
    own_name = base.netloc.removesuffix(f":{base.port}") if base.port else base.netloc
    return name == own_name and port in ({str(base.port)} if base.port else {"", str(default)}) | (
        {""} if base.port == default else set()
    )


def socket_peer() -> str:
    """The address at the other end of the socket: a proxy's, when there is one."""
    peer: str = request.environ.get(PEER, "")
    return peer


def init_hosts(app: Flask, runtime: Runtime) -> None:
    """Believe as many forwarding headers as there are trusted proxies, and refuse other host names."""
    hops = runtime.settings.trusted_proxy_hops
    wsgi_app: WSGIApplication = BaseUrlMiddleware(app.wsgi_app, runtime.settings.base)
    if hops:
        wsgi_app = ProxyFix(wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=0, x_prefix=0)
    app.wsgi_app = PeerMiddleware(wsgi_app)  # type: ignore[method-assign]

    @app.before_request
    def refuse_other_hosts() -> None:
        if not request.environ[HOST_IS_OURS] and request.path not in PROBES:
            abort(400, "The request names a host that is not this one.")
