"""What stands between a token and the data: its end, SAML, policies of organizations; and how limits are told."""

import pytest
import requests

from tests.fakes.github import FakeGitHub, Kind
from tests.unit.fakes.github.clients import CALLBACK, Acme, ApiClient


@pytest.fixture
def cloud() -> FakeGitHub:
    return FakeGitHub(version=None, rate_limit=5)


def test_bad_tokens_are_refused(github: FakeGitHub, acme: Acme) -> None:
    token = github.personal_token(acme.ann, expires_at=github.clock.now())

    answers = [ApiClient(github, each).get("/user") for each in (token, "gho_wrong", None)]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert [answer.json()["message"] for answer in answers] == ["Bad credentials"] * 2 + ["Requires authentication"]


def test_revoked_tokens_are_refused(github: FakeGitHub, acme: Acme) -> None:
    token = github.personal_token(acme.ann)
    github.revoke_token(token)

    assert ApiClient(github, token).get("/orgs/acme").status_code == 401


def test_tokens_of_suspended_people_say_so(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.suspend(acme.ann)
    answer = owner.get("/user")
    github.unsuspend(acme.ann)

    assert (answer.status_code, answer.json()["message"]) == (403, "Sorry. Your account was suspended")
    assert owner.get("/user").status_code == 200


def test_a_token_may_also_come_as_basic(github: FakeGitHub, acme: Acme) -> None:
    token = github.personal_token(acme.ann)

    for pair in ((token, ""), (token, "x-oauth-basic"), ("anything", token)):
        assert requests.get(f"{github.api_url}/user", auth=pair, timeout=10).status_code == 200


def test_requests_without_an_agent_are_refused(github: FakeGitHub) -> None:
    agent = {"User-Agent": ""}

    assert requests.get(f"{github.api_url}/meta", headers=agent, timeout=10).status_code == 403


def test_unknown_versions_are_refused(github: FakeGitHub, owner: ApiClient) -> None:
    def ask(version: str) -> requests.Response:
        return owner.get("/user", headers={"X-GitHub-Api-Version": version})

    assert ask("2022-11-28").headers["X-GitHub-Api-Version-Selected"] == "2022-11-28"
    assert ask("2026-03-10").status_code == 400


def test_saml_refuses_and_cuts(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    beta = github.add_organization("beta", owner=acme.ann)
    github.enforce_saml(acme.organization)

    refused, listed = owner.get("/orgs/acme/members"), owner.get("/user/orgs")

    assert refused.status_code == 403
    assert refused.headers["X-GitHub-SSO"].startswith(f"required; url={github.base_url}/orgs/acme/sso?")
    assert [each["id"] for each in listed.json()] == [beta.id]
    assert listed.headers["X-GitHub-SSO"] == f"partial-results; organizations={acme.organization.id}"
    assert owner.get(acme.repo).status_code == 403
    assert "default_repository_permission" not in owner.get("/orgs/acme").json()


def test_a_new_authorization_satisfies_saml(github: FakeGitHub, acme: Acme) -> None:
    client = github.application(redirect_uri=CALLBACK)
    old = ApiClient(github, github.oauth_token(acme.ann, client.client_id))
    github.enforce_saml(acme.organization)
    new = ApiClient(github, github.oauth_token(acme.ann, client.client_id))

    assert (old.get("/orgs/acme/members").status_code, new.get("/orgs/acme/members").status_code) == (403, 200)


@pytest.mark.parametrize("path", ["/members", "/repos", "/teams"])
def test_lists_can_be_cut(github: FakeGitHub, acme: Acme, owner: ApiClient, path: str) -> None:
    github.cut_lists(f"{path}$")

    answer = owner.get(f"{acme.path}{path}")
    github.behave()

    assert answer.headers["X-GitHub-SSO"].startswith("partial-results; organizations=")
    assert "X-GitHub-SSO" not in owner.get(f"{acme.path}{path}").headers


def test_organizations_can_restrict_applications(github: FakeGitHub, acme: Acme) -> None:
    client, own = (github.application(redirect_uri=CALLBACK, owner=each) for each in (acme.eve, acme.organization))
    api, approved = (ApiClient(github, github.oauth_token(acme.ann, each.client_id)) for each in (client, own))
    github.restrict_applications(acme.organization)

    assert [each.get("/orgs/acme/teams").status_code for each in (api, approved)] == [403, 200]
    assert [each.get(acme.repo).status_code for each in (api, approved)] == [404, 200]
    assert [each.get("/user/orgs").json() == [] for each in (api, approved)] == [True, False]

    github.restrict_applications(acme.organization, approved=[client.client_id])

    assert api.get("/orgs/acme/teams").status_code == 200


def test_unchanged_answers_are_short_and_free(cloud: FakeGitHub) -> None:
    with cloud:
        api = ApiClient.of(cloud, cloud.add_user("ann"))
        first = api.get("/user")

        again = api.get("/user", headers={"If-None-Match": first.headers["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
        assert first.headers["X-RateLimit-Remaining"] == again.headers["X-RateLimit-Remaining"] == "4"
        assert first.headers["X-RateLimit-Resource"] == "core"


def test_the_limit_of_an_hour_is_that_of_the_person(cloud: FakeGitHub) -> None:
    with cloud:
        ann = cloud.add_user("ann")
        apis = [ApiClient.of(cloud, ann), ApiClient.of(cloud, ann)]
        answers = [apis[number % 2].get("/user") for number in range(6)]

        assert [answer.status_code for answer in answers] == [200] * 5 + [403]
        assert answers[5].headers["X-RateLimit-Remaining"] == "0"
        assert answers[5].json()["message"] == f"API rate limit exceeded for user ID {ann.id}."
        limits = apis[0].get("/rate_limit").json()["resources"]
        assert (limits["core"]["remaining"], limits["graphql"]["remaining"]) == (0, 5)
        assert ApiClient.of(cloud, cloud.add_user("bob")).get("/user").status_code == 200
        cloud.clock.advance(hours=1)
        assert apis[0].get("/user").status_code == 200


def test_a_server_has_no_limit_unless_switched_on(github: FakeGitHub, owner: ApiClient) -> None:
    assert "X-RateLimit-Limit" not in owner.get("/user").headers
    assert owner.get("/rate_limit").status_code == 404

    github.limit_rate(100)

    assert owner.get("/user").headers["X-RateLimit-Limit"] == "100"


def test_the_secondary_limit_asks_for_patience(github: FakeGitHub, owner: ApiClient) -> None:
    github.misbehave("/user$", Kind.RATE_LIMITED, times=1, retry_after=7)

    answer = owner.get("/user")

    assert (answer.status_code, answer.headers["Retry-After"]) == (403, "7")
    assert "secondary rate limit" in answer.json()["message"]
    assert owner.get("/user").status_code == 200


def test_answers_can_be_spoilt(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.add_member(acme.organization, github.add_user("zoe"))
    params = {"per_page": "1"}

    github.misbehave("/members", Kind.MISSING_NEXT_LINK, times=1)
    assert owner.get("/orgs/acme/members", params=params).links == {}
    github.misbehave("/members", Kind.FOREIGN_NEXT_LINK, times=1, url="https://evil.example/x")
    assert owner.get("/orgs/acme/members", params=params).links["next"]["url"].startswith("https://evil.example/x")
    github.misbehave("/members", Kind.EMPTY_WITH_WRONG_TOTAL, times=1)
    assert owner.get("/orgs/acme/members").json() == []
    github.misbehave("/members", Kind.STATUS_502, times=1)
    assert owner.get("/orgs/acme/members").status_code == 502
    assert len(owner.get("/orgs/acme/members").json()) == 3


@pytest.mark.parametrize(("version", "expected"), [("3.17.0", "3.17.0"), (None, None)])
def test_a_server_tells_its_version(version: str | None, expected: str | None) -> None:
    with FakeGitHub(version=version) as fake:
        api = ApiClient(fake)

        assert api.get("/meta").json().get("installed_version") == expected
        assert api.get("/meta").headers.get("X-GitHub-Enterprise-Version") == expected
        assert ("2026-03-10" in api.get("/versions").json()) == (version is None)


def test_requests_are_recorded_with_their_templates(github: FakeGitHub, acme: Acme, owner: ApiClient) -> None:
    github.requests.clear()
    owner.get(f"{acme.team}/members", params={"role": "all"})

    [record] = github.requests

    assert record.template == "/orgs/:org/teams/:team_slug/members"
    assert (record.query, record.status) == ({"role": "all"}, 200)
    assert b'"login": "bob"' in record.response_body
    assert github.request_counts["GET /orgs/:org/teams/:team_slug/members"] == 1
