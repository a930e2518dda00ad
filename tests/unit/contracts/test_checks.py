"""Requests and answers compared with a contract, and the watch over fakes."""

import json
from dataclasses import replace

import pytest
import requests

from tests.contracts.checks import check_answer, check_request
from tests.contracts.contract import read_contract
from tests.contracts.watching import DATA, WATCH, Watch, load_contract, problems_of
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.parts.records import KEPT_BODY, RequestRecord

JSON = {"Content-Type": "application/json; charset=utf-8"}
RAW = {"content-type": "application/octet-stream"}
CONTRACT = read_contract(
    {
        "areas": ["/api/"],
        "query": {"page~": "integer"},
        "partial": "fields",
        "errors": [{"message": "string"}],
        "aliases": {"/api/numbers/{number:integer}": "/api/teams/{team}"},
        "endpoints": {
            "GET /api/teams": {
                "query": {"role~": "=all|admin", "deep~": "boolean", "size": "number", "some~": ["string"]},
                "answers": {"200": ["#team"]},
            },
            "GET /api/teams/mine": {"answers": {"200": {"mine": "boolean"}}},
            "GET /api/teams/{team}": {"answers": {"200": "#team", "204": None}},
            "GET /api/files/{id:integer}/{path:rest}": {"answers": {"200": {"|": ["bytes", {"size": "integer"}]}}},
            "GET /api/raw": {"answers": {"200": "bytes"}},
            "POST /api/teams": {"body": {"name": "string", "open~": "boolean"}, "answers": {"201": "#team"}},
            "POST /api/pings": {"body": {"why~": "string"}, "answers": {"204": None}},
        },
        "schemas": {"team": {"id": "integer", "name~": "string"}},
        "known": ["url"],
    }
)


def asked(method: str, path: str, body: object = None, **query: str) -> list[str]:
    sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return check_request(CONTRACT, RequestRecord(method, path, path, query, 200, sent))


def answered(path: str, body: object, status: int = 200, method: str = "GET", **changes: object) -> list[str]:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    record = RequestRecord(method, path, path, {}, status, b"", sent, JSON)
    return [each.partition(": ")[2] for each in check_answer(CONTRACT, replace(record, **changes))]  # type: ignore[arg-type]


def test_requests_of_the_contract_are_right() -> None:
    assert asked("GET", "/api/teams", role="admin", deep="true", size="0.5", page="2", some="x") == []
    assert asked("HEAD", "/api/teams/7") == []
    assert asked("GET", "/api/numbers/7") == []
    assert asked("GET", "/api/files/7/lib/composer.json") == []
    assert asked("POST", "/api/teams", {"name": "x", "open": True}) == []
    assert asked("POST", "/api/pings") == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/teams"), *(("GET", f"/api/{path}") for path in ("teams/", "team", "numbers/x", "files/x/y"))],
)
def test_an_unknown_path_or_method_is_a_problem(method: str, path: str) -> None:
    assert asked(method, path) == [f"{method} {path} is not in the contract"]


def test_wrong_parameters_are_problems() -> None:
    assert asked("GET", "/api/teams", roel="all", size="1") == ["GET /api/teams: the parameter roel is unknown"]
    assert asked("GET", "/api/teams") == ["GET /api/teams: the parameter size is missing"]
    for name, value in {"role": "owner", "deep": "1", "page": "x", "size": "x"}.items():
        problems = asked("GET", "/api/teams", **{"size": "1", name: value})
        assert [each.partition(" may not be ")[0] for each in problems] == [f"GET /api/teams: the parameter {name}"]


def test_wrong_bodies_are_problems() -> None:
    place = "POST /api/teams: "

    assert asked("POST", "/api/teams") == [f"{place}the body is missing"]
    assert asked("POST", "/api/teams", {}) == [f"{place}body.name: is missing"]
    assert asked("POST", "/api/teams", {"name": 7}) == [f"{place}body.name: 7 is no string"]
    assert asked("POST", "/api/teams", {"name": "x", "url": "y"}) == [f"{place}body.url: is unknown"]
    assert asked("POST", "/api/teams", b"name=x&colour=") == [f"{place}body.colour: is unknown"]
    assert asked("GET", "/api/teams/7", {}) == ["GET /api/teams/{team}: a body is sent"]


def test_answers_of_the_contract_are_right() -> None:
    assert answered("/api/teams", [{"id": 1, "url": "x"}]) == []
    assert answered("/api/teams/mine", {"mine": True}) == []
    assert answered("/api/teams/7", b"", 204) == []
    assert answered("/api/teams/7", b"", 304) == []
    assert answered("/api/teams/7", {"message": "gone"}, 404) == []
    assert answered("/api/files/7/x", b"\x00", response_headers=RAW) == []
    assert answered("/api/raw", b"[", response_headers=RAW) == []


def test_what_can_not_be_compared_is_right() -> None:
    assert answered("/api/unknown", [7]) == []
    assert answered("/api/teams", b"", method="HEAD") == []
    assert answered("/api/teams", b"", 0) == []
    assert answered("/api/teams", b" " * KEPT_BODY) == []
    assert answered("/api/teams/7", {}, query={"fields": "name"}) == []


def test_answers_that_do_not_fit_are_problems() -> None:
    assert answered("/api/teams", [{"name": "x"}]) == ["answer[0].id: is missing"]
    assert answered("/api/teams/mine", {"id": 7}) == ["answer.mine: is missing"]
    assert answered("/api/teams/7", {"error": "gone", "message": "x"}, 404) == ["answer.error: is unknown"]
    assert answered("/api/teams/7", {"id": 7}, 201) == ["this status is not described, but 200, 204"]
    assert answered("/api/teams/7", {"id": 7}, 204) == ["a body is answered"]
    assert answered("/api/teams/7", b"<p>", response_headers={}) == ["nothing is answered instead of JSON"]
    assert answered("/api/teams/7", b"{", 200) == ["answer: None is no object"]


def test_paths_of_pages_are_not_looked_at_and_spoilt_answers_only_asked() -> None:
    record = RequestRecord("GET", "/api/nothing", "", {}, 200, b"", b"[", JSON, agent="Repertory")
    spoilt = RequestRecord("GET", "/api/teams/7", "", {}, 200, b"", b"[", JSON, agent="Repertory", is_spoilt=True)

    assert problems_of(CONTRACT, record) == ["GET /api/nothing is not in the contract"]
    assert problems_of(CONTRACT, replace(record, path="/login")) == []
    assert problems_of(CONTRACT, replace(record, agent="python-requests")) == []
    assert problems_of(CONTRACT, spoilt) == []
    assert len(problems_of(CONTRACT, replace(spoilt, is_spoilt=False))) == 1


@pytest.mark.parametrize("platform", sorted(path.parent.name for path in DATA.glob("*/contract.json")))
def test_every_contract_names_only_schemas_that_it_has(platform: str) -> None:
    contract = load_contract(platform)
    text = (DATA / platform / "contract.json").read_text()
    named = {part.split('"')[0].rstrip("?") for part in text.split('"#')[1:]}

    assert named <= set(contract.schemas)
    assert all(contract.speaks_about(each.template) for each in contract.endpoints)


def test_a_driver_that_asks_a_fake_for_what_is_not_described_is_found() -> None:
    watch = Watch()
    with FakeGitLab() as fake:
        fake.observers.append(watch.over("gitlab"))
        for _ in range(2):
            requests.get(f"{fake.api_url}/gruops", headers={"User-Agent": "Repertory"}, timeout=5)

    assert WATCH.take() == watch.take() == ["GET /api/v4/gruops is not in the contract"]
    assert watch.take() == []
