"""OAuth 2: the page, codes, tokens, scopes."""

from typing import Any

import pytest
import requests

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Scope
from tests.fakes.bitbucket_dc.building import ClientCredentials
from tests.fakes.bitbucket_dc.oauth2 import s256
from tests.unit.fakes.bitbucket_dc.clients import (
    AUTHORIZE,
    CALLBACK,
    IN_LOGGING,
    TOKEN,
    Acme,
    Browser,
    Client,
    parameters,
    problem,
)

VERIFIER = "v" * 43


@pytest.fixture
def link(fake: FakeBitbucketDataCenter, acme: Acme) -> ClientCredentials:
    return fake.application(redirect_uri=CALLBACK)


def asked(link: ClientCredentials, **changes: str) -> dict[str, str]:
    wish = {"client_id": link.client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "REPO_READ"}
    return wish | {"state": "s"} | changes


def exchange(fake: FakeBitbucketDataCenter, link: ClientCredentials, **fields: str) -> requests.Response:
    form = {"client_id": link.client_id, "client_secret": link.secret, "redirect_uri": CALLBACK} | fields
    return requests.post(f"{fake.base_url}{TOKEN}", data=form, timeout=10)


def decide(browser: Browser, decision: str, wish: dict[str, str]) -> dict[str, str]:
    browser.sign_in("ann")
    return parameters(browser.submit(browser.open(AUTHORIZE, **wish), AUTHORIZE, decision=decision))


def redeem(fake: FakeBitbucketDataCenter, link: ClientCredentials, browser: Browser, **wish: str) -> dict[str, Any]:
    code = decide(browser, "allow", asked(link, **wish))["code"]
    found: dict[str, Any] = exchange(fake, link, grant_type="authorization_code", code=code).json()
    return found


def test_somebody_lets_an_application_in(
    fake: FakeBitbucketDataCenter, link: ClientCredentials, browser: Browser
) -> None:
    found = redeem(fake, link, browser, scope="REPO_READ PROJECT_ADMIN")

    assert set(found) == {"scope", "access_token", "token_type", "expires_in", "refresh_token"}
    assert (found["token_type"], found["expires_in"], found["scope"]) == ("bearer", 3600, "REPO_READ PROJECT_ADMIN")
    assert Client(fake, found["access_token"]).get("/plugins/servlet/applinks/whoami").text == "ann"


def test_who_is_not_signed_in_is_asked_to_first(
    fake: FakeBitbucketDataCenter, link: ClientCredentials, browser: Browser
) -> None:
    assert browser.sent_to(AUTHORIZE, **asked(link)) == f"{fake.base_url}/login"
    assert browser.sign_in("ann").headers["Location"].startswith(f"{fake.base_url}{AUTHORIZE}?client_id=")


def test_the_answer_may_be_no(link: ClientCredentials, browser: Browser) -> None:
    assert decide(browser, "deny", asked(link))["error"] == "access_denied"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "ADMIN_WRITE"}, "invalid_scope"),
        ({"scope": "NONSENSE"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, "invalid_request"),
    ],
)
def test_the_application_hears_of_a_wrong_wish(
    link: ClientCredentials, browser: Browser, change: dict[str, str], error: str
) -> None:
    browser.sign_in("ann")

    back = browser.sent_to(AUTHORIZE, **asked(link, **change))

    assert back == f"{CALLBACK}?error={error}&state=s"


@pytest.mark.parametrize("change", [{"client_id": "nobody"}, {"redirect_uri": "http://elsewhere.example/"}])
def test_a_stranger_is_not_gone_back_to(link: ClientCredentials, browser: Browser, change: dict[str, str]) -> None:
    browser.sign_in("ann")

    page = browser.open(AUTHORIZE, **asked(link, **change))

    assert page.status_code == 400
    assert not page.history


def test_a_level_holds_those_below_it(fake: FakeBitbucketDataCenter, acme: Acme, browser: Browser) -> None:
    link = fake.application(redirect_uri=CALLBACK, scopes=[Scope.REPO_ADMIN])
    browser.sign_in("ann")

    assert browser.sent_to(AUTHORIZE, **asked(link, scope="REPO_WRITE PUBLIC_REPOS")) == ""
    assert "invalid_scope" in browser.sent_to(AUTHORIZE, **asked(link, scope="PROJECT_ADMIN"))


def test_a_code_lives_for_ten_seconds_and_once(
    fake: FakeBitbucketDataCenter, link: ClientCredentials, browser: Browser
) -> None:
    once, late = (decide(browser, "allow", asked(link))["code"] for _ in range(2))
    answers = [exchange(fake, link, grant_type="authorization_code", code=once) for _ in range(2)]
    fake.clock.advance(seconds=10)
    answers.append(exchange(fake, link, grant_type="authorization_code", code=late))

    assert [each.status_code for each in answers] == [200, 400, 400]
    assert answers[2].json()["error"] == "invalid_grant"


@pytest.mark.parametrize(("method", "challenge"), [("S256", s256(VERIFIER)), ("plain", VERIFIER)])
def test_a_challenge_has_to_be_met(
    fake: FakeBitbucketDataCenter, link: ClientCredentials, browser: Browser, method: str, challenge: str
) -> None:
    wish = asked(link, code_challenge=challenge, code_challenge_method=method)
    first, second, third = (decide(browser, "allow", wish)["code"] for _ in range(3))

    without = exchange(fake, link, grant_type="authorization_code", code=first)
    wrong = exchange(fake, link, grant_type="authorization_code", code=second, code_verifier="w" * 43)
    right = exchange(fake, link, grant_type="authorization_code", code=third, code_verifier=VERIFIER)

    assert [each.status_code for each in (without, wrong, right)] == [400, 400, 200]


def test_the_secret_is_in_the_form(fake: FakeBitbucketDataCenter, link: ClientCredentials, browser: Browser) -> None:
    code = decide(browser, "allow", asked(link))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}

    in_header = requests.post(f"{fake.base_url}{TOKEN}", data=form, auth=(link.client_id, link.secret), timeout=10)

    assert (in_header.status_code, in_header.json()["error"]) == (401, "invalid_client")
    assert exchange(fake, link, grant_type="authorization_code", code=code).status_code == 200


def test_refreshing_gives_new_tokens_and_ends_the_old(
    fake: FakeBitbucketDataCenter, link: ClientCredentials, browser: Browser
) -> None:
    first = redeem(fake, link, browser)
    fake.clock.advance(hours=1)
    assert problem(Client(fake, first["access_token"]).get("/projects"))[0] == 401

    second = exchange(fake, link, grant_type="refresh_token", refresh_token=first["refresh_token"])
    again = exchange(fake, link, grant_type="refresh_token", refresh_token=first["refresh_token"])
    fake.clock.advance(days=90)
    too_late = exchange(fake, link, grant_type="refresh_token", refresh_token=second.json()["refresh_token"])

    assert [each.status_code for each in (second, again, too_late)] == [200, 400, 400]
    assert second.json()["refresh_token"] != first["refresh_token"]


@pytest.mark.parametrize("grant_type", ["", "password", "client_credentials"])
def test_there_are_two_grants(fake: FakeBitbucketDataCenter, link: ClientCredentials, grant_type: str) -> None:
    assert exchange(fake, link, grant_type=grant_type).status_code == 400


@pytest.mark.parametrize(
    ("scope", "in_project", "in_repository"),
    [("PUBLIC_REPOS", 401, 401), ("REPO_READ", 401, 401), ("REPO_ADMIN", 401, 200), ("PROJECT_ADMIN", 200, 200)],
)
def test_a_scope_is_the_most_that_is_allowed(
    fake: FakeBitbucketDataCenter,
    acme: Acme,
    link: ClientCredentials,
    scope: str,
    in_project: int,
    in_repository: int,
) -> None:
    token = fake.oauth_token(acme.ann, link.client_id, [scope])["access_token"]
    client = Client(fake, str(token))

    assert client.get("/projects/ACME/permissions/users").status_code == in_project
    assert client.get(f"{IN_LOGGING}/permissions/users").status_code == in_repository
    assert bool(client.values("/repos?permission=REPO_READ")) is (scope != "PUBLIC_REPOS")


def test_only_a_scope_for_administrators_lists_them(
    fake: FakeBitbucketDataCenter, acme: Acme, link: ClientCredentials
) -> None:
    fake.grant_global(acme.carla, "ADMIN")
    narrow, wide = (
        str(fake.oauth_token(acme.carla, link.client_id, [each])["access_token"])
        for each in (Scope.PROJECT_ADMIN, Scope.ADMIN_WRITE)
    )

    assert Client(fake, narrow).get("/admin/permissions/users").status_code == 401
    assert Client(fake, wide).get("/admin/permissions/users").status_code == 200


def test_it_can_be_asked_whether_there_is_oauth(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    assert Client(fake).get("/rest/oauth2/1.0/client").status_code == 401
    with FakeBitbucketDataCenter(version="7.20.4") as old:
        assert Client(old).get("/rest/oauth2/1.0/client").status_code == 404
        assert Client(old).send("POST", TOKEN).status_code == 404
        assert Client(old).get(AUTHORIZE).status_code == 404


def test_addresses_may_have_to_be_secure(
    fake: FakeBitbucketDataCenter, link: ClientCredentials, browser: Browser
) -> None:
    fake.core.requires_https = True
    browser.sign_in("ann")

    assert browser.open(AUTHORIZE, **asked(link)).status_code == 400
