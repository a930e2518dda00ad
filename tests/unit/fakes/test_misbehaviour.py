"""Every kind of misbehaviour does to the wire what it says."""

import json
import time

import pytest
import requests

from tests.fakes.gitlab import FakeGitLab, Kind
from tests.unit.fakes.clients import Acme, ApiClient, facts


@pytest.fixture
def groups(fake: FakeGitLab, acme: Acme) -> ApiClient:
    """A caller with seven subgroups to list."""
    for number in range(7):
        fake.add_group(f"part-{number}", parent=acme.group)
    return ApiClient(fake, fake.personal_token(acme.owner))


PATH = "/groups/1/subgroups?per_page=3"


def test_a_page_of_html_comes_with_200(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("/subgroups", Kind.HTML_200)

    answer = groups.get(PATH)

    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")


@pytest.mark.parametrize("status", [401, 403, 404, 500, 502, 503])
def test_any_status_can_be_answered(fake: FakeGitLab, groups: ApiClient, status: int) -> None:
    fake.misbehave("/subgroups", f"status_{status}")

    assert groups.get(PATH).status_code == status
    assert "message" in groups.get(PATH).json()


def test_truncated_json_arrives_whole_and_is_no_json(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("/subgroups", Kind.TRUNCATED_JSON)

    answer = groups.get(PATH)

    assert len(answer.content) == int(answer.headers["Content-Length"])
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("kind", [Kind.CUT_BODY, Kind.CONNECTION_RESET])
def test_a_broken_connection_is_an_error_of_the_client(fake: FakeGitLab, groups: ApiClient, kind: Kind) -> None:
    fake.misbehave("/subgroups", kind)

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        groups.get(PATH)


def test_an_empty_list_contradicts_its_total(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("/subgroups", Kind.EMPTY_WITH_WRONG_TOTAL)

    answer = groups.get(PATH)

    assert (answer.json(), answer.headers["X-Total"], "next" in answer.links) == ([], "7", False)


def test_a_total_can_be_wrong(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("/subgroups", Kind.WRONG_TOTAL)

    assert groups.get(PATH).headers["X-Total"] == "12"


def test_the_next_link_can_lead_elsewhere_or_be_missing(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("/subgroups", Kind.FOREIGN_NEXT_LINK, url="https://evil.example/api/v4/groups")
    assert groups.get(PATH).links["next"]["url"].startswith("https://evil.example/")

    fake.misbehave("/subgroups", Kind.MISSING_NEXT_LINK)

    assert groups.get(PATH).links == {}


def test_a_row_twice_and_another_missing_keeps_the_count(fake: FakeGitLab, groups: ApiClient) -> None:
    honest = [row["id"] for row in groups.get(PATH).json()]
    fake.misbehave("/subgroups", Kind.DUPLICATE_IDS)

    assert [row["id"] for row in groups.get(PATH).json()] == [*honest[:2], honest[0]]


def test_slow_waits_and_drip_comes_byte_by_byte(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("/subgroups", Kind.SLOW, seconds=0.1, times=1)
    started = time.monotonic()
    assert groups.get(PATH).status_code == 200
    assert time.monotonic() - started >= 0.1

    fake.misbehave("/user", Kind.DRIP, seconds=0.0001)

    parts = list(groups.get("/user", stream=True).raw.stream(1))
    assert {len(part) for part in parts} == {1}
    assert json.loads(b"".join(parts))["username"] == "ann"


def test_a_rate_limit_has_the_documented_answer(fake: FakeGitLab, groups: ApiClient) -> None:
    published = facts("errors.json")["rate_limited"]
    fake.misbehave("/subgroups", Kind.RATE_LIMITED, retry_after=30)

    answer = groups.get(PATH)

    assert (answer.status_code, answer.text) == (published["status"], published["text"])
    assert set(published["headers"]) <= answer.headers.keys()
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Content-Type"].split(";")[0] == published["content_type"]


def test_a_redirect_leads_where_it_is_told(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("/subgroups", Kind.REDIRECT, url="http://169.254.169.254/")

    answer = groups.get(PATH)

    assert (answer.status_code, answer.headers["Location"]) == (302, "http://169.254.169.254/")


def test_a_rule_can_wait_and_end(fake: FakeGitLab, groups: ApiClient) -> None:
    rule = fake.misbehave("/subgroups", Kind.STATUS_500, after=1, times=2)

    statuses = [groups.get(PATH).status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert (rule.seen, rule.hits) == (4, 2)


def test_a_rule_can_name_one_page(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave(r"subgroups\?.*page=2", Kind.STATUS_500)

    assert [groups.get(f"{PATH}&page={page}").status_code for page in (1, 2, 3)] == [200, 500, 200]


def test_behaving_again_ends_all_rules(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("", Kind.STATUS_500)
    assert groups.get(PATH).status_code == 500

    fake.behave()

    assert groups.get(PATH).status_code == 200


def test_unknown_kinds_are_refused(fake: FakeGitLab) -> None:
    with pytest.raises(ValueError, match="sulking"):
        fake.misbehave("/subgroups", "sulking")


def test_spoilt_requests_are_in_the_log(fake: FakeGitLab, groups: ApiClient) -> None:
    fake.misbehave("/subgroups", Kind.STATUS_503, times=1)

    groups.get(PATH)

    assert (fake.requests[-1].path, fake.requests[-1].status) == ("/api/v4/groups/1/subgroups", 503)
