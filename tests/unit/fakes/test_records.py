"""What every fake remembers of requests, and whom it tells."""

import requests

from tests.fakes.gitlab import FakeGitLab
from tests.fakes.parts.core import KEPT_BODIES
from tests.fakes.parts.records import KEPT_BODY, RequestRecord, bounded
from tests.unit.fakes.clients import Acme, ApiClient


def test_observers_hear_of_every_request_with_its_bodies(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    heard: list[RequestRecord] = []
    fake.observers.append(heard.append)

    owner.post(f"/groups/{acme.group.id}/hooks", json={"url": "http://127.0.0.1:9/"})

    [record] = heard
    assert record == fake.requests[-1]
    assert (record.template, record.status) == ("/groups/:id/hooks", 201)
    assert record.request_body == b'{"url": "http://127.0.0.1:9/"}'
    assert b'"url": "http://127.0.0.1:9/"' in record.response_body
    assert record.response_headers["Content-Type"] == "application/json"
    assert "127.0.0.1" not in repr(record)


def test_credentials_in_the_query_are_not_remembered(fake: FakeGitLab, acme: Acme) -> None:
    token = fake.personal_token(acme.owner)

    requests.get(f"{fake.api_url}/user", params={"private_token": token, "x": "y"}, timeout=10)

    assert fake.requests[-1].query == {"x": "y"}


def test_bodies_are_kept_as_far_as_they_are_text() -> None:
    assert bounded(b"x" * (KEPT_BODY + 1), "application/json") == b"x" * KEPT_BODY
    assert bounded(b"x", "application/problem+json") == b"x"
    assert bounded(b"x", "application/x-git-upload-pack-result") == b""


def test_a_fake_that_kept_very_much_keeps_no_more_bodies() -> None:
    fake = FakeGitLab()
    heard: list[RequestRecord] = []
    fake.core.observers[:] = [heard.append]
    body = b"x" * KEPT_BODY

    for _ in range(KEPT_BODIES // KEPT_BODY + 1):
        fake.core.record(RequestRecord("GET", "/", "/", {}, 200, response_body=body))
    fake.close()

    assert [len(each.response_body) for each in fake.requests[-2:]] == [KEPT_BODY, 0]
    assert len(heard[-1].response_body) == KEPT_BODY
