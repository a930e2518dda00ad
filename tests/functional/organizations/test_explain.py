"""The explanation of access never says anything else than the rule itself, in organizations made by chance."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from composer.access import HOLDING_STATES, list_readers, visible_packages
from models import Grant, Membership, Organization, Package, Runtime, utc_now
from organizations.access_answers import answer_question, as_documents, as_lines
from organizations.access_facts import Facts, Person
from organizations.access_loading import Question, load_facts
from organizations.explain import Explanation, explain
from tests.functional.organizations.chance import organization_by_chance

COMPANIES = {"sqlite": 12, "postgresql": 3}
TABLES: dict[str, type[Membership] | type[Grant]] = {"membership": Membership, "repository_grant": Grant}
PAIRS_TAKEN_AWAY = 3


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    """Organizations are made in one transaction that is never committed."""
    with runtime.database.write() as session:
        yield session
        session.rollback()


def companies(session: Session, runtime: Runtime, scale: int) -> Iterator[Organization]:
    for seed in range(COMPANIES[session.get_bind().dialect.name] * scale):
        yield organization_by_chance(session, runtime.secret_box, seed)


def today() -> date:
    return utc_now().date()


def all_facts(session: Session, organization: Organization) -> Facts:
    """About everybody and everything: what a page with neither a person nor a package would need."""
    return load_facts(session, Question(organization, today()))


def explained_readers(facts: Facts) -> dict[str, list[str]]:
    """As `access list` has it."""
    return {
        package.name: sorted(
            account.login for person in facts.people for account in explain(facts, person, package).accounts
        )
        for package in facts.packages
    }


def readable(session: Session, organization: Organization, person: Person) -> set[int]:
    """What a person's own token would be given, packages that wait included."""
    query = visible_packages(
        organization_id=organization.id, user_id=person.user_id or 0, today=today(), states=HOLDING_STATES
    )
    return {package.id for package in session.scalars(query)}


def take_away(session: Session, explanation: Explanation) -> None:
    for reason in explanation.reasons:
        model = TABLES[reason.table]
        session.execute(delete(model).where(model.id == reason.row_id))


def test_it_is_yes_for_exactly_those_who_may_read(session: Session, runtime: Runtime, scale: int) -> None:
    readers = 0
    for organization in companies(session, runtime, scale):
        facts = all_facts(session, organization)

        listed = list_readers(session, organization_id=organization.id, today=today())

        assert explained_readers(facts) == listed, organization.short_name
        readers += sum(map(len, listed.values()))
    assert readers > 5


def test_it_knows_what_several_accounts_and_teams_made_by_hand_give_a_person(
    session: Session, runtime: Runtime, scale: int
) -> None:
    for organization in companies(session, runtime, scale):
        facts = all_facts(session, organization)
        for person in facts.people:
            if person.user_id is not None and not person.is_disabled:
                explained = {it.package_id for it in facts.packages if explain(facts, person, it).may_read}

                assert explained == readable(session, organization, person), (organization.short_name, person.login)


def test_without_the_stated_reasons_nothing_is_left(session: Session, runtime: Runtime, scale: int) -> None:
    for organization in companies(session, runtime, scale):
        facts = all_facts(session, organization)
        pairs = [explain(facts, person, package) for person in facts.people for package in facts.packages]
        for explanation in [it for it in pairs if it.may_read][:PAIRS_TAKEN_AWAY]:
            with session.begin_nested() as savepoint:
                take_away(session, explanation)

                left = list_readers(session, organization_id=organization.id, today=today())
                assert not {it.login for it in explanation.person.accounts} & set(left[explanation.package.name])
                assert explanation.package.package_id not in readable(session, organization, explanation.person)
                savepoint.rollback()


def test_every_question_has_the_same_answer_and_every_no_a_reason(
    session: Session, runtime: Runtime, scale: int
) -> None:
    for organization in list(companies(session, runtime, scale))[: 3 * scale]:
        facts = all_facts(session, organization)
        for package in facts.packages:
            readers = answer_question(session, Question(organization, today(), package=package.name)).readers
            for person in facts.people:
                question = Question(organization, today(), login=person.login, package=package.name)
                answer = answer_question(session, question)
                expected = explain(facts, person, package)

                assert answer.explanations == (expected,)
                assert (person.login in {line.person.login for line in readers}) is expected.may_read
                assert bool(expected.obstacles) is not expected.may_read
                assert as_documents(answer)[0]["may_read"] is expected.may_read
                assert len(list(as_lines(answer))) > 1


def test_what_somebody_may_read_is_listed_the_same_way(session: Session, runtime: Runtime) -> None:
    organization = organization_by_chance(session, runtime.secret_box, 1)
    facts = all_facts(session, organization)

    for person in facts.people:
        answer = answer_question(session, Question(organization, today(), login=person.login))
        expected = {it.name for it in facts.packages if explain(facts, person, it).may_read}

        assert {line.package.name for line in answer.packages} == expected
        assert {line.package.name for line in answer.others} == {it.name for it in facts.packages} - expected
    names = session.scalars(select(Package.name).where(Package.organization_id == organization.id))
    assert {it.name for it in facts.packages} <= set(names)
