"""GitHub as one open code host with one token: its parts, and what they share."""

from integrations.codehost import CodeHost, GitCredential, HostVersion
from integrations.github import GIT_USER, HEADERS, INSTALLATION_TOKEN
from integrations.github.base_access import BaseAccess
from integrations.github.convert import convert_version
from integrations.github.directory import GitHubDirectory, InstallationDirectory
from integrations.github.grants import GitHubGrants, GitHubOwnAccess, GitHubTeamGrants
from integrations.github.graphql import GraphQl
from integrations.github.hooks import GitHubHookParser
from integrations.github.installer import GitHubHookInstaller
from integrations.github.lookups import Lookups
from integrations.github.people import GitHubPeople
from integrations.github.refusals import Watch
from integrations.github.roots import api_roots
from integrations.github.source import GitHubSource
from integrations.http import HttpClient
from integrations.platform_parts import HostAccess


def open_github(access: HostAccess) -> CodeHost:
    """All parts of a GitHub. An installed App has its own single webhook, and no access as a person.

    Raises Refused for a base URL that is none.
    """
    watch = Watch(access.timing.now)
    roots = api_roots(access.base_url)
    http = access.open_client(roots.rest, headers=HEADERS, check=watch.check_rest)
    graphql = GraphQl(access.open_client(roots.graphql, headers=HEADERS, check=watch.check_graphql))
    lookups = Lookups(http, base_url=access.base_url)
    base = BaseAccess(http, graphql, lookups)
    is_app = access.access_token.startswith(INSTALLATION_TOKEN)
    credential = GitCredential(access.username or GIT_USER, access.access_token)
    return CodeHost(
        directory=_directory(access, http, lookups, base, watch),
        grants=GitHubGrants(graphql, lookups, base, base_url=access.base_url),
        source=GitHubSource(http, graphql, lookups, base_url=access.base_url, credential=credential),
        hook_installer=None if is_app else GitHubHookInstaller(http),
        hook_parser=GitHubHookParser(),
        request_count=access.count,
        team_grants=GitHubTeamGrants(http, lookups),
        people=GitHubPeople(http, graphql, lookups, base, base_url=access.base_url),
        own_access=None if is_app else GitHubOwnAccess(http, scopes=lambda: watch.scopes),
        teams_include_subteams=True,
        forget_answers=http.forget_answers,
    )


def read_github_version(access: HostAccess) -> HostVersion:
    """The version of an Enterprise Server; GitHub.com has none."""
    watch = Watch(access.timing.now)
    with access.open_client(api_roots(access.base_url).rest, headers=HEADERS, check=watch.check_rest) as http:
        return convert_version(http.get_json("/meta"))


def _directory(
    access: HostAccess, http: HttpClient, lookups: Lookups, base: BaseAccess, watch: Watch
) -> GitHubDirectory:
    if access.access_token.startswith(INSTALLATION_TOKEN):
        return InstallationDirectory(http, lookups, base, base_url=access.base_url)
    return GitHubDirectory(http, lookups, base, scopes=lambda: watch.scopes, base_url=access.base_url)
