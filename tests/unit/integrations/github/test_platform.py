"""How GitHub is offered: scopes, addresses, pasted base URLs, what is prefilled and what is explained."""

from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.codehost import HostVersion
from integrations.errors import ConnectionFailed, Stage
from integrations.github.platform import GITHUB, GITHUB_ENTERPRISE_SERVER
from integrations.github.roots import api_roots
from integrations.platform_parts import Application, Page, Platform, Use
from integrations.platforms import PLATFORMS, diagnose_version

SERVER = "https://github.example.test"
BOTH = (GITHUB, GITHUB_ENTERPRISE_SERVER)


def test_both_are_offered_under_their_labels() -> None:
    assert PLATFORMS["github"] is GITHUB
    assert PLATFORMS["github_enterprise_server"] is GITHUB_ENTERPRISE_SERVER
    assert [platform.label for platform in BOTH] == ["GitHub", "GitHub Enterprise Server"]
    assert [platform.default_login_policy for platform in BOTH] == ["members", "everyone"]


@pytest.mark.parametrize(
    ("base", "rest", "graphql"),
    [
        ("https://github.com", "https://api.github.com", "https://api.github.com"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com", "https://api.acme.ghe.com"),
        (SERVER, f"{SERVER}/api/v3", f"{SERVER}/api"),
        ("https://ghe.com.example.test", "https://ghe.com.example.test/api/v3", "https://ghe.com.example.test/api"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123/api/v3", "http://127.0.0.1:8123/api"),
    ],
)
def test_the_apis_are_where_the_base_url_says(base: str, rest: str, graphql: str) -> None:
    roots = api_roots(base)

    assert (roots.rest, roots.graphql) == (rest, graphql)
    assert GITHUB.api_url(base) == rest


def test_scopes_follow_from_what_the_integration_is_used_for() -> None:
    def names(*uses: Use) -> list[str]:
        return [scope.name for scope in GITHUB.scopes_for(uses)]

    login = ["read:user", "user:email", "read:org"]
    assert names(Use.LOG_IN) == login
    assert names(Use.SYNCHRONIZE) == [*login, "repo"]
    assert names(Use.INSTALL_WEBHOOKS) == [*login, "admin:org_hook", "admin:repo_hook"]
    assert names(*Use) == [*login, "repo", "admin:org_hook"]
    assert all(scope.reason for scope in GITHUB.scopes_for(list(Use)))


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        (["repo", "user", "admin:org", "admin:org_hook"], ()),
        (["repo", "read:user", "user:email", "write:org", "admin:org_hook"], ()),
        (["public_repo", "user", "read:org", "admin:org_hook"], ("repo",)),
        ([], ("read:user", "user:email", "read:org", "repo", "admin:org_hook")),
    ],
)
def test_a_granted_scope_stands_for_those_that_it_includes(granted: list[str], missing: tuple[str, ...]) -> None:
    wanted = [scope.name for scope in GITHUB.scopes_for(list(Use))]

    assert GITHUB.missing_scopes(wanted, granted) == missing


def test_oauth_is_on_the_host_itself() -> None:
    endpoints = GITHUB.oauth_endpoints("https://github.com")

    assert endpoints.authorize == "https://github.com/login/oauth/authorize"
    assert endpoints.token == "https://github.com/login/oauth/access_token"
    assert endpoints.revoke is None
    assert GITHUB.revoke_token is not None


def test_the_page_for_a_new_application_is_filled_in() -> None:
    application = Application(
        "Repertory (a & b)", "https://r.example.test", "https://r.example.test/oauth/github/callback"
    )
    assert GITHUB.prefill is not None

    links = [(label, GITHUB.prefill(link, application)) for label, link in GITHUB.setup_links(SERVER)]

    assert [urlsplit(link).path for _, link in links] == [
        "/settings/applications/new",
        "/organizations/<ORGANIZATION>/settings/applications/new",
    ]
    assert parse_qs(urlsplit(links[0][1]).query) == {
        "oauth_application[name]": ["Repertory (a & b)"],
        "oauth_application[url]": ["https://r.example.test"],
        "oauth_application[callback_url]": ["https://r.example.test/oauth/github/callback"],
    }


@pytest.mark.parametrize(
    ("page", "path", "below"),
    [
        (Page.TEAM_MEMBERS, "/orgs/acme", "/orgs/acme/people"),
        (Page.TEAM_MEMBERS, "/orgs/acme/teams/web", "/orgs/acme/teams/web/members"),
        (Page.REPOSITORY_MEMBERS, "/acme/logging", "/acme/logging/settings/access"),
        (Page.REPOSITORY_VISIBILITY, "/acme/logging/", "/acme/logging/settings"),
        (Page.REPOSITORY_HOOKS, "/acme/logging", "/acme/logging/settings/hooks"),
        (Page.ORGANIZATION_HOOKS, "/orgs/acme", "/organizations/acme/settings/hooks"),
    ],
)
def test_pages_where_access_is_granted_are_below_what_they_belong_to(page: Page, path: str, below: str) -> None:
    assert GITHUB.page_url(page, SERVER + path) == SERVER + below


@pytest.mark.parametrize("platform", BOTH, ids=lambda platform: platform.key)
def test_the_guide_names_everything_that_is_to_be_copied(platform: Platform) -> None:
    assert {step.copies for step in platform.guide} == {"", "setup_link", "callback_url", "scopes"}


@pytest.mark.parametrize(
    ("text", "url", "advice"),
    [
        (SERVER, SERVER, []),
        ("github.example.test", SERVER, ["https:// was added"]),
        (f"{SERVER}/api/v3", SERVER, ["/api/v3 was removed"]),
        (f"{SERVER}/login?return_to=x", SERVER, ["? or #", "/login was removed"]),
        (f"{SERVER}/organizations/acme/settings/applications", SERVER, ["was removed"]),
        (f"{SERVER}/github", f"{SERVER}/github", ["/github was kept"]),
        ("http://github.example.test", "http://github.example.test", ["OUTBOUND_ALLOW"]),
        (
            "https://github.com/orgs/acme",
            "https://github.com",
            ["/orgs/acme was removed", "choose the platform GitHub"],
        ),
        ("https://api.acme.ghe.com", "https://acme.ghe.com", ["hosts of their own", "choose the platform GitHub"]),
    ],
)
def test_the_address_of_a_server_is_corrected_with_advice(text: str, url: str, advice: list[str]) -> None:
    corrected = GITHUB_ENTERPRISE_SERVER.correct_base_url(text)

    assert corrected.url == url
    assert len(corrected.advice) == len(advice)
    for words, given in zip(advice, corrected.advice, strict=True):
        assert words in given


@pytest.mark.parametrize(
    ("text", "url", "advice"),
    [
        ("", "https://github.com", []),
        ("https://github.com/", "https://github.com", []),
        ("github.com/login", "https://github.com", ["https:// was added", "/login was removed"]),
        ("https://www.github.com", "https://github.com", ["became github.com"]),
        ("https://api.github.com", "https://github.com", ["became github.com"]),
        ("https://acme.ghe.com/orgs/acme", "https://acme.ghe.com", ["/orgs/acme was removed"]),
        (SERVER, SERVER, ["your own is GitHub Enterprise Server"]),
    ],
)
def test_the_address_of_the_cloud_is_corrected_with_advice(text: str, url: str, advice: list[str]) -> None:
    corrected = GITHUB.correct_base_url(text)

    assert corrected.url == url
    assert len(corrected.advice) == len(advice)
    for words, given in zip(advice, corrected.advice, strict=True):
        assert words in given


@pytest.mark.parametrize("platform", BOTH, ids=lambda platform: platform.key)
@pytest.mark.parametrize("text", ["https://user:hunter2@github.com", "ssh://github.com", "https://git hub.com"])
def test_what_can_not_be_a_base_url_is_diagnosed(platform: Platform, text: str) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        platform.correct_base_url(text)

    assert caught.value.diagnosis.stage is Stage.ADDRESS
    assert "hunter2" not in f"{caught.value}{caught.value.diagnosis}"


@pytest.mark.parametrize(("version", "is_good"), [("3.19.0", True), ("3.10.2", True), ("3.9.9", False), ("", True)])
def test_old_servers_are_told_what_they_need(version: str, is_good: bool) -> None:
    diagnosis = diagnose_version(GITHUB_ENTERPRISE_SERVER, HostVersion("GitHub Enterprise Server", version))

    assert (diagnosis is None) is is_good


@pytest.mark.parametrize(
    ("key", "secret", "words"),
    [
        ("access_token", "gho_16C7e42F292c6912E7710c838347Ae178B4a", "begins with ghp_"),
        ("access_token", "-----BEGIN RSA PRIVATE KEY-----", "GitHub App"),
        ("access_token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", ""),
        ("github_app", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "whole private key"),
        ("github_app", "-----BEGIN RSA PRIVATE KEY-----", ""),
    ],
)
def test_a_secret_of_another_kind_is_explained(key: str, secret: str, words: str) -> None:
    kind = next(kind for kind in GITHUB.stored_kinds if kind.key == key)

    explained = GITHUB.explain_secret(kind, secret)

    assert words in explained
    assert bool(explained) is bool(words)
    assert secret not in explained
