"""Pushes into a repository."""

from tests.fakes.parts.git_http import Change
from tests.fakes.parts.pushing import Pushing
from tests.fakes.parts.repository import Repository

from . import hook_events
from .model import Repo, User
from .server_core import Core


class RepoPushing(Pushing[Repo, User]):
    """Needs a `core`. An owner pushes unless somebody is named; more than three tags at once are told to nobody."""

    core: Core

    def repository(self, project: Repo) -> Repository:
        return self.core.repository(project)

    def pushed(self, project: Repo, user: User | None, changes: list[Change]) -> None:
        with self.core.state.lock:
            who = user or hook_events.sender_in(self.core, project.owner_id)
            hook_events.refs_changed(self.core, project, who, changes)

    def release(self, repo: Repo, tag: str, *, action: str = "published") -> None:
        """Make a release of an existing tag: nothing but the hook. Raises KeyError for a tag that is not there."""
        hook_events.release_made(self.core, repo, tag, action)
