"""Authorizations of logins, kept where only people's own tokens tell what they may read."""

import pytest
from sqlalchemy import select

from accounts.grants import keep_login
from integrations.oauth import OAuthTokens
from models import Credential, CredentialState, Identity, Integration, Runtime, utc_now
from tests.functional.rows import add_credential, add_integration, add_user

LOGIN = frozenset({"PUBLIC_REPOS", "REPO_READ"})


def kept_after_login(runtime: Runtime, scopes: list[str], state: CredentialState) -> str:
    """The token that is kept after a login with few scopes, when there was one with others."""
    with runtime.database.write() as session:
        integration = add_integration(session, runtime.secret_box)
        integration.platform = "bitbucket_data_center"
        identity = add_user(session, integration, "ann").identities[0]
        credential = add_credential(session, runtime.secret_box, identity, token="before")
        credential.scopes, credential.state = scopes, state
    with runtime.database.write() as session:
        assert session.scalars(select(Integration)).one().platform == "bitbucket_data_center"
        identity, tokens = session.scalars(select(Identity)).one(), OAuthTokens("login", None, LOGIN, None)
        keep_login(session, runtime.secret_box, identity=identity, tokens=tokens, scopes=LOGIN, now=utc_now())
    with runtime.database.read() as session:
        return session.scalars(select(Credential)).one().unseal_access_token(runtime.secret_box)


@pytest.mark.parametrize("scopes", [["PROJECT_ADMIN"], ["PROJECT_ADMIN", "REPO_READ"], ["REPO_ADMIN"], ["REPO_WRITE"]])
def test_a_login_does_not_replace_what_may_do_more(runtime: Runtime, scopes: list[str]) -> None:
    assert kept_after_login(runtime, scopes, CredentialState.OK) == "before"


@pytest.mark.parametrize("scopes", [["PUBLIC_REPOS"], ["REPO_READ"], []])
def test_a_login_replaces_what_may_do_no_more(runtime: Runtime, scopes: list[str]) -> None:
    assert kept_after_login(runtime, scopes, CredentialState.OK) == "login"


def test_a_login_replaces_what_is_of_no_use_any_more(runtime: Runtime) -> None:
    assert kept_after_login(runtime, ["PROJECT_ADMIN"], CredentialState.NEEDS_RECONNECT) == "login"
