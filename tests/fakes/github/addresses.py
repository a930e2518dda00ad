"""Paths by number: the same endpoints as those by name, and what links and redirects use."""

from dataclasses import dataclass

from .errors import not_found
from .server_core import Core


@dataclass(frozen=True, slots=True)
class Address:
    """A path as routes know it, the same by numbers, and whether a former name leads elsewhere."""

    path: str
    numbered: str
    is_moved: bool = False


def resolve(core: Core, path: str) -> Address:
    """Names in place of numbers and the other way round. Raises ApiError 404 for unknown numbers."""
    parts = path.removeprefix("/").split("/")
    if parts[0] == "organizations" and len(parts) > 1:
        return _by_organization_number(core, parts)
    if parts[0] == "repositories" and len(parts) > 1:
        repo = core.state.repos.get(_number(parts[1]))
        if repo is None:
            raise not_found()
        named = "/".join(["", "repos", core.state.full_name(repo), *parts[2:]])
        return Address(named, path)
    if parts[0] == "orgs" and len(parts) > 1:
        return Address(path, _numbered_organization(core, path, parts))
    if parts[0] == "repos" and len(parts) > 2:
        return _by_full_name(core, path, parts)
    return Address(path, path)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _by_organization_number(core: Core, parts: list[str]) -> Address:
    home = core.state.organizations.get(_number(parts[1]))
    if home is None:
        raise not_found()
    numbered = "/" + "/".join(parts)
    rest = parts[2:]
    if rest[:1] == ["team"] and len(rest) > 1:
        team = core.state.teams.get(_number(rest[1]))
        if team is None or team.organization_id != home.id:
            raise not_found()
        rest = ["teams", team.slug, *rest[2:]]
    return Address("/".join(["", "orgs", home.login, *rest]), numbered)


def _numbered_organization(core: Core, path: str, parts: list[str]) -> str:
    home = core.state.organization_by(parts[1])
    if home is None:
        return path
    rest = parts[2:]
    team = core.state.team_by(home.id, rest[1]) if rest[:1] == ["teams"] and len(rest) > 1 else None
    if team is not None:
        rest = ["team", str(team.id), *rest[2:]]
    return "/".join(["", "organizations", str(home.id), *rest])


def _by_full_name(core: Core, path: str, parts: list[str]) -> Address:
    full_name = f"{parts[1]}/{parts[2]}"
    repo = core.state.repo_by(full_name)
    moved = core.state.repos.get(core.state.moved_repos.get(full_name.lower(), 0)) if repo is None else None
    found = repo or moved
    if found is None:
        return Address(path, path)
    numbered = "/".join(["", "repositories", str(found.id), *parts[3:]])
    named = "/".join(["", "repos", core.state.full_name(found), *parts[3:]])
    return Address(named, numbered, is_moved=moved is not None)
