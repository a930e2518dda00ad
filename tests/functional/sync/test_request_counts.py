"""How many requests a full synchronization takes of 1,000 repositories, 100 teams and 2,000 people, on every platform.

Without composer.json files, which are read when something was pushed.
"""

from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from integrations.addresses import OutboundPolicy, parse_allow
from integrations.answer_store import AnswerStore
from integrations.codehost import CodeHost
from integrations.platform_parts import HostAccess
from integrations.platforms import PLATFORMS
from sync.read import read_snapshot
from sync.snapshot import Snapshot
from tests.fakes.bitbucket_cloud import FakeBitbucketCloud
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.github import FakeGitHub
from tests.fakes.gitlab import FakeGitLab, Level

REPOSITORIES, TEAMS, PEOPLE = 1000, 100, 2000
CALLBACK = "http://localhost:8000/oauth/host/callback"

Found = tuple[str, str]  # id of the root, and the token of its owner


def found_github(fake: FakeGitHub) -> Found:
    owner = fake.add_user("owner")
    acme = fake.add_organization("acme", owner=owner, base_permission="none")
    people = [fake.add_user(f"person-{number}") for number in range(PEOPLE - 1)]
    for person in people:
        fake.add_member(acme, person)
    teams = [fake.add_team(acme, f"team-{number}", members=people[number::TEAMS]) for number in range(TEAMS)]
    for number in range(REPOSITORIES):
        repo = fake.add_repo(acme, f"library-{number}")
        fake.add_team_repo(teams[number % TEAMS], repo)
        if number % 10 == 0:
            fake.add_collaborator(repo, people[number])
    return str(acme.id), fake.personal_token(owner)


def found_gitlab(fake: FakeGitLab) -> Found:
    acme = fake.add_group("acme")
    owner = fake.add_user("owner")
    fake.add_member(acme, owner, Level.OWNER)
    groups = [fake.add_group(f"team-{number}", parent=acme) for number in range(TEAMS - 1)]
    people = [fake.add_user(f"person-{number}") for number in range(PEOPLE - 1)]
    for number, person in enumerate(people):
        fake.add_member(groups[number % len(groups)], person, Level.DEVELOPER)
    for number in range(REPOSITORIES):
        project = fake.add_project(groups[number % len(groups)], f"library-{number}")
        if number % 10 == 0:
            fake.add_member(project, people[number - 1], Level.REPORTER)
    return str(acme.id), fake.personal_token(owner)


def found_data_center(fake: FakeBitbucketDataCenter) -> Found:
    acme = fake.add_project("ACME")
    fake.grant(acme, fake.add_user("owner"), "PROJECT_ADMIN")
    people = [fake.add_user(f"person-{number}") for number in range(PEOPLE - 1)]
    for number in range(TEAMS):
        fake.grant(acme, fake.add_group(f"team {number}", *people[number::TEAMS]), "PROJECT_READ")
    for number in range(REPOSITORIES):
        repository = fake.add_repository(acme, f"library-{number}")
        if number % 10 == 0:
            fake.grant(repository, people[number], "REPO_WRITE")
    return str(acme.id), fake.personal_token(fake.user("owner"))


def found_cloud(fake: FakeBitbucketCloud) -> Found:
    acme = fake.add_workspace("acme")
    owner = fake.add_user("owner")
    fake.add_member(acme, owner, "owner")
    people = [fake.add_user(f"person-{number}") for number in range(PEOPLE - 1)]
    for number in range(TEAMS):
        fake.add_group(acme, f"team-{number}", members=people[number::TEAMS])
    for number in range(REPOSITORIES):
        fake.grant(fake.add_repository(acme, f"library-{number}"), people[number], "read")
    client_id, _ = fake.application(redirect_uri=CALLBACK, workspace=acme)
    return acme.uuid, str(fake.oauth_token(owner, client_id)["access_token"])


def open_host(platform: str, base_url: str, token: str, answers: AnswerStore | None = None) -> CodeHost:
    policy = OutboundPolicy(allow=parse_allow((urlsplit(base_url).netloc,)))
    return PLATFORMS[platform].open_code_host(HostAccess(base_url, token, policy, answers=answers))


def read(host: CodeHost, root_id: str) -> Snapshot:
    snapshot = read_snapshot(
        host,
        root_id=root_id,
        needs_manifest=lambda _repository: False,
        progress=lambda *, done, total: None,
    )
    assert not snapshot.unknown_parts
    assert snapshot.may_remove
    assert len(snapshot.repositories) == REPOSITORIES
    assert len(snapshot.repository_members) == REPOSITORIES
    return snapshot


def count(requests: Counter[str], part: str) -> int:
    return sum(number for request, number in requests.items() if part in request)


def test_github_tells_almost_everything_in_250_requests_and_confirms_it_in_as_many(tmp_path: Path) -> None:
    with FakeGitHub() as fake:
        root_id, token = found_github(fake)
        store = AnswerStore(tmp_path, owner="owner")
        first = open_host("github_enterprise_server", fake.base_url, token, store)

        read(first, root_id)

        queries = count(fake.request_counts, "graphql")
        assert queries <= 45
        assert first.request_count.total - queries <= 250
        second = open_host("github_enterprise_server", fake.base_url, token, store)
        read(second, root_id)
        assert second.request_count.total - queries == second.request_count.not_modified


def test_gitlab_tells_its_groups_in_150_requests_and_the_people_of_each_project_in_one() -> None:
    with FakeGitLab() as fake:
        root_id, token = found_gitlab(fake)
        host = open_host("gitlab_self_managed", fake.base_url, token)

        read(host, root_id)

        of_projects = count(fake.request_counts, "/projects/:id/members")
        assert of_projects == REPOSITORIES
        assert host.request_count.total - of_projects <= 150


def test_data_center_tells_users_and_groups_of_each_repository_in_one_request() -> None:
    with FakeBitbucketDataCenter() as fake:
        root_id, token = found_data_center(fake)
        host = open_host("bitbucket_data_center", fake.base_url, token)

        read(host, root_id)

        assert host.request_count.total <= 1150


def test_bitbucket_cloud_tells_all_but_the_effective_permissions_in_60_requests() -> None:
    with FakeBitbucketCloud() as fake:
        root_id, token = found_cloud(fake)
        host = open_host("bitbucket", fake.base_url, token)

        read(host, root_id)

        pages = count(fake.request_counts, "permissions/repositories")
        assert pages == 2 * REPOSITORIES / 100  # everybody's, and the owner's
        assert host.request_count.total - pages <= 60
