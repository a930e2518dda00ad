"""Pushes into a project."""

from tests.fakes.parts.git_http import Change
from tests.fakes.parts.pushing import Pushing
from tests.fakes.parts.repository import Repository

from . import hook_events
from .model import Project, User
from .server_core import Core


class ProjectPushing(Pushing[Project, User]):
    """Needs a `core`. The first user pushes unless somebody is named; more than three changes fire no hook."""

    core: Core

    def repository(self, project: Project) -> Repository:
        return self.core.repository(project)

    def pushed(self, project: Project, user: User | None, changes: list[Change]) -> None:
        with self.core.state.lock:
            who = user or next(iter(self.core.state.users.values()))
            hook_events.refs_changed(self.core, project, who, changes)

    def release(self, project: Project, tag: str) -> None:
        """Make a release of an existing tag: nothing but the hook. Raises KeyError for a tag that is not there."""
        hook_events.release_made(self.core, project, tag)
