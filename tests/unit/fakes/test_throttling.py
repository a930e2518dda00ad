"""The fake's rate limit, its latency, its conditional answers, and how it answers for one member."""

import time

import pytest

from tests.fakes.gitlab import FakeGitLab
from tests.unit.fakes.clients import Acme, ApiClient


def test_a_limit_is_counted_down_and_then_refuses_until_the_minute_is_over(fake: FakeGitLab, owner: ApiClient) -> None:
    fake.limit_rate(2)
    fake.clock.advance(seconds=60 - fake.clock.now().timestamp() % 60 + 1)

    first, second, third = (owner.get("/user") for _ in range(3))

    assert [first.headers["RateLimit-Remaining"], second.headers["RateLimit-Remaining"]] == ["1", "0"]
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 429)
    assert (third.text, third.headers["RateLimit-Observed"]) == ("Retry later\n", "3")
    assert 0 < int(third.headers["Retry-After"]) <= 60
    reset = int(third.headers["RateLimit-Reset"])
    assert reset % 60 == 0
    fake.clock.advance(seconds=60)
    assert owner.get("/user").headers["RateLimit-Remaining"] == "1"


def test_each_token_has_a_limit_of_its_own_and_none_is_said_without_one(
    fake: FakeGitLab, owner: ApiClient, acme: Acme
) -> None:
    fake.limit_rate(1)
    owner.get("/user")

    assert ApiClient(fake, fake.personal_token(acme.owner)).get("/user").status_code == 200

    fake.limit_rate(None)
    assert "RateLimit-Limit" not in owner.get("/user").headers


def test_every_request_takes_as_long_as_it_is_told(fake: FakeGitLab, owner: ApiClient) -> None:
    fake.delay(0.05)
    began = time.monotonic()

    owner.get("/user")

    assert time.monotonic() - began >= 0.05


def test_what_has_not_changed_is_confirmed_without_a_body_but_with_the_headers_of_paging(
    owner: ApiClient, acme: Acme, fake: FakeGitLab
) -> None:
    path = f"/groups/{acme.group.id}/members/all"
    version = owner.get(path).headers["ETag"]

    same = owner.get(path, headers={"If-None-Match": version})
    fake.add_member(acme.group, fake.add_user("bob"), 30)
    changed = owner.get(path, headers={"If-None-Match": version})

    assert version.startswith('W/"')
    assert (same.status_code, same.content, same.headers["X-Total"]) == (304, b"", "1")
    assert "Link" in same.headers
    assert (changed.status_code, changed.headers["X-Total"]) == (200, "2")


@pytest.mark.parametrize("kind", ["groups", "projects"])
def test_one_member_is_answered_by_level_and_a_stranger_by_404(
    fake: FakeGitLab, owner: ApiClient, acme: Acme, kind: str
) -> None:
    place = acme.group.id if kind == "groups" else acme.library.id
    stranger = fake.add_user("bob")

    found = owner.get(f"/{kind}/{place}/members/all/{acme.owner.id}")
    missing = owner.get(f"/{kind}/{place}/members/all/{stranger.id}")
    nowhere = owner.get(f"/{kind}/9999/members/all/{acme.owner.id}")

    assert (found.status_code, found.json()["access_level"]) == (200, 50)
    assert (missing.status_code, missing.json()) == (404, {"message": "404 Not found"})
    word = "Group" if kind == "groups" else "Project"
    assert (nowhere.status_code, nowhere.json()) == (404, {"message": f"404 {word} Not Found"})
