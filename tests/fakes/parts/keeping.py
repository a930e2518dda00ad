"""Keep a fake's world in a file from one run to the next, so that a demo goes on where it stopped."""

import pickle
from pathlib import Path

from .server_core import Core
from .state import State


def save(core: Core, file: Path) -> None:
    """Everything but the logs. The file replaces an older one at once."""
    with core.state.lock:
        content = pickle.dumps((core.base_url, core.state))
    fresh = file.with_name(f"{file.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(file)


def load(core: Core, file: Path) -> bool:
    """Take over what was saved under the same address. False, and nothing changed, when there is nothing to take."""
    if not file.exists():
        return False
    base_url, state = pickle.loads(file.read_bytes())
    if base_url != core.base_url or not isinstance(state, State):
        return False
    for project_id, repository in state.repositories.items():
        state.repositories[project_id] = repository.copy(core.root / f"{project_id}.git")
    core.state = state
    return True
