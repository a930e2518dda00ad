"""REST: HTTP access tokens of people, projects and repositories, and SSH keys that open projects and repositories."""

import secrets
from datetime import timedelta

from werkzeug import Response

from .api_lookups import found_project, found_repository
from .core import Core
from .model import PROJECT_LEVELS, REPOSITORY_LEVELS, HttpToken, Level, Place, SshKey, TokenKind, User
from .rendering import http_token, ssh_key
from .rights import rank_of
from .routing import Call, Routes, bad_request, empty, error, json_response, not_permitted, unknown_endpoint
from .state import digest

routes = Routes()
TOKENS = "/rest/access-tokens/latest"
KEYS = "/rest/keys/latest"
USER = f"{TOKENS}/users/:userSlug"
IN_PROJECT, IN_REPOSITORY = "/projects/:projectKey", "/projects/:projectKey/repos/:repositorySlug"
TOKENS_SINCE, PLACED_TOKENS_SINCE = (5, 5), (7, 18)


def make_token(
    core: Core,
    name: str,
    permissions: frozenset[str],
    *,
    user: User | None = None,
    place: Place | None = None,
    days: int | None = None,
) -> tuple[HttpToken, str]:
    """A token of a user or of a place, which gets a user of its own. The secret is not kept. Raises ValueError."""
    allowed = REPOSITORY_LEVELS if place is not None and place.kind == "repository" else ALL_PERMISSIONS
    refused = sorted(permissions - set(allowed))
    if refused or not permissions:
        raise ValueError(f"Tokens may not have the following permission: {', '.join(refused)}")
    secret, now = f"BBDC-{secrets.token_urlsafe(33)}", core.clock.now()
    owner = user or token_user(core)
    kind: TokenKind = "user" if place is None else "project" if place.kind == "project" else "repository"
    expires_at = None if days is None else now + timedelta(days=days)
    number = str(10_000_000_000 + core.state.next_id("http_tokens"))
    token = HttpToken(number, digest(secret), name, owner.id, permissions, now, kind, place, expires_at)
    core.state.http_tokens[token.digest] = token
    return token, secret


ALL_PERMISSIONS = (*(name for name in PROJECT_LEVELS if name != "REPO_CREATE"), *REPOSITORY_LEVELS)


def token_user(core: Core) -> User:
    number = core.state.next_id("users")
    name = f"access-token-user/{number}/{secrets.token_hex(8)}"
    user = User(number, name, name.replace("/", "_"), "Access token", None, secrets.token_hex(16), type="SERVICE")
    core.state.users[number] = user
    return user


def _owner(call: Call) -> tuple[User | None, Place | None]:
    """Whose tokens a path is about. Raises ApiError for somebody else's."""
    if not call.core.is_since(*TOKENS_SINCE):
        raise unknown_endpoint()
    if "userSlug" in call.params:
        asker, owner = call.signed_in(), call.core.state.user_by_slug(call.params["userSlug"])
        if owner is None:
            raise error(404, f"User {call.params['userSlug']} does not exist.", "user.NoSuchUserException")
        call.require(owner.id == asker.id or call.rights.rank >= rank_of("ADMIN"))
        return owner, None
    if not call.core.is_since(*PLACED_TOKENS_SINCE):
        raise unknown_endpoint()
    if "repositorySlug" in call.params:
        return None, found_repository(call, Level.ADMIN).place
    return None, found_project(call, Level.ADMIN).place


@routes.get(USER)
@routes.get(f"{TOKENS}{IN_PROJECT}")
@routes.get(f"{TOKENS}{IN_REPOSITORY}")
def tokens(call: Call) -> Response:
    return call.page(_tokens(call), http_token)


def _tokens(call: Call) -> list[HttpToken]:
    owner, place = _owner(call)
    rows = [each for each in call.core.state.http_tokens.values() if each.place == place and not each.is_revoked]
    return [each for each in rows if owner is None or each.user_id == owner.id]


@routes.put(USER)
@routes.put(f"{TOKENS}{IN_PROJECT}")
@routes.put(f"{TOKENS}{IN_REPOSITORY}")
def create_token(call: Call) -> Response:
    """Shows the token, this once. A token can not make tokens."""
    owner, place = _owner(call)
    if call.is_by_token:
        raise not_permitted()
    body = call.body()
    name, wanted, days = body.get("name"), body.get("permissions"), body.get("expiryDays")
    if not isinstance(name, str) or not name or not isinstance(wanted, list):
        raise bad_request("A name and permissions are required.", "name")
    longest = call.core.longest_token_days
    if longest is not None and (not isinstance(days, int) or days > longest):
        raise bad_request(f"Tokens live for {longest} days at most.", "expiryDays")
    lifetime = days if isinstance(days, int) else None
    try:
        made, secret = make_token(call.core, name, frozenset(map(str, wanted)), user=owner, place=place, days=lifetime)
    except ValueError as problem:
        raise bad_request(str(problem), "permissions") from problem
    return json_response(http_token(made) | {"token": secret})


@routes.delete(f"{USER}/:tokenId")
@routes.delete(f"{TOKENS}{IN_PROJECT}/:tokenId")
@routes.delete(f"{TOKENS}{IN_REPOSITORY}/:tokenId")
def remove_token(call: Call) -> Response:
    rows = [each for each in _tokens(call) if each.id == call.params["tokenId"]]
    if not rows:
        raise error(404, "No such token.", "NoSuchEntityException")
    rows[0].is_revoked = True
    return empty()


def _place(call: Call) -> Place:
    if "repositorySlug" in call.params:
        return found_repository(call, Level.ADMIN).place
    return found_project(call, Level.ADMIN).place


@routes.get(f"{KEYS}{IN_PROJECT}/ssh")
@routes.get(f"{KEYS}{IN_REPOSITORY}/ssh")
def keys(call: Call) -> Response:
    place = _place(call)
    rows = [each for each in call.core.state.ssh_keys.values() if each.place == place]
    return call.page(rows, lambda each: ssh_key(call.core, each))


@routes.post(f"{KEYS}{IN_PROJECT}/ssh")
@routes.post(f"{KEYS}{IN_REPOSITORY}/ssh")
def add_key(call: Call) -> Response:
    place, body = _place(call), call.body()
    key, permission = body.get("key"), str(body.get("permission"))
    allowed = REPOSITORY_LEVELS if place.kind == "repository" else PROJECT_LEVELS
    text = str(key.get("text", "")) if isinstance(key, dict) else ""
    if not text.startswith(("ssh-", "ecdsa-")):
        raise bad_request("The SSH key is not valid.", "text")
    if permission not in allowed:
        raise bad_request(f"Permission {permission} is not valid here.", "permission")
    if any(each.place == place and each.text == text for each in call.core.state.ssh_keys.values()):
        raise error(409, "This key is there already.", "ssh.DuplicateSshKeyException")
    return json_response(ssh_key(call.core, _added(call, place, key, text, permission)), 201)


def _added(call: Call, place: Place, key: object, text: str, permission: str) -> SshKey:
    label = str(key.get("label") or "") if isinstance(key, dict) else ""
    fresh = SshKey(call.core.state.next_id("ssh_keys"), place, text, label or text.rpartition(" ")[2], permission)
    call.core.state.ssh_keys[fresh.id] = fresh
    return fresh


@routes.delete(f"{KEYS}{IN_PROJECT}/ssh/:keyId")
@routes.delete(f"{KEYS}{IN_REPOSITORY}/ssh/:keyId")
def remove_key(call: Call) -> Response:
    """204 too when there is no such key."""
    place, number = _place(call), call.params["keyId"]
    found = call.core.state.ssh_keys.get(int(number)) if number.isdigit() else None
    if found is not None and found.place == place:
        del call.core.state.ssh_keys[found.id]
    return empty()
