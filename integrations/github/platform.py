"""How GitHub is offered to an administrator: its two platform entries, scopes, addresses and guide."""

import re
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlencode

from integrations.base_urls import correct_base_url
from integrations.errors import NotFound
from integrations.github import CLOUD, GIT_USER
from integrations.github.app import APP_PARTS
from integrations.github.driver import open_github, read_github_version
from integrations.github.probe import check_github_client, probe_github
from integrations.github.roots import api_url, is_cloud_host
from integrations.github.scopes import expand_scopes, scopes_for
from integrations.http import HttpClient
from integrations.oauth import OAuthEndpoints
from integrations.platform_parts import Application, CorrectedUrl, ErrorPage, GuideStep, HookGuide, Page, Platform
from integrations.stored_kinds import StoredKind
from integrations.urls import parse_url, url_path

LOWEST_VERSION = (3, 10)  # the oldest whose description we have read
ORGANIZATION = "<ORGANIZATION>"
_PAGES = re.compile(
    r"/+(api(/v3|/graphql)?|login|logout|settings|organizations|orgs|stafftools|setup|enterprises|dashboard|explore|apps)"
    r"(/.*)?$"
)
_BELOW = {
    Page.REPOSITORY_MEMBERS: "/settings/access",
    Page.REPOSITORY_VISIBILITY: "/settings",
    Page.REPOSITORY_HOOKS: "/settings/hooks",
    Page.ORGANIZATION_HOOKS: "/settings/hooks",
}
_REPOSITORY_EVENTS = (
    "Branch or tag creation, Branch or tag deletion, Collaborator add, remove, or changed, Pushes, Releases, "
    "Repositories, Team adds and Visibility changes"
)
_HOOK_GUIDE = HookGuide(
    secret="Secret",  # noqa: S106
    repository_events=_REPOSITORY_EVENTS,
    organization_events=f"{_REPOSITORY_EVENTS}, and Memberships, Organizations and Teams",
    more="Choose application/json as the content type, and let GitHub send individual events.",
)
_WORDS_OF_ERRORS = {
    ErrorPage.CALLBACK: "“The redirect_uri is not associated with this application”",
    ErrorPage.CLIENT: "that the page was not found (404)",
}
_WHY_UNLISTED = (
    "Organizations are offered to their owners. One that lets in approved apps only has to approve this one (its "
    "settings, Third-party access); one with single sign-on is hidden until you have signed in there and connected "
    "your account again."
)
_OAUTH_STEPS = (
    GuideStep(
        "Open the page on GitHub where OAuth apps are made. One that an organization owns does not depend on your own "
        "account, and needs no approval there.",
        "setup_link",
    ),
    GuideStep("Give it a name that people recognize: they see it when they log in for the first time."),
    GuideStep("As the homepage URL, enter the address of this installation."),
    GuideStep("Paste this address as the Authorization callback URL. Leave Device Flow off.", "callback_url"),
    GuideStep("Nothing has to be ticked for the scopes: they are asked for when somebody logs in.", "scopes"),
    GuideStep(
        "Register it, press Generate a new client secret, and copy the Client ID and the secret into this form. GitHub "
        "shows the secret only once."
    ),
)
_TOKEN = StoredKind(
    key="access_token",
    label="Personal access token",
    where="In the settings of the account, under Developer settings, Personal access tokens, Tokens (classic): with "
    "the scopes repo, read:org and admin:org_hook, of an owner of the organization. Where it has single sign-on, "
    "authorize the token for it there. A fine-grained token needs the organization as its resource owner, all "
    "repositories, and to read metadata, contents, administration and members.",
    asks_for="Token",
    git_username=GIT_USER,
)
_APP = StoredKind(
    key="github_app",
    label="GitHub App",
    where="In the settings of the organization, under Developer settings, GitHub Apps: with permission to read "
    "contents, metadata and administration of repositories, and members and administration of organizations. "
    "Install it in the organization for all repositories, and generate a private key.",
    asks_for="Private key (PEM)",
    username_label="App ID",
    git_username=GIT_USER,
    names_account=False,
)


def oauth_endpoints(base_url: str) -> OAuthEndpoints:
    """GitHub's OAuth addresses. It revokes tokens through its API only."""
    return OAuthEndpoints(
        issuer=base_url,
        authorize=f"{base_url}/login/oauth/authorize",
        token=f"{base_url}/login/oauth/access_token",
    )


def correct_server_url(text: str) -> CorrectedUrl:
    """The base URL of an Enterprise Server in what was pasted. Raises ConnectionFailed at the stage "address"."""
    corrected = correct_base_url(text, pages=_PAGES, product="GitHub")
    host = parse_url(corrected.url).host
    if is_cloud_host(host.removeprefix("www.").removeprefix("api.")):
        corrected = correct_cloud_url(text)
        return CorrectedUrl(corrected.url, (*corrected.advice, f"{host} is run by GitHub: choose the platform GitHub."))
    return corrected


def correct_cloud_url(text: str) -> CorrectedUrl:
    """github.com, or a company's address below ghe.com. Raises ConnectionFailed at the stage "address"."""
    if not text.strip():
        return CorrectedUrl(CLOUD)
    corrected = correct_base_url(text, pages=_PAGES, product="GitHub")
    url = parse_url(corrected.url)
    host = url.host.removeprefix("www.").removeprefix("api.")
    if not is_cloud_host(host):
        advice = f"{url.host} is neither github.com nor below ghe.com: your own is GitHub Enterprise Server."
        return CorrectedUrl(corrected.url, (*corrected.advice, advice))
    if host == url.host:
        return corrected
    advice = f"{url.host} became {host}: the API and the pages of GitHub are on hosts of their own."
    return CorrectedUrl(f"{url.scheme}://{host}", (*corrected.advice, advice))


def page_url(page: Page, url: str) -> str:
    """A page below that of an organization, team or repository."""
    address = url.rstrip("/")
    if page is Page.TEAM_MEMBERS:
        return f"{address}/members" if "/teams/" in address else f"{address}/people"
    if page is Page.ORGANIZATION_HOOKS:
        address = address.replace("/orgs/", "/organizations/")
    return f"{address}{_BELOW[page]}"


def prefill(link: str, application: Application) -> str:
    """The page for a new OAuth app with everything typed in already. Works at GitHub, though it is not documented."""
    fields = {
        "oauth_application[name]": application.name,
        "oauth_application[url]": application.url,
        "oauth_application[callback_url]": application.callback_url,
    }
    return f"{link}?{urlencode(fields)}"


def revoke_github_token(http: HttpClient, client_id: str, token: str) -> None:
    """Make one token of our application useless; the others of that person stay. Unknown tokens count as revoked."""
    with suppress(NotFound):
        http.delete(url_path("applications", client_id, "token"), {"access_token": token})


def _setup_links(base_url: str) -> tuple[tuple[str, str], ...]:
    return (
        ("New OAuth app of your account", f"{base_url}/settings/applications/new"),
        ("New OAuth app of an organization", f"{base_url}/organizations/{ORGANIZATION}/settings/applications/new"),
    )


def _explain_secret(kind: StoredKind, secret: str) -> str:
    """Why a pasted secret will not do, "" when there is no reason to think so."""
    if kind.key == "access_token" and secret.startswith("gho_"):
        return "This token belongs to somebody's login. Paste a personal access token, which begins with ghp_."
    if kind.key == "access_token" and "PRIVATE KEY" in secret:
        return "This is the private key of a GitHub App: choose that kind of credential."
    if kind.key == "github_app" and "PRIVATE KEY" not in secret:
        return "Paste the whole private key of the App, from its first line with BEGIN to its last with END."
    return ""


GITHUB = Platform(
    key="github",
    label="GitHub",
    default_base_url=CLOUD,
    default_login_policy="members",
    lowest_version=LOWEST_VERSION,
    shows_organizations_as="organization",
    why_unlisted=_WHY_UNLISTED,
    reading_role="Read",
    reads_by_home=False,
    page_url=page_url,
    hook_guide=_HOOK_GUIDE,
    setup_links=_setup_links,
    api_url=api_url,
    oauth_endpoints=oauth_endpoints,
    scopes_for=scopes_for,
    guide=_OAUTH_STEPS,
    correct_base_url=correct_cloud_url,
    probe=probe_github,
    check_client=check_github_client,
    open_code_host=open_github,
    read_version=read_github_version,
    expand_scopes=expand_scopes,
    url_example=CLOUD,
    words_of_errors=_WORDS_OF_ERRORS,
    prefill=prefill,
    stored_kinds=(_TOKEN, _APP),
    explain_secret=_explain_secret,
    app=APP_PARTS,
    revoke_token=revoke_github_token,
)
GITHUB_ENTERPRISE_SERVER = replace(
    GITHUB,
    key="github_enterprise_server",
    label="GitHub Enterprise Server",
    default_base_url="",
    default_login_policy="everyone",
    correct_base_url=correct_server_url,
    url_example="https://github.example.com",
)
