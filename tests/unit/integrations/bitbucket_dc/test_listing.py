"""No list of the driver is ever shorter than the host's, whatever happens on its second page."""

from collections.abc import Callable, Iterator

import pytest

from integrations.codehost import CodeHost
from integrations.errors import (
    CodeHostError,
    IncompleteListing,
    RateLimited,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Kind
from tests.unit.integrations.bitbucket_dc.conftest import Company, make_company, open_fake

ListAll = Callable[[CodeHost, Company], Iterator[object]]
LISTS: dict[str, ListAll] = {
    r"/projects\?.*start=": lambda host, company: host.directory.list_teams(company.project_id),
    r"/projects\?.*permission=.*start=": lambda host, _: host.directory.list_administered_organizations(nested=True),
    r"/permissions/users\?.*start=": lambda host, company: host.directory.list_team_members(company.project_id),
    r"/permissions/groups\?.*start=": lambda host, company: host.directory.list_team_members(company.project_id),
    r"/users\?.*permission=LICENSED_USER.*start=": lambda host, _: host.directory.list_team_members("group:team-0"),
    r"/users\?.*permission=ADMIN.*start=": lambda host, company: host.directory.list_team_members(company.project_id),
    r"/repos\?.*start=": lambda host, company: host.directory.list_repositories(company.project_id),
    r"/permissions/search\?.*start=": lambda host, company: host.grants.list_repository_grants(
        company.project_id, [company.repository_id]
    ),
}
TROUBLES: dict[Kind, type[CodeHostError]] = {
    Kind.HTML_200: UnexpectedResponse,
    Kind.STATUS_401: Unauthorized,
    Kind.STATUS_500: Unavailable,
    Kind.STATUS_502: Unavailable,
    Kind.STATUS_503: Unavailable,
    Kind.TRUNCATED_JSON: UnexpectedResponse,
    Kind.CUT_BODY: Unavailable,
    Kind.DUPLICATE_IDS: IncompleteListing,
    Kind.WRONG_TOTAL: IncompleteListing,
    Kind.RATE_LIMITED: RateLimited,
    Kind.CONNECTION_RESET: Unavailable,
    Kind.REDIRECT: UnexpectedResponse,
}


@pytest.fixture
def large_company() -> Iterator[tuple[FakeBitbucketDataCenter, Company]]:
    """Three pages of everything that is listed."""
    with FakeBitbucketDataCenter(page_limit=2) as fake:
        company = make_company(fake)
        for number in range(5):
            person, group = fake.add_user(f"person-{number}"), fake.add_group(f"team-{number}")
            fake.add_to_group(group, person)
            for who in (person, group):
                fake.grant(company.project, who, "PROJECT_READ")
                fake.grant(company.repository, who, "REPO_READ")
            fake.grant_global(person, "ADMIN")
            fake.grant(fake.add_project(f"P{number}"), company.owner, "PROJECT_ADMIN")
            fake.add_repository(company.project, f"library-{number}")
        yield fake, company


@pytest.mark.parametrize("kind", list(TROUBLES))
def test_no_trouble_on_the_second_page_shortens_a_list(
    large_company: tuple[FakeBitbucketDataCenter, Company], kind: Kind
) -> None:
    fake, company = large_company
    token = fake.personal_token(company.owner)
    for pattern, list_all in LISTS.items():
        fake.behave()
        rule = fake.misbehave(pattern, kind, retry_after=600)

        with pytest.raises(TROUBLES[kind]):
            list(list_all(open_fake(fake, token), company))

        assert rule.hits > 0, pattern


@pytest.mark.parametrize("pattern", list(LISTS))
def test_a_page_that_does_not_say_where_the_next_one_begins_is_noticed(
    large_company: tuple[FakeBitbucketDataCenter, Company], pattern: str
) -> None:
    fake, company = large_company
    fake.misbehave(pattern.replace("start=", "").replace(".*.*", ".*"), Kind.MISSING_NEXT_LINK)

    with pytest.raises(IncompleteListing):
        list(LISTS[pattern](company.host, company))
