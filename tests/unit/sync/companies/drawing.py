"""Draw companies: few people, teams and repositories, so that everything meets everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from hypothesis import strategies as st

from integrations.codehost import AccountState, RemoteAccount, RemoteMember, RemoteOrganization, RemoteRole, RemoteTeam
from models import PartStatus
from sync.snapshot import Item, Part

Key = TypeVar("Key")
Option = TypeVar("Option")
Drawn = TypeVar("Drawn")
Readers = dict[str, set[str]]

ROOT = "root"
PEOPLE = tuple(f"p{number}" for number in range(6))
TEAMS = tuple(f"t{number}" for number in range(1, 6))
REPOSITORIES = tuple(f"r{number}" for number in range(4))
NOBODY: frozenset[str] = frozenset()
BY_DEFAULT = 200  # companies of each platform


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a run could not read, or did not ask for: members of teams, what they were granted, and repositories."""

    members: frozenset[str] = NOBODY
    team_grants: frozenset[str] = NOBODY
    repositories: frozenset[str] = NOBODY
    status: PartStatus = PartStatus.UNKNOWN


NOTHING = Hidden()


def mappings(keys: Sequence[Key], options: Sequence[Option]) -> st.SearchStrategy[Mapping[Key, Option]]:
    """One of the options for each key, in a single draw. Options that are named several times are likelier."""
    base = len(options)

    def of_number(number: int) -> Mapping[Key, Option]:
        return {key: options[number // base**place % base] for place, key in enumerate(keys)}

    return st.integers(0, base ** len(keys) - 1).map(of_number)


def subsets(keys: Sequence[Key], *, one_in: int = 3) -> st.SearchStrategy[frozenset[Key]]:
    """Some of the keys."""
    flags = (False,) * (one_in - 1) + (True,)
    return mappings(keys, flags).map(lambda chosen: frozenset(key for key, is_in in chosen.items() if is_in))


def pairs(first: Sequence[Key], second: Sequence[Option]) -> tuple[tuple[Key, Option], ...]:
    """Each with each."""
    return tuple((one, other) for one in first for other in second)


def mixed(one: Drawn, other: Drawn, taken: frozenset[str]) -> Drawn:
    """The one with these fields of the other: from a small change to another company altogether."""
    return replace(one, **{name: getattr(other, name) for name in taken})  # type: ignore[type-var]


def field_sets(kind: type) -> st.SearchStrategy[frozenset[str]]:
    """Some names of a model's fields."""
    return subsets([field.name for field in fields(kind)], one_in=2)


def hidden_parts() -> st.SearchStrategy[Hidden]:
    """Whatever a run may miss."""
    return st.builds(
        Hidden,
        members=subsets((ROOT, *TEAMS)),
        team_grants=subsets(TEAMS),
        repositories=subsets(REPOSITORIES),
        status=st.sampled_from((PartStatus.UNKNOWN, PartStatus.SKIPPED)),
    )


def organization(kind: str) -> RemoteOrganization:
    """The root of everything."""
    return RemoteOrganization(ROOT, kind, "Acme", "acme", "https://host.test/acme")


def team(key: str, parent: str | None = None) -> RemoteTeam:
    """A team by its id."""
    return RemoteTeam(key, key, f"acme/{key}", f"https://host.test/acme/{key}", parent)


def member(person: str, role: RemoteRole, *, is_active: bool = True, is_bot: bool = False) -> RemoteMember:
    """Somebody in a list."""
    state = AccountState.ACTIVE if is_active else AccountState.BLOCKED
    return RemoteMember(RemoteAccount(person, person, person, state=state, is_bot=is_bot), role)


def part(items: Sequence[Item], *, is_hidden: bool, status: PartStatus = PartStatus.UNKNOWN) -> Part[Item]:
    """A list that was read to its end, or was not read."""
    return Part(status) if is_hidden else Part(PartStatus.COMPLETE, tuple(items))
