"""Methods of the fake that change code as a push would: commits, tags, branches, and the hooks that follow."""

from collections.abc import Mapping
from datetime import datetime

from . import hook_events
from .git_objects import Files
from .model import Project, User
from .repository import Repository
from .server_core import Core


class Pushing:
    """Needs a `core`. Each method is one push; the first user pushes unless somebody is named."""

    core: Core

    def repository(self, project: Project) -> Repository:
        return self.core.repository(project)

    def commit(
        self,
        project: Project,
        files: Files,
        *,
        message: str = "Change",
        branch: str | None = None,
        at: datetime | None = None,
        removed: tuple[str, ...] = (),
        user: User | None = None,
    ) -> str:
        """Add a commit on a branch (default: the default one; a new one starts there) and push it. Returns its id."""
        repository = self.repository(project)
        name = branch or repository.default_branch
        made = repository.commit(files, branch=name, message=message, at=at, removed=removed)
        self.push(project, {f"refs/heads/{name}": made}, user=user)
        return made

    def tag(
        self,
        project: Project,
        name: str,
        *,
        target: str | None = None,
        message: str | None = None,
        user: User | None = None,
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

    def release(self, project: Project, tag: str) -> None:
        """Make a release of an existing tag: nothing but the hook. Raises KeyError for a tag that is not there."""
        hook_events.release_made(self.core, project, tag)

    def delete_tag(self, project: Project, name: str) -> None:
        self.push(project, {f"refs/tags/{name}": None})

    def delete_branch(self, project: Project, name: str) -> None:
        self.push(project, {f"refs/heads/{name}": None})

    def push(self, project: Project, refs: Mapping[str, str | None], *, user: User | None = None) -> None:
        """Set several refs in one push (None deletes). More than three changes fire no hook."""
        repository = self.repository(project)
        made = [repository.set_ref(name, target) for name, target in refs.items()]
        with self.core.state.lock:
            who = user or next(iter(self.core.state.users.values()))
            hook_events.refs_changed(self.core, project, who, [each for each in made if each[1] != each[2]])
