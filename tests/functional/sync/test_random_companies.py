"""Who may read code by our plan is whom GitLab lets read, in companies made by chance."""

import os
from urllib.parse import urlsplit

import pytest

from integrations.addresses import OutboundPolicy, parse_allow
from integrations.platform_parts import HostAccess
from integrations.platforms import PLATFORMS
from models import GrantSource
from sync.read import read_snapshot
from sync.snapshot import Snapshot
from sync.wanted import TeamKey, read_wanted
from tests.fakes.company import random_company
from tests.fakes.gitlab import FakeGitLab

COMPANIES = 8 * int(os.environ.get("REPERTORY_TEST_SCALE", "1"))  # more in `make soak`


def read_company(fake: FakeGitLab, root_id: int, token: str) -> Snapshot:
    policy = OutboundPolicy(allow=parse_allow((urlsplit(fake.base_url).netloc,)))
    host = PLATFORMS["gitlab_self_managed"].open_code_host(HostAccess(fake.base_url, token, policy))
    return read_snapshot(
        host,
        root_id=str(root_id),
        needs_manifest=lambda _repository: False,
        progress=lambda *, done, total: None,
    )


def planned_readers(fake: FakeGitLab, remote: Snapshot) -> dict[str, set[str]]:
    """Members of the organization here that may read each repository. External people are known, as after a login."""
    today = fake.clock.today()
    people: dict[TeamKey, set[str]] = {}
    for team, account in read_wanted(remote, today=today).memberships:
        people.setdefault(team, set()).add(account)
    members, external = organization_members(fake, remote), externals(fake)
    readers: dict[str, set[str]] = {repository.remote_id: set() for repository in remote.repositories}
    for key in read_wanted(remote, today=today).grants:
        named = {key.account_id} if key.account_id else people[key.team] if key.team else members
        readers[key.repository_id] |= named - external if key.source is GrantSource.VISIBILITY else named
    return readers


def externals(fake: FakeGitLab) -> set[str]:
    return {str(user.id) for user in fake.state.users.values() if user.external}


def organization_members(fake: FakeGitLab, remote: Snapshot) -> set[str]:
    today = fake.clock.today()
    in_teams = {account for _, account in read_wanted(remote, today=today).memberships}
    return in_teams | {key.account_id for key in read_wanted(remote, today=today).grants if key.account_id}


@pytest.mark.parametrize("seed", range(COMPANIES))
def test_the_plan_lets_read_whom_the_host_lets_read(seed: int) -> None:
    with FakeGitLab() as fake:
        top = random_company(fake, seed)
        remote = read_company(fake, top.id, fake.personal_token(fake.user("owner")))

        readers = planned_readers(fake, remote)

        members = organization_members(fake, remote)
        for repository_id, ours in readers.items():
            project = fake.state.projects[int(repository_id)]
            theirs = {str(user_id) for user_id in fake.readers(project)} & members
            if project.visibility == "public":  # ours is narrower: nobody known to be external
                theirs -= externals(fake) - ours
            assert ours == theirs, f"seed {seed}, {project.path}"
