"""Which removals of a plan are losses, the only ones that the brakes count. Pure.

No loss, because the host says it in so many words:
- somebody who is blocked there, or whose own place was just asked for (`Snapshot.person`);
- a membership that the host still lists, but as expired, awaiting approval, or of a bot;
- a change of role: the person keeps a role in the same (sub)group that reads code, or had one that read none;
- a grant whose subject keeps another one to the same repository, or who is still listed there with a role that reads
  code (it expired, or the group gives the same).

What only disappeared from a list is a loss, and so is a role that reads code no more.
"""

from collections.abc import Container
from functools import cached_property

from integrations.codehost import RemoteMember
from models import GrantSource
from sync.plan import Plan
from sync.removals import membership_removal
from sync.snapshot import Part, Snapshot
from sync.state import State
from sync.wanted import GrantKey, TeamKey


class Losses:
    """Judges single removals of one plan."""

    def __init__(
        self, plan: Plan, state: State, snapshot: Snapshot, *, gone: Container[str], waiting: Container[str]
    ) -> None:
        """`gone` are repositories that may go, `waiting` names of removals that are held already."""
        self._plan, self._state, self._snapshot = plan, state, snapshot
        self._gone, self._waiting = gone, waiting
        self._listed: dict[str, dict[str, list[RemoteMember]]] = {}

    def is_evident(self, account_id: str | None) -> bool:
        """Whether the host says about this very person that they may not be there."""
        return account_id is not None and (self._snapshot.person == account_id or self.is_blocked(account_id))

    def is_blocked(self, account_id: str) -> bool:
        """Whether the account is blocked at the host after this plan."""
        changes = self._plan.identities
        identity = (
            changes.change.get(account_id) or changes.add.get(account_id) or self._state.identities.get(account_id)
        )
        return identity is not None and identity.is_blocked

    def is_membership_lost(self, key: tuple[TeamKey, str]) -> bool:
        """Whether a removed membership is a loss."""
        (group, role), account = key
        if self.is_evident(account):
            return False
        listed = self._members(group).get(account, [])
        return not any(member.role.key == role or self._replaces(key, member) for member in listed)

    def is_grant_lost(self, key: GrantKey) -> bool:
        """Whether a removed grant is a loss. Those that end with their repository or team are not asked about here."""
        if self.is_evident(key.account_id) or self._has_another(key):
            return False
        if key.account_id is None:
            return True
        part = self._snapshot.repository_members.get(key.repository_id)
        return not any(
            member.role.reads_code
            for member in (part.items if part else ())
            if member.account.remote_id == key.account_id
        )

    def _replaces(self, removed: tuple[TeamKey, str], member: RemoteMember) -> bool:
        (group, _), account = removed
        fresh = (group, member.role.key), account
        changes = self._plan.memberships
        is_there = fresh in changes.add or (fresh in self._state.memberships and fresh not in changes.remove)
        return is_there and (member.role.reads_code or self._read_nothing(removed))

    def _read_nothing(self, removed: tuple[TeamKey, str]) -> bool:
        """A team that reads nothing any more may have read something when this was held."""
        return removed[0] not in self._reading_teams and membership_removal(removed) not in self._waiting

    def _has_another(self, key: GrantKey) -> bool:
        changes = self._plan.grants
        others = (GrantKey(key.repository_id, source, key.team, key.account_id) for source in GrantSource)
        return any(
            other in changes.add or (other in self._state.grants and other not in changes.remove) for other in others
        )

    def _members(self, group: str) -> dict[str, list[RemoteMember]]:
        if group not in self._listed:
            self._listed[group] = _by_account(self._snapshot.team_members.get(group))
        return self._listed[group]

    @cached_property
    def _reading_teams(self) -> frozenset[TeamKey]:
        grants = self._state.grants
        return frozenset(key.team for key in grants if key.team is not None and key.repository_id not in self._gone)


def _by_account(part: Part[RemoteMember] | None) -> dict[str, list[RemoteMember]]:
    found: dict[str, list[RemoteMember]] = {}
    for member in part.items if part else ():
        found.setdefault(member.account.remote_id, []).append(member)
    return found
