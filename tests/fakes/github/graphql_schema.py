"""What of GitHub's GraphQL can be asked here: the types, their fields, and how they are found."""

import re
from collections.abc import Mapping
from typing import Any

from .credentials import Caller
from .graphql_executor import Ask, Field, FieldError, Node
from .graphql_people import ORGANIZATION, TEAM, USER
from .graphql_things import BLOB, GIT_OBJECT, PERMISSION_SOURCE, REF, REPOSITORY, find_repo
from .model import Organization, Repo, Team, User
from .server_core import Core, node_id

SAML = "Resource protected by organization SAML enforcement. You must grant your token access to this organization."


def _organization(ask: Ask, _: object) -> Node:
    found = ask.core.state.organization_by(str(ask.get("login", "")))
    if found is None:
        message = f"Could not resolve to an Organization with the login of '{ask.get('login')}'."
        raise FieldError("NOT_FOUND", message)
    return Node("Organization", opened(ask, found))


def opened(ask: Ask, found: Organization) -> Organization:
    """Raises FieldError where SAML or the organization's policy stands in between."""
    if ask.caller.blocked_by_saml(found):
        raise FieldError("FORBIDDEN", SAML, saml_failure=True)
    if ask.caller.is_restricted(found):
        raise FieldError("FORBIDDEN", f"The `{found.login}` organization has enabled OAuth App access restrictions.")
    return found


def _repository(ask: Ask, _: object) -> Node:
    full_name = f"{ask.get('owner')}/{ask.get('name')}"
    moved = ask.core.state.repos.get(ask.core.state.moved_repos.get(full_name.lower(), 0))
    found = ask.core.state.repo_by(full_name) or moved
    if found is None or not ask.caller.sees(found):
        raise FieldError("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
    return Node("Repository", find_repo(ask, found))


def _viewer(ask: Ask, _: object) -> Node:
    if ask.caller.user is None:
        raise FieldError("FORBIDDEN", "Resource not accessible by integration")
    return Node("User", ask.caller.user)


def _user(ask: Ask, _: object) -> Node:
    found = ask.core.state.user_by(str(ask.get("login", "")))
    if found is None:
        raise FieldError("NOT_FOUND", f"Could not resolve to a User with the login of '{ask.get('login')}'.")
    return Node("User", found)


def _node(ask: Ask, _: object) -> Node:
    return _by_id(ask, str(ask.get("id")))


def _nodes(ask: Ask, _: object) -> list[object]:
    """Those that are not shown are null, each with an error of its own. Raises FieldError for more than a hundred."""
    ids = ask.get("ids", [])
    if len(ids) > 100:
        raise FieldError("ARGUMENT_LIMIT", "You may not provide more than 100 node ids; you provided more.")
    found: list[object] = []
    for each in ids:
        try:
            found.append(_by_id(ask, str(each)))
        except FieldError as mistake:
            found.append(mistake)
    return found


def _by_id(ask: Ask, key: str) -> Node:
    """Raises FieldError for what is not there or not shown."""
    found = _things(ask.core, key)
    if found is not None and isinstance(found.value, Repo) and ask.caller.sees(found.value):
        return Node("Repository", find_repo(ask, found.value))
    if found is not None and isinstance(found.value, Organization):
        return Node("Organization", opened(ask, found.value))
    if found is not None and isinstance(found.value, User | Team) and _is_shown(ask.caller, found.value):
        return found
    raise FieldError("NOT_FOUND", f"Could not resolve to a node with the global id of '{key}'")


def _is_shown(caller: Caller, found: User | Team) -> bool:
    return isinstance(found, User) or caller.is_in(caller.core.state.organizations[found.organization_id])


def _things(core: Core, key: str) -> Node | None:
    tables: dict[str, tuple[str, Mapping[int, Any]]] = {
        "R_": ("Repository", core.state.repos),
        "O_": ("Organization", core.state.organizations),
        "U_": ("User", core.state.users),
        "T_": ("Team", core.state.teams),
    }
    match = re.match(r"[A-Z]_", key)
    if match is None or match.group() not in tables:
        return None
    kind, rows = tables[match.group()]
    return next((Node(kind, row) for number, row in rows.items() if node_id(kind, number) == key), None)


def _rate_limit(ask: Ask, _: object) -> Node:
    return Node("RateLimit", None)


SCHEMA: dict[str, Mapping[str, Field]] = {
    "Query": {
        "viewer": Field(_viewer, "User"),
        "user": Field(_user, "User", frozenset({"login"})),
        "organization": Field(_organization, "Organization", frozenset({"login"})),
        "repository": Field(_repository, "Repository", frozenset({"owner", "name", "followRenames"})),
        "node": Field(_node, "Node", frozenset({"id"})),
        "nodes": Field(_nodes, "Node", frozenset({"ids"})),
        "rateLimit": Field(_rate_limit, "RateLimit", frozenset({"dryRun"})),
    },
    "Node": {"id": Field(lambda ask, value: None)},
    "User": USER,
    "Organization": ORGANIZATION,
    "Team": TEAM,
    "Repository": REPOSITORY,
    "RepositoryOwner": {name: USER[name] for name in ("id", "login", "url", "avatarUrl")},
    "PermissionSource": PERMISSION_SOURCE,
    "PermissionGranter": {},
    "Ref": REF,
    "GitObject": GIT_OBJECT,
    "Blob": BLOB,
    "Tree": GIT_OBJECT,
    "Commit": GIT_OBJECT,
    "Tag": GIT_OBJECT,
    "RateLimit": {},
}
