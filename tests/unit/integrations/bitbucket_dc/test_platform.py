"""How Bitbucket Data Center is offered: addresses, scopes, guides, and base URLs as people paste them."""

import pytest

from integrations.bitbucket_dc.platform import BITBUCKET_DATA_CENTER as PLATFORM
from integrations.codehost import HostVersion
from integrations.errors import ConnectionFailed, Stage
from integrations.platform_parts import Page, Use
from integrations.platforms import diagnose_version

BASE = "https://git.example.test/bitbucket"


def names(*uses: Use) -> list[str]:
    return [scope.name for scope in PLATFORM.scopes_for(uses)]


def test_scopes_follow_from_what_the_integration_is_used_for() -> None:
    everything = ["PUBLIC_REPOS", "REPO_READ", "REPO_ADMIN", "PROJECT_ADMIN"]

    assert names() == names(Use.LOG_IN) == ["PUBLIC_REPOS"]
    assert names(Use.LOG_IN, Use.SYNCHRONIZE) == everything
    assert names(Use.INSTALL_WEBHOOKS) == ["PUBLIC_REPOS", "REPO_ADMIN", "PROJECT_ADMIN"]
    assert names(*Use) == everything


def test_reasons_name_the_box_to_tick_and_all_that_it_is_for() -> None:
    reasons = {scope.name: scope.reason for scope in PLATFORM.scopes_for(list(Use))}

    assert "“Projects: Admin”" in reasons["PROJECT_ADMIN"]
    assert "webhook" in reasons["PROJECT_ADMIN"]
    assert "webhook" not in {each.name: each.reason for each in PLATFORM.scopes_for([Use.SYNCHRONIZE])}["PROJECT_ADMIN"]


def test_a_level_includes_those_below_it() -> None:
    wanted = names(*Use)

    assert PLATFORM.missing_scopes(wanted, ["PROJECT_ADMIN"]) == ()
    assert PLATFORM.missing_scopes(wanted, ["REPO_WRITE"]) == ("REPO_ADMIN", "PROJECT_ADMIN")
    assert PLATFORM.missing_scopes(wanted, ["SOMETHING_NEW"]) == tuple(wanted)
    assert PLATFORM.expand_scopes(["SOMETHING_NEW"]) == {"SOMETHING_NEW"}


def test_ones_own_access_is_read_with_the_least_scope_that_shows_private_code() -> None:
    assert PLATFORM.own_access_scopes == ("REPO_READ",)
    assert PLATFORM.missing_scopes(PLATFORM.own_access_scopes, ["REPO_READ"]) == ()


def test_addresses_are_below_the_base_url() -> None:
    oauth, oauth1 = PLATFORM.oauth_endpoints(BASE), PLATFORM.oauth1_endpoints
    assert oauth1 is not None

    assert PLATFORM.setup_link(BASE) == f"{BASE}/plugins/servlet/applinks/listApplicationLinks"
    assert PLATFORM.api_url(BASE) == f"{BASE}/rest/api/latest"
    assert oauth.authorize == f"{BASE}/rest/oauth2/latest/authorize"
    assert (oauth.token, oauth.revoke) == (f"{BASE}/rest/oauth2/latest/token", None)
    assert oauth1(BASE).access_token == f"{BASE}/plugins/servlet/oauth/access-token"


@pytest.mark.parametrize(
    ("page", "url", "address"),
    [
        (Page.TEAM_MEMBERS, f"{BASE}/projects/ACME", f"{BASE}/projects/ACME/permissions"),
        (Page.TEAM_MEMBERS, f"{BASE}/admin/groups/view?name=a", f"{BASE}/admin/groups/view?name=a"),
        (Page.REPOSITORY_MEMBERS, f"{BASE}/projects/A/repos/b", f"{BASE}/projects/A/repos/b/permissions"),
        (Page.REPOSITORY_VISIBILITY, f"{BASE}/projects/A/repos/b", f"{BASE}/projects/A/repos/b/settings"),
        (Page.ORGANIZATION_HOOKS, f"{BASE}/projects/ACME", f"{BASE}/projects/ACME/settings"),
    ],
)
def test_pages_where_access_is_granted(page: Page, url: str, address: str) -> None:
    assert PLATFORM.page_url(page, url) == address


def test_the_guides_name_everything_that_is_to_be_copied() -> None:
    assert {step.copies for step in PLATFORM.guide} == {"", "setup_link", "callback_url", "scopes"}
    copied = {"", "setup_link", "our_url", "consumer_key", "consumer_name", "public_key"}
    assert {step.copies for step in PLATFORM.oauth1_guide} == copied


def test_stored_credentials_go_to_git_in_their_own_ways() -> None:
    kinds = {kind.key: (kind.sends, kind.git_username) for kind in PLATFORM.stored_kinds}

    assert kinds == {
        "access_token": ("bearer", "x-token-auth"),
        "api_token": ("bearer", ""),
        "password": ("basic", ""),
    }


@pytest.mark.parametrize(
    ("text", "url", "advice"),
    [
        ("https://git.example.test", "https://git.example.test", []),
        ("git.example.test:7990", "https://git.example.test:7990", ["https:// was added"]),
        ("https://git.example.test/dashboard", "https://git.example.test", ["/dashboard was removed"]),
        ("https://git.example.test/rest/api/latest", "https://git.example.test", ["/rest/api/latest was removed"]),
        ("https://git.example.test/login?next=/projects", "https://git.example.test", ["? or #", "was removed"]),
        ("https://git.example.test/plugins/servlet/applinks/listApplicationLinks", "https://git.example.test", []),
        (BASE, BASE, ["/bitbucket was kept"]),
        (f"{BASE}/", BASE, ["/bitbucket was kept"]),
        (f"{BASE}/projects", BASE, ["/projects was removed", "was kept"]),
        (f"{BASE}/projects/ACME/repos/logging/browse", BASE, ["was removed", "was kept"]),
        (f"{BASE}/users/jane/repos/x", BASE, ["was removed", "was kept"]),
        (f"{BASE}/scm/acme/logging.git", BASE, ["was removed", "was kept"]),
        ("https://git.example.test/scm", "https://git.example.test/scm", ["/scm was kept"]),
        ("https://git.example.test/projectsite", "https://git.example.test/projectsite", ["was kept"]),
        ("http://git.example.test", "http://git.example.test", ["OUTBOUND_ALLOW"]),
        ("https://bitbucket.org/acme", "https://bitbucket.org/acme", ["choose the platform Bitbucket"]),
        ("https://bitbucket.org/dashboard", "https://bitbucket.org", ["choose the platform Bitbucket"]),
    ],
)
def test_a_pasted_address_is_corrected_with_advice(text: str, url: str, advice: list[str]) -> None:
    corrected = PLATFORM.correct_base_url(text)

    assert corrected.url == url
    for words in advice:
        assert words in " ".join(corrected.advice)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ConnectionFailed) as caught:
        PLATFORM.correct_base_url("ssh://git@git.example.test:7999/acme/logging.git")

    assert caught.value.diagnosis.stage is Stage.ADDRESS


@pytest.mark.parametrize(("version", "is_good"), [("5.4.9", False), ("5.5.0", True), ("5.10.0", True), ("9.4.3", True)])
def test_versions_that_are_too_old_are_told(version: str, is_good: bool) -> None:
    diagnosis = diagnose_version(PLATFORM, HostVersion("Bitbucket Data Center", version))

    assert (diagnosis is None) == is_good
