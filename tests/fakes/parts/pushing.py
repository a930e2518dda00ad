"""Methods of a fake that change code as a push would: commits, tags, branches, and the hooks that follow."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

from .git_http import Change
from .git_objects import Files
from .repository import Repository

PlaceT = TypeVar("PlaceT")  # what has a repository: a project, a repository of the host
UserT = TypeVar("UserT")


class Pushing(ABC, Generic[PlaceT, UserT]):
    """Each method is one push; the host decides who pushes unless somebody is named."""

    @abstractmethod
    def repository(self, project: PlaceT) -> Repository:
        """The code."""

    @abstractmethod
    def pushed(self, project: PlaceT, user: UserT | None, changes: list[Change]) -> None:
        """Tell the hooks."""

    def commit(
        self,
        project: PlaceT,
        files: Files,
        *,
        message: str = "Change",
        branch: str | None = None,
        at: datetime | None = None,
        removed: tuple[str, ...] = (),
        user: UserT | None = None,
    ) -> str:
        """Add a commit on a branch (default: the default one; a new one starts there) and push it. Returns its id."""
        repository = self.repository(project)
        name = branch or repository.default_branch
        made = repository.commit(files, branch=name, message=message, at=at, removed=removed)
        self.push(project, {f"refs/heads/{name}": made}, user=user)
        return made

    def tag(
        self,
        project: PlaceT,
        name: str,
        *,
        target: str | None = None,
        message: str | None = None,
        user: UserT | None = None,
    ) -> str:
        """Create or move a tag; annotated when it has a message. `target`: a ref or commit, else the default branch.

        Returns the id that the tag points to. Raises KeyError for an unknown target.
        """
        repository = self.repository(project)
        commit = repository.resolve(target or "HEAD")
        if commit is None:
            raise KeyError(target or "HEAD")
        made = commit if message is None else repository.annotated_tag(name, commit, message)
        self.push(project, {f"refs/tags/{name}": made}, user=user)
        return made

    def delete_tag(self, project: PlaceT, name: str) -> None:
        self.push(project, {f"refs/tags/{name}": None})

    def delete_branch(self, project: PlaceT, name: str) -> None:
        self.push(project, {f"refs/heads/{name}": None})

    def push(self, project: PlaceT, refs: Mapping[str, str | None], *, user: UserT | None = None) -> None:
        """Set several refs in one push (None deletes). The host may fire no hook for very many."""
        repository = self.repository(project)
        made = [repository.set_ref(name, target) for name, target in refs.items()]
        self.pushed(project, user, [each for each in made if each[1] != each[2]])
