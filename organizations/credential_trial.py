"""Try a credential at the host before it is kept or used: who is it, and may it read what a synchronization needs?

Talks to the host: no transaction may be open.
"""

from dataclasses import dataclass, field
from datetime import datetime

from integrations.codehost import CodeHost
from integrations.errors import CodeHostError, Forbidden, NotFound, Unauthorized
from integrations.http import HttpClient
from integrations.service import app_client, app_parts, open_code_host, platform_of, stored_access
from integrations.stored_kinds import Installation, StoredKind
from models import Credential, Integration, Runtime, Synchronization, utc_now


class NotAccepted(Exception):
    """The credential will not do; the text says why, for the form."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """What somebody wants to store."""

    integration: Integration
    kind: StoredKind
    username: str
    secret: str = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A credential that works, as it is to be stored."""

    pasted: Pasted
    name: str
    username: str
    remote_id: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime | None


def try_pasted(runtime: Runtime, pasted: Pasted, synchronization: Synchronization) -> Accepted:
    """Ask the host about it. Raises NotAccepted."""
    why = platform_of(pasted.integration).explain_secret(pasted.kind, pasted.secret)
    if why:
        raise NotAccepted(why)
    host_name = pasted.integration.name
    try:
        if pasted.kind.is_app:
            return _try_app(runtime, pasted, synchronization)
        return _try_secret(runtime, pasted, synchronization)
    except ValueError as error:
        raise NotAccepted(f"It can not be used: {error}.") from error
    except Unauthorized as error:
        raise NotAccepted(f"{host_name} does not accept it: {error}") from error
    except CodeHostError as error:
        raise NotAccepted(_explain(error, host_name)) from error


def try_stored(
    runtime: Runtime, credential_id: int, kind: StoredKind, name: str, synchronization: Synchronization
) -> None:
    """Whether a stored credential can do the work of another synchronization. Raises NotAccepted.

    What is public, any App may read: it has to be installed there, and be that installation.
    """
    try:
        host = open_code_host(runtime, credential_id)
        if kind.is_app:
            _check_installation(runtime, credential_id, synchronization)
        _check_root(host, kind, name, synchronization)
    except CodeHostError as error:
        raise NotAccepted(_explain(error, synchronization.integration.name)) from error


def _try_secret(runtime: Runtime, pasted: Pasted, synchronization: Synchronization) -> Accepted:
    access = stored_access(runtime, pasted.integration, pasted.kind, pasted.username, pasted.secret)
    host = platform_of(pasted.integration).open_code_host(access)
    viewer = host.directory.viewer() if pasted.kind.names_account else None
    login = viewer.account.login if viewer else ""
    name = f"{pasted.kind.label} ({login})" if login else pasted.kind.label
    _check_root(host, pasted.kind, login or "It", synchronization)
    return Accepted(
        pasted,
        name=name,
        username=pasted.username or login,
        remote_id=viewer.account.remote_id if viewer else "",
        access_token=pasted.secret,
        refresh_token=None,
        scopes=(viewer.scopes if viewer else None) or frozenset(),
        expires_at=(viewer.expires_at if viewer else None) or pasted.expires_at,
    )


def _try_app(runtime: Runtime, pasted: Pasted, synchronization: Synchronization) -> Accepted:
    integration = pasted.integration
    with app_client(runtime, integration, pasted.username, pasted.secret) as http:
        installation = _find_installation(http, synchronization)
        tokens = app_parts(integration).make_token(http, installation.remote_id, utc_now())
    access = stored_access(runtime, integration, pasted.kind, pasted.username, tokens.access_token)
    _check_root(platform_of(integration).open_code_host(access), pasted.kind, "The App", synchronization)
    return Accepted(
        pasted,
        name=f"{installation.app_name} in {installation.organization_path}",
        username=pasted.username,
        remote_id=installation.remote_id,
        access_token=tokens.access_token,
        refresh_token=pasted.secret,
        scopes=tokens.scopes,
        expires_at=tokens.expires_at,
    )


def _check_installation(runtime: Runtime, credential_id: int, synchronization: Synchronization) -> None:
    """Whether a stored App is installed where the synchronization reads, and its tokens are made for that."""
    integration = synchronization.integration
    with runtime.database.read() as session:
        credential = session.get_one(Credential, credential_id)
    private_key = credential.unseal_refresh_token(runtime.secret_box) or ""
    with app_client(runtime, integration, credential.username, private_key) as http:
        found = _find_installation(http, synchronization)
    if found.remote_id != credential.remote_id:
        raise NotAccepted(f"It is an installation elsewhere: store the App for {synchronization.remote_path}, too.")


def _find_installation(http: HttpClient, synchronization: Synchronization) -> Installation:
    path = synchronization.remote_path
    try:
        found = app_parts(synchronization.integration).find_installation(http, path)
    except NotFound as error:
        raise NotAccepted(f"The App is not installed in {path}: install it first.") from error
    if found.organization_id != synchronization.remote_id:
        raise NotAccepted(f"{found.organization_path} is another organization than it was: synchronize first.")
    return found


def _check_root(host: CodeHost, kind: StoredKind, name: str, synchronization: Synchronization) -> None:
    """Owners are listed as such by the host. What has no account behind it has to show what it can read.

    Where people's own tokens can tell what they may read, it is enough to read the repositories.
    """
    root_id, path, directory = synchronization.remote_id, synchronization.remote_path, host.directory
    is_enough_to_read = bool(platform_of(synchronization.integration).own_access_scopes)
    if kind.names_account and not is_enough_to_read:
        owned = directory.list_administered_organizations(nested=True)
        if not any(remote.remote_id == root_id for remote in owned):
            raise NotAccepted(f"{name} does not own {path}, so it can not read everything that is needed.")
        return
    directory.read_organization(root_id)
    if not is_enough_to_read:
        next(iter(directory.list_team_members(root_id)), None)
    next(iter(directory.list_repositories(root_id)), None)


def _explain(error: CodeHostError, host_name: str) -> str:
    if isinstance(error, Forbidden) and error.missing_scopes:
        return f"It may not do enough at {host_name}. What it lacks: {', '.join(error.missing_scopes)}."
    if isinstance(error, Forbidden | NotFound):
        return f"It may not do enough at {host_name}: {error}"
    return f"{host_name} could not be asked: {error}"
