"""Who may read code by our plan is whom the host lets read, in companies made by chance, on every platform."""

import os
from datetime import date

import pytest

from models import GrantSource
from sync.snapshot import Snapshot
from sync.wanted import TeamKey, read_wanted
from tests.functional.sync.hosts import HOSTS, Hosted

COMPANIES = 25 * int(os.environ.get("REPERTORY_TEST_SCALE", "1"))  # more in `make soak`
FOR_ACCOUNTS_THERE = (GrantSource.VISIBILITY, GrantSource.BASE)


def planned_readers(hosted: Hosted, remote: Snapshot, today: date) -> dict[str, set[str]]:
    """Members of the organization here that may read each repository. External people are known, as after a login."""
    wanted = read_wanted(remote, today=today)
    people: dict[TeamKey, set[str]] = {}
    for team, account in wanted.memberships:
        people.setdefault(team, set()).add(account)
    members = organization_members(remote, today)
    readers: dict[str, set[str]] = {repository.remote_id: set() for repository in remote.repositories}
    for key in wanted.grants:
        named = {key.account_id} if key.account_id else people[key.team] if key.team else members
        is_for_accounts = key.source in FOR_ACCOUNTS_THERE
        readers[key.repository_id] |= named - hosted.externals if is_for_accounts else named
    return readers


def organization_members(remote: Snapshot, today: date) -> set[str]:
    wanted = read_wanted(remote, today=today)
    in_teams = {account for _, account in wanted.memberships}
    return in_teams | {key.account_id for key in wanted.grants if key.account_id}


@pytest.mark.parametrize("seed", range(COMPANIES))
@pytest.mark.parametrize("host", HOSTS)
def test_the_plan_lets_read_whom_the_host_lets_read(host: str, seed: int) -> None:
    with HOSTS[host].start() as fake:
        hosted = HOSTS[host].random(fake, seed)
        remote = hosted.read()
        today = fake.clock.today()

        readers = planned_readers(hosted, remote, today)

        assert not remote.unknown_parts
        members, theirs = organization_members(remote, today), hosted.readers()
        for repository in remote.repositories:
            ours, allowed = readers[repository.remote_id], theirs[repository.remote_id] & members
            if repository.visibility == "public":  # ours is narrower: nobody known to be external
                allowed -= hosted.externals - ours
            assert ours == allowed, f"{host}, seed {seed}, {repository.path}"
