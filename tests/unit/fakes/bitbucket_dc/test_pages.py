"""The pages in a browser: to sign in, application links, tokens, and what is linked to."""

import re

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.bitbucket_dc.link_pages import LINKS, LINKS_1, TOKENS
from tests.unit.fakes.bitbucket_dc.clients import CALLBACK, Acme, Browser, Client


def shown(page: requests.Response, name: str) -> str:
    found = re.search(rf"<code id='{name}'>([^<]*)</code>", page.text)
    assert found is not None, page.text
    return found[1]


@pytest.fixture
def root(fake: FakeBitbucketDataCenter, acme: Acme, browser: Browser) -> Browser:
    fake.grant_global(fake.add_user("root"), "SYS_ADMIN")
    browser.sign_in("root")
    return browser


def test_people_are_picked_by_name(fake: FakeBitbucketDataCenter, acme: Acme, browser: Browser) -> None:
    page = browser.open("/")

    assert "Sign in as Ann" in page.text
    assert "PROJECT_ADMIN in ACME" in page.text
    assert browser.sign_in("ann").headers["Location"] == f"{fake.base_url}/"
    start = browser.open("/")
    assert "Application links" not in start.text
    browser.submit(start, "/logout")
    assert browser.open("/").url == f"{fake.base_url}/login"


def test_who_has_no_licence_stays_outside(fake: FakeBitbucketDataCenter, acme: Acme, browser: Browser) -> None:
    fake.set_licensed(acme.carla, False)
    fake.deactivate(acme.bob)

    assert [browser.sign_in(name).status_code for name in ("carla", "bob@birch", "nobody")] == [422] * 3


def test_the_page_lets_in_again_after_a_captcha(fake: FakeBitbucketDataCenter, browser: Browser) -> None:
    fake.add_user("dora", password="right")
    for _ in range(5):
        Client(fake).get("/projects", auth=("dora", "wrong"))

    browser.sign_in("dora")

    assert Client(fake).get("/projects", auth=("dora", "right")).status_code == 200


def test_a_form_of_another_page_is_refused(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    answer = requests.post(f"{fake.base_url}/login", data={"username": "ann"}, timeout=10)

    assert answer.status_code == 403


def test_an_administrator_makes_an_incoming_link(fake: FakeBitbucketDataCenter, root: Browser) -> None:
    two = f"{CALLBACK}, http://127.0.0.1:8000/other"
    page = root.submit(root.open(LINKS), LINKS, name="Repertory", redirect_url=two, scopes=["REPO_READ", "REPO_ADMIN"])

    link = fake.state.links[shown(page, "client_id")]
    assert link.redirect_uris == (CALLBACK, "http://127.0.0.1:8000/other")
    assert link.scopes == {"REPO_READ", "REPO_ADMIN"}
    assert shown(page, "client_secret") not in repr(link)
    assert "<li>Repertory</li>" in root.open(LINKS).text


@pytest.mark.parametrize(("name", "url"), [("", CALLBACK), ("x", ""), ("x", "nonsense"), ("x", "ftp://x.example/")])
def test_a_link_needs_a_name_and_an_address(root: Browser, name: str, url: str) -> None:
    assert root.submit(root.open(LINKS), LINKS, name=name, redirect_url=url).status_code == 422


def test_links_are_administrators_business(acme: Acme, browser: Browser) -> None:
    assert browser.open(LINKS).url.endswith("/login")
    browser.sign_in("ann")

    assert browser.open(LINKS).status_code == 401


def test_a_public_key_is_entered_for_the_older_protocol(fake: FakeBitbucketDataCenter, root: Browser) -> None:
    pem = generate_private_key(65537, 1024).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    fields = {"consumer_key": "repertory", "consumer_name": "Repertory", "public_key": pem.decode()}

    wrong = root.submit(root.open(LINKS), LINKS_1, **fields | {"public_key": "nonsense"})
    right = root.submit(root.open(LINKS), LINKS_1, **fields)
    again = root.submit(root.open(LINKS), LINKS_1, **fields)

    assert [each.status_code for each in (wrong, right, again)] == [422, 200, 422]
    assert shown(right, "consumer_key") == "repertory"
    assert fake.state.consumers["repertory"].public_key == pem.decode().strip()


def test_an_old_server_has_only_the_older_protocol() -> None:
    with FakeBitbucketDataCenter(version="7.17.10") as fake:
        fake.grant_global(fake.add_user("root"), "ADMIN")
        browser = Browser(fake)
        browser.sign_in("root")

        page = browser.open(LINKS)

        assert "Consumer key" in page.text
        assert "Redirect URL" not in page.text
        assert browser.submit(page, LINKS, name="x", redirect_url=CALLBACK).status_code == 403
        browser.close()


def test_people_make_tokens_for_themselves(fake: FakeBitbucketDataCenter, acme: Acme, browser: Browser) -> None:
    browser.sign_in("ann")

    page = browser.submit(browser.open(TOKENS), TOKENS, name="sync", permissions=["PROJECT_ADMIN"])
    nameless = browser.submit(browser.open(TOKENS), TOKENS, name="", permissions=["PROJECT_ADMIN"])
    powerless = browser.submit(browser.open(TOKENS), TOKENS, name="sync")

    assert Client(fake, shown(page, "token")).get("/projects/ACME/permissions/users").status_code == 200
    assert [nameless.status_code, powerless.status_code] == [422, 422]


def test_what_is_linked_to_is_there_for_who_may_see_it(
    fake: FakeBitbucketDataCenter, acme: Acme, browser: Browser
) -> None:
    fake.add_repository(fake.add_personal_project(acme.carla), "dotfiles")
    addresses = ("/projects/ACME", "/projects/ACME/repos/logging/browse", "/users/carla/repos/dotfiles/browse", "/none")

    as_nobody = [browser.open(each).status_code for each in addresses]
    browser.sign_in("ann")
    as_ann = [browser.open(each).status_code for each in addresses]

    assert as_nobody == [404, 404, 404, 404]
    assert as_ann == [200, 200, 404, 404]
