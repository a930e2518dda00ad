"""Each request leaves one line in the log, without what its query says."""

import re

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs


def test_a_request_is_logged_with_its_answer(bare_client: FlaskClient) -> None:
    with capture_logs() as lines:
        bare_client.get("/where?code=hush")

    (line,) = lines
    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "http_request",
        "log_level": "info",
        "method": "GET",
        "path": "/where",
        "status": 200,
        "address": "127.0.0.1",
    }


@pytest.mark.parametrize("path", ["/static/theme.css", "/healthz", "/readyz"])
def test_probes_and_style_sheets_are_not_logged(bare_client: FlaskClient, path: str) -> None:
    with capture_logs() as lines:
        bare_client.get(path)

    assert lines == []


def test_each_request_has_a_number_of_its_own(bare_client: FlaskClient) -> None:
    numbers = {bare_client.get("/page", headers={"X-Request-Id": "chosen"}).headers["X-Request-Id"] for _ in range(3)}

    assert len(numbers) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}", number) for number in numbers)
