"""Who may do what: grants to people and groups on the instance, projects and repositories, below a token's ceiling."""

from dataclasses import dataclass

from .model import (
    EVERYWHERE,
    GLOBAL_PERMISSIONS,
    PROJECT_LEVELS,
    REPOSITORY_LEVELS,
    Level,
    Place,
    Principal,
    Project,
    Repo,
    User,
)
from .state import State

HIGHEST = len(GLOBAL_PERMISSIONS)


def principals(state: State, user: User) -> list[Principal]:
    """The user and every group that the user is in."""
    return [user.principal, *(group.principal for group in state.groups_of(user.id))]


def global_rank(state: State, user: User) -> int:
    """0 for somebody without a licence, else the place in GLOBAL_PERMISSIONS counted from 1."""
    granted = state.granted(EVERYWHERE)
    names = [granted[each] for each in principals(state, user) if each in granted]
    return max((GLOBAL_PERMISSIONS.index(name) + 1 for name in names), default=0)


def rank_of(permission: str) -> int:
    """Raises ValueError for what is no global permission."""
    return GLOBAL_PERMISSIONS.index(permission) + 1


def is_licensed(state: State, user: User) -> bool:
    return user.active and global_rank(state, user) > 0


def _is_global_admin(state: State, user: User) -> bool:
    return global_rank(state, user) >= rank_of("ADMIN")


def _granted_level(state: State, place: Place, user: User, levels: dict[str, Level]) -> Level:
    granted = state.granted(place)
    found = [levels[granted[each]] for each in principals(state, user) if each in granted]
    return max(found, default=Level.NONE)


def project_level(state: State, project: Project, user: User) -> Level:
    """What somebody may do in a project by everything that counts; nothing without a licence."""
    if not is_licensed(state, user):
        return Level.NONE
    if _is_global_admin(state, user) or project.owner_id == user.id:
        return Level.ADMIN
    return max(project.default_level, _granted_level(state, project.place, user, PROJECT_LEVELS))


def repository_level(state: State, repository: Repo, user: User) -> Level:
    """As `project_level`, with the grants on the repository itself. `public` is no level: see `Rights`."""
    inherited = project_level(state, state.project_of(repository), user)
    if not is_licensed(state, user):
        return Level.NONE
    own = _granted_level(state, repository.place, user, REPOSITORY_LEVELS)
    return max(Level.WRITE if inherited == Level.CREATE else inherited, own)


def is_open(state: State, repository: Repo) -> bool:
    """Whether everybody who reaches the server may read."""
    return repository.public or state.project_of(repository).public


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a credential lets its owner do. `place`: and only there, whoever the owner is."""

    project: Level = Level.ADMIN
    repository: Level = Level.ADMIN
    rank: int = HIGHEST
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """What one caller may do: the user's own rights below the ceiling of the credential. `user` None: anonymous."""

    state: State
    user: User | None
    ceiling: Ceiling = Ceiling()
    is_public_access_on: bool = True

    @property
    def rank(self) -> int:
        if self.ceiling.place is not None:
            return self.ceiling.rank
        return 0 if self.user is None else min(global_rank(self.state, self.user), self.ceiling.rank)

    def project(self, project: Project) -> Level:
        if self.ceiling.place is not None:
            return self.ceiling.project if self.ceiling.place == project.place else Level.NONE
        if self.user is None:
            return Level.NONE
        return min(project_level(self.state, project, self.user), self.ceiling.project)

    def repository(self, repository: Repo) -> Level:
        if self.ceiling.place is not None:
            home = self.state.project_of(repository).place
            return self.ceiling.repository if self.ceiling.place in {home, repository.place} else Level.NONE
        if self.user is None:
            return Level.NONE
        return min(repository_level(self.state, repository, self.user), self.ceiling.repository)

    def reads_project(self, project: Project) -> bool:
        return self.project(project) >= Level.READ or (project.public and self._is_let_in)

    def reads(self, repository: Repo) -> bool:
        """May the caller fetch the code? Public repositories are anybody's, other than of somebody without licence."""
        is_open_here = is_open(self.state, repository) and self._is_let_in
        return is_open_here or self.repository(repository) >= Level.READ

    def sees_project(self, project: Project) -> bool:
        """Any permission on any repository inside is enough."""
        if self.reads_project(project):
            return True
        return any(self.reads(each) for each in self.state.repositories_in(project))

    @property
    def _is_let_in(self) -> bool:
        return self.is_public_access_on or self.user is not None
