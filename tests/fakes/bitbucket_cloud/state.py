"""Everything the fake server remembers, and the lookups over it."""

import threading
import uuid
from hashlib import sha256

from tests.fakes.parts.browser import BrowserSession
from tests.fakes.parts.repository import Repository

from .model import (
    Account,
    AuthorizationCode,
    Consumer,
    Group,
    Holder,
    Hook,
    Project,
    RefreshToken,
    Repo,
    Role,
    Token,
    Workspace,
)

IDS = uuid.UUID("8d5ff1a0-3c62-4f3b-9a55-51b2a1c6e001")


def digest(secret: str) -> str:
    """How tokens are kept."""
    return sha256(secret.encode()).hexdigest()


class State:
    """Tables keyed by uuid. Hold `lock` while reading or writing more than one thing."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.workspaces: dict[str, Workspace] = {}
        self.members: dict[str, dict[str, Role]] = {}
        self.groups: dict[str, dict[str, Group]] = {}
        self.projects: dict[str, Project] = {}
        self.repos: dict[str, Repo] = {}
        self.repositories: dict[int, Repository] = {}
        self.grants: dict[str, dict[Holder, str]] = {}
        self.hooks: dict[str, Hook] = {}
        self.consumers: dict[str, Consumer] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.tokens: dict[str, Token] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.sessions: dict[str, BrowserSession] = {}
        self.version = 0
        self._made = 0
        self._numbers: dict[str, int] = {}

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, kept: dict[str, object]) -> None:
        vars(self).update(kept)
        self.lock = threading.RLock()

    def touch(self) -> None:
        """Say that somebody's rights may have changed."""
        self.version += 1

    def next_uuid(self) -> str:
        """In braces; the same world gets the same ones."""
        self._made += 1
        return f"{{{uuid.uuid5(IDS, str(self._made))}}}"

    def next_number(self, table: str) -> int:
        self._numbers[table] = self._numbers.get(table, 0) + 1
        return self._numbers[table]

    def workspace_by(self, key: str) -> Workspace | None:
        """By slug or by uuid in braces, as the API takes it."""
        if key.startswith("{"):
            return self.workspaces.get(key.lower())
        return next((each for each in self.workspaces.values() if each.slug == key.lower()), None)

    def repo_by(self, workspace: Workspace, key: str) -> Repo | None:
        rows = self.repos_of(workspace.uuid)
        wanted = key.lower()
        return next((each for each in rows if wanted in (each.uuid, each.slug)), None)

    def repo_by_path(self, path: str) -> Repo | None:
        """By `workspace/repository`, both as slug or uuid."""
        home, _, name = path.partition("/")
        workspace = self.workspace_by(home)
        return None if workspace is None else self.repo_by(workspace, name)

    def repos_of(self, workspace: str) -> list[Repo]:
        return [each for each in self.repos.values() if each.workspace == workspace]

    def places_of(self, workspace: str) -> list[Project | Repo]:
        """Everything in a workspace where grants can be."""
        places: list[Project | Repo] = [*self.projects.values(), *self.repos.values()]
        return [each for each in places if each.workspace == workspace]

    def project_by(self, workspace: Workspace, key: str) -> Project | None:
        rows = (each for each in self.projects.values() if each.workspace == workspace.uuid)
        return next((each for each in rows if key.upper() == each.key or key.lower() == each.uuid), None)

    def group_by(self, workspace: Workspace, slug: str) -> Group | None:
        return self.groups.get(workspace.uuid, {}).get(slug)

    def account_by(self, key: str) -> Account | None:
        """By uuid, account id, user name or primary address."""
        rows = self.accounts.values() if key else ()
        return next(
            (each for each in rows if key in (each.uuid, each.account_id, each.username, each.primary_email)), None
        )

    def full_name(self, repo: Repo) -> str:
        return f"{self.workspaces[repo.workspace].slug}/{repo.slug}"

    def role_in(self, workspace: str, account: str) -> Role | None:
        return self.members.get(workspace, {}).get(account)

    def grants_at(self, place: str) -> dict[Holder, str]:
        """Explicit grants on a repository or project, in the order in which they were made."""
        return self.grants.get(place, {})

    def hooks_of(self, subject: str) -> list[Hook]:
        return [each for each in self.hooks.values() if each.subject == subject]
