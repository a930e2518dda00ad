"""Limits, and answers of a host that is broken, overloaded or hostile."""

import pytest
import requests

from tests.fakes.bitbucket_cloud import FakeBitbucketCloud, Kind
from tests.unit.fakes.bitbucket_cloud.clients import CALLBACK, Acme, ApiClient


@pytest.fixture
def other(cloud: FakeBitbucketCloud, acme: Acme) -> str:
    """A second repository, so that there are two rows."""
    return cloud.add_repository(acme.project, "clock").uuid


def test_the_limit_says_nothing_about_its_end_and_rolls_on(
    cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient
) -> None:
    cloud.limit_rate(2, "repositories")
    assert [owner.get(acme.repository).status_code for _ in range(2)] == [200, 200]

    refused = owner.get(acme.repository)

    assert refused.status_code == 429
    assert refused.json()["error"]["message"] == "Rate limit for this resource has been exceeded"
    assert not [name for name in refused.headers if "ratelimit" in name.lower() or name == "Retry-After"]
    assert owner.get("/user").status_code == 200
    cloud.clock.advance(minutes=59)
    assert owner.get(acme.repository).status_code == 429
    cloud.clock.advance(minutes=2)
    assert owner.get(acme.repository).status_code == 200


def test_all_people_of_a_consumer_share_its_budget(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    consumer = cloud.application(redirect_uri=CALLBACK)
    people = [acme.owner, cloud.add_user("eve")]
    apis = [ApiClient(cloud, str(cloud.oauth_token(each, consumer.client_id)["access_token"])) for each in people]
    cloud.limit_rate(1)

    assert [each.get("/user").status_code for each in (*apis, owner)] == [200, 429, 200]
    cloud.limit_rate(None)
    assert apis[1].get("/user").status_code == 200


def test_access_tokens_hear_of_their_limit_and_files_have_one_of_their_own(
    cloud: FakeBitbucketCloud, acme: Acme
) -> None:
    api = ApiClient(cloud, cloud.access_token(acme.library))
    cloud.limit_rate(5)

    answers = [api.get(acme.repository) for _ in range(5)]

    headers = answers[-1].headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Resource"]) == ("5", "repositories")
    assert [each.headers["X-RateLimit-NearLimit"] for each in answers] == ["false"] * 4 + ["true"]
    assert api.get(f"{acme.repository}/src/main/composer.json").status_code == 200


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.STATUS_401, 401),
        (Kind.STATUS_403, 403),
        (Kind.STATUS_404, 404),
        (Kind.STATUS_503, 503),
        (Kind.RATE_LIMITED, 429),
    ],
)
def test_errors_come_in_the_hosts_form(owner: ApiClient, kind: Kind, expected: int, cloud: FakeBitbucketCloud) -> None:
    cloud.misbehave(r"/2\.0/user$", kind, times=1)

    answer = owner.get("/user")

    assert (answer.status_code, answer.json()["type"]) == (expected, "error")
    assert owner.get("/user").status_code == 200


def test_pages_can_lie(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient, other: str) -> None:
    def spoilt(kind: Kind) -> dict[str, object]:
        cloud.misbehave("/repositories/acme", kind, times=1, url="https://elsewhere.example/")
        found = owner.get("/repositories/acme?pagelen=1").json()
        assert isinstance(found, dict)
        return found

    assert (spoilt(Kind.EMPTY_WITH_WRONG_TOTAL)["values"], spoilt(Kind.EMPTY_WITH_WRONG_TOTAL)["size"]) == ([], 2)
    assert spoilt(Kind.WRONG_TOTAL)["size"] == 7
    assert spoilt(Kind.FOREIGN_NEXT_LINK)["next"] == "https://elsewhere.example/?page=2"
    assert "next" not in spoilt(Kind.MISSING_NEXT_LINK)
    assert len(spoilt(Kind.DUPLICATE_IDS)["values"]) == 2  # type: ignore[arg-type]
    cloud.misbehave("/user", Kind.WRONG_TOTAL)
    assert "size" not in owner.get("/user").json()


def test_whole_lists_can_have_a_row_twice(cloud: FakeBitbucketCloud, owner: ApiClient, other: str) -> None:
    cloud.misbehave("/repositories/acme", Kind.DUPLICATE_IDS)

    rows = owner.get("/repositories/acme").json()["values"]

    assert [each["slug"] for each in rows] == ["logging", "logging"]


def test_requests_take_their_time_and_are_remembered(cloud: FakeBitbucketCloud, acme: Acme, owner: ApiClient) -> None:
    cloud.delay(0.05)

    answer = owner.get(acme.repository)

    assert answer.elapsed.total_seconds() >= 0.05
    assert cloud.request_counts["GET /repositories/:workspace/:repo_slug"] == 1
    [record] = [each for each in cloud.requests if each.template.endswith(":repo_slug")]
    assert (record.method, record.status) == ("GET", 200)
    assert b'"logging"' in record.response_body


def test_an_installation_may_be_below_a_path() -> None:
    with FakeBitbucketCloud(prefix="/bitbucket") as fake:
        who = fake.add_user("ann")

        answer = ApiClient.of(fake, who).get("/user")

        assert answer.json()["uuid"] == who.uuid
        assert requests.get(f"http://127.0.0.1:{fake.port}/account/signin/", timeout=10).status_code == 404
