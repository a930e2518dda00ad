"""Whether a request of ours is one that the host describes, and whether an answer of its fake fits. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from tests.fakes.parts.records import KEPT_BODY, RequestRecord

from .contract import Contract, Endpoint
from .graphql import answer_problems, query_problems
from .shapes import Shapes

WORDS = {"integer": re.compile(r"-?\d+"), "number": re.compile(r"-?\d+(\.\d+)?"), "boolean": re.compile("true|false")}


def check_request(contract: Contract, record: RequestRecord) -> list[str]:
    """What is wrong with the request: path, method, parameters, body."""
    endpoint = contract.find(record.method, record.path)
    if endpoint is None:
        return [f"{record.method} {record.path} is not in the contract"]
    common = contract.query if endpoint.method == "GET" else {}
    found = [*_query_problems(record.query, {**common, **endpoint.query})]
    found += _body_problems(contract, endpoint, record)
    return [f"{endpoint.method} {endpoint.template}: {each}" for each in found]


def check_answer(contract: Contract, record: RequestRecord) -> list[str]:
    """What is wrong with the answer. Those without a body that could be looked at are right."""
    endpoint = contract.find(record.method, record.path)
    if endpoint is None or record.method == "HEAD" or record.status < 200 or len(record.response_body) >= KEPT_BODY:
        return []
    is_partial = bool(contract.partial) and contract.partial in record.query
    found = _answer_problems(contract, endpoint, record, contract.shapes(partial=is_partial))
    return [f"{endpoint.method} {endpoint.template} → {record.status}: {each}" for each in found]


def _query_problems(query: Mapping[str, str], described: Mapping[str, object]) -> Iterator[str]:
    rules = {name.removesuffix("~"): rule for name, rule in described.items()}
    for name, value in query.items():
        if name not in rules:
            yield f"the parameter {name} is unknown"
        elif not _is_word_of(value, rules[name]):
            yield f"the parameter {name} may not be {value!r}, but {rules[name]}"
    yield from (f"the parameter {name} is missing" for name in described if name[-1] != "~" and name not in query)


def _is_word_of(value: str, rule: object) -> bool:
    """Whether a parameter's text is of a type; lists are sent as repeated or comma separated texts."""
    if not isinstance(rule, str):
        return True
    if rule.startswith("="):
        return value in rule[1:].removesuffix("?").split("|")
    pattern = WORDS.get(rule.removesuffix("?"))
    return pattern is None or pattern.fullmatch(value) is not None


def _body_problems(contract: Contract, endpoint: Endpoint, record: RequestRecord) -> Iterator[str]:
    if not record.request_body:
        if endpoint.body is not None and _needs_something(endpoint.body):
            yield "the body is missing"
        return
    body = _parse(record.request_body)
    if body is None:
        body = dict(parse_qsl(record.request_body.decode(), keep_blank_values=True))
    if endpoint.body is None:
        yield "a body is sent"
        return
    yield from contract.shapes(strict=True).compare(body, endpoint.body, "body")
    if contract.graphql and isinstance(body, dict) and isinstance(body.get("query"), str):
        yield from query_problems(contract.graphql, body["query"], body.get("variables") or {})


def _needs_something(schema: object) -> bool:
    return isinstance(schema, dict) and any(name[-1] not in "~?*" for name in schema)


def _answer_problems(contract: Contract, endpoint: Endpoint, record: RequestRecord, shapes: Shapes) -> Iterator[str]:
    if str(record.status) in endpoint.answers:
        schema = endpoint.answers[str(record.status)]
        if schema is None:
            yield from ["a body is answered"] if record.response_body else []
        else:
            yield from _json_problems(record, schema, shapes)
            yield from _graphql_problems(contract, record)
    elif record.status >= 400:
        yield from _json_problems(record, contract.errors, shapes)
    elif not 300 <= record.status < 400:
        yield f"this status is not described, but {', '.join(endpoint.answers)}"


def _json_problems(record: RequestRecord, schema: object, shapes: Shapes) -> Iterator[str]:
    if not is_json(record):
        may_be_bytes = schema == "bytes" or (isinstance(schema, dict) and "bytes" in schema.get("|", ()))
        yield from [] if may_be_bytes else [f"{content_type(record) or 'nothing'} is answered instead of JSON"]
        return
    value = _parse(record.response_body)
    if schema != "bytes":
        yield from shapes.compare(value, schema, "answer")


def _graphql_problems(contract: Contract, record: RequestRecord) -> Iterator[str]:
    sent, answered = _parse(record.request_body), _parse(record.response_body)
    if contract.graphql and isinstance(sent, dict) and isinstance(answered, dict):
        data = answered.get("data")
        if isinstance(data, dict) and "errors" not in answered:
            yield from answer_problems(contract.graphql, str(sent.get("query", "")), data)


def content_type(record: RequestRecord) -> str:
    """The media type of the answer."""
    named = {name.lower(): value for name, value in record.response_headers.items()}
    return named.get("content-type", "").partition(";")[0].strip()


def is_json(record: RequestRecord) -> bool:
    """Whether the answer says that it is JSON; raw contents of files are not, whatever is in them."""
    kind = content_type(record)
    return kind.endswith("json") and ".raw" not in kind


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
