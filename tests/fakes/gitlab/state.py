"""Everything the fake server remembers, and the lookups over it."""

import threading
from collections.abc import Iterator
from hashlib import sha256

from tests.fakes.parts.browser import BrowserSession
from tests.fakes.parts.repository import Repository

from .model import (
    AccessToken,
    Application,
    AuthorizationCode,
    DeployToken,
    Group,
    Hook,
    Membership,
    OAuthToken,
    Project,
    Share,
    Source,
    User,
)


def digest(secret: str) -> str:
    """How secrets are kept."""
    return sha256(secret.encode()).hexdigest()


class State:
    """Tables with integer keys. Hold `lock` while reading or writing more than one thing."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.users: dict[int, User] = {}
        self.groups: dict[int, Group] = {}
        self.projects: dict[int, Project] = {}
        self.repositories: dict[int, Repository] = {}
        self.memberships: dict[tuple[Source, int], Membership] = {}
        self.shares: dict[tuple[Source, int], Share] = {}
        self.hooks: dict[int, Hook] = {}
        self.applications: dict[int, Application] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.oauth_tokens: list[OAuthToken] = []
        self.access_tokens: dict[str, AccessToken] = {}
        self.deploy_tokens: dict[str, DeployToken] = {}
        self.sessions: dict[str, BrowserSession] = {}
        self.moved_projects: dict[str, int] = {}
        self.oauth_by_access: dict[str, OAuthToken] = {}
        self.oauth_by_refresh: dict[str, OAuthToken] = {}
        self.members_of: dict[Source, dict[int, Membership]] = {}
        self.shares_of: dict[Source, dict[int, Share]] = {}
        self._last_ids: dict[str, int] = {}

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, kept: dict[str, object]) -> None:
        vars(self).update(kept)
        self.lock = threading.RLock()

    def next_id(self, table: str) -> int:
        self._last_ids[table] = self._last_ids.get(table, 0) + 1
        return self._last_ids[table]

    def put_membership(self, membership: Membership) -> None:
        self.memberships[membership.source, membership.user_id] = membership
        self.members_of.setdefault(membership.source, {})[membership.user_id] = membership

    def drop_membership(self, source: Source, user_id: int) -> Membership:
        del self.members_of[source][user_id]
        return self.memberships.pop((source, user_id))

    def put_share(self, share: Share) -> None:
        self.shares[share.source, share.group_id] = share
        self.shares_of.setdefault(share.source, {})[share.group_id] = share

    def drop_share(self, source: Source, group_id: int) -> None:
        del self.shares_of[source][group_id]
        del self.shares[source, group_id]

    def put_oauth_token(self, token: OAuthToken) -> None:
        self.oauth_tokens.append(token)
        self.oauth_by_access[token.access_digest] = token
        self.oauth_by_refresh[token.refresh_digest] = token

    def ancestry(self, group_id: int) -> list[Group]:
        """The group itself first, its top-level group last."""
        chain = [self.groups[group_id]]
        while (parent_id := chain[-1].parent_id) is not None:
            chain.append(self.groups[parent_id])
        return chain

    def subgroups(self, group_id: int) -> list[Group]:
        return [group for group in self.groups.values() if group.parent_id == group_id]

    def descendants(self, group_id: int) -> list[Group]:
        """All groups below, not the group itself."""
        return [group for group in self.groups.values() if group.id != group_id and self.is_below(group, group_id)]

    def is_below(self, group: Group, ancestor_id: int) -> bool:
        return any(each.id == ancestor_id for each in self.ancestry(group.id))

    def full_path(self, group: Group) -> str:
        return "/".join(each.path for each in reversed(self.ancestry(group.id)))

    def full_name(self, group: Group) -> str:
        return " / ".join(each.name for each in reversed(self.ancestry(group.id)))

    def project_path(self, project: Project) -> str:
        return f"{self.full_path(self.groups[project.group_id])}/{project.path}"

    def sources(self, source: Source) -> list[Source]:
        """The source itself and every group above it."""
        if source.kind == "group":
            return [group.source for group in self.ancestry(source.id)]
        return [source, *(group.source for group in self.ancestry(self.projects[source.id].group_id))]

    def group_by(self, key: str) -> Group | None:
        """By number or full path, as the API takes it."""
        if key.isdigit():
            return self.groups.get(int(key))
        wanted = key.lower()
        return next((group for group in self.groups.values() if self.full_path(group).lower() == wanted), None)

    def project_by(self, key: str) -> Project | None:
        if key.isdigit():
            return self.projects.get(int(key))
        wanted = key.lower()
        return next((each for each in self.projects.values() if self.project_path(each).lower() == wanted), None)

    def user_by(self, username: str) -> User | None:
        return next((user for user in self.users.values() if user.username == username), None)

    def application_by(self, uid: str) -> Application | None:
        return next((each for each in self.applications.values() if each.uid == uid), None)

    def hooks_of(self, kind: str, parent_id: int) -> Iterator[Hook]:
        return (hook for hook in self.hooks.values() if hook.kind == kind and hook.parent_id == parent_id)
