"""How Bitbucket Data Center is offered to an administrator: its platform entry, scopes, addresses and guides."""

import re
from collections.abc import Collection, Iterable

from integrations.base_urls import correct_base_url
from integrations.bitbucket_dc import API
from integrations.bitbucket_dc.driver import open_bitbucket_dc, read_bitbucket_dc_version
from integrations.bitbucket_dc.probe import (
    AUTHORIZE,
    TOKEN,
    check_bitbucket_dc_client,
    find_oauth_version,
    probe_bitbucket_dc,
)
from integrations.bitbucket_dc.source import TOKEN_NAME
from integrations.oauth import OAuthEndpoints
from integrations.oauth1 import OAuth1Endpoints
from integrations.platform_parts import CorrectedUrl, GuideStep, HookGuide, Page, Platform, Scope, Use
from integrations.stored_kinds import StoredKind
from integrations.urls import parse_url

LOWEST_VERSION = (5, 5)  # the first with webhooks and HTTP access tokens of its own
LEVELS = ("PUBLIC_REPOS", "REPO_READ", "REPO_WRITE", "REPO_ADMIN", "PROJECT_ADMIN")  # each includes those before it
_CLOUD = frozenset({"bitbucket.org", "www.bitbucket.org"})
_PAGES = re.compile(
    r"/+((rest|projects|users|repos|plugins|dashboard|login|logout|admin|account|profile|mvc|getting-started|status)"
    r"(/.*)?|scm/[^/]+/[^/]+)/*$"
)
_WHO = Scope("PUBLIC_REPOS", "to know who logs in; nothing has to be ticked for it", Use.LOG_IN)
_SYNCHRONIZE = (
    Scope("REPO_READ", "“Repositories: Read”, to fetch the code of packages with git", Use.SYNCHRONIZE),
    Scope("REPO_ADMIN", "“Repositories: Admin”, to read who was given single repositories", Use.SYNCHRONIZE),
    Scope("PROJECT_ADMIN", "“Projects: Admin”, to read which people and groups a project has", Use.SYNCHRONIZE),
)
_INSTALL = (
    Scope("REPO_ADMIN", "“Repositories: Admin”, to install webhooks of repositories", Use.INSTALL_WEBHOOKS),
    Scope("PROJECT_ADMIN", "“Projects: Admin”, to install webhooks of projects (8.8 and newer)", Use.INSTALL_WEBHOOKS),
)
_SYNCHRONIZE_AND_INSTALL = (
    _SYNCHRONIZE[0],
    Scope(
        "REPO_ADMIN",
        "“Repositories: Admin”, to read who was given single repositories, and to install their webhooks",
        Use.SYNCHRONIZE,
    ),
    Scope(
        "PROJECT_ADMIN",
        "“Projects: Admin”, to read which people and groups a project has, and to install its webhook",
        Use.SYNCHRONIZE,
    ),
)
_BELOW = {
    Page.TEAM_MEMBERS: "/permissions",
    Page.REPOSITORY_MEMBERS: "/permissions",
    Page.REPOSITORY_VISIBILITY: "/settings",
    Page.REPOSITORY_HOOKS: "/settings",
    Page.ORGANIZATION_HOOKS: "/settings",
}
_HOOK_GUIDE = HookGuide(
    secret="Secret",  # noqa: S106
    repository_events="Push and Modified of the repository",
    organization_events="Push and Modified of the repository, and Modified of the project",
    more="The page is called Webhooks, under Workflow in the settings; projects have it from Bitbucket 8.8 on.",
)
_GUIDE = (
    GuideStep("As an administrator of Bitbucket open Administration, Application links.", "setup_link"),
    GuideStep("Press Create link, choose External application and the direction Incoming, and continue."),
    GuideStep("Give it a name that people recognize: they see it when they log in for the first time."),
    GuideStep("Paste this address as the Redirect URL.", "callback_url"),
    GuideStep(
        "Tick the application permissions named here, such as Projects: Admin. Only what is ticked can be asked for. "
        "Nobody can do more through them than they may do themselves.",
        "scopes",
    ),
    GuideStep("Save, then copy the Client ID and the Client secret into this form."),
)
_OAUTH1_GUIDE = (
    GuideStep("As an administrator of Bitbucket open Administration, Application Links.", "setup_link"),
    GuideStep(
        "Paste this address as the application's URL and press Create new link. Bitbucket warns that it got no answer: "
        "continue. From 7.21 on, choose Atlassian product instead of External application to get there.",
        "our_url",
    ),
    GuideStep("Give it a name, choose the type Generic Application, leave everything else empty, and continue."),
    GuideStep("Edit the new link, choose Incoming Authentication, and paste this as the Consumer Key.", "consumer_key"),
    GuideStep("Paste this as the Consumer Name: people see it when they log in for the first time.", "consumer_name"),
    GuideStep("Paste this as the Public Key, all lines of it.", "public_key"),
    GuideStep("Leave the callback URL and the boxes for 2-Legged OAuth empty, and save."),
)
_STORED_KINDS = (
    StoredKind(
        "access_token",
        "HTTP access token of a project",
        "Settings of the project, HTTP access tokens (Data Center from 7.18 on): with the permissions Project "
        "admin and Repository admin. It does not depend on a person.",
        "HTTP access token",
        git_username=TOKEN_NAME,
    ),
    StoredKind(
        "api_token",
        "HTTP access token of a person",
        "Manage account, HTTP access tokens, of an account that administers the project and stays when people leave: "
        "with the permissions Project admin and Repository admin.",
        "HTTP access token",
    ),
    StoredKind(
        "password",
        "User name and password",
        "Of an account that administers the project. Some administrators switch passwords off for programs, and "
        "accounts with single sign-on often have none.",
        "Password",
        username_label="User name",
        sends="basic",
    ),
)


def scopes_for(uses: Collection[Use]) -> tuple[Scope, ...]:
    """The scopes for what the integration is used for. Whoever synchronizes also has to be known."""
    if Use.SYNCHRONIZE in uses and Use.INSTALL_WEBHOOKS in uses:
        return _WHO, *_SYNCHRONIZE_AND_INSTALL
    if Use.SYNCHRONIZE in uses:
        return _WHO, *_SYNCHRONIZE
    return (_WHO, *_INSTALL) if Use.INSTALL_WEBHOOKS in uses else (_WHO,)


def expand_scopes(granted: Iterable[str]) -> frozenset[str]:
    """The granted scopes with those that they include: one level, and all below it."""
    scopes = frozenset(granted)
    highest = max((LEVELS.index(scope) for scope in scopes if scope in LEVELS), default=-1)
    return scopes | frozenset(LEVELS[: highest + 1])


def oauth_endpoints(base_url: str) -> OAuthEndpoints:
    """Bitbucket's OAuth 2 addresses. Tokens can not be revoked from outside."""
    return OAuthEndpoints(issuer=base_url, authorize=f"{base_url}{AUTHORIZE}", token=f"{base_url}{TOKEN}")


def oauth1_endpoints(base_url: str) -> OAuth1Endpoints:
    """Bitbucket's OAuth 1.0a addresses."""
    root = f"{base_url}/plugins/servlet/oauth"
    return OAuth1Endpoints(
        issuer=base_url,
        request_token=f"{root}/request-token",
        authorize=f"{root}/authorize",
        access_token=f"{root}/access-token",
    )


def correct_bitbucket_dc_url(text: str) -> CorrectedUrl:
    """The base URL of a Bitbucket in what was pasted. Raises ConnectionFailed at the stage "address"."""
    corrected = correct_base_url(text, pages=_PAGES, product="Bitbucket")
    if parse_url(corrected.url).host in _CLOUD:
        return CorrectedUrl(
            corrected.url, (*corrected.advice, "This is Bitbucket Cloud: choose the platform Bitbucket.")
        )
    return corrected


def page_url(page: Page, url: str) -> str:
    """A page below that of a project or repository. That of a group is where its members are already."""
    return url if "/admin/groups/" in url else f"{url.rstrip('/')}{_BELOW[page]}"


def _api_url(base_url: str) -> str:
    return f"{base_url}{API}"


def _setup_links(base_url: str) -> tuple[tuple[str, str], ...]:
    return (("Application links", f"{base_url}/plugins/servlet/applinks/listApplicationLinks"),)


BITBUCKET_DATA_CENTER = Platform(
    key="bitbucket_data_center",
    label="Bitbucket Data Center / Server",
    default_base_url="",
    is_base_url_fixed=False,
    default_login_policy="everyone",
    lowest_version=LOWEST_VERSION,
    shows_organizations_as="project",
    why_unlisted="Projects are offered to those who have the permission Project admin there; those of single people "
    "are not.",
    reading_role="Repository read",
    page_url=page_url,
    hook_guide=_HOOK_GUIDE,
    setup_links=_setup_links,
    api_url=_api_url,
    oauth_endpoints=oauth_endpoints,
    scopes_for=scopes_for,
    guide=_GUIDE,
    correct_base_url=correct_bitbucket_dc_url,
    probe=probe_bitbucket_dc,
    check_client=check_bitbucket_dc_client,
    open_code_host=open_bitbucket_dc,
    read_version=read_bitbucket_dc_version,
    own_access_scopes=("REPO_READ",),
    expand_scopes=expand_scopes,
    url_example="https://bitbucket.example.com",
    oauth1_endpoints=oauth1_endpoints,
    find_oauth_version=find_oauth_version,
    oauth1_guide=_OAUTH1_GUIDE,
    stored_kinds=_STORED_KINDS,
)
