"""The token endpoint: codes, rotation, expiry, revocation."""

import pytest
import requests

from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.building import ClientCredentials
from tests.fakes.gitlab.oauth_tokens import s256
from tests.unit.fakes.clients import CALLBACK, Acme, ApiClient, Browser, authorization, exchange, facts

FACTS = facts("oauth.json")
VERIFIER = "v" * FACTS["verifier_length"][0]


@pytest.fixture
def client(fake: FakeGitLab, acme: Acme) -> ClientCredentials:
    return fake.application(redirect_uri=CALLBACK)


def code_for(fake: FakeGitLab, client: ClientCredentials, **changes: str) -> str:
    browser = Browser(fake)
    browser.sign_in("ann")
    answer = browser.decide(browser.authorize(**authorization(client, **changes)), "authorize")
    browser.close()
    return answer["code"]


def redeem(fake: FakeGitLab, client: ClientCredentials, code: str, **more: str) -> requests.Response:
    return exchange(fake, client, grant_type="authorization_code", code=code, **more)


def refresh(fake: FakeGitLab, client: ClientCredentials, token: str, **more: str) -> requests.Response:
    return exchange(fake, client, grant_type="refresh_token", refresh_token=token, **more)


def test_the_answer_has_the_documented_fields(fake: FakeGitLab, client: ClientCredentials) -> None:
    answer = redeem(fake, client, code_for(fake, client))

    body = answer.json()
    assert set(FACTS["token"]) <= body.keys()
    assert (body["token_type"].lower(), body["expires_in"]) == ("bearer", FACTS["access_token_seconds"])
    assert body["scope"] == "read_user"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_client_may_prove_itself_by_basic_authentication(fake: FakeGitLab, client: ClientCredentials) -> None:
    body = {"grant_type": "authorization_code", "code": code_for(fake, client), "redirect_uri": CALLBACK}

    answer = requests.post(
        f"{fake.base_url}/oauth/token", data=body, auth=(client.client_id, client.secret), timeout=10
    )

    assert answer.status_code == 200


def test_a_code_works_once(fake: FakeGitLab, client: ClientCredentials) -> None:
    code = code_for(fake, client)
    redeem(fake, client, code)

    again = redeem(fake, client, code)

    assert (again.status_code, again.json()["error"]) == (FACTS["refused"]["invalid_grant"], "invalid_grant")


def test_a_code_dies_after_ten_minutes(fake: FakeGitLab, client: ClientCredentials) -> None:
    code = code_for(fake, client)

    fake.clock.advance(minutes=10)

    assert redeem(fake, client, code).json()["error"] == "invalid_grant"


def test_a_code_is_bound_to_the_redirect_uri_and_the_client(fake: FakeGitLab, client: ClientCredentials) -> None:
    other = fake.application(redirect_uri=CALLBACK)
    code = code_for(fake, client)

    assert redeem(fake, client, code, redirect_uri="http://localhost:8000/other").json()["error"] == "invalid_grant"
    assert redeem(fake, other, code).json()["error"] == "invalid_grant"
    assert redeem(fake, client, code).status_code == 200


@pytest.mark.parametrize("verifier", [None, "w" * 43])
def test_a_challenge_must_be_answered(fake: FakeGitLab, client: ClientCredentials, verifier: str | None) -> None:
    code = code_for(fake, client, code_challenge=s256(VERIFIER), code_challenge_method="S256")
    wrong = {} if verifier is None else {"code_verifier": verifier}

    assert redeem(fake, client, code, **wrong).json()["error"] == "invalid_grant"
    assert redeem(fake, client, code, code_verifier=VERIFIER).status_code == 200


def test_the_challenge_is_the_one_of_the_standard() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert s256(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize("change", [{"client_id": "unknown"}, {"client_secret": "wrong"}])
def test_a_wrong_client_is_told_apart_from_a_wrong_code(
    fake: FakeGitLab, client: ClientCredentials, change: dict[str, str]
) -> None:
    wrong_client = redeem(fake, client, "bogus", **change)
    wrong_code = redeem(fake, client, "bogus")

    assert wrong_client.json()["error"] == "invalid_client"
    assert wrong_client.status_code == FACTS["refused"]["invalid_client"]
    assert wrong_code.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
    ],
)
def test_incomplete_requests_are_refused(
    fake: FakeGitLab, client: ClientCredentials, fields: dict[str, str], error: str
) -> None:
    answer = exchange(fake, client, **fields)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_access_tokens_live_two_hours_and_refresh_tokens_longer(
    fake: FakeGitLab, acme: Acme, client: ClientCredentials
) -> None:
    pair = fake.oauth_token(acme.owner, client.client_id)
    api = ApiClient(fake, str(pair["access_token"]))
    fake.clock.advance(seconds=FACTS["access_token_seconds"] - 60)
    assert api.get("/user").status_code == 200

    fake.clock.advance(seconds=61)

    assert api.get("/user").json()["error"] == "invalid_token"
    assert refresh(fake, client, str(pair["refresh_token"])).status_code == 200


def test_refreshing_kills_the_old_pair_at_once(fake: FakeGitLab, acme: Acme, client: ClientCredentials) -> None:
    old = fake.oauth_token(acme.owner, client.client_id)

    fresh = refresh(fake, client, str(old["refresh_token"])).json()

    assert ApiClient(fake, str(old["access_token"])).get("/user").status_code == 401
    assert ApiClient(fake, fresh["access_token"]).get("/user").status_code == 200
    assert refresh(fake, client, str(old["refresh_token"])).json()["error"] == "invalid_grant"
    assert refresh(fake, client, fresh["refresh_token"]).status_code == 200


def test_a_refresh_with_another_redirect_uri_or_of_a_blocked_user_fails(
    fake: FakeGitLab, acme: Acme, client: ClientCredentials
) -> None:
    token = str(fake.oauth_token(acme.owner, client.client_id)["refresh_token"])

    assert refresh(fake, client, token, redirect_uri="http://other/").json()["error"] == "invalid_grant"
    fake.block(acme.owner)
    assert refresh(fake, client, token).json()["error"] == "invalid_grant"


def test_token_info_tells_owner_scopes_and_application(fake: FakeGitLab, acme: Acme, client: ClientCredentials) -> None:
    pair = fake.oauth_token(acme.owner, client.client_id, ["read_user"])
    headers = {"Authorization": f"Bearer {pair['access_token']}"}

    body = requests.get(f"{fake.base_url}/oauth/token/info", headers=headers, timeout=10).json()

    assert set(FACTS["token_info"]) <= body.keys()
    assert (body["resource_owner_id"], body["scope"]) == (acme.owner.id, ["read_user"])
    assert body["application"] == {"uid": client.client_id}
    assert 7190 < body["expires_in"] <= 7200


def test_token_info_refuses_what_is_no_oauth_token(fake: FakeGitLab, acme: Acme) -> None:
    headers = {"Authorization": f"Bearer {fake.personal_token(acme.owner)}"}

    assert requests.get(f"{fake.base_url}/oauth/token/info", headers=headers, timeout=10).status_code == 401


def test_revoking_kills_both_tokens_and_never_tells_whether_they_existed(
    fake: FakeGitLab, acme: Acme, client: ClientCredentials
) -> None:
    pair = fake.oauth_token(acme.owner, client.client_id)
    body = {"client_id": client.client_id, "client_secret": client.secret}

    answers = [
        requests.post(f"{fake.base_url}/oauth/revoke", data=body | {"token": token}, timeout=10)
        for token in (str(pair["access_token"]), "unknown")
    ]

    assert [(each.status_code, each.json()) for each in answers] == [(200, {}), (200, {})]
    assert ApiClient(fake, str(pair["access_token"])).get("/user").status_code == 401
    assert refresh(fake, client, str(pair["refresh_token"])).json()["error"] == "invalid_grant"


def test_only_digests_of_secrets_are_kept(fake: FakeGitLab, acme: Acme, client: ClientCredentials) -> None:
    pair = fake.oauth_token(acme.owner, client.client_id)
    kept = repr([*vars(fake.state).values()])

    assert client.secret not in kept
    assert str(pair["access_token"]) not in kept
    assert str(pair["refresh_token"]) not in kept
