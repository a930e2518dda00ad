"""Decide what the host's answer to somebody's own token means. Pure: no I/O, no clock.

Only where a listing does not tell: the credential of the synchronization may not list permissions (Bitbucket Data
Center with "Repositories: Read" alone), the person was granted something since the last run, or the repository is
internal to a company of which the host shows us no members (GitHub). It ends by itself, unless it is confirmed again.
"""

from collections.abc import Collection
from datetime import date, timedelta

from integrations.codehost import CodeAccess, Visibility
from models import GrantSource
from sync.plan import Changes
from sync.state import RepositoryValue, State
from sync.wanted import OWN_SOURCES, GrantKey, WantedGrant

LASTS = timedelta(days=8)
REFUSED_LASTS = timedelta(days=1)  # after the host has refused the account's own token
RENEWED_BELOW = timedelta(days=5)  # so that nothing is written each time that nothing has changed


def plan_own_access(
    state: State, *, account_id: str, readable: Collection[str], today: date
) -> Changes[GrantKey, WantedGrant]:
    """How the confirmed grants of one account must change. `readable`: what the host showed to its own token."""
    have = {key: value for key, value in state.grants.items() if _is_own(key, account_id)}
    want = {
        key: have.get(key) or WantedGrant(expires_on=today + LASTS) for key in _confirmed(state, account_id, readable)
    }
    fresh = {key: value for key, value in want.items() if _is_fresh(value, today)}
    renewed = {key: WantedGrant(expires_on=today + LASTS) for key in want.keys() - fresh.keys()}
    return Changes(
        add={key: value for key, value in want.items() if key not in have},
        change={key: value for key, value in renewed.items() if key in have},
        remove={key: value for key, value in have.items() if key not in want},
    )


def _is_own(key: GrantKey, account_id: str) -> bool:
    return key.source in OWN_SOURCES and key.account_id == account_id


def _is_fresh(value: WantedGrant, today: date) -> bool:
    return value.expires_on is not None and value.expires_on - today >= RENEWED_BELOW


def _confirmed(state: State, account_id: str, readable: Collection[str]) -> list[GrantKey]:
    listed = _listed(state, account_id)
    found = []
    for repository_id in readable:
        repository = state.repositories.get(repository_id)
        if repository is not None and repository_id not in listed:
            source = _source(repository)
            if source is not None:
                found.append(GrantKey(repository_id, source, account_id=account_id))
    return found


def _source(repository: RepositoryValue) -> GrantSource | None:
    """None for what everybody reads, or nobody."""
    if repository.code_access == CodeAccess.DISABLED or repository.visibility == Visibility.PUBLIC:
        return None
    return GrantSource.INTERNAL if repository.visibility == Visibility.INTERNAL else GrantSource.CONFIRMED


def _listed(state: State, account_id: str) -> frozenset[str]:
    """What the account reads by what was listed, or everybody by the default permission."""
    teams = {team for team, account in state.memberships if account == account_id}
    return frozenset(
        key.repository_id
        for key in state.grants
        if key.source not in OWN_SOURCES
        and (key.account_id == account_id or (key.team is not None and key.team in teams) or _is_for_all(key))
    )


def _is_for_all(key: GrantKey) -> bool:
    return key.team is None and key.account_id is None
