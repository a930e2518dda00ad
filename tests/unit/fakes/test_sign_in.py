"""The pages that a person sees: sign in, consent, applications."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.building import ClientCredentials
from tests.fakes.gitlab.oauth_tokens import s256
from tests.unit.fakes.clients import CALLBACK, Acme, ApiClient, Browser, authorization, exchange

VERIFIER = "v" * 64


@pytest.fixture
def browser(fake: FakeGitLab, acme: Acme) -> Iterator[Browser]:
    opened = Browser(fake)
    yield opened
    opened.close()


@pytest.fixture
def client(fake: FakeGitLab) -> ClientCredentials:
    return fake.application(redirect_uri=CALLBACK, scopes=["read_user", "read_api"])


def heading(page: requests.Response) -> str:
    found = re.search("<h1>(.*?)</h1>", page.text)
    assert found is not None
    return found[1]


def test_a_login_goes_through_sign_in_and_consent_back_to_the_application(
    fake: FakeGitLab, acme: Acme, browser: Browser, client: ClientCredentials
) -> None:
    query = authorization(client, state="s t&te", code_challenge=s256(VERIFIER), code_challenge_method="S256")
    page = browser.authorize(**query)
    assert heading(page) == "Sign in"

    signed_in = browser.submit(page, "/users/sign_in", username="ann")
    consent = browser.open(signed_in.headers["Location"].removeprefix(fake.base_url))
    answer = browser.decide(consent, "authorize")

    assert heading(consent) == "Authorize Repertory to use your account?"
    assert answer["state"] == "s t&te"
    fields = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": VERIFIER}
    token = exchange(fake, client, **fields).json()
    assert ApiClient(fake, token["access_token"]).get("/user").json()["id"] == acme.owner.id


def test_addresses_in_the_query_need_no_encoding(browser: Browser, client: ClientCredentials) -> None:
    browser.sign_in("ann")
    query = "&".join(f"{key}={value}" for key, value in authorization(client).items())

    assert heading(browser.open(f"/oauth/authorize?{query}")).startswith("Authorize Repertory")


def test_the_sign_in_page_says_who_is_who(fake: FakeGitLab, acme: Acme, browser: Browser) -> None:
    kim = fake.add_user("kim", external=True)
    fake.add_member(acme.library, kim, 20)

    page = browser.open("/users/sign_in").text

    assert "Owner of acme" in page
    assert "External, Reporter of acme/logging" in page


def test_a_refused_consent_comes_back_as_access_denied(browser: Browser, client: ClientCredentials) -> None:
    browser.sign_in("ann")

    answer = browser.decide(browser.authorize(**authorization(client, state="abc")), "deny")

    assert (answer["error"], answer["state"]) == ("access_denied", "abc")
    assert "code" not in answer


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"client_id": "unknown"}, 401, "Client authentication failed due to unknown client"),
        ({"redirect_uri": "http://localhost:8000/other"}, 400, "redirect URI included is not valid"),
        ({"redirect_uri": f"{CALLBACK}/"}, 400, "redirect URI included is not valid"),
        ({"scope": "read_user api"}, 400, "requested scope is invalid"),
        ({"response_type": "token"}, 400, "does not support this response type"),
        ({"code_challenge": "abc", "code_challenge_method": "plain"}, 400, "S256"),
    ],
)
def test_a_wrong_request_is_explained_on_the_servers_own_page(
    browser: Browser, client: ClientCredentials, change: dict[str, str], status: int, words: str
) -> None:
    browser.sign_in("ann")

    page = browser.authorize(**authorization(client) | change)

    assert page.status_code == status
    assert words in page.text
    assert page.url.startswith("http://127.0.0.1")


def test_consent_is_not_asked_twice_for_the_same_scopes(
    fake: FakeGitLab, acme: Acme, browser: Browser, client: ClientCredentials
) -> None:
    browser.sign_in("ann")
    fake.oauth_token(acme.owner, client.client_id, ["read_user"])

    same = browser.redirected(**authorization(client, scope="read_user"))
    more = browser.redirected(**authorization(client, scope="read_user read_api"))

    assert same.startswith(f"{CALLBACK}?code=")
    assert more == ""


def test_a_trusted_application_asks_for_no_consent(fake: FakeGitLab, acme: Acme, browser: Browser) -> None:
    trusted = fake.application(redirect_uri=CALLBACK, scopes=["read_user"], trusted=True)
    browser.sign_in("ann")

    assert browser.redirected(**authorization(trusted)).startswith(f"{CALLBACK}?code=")


def test_blocked_people_can_not_sign_in_nor_go_on(
    fake: FakeGitLab, acme: Acme, browser: Browser, client: ClientCredentials
) -> None:
    fake.add_user("ivan", state="blocked")
    assert "Your account has been blocked" in browser.sign_in("ivan").text
    browser.sign_in("ann")

    fake.block(acme.owner)

    assert heading(browser.authorize(**authorization(client))) == "Sign in"


def test_a_form_of_another_session_is_refused(fake: FakeGitLab, browser: Browser, client: ClientCredentials) -> None:
    browser.sign_in("ann")
    browser.authorize(**authorization(client))

    forged = authorization(client) | {"decision": "authorize", "authenticity_token": "guess"}
    answer = browser.post("/oauth/authorize", **forged)

    assert (answer.status_code, "Location" in answer.headers) == (422, False)


def test_an_application_is_made_in_the_browser_and_its_secret_shown_once(
    fake: FakeGitLab, acme: Acme, browser: Browser
) -> None:
    browser.sign_in("ann")
    path = "/-/user_settings/applications"
    fields = {"name": "Ours", "redirect_uri": CALLBACK, "scopes": ["read_user", "read_api"], "confidential": "1"}

    made = browser.submit(browser.open(path), path, **fields)

    shown = dict(re.findall(r"<code id='(\w+)'>([^<]*)</code>", made.text))
    assert shown["callback_url"] == CALLBACK
    assert shown["scopes"] == "read_api read_user"
    assert shown["secret"] not in browser.open(path).text
    code = browser.decide(
        browser.authorize(**authorization(ClientCredentials(shown["application_id"], shown["secret"]))), "authorize"
    )["code"]
    client = ClientCredentials(shown["application_id"], shown["secret"])
    assert exchange(fake, client, grant_type="authorization_code", code=code).status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Name"),
        ({"redirect_uri": ""}, "Redirect URI"),
        ({"redirect_uri": "localhost/callback"}, "absolute"),
        ({"scopes": []}, "Scopes"),
    ],
)
def test_an_incomplete_application_is_refused(browser: Browser, change: dict[str, object], words: str) -> None:
    browser.sign_in("ann")
    path = "/-/user_settings/applications"
    fields: dict[str, object] = {"name": "Ours", "redirect_uri": CALLBACK, "scopes": ["read_user"]}

    answer = browser.submit(browser.open(path), path, **fields | change)

    assert answer.status_code == 422
    assert words in answer.text.split("role=alert")[1].split("</p>")[0]


def test_application_pages_are_for_those_who_may(fake: FakeGitLab, acme: Acme, browser: Browser) -> None:
    fake.add_user("mia")
    fake.add_user("root", is_admin=True)
    group_path, admin_path = "/groups/acme/-/settings/applications", "/admin/applications"
    seen = {}
    for name in ("ann", "mia", "root"):
        browser.sign_in(name)
        seen[name] = (browser.open(group_path).status_code, browser.open(admin_path).status_code)

    assert seen == {"ann": (200, 404), "mia": (404, 404), "root": (200, 200)}


def test_linked_pages_exist_for_those_who_may_see_them(fake: FakeGitLab, acme: Acme, browser: Browser) -> None:
    assert browser.open("/acme/logging").status_code == 404

    browser.sign_in("ann")

    assert heading(browser.open("/acme/logging")) == "Logging"
    assert heading(browser.open("/groups/acme")) == "Acme"
    assert heading(browser.open("/")) == "Projects"


def test_signing_out_ends_the_session(browser: Browser) -> None:
    browser.sign_in("ann")

    browser.submit(browser.open("/"), "/users/sign_out")

    assert heading(browser.open("/")) == "Sign in"
