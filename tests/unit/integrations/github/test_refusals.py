"""What GitHub says beside the status of an answer."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from integrations.answers import Answer, check_answer
from integrations.errors import (
    CodeHostError,
    Forbidden,
    IncompleteListing,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from integrations.github.refusals import Watch
from tests.recorded import DATA
from tests.unit.integrations.clients import NOW

ERRORS = json.loads((DATA / "github" / "errors.json").read_text(encoding="utf-8"))


def answer(status: int, body: object, request: str = "GET /organizations/501/members", **headers: str) -> Answer:
    named = {"content-type": "application/json", **{key.replace("_", "-"): text for key, text in headers.items()}}
    return Answer(request, status, named, json.dumps(body).encode())


def recorded(name: str) -> Answer:
    row = ERRORS[name]
    headers = {key.lower().replace("-", "_"): value for key, value in row.get("headers", {}).items()}
    return answer(row["status"], row["body"], **headers)


def refusal(found: Answer, *, is_graphql: bool = False) -> CodeHostError:
    """What is raised for this answer, by GitHub's own words or by the status."""
    watch = Watch(lambda: NOW)

    def judge() -> None:
        (watch.check_graphql if is_graphql else watch.check_rest)(found)
        check_answer(found, now=NOW)

    with pytest.raises(CodeHostError) as caught:
        judge()
    return caught.value


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bad_token", Unauthorized),
        ("single_sign_on_partial", IncompleteListing),
        ("single_sign_on_required", Forbidden),
        ("rate_limited", RateLimited),
        ("rate_limited_secondary", RateLimited),
        ("suspended", Unauthorized),
        ("hook_exists", Rejected),
        ("blocked", Forbidden),
    ],
)
def test_each_recorded_refusal_is_what_it_obliges_to(name: str, kind: type[CodeHostError]) -> None:
    assert type(refusal(recorded(name))) is kind


def test_a_single_sign_on_is_explained_with_the_page_for_it() -> None:
    words = str(refusal(recorded("single_sign_on_required")))

    assert "https://github.com/orgs/acme/sso?authorization_request=AAAA" in words


def test_what_is_offered_to_choose_from_may_be_partial() -> None:
    found = answer(200, [], "GET /api/v3/user/memberships/orgs", x_github_sso="partial-results; organizations=501")

    Watch(lambda: NOW).check_rest(found)


def test_a_limit_that_names_no_time_is_waited_for() -> None:
    body = {"message": "You have exceeded a secondary rate limit.", "documentation_url": "x#abuse-rate-limits"}
    told = refusal(answer(403, body))

    assert isinstance(told, RateLimited)
    assert told.retry_at == NOW + timedelta(seconds=60)


def test_a_limit_is_told_by_its_documentation_alone() -> None:
    body = {"message": "Slow down.", "documentation_url": "https://docs.example.test/x#about-secondary-rate-limits"}

    assert isinstance(refusal(answer(403, body)), RateLimited)


def test_the_time_of_the_reset_is_kept() -> None:
    body = {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    reset = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
    told = refusal(
        answer(200, body, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(reset.timestamp()))), is_graphql=True
    )

    assert isinstance(told, RateLimited)
    assert told.retry_at == reset


@pytest.mark.parametrize("status", [403, 404])
def test_missing_scopes_are_named_wherever_github_hides_something_for_them(status: int) -> None:
    told = refusal(
        answer(status, {"message": "Not Found"}, x_oauth_scopes="repo", x_accepted_oauth_scopes="admin:org_hook")
    )

    assert isinstance(told, Forbidden)
    assert told.missing_scopes == ("admin:org_hook",)


def test_of_several_scopes_that_would_do_ours_is_named() -> None:
    accepted = "admin:org, read:org, repo, user, write:org"
    told = refusal(answer(403, {"message": "No"}, x_oauth_scopes="", x_accepted_oauth_scopes=accepted))

    assert isinstance(told, Forbidden)
    assert told.missing_scopes == ("read:org", "repo")


def test_a_scope_that_includes_the_wanted_one_is_enough() -> None:
    found = answer(404, {"message": "Not Found"}, x_oauth_scopes="admin:org", x_accepted_oauth_scopes="read:org")

    assert isinstance(refusal(found), NotFound)


def test_a_token_that_has_no_scopes_lacks_none() -> None:
    found = answer(404, {"message": "Not Found"}, x_accepted_oauth_scopes="read:org")

    assert isinstance(refusal(found), NotFound)


def test_scopes_are_remembered_from_the_newest_answer_that_names_them() -> None:
    watch = Watch(lambda: NOW)

    watch.check_rest(answer(200, {}, x_oauth_scopes="repo, read:org"))
    watch.check_rest(answer(200, {}))

    assert watch.scopes == frozenset({"repo", "read:org"})


def test_a_validation_says_what_is_wrong() -> None:
    told = refusal(recorded("hook_exists"))

    assert isinstance(told, Rejected)
    assert "Hook already exists" in told.reason


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([{"type": "NOT_FOUND", "message": "Could not resolve to a node"}], NotFound),
        ([{"type": "NOT_FOUND", "message": "x"}, {"type": "SERVICE_UNAVAILABLE", "message": "y"}], IncompleteListing),
        ([{"type": "FORBIDDEN", "message": "x"}], Forbidden),
        ([{"type": "INSUFFICIENT_SCOPES", "message": "x"}], Forbidden),
        ([{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "x"}], IncompleteListing),
        ([{"message": "Something went wrong"}], IncompleteListing),
        ([{"message": "API rate limit already exceeded"}], RateLimited),
        ("broken", IncompleteListing),
    ],
)
def test_an_answer_with_errors_is_never_complete(errors: object, kind: type[CodeHostError]) -> None:
    found = answer(200, {"data": {"nodes": [{"databaseId": 1}]}, "errors": errors})

    assert type(refusal(found, is_graphql=True)) is kind


def test_errors_of_a_token_that_has_used_up_its_limit_are_the_limit() -> None:
    found = answer(200, {"errors": [{"message": "Something went wrong"}]}, x_ratelimit_remaining="0")

    assert isinstance(refusal(found, is_graphql=True), RateLimited)


def test_an_answer_without_errors_passes() -> None:
    Watch(lambda: NOW).check_graphql(answer(200, {"data": {"nodes": []}, "errors": []}))


def test_a_timeout_of_github_is_no_refusal() -> None:
    assert isinstance(refusal(answer(502, {}), is_graphql=True), Unavailable)
