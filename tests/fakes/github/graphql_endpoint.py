"""POST /api/graphql: errors come with 200, beside data or in place of it."""

import json
from datetime import UTC, datetime

from werkzeug import Request, Response

from tests.fakes.parts.routing import json_response

from . import limits
from .credentials import Caller
from .errors import error, unauthorized
from .graphql_executor import Cost, Execution, Field, GraphqlRefusal, bound
from .graphql_parser import GraphqlSyntaxError, parse
from .graphql_schema import SCHEMA
from .rendering import stamp
from .server_core import Core


def answer(core: Core, request: Request, caller: Caller) -> Response:
    """Raises ApiError 401 for the anonymous and 400 for what is no JSON."""
    if caller.user is None and caller.installation is None:
        raise unauthorized("This endpoint requires you to be authenticated.")
    if request.method != "POST":
        raise error(404, "Not Found")
    try:
        body = json.loads(request.get_data())
    except ValueError as mistake:
        raise error(400, "Problems parsing JSON") from mistake
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return json_response({"errors": [{"message": "A query attribute must be specified and must be a string."}]})
    try:
        return json_response(_execute(core, request, caller, body["query"], body.get("variables") or {}))
    except GraphqlSyntaxError as mistake:
        return json_response({"errors": [{"message": str(mistake)}]})
    except GraphqlRefusal as refusal:
        return json_response({"errors": refusal.errors})


def _execute(
    core: Core, request: Request, caller: Caller, text: str, variables: dict[str, object]
) -> dict[str, object]:
    """Raises GraphqlRefusal and GraphqlSyntaxError."""
    query = parse(text)
    execution = Execution(core, caller, SCHEMA, query, bound(query, variables))
    spent = Cost()
    execution.schema = {**SCHEMA, "RateLimit": _rate_limit(core, request, caller, spent)}
    found = execution.check()
    spent.nodes, spent.requests = found.nodes, found.requests
    limits.toll_of(core, caller, request, found.points - 1, resource="graphql")
    data = execution.run()
    return {"data": data, "errors": execution.errors} if execution.errors else {"data": data}


def _rate_limit(core: Core, request: Request, caller: Caller, spent: Cost) -> dict[str, Field]:
    toll = limits.toll_of(core, caller, request, 0, resource="graphql")
    reset = datetime.fromtimestamp(toll.reset if toll is not None else 0, UTC)
    return {
        "cost": Field(lambda ask, value: spent.points),
        "nodeCount": Field(lambda ask, value: spent.nodes),
        "limit": Field(lambda ask, value: toll.limit if toll is not None else 0),
        "remaining": Field(lambda ask, value: toll.remaining if toll is not None else 0),
        "used": Field(lambda ask, value: toll.observed if toll is not None else 0),
        "resetAt": Field(lambda ask, value: stamp(reset)),
    }
