"""OAuth: consumers, consent, tokens."""

import re
from html import unescape

import pytest
import requests

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud
from tests.fakes.bitbucket_cloud.building import ClientCredentials
from tests.unit.fakes.bitbucket_cloud.clients import CALLBACK, Acme, ApiClient, Browser, parameters

NEW = "/acme/workspace/settings/oauth-consumers/new"


@pytest.fixture
def client(cloud: FakeBitbucketCloud, acme: Acme) -> ClientCredentials:
    return cloud.application(redirect_uri=CALLBACK)


def exchange(cloud: FakeBitbucketCloud, client: ClientCredentials | None, **form: str) -> requests.Response:
    auth = None if client is None else (client.client_id, client.secret)
    return requests.post(f"{cloud.base_url}/site/oauth2/access_token", data=form, auth=auth, timeout=10)


def code_for(browser: Browser, client: ClientCredentials, person: str = "ann@example.com") -> str:
    browser.sign_in(person)
    page = browser.authorize(client_id=client.client_id, response_type="code", state="s")
    return browser.decide(page, "approve")["code"]


def test_consent_leads_back_with_a_code_and_the_state(
    cloud: FakeBitbucketCloud, acme: Acme, browser: Browser, client: ClientCredentials
) -> None:
    query = {"client_id": client.client_id, "response_type": "code", "state": "s p", "redirect_uri": f"{CALLBACK}?a=b"}
    page = browser.authorize(**query)
    assert "Sign in as Ann Almond" in page.text

    answer = browser.submit(page, "/account/signin/", person=acme.owner.uuid)
    page = browser.open(answer.headers["Location"].removeprefix(cloud.base_url))
    found = browser.decide(page, "approve")

    assert "Repositories: Read" in page.text
    assert "Grant access" in page.text
    assert set(found) == {"a", "code", "state"}
    assert found["state"] == "s p"


def test_cancelling_leads_back_with_an_error(browser: Browser, client: ClientCredentials) -> None:
    browser.sign_in("ann@example.com")
    page = browser.authorize(client_id=client.client_id, response_type="code", state="s")

    found = browser.decide(page, "deny")

    assert (found["error"], found["state"]) == ("access_denied", "s")


def test_forms_of_others_and_for_nothing_are_refused(browser: Browser, client: ClientCredentials) -> None:
    browser.sign_in("ann@example.com")
    page = browser.authorize(client_id=client.client_id, response_type="code")
    path = "/site/oauth2/authorize"

    assert browser.post(path, client_id=client.client_id, response_type="code").status_code == 403
    assert browser.submit(page, path, client_id="none", decision="approve").status_code == 400


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "none"}, {"response_type": "token"}, {"redirect_uri": "http://localhost:9000/elsewhere"}],
)
def test_bad_requests_stay_on_a_page_of_the_host(
    browser: Browser, client: ClientCredentials, changes: dict[str, str]
) -> None:
    browser.sign_in("ann@example.com")
    query = {"client_id": client.client_id, "response_type": "code"} | changes

    assert browser.redirected(**query) == ""
    assert browser.authorize(**query).status_code == 400


def test_scopes_are_those_of_the_consumer_whatever_is_asked(
    cloud: FakeBitbucketCloud, acme: Acme, browser: Browser
) -> None:
    client = cloud.application(redirect_uri=CALLBACK, scopes=["account", "repository"])
    browser.sign_in("ann@example.com")
    page = browser.authorize(client_id=client.client_id, response_type="code", scope="webhook repository:admin")
    code = browser.decide(page, "approve")["code"]

    answer = exchange(cloud, client, grant_type="authorization_code", code=code)

    body = answer.json()
    assert (body["scopes"], body["token_type"], body["expires_in"]) == ("account repository", "bearer", 7200)
    assert "scope" not in body
    assert ApiClient(cloud, body["access_token"]).get("/user").json()["uuid"] == acme.owner.uuid


def test_the_client_says_who_it_is_by_basic_and_in_no_other_way(
    cloud: FakeBitbucketCloud, browser: Browser, client: ClientCredentials
) -> None:
    form = {"grant_type": "authorization_code", "code": code_for(browser, client)}
    in_body = exchange(cloud, None, **form, client_id=client.client_id, client_secret=client.secret)
    wrong = exchange(cloud, ClientCredentials(client.client_id, "wrong"), **form)

    assert (in_body.status_code, in_body.json()["error"]) == (400, "unauthorized_client")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "unauthorized_client")
    assert exchange(cloud, client, **form).status_code == 200


def test_codes_are_good_once_for_a_while_and_for_their_consumer(
    cloud: FakeBitbucketCloud, browser: Browser, client: ClientCredentials
) -> None:
    other = cloud.application(redirect_uri=CALLBACK)
    first = code_for(browser, client)
    statuses = [
        exchange(cloud, each, grant_type="authorization_code", code=first).status_code for each in (other, client)
    ]
    again = exchange(cloud, client, grant_type="authorization_code", code=first)
    late = parameters(browser.redirected(client_id=client.client_id, response_type="code"))["code"]
    cloud.clock.advance(minutes=11)

    assert statuses == [400, 200]
    assert again.json()["error"] == "invalid_grant"
    assert exchange(cloud, client, grant_type="authorization_code", code=late).status_code == 400


def test_a_redirect_address_that_was_named_must_be_named_again(
    cloud: FakeBitbucketCloud, browser: Browser, client: ClientCredentials
) -> None:
    browser.sign_in("ann@example.com")
    page = browser.authorize(client_id=client.client_id, response_type="code", redirect_uri=CALLBACK)
    form = {"grant_type": "authorization_code", "code": browser.decide(page, "approve")["code"]}

    assert exchange(cloud, client, **form).status_code == 400
    assert exchange(cloud, client, **form, redirect_uri=CALLBACK).status_code == 200


def test_refreshing_keeps_the_refresh_token(cloud: FakeBitbucketCloud, acme: Acme, client: ClientCredentials) -> None:
    first = cloud.oauth_token(acme.owner, client.client_id)
    cloud.clock.advance(hours=2)
    assert ApiClient(cloud, str(first["access_token"])).get("/user").status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": str(first["refresh_token"])}

    second, third = exchange(cloud, client, **form).json(), exchange(cloud, client, **form).json()

    assert second["refresh_token"] == third["refresh_token"] == first["refresh_token"]
    assert [ApiClient(cloud, each["access_token"]).get("/user").status_code for each in (second, third)] == [200, 200]
    cloud.core.answers_refresh_token = False
    assert "refresh_token" not in exchange(cloud, client, **form).json()


@pytest.mark.parametrize("end", ["revoked", "inactive", "foreign", "unknown"])
def test_a_dead_refresh_token_is_refused(
    cloud: FakeBitbucketCloud, acme: Acme, client: ClientCredentials, end: str
) -> None:
    token = str(cloud.oauth_token(acme.owner, client.client_id)["refresh_token"])
    if end == "revoked":
        cloud.revoke_token(token)
    elif end == "inactive":
        cloud.set_user_state(acme.owner, "inactive")
    asking = cloud.application(redirect_uri=CALLBACK) if end == "foreign" else client

    answer = exchange(cloud, asking, grant_type="refresh_token", refresh_token=token if end != "unknown" else "x")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_private_consumers_act_as_an_owner_and_others_do_not(
    cloud: FakeBitbucketCloud, acme: Acme, client: ClientCredentials
) -> None:
    private = cloud.application(redirect_uri=CALLBACK, is_private=True)

    answer = exchange(cloud, private, grant_type="client_credentials").json()

    assert ApiClient(cloud, answer["access_token"]).get("/user").json()["uuid"] == acme.owner.uuid
    assert exchange(cloud, client, grant_type="client_credentials").status_code == 400
    assert exchange(cloud, client, grant_type="password").json()["error"] == "unsupported_grant_type"


def test_whoever_granted_access_once_is_not_asked_again(
    cloud: FakeBitbucketCloud, acme: Acme, browser: Browser, client: ClientCredentials
) -> None:
    cloud.oauth_token(acme.owner, client.client_id)
    browser.sign_in("ann@example.com")

    target = browser.redirected(client_id=client.client_id, response_type="code", state="s")

    assert target.startswith(f"{CALLBACK}?code=")


def test_a_consumer_is_made_in_the_browser_and_shows_key_and_secret(
    cloud: FakeBitbucketCloud, acme: Acme, browser: Browser
) -> None:
    assert "Log in to continue" in browser.open(NEW).text
    browser.sign_in("ann@example.com")
    page = browser.open(NEW)
    chosen = ["email", "account", "pullrequest:write", "webhook"]
    incomplete = browser.submit(page, NEW, name="Repertory", callback_url=CALLBACK)
    assert (incomplete.status_code, "permission" in incomplete.text) == (400, True)

    browser.submit(page, NEW, name="Repertory", callback_url=CALLBACK, permissions=chosen)
    text = browser.open(NEW.removesuffix("/new")).text
    key, secret = (unescape(re.findall(rf"{name} <code id='\w+-0'>([^<]*)", text)[0]) for name in ("Key", "Secret"))

    answer = exchange(cloud, ClientCredentials(key, secret), grant_type="refresh_token", refresh_token="none")
    assert answer.json()["error"] == "invalid_grant"
    assert cloud.state.consumers[key].scopes == (
        "email",
        "account",
        "repository",
        "repository:write",
        "pullrequest",
        "pullrequest:write",
        "webhook",
    )


def test_consumers_are_made_by_owners_and_with_everything_filled_in(
    cloud: FakeBitbucketCloud, acme: Acme, bob: Account, browser: Browser
) -> None:
    cloud.add_member(acme.workspace, bob)
    browser.sign_in("bob")

    assert browser.open(NEW).status_code == 403
    cloud.update_member(acme.workspace, bob, "owner")
    assert browser.post(NEW, name="x").status_code == 403
    page = browser.open(NEW)
    nameless = browser.submit(page, NEW, callback_url=CALLBACK, permissions="account")
    nowhere = browser.submit(page, NEW, name="x", callback_url="here", permissions="account")
    assert [(each.status_code, "field is required" in each.text) for each in (nameless, nowhere)] == [
        (400, True),
        (400, False),
    ]
    with pytest.raises(KeyError, match="everything"):
        cloud.application(redirect_uri=CALLBACK, scopes=["everything"])
    assert browser.open(NEW.replace("acme", "<WORKSPACE_NAME>")).status_code == 404


def test_people_without_a_name_of_their_own_sign_in_by_address(
    cloud: FakeBitbucketCloud, acme: Acme, browser: Browser
) -> None:
    cloud.add_user("ann", "Ann Aspen", email="aspen@example.com")

    assert browser.sign_in("ann").status_code == 400
    assert browser.sign_in("aspen@example.com").status_code == 302
    assert "Signed in as Ann Aspen" in browser.open("/").text


def test_signing_in_and_out(cloud: FakeBitbucketCloud, acme: Acme, bob: Account, browser: Browser) -> None:
    cloud.set_user_state(bob, "inactive")
    assert browser.sign_in("bob").status_code == 400
    assert browser.post("/account/signin/", person="ann").status_code == 403
    browser.sign_in("ann")
    page = browser.open("/")
    assert "OAuth consumers of Acme" in page.text
    assert browser.open("/acme/logging").status_code == 200

    browser.submit(page, "/account/signout/")

    assert "Log in to continue" in browser.open("/").text
    assert [browser.open(path).status_code for path in ("/acme/logging", "/acme", "/none")] == [404, 404, 404]
