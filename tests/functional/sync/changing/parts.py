"""What the changes of all hosts share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import ClassVar, TypeVar

from tests.fakes.company import manifest_of
from tests.functional.sync.hosts import Hosted

Thing = TypeVar("Thing")


def manifest(name: str) -> dict[str, str]:
    """The files of a library."""
    return {"composer.json": manifest_of(name, "Made by chance", {}, vendor="random")}


class Changes(ABC):
    """The changes of one host. `KINDS` names the methods; the owner of the credential stays as it is."""

    KINDS: ClassVar[tuple[str, ...]]

    def __init__(self, hosted: Hosted, dice: Random) -> None:
        self.hosted, self.dice = hosted, dice
        self._number = 0
        self.begin()

    @abstractmethod
    def begin(self) -> None:
        """Make sure that there are repositories, and that each has a composer.json."""

    def readers(self) -> dict[str, set[str]]:
        """Who should read what, by the remote ids of repositories and people."""
        return self.hosted.readers()

    def change(self, kind: str) -> None:
        """Do this, if there is anything to do it with."""
        do: Callable[[], None] = getattr(self, kind)
        do()

    def one(self, things: Iterable[Thing]) -> Sequence[Thing]:
        """One of them, or none when there are none."""
        found = list(things)
        return [self.dice.choice(found)] if found else []

    def perhaps(self) -> bool:
        """As likely as not."""
        return self.dice.random() < 0.5

    def new_name(self, kind: str) -> str:
        """One that nothing has had."""
        self._number += 1
        return f"new-{kind}-{self._number}"
