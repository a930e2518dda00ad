"""What the explanation of access says, sentence by sentence."""

from dataclasses import replace
from datetime import date

import pytest

from models import GrantSource, MembershipSource, PackageState
from organizations.access_words import Story, tell
from organizations.explain import explain
from tests.unit.organizations.company import (
    ACME,
    BACKEND,
    BOB,
    GITLAB,
    GUESTS,
    LOCAL,
    OWNERS,
    REPOSITORY,
    TODAY,
    Company,
)

INTERNAL = replace(REPOSITORY, visibility="internal")


def story(company: Company) -> Story:
    return tell(explain(company.facts(), company.person, company.package), organization="Acme")


def developer() -> Company:
    return Company().join(BACKEND).grant(GrantSource.TEAM, team=BACKEND)


YES = {
    "because they have the role Developer in acme/backend at GitLab.": developer(),
    "because they have the role Developer in acme/backend at GitLab, inherited from acme.": (
        Company().join(ACME).join(BACKEND, MembershipSource.INHERITED).grant(GrantSource.TEAM, team=BACKEND)
    ),
    "because they are an owner of Acme, as in acme at GitLab.": Company().join(OWNERS),
    "because they are in the team Friends, added here by hand.": (
        Company().join(LOCAL).grant(GrantSource.TEAM, team=LOCAL)
    ),
    "because they have the role Reporter in the repository itself at GitLab.": (
        Company().grant(GrantSource.DIRECT, account=1, role="Reporter")
    ),
    "because GitLab gives them Reporter there, everything added up.": (
        Company().grant(GrantSource.INHERITED, account=1, role="Reporter")
    ),
    "because everybody with an account at GitLab may, unless it is known to be external.": (
        Company().join(ACME).grant(GrantSource.BASE)
    ),
    "because GitLab showed it to their own account.": Company().grant(GrantSource.CONFIRMED, account=1),
    "because they have the role Developer in acme/backend at GitLab, through a team below it.": (
        Company().join(BACKEND, MembershipSource.SUBTEAM).grant(GrantSource.TEAM, team=BACKEND)
    ),
    "because the repository is internal at GitLab, and their account is not known to be external.": (
        Company(repository=INTERNAL).join(ACME).grant(GrantSource.VISIBILITY, role="Internal")
    ),
    "because the repository is internal at GitLab, and they have the role Guest in acme/backend at GitLab.": (
        Company(repository=INTERNAL).join(GUESTS).grant(GrantSource.VISIBILITY, team=GUESTS, role="Guest")
    ),
    "because they have the role Developer in acme/backend at GitLab, until 1 June 2026.": (
        Company().join(BACKEND, until=date(2026, 6, 1)).grant(GrantSource.TEAM, team=BACKEND)
    ),
}
NO = {
    "bob is not a member of Acme.": Company(),
    "acme/backend/lib is private at GitLab, and no team of bob has it.": Company().join(ACME),
    "bob has the role Guest in acme/backend, which does not read code.": Company().join(GUESTS),
    "The membership in acme/backend ended on 20 May 2026.": (
        Company().join(BACKEND, until=TODAY).grant(GrantSource.TEAM, team=BACKEND)
    ),
    "The account bob is blocked at GitLab.": replace(developer(), account=replace(BOB, is_blocked=True)),
    "The integration GitLab, where bob is, was deleted.": replace(developer(), account=replace(BOB, is_host_gone=True)),
    "bob is disabled on this installation.": replace(developer(), is_disabled=True, user_id=9),
    "acme/lib was removed from Acme on 12 March 2026.": replace(developer(), state=PackageState.REMOVED),
    "acme is missing at GitLab, so everything that it grants is suspended until it is back.": developer().suspend(),
    "The code of acme/backend/lib is switched off at GitLab: only who leads Acme may read it.": (
        Company(repository=replace(REPOSITORY, code_access="disabled")).join(BACKEND)
    ),
    "acme/backend/lib is open at GitLab, but the account bob is marked as external there.": (
        Company(account=replace(BOB, is_external=True), repository=INTERNAL)
        .join(ACME)
        .grant(GrantSource.VISIBILITY, role="Internal")
    ),
    "No account of bob at GitLab is known here.": Company(account=replace(BOB, integration_id=2)).join(LOCAL),
    "The package has no repository at a host: only who leads Acme may read it.": Company(repository=None).join(ACME),
}


@pytest.mark.parametrize(("words", "company"), YES.items())
def test_a_reason_is_a_sentence(words: str, company: Company) -> None:
    told = story(company)

    assert told.answer == "bob may read acme/lib."
    assert [sentence.text for sentence in told.reasons] == [f"bob may read acme/lib {words}"]
    assert len(told.ends) == 1
    assert not told.obstacles


@pytest.mark.parametrize(("words", "company"), NO.items())
def test_what_stands_in_the_way_is_said_first(words: str, company: Company) -> None:
    told = story(company)

    assert told.answer == "bob may not read acme/lib."
    assert told.obstacles[0].text == words
    assert not told.reasons


@pytest.mark.parametrize(
    ("company", "url"),
    [
        (developer(), "https://git.test/groups/acme/backend/-/group_members"),
        (Company().join(OWNERS), "https://git.test/groups/acme/-/group_members"),
        (Company().grant(GrantSource.DIRECT, account=1), "https://git.test/acme/backend/lib/-/project_members"),
        (
            Company().join(ACME).grant(GrantSource.VISIBILITY),
            "https://git.test/acme/backend/lib/edit#js-shared-permissions",
        ),
    ],
)
def test_a_reason_links_to_where_it_is_granted_at_the_host(company: Company, url: str) -> None:
    assert story(company).reasons[0].url == url


def test_with_several_reasons_all_of_them_must_go() -> None:
    told = story(developer().join(OWNERS))

    assert told.ending == "bob would lose it only if all of this happened:"
    assert [end.text for end in told.ends] == [
        "they were no longer owner of acme at GitLab",
        "they left acme/backend, or had a role there that does not read code",
    ]


def test_all_that_is_granted_for_a_time_ends_with_the_last() -> None:
    company = Company().join(BACKEND, until=date(2026, 6, 1)).join(OWNERS, until=date(2026, 7, 1))

    told = story(company.grant(GrantSource.TEAM, team=BACKEND))

    assert "It ends by itself on 1 July 2026." in told.notes


def test_the_nearest_way_is_a_role_that_reads_in_the_group_or_in_the_repository() -> None:
    ways = story(Company().join(GUESTS)).ways

    assert [way.text for way in ways] == [
        "Give bob the role Reporter or more in acme/backend.",
        "Or only in the repository itself: Reporter or more in acme/backend/lib.",
    ]
    assert ways[0].url == "https://git.test/groups/acme/backend/-/group_members"


def test_where_members_have_no_roles_that_read_the_way_is_the_repository() -> None:
    company = Company(remote=replace(GITLAB, host="Bitbucket", platform="bitbucket")).join(GUESTS)

    assert [way.text for way in story(company).ways] == ["Give bob the role Read or more in acme/backend/lib."]


def test_a_package_that_composer_is_not_given_yet_is_noted() -> None:
    waiting = replace(developer(), state=PackageState.PENDING)

    assert "The package was not read yet, so Composer is not given it so far." in story(waiting).notes


def test_groups_that_name_each_other_as_parents_do_not_hold_the_answer_up() -> None:
    company = Company().join(BACKEND, MembershipSource.INHERITED).join(ACME, MembershipSource.INHERITED)
    facts = company.grant(GrantSource.TEAM, team=BACKEND).facts()
    in_a_circle = replace(facts, teams={**facts.teams, ACME: replace(facts.teams[ACME], parent_id="2")})

    explained = explain(in_a_circle, company.person, company.package)

    assert explained.may_read
