"""The WSGI callable of a fake: the control endpoints, misbehaviour, and the request log."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from werkzeug import Request, Response

from .control import Control
from .core import BaseCore
from .misbehaviour import Rule, Spoilers, spoil
from .records import RequestRecord, bounded
from .routing import SECRET_PARAMETERS, raw_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CoreT = TypeVar("CoreT", bound=BaseCore[Any])
TEMPLATE = "fake.template"  # where `answer` leaves the path's template, in the environment of the request


class BaseApplication(ABC, Generic[CoreT]):
    """A WSGI callable around one core."""

    spoilers: ClassVar[Spoilers] = {}  # what this host does in its own way

    def __init__(self, core: CoreT, control: "Control[Any] | None") -> None:
        self.core = core
        self.rules: list[Rule] = []
        self._control = control

    @abstractmethod
    def answer(self, request: Request, path: str) -> Response:
        """What the host answers; `path` is still encoded and without the prefix."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = self._respond(Request(environ))
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        path = raw_path(request, self.core.prefix)
        request.get_data()  # kept with the request, for its handler and the log
        if self._control is not None and path.startswith("/_fake/"):
            return self._control.respond(request, path)
        query = request.query_string.decode()
        target = f"{path}?{query}" if query else path
        rule = next((each for each in list(self.rules) if each.takes(target)), None)
        response = None
        try:
            if rule is None:
                response = self._prefixed_answer(request, path)
            else:
                response = spoil(rule, request, lambda: self._prefixed_answer(request, path), self.spoilers)
        finally:
            self._record(request, path, response, is_spoilt=rule is not None)
        return response

    def _prefixed_answer(self, request: Request, path: str) -> Response:
        if self.core.prefix and not request.path.startswith(f"{self.core.prefix}/"):
            return Response("Not here", 404, content_type="text/plain")
        return self.answer(request, path)

    def _record(self, request: Request, path: str, response: Response | None, *, is_spoilt: bool) -> None:
        query = {key: value for key, value in request.args.items() if key not in SECRET_PARAMETERS}
        template = request.environ.get(TEMPLATE, path)
        sent = bounded(request.get_data(), request.mimetype)
        record = RequestRecord(request.method, path, template, query, 0, sent, is_spoilt=is_spoilt)
        record = replace(record, agent=request.headers.get("User-Agent", ""))
        if response is not None:
            is_whole = not response.is_streamed and not response.direct_passthrough
            answered = bounded(response.get_data(), response.mimetype or "") if is_whole else b""
            headers = dict(response.headers.items())
            record = replace(record, status=response.status_code, response_body=answered, response_headers=headers)
        self.core.record(record)
