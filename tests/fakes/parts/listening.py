"""A threaded HTTP(S) server on loopback that stops at once, open connections included."""

import socket
import ssl
import struct
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

POLL_SECONDS = 0.02


class _Handler(WSGIRequestHandler):
    """Silent, and gives up a connection that is to be dropped."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """The request log of the fake is kept elsewhere."""

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        self.close_connection = True


class _Server(ThreadedWSGIServer):
    """Remembers its open connections so that closing the server closes them."""

    request_queue_size = 256

    def __init__(self, host: str, port: int, app: "WSGIApplication", tls: ssl.SSLContext | None) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(host, port, app, handler=_Handler, ssl_context=tls)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        if _is_to_be_reset(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or one that does not trust our certificate, is no error of ours."""

    def close_all(self) -> None:
        with self._open_lock:
            for connection in list(self._open):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


def _is_to_be_reset(connection: socket.socket) -> bool:
    try:
        linger = connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    except OSError:
        return False
    return struct.unpack("ii", linger) == (1, 0)


class Listener:
    """Serves a WSGI application from construction until `close`."""

    def __init__(self, app: "WSGIApplication", host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._server = _Server(host, port, app, tls)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.close_all()
        self._server.server_close()


def tls_context(certfile: str, keyfile: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile, keyfile)
    return context
