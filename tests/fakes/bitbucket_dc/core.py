"""What every part of the fake server shares: state, clock, address, version and switches."""

from dataclasses import dataclass

from tests.fakes.parts.core import BaseCore
from tests.fakes.parts.repository import Repository

from .buckets import Buckets
from .model import Repo
from .state import State

Version = tuple[int, ...]


@dataclass(slots=True)
class Core(BaseCore[State]):
    """One running instance. What a version has is decided by numbers, never by text."""

    version: str = "9.4.3"
    page_limit: int = 1000
    allows_public_access: bool = True
    allows_basic: bool = True
    falls_back_to_anonymous: bool = False
    requires_https: bool = False
    offers_http: bool = True
    offers_ssh: bool = True
    names_users_in_clone_urls: bool = False
    captcha_after: int = 5
    longest_token_days: int | None = None
    buckets: Buckets | None = None

    @property
    def version_number(self) -> Version:
        return tuple(int(part) for part in self.version.split("."))

    def is_since(self, *number: int) -> bool:
        """Whether this version is that one or a later one."""
        return self.version_number >= number

    @property
    def build_number(self) -> str:
        major, minor, patch = (*self.version_number, 0, 0)[:3]
        return f"{major}{minor:03}{patch:03}"

    @property
    def has_oauth2(self) -> bool:
        return self.is_since(7, 21)

    @property
    def has_archiving(self) -> bool:
        return self.is_since(8, 0)

    @property
    def has_project_hooks(self) -> bool:
        return self.is_since(8, 8)

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/rest/api/latest"

    def git(self, repository: Repo) -> Repository:
        return self.state.repositories[repository.id]
