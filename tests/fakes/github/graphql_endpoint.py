"""POST /graphql."""

from werkzeug import Request, Response

from tests.fakes.parts.routing import json_response

from .credentials import Caller
from .server_core import Core


def answer(core: Core, request: Request, caller: Caller) -> Response:
    return json_response({"errors": [{"message": "A query attribute must be specified and must be a string."}]})
