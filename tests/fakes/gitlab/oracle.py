"""Brute force over every membership and share: who may read a project's code. Shares no code with the API's rules.

Bots are not people and are left out; an administrator's power over everything is not counted either.
"""

from collections.abc import Iterator
from datetime import date

from .model import Membership, Project, Source, User
from .state import State


def readers(state: State, project: Project, today: date) -> set[int]:
    """Ids of the people who may read the code of `project` by GitLab's rules."""
    if project.repository_access_level == "disabled":
        return set()
    grants = list(_grants(state, project, today))
    return {user.id for user in state.users.values() if _may_read(user, project, grants)}


Grant = tuple[int, int, bool]  # user, level, custom role that reads code


def _may_read(user: User, project: Project, grants: list[Grant]) -> bool:
    if user.state != "active" or user.bot:
        return False
    own = [(level, reads) for user_id, level, reads in grants if user_id == user.id and level >= 10]
    if any(level >= 20 or reads for level, reads in own):
        return True
    open_to_user = project.visibility == "public" or (project.visibility == "internal" and not user.external)
    return open_to_user and (project.repository_access_level == "enabled" or bool(own))


def _grants(state: State, project: Project, today: date) -> Iterator[Grant]:
    path = state.project_path(project)
    for membership in state.memberships.values():
        if not _is_in_force(membership, today):
            continue
        if _covers(state, membership.source, project, path):
            yield membership.user_id, membership.level, _role_reads(membership)
        for level in _invitations(state, membership, project, path, today):
            is_cut = membership.level > level
            yield membership.user_id, min(level, membership.level), _role_reads(membership) and not is_cut


def _invitations(state: State, membership: Membership, project: Project, path: str, today: date) -> Iterator[int]:
    if membership.source.kind != "group":
        return
    home = state.full_path(state.groups[membership.source.id])
    for share in state.shares.values():
        if share.expires_on is not None and share.expires_on <= today:
            continue
        if not _covers(state, share.source, project, path):
            continue
        invited = state.full_path(state.groups[share.group_id])
        is_inherited = share.source.kind == "project" and f"{invited}/".startswith(f"{home}/")
        if invited == home or is_inherited:
            yield share.level


def _covers(state: State, source: Source, project: Project, path: str) -> bool:
    if source.kind == "project":
        return source.id == project.id
    return path.startswith(f"{state.full_path(state.groups[source.id])}/")


def _is_in_force(membership: Membership, today: date) -> bool:
    is_over = membership.expires_on is not None and membership.expires_on <= today
    return not is_over and not membership.awaiting and membership.level > 5


def _role_reads(membership: Membership) -> bool:
    return membership.role is not None and membership.role.read_code
