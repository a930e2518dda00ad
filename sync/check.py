"""Decide what of a plan may be done at once, and which removals wait until somebody has looked. Pure.

Three kinds are counted, each by itself: packages, memberships, grants; see `losses.py` for what counts. More than the
brake allows, or a list that is suddenly empty, holds all removals of that kind. Then the others follow:
- a held repository keeps its package and all its grants; when its (sub)group is gone too, the group's memberships;
- owners and admins stay while their membership of the root is held;
- a team stays while a membership or a grant of it does, and then keeps its grants;
- memberships and grants that end with a team or repository that may go are not counted.

People's decisions come first: what was confirmed goes, what was declined stays; neither is counted. An organization
never loses its last owner who can log in, whatever was confirmed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from integrations.codehost import Standing
from models import PartStatus, TeamKind
from sync.losses import Losses
from sync.plan import Changes, PackageChanges, Plan
from sync.removals import grant_removal, membership_removal, repository_removal, standing_removal
from sync.snapshot import Snapshot
from sync.state import StandingKey, State
from sync.wanted import GrantKey, TeamKey

Key = TypeVar("Key")
Value = TypeVar("Value")

NONE: Changes[Any, Any] = Changes({}, {}, {})
NOTHING = Plan(NONE, NONE, NONE, NONE, NONE, NONE, {}, PackageChanges({}, {}, frozenset()))


@dataclass(frozen=True, slots=True)
class Brake:
    """Removals of one kind wait when they are more than `minimum`, and more than `percent` of what there is."""

    percent: int
    minimum: int

    def holds(self, going: int, *, of: int) -> bool:
        """Whether so many of so many are too many."""
        return going > self.minimum and going * 100 > self.percent * of


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed without asking, and what people have decided. Removals are named as in `removals.py`."""

    access: Brake = field(default=Brake(30, 10))
    packages: Brake = field(default=Brake(10, 5))
    approved: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()
    totals: Mapping[str, int] = field(default_factory=dict)  # how many there were when the open ones were held
    locked_out: frozenset[str] = frozenset()  # accounts of people who may not log in here
    has_other_owner: bool = False  # somebody who can log in owns the organization whatever this synchronization says

    @property
    def decided_or_open(self) -> frozenset[str]:
        """Removals that people have decided about or should."""
        return self.approved | self.declined | self.open


@dataclass(frozen=True, slots=True)
class Checked:
    """A plan that may be applied, and the part of it that may not."""

    plan: Plan
    held: Plan
    reason: str = ""
    totals: Mapping[str, int] = field(default_factory=dict)  # of the kinds that are held, how many there are
    last_owners: frozenset[StandingKey] = frozenset()  # who stays although nobody can decide that they go
    alarm: str = ""  # that in words


@dataclass(frozen=True, slots=True)
class _Stay(Generic[Key]):
    """Removals that are not made: `held` until somebody decides, `kept` because that is decided."""

    held: frozenset[Key] = frozenset()
    kept: frozenset[Key] = frozenset()

    def split(self, changes: Changes[Key, Value]) -> tuple[Changes[Key, Value], Changes[Key, Value]]:
        """What may be done, and what is held."""
        if not self.held and not self.kept:
            return changes, NONE
        go = {key: value for key, value in changes.remove.items() if key not in self.held and key not in self.kept}
        held = {key: value for key, value in changes.remove.items() if key in self.held}
        return Changes(changes.add, changes.change, go), Changes({}, {}, held)


def check_plan(plan: Plan, state: State, snapshot: Snapshot, policy: Policy) -> Checked:
    """Take out of a plan what waits. Additions and changes are never held."""
    if not any((plan.memberships.remove, plan.standing.remove, plan.repositories.remove, plan.grants.remove)):
        return Checked(plan, NOTHING)
    check = _Check(plan, state, snapshot, policy)
    memberships = check.memberships()
    standing = check.standing(memberships)
    last_owners = check.last_owners(standing)
    teams = check.teams(memberships)
    grants = check.grants(teams)
    standing = _Stay(standing.held, standing.kept | last_owners)
    go, held = _split(plan, teams, memberships, standing, check.repositories, grants)
    return Checked(go, held, "; ".join(check.reasons), check.totals, last_owners, _alarm(last_owners, state))


class _Check:
    """One method per kind, in the order in which they depend on each other."""

    def __init__(self, plan: Plan, state: State, snapshot: Snapshot, policy: Policy) -> None:
        self._plan, self._state, self._snapshot, self._policy = plan, state, snapshot, policy
        self._is_partial = bool(policy.open) and _is_partial(snapshot)
        self._is_emptied = _is_emptied(state, snapshot)
        self.reasons: list[str] = []
        self.totals: dict[str, int] = {}
        self.repositories = self._repositories()
        gone = plan.repositories.remove.keys() - self.repositories.held - self.repositories.kept
        self._losses = Losses(plan, state, snapshot, gone=gone, waiting=policy.open)

    def _repositories(self) -> _Stay[str]:
        packages, path = self._state.packages, self._snapshot.root.path
        waiting, kept = self._sort(self._plan.repositories.remove, repository_removal)
        going = sum(len(packages.get(key, ())) for key in waiting)
        total = sum(len(found) for key, found in packages.items() if key not in kept)
        emptiness = f"{path} has no repositories any more" if waiting and not self._snapshot.repositories else ""
        if self._brake("packages", going, total, self._policy.packages, emptiness):
            return _Stay(waiting, kept)
        return _Stay(self._still_waiting(waiting, repository_removal), kept)

    def memberships(self) -> _Stay[tuple[TeamKey, str]]:
        lost = filter(self._losses.is_membership_lost, self._plan.memberships.remove)
        waiting, kept = self._sort(lost, membership_removal)
        total = len(self._state.memberships) - len(kept)
        is_empty = bool(waiting) and self._is_emptied
        emptiness = f"{self._snapshot.root.path} has no members any more" if is_empty else ""
        if self._brake("memberships", len(waiting), total, self._policy.access, emptiness):
            return _Stay(waiting, kept)
        gone = self._vanished_groups(self.repositories.held)
        with_group = frozenset(key for key in waiting if key[0][0] in gone)
        return _Stay(self._still_waiting(waiting, membership_removal) | with_group, kept)

    def standing(self, memberships: _Stay[tuple[TeamKey, str]]) -> _Stay[StandingKey]:
        root = self._snapshot.root.remote_id
        staying = {account for team, account in memberships.held if team[0] == root}
        lost = (key for key in self._plan.standing.remove if not self._losses.is_evident(key[1]))
        waiting, kept = self._sort(lost, standing_removal)
        held = frozenset(key for key in waiting if self._is_emptied or key[1] in staying)
        return _Stay(held | self._vanished_owners(waiting - held), kept)

    def last_owners(self, standing: _Stay[StandingKey]) -> frozenset[StandingKey]:
        """Owners who stay because nobody else who owns the organization could log in."""
        stay, changes = standing.held | standing.kept, self._plan.standing
        going = {key for key in changes.remove if key[0] is TeamKind.OWNERS and key not in stay}
        owners = {key for key in (*self._state.standing, *changes.add) if key[0] is TeamKind.OWNERS}
        if not going or self._policy.has_other_owner or any(self._can_log_in(account) for _, account in owners - going):
            return frozenset()
        return frozenset(key for key in going if self._can_log_in(key[1])) or frozenset(going)

    def teams(self, memberships: _Stay[tuple[TeamKey, str]]) -> _Stay[TeamKey]:
        going, repositories = self._plan.teams.remove, self.repositories
        readers = [(key.team, key.repository_id) for key in self._plan.grants.remove if key.team in going]

        def staying(members: frozenset[tuple[TeamKey, str]], read: frozenset[str]) -> frozenset[TeamKey]:
            teams = {team for team, _ in members} | {team for team, repository in readers if repository in read}
            return frozenset(key for key in going if key in teams)

        held = staying(memberships.held, repositories.held)
        return _Stay(held, staying(memberships.kept, repositories.kept) - held)

    def grants(self, teams: _Stay[TeamKey]) -> _Stay[GrantKey]:
        repositories = self.repositories
        removed = [key for key in self._plan.grants.remove if not self._losses.is_evident(key.account_id)]
        gone, dissolved = self._plan.repositories.remove, self._plan.teams.remove
        held = {key for key in removed if key.repository_id in repositories.held or _of(key, gone, teams.held)}
        kept = {key for key in removed if key.repository_id in repositories.kept or _of(key, gone, teams.kept)}
        own = (key for key in removed if key.repository_id not in gone and key.team not in dissolved)
        waiting, declined = self._sort(filter(self._losses.is_grant_lost, own), grant_removal)
        total = len(self._state.grants) - len(declined)
        if self._brake("permissions", len(waiting), total, self._policy.access):
            held |= waiting
        return _Stay(frozenset(held | self._still_waiting(waiting, grant_removal)), declined | (kept - held))

    def _brake(self, kind: str, going: int, total: int, brake: Brake, emptiness: str = "") -> bool:
        """Whether to hold a kind of removals; notes why. What was added since they wait does not make them fewer."""
        total = min(total, self._policy.totals.get(kind, total))
        if not emptiness and not brake.holds(going, of=total):
            return False
        self.reasons.append(emptiness or f"{going} of {total} {kind} would go")
        self.totals[kind] = total
        return True

    def _sort(self, removed: Iterable[Key], name: Callable[[Key], str]) -> tuple[frozenset[Key], frozenset[Key]]:
        """Those that nobody has decided about, and those that were declined."""
        approved, declined = self._policy.approved, self._policy.declined
        if not approved and not declined:
            return frozenset(removed), frozenset()
        names = {key: name(key) for key in removed}
        kept = frozenset(key for key, known in names.items() if known in declined)
        return frozenset(key for key, known in names.items() if known not in approved) - kept, kept

    def _still_waiting(self, waiting: frozenset[Key], name: Callable[[Key], str]) -> frozenset[Key]:
        """All of them, if some wait already and this snapshot is only half an answer: it can not end their waiting."""
        if self._is_partial and any(name(key) in self._policy.open for key in waiting):
            return waiting
        return frozenset()

    def _vanished_owners(self, waiting: frozenset[StandingKey]) -> frozenset[StandingKey]:
        """Owners who are not listed at all when nobody is listed as one. Without another owner they stay anyway."""
        root = self._snapshot.root_members.items
        is_owned = any(member.role.standing is Standing.OWNER and not member.account.is_bot for member in root)
        if is_owned or self._snapshot.person or not self._policy.has_other_owner:
            return frozenset()
        listed = {member.account.remote_id for member in root}
        vanished = frozenset(key for key in waiting if key[0] is TeamKind.OWNERS and key[1] not in listed)
        if vanished:
            self.reasons.append(f"{self._snapshot.root.path} has no owner any more")
        return vanished

    def _vanished_groups(self, repositories: frozenset[str]) -> set[str | None]:
        known = self._state.repositories
        return {known[key].team_id for key in repositories} - {team.remote_id for team in self._snapshot.teams}

    def _can_log_in(self, account_id: str) -> bool:
        return account_id not in self._policy.locked_out and not self._losses.is_blocked(account_id)


def _of(key: GrantKey, gone: Mapping[str, object], teams: frozenset[TeamKey]) -> bool:
    """Whether a grant is one of these teams', to a repository that stays."""
    return key.team in teams and key.repository_id not in gone


def _is_partial(snapshot: Snapshot) -> bool:
    parts = (*snapshot.team_members.values(), *snapshot.repository_members.values())
    return any(part.status in {PartStatus.UNKNOWN, PartStatus.SKIPPED} for part in parts)


def _is_emptied(state: State, snapshot: Snapshot) -> bool:
    """Whether the root had members, and now has none at all."""
    root = snapshot.root_members
    is_empty = not snapshot.person and root.is_complete and all(member.account.is_bot for member in root.items)
    return is_empty and any(group == snapshot.root.remote_id for (group, _), _ in state.memberships)


def _split(
    plan: Plan,
    teams: _Stay[TeamKey],
    memberships: _Stay[tuple[TeamKey, str]],
    standing: _Stay[StandingKey],
    repositories: _Stay[str],
    grants: _Stay[GrantKey],
) -> tuple[Plan, Plan]:
    go: dict[str, Any] = {}
    held: dict[str, Any] = {}
    go["teams"], held["teams"] = teams.split(plan.teams)
    go["memberships"], held["memberships"] = memberships.split(plan.memberships)
    go["standing"], held["standing"] = standing.split(plan.standing)
    go["repositories"], held["repositories"] = repositories.split(plan.repositories)
    go["grants"], held["grants"] = grants.split(plan.grants)
    go["packages"], held["packages"] = _split_packages(plan.packages, repositories)
    return replace(plan, **go), replace(NOTHING, **held)


def _split_packages(packages: PackageChanges, repositories: _Stay[str]) -> tuple[PackageChanges, PackageChanges]:
    stay = repositories.held | repositories.kept
    go = {key: removed for key, removed in packages.remove.items() if key not in stay}
    held = {key: removed for key, removed in packages.remove.items() if key in repositories.held}
    return replace(packages, remove=go), PackageChanges({}, held, frozenset())


def _alarm(last_owners: frozenset[StandingKey], state: State) -> str:
    if not last_owners:
        return ""
    names = ", ".join(sorted(f"@{state.identities[account].login}" for _, account in last_owners))
    return f"no owner at the host could log in here, so {names} stays owner of this organization"
