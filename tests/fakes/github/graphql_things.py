"""GraphQL's repositories, who has a role in them, and what is in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.parts.git_objects import GitObject
from tests.fakes.parts.repository import Repository

from .graphql_executor import Ask, Edge, Field, FieldError, Node
from .graphql_people import PERMISSIONS, shown_people
from .model import Organization, Repo, User, rank
from .rendering import stamp
from .rights import Access, collaborators, grants
from .server_core import node_id

LONGEST_TEXT = 512_000
NARROW = ("NONE", "READ", "READ", "WRITE", "WRITE", "ADMIN")
KINDS = {"blob": "Blob", "tree": "Tree", "commit": "Commit", "tag": "Tag"}


def find_repo(ask: Ask, repo: Repo) -> Repo:
    """Raises FieldError where SAML stands in between."""
    home = ask.core.state.organization_of(repo)
    if home is not None and repo.visibility != "public" and ask.caller.blocked_by_saml(home):
        raise FieldError("FORBIDDEN", "Resource protected by organization SAML enforcement.", saml_failure=True)
    return repo


def _collaborators(ask: Ask, repo: Repo) -> list[Edge]:
    """Raises FieldError for callers who may not push."""
    if not ask.caller.is_installation and ask.caller.rank_in(repo) < rank("push"):
        raise FieldError("FORBIDDEN", "You do not have permission to view repository collaborators.")
    state, wanted = ask.core.state, ask.get("affiliation", "ALL")
    found = {
        user.id: given
        for user, given in collaborators(state, repo, wanted.lower())
        if given.rank and ask.get("login", user.login).lower() == user.login.lower()
    }
    return [Edge(Node("User", user), _Says(ask, repo, user, found[user.id])) for user in shown_people(ask, found)]


@dataclass(frozen=True, slots=True)
class _Says(Mapping[str, object]):
    """What a row says about a collaborator, made when it is asked for: lists are long, and pages are short."""

    ask: Ask
    repo: Repo
    user: User
    given: Access

    def __getitem__(self, name: str) -> object:
        if name == "permission":
            return PERMISSIONS[self.given.rank]
        if name == "permissionSources":
            found = grants(self.ask.core.state, self.repo, self.user)
            return [Node("PermissionSource", (self.repo, each)) for each in found if each.rank]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(("permission", "permissionSources"))

    def __len__(self) -> int:
        return 2


def _source(ask: Ask, value: tuple[Repo, Access]) -> Node:
    repo, given = value
    state = ask.core.state
    if given.source == "Team":
        return Node("Team", state.teams[given.source_id])
    if given.source == "Organization":
        return Node("Organization", state.organizations[repo.owner_id])
    return Node("Repository", repo)


PERMISSION_SOURCE: dict[str, Field] = {
    "permission": Field(lambda ask, value: NARROW[value[1].rank]),
    "roleName": Field(lambda ask, value: value[1].name),
    "source": Field(_source, "PermissionGranter"),
    "organization": Field(
        lambda ask, value: Node("Organization", ask.core.state.organizations[value[0].owner_id]), "Organization"
    ),
}


def _object(ask: Ask, repo: Repo) -> Node | None:
    """What an expression such as `HEAD:composer.json` leads to; None when that is nowhere."""
    repository = ask.core.repository(repo)
    ref, colon, path = str(ask.get("expression", "HEAD")).partition(":")
    commit = None if repository.is_empty else repository.resolve(ref)
    if commit is None:
        return None
    if not colon:
        return _thing(repository, commit)
    found = repository.find_blob(commit, path)
    return None if found is None else _thing(repository, found.id)


def _thing(repository: Repository, object_id: str) -> Node:
    found = repository.read(object_id)
    return Node(KINDS[found.kind], found)


def _text(ask: Ask, each: GitObject) -> str | None:
    """None for bytes that are no text; the beginning of a long one."""
    return None if _is_binary(each) else each.body[:LONGEST_TEXT].decode("utf-8", "replace")


def _is_binary(each: GitObject) -> bool:
    return b"\0" in each.body[:8000]


GIT_OBJECT: dict[str, Field] = {
    "id": Field(lambda ask, each: node_id("Ref", each.id)),
    "oid": Field(lambda ask, each: each.id),
    "abbreviatedOid": Field(lambda ask, each: each.id[:7]),
}
BLOB: dict[str, Field] = GIT_OBJECT | {
    "byteSize": Field(lambda ask, each: len(each.body)),
    "isBinary": Field(lambda ask, each: _is_binary(each)),
    "isTruncated": Field(lambda ask, each: len(each.body) > LONGEST_TEXT),
    "text": Field(_text),
}


def _default_branch(ask: Ask, repo: Repo) -> Node | None:
    repository = ask.core.repository(repo)
    target = repository.refs.get(f"refs/heads/{repository.default_branch}")
    return None if target is None else Node("Ref", (repository, f"refs/heads/{repository.default_branch}"))


def _target(ask: Ask, value: tuple[Repository, str]) -> Node:
    repository, name = value
    return _thing(repository, repository.refs[name])


REF: dict[str, Field] = {
    "id": Field(lambda ask, value: node_id("Ref", value[1])),
    "name": Field(lambda ask, value: value[1].removeprefix("refs/heads/").removeprefix("refs/tags/")),
    "prefix": Field(lambda ask, value: "/".join(value[1].split("/")[:2]) + "/"),
    "target": Field(_target, "GitObject"),
}


def _owner(ask: Ask, repo: Repo) -> Node:
    owner = ask.core.state.owner(repo)
    return Node("Organization" if isinstance(owner, Organization) else "User", owner)


def _viewer_permission(ask: Ask, repo: Repo) -> str | None:
    return PERMISSIONS[ask.caller.rank_in(repo)] or ("READ" if ask.caller.sees(repo) else None)


def _address(ask: Ask, repo: Repo) -> str:
    return f"{ask.core.base_url}/{ask.core.state.full_name(repo)}"


def _ssh(ask: Ask, repo: Repo) -> str:
    host = ask.core.base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return f"git@{host}:{ask.core.state.full_name(repo)}.git"


def _plain(name: str) -> Field:
    def read(ask: Ask, each: Any) -> object:
        value: object = getattr(each, name)
        return value

    return Field(read)


REPOSITORY: dict[str, Field] = {
    "id": Field(lambda ask, each: node_id("Repository", each.id)),
    "databaseId": _plain("id"),
    "name": _plain("name"),
    "nameWithOwner": Field(lambda ask, each: ask.core.state.full_name(each)),
    "description": _plain("description"),
    "url": Field(_address),
    "sshUrl": Field(_ssh),
    "isPrivate": Field(lambda ask, each: each.visibility != "public"),
    "visibility": Field(lambda ask, each: each.visibility.upper()),
    "isArchived": _plain("archived"),
    "isDisabled": _plain("disabled"),
    "isFork": _plain("is_fork"),
    "isTemplate": _plain("is_template"),
    "isLocked": Field(lambda ask, each: False),
    "isEmpty": Field(lambda ask, each: ask.core.repository(each).is_empty),
    "isInOrganization": Field(lambda ask, each: ask.core.state.organization_of(each) is not None),
    "createdAt": Field(lambda ask, each: stamp(each.created_at)),
    "updatedAt": Field(lambda ask, each: stamp(each.updated_at)),
    "pushedAt": Field(lambda ask, each: None if ask.core.repository(each).is_empty else stamp(each.pushed_at)),
    "viewerPermission": Field(_viewer_permission),
    "owner": Field(_owner, "RepositoryOwner"),
    "defaultBranchRef": Field(_default_branch, "Ref"),
    "object": Field(_object, "GitObject", frozenset({"expression", "oid"})),
    "collaborators": Field(
        _collaborators,
        "User",
        frozenset({"affiliation", "login", "query"}),
        is_connection=True,
        edge={"permission": "", "permissionSources": "PermissionSource"},
        scopes=("repo", "public_repo"),
    ),
}
