"""Brute force over memberships and grants: who may read a repository's code. Shares no code with the API's rules."""

from collections.abc import Iterator

from .model import Repo
from .state import State

READING = {"read", "write", "create-repo", "admin"}


def readers(state: State, repo: Repo) -> set[str]:
    """Uuids of the active people of the workspace who may read the code.

    People of a workspace are its members and everybody whose own grants let him read a repository there. All of them
    read what is public.
    """
    people = {key for key in _people(state, repo.workspace) if state.accounts[key].account_status == "active"}
    return {key for key in people if not repo.is_private or key in set(_admitted(state, repo))}


def _people(state: State, workspace: str) -> set[str]:
    repos = [each for each in state.repos.values() if each.workspace == workspace]
    return set(state.members[workspace]).union(*(_admitted(state, each) for each in repos))


def _admitted(state: State, repo: Repo) -> Iterator[str]:
    yield from (key for key, role in state.members[repo.workspace].items() if role == "owner")
    for place, grants in state.grants.items():
        if place not in (repo.uuid, repo.project):
            continue
        for holder, grant in grants.items():
            if grant in READING and holder.kind == "user":
                yield holder.key
            elif grant in READING:
                yield from state.groups[repo.workspace][holder.key].members
