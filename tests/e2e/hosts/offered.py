"""Beside GitLab, the hosts where the whole story is told, each with the small company acme at http://127.0.0.1."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.hosts.bitbucket_cloud import BitbucketCloudHost
from tests.e2e.hosts.bitbucket_dc import BitbucketDataCenterHost
from tests.e2e.hosts.github import GitHubHost
from tests.fakes import bitbucket_cloud, bitbucket_dc, github
from tests.fakes.bitbucket_cloud.companies import small_company as small_workspace
from tests.fakes.bitbucket_dc.companies import small_company as small_project
from tests.fakes.github.companies import small_company as small_organization


@contextmanager
def github_server() -> Iterator[GitHubHost]:
    """GitHub Enterprise Server."""
    with github.FakeGitHub() as fake:
        small_organization(fake)
        yield GitHubHost(fake)


@contextmanager
def bitbucket_data_center() -> Iterator[BitbucketDataCenterHost]:
    """Of a version that knows webhooks of projects."""
    with bitbucket_dc.FakeBitbucketDataCenter() as fake:
        small_project(fake)
        yield BitbucketDataCenterHost(fake)


@contextmanager
def bitbucket() -> Iterator[BitbucketCloudHost]:
    """It sends webhooks to this machine, which the real one does not."""
    with bitbucket_cloud.FakeBitbucketCloud(allow_local_hooks=True) as fake:
        small_workspace(fake)
        yield BitbucketCloudHost(fake)


OFFERED = (github_server, bitbucket_data_center, bitbucket)
