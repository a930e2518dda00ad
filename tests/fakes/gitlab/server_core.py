"""What every part of the fake GitLab shares."""

from dataclasses import dataclass

from tests.fakes.parts.core import BaseCore
from tests.fakes.parts.repository import Repository

from .model import Project
from .state import State


@dataclass(slots=True)
class Core(BaseCore[State]):
    """One running instance: which GitLab it is."""

    version: str = "18.5.0-ee"
    premium: bool = True
    block_local_hooks: bool = False
    auto_disable_hooks: bool = False

    @property
    def version_number(self) -> tuple[int, int]:
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def is_enterprise(self) -> bool:
        return self.version.endswith("-ee")

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/v4"

    def repository(self, project: Project) -> Repository:
        return self.state.repositories[project.id]
