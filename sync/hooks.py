"""Webhooks at the host: installed at the highest level that the credential allows, repaired when they differ."""

import secrets
from collections.abc import Callable, Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from integrations.codehost import CodeHost, HookInstaller, HookLevel
from integrations.errors import CodeHostError, Forbidden, NotFound, RateLimited, Unauthorized
from models import Package, PackageState, Repository, Runtime, Synchronization, Webhook, WebhookState, utc_now

COVERED = "the webhook for all repositories has taken its place"
NO_PACKAGE = "the repository feeds no package any more"

OpenHost = Callable[[Runtime, int], CodeHost]


def install_hooks(runtime: Runtime, *, synchronization_id: int, open_host: OpenHost) -> None:
    """One hook for the root where the host has that, else one per repository with a package; what is too much goes.

    Raises Unauthorized and RateLimited; every other refusal is kept with the hook and shown.
    """
    with runtime.database.read() as session:
        synchronization = session.get_one(Synchronization, synchronization_id)
    if synchronization.credential_id is None:
        return
    installer = open_host(runtime, synchronization.credential_id).hook_installer
    if installer is None:
        return
    if _install_for_root(runtime, installer, synchronization):
        _remove_others(runtime, installer, synchronization_id, keep=(), reason=COVERED)
        return
    with runtime.database.read() as session:
        repositories = _repositories_with_packages(session, synchronization_id)
    kept = [repository_id for repository_id, _ in repositories]
    _remove_others(runtime, installer, synchronization_id, keep=kept, reason=NO_PACKAGE)
    for repository_id, remote_id in repositories:
        _install(
            runtime,
            installer,
            synchronization_id=synchronization_id,
            repository_id=repository_id,
            level=HookLevel.REPOSITORY,
            parent_id=remote_id,
        )


def _remove_others(
    runtime: Runtime, installer: HookInstaller, synchronization_id: int, *, keep: Collection[int], reason: str
) -> None:
    """Take the hooks of single repositories back that nothing needs any more. What can not be now is tried again."""
    query = select(Webhook.id, Webhook.remote_id, Repository.remote_id).join(Webhook.repository)
    installed = query.where(
        Webhook.synchronization_id == synchronization_id, Webhook.remote_id != "", Webhook.repository_id.not_in(keep)
    )
    with runtime.database.read() as session:
        rows = session.execute(installed.order_by(Webhook.id)).all()
    for webhook_id, remote_id, repository_id in rows:
        try:
            installer.remove_hook(HookLevel.REPOSITORY, repository_id, remote_id)
        except (Unauthorized, RateLimited):
            raise
        except NotFound:
            pass  # gone already, perhaps with its repository
        except CodeHostError:
            continue
        _save(runtime, webhook_id, WebhookState.REMOVED, reason=reason, remote_id=None)


def hook_url(runtime: Runtime, webhook: Webhook) -> str:
    """Where the host delivers. The address is the hook's secret name: masked in logs."""
    return f"{runtime.settings.base_url}/hooks/{webhook.public_id}"


def _install_for_root(runtime: Runtime, installer: HookInstaller, synchronization: Synchronization) -> bool:
    state = _install(
        runtime,
        installer,
        synchronization_id=synchronization.id,
        repository_id=None,
        level=HookLevel.ORGANIZATION,
        parent_id=synchronization.remote_id,
    )
    return state is WebhookState.ACTIVE


def _install(
    runtime: Runtime,
    installer: HookInstaller,
    *,
    synchronization_id: int,
    repository_id: int | None,
    level: HookLevel,
    parent_id: str,
) -> WebhookState:
    with runtime.database.write() as session:
        webhook = _ensure_row(session, runtime, synchronization_id, repository_id)
        url, secret = hook_url(runtime, webhook), webhook.unseal_secret(runtime.secret_box)
        webhook_id = webhook.id
    try:
        remote = installer.ensure_hook(level, parent_id, url=url, secret=secret)
    except (Unauthorized, RateLimited):
        raise
    except (Forbidden, NotFound) as error:
        return _save(runtime, webhook_id, WebhookState.FAILED, reason=str(error))
    except CodeHostError as error:
        return _save(runtime, webhook_id, WebhookState.PENDING, reason=str(error))
    state = WebhookState.ACTIVE if remote.is_enabled else WebhookState.FAILED
    return _save(runtime, webhook_id, state, reason=remote.detail, remote_id=remote.remote_id)


def _ensure_row(session: Session, runtime: Runtime, synchronization_id: int, repository_id: int | None) -> Webhook:
    query = select(Webhook).where(
        Webhook.synchronization_id == synchronization_id, Webhook.repository_id.is_not_distinct_from(repository_id)
    )
    webhook = session.scalars(query).first()
    if webhook is None:
        webhook = Webhook(synchronization_id=synchronization_id, repository_id=repository_id)
        webhook.public_id = secrets.token_hex(16)
        webhook.seal_secret(runtime.secret_box, secrets.token_hex(32))
        session.add(webhook)
        session.flush()
    return webhook


def _save(
    runtime: Runtime, webhook_id: int, state: WebhookState, *, reason: str, remote_id: str | None = ""
) -> WebhookState:
    """`remote_id`: "" keeps what is known, None forgets it."""
    with runtime.database.write() as session:
        webhook = session.get_one(Webhook, webhook_id)
        if (webhook.state, webhook.state_reason) != (state, reason):
            webhook.state, webhook.state_reason, webhook.state_since = state, reason, utc_now()
        webhook.remote_id = "" if remote_id is None else remote_id or webhook.remote_id
    return state


def _repositories_with_packages(session: Session, synchronization_id: int) -> list[tuple[int, str]]:
    query = (
        select(Repository.id, Repository.remote_id)
        .join(Package, Package.repository_id == Repository.id)
        .where(Repository.synchronization_id == synchronization_id, Package.state != PackageState.REMOVED)
        .distinct()
        .order_by(Repository.id)
    )
    return [(repository_id, remote_id) for repository_id, remote_id in session.execute(query)]
