"""Answer a question about access: one package and all its readers, one person and all packages, or one of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from organizations.access_facts import Account, PackageFact, Person
from organizations.access_loading import Question, list_suggestions, load_facts
from organizations.access_words import Sentence, Story, name_obstacle, name_reason, tell
from organizations.explain import Explanation, Reason, explain, explain_packages, explain_readers

MOST_SUGGESTIONS = 500
MOST_GUESSES = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One person and one package in a list, with the reasons (or what stands in the way) in a few words."""

    person: Person
    package: PackageFact
    words: str
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to say. `package` is None when there is none of that name, `people` empty when nobody has it."""

    package: PackageFact | None = None
    people: tuple[Person, ...] = ()
    explanations: tuple[Explanation, ...] = ()  # of one package and one person; several if the login is at two hosts
    stories: tuple[Story, ...] = ()
    readers: tuple[Line, ...] = ()
    packages: tuple[Line, ...] = ()
    others: tuple[Line, ...] = ()  # packages that the person may not read


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Names to choose from; `packages_like` and `people_like` resemble what was asked for."""

    packages: Sequence[str]
    people: Sequence[str]

    def packages_like(self, text: str) -> list[str]:
        """Packages with the text in their name, or in the last part of it."""
        return _like(self.packages, text)

    def people_like(self, text: str) -> list[str]:
        """Logins with the text in them."""
        return _like(self.people, text)


def answer_question(session: Session, question: Question) -> Answer:
    """The answer, in the same few queries however large the organization is."""
    facts, name = load_facts(session, question), question.organization.name
    package = facts.packages[0] if question.package and facts.packages else None
    if question.package and question.login:
        found = tuple(explain(facts, person, package) for person in facts.people) if package else ()
        stories = tuple(tell(it, organization=name) for it in found)
        return Answer(package, facts.people, explanations=found, stories=stories)
    if question.package:
        readers = explain_readers(facts, package) if package else []
        return Answer(package, readers=_by_login(_line(it, name) for it in readers))
    readable, others = [], []
    for person in facts.people:
        may, may_not = explain_packages(facts, person)
        readable += [_line(it, name) for it in may]
        others += [_line(it, name) for it in may_not]
    return Answer(people=facts.people, packages=tuple(readable), others=tuple(others))


def suggest(session: Session, question: Question) -> Suggestions:
    """What can be asked about."""
    return Suggestions(*list_suggestions(session, question.organization, most=MOST_SUGGESTIONS))


def as_documents(answer: Answer) -> list[dict[str, Any]]:
    """The answer for programs: one object per person and package."""
    if answer.explanations:
        pairs = zip(answer.explanations, answer.stories, strict=True)
        return [_explained(explanation, story) for explanation, story in pairs]
    lines = [(line, True) for line in (*answer.readers, *answer.packages)]
    lines += [(line, False) for line in answer.others]
    return [
        {"person": line.person.login, "package": line.package.name, "may_read": may_read, "why": line.words}
        for line, may_read in lines
    ]


def as_lines(answer: Answer) -> Iterator[str]:
    """The answer for people at a terminal."""
    for story in answer.stories:
        yield story.answer
        for title, sentences in (
            ("", story.reasons),
            (story.ending, story.ends),
            ("Why not:", story.obstacles),
            ("What would help:", story.ways),
        ):
            if title and sentences:
                yield title
            for sentence in sentences:
                yield f"  {sentence.text}{f' <{sentence.url}>' if sentence.url else ''}"
        yield from story.notes
    for line in answer.readers:
        yield f"{line.person.login}: {line.words}"
    for line in answer.packages:
        yield f"{line.package.name}: {line.words}"
    if not answer.stories and not answer.readers and not answer.packages:
        yield f"{answer.people[0].login} may read no package here." if answer.people else "Nobody may read it."


def _line(explanation: Explanation, organization: str) -> Line:
    if not explanation.may_read:
        words = name_obstacle(explanation, organization=organization)
    else:
        names = (name_reason(reason, organization=organization) for reason in explanation.reasons)
        words = "; ".join(dict.fromkeys(names))
    return Line(explanation.person, explanation.package, words, explanation.accounts)


def _by_login(lines: Iterator[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: line.person.login.casefold()))


def _like(names: Sequence[str], text: str) -> list[str]:
    wanted = text.casefold().rpartition("/")[2]
    return [name for name in names if wanted and wanted in name.casefold()][:MOST_GUESSES]


def _explained(explanation: Explanation, story: Story) -> dict[str, Any]:
    pairs = zip(explanation.reasons, story.reasons, strict=True)
    return {
        "person": explanation.person.login,
        "package": explanation.package.name,
        "may_read": explanation.may_read,
        "accounts": [f"{account.login} at {account.host}" for account in explanation.accounts],
        "reasons": [_reason(reason, sentence) for reason, sentence in pairs],
        "would_lose_it_if": [sentence.text for sentence in story.ends],
        "why_not": [{"sentence": it.text, "url": it.url} for it in story.obstacles],
        "what_would_help": [{"sentence": it.text, "url": it.url} for it in story.ways],
    }


def _reason(reason: Reason, sentence: Sentence) -> dict[str, Any]:
    return {
        "source": reason.source.value,
        "role": reason.role,
        "team": reason.team.path or reason.team.name if reason.team else "",
        "inherited_from": reason.inherited_from.path if reason.inherited_from else "",
        "host": reason.remote.host if reason.remote else "",
        "since": reason.since.isoformat(timespec="seconds"),
        "until": reason.until.isoformat() if reason.until else None,
        "sentence": sentence.text,
        "url": sentence.url,
    }
