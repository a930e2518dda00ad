"""Who may do what, computed the way the API needs it: one row per person with the highest level.

Two rules of sharing: a group invited into a *group* lends its direct members, a group invited into a *project* lends
its direct and inherited members; each at most at the level of the invitation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from .model import Group, Level, Membership, Project, Share, Source, User
from .state import State


@dataclass(frozen=True, slots=True)
class Effective:
    """Somebody's best membership of a source, direct, inherited or through an invited group."""

    user_id: int
    level: int
    membership: Membership

    @property
    def reads_code(self) -> bool:
        role = self.membership.role
        return self.level >= Level.REPORTER or (role is not None and role.read_code)


def rows_of(state: State, source: Source, user_id: int, today: date) -> Iterator[Effective]:
    """Every membership that reaches `source`, expired and awaiting ones included."""
    for place in state.sources(source):
        membership = state.members_of.get(place, {}).get(user_id)
        if membership is not None and (membership.level > Level.MINIMAL or place == source):
            yield Effective(user_id, membership.level, membership)
        for share in state.shares_of.get(place, {}).values():
            if not share.is_expired(today):
                yield from _lent_rows(state, share, user_id)


def _lent_rows(state: State, share: Share, user_id: int) -> Iterator[Effective]:
    for lender in lenders(state, share):
        membership = state.members_of.get(lender, {}).get(user_id)
        if membership is not None and membership.level > Level.MINIMAL:
            kept = membership if membership.level <= share.level else replace(membership, role=None)
            yield Effective(user_id, min(membership.level, share.level), kept)


def lenders(state: State, share: Share) -> list[Source]:
    if share.source.kind == "group":
        return [Source("group", share.group_id)]
    return state.sources(Source("group", share.group_id))


def effective_member(state: State, source: Source, user_id: int, today: date) -> Effective | None:
    """The row that the member list shows: a usable one before an expired or awaiting one, then the highest."""
    return max(rows_of(state, source, user_id, today), key=lambda row: _rank(row, today), default=None)


def _rank(row: Effective, today: date) -> tuple[bool, int, bool]:
    return _is_usable(row, today), row.level, row.reads_code


def _is_usable(row: Effective, today: date) -> bool:
    return not row.membership.is_expired(today) and not row.membership.awaiting


def effective_members(state: State, source: Source, today: date) -> list[Effective]:
    """All members by user id, as `members/all` lists them."""
    found = (effective_member(state, source, user_id, today) for user_id in sorted(_reaching(state, source)))
    return [row for row in found if row is not None]


def _reaching(state: State, source: Source) -> set[int]:
    places = state.sources(source)
    shares = [share for place in places for share in state.shares_of.get(place, {}).values()]
    places += [lender for share in shares for lender in lenders(state, share)]
    return {user_id for place in places for user_id in state.members_of.get(place, {})}


def usable_member(state: State, source: Source, user_id: int, today: date) -> Effective | None:
    row = effective_member(state, source, user_id, today)
    return row if row is not None and _is_usable(row, today) else None


def level_in(state: State, source: Source, user: User | None, today: date) -> int:
    """0 for no membership; an administrator has every right of an owner."""
    if user is None:
        return Level.NO_ACCESS
    if user.is_admin:
        return Level.OWNER
    return member_level(state, source, user, today)


def member_level(state: State, source: Source, user: User, today: date) -> int:
    """As `level_in`, without what an administrator may do everywhere."""
    row = usable_member(state, source, user.id, today)
    return Level.NO_ACCESS if row is None else row.level


def sees_project(state: State, project: Project, user: User | None, today: date) -> bool:
    if project.visibility == "public":
        return True
    if user is None:
        return False
    if project.visibility == "internal" and not user.external:
        return True
    return level_in(state, project.source, user, today) >= Level.GUEST


def sees_group(state: State, group: Group, user: User | None, today: date) -> bool:
    """Members see a group and every group above what they are members of."""
    if group.visibility == "public":
        return True
    if user is None:
        return False
    if user.is_admin or (group.visibility == "internal" and not user.external):
        return True
    return any(member_level(state, source, user, today) for source in _inside(state, group))


def _inside(state: State, group: Group) -> Iterable[Source]:
    yield group.source
    below = state.descendants(group.id)
    yield from (each.source for each in below)
    ids = {group.id, *(each.id for each in below)}
    yield from (project.source for project in state.projects.values() if project.group_id in ids)


def reads_code(state: State, project: Project, user: User | None, today: date) -> bool:
    """May the caller fetch the project's code?"""
    if project.repository_access_level == "disabled" or not sees_project(state, project, user, today):
        return False
    if user is None:
        return project.repository_access_level == "enabled"
    row = usable_member(state, project.source, user.id, today)
    if user.is_admin or (row is not None and row.reads_code):
        return True
    if project.visibility == "private" or (project.visibility == "internal" and user.external):
        return False
    return project.repository_access_level == "enabled" or (row is not None and row.level >= Level.GUEST)
