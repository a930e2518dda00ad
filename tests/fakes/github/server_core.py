"""What every part of the fake GitHub shares, and how the products differ."""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from tests.fakes.parts.core import BaseCore
from tests.fakes.parts.repository import Repository

from .model import Repo
from .state import State

HOUR = 3600
DEFAULT_API_VERSION = "2022-11-28"
NEXT_API_VERSION = "2026-03-10"
CLOUD = (999, 0)
SINCE_ORGANIZATION_ROLES = (3, 13)


@dataclass(slots=True)
class Core(BaseCore[State]):
    """One running instance. `version` is that of an Enterprise Server, None github.com (or ghe.com)."""

    version: str | None = None
    tenant: str = ""  # of ghe.com
    block_local_hooks: bool = False
    lists_suspended: bool = True
    tells_inherited_members: bool = False
    checks_pkce: bool = True
    hook_limit: int = 20
    failing_fields: dict[str, str] = field(default_factory=dict)  # of GraphQL, with the kind of the error
    partial_paths: list[str] = field(default_factory=list)  # expressions of paths whose lists SAML cuts

    @property
    def is_server(self) -> bool:
        return self.version is not None

    @property
    def release(self) -> tuple[int, int]:
        """The version to compare with; the cloud is newer than everything."""
        if self.version is None:
            return CLOUD
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def has_organization_roles(self) -> bool:
        return self.release >= SINCE_ORGANIZATION_ROLES

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/v3"

    @property
    def graphql_url(self) -> str:
        return f"{self.base_url}/api/graphql"

    @property
    def api_versions(self) -> tuple[str, ...]:
        return (DEFAULT_API_VERSION, NEXT_API_VERSION) if self.release >= (3, 21) else (DEFAULT_API_VERSION,)

    def repository(self, repo: Repo) -> Repository:
        return self.state.repositories[repo.id]


PREFIXES = {"User": "U", "Organization": "O", "Repository": "R", "Team": "T", "Ref": "REF", "App": "A"}


@lru_cache(maxsize=1 << 17)
def node_id(kind: str, key: int | str) -> str:
    """The global id of an object: opaque, and nothing that a client could work out."""
    return f"{PREFIXES[kind]}_kgDO{sha256(f'{kind}:{key}'.encode()).hexdigest()[:12]}"
