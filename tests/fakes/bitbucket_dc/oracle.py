"""Brute force over every grant: who may read a repository's code. Shares no code with the API's rules.

People of a project are those whom a grant names, by themselves or in a group, on the project or on any repository in
it, the owner of a personal project, and the instance's administrators. Accounts of tokens are not people.
"""

from collections.abc import Iterator

from .model import Project, Repo, User
from .state import State


def readers(state: State, repository: Repo, *, with_administrators: bool = True, everybody: bool = False) -> set[int]:
    """Ids of the people of the repository's project who may read its code by Bitbucket's rules.

    `everybody`: and all others with a licence for whom it is open. Without administrators: those are left out who have
    nothing but that, as for a token that can not ask who they are.
    """
    project = state.projects[repository.project_id]
    return {
        user.id
        for user in state.users.values()
        if _is_usable(state, user)
        and _may_read(state, user, repository, with_administrators)
        and (everybody or _is_of(state, user, project, with_administrators))
    }


def _is_usable(state: State, user: User) -> bool:
    return user.type == "NORMAL" and user.active and any(_names(state, user, "global", 0))


def _may_read(state: State, user: User, repository: Repo, with_administrators: bool) -> bool:
    project = state.projects[repository.project_id]
    return (
        repository.public
        or project.public
        or project.default_level.value > 0
        or project.owner_id == user.id
        or (with_administrators and _is_administrator(state, user))
        or any(_names(state, user, "project", project.id))
        or any(_names(state, user, "repository", repository.id))
    )


def _is_of(state: State, user: User, project: Project, with_administrators: bool) -> bool:
    inside = [each.id for each in state.repos.values() if each.project_id == project.id]
    return (
        project.owner_id == user.id
        or (with_administrators and _is_administrator(state, user))
        or any(_names(state, user, "project", project.id))
        or any(name for each in inside for name in _names(state, user, "repository", each))
    )


def _is_administrator(state: State, user: User) -> bool:
    return any(name in {"ADMIN", "SYS_ADMIN"} for name in _names(state, user, "global", 0))


def _names(state: State, user: User, kind: str, place_id: int) -> Iterator[str]:
    """Every permission that reaches the user at a place."""
    for place, granted in state.grants.items():
        if place != (kind, place_id):
            continue
        for (who, key), permission in granted.items():
            members = state.groups[str(key)].members if who == "group" and key in state.groups else set()
            if (who == "user" and key == user.id) or user.id in members:
                yield permission
