"""A code host in memory, for tests of reading it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from integrations.codehost import (
    CodeHost,
    GitCredential,
    RemoteGrant,
    RemoteMember,
    RemoteMemberGrant,
    RemoteOrganization,
    RemoteRepository,
    RemoteTeam,
    RemoteTeamGrant,
    Viewer,
)
from integrations.errors import (
    CodeHostError,
)
from integrations.request_count import RequestCount
from sync.read import read_snapshot
from sync.snapshot import Snapshot
from tests.unit.sync.remote import OWNER, ROOT, account, member, team


@dataclass
class Host:
    """A code host in memory; whatever is an exception is raised where it would be read."""

    teams: list[list[RemoteTeam] | CodeHostError] = field(default_factory=lambda: [[team("1")]])
    members: dict[str, list[RemoteMember] | CodeHostError] = field(default_factory=dict)
    repositories: list[list[RemoteRepository] | CodeHostError] = field(default_factory=lambda: [[]])
    repository_members: dict[str, list[RemoteMember] | CodeHostError] = field(default_factory=dict)
    files: dict[str, bytes | CodeHostError] = field(default_factory=dict)
    repository_teams: dict[str, list[RemoteTeamGrant]] = field(default_factory=dict)
    team_grants: dict[str, list[RemoteTeamGrant] | CodeHostError] = field(default_factory=dict)
    viewer_login: str = "ann"
    is_administrator: bool = False
    repositories_at_once: int = 1
    files_at_once: int = 1
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def viewer(self) -> Viewer:
        return Viewer(account(self.viewer_login), is_administrator=self.is_administrator)

    def list_administered_organizations(self, *, nested: bool) -> Iterator[RemoteOrganization]:
        raise AssertionError(nested)

    def read_organization(self, organization_id: str) -> RemoteOrganization:
        assert organization_id == ROOT.remote_id
        return ROOT

    def list_teams(self, organization_id: str) -> Iterator[RemoteTeam]:
        yield from _answer(self.teams.pop(0) if len(self.teams) > 1 else self.teams[0])

    def list_team_members(self, team_id: str) -> Iterator[RemoteMember]:
        yield from _answer(self.members.get(team_id, [member("ann", OWNER)]))

    def list_repositories(self, organization_id: str) -> Iterator[RemoteRepository]:
        yield from _answer(self.repositories.pop(0) if len(self.repositories) > 1 else self.repositories[0])

    def list_repository_grants(self, organization_id: str, repository_ids: Sequence[str]) -> Iterator[RemoteGrant]:
        assert organization_id == ROOT.remote_id
        self.asked.append(tuple(repository_ids))
        for repository_id in repository_ids:
            for one in _answer(self.repository_members.get(repository_id, [])):
                yield RemoteMemberGrant(repository_id, one)
            yield from self.repository_teams.get(repository_id, [])

    def list_readable_repositories(self, organization_id: str) -> Iterator[str]:
        raise AssertionError(organization_id)

    def list_team_grants(self, organization_id: str, team_id: str) -> Iterator[RemoteTeamGrant]:
        assert organization_id == ROOT.remote_id
        yield from _answer(self.team_grants.get(team_id, []))

    def read_file(self, repository_id: str, path: str, *, ref: str) -> bytes | None:
        assert (path, ref) == ("composer.json", "HEAD")
        content = self.files.get(repository_id)
        if isinstance(content, CodeHostError):
            raise content
        return content

    def read_head_files(self, repository_ids: Sequence[str], path: str) -> Mapping[str, bytes | None]:
        return {key: self.read_file(key, path, ref="HEAD") for key in repository_ids}

    def read_repository(self, repository_id: str) -> RemoteRepository:
        raise AssertionError(repository_id)

    def git_credential(self) -> GitCredential:
        raise AssertionError


class NoParser:
    def verify(self, *_arguments: object, **_more: object) -> None:
        raise AssertionError

    def parse(self, *_arguments: object) -> None:
        raise AssertionError


Item = TypeVar("Item")


def _answer(answer: list[Item] | CodeHostError) -> list[Item]:
    if isinstance(answer, CodeHostError):
        raise answer
    return answer


def open_host(
    host: Host, *, by_team: bool = False, by_repository: bool = False, has_own_access: bool = False
) -> CodeHost:
    return CodeHost(
        host,
        host,
        host,
        None,
        NoParser(),  # type: ignore[arg-type]
        RequestCount(),
        team_grants=host if by_team else None,
        has_repository_teams=by_repository,
        own_access=host if has_own_access else None,
    )


def read(
    host: Host,
    *,
    needs_manifest: Callable[[RemoteRepository], bool] = lambda _repository: True,
    by_team: bool = False,
    by_repository: bool = False,
) -> Snapshot:
    code_host = open_host(host, by_team=by_team, by_repository=by_repository)
    return read_snapshot(code_host, root_id="1", needs_manifest=needs_manifest, progress=lambda *, done, total: None)
