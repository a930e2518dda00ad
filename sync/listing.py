"""Read single parts of a remote organization: each complete, or with the reason why it is not."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from integrations.codehost import CodeHost, RemoteGrant, RemoteMember, RemoteRepository, RemoteTeam, RemoteTeamGrant
from integrations.errors import CodeHostError, Forbidden, NotFound, RateLimited, Unauthorized, Unavailable
from models import PartStatus
from sync.manifests import MANIFEST_PATH, convert_manifest, unreadable_manifest
from sync.readers import forget_nonsense
from sync.snapshot import Item, Manifest, Part

FEW = 5  # so many repositories are not divided further when the host only is in trouble

Members = Part[RemoteMember]


def read_members(host: CodeHost, team_id: str) -> Members:
    """The members of a team. Raises Unauthorized and RateLimited."""
    return _read_part(host, lambda: host.directory.list_team_members(team_id))


def read_team_grants(host: CodeHost, organization_id: str, team_id: str) -> Part[RemoteTeamGrant]:
    """The repositories that a team was granted, on a host that lists them so. Raises Unauthorized and RateLimited."""
    assert host.team_grants is not None
    listing = host.team_grants.list_team_grants
    return _read_part(host, lambda: listing(organization_id, team_id))


def read_repository_grants(
    host: CodeHost, organization_id: str, repository_ids: Sequence[str]
) -> dict[str, Part[RemoteGrant]]:
    """What was granted on each of these repositories. Raises Unauthorized and RateLimited.

    Where several are asked about in one call that fails, fewer are: one may be gone, or the answer was too large.
    """
    listing = host.grants.list_repository_grants
    part = _read_part(host, lambda: listing(organization_id, repository_ids))
    if part.is_complete:
        return _by_repository(part.items, repository_ids)
    if host.grants.repositories_at_once > 1 and len(repository_ids) > _fewest(part):
        middle = len(repository_ids) // 2
        first = read_repository_grants(host, organization_id, repository_ids[:middle])
        return first | read_repository_grants(host, organization_id, repository_ids[middle:])
    return dict.fromkeys(repository_ids, part)


def settle(parts: Mapping[str, Part[Item]], listed: Callable[[], Iterable[str]]) -> dict[str, Part[Item]]:
    """A thing that answers 404 is gone only when its parent does not list it any more; else the token can't see it.

    `listed` asks the parent again, and only if something answered so.
    """
    if all(part.status is not PartStatus.GONE for part in parts.values()):
        return dict(parts)
    there = frozenset(listed())

    def settled(key: str, part: Part[Item]) -> Part[Item]:
        if part.status is PartStatus.GONE and key in there:
            return Part(PartStatus.UNKNOWN, reason=f"the host lists it, but answers: {part.reason}")
        return part

    return {key: settled(key, part) for key, part in parts.items()}


def read_manifests(host: CodeHost, repositories: Sequence[RemoteRepository]) -> dict[str, Manifest | None]:
    """What each has as `composer.json`; None when nothing can be said in this run. Raises Unauthorized, RateLimited."""
    empty = {item.remote_id: convert_manifest(None) for item in repositories if item.default_branch is None}
    return {**empty, **_read_files(host, [item.remote_id for item in repositories if item.remote_id not in empty])}


def unlisted_places(teams: Iterable[RemoteTeam], repositories: Iterable[RemoteRepository]) -> dict[str, Members]:
    """Teams that repositories are in although the list of teams lacks them: so much is not known about them."""
    known = {team.remote_id for team in teams}
    return {
        item.team_id: Part(PartStatus.UNKNOWN, reason=f"{item.path} is in this group, but the list of groups lacks it")
        for item in repositories
        if item.team_id is not None and item.team_id not in known
    }


def _read_part(host: CodeHost, listing: Callable[[], Iterable[Item]]) -> Part[Item]:
    try:
        return Part(PartStatus.COMPLETE, tuple(listing()))
    except (Unauthorized, RateLimited):
        raise
    except NotFound as error:
        return Part(PartStatus.GONE, reason=str(error))  # as far as this answer goes: see `settle`
    except Unavailable as error:
        return Part(PartStatus.UNKNOWN, reason=str(error), is_passing=True)
    except Forbidden as error:
        return Part(PartStatus.UNKNOWN, reason=str(error), is_forbidden=True)
    except CodeHostError as error:
        forget_nonsense(host, error)
        return Part(PartStatus.UNKNOWN, reason=str(error))


def _fewest(part: Part[RemoteGrant]) -> int:
    return FEW if part.is_passing else 1


def _by_repository(grants: Iterable[RemoteGrant], repository_ids: Sequence[str]) -> dict[str, Part[RemoteGrant]]:
    found: dict[str, list[RemoteGrant]] = {key: [] for key in repository_ids}
    for grant in grants:
        if grant.repository_id in found:
            found[grant.repository_id].append(grant)
    return {key: Part(PartStatus.COMPLETE, tuple(each)) for key, each in found.items()}


def _read_files(host: CodeHost, repository_ids: Sequence[str]) -> dict[str, Manifest | None]:
    if not repository_ids:
        return {}
    try:
        files = host.source.read_head_files(repository_ids, MANIFEST_PATH)
    except (Unauthorized, RateLimited):
        raise
    except CodeHostError as error:
        forget_nonsense(host, error)
        if len(repository_ids) > 1:
            middle = len(repository_ids) // 2
            return _read_files(host, repository_ids[:middle]) | _read_files(host, repository_ids[middle:])
        return {repository_ids[0]: unreadable_manifest(str(error)) if isinstance(error, Forbidden) else None}
    return {key: convert_manifest(files[key]) for key in repository_ids}
