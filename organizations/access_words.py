"""Say in sentences why somebody may read a package, what would end it, why not, and what would help. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from integrations.platforms import PLATFORMS, Page
from models import PackageState
from organizations.access_facts import Account, PackageFact, Person, Remote, RepositoryFact, TeamFact
from organizations.explain import Explanation, Reason, Source
from organizations.obstacles import Kind, Obstacle


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the page of the host that shows it or changes it."""

    text: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """An explanation in words. `ends` is a list of all that would have to happen; `ways`: how to get it."""

    answer: str
    reasons: tuple[Sentence, ...] = ()
    ending: str = ""
    ends: tuple[Sentence, ...] = ()
    notes: tuple[str, ...] = ()
    obstacles: tuple[Sentence, ...] = ()
    ways: tuple[Sentence, ...] = ()


def tell(explanation: Explanation, *, organization: str) -> Story:
    """The whole explanation for one person and one package."""
    login, package = explanation.person.login, explanation.package
    if not explanation.may_read:
        return Story(
            f"{login} may not read {package.name}.",
            obstacles=tuple(_obstacle(it, explanation, organization) for it in explanation.obstacles),
            ways=tuple(_ways(explanation)),
        )
    many = len(explanation.reasons) > 1
    return Story(
        f"{login} may read {package.name}.",
        reasons=tuple(_reason(it, explanation, organization) for it in explanation.reasons),
        ending=f"{login} would lose it only if all of this happened:" if many else f"{login} would lose it if",
        ends=tuple(_end(it, organization) for it in explanation.reasons),
        notes=tuple(_notes(explanation)),
    )


def name_reason(reason: Reason, *, organization: str) -> str:
    """A reason in a few words, for lists."""
    return _SHORT[reason.source](reason, organization)


def name_obstacle(explanation: Explanation, *, organization: str) -> str:
    """The first thing that stands in the way."""
    return _obstacle(explanation.obstacles[0], explanation, organization).text


def _reason(reason: Reason, explanation: Explanation, organization: str) -> Sentence:
    person, package = explanation.person, explanation.package
    until = f", until {_day(reason.until)}" if reason.until else ""
    words = f"{person.login} may read {package.name} because {_because(reason, organization)}{until}"
    with_account = _with_account(reason.account, person)
    return _linked(f"{words}{with_account}.", reason)


def _because(reason: Reason, organization: str) -> str:
    host = reason.remote.host if reason.remote else ""
    match reason.source:
        case Source.OWNER | Source.ADMIN:
            word = "an owner" if reason.source is Source.OWNER else "an admin"
            return f"they are {word} of {organization}{_origin_of_leading(reason)}"
        case Source.BASE:
            return f"everybody with an account at {host} may, unless it is known to be external"
        case Source.CONFIRMED | Source.INTERNAL:
            return f"{host} showed it to their own account"
        case Source.INHERITED:
            return f"{host} gives them {reason.role} there, everything added up"
        case Source.VISIBILITY:
            return f"the repository is {_visibility_of(reason)} at {host}, and {_open_to(reason)}"
        case _:
            return f"they {_place(reason)}{_inherited(reason)}"


def _origin_of_leading(reason: Reason) -> str:
    if reason.remote is None:
        return ", added here by hand"
    return f", as in {reason.remote.path} at {reason.remote.host}"


def _visibility_of(reason: Reason) -> str:
    """What opens a repository: the grant for everybody says it, that of a role has the role's name instead."""
    if reason.team is None and reason.account is None:
        return reason.role.lower()
    return reason.repository.visibility if reason.repository else "open"


def _open_to(reason: Reason) -> str:
    if reason.team is None and reason.account is None:
        return "their account is not known to be external"
    return f"they {_place(reason)}"


def _place(reason: Reason) -> str:
    """ "have the role Developer in acme/backend at GitLab"."""
    at = f" at {reason.remote.host}" if reason.remote else ""
    if reason.team is None:
        return f"have the role {reason.role} in the repository itself{at}"
    if reason.team.synchronization_id is None:
        return f"are in the team {reason.team.name}, added here by hand"
    role = f"have the role {reason.role}" if reason.role else "are"
    return f"{role} in {reason.team.path}{at}"


def _inherited(reason: Reason) -> str:
    if reason.is_through_subteam:
        return ", through a team below it"
    return f", inherited from {reason.inherited_from.path}" if reason.inherited_from else ""


def _with_account(account: Account | None, person: Person) -> str:
    """Which of several accounts it is."""
    if account is None or len(person.accounts) == 1:
        return ""
    return f" (with the account {account.login} at {account.host})"


_SHORT: dict[Source, Callable[[Reason, str], str]] = {
    Source.OWNER: lambda reason, organization: f"owner of {organization}",
    Source.ADMIN: lambda reason, organization: f"admin of {organization}",
    Source.TEAM: lambda reason, _: f"{_short_place(reason)}{_inherited(reason)}",
    Source.DIRECT: lambda reason, _: f"{reason.role} in the repository itself",
    Source.INHERITED: lambda reason, _: f"{reason.role}, everything added up",
    Source.BASE: lambda reason, _: f"for everybody at {reason.remote.host}" if reason.remote else "for everybody",
    Source.CONFIRMED: lambda reason, _: "shown to their own account",
    Source.INTERNAL: lambda reason, _: "internal, and shown to their own account",
    Source.VISIBILITY: lambda reason, _: f"the repository is {_visibility_of(reason)}",
}


def _short_place(reason: Reason) -> str:
    if reason.team is None or reason.team.synchronization_id is None:
        return f"in {reason.team.name}" if reason.team else reason.role
    return f"{reason.role} in {reason.team.path}"


def _end(reason: Reason, organization: str) -> Sentence:
    return _linked(_would_end(reason, organization), reason)


def _would_end(reason: Reason, organization: str) -> str:
    match reason.source:
        case Source.OWNER | Source.ADMIN:
            role = "owner" if reason.source is Source.OWNER else "admin"
            where = f"{reason.remote.path} at {reason.remote.host}" if reason.remote else f"{organization} here"
            return f"they were no longer {role} of {where}"
        case Source.VISIBILITY if reason.team is None and reason.account is None:
            return "the repository became private, or their account external"
        case Source.TEAM | Source.VISIBILITY if reason.team is not None:
            team = reason.inherited_from or reason.team
            where = team.path or team.name
            weaker = "" if team.synchronization_id is None else ", or had a role there that does not read code"
            below = " and the teams below it" if reason.is_through_subteam else ""
            return f"they left {where}{below}{weaker}"
        case Source.BASE:
            return "the default permission became none, or their account external"
        case Source.INHERITED:
            return "no group, project, organization or grant of their own gave it any more"
        case Source.CONFIRMED | Source.INTERNAL:
            return "the host no longer showed it to their own account, or did not confirm it for a week"
        case _:
            return "they were removed from the repository's own members"


def _notes(explanation: Explanation) -> Iterator[str]:
    if explanation.ends_on:
        yield f"It ends by itself on {_day(explanation.ends_on)}."
    since = min(reason.since for reason in explanation.reasons).date()
    yield f"Known here since {_day(since)}."
    if explanation.package.state is PackageState.PENDING:
        yield "The package was not read yet, so Composer is not given it so far."
    if explanation.package.state is PackageState.CONFLICT:
        yield "Another package of this organization has the name, so Composer is not given this one."
    blocked = [it for it in explanation.person.accounts if it.is_blocked]
    for account in blocked:
        yield f"The account {account.login} is blocked at {account.host}; what it was granted does not count."


def _obstacle(obstacle: Obstacle, explanation: Explanation, organization: str) -> Sentence:
    text = _OBSTACLES[obstacle.kind](obstacle, explanation, organization)
    if obstacle.kind is Kind.BLOCKED and obstacle.account:
        return Sentence(text, obstacle.account.url, f"{obstacle.account.login} at {obstacle.account.host}")
    if obstacle.team is not None and obstacle.team.url:
        return _team_page(text, obstacle.team, obstacle.remote)
    return Sentence(text)


_OBSTACLES: dict[Kind, Callable[[Obstacle, Explanation, str], str]] = {
    Kind.REMOVED: lambda it, answer, name: _removed(answer.package, name),
    Kind.DISABLED: lambda it, answer, name: f"{answer.person.login} is disabled on this installation.",
    Kind.BLOCKED: lambda it, answer, name: f"The account {_login(it)} is blocked at {_host(it)}.",
    Kind.HOST_GONE: lambda it, answer, name: f"The integration {_host(it)}, where {_login(it)} is, was deleted.",
    Kind.SUSPENDED: lambda it, answer, name: (
        f"{_path(it)} is missing at {_host(it)}, so everything that it grants is suspended until it is back."
    ),
    Kind.ENDED: lambda it, answer, name: f"{_what_ended(it, name)} ended on {_day(it.ended_on)}.",
    Kind.OUTSIDE: lambda it, answer, name: f"{answer.person.login} is not a member of {name}.",
    Kind.CODE_OFF: lambda it, answer, name: (
        f"The code of {_repository_path(answer)} is switched off at {_host(it)}: only who leads {name} may read it."
    ),
    Kind.WEAK_ROLE: lambda it, answer, name: (
        f"{answer.person.login} has the role {_role(it)} in {_team_path(it)}, which does not read code."
    ),
    Kind.EXTERNAL: lambda it, answer, name: (
        f"{_repository_path(answer)} is open at {_host(it)}, but the account {_login(it)} is marked as external there."
    ),
    Kind.NO_ACCOUNT_AT_HOST: lambda it, answer, name: (
        f"No account of {answer.person.login} at {_host(it)} is known here."
    ),
    Kind.NO_REPOSITORY: lambda it, answer, name: (
        f"The package has no repository at a host: only who leads {name} may read it."
    ),
    Kind.NOT_GRANTED: lambda it, answer, name: (
        f"{_repository_path(answer)} is {_visibility(answer)} at {_host(it)}, and no team of {answer.person.login} "
        "has it."
    ),
}


def _removed(package: PackageFact, organization: str) -> str:
    on = f" on {_day(package.removed_at.date())}" if package.removed_at else ""
    return f"{package.name} was removed from {organization}{on}."


def _what_ended(obstacle: Obstacle, organization: str) -> str:
    if obstacle.team is None:
        return "The role in the repository itself"
    return f"The membership in {obstacle.team.path or f'{obstacle.team.name} of {organization}'}"


def _visibility(explanation: Explanation) -> str:
    repository = explanation.package.repository
    if repository is None or repository.visibility == "private":
        return "private"
    return "for its members only"


def _ways(explanation: Explanation) -> Iterator[Sentence]:
    """The nearest way to get it, seen from what stands in the way first."""
    first = explanation.obstacles[0]
    repository, remote = explanation.package.repository, explanation.remote
    match first.kind:
        case Kind.DISABLED:
            yield Sentence("An administrator of this installation can enable them again: Administration → People.")
        case Kind.BLOCKED:
            yield Sentence(f"Whoever runs {_host(first)} can unblock the account; the next synchronization sees it.")
        case Kind.SUSPENDED:
            yield Sentence("It is back with the first synchronization that finds it at the host again.")
        case Kind.REMOVED | Kind.HOST_GONE | Kind.NO_REPOSITORY:
            return
        case Kind.CODE_OFF if repository and remote:
            text = f"Switch the repository on in the settings of {repository.path}."
            yield _repository_page(text, repository, remote, Page.REPOSITORY_VISIBILITY)
        case _ if repository and remote:
            yield from _ways_at_host(explanation, repository, remote)


def _ways_at_host(explanation: Explanation, repository: RepositoryFact, remote: Remote) -> Iterator[Sentence]:
    role = f"{PLATFORMS[remote.platform].reading_role} or more" if remote.platform in PLATFORMS else "a role that reads"
    home, platform = explanation.home, PLATFORMS.get(remote.platform)
    text = f"Give {explanation.person.login} the role {role} in {repository.path}."
    if home is not None and home.url and (platform is None or platform.reads_by_home):
        yield _team_page(f"Give {explanation.person.login} the role {role} in {home.path}.", home, remote)
        text = f"Or only in the repository itself: {role} in {repository.path}."
    yield _repository_page(text, repository, remote, Page.REPOSITORY_MEMBERS)


def _linked(text: str, reason: Reason) -> Sentence:
    """With the page of the host where a reason is granted."""
    team = reason.inherited_from or reason.team
    if team is not None and team.url:
        return _team_page(text, team, reason.remote)
    if reason.remote is None:
        return Sentence(text)
    if reason.repository is None or reason.source in (Source.OWNER, Source.ADMIN):
        url = _page(reason.remote, Page.TEAM_MEMBERS, reason.remote.url)
        return Sentence(text, url, f"members of {reason.remote.path}")
    page = Page.REPOSITORY_MEMBERS if reason.account else Page.REPOSITORY_VISIBILITY
    return _repository_page(text, reason.repository, reason.remote, page)


def _team_page(text: str, team: TeamFact, remote: Remote | None) -> Sentence:
    return Sentence(text, _page(remote, Page.TEAM_MEMBERS, team.url), f"members of {team.path}")


def _repository_page(text: str, repository: RepositoryFact, remote: Remote, page: Page) -> Sentence:
    label = "members of" if page is Page.REPOSITORY_MEMBERS else "settings of"
    return Sentence(text, _page(remote, page, repository.url), f"{label} {repository.path}")


def _page(remote: Remote | None, page: Page, url: str) -> str:
    """Below the page of a team or repository; its own page where the platform is not known."""
    platform = PLATFORMS.get(remote.platform) if remote else None
    return platform.page_url(page, url) if platform and url else url


def _login(obstacle: Obstacle) -> str:
    return obstacle.account.login if obstacle.account else ""


def _host(obstacle: Obstacle) -> str:
    if obstacle.remote is not None:
        return obstacle.remote.host
    return obstacle.account.host if obstacle.account else "the host"


def _path(obstacle: Obstacle) -> str:
    return obstacle.remote.path if obstacle.remote else ""


def _role(obstacle: Obstacle) -> str:
    return obstacle.team.role_name or "member" if obstacle.team else ""


def _team_path(obstacle: Obstacle) -> str:
    return obstacle.team.path if obstacle.team else ""


def _repository_path(explanation: Explanation) -> str:
    return explanation.package.repository.path if explanation.package.repository else explanation.package.name


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
