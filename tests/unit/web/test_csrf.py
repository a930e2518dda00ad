"""What changes something must come from our own pages."""

import re

import pytest
from flask.testing import FlaskClient

from models.runtime import Runtime
from tests.unit.web.application import make_app
from tests.unit.web.conftest import browser

OWN = "http://localhost:8000"


def token_from(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/form").text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": OWN}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OWN}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost:8001"}, 403),
        ({"Origin": "https://localhost:8000"}, 403),
    ],
)
def test_where_a_form_comes_from_decides(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    token = token_from(client)

    response = client.post("/form", data={"csrf_token": token}, headers=headers)

    assert response.status_code == status


@pytest.mark.parametrize("headers", [{}, {"Origin": OWN}, {"Sec-Fetch-Site": "same-origin"}])
@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_form_without_its_token_is_refused(client: FlaskClient, headers: dict[str, str], token: str | None) -> None:
    token_from(client)

    response = client.post("/form", data={} if token is None else {"csrf_token": token}, headers=headers)

    assert response.status_code == 400
    assert "This form is too old" in response.text


def test_a_token_of_another_browser_is_refused(client: FlaskClient, runtime: Runtime) -> None:
    stranger = browser(make_app(runtime), OWN)
    token_from(client)

    response = client.post("/form", data={"csrf_token": token_from(stranger)})

    assert response.status_code == 400


def test_programs_need_no_token(bare_client: FlaskClient) -> None:
    response = bare_client.post("/machine", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.json == {"ok": True}


def test_every_changing_address_of_browsers_refuses_other_sites(bare_client: FlaskClient) -> None:
    rules = [rule for rule in bare_client.application.url_map.iter_rules() if rule.methods and "POST" in rule.methods]
    paths = {rule.rule for rule in rules if not rule.endpoint.startswith("machine.")}

    answers = {path: bare_client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code for path in paths}

    assert answers == {"/form": 403, "/profile/theme": 403}
