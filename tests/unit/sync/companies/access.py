"""The rule of `composer/access.py`, once more, on values in place of rows: who may read which repository's package."""

from collections.abc import Collection
from datetime import date

from models import GrantSource
from sync.state import State
from sync.wanted import GrantKey
from tests.unit.sync.companies.drawing import Readers

FOR_ACCOUNTS_THERE = (GrantSource.VISIBILITY, GrantSource.BASE)


def read_state(state: State, *, today: date, externals: Collection[str] = ()) -> Readers:
    """The active accounts that may read each repository. `externals`: those that a login showed to be external."""
    members, leaders = _members(state, today), {account for _, account in state.standing}
    readers: Readers = {key: set(leaders) for key in state.repositories}
    for key, grant in state.grants.items():
        if grant.expires_on is None or grant.expires_on > today:
            people = _subject(state, key, today, members)
            if key.source in FOR_ACCOUNTS_THERE:
                people -= set(externals)
            readers[key.repository_id] |= people & members
    active = {key for key, value in state.identities.items() if not value.is_blocked}
    return {key: people & active for key, people in readers.items()}


def _members(state: State, today: date) -> set[str]:
    granted = {
        key.account_id
        for key, grant in state.grants.items()
        if key.account_id is not None
        and key.source is not GrantSource.INTERNAL
        and (grant.expires_on is None or grant.expires_on > today)
    }
    return _in_teams(state, today) | granted | {account for _, account in state.standing}


def _in_teams(state: State, today: date, only: object = None) -> set[str]:
    return {
        account
        for (team, account), value in state.memberships.items()
        if only in (None, team) and (value.expires_on is None or value.expires_on > today)
    }


def _subject(state: State, key: GrantKey, today: date, members: set[str]) -> set[str]:
    if key.account_id is not None:
        return {key.account_id}
    return set(members) if key.team is None else _in_teams(state, today, key.team)
