"""Limits, misbehaviour and versions."""

import pytest

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Kind
from tests.unit.fakes.bitbucket_dc.clients import IN_LOGGING, Acme, Client, build_acme


def test_a_bucket_empties_and_fills_again(fake: FakeBitbucketDataCenter, ann: Client, bob: Client) -> None:
    fake.limit_rate(3, fill_rate=0.5)

    answers = [ann.get("/groups") for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[3].headers["Retry-After"] == "2"
    assert answers[3].json()["errors"][0]["message"] == "You have been rate limited."
    assert bob.get("/groups").status_code == 200
    fake.clock.advance(seconds=4)
    assert ann.get("/groups").status_code == 200
    settings = Client(fake, fake.personal_token(fake.user("carla"))).get("/admin/rate-limit/settings").json()
    assert settings == {"enabled": True, "defaultSettings": {"capacity": 3, "fillRate": 0}}
    fake.limit_rate(None)
    assert [ann.get("/groups").status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.EMPTY_WITH_WRONG_TOTAL, {"values": [], "size": 0, "isLastPage": True, "nextPageStart": None}),
        (Kind.WRONG_TOTAL, {"size": 6}),
        (Kind.MISSING_NEXT_LINK, {"isLastPage": False, "nextPageStart": None}),
    ],
)
def test_pages_can_be_spoilt(
    fake: FakeBitbucketDataCenter, ann: Client, kind: Kind, expected: dict[str, object]
) -> None:
    fake.misbehave(r"/groups\?limit=1$", kind)

    page = ann.get("/groups?limit=1").json()

    assert {name: page.get(name) for name in expected} == expected
    assert ann.get("/application-properties").json()["version"] == "9.4.3"


def test_rows_can_come_twice(fake: FakeBitbucketDataCenter, ann: Client) -> None:
    fake.misbehave("/groups|/application-properties", Kind.DUPLICATE_IDS)

    assert ann.values("/groups") == ["Größe & Co", "Größe & Co"]
    assert ann.values("/groups?filter=nobody") == []
    assert ann.get("/application-properties").json()["version"] == "9.4.3"


def test_refusals_can_be_forced(fake: FakeBitbucketDataCenter, ann: Client) -> None:
    fake.misbehave("/groups", Kind.RATE_LIMITED, retry_after=7, times=1)

    refused, allowed = ann.get("/groups"), ann.get("/groups")

    assert (refused.status_code, refused.headers["Retry-After"], allowed.status_code) == (429, "7", 200)


def test_requests_are_remembered_by_template(fake: FakeBitbucketDataCenter, ann: Client) -> None:
    ann.get(f"{IN_LOGGING}/raw/src/Log.php?at=main")

    counts = fake.request_counts

    template = "/rest/api/latest/projects/:projectKey/repos/:repositorySlug/raw/*path"
    assert counts[f"GET {template}"] == 1


def test_an_old_version_knows_less() -> None:
    with FakeBitbucketDataCenter(version="7.4.1") as fake:
        acme = build_acme(fake)
        fake.add_repository(fake.add_project("OPEN"), "elsewhere", public=True)
        fake.update_repository(acme.logging, archived=True)
        ann = Client(fake, fake.personal_token(acme.ann))

        assert [row["slug"] for row in ann.values("/repos?projectkey=ACME&archived=ACTIVE")] == ["logging", "elsewhere"]
        assert "archived" not in ann.get(IN_LOGGING).json()
        assert ann.get(f"{IN_LOGGING}/default-branch").json()["status-code"] == 404
        assert ann.get("/admin/groups/more-members?context=stash-users").status_code == 401
        assert ann.get("/rest/access-tokens/latest/projects/ACME").json()["status-code"] == 404


def test_a_version_is_no_decimal_number() -> None:
    assert FakeBitbucketDataCenter(version="8.10.0").core.has_project_hooks
    assert not FakeBitbucketDataCenter(version="8.7.9").core.has_project_hooks


def test_a_server_before_tokens_has_none(acme: Acme) -> None:
    with FakeBitbucketDataCenter(version="5.3.0") as fake:
        old = build_acme(fake)
        login = (old.ann.name, old.ann.password)

        assert Client(fake).get("/rest/access-tokens/latest/users/ann", auth=login).status_code == 404
        assert Client(fake).get(f"{IN_LOGGING}/webhooks", auth=login).status_code == 404
