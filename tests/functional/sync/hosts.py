"""A company on the fake of any platform, with the answers of the fake's own brute force, by remote ids."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from integrations.addresses import OutboundPolicy, parse_allow
from integrations.answer_store import AnswerStore
from integrations.codehost import CodeHost
from integrations.platform_parts import HostAccess
from integrations.platforms import PLATFORMS
from sync.read import read_snapshot
from sync.snapshot import Snapshot
from tests.fakes.bitbucket_cloud import FakeBitbucketCloud
from tests.fakes.bitbucket_cloud import companies as cloud_companies
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.bitbucket_dc import companies as dc_companies
from tests.fakes.company import large_company, random_company
from tests.fakes.github import FakeGitHub
from tests.fakes.github import companies as github_companies
from tests.fakes.gitlab import FakeGitLab

Fake = FakeGitLab | FakeGitHub | FakeBitbucketCloud | FakeBitbucketDataCenter
OWNERS_SCOPES, ASKED_SCOPES = ("repo", "read:org", "admin:org"), ("repo", "read:org", "admin:org_hook")
CALLBACK = "http://localhost:8000/oauth/host/callback"


@dataclass(frozen=True, slots=True)
class Hosted:
    """One company: `readers` says for each repository who may read its code there and belongs to the company."""

    platform: str
    fake: Fake
    root_id: str
    token: str = field(repr=False)
    readers: Callable[[], dict[str, set[str]]]
    externals: frozenset[str] = frozenset()  # accounts that the host knows to be external

    def open(self, answers: AnswerStore | None = None) -> CodeHost:
        """The host with the credential of whoever administers the company."""
        policy = OutboundPolicy(allow=parse_allow((urlsplit(self.fake.base_url).netloc,)))
        return PLATFORMS[self.platform].open_code_host(
            HostAccess(self.fake.base_url, self.token, policy, answers=answers)
        )

    def read(self, host: CodeHost | None = None) -> Snapshot:
        """Everything but the files."""
        return read_snapshot(
            host or self.open(),
            root_id=self.root_id,
            needs_manifest=lambda _repository: False,
            progress=lambda *, done, total: None,
        )


@dataclass(frozen=True, slots=True)
class HostKind:
    """How to make fakes of one platform, and companies on them."""

    start: Callable[[], Fake]
    random: Callable[[Fake, int], Hosted]
    large: Callable[[Fake, int, int, int], Hosted]  # repositories, teams, people


def _gitlab(fake: Fake, root_id: int) -> Hosted:
    assert isinstance(fake, FakeGitLab)
    external = frozenset(str(user.id) for user in fake.state.users.values() if user.external)
    projects = fake.state.projects

    def readers() -> dict[str, set[str]]:
        return {str(key): {str(user) for user in fake.readers(projects[key])} for key in projects}

    token = fake.personal_token(fake.user("owner"))
    return Hosted("gitlab_self_managed", fake, str(root_id), token, readers, external)


def _random_gitlab(fake: Fake, seed: int) -> Hosted:
    assert isinstance(fake, FakeGitLab)
    return _gitlab(fake, random_company(fake, seed).id)


def _large_gitlab(fake: Fake, repositories: int, teams: int, people: int) -> Hosted:
    assert isinstance(fake, FakeGitLab)
    return _gitlab(fake, large_company(fake, groups=teams, projects=repositories, members=people).id)


def _github(fake: Fake, login: str, scopes: tuple[str, ...] = OWNERS_SCOPES) -> Hosted:
    assert isinstance(fake, FakeGitHub)
    home, repos = fake.organization(login), fake.state.repos
    token = fake.personal_token(fake.user("owner"), scopes)

    def readers() -> dict[str, set[str]]:
        ours = {key: repo for key, repo in repos.items() if repo.owner_id == home.id}
        return {str(key): {str(user) for user in fake.readers(repo)} for key, repo in ours.items()}

    return Hosted("github_enterprise_server", fake, str(home.id), token, readers)


def _random_github(fake: Fake, seed: int) -> Hosted:
    """Every other token is not told the base permission."""
    assert isinstance(fake, FakeGitHub)
    scopes = OWNERS_SCOPES if seed % 2 else ASKED_SCOPES
    return _github(fake, github_companies.random_company(fake, seed).login, scopes)


def _large_github(fake: Fake, repositories: int, teams: int, people: int) -> Hosted:
    assert isinstance(fake, FakeGitHub)
    made = github_companies.large_company(fake, teams=teams, repositories=repositories, members=people)
    return _github(fake, made.login)


def _start_github() -> FakeGitHub:
    """One that does not list people whom it lets nowhere in: where it does, nothing tells them from the others."""
    return FakeGitHub(lists_suspended=False)


def _cloud(fake: Fake, workspace: str) -> Hosted:
    assert isinstance(fake, FakeBitbucketCloud)
    client_id, _ = fake.application(redirect_uri=CALLBACK, workspace=fake.workspace(workspace))
    token = str(fake.oauth_token(fake.user("owner"), client_id)["access_token"])

    def readers() -> dict[str, set[str]]:
        return {repo.uuid: fake.readers(repo) for repo in fake.state.repos.values()}

    return Hosted("bitbucket", fake, fake.workspace(workspace).uuid, token, readers)


def _random_cloud(fake: Fake, seed: int) -> Hosted:
    assert isinstance(fake, FakeBitbucketCloud)
    return _cloud(fake, cloud_companies.random_company(fake, seed).slug)


def _large_cloud(fake: Fake, repositories: int, teams: int, people: int) -> Hosted:
    assert isinstance(fake, FakeBitbucketCloud)
    made = cloud_companies.large_company(fake, groups=teams, repositories=repositories, members=people)
    return _cloud(fake, made.slug)


def _dc(fake: Fake, project_id: int) -> Hosted:
    assert isinstance(fake, FakeBitbucketDataCenter)
    client_id, _ = fake.application(redirect_uri=CALLBACK, scopes=["SYSTEM_ADMIN"])
    token = str(fake.oauth_token(fake.user("owner"), client_id)["access_token"])

    def readers() -> dict[str, set[str]]:
        return {str(repo.id): {str(user) for user in fake.readers(repo)} for repo in fake.state.repos.values()}

    return Hosted("bitbucket_data_center", fake, str(project_id), token, readers)


def _random_dc(fake: Fake, seed: int) -> Hosted:
    assert isinstance(fake, FakeBitbucketDataCenter)
    return _dc(fake, dc_companies.random_company(fake, seed).id)


def _large_dc(fake: Fake, repositories: int, teams: int, people: int) -> Hosted:
    assert isinstance(fake, FakeBitbucketDataCenter)
    return _dc(fake, dc_companies.large_company(fake, groups=teams, repositories=repositories, members=people).id)


HOSTS = {
    "gitlab": HostKind(FakeGitLab, _random_gitlab, _large_gitlab),
    "github": HostKind(_start_github, _random_github, _large_github),
    "bitbucket_cloud": HostKind(FakeBitbucketCloud, _random_cloud, _large_cloud),
    "bitbucket_dc": HostKind(FakeBitbucketDataCenter, _random_dc, _large_dc),
}
