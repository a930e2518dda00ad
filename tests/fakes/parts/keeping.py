"""Keep a fake's world in a file from one run to the next, so that a demo goes on where it stopped."""

import pickle
from pathlib import Path
from typing import Protocol, TypeVar

from .core import BaseCore, World
from .repository import Repository


class Kept(World, Protocol):
    """A world with repositories by number."""

    repositories: dict[int, Repository]


KeptT = TypeVar("KeptT", bound=Kept)


def save(core: BaseCore[KeptT], file: Path) -> None:
    """Everything but the logs. The file replaces an older one at once."""
    with core.state.lock:
        content = pickle.dumps((core.base_url, core.state))
    fresh = file.with_name(f"{file.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(file)


def load(core: BaseCore[KeptT], file: Path) -> bool:
    """Take over what was saved under the same address. False, and nothing changed, when there is nothing to take."""
    if not file.exists():
        return False
    base_url, state = pickle.loads(file.read_bytes())
    if base_url != core.base_url or not isinstance(state, type(core.state)):
        return False
    for repository_id, repository in state.repositories.items():
        state.repositories[repository_id] = repository.copy(core.root / f"{repository_id}.git")
    core.state = state
    return True
