"""The web flow of OAuth, its pages, and what applications may ask about their tokens."""

from urllib.parse import parse_qs

import pytest
import requests

from tests.fakes.github import ClientCredentials, FakeGitHub
from tests.fakes.github.oauth_tokens import s256
from tests.unit.fakes.github.clients import CALLBACK, Acme, ApiClient, Browser, exchange, parameters, wish


def granted(browser: Browser, client: ClientCredentials, **changes: str) -> str:
    """A code for ann."""
    browser.sign_in("ann")
    return browser.decide(browser.authorize(**wish(client, **changes)))["code"]


def test_consent_leads_back_with_a_code(browser: Browser, client: ClientCredentials, github: FakeGitHub) -> None:
    browser.sign_in("ann")

    page = browser.authorize(**wish(client, scope="repo,read:org admin:org nonsense"))
    back = browser.decide(page)
    answer = exchange(github, client, back["code"])

    assert "Authorize Repertory" in page.text
    assert back["state"] == "s"
    assert answer["access_token"].startswith("gho_")
    assert (answer["scope"], answer["token_type"]) == ("repo,admin:org", "bearer")
    assert ApiClient(github, answer["access_token"]).get("/user").json()["login"] == "ann"


def test_who_is_not_signed_in_is_asked_first(browser: Browser, client: ClientCredentials, github: FakeGitHub) -> None:
    page = browser.authorize(**wish(client))

    signed_in = browser.submit(page, "/session", login="ann")

    assert "Sign in as Ann" in page.text
    assert signed_in.headers["Location"].startswith(f"{github.base_url}/login/oauth/authorize?")


def test_cancelling_leads_back_with_an_error(browser: Browser, client: ClientCredentials) -> None:
    browser.sign_in("ann")

    back = browser.decide(browser.authorize(**wish(client)), "0")

    assert (back["error"], back["state"]) == ("access_denied", "s")


def test_what_was_granted_before_is_not_asked_again(
    browser: Browser, client: ClientCredentials, github: FakeGitHub
) -> None:
    exchange(github, client, granted(browser, client))

    narrower = browser.redirected(**wish(client, scope="public_repo"))
    nothing = browser.redirected(**wish(client, scope=""))
    wider = browser.authorize(**wish(client, scope="repo admin:org"))

    assert exchange(github, client, narrower["code"])["scope"] == "public_repo"
    assert "repo" in exchange(github, client, nothing["code"])["scope"]
    assert "Authorize Repertory" in wider.text


@pytest.mark.parametrize("target", ["http://localhost:8000/oauth/github/callback/deeper", CALLBACK])
def test_the_callback_may_be_deeper(browser: Browser, client: ClientCredentials, target: str) -> None:
    assert granted(browser, client, redirect_uri=target)


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:9000/oauth/github/callback",
        "http://evil.example/oauth/github/callback",
        "http://localhost:8000/oauth/github/callback2",
        "https://localhost:8000/oauth/github/callback",
    ],
)
def test_another_callback_is_refused_to_the_registered_one(
    browser: Browser, client: ClientCredentials, github: FakeGitHub, target: str
) -> None:
    browser.sign_in("ann")

    assert browser.redirected(**wish(client, redirect_uri=target))["error"] == "redirect_uri_mismatch"


def test_an_unknown_application_has_no_page(browser: Browser, acme: Acme) -> None:
    browser.sign_in("ann")

    assert browser.authorize(client_id="none").status_code == 404


def test_errors_of_the_token_endpoint_come_with_200(
    browser: Browser, client: ClientCredentials, github: FakeGitHub
) -> None:
    code = granted(browser, client)

    assert exchange(github, client, code, client_secret="x")["error"] == "incorrect_client_credentials"
    assert exchange(github, client, "x")["error"] == "bad_verification_code"
    assert exchange(github, client, code, redirect_uri="http://evil.example/")["error"] == "bad_verification_code"
    assert "access_token" in exchange(github, client, code)
    assert exchange(github, client, code)["error"] == "bad_verification_code"


def test_codes_live_ten_minutes(browser: Browser, client: ClientCredentials, github: FakeGitHub) -> None:
    code = granted(browser, client)
    github.clock.advance(minutes=11)

    assert exchange(github, client, code)["error"] == "bad_verification_code"


def test_a_challenge_wants_its_verifier(browser: Browser, client: ClientCredentials, github: FakeGitHub) -> None:
    challenge = {"code_challenge": s256("v" * 50), "code_challenge_method": "S256"}
    code = granted(browser, client, **challenge)

    assert exchange(github, client, code)["error"] == "bad_verification_code"
    assert exchange(github, client, code, code_verifier="w" * 50)["error"] == "bad_verification_code"
    assert "access_token" in exchange(github, client, code, code_verifier="v" * 50)
    plain = wish(client, code_challenge="x" * 50, code_challenge_method="plain")
    assert browser.redirected(**plain)["error"] == "invalid_request"


def test_an_old_server_ignores_challenges() -> None:
    with FakeGitHub(version="3.10.0", checks_pkce=False) as fake:
        fake.add_user("ann")
        client = fake.application(redirect_uri=CALLBACK)
        browser = Browser(fake)
        code = granted(browser, client, code_challenge="x", code_challenge_method="S256")
        browser.close()

        assert "access_token" in exchange(fake, client, code)


def test_unverified_addresses_get_no_token(browser: Browser, client: ClientCredentials, github: FakeGitHub) -> None:
    github.add_user("zoe", is_verified=False)
    browser.sign_in("zoe")

    code = browser.decide(browser.authorize(**wish(client)))["code"]

    assert exchange(github, client, code)["error"] == "unverified_user_email"


def test_the_usual_answer_is_a_form(browser: Browser, client: ClientCredentials, github: FakeGitHub) -> None:
    body = {"client_id": client.client_id, "client_secret": client.secret, "code": granted(browser, client)}

    answer = requests.post(f"{github.base_url}/login/oauth/access_token", data=body, timeout=10)

    assert answer.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert parse_qs(answer.text)["token_type"] == ["bearer"]


def test_the_eleventh_token_of_the_same_scopes_ends_the_first(
    github: FakeGitHub, acme: Acme, client: ClientCredentials
) -> None:
    other = github.oauth_token(acme.ann, client.client_id, ["user"])
    tokens = [github.oauth_token(acme.ann, client.client_id, ["repo"]) for _ in range(11)]

    codes = [ApiClient(github, each).get("/user").status_code for each in (*tokens, other)]

    assert codes == [401] + [200] * 11


def test_applications_check_rotate_and_revoke_their_tokens(
    github: FakeGitHub, acme: Acme, client: ClientCredentials
) -> None:
    url, token = f"{github.api_url}/applications/{client.client_id}", github.oauth_token(acme.ann, client.client_id)

    def ask(method: str, what: str, secret: str, password: str = client.secret) -> requests.Response:
        basic = (client.client_id, password)
        return requests.request(method, f"{url}/{what}", json={"access_token": secret}, auth=basic, timeout=10)

    assert ask("POST", "token", token).json()["user"]["login"] == "ann"
    assert ask("POST", "token", "none").status_code == 404
    assert ask("POST", "token", token, "wrong").status_code == 401
    rotated = ask("PATCH", "token", token).json()["token"]
    assert ask("POST", "token", token).status_code == 404
    assert ask("DELETE", "token", rotated).status_code == 204
    assert ApiClient(github, rotated).get("/user").status_code == 401
    last = github.oauth_token(acme.ann, client.client_id)
    assert ask("DELETE", "grant", last).status_code == 204
    assert ApiClient(github, last).get("/user").status_code == 401


def test_a_person_registers_an_application(browser: Browser, github: FakeGitHub, acme: Acme) -> None:
    browser.sign_in("bob")
    form = browser.open("/settings/applications/new?oauth_application[name]=Repertory&oauth_application[url]=http://x")
    fields = {"name": "Repertory", "url": "http://localhost:8000", "callback_url": CALLBACK, "description": ""}
    sent = {f"oauth_application[{key}]": value for key, value in fields.items()}

    made = browser.submit(form, "/settings/applications", **sent)
    page = browser.open(made.headers["Location"].removeprefix(github.base_url))
    secret = browser.submit(page, f"{made.headers['Location'].removeprefix(github.base_url)}/secret")

    assert "value='Repertory'" in form.text
    assert "client_secret" not in page.text
    assert "id='client_secret'" in secret.text
    assert "Repertory" in browser.open("/settings/developers").text
    refused = browser.submit(form, "/settings/applications", **sent | {"oauth_application[callback_url]": "nowhere"})
    assert refused.status_code == 422


def test_only_owners_register_applications_of_an_organization(browser: Browser, acme: Acme) -> None:
    path = "/organizations/acme/settings/applications"
    browser.sign_in("bob")
    assert browser.open(f"{path}/new").status_code == 404

    browser.sign_in("ann")

    assert "Authorization callback URL" in browser.open(f"{path}/new").text
    assert browser.open(f"{path}/99").status_code == 404


def test_suspended_people_do_not_sign_in(browser: Browser, github: FakeGitHub, acme: Acme) -> None:
    github.suspend(acme.bob)

    assert "suspended" in browser.sign_in("bob").text
    assert browser.sign_in("nobody").status_code == 422


def test_pages_of_things_are_for_those_who_see_them(browser: Browser, acme: Acme) -> None:
    paths = ["/acme", "/bob", "/orgs/acme/teams/back-end", "/acme/logging", "/orgs/acme/people"]
    assert [browser.open(path).status_code for path in paths] == [200, 200, 404, 404, 200]

    browser.sign_in("bob")

    assert [browser.open(path).status_code for path in paths] == [200] * 5
    assert browser.open("/").status_code == 200
    assert browser.open("/acme/none").status_code == 404


def test_signing_out_ends_the_session(browser: Browser, github: FakeGitHub, acme: Acme) -> None:
    browser.sign_in("ann")

    browser.submit(browser.open("/"), "/logout")

    assert parameters(browser.authorize(client_id="x").url) == {}
    assert "Pick who you are" in browser.open("/settings/developers").text
