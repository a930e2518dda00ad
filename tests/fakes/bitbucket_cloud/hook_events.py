"""Which hooks hear of which event, and how it is sent: nothing of members, groups and permissions, nothing large."""

import hmac
import json
import uuid
from dataclasses import replace

from tests.fakes.parts.deliveries import DeliveryRecord, Outgoing
from tests.fakes.parts.git_http import Change
from tests.fakes.parts.routing import Json

from . import payloads
from .model import Account, Hook, Repo
from .server_core import Core

MAX_BYTES = 256 * 1024
ATTEMPTS = 3


def pushed(core: Core, repo: Repo, actor: Account | None, changes: list[Change]) -> None:
    if changes:
        repo.updated_on = core.clock.now()
        _send(core, _hooks(core, repo, "repo:push"), "repo:push", payloads.push(core, repo, _who(core, actor), changes))


def happened(core: Core, event: str, repo: Repo, *, also_in: str | None = None, **more: object) -> None:
    """`repo:created`, `repo:updated`, `repo:deleted` or `repo:transfer`; `also_in` is another workspace that hears."""
    if not core.state.accounts:
        return
    hooks = _hooks(core, repo, event)
    if also_in is not None:
        hooks += [hook for hook in core.state.hooks_of(also_in) if hook.active and event in hook.events]
    _send(core, hooks, event, payloads.event(core, repo, _who(core, None)) | more)


def send_again(core: Core, record: DeliveryRecord) -> None:
    """What the "resend" button does: the same body under a new id. Raises KeyError when the hook is gone."""
    found = next((hook for hook in core.state.hooks.values() if hook.number == record.hook_id), None)
    if found is None:
        raise KeyError(record.hook_id)
    _queue(core, _outgoing(core, found, record.event, record.body), 1)


def sign(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature."""
    return f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}"


def _who(core: Core, actor: Account | None) -> Account:
    return actor or next(iter(core.state.accounts.values()))


def _hooks(core: Core, repo: Repo, event: str) -> list[Hook]:
    """Hooks of the repository and of its workspace."""
    found = [*core.state.hooks_of(repo.uuid), *core.state.hooks_of(repo.workspace)]
    return [hook for hook in found if hook.active and event in hook.events]


def _send(core: Core, hooks: list[Hook], event: str, payload: Json) -> None:
    body = json.dumps(payload).encode()
    for hook in hooks:
        if len(body) > MAX_BYTES:
            core.dropped_hooks.append((hook.uuid, event, len(body)))
        else:
            _queue(core, _outgoing(core, hook, event, body), 1)


def _outgoing(core: Core, hook: Hook, event: str, body: bytes) -> Outgoing:
    guid = str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Bitbucket-Webhooks/2.0",
        "X-Event-Key": event,
        "X-Hook-UUID": hook.uuid,
        "X-Request-UUID": guid,
    }
    if hook.secret:
        headers["X-Hub-Signature"] = sign(hook.secret, body)
    verify = False if hook.skip_cert_verification else core.hook_ca_file or True
    return Outgoing(hook.number, hook.url, event, body, headers, verify=verify, guid=guid)


def _queue(core: Core, out: Outgoing, attempt: int) -> None:
    """Two more attempts after an answer of the 5xx kind or none."""

    def judge(record: DeliveryRecord) -> None:
        has_failed = record.status is None or record.status >= 500
        if has_failed and attempt < ATTEMPTS:
            _queue(core, out, attempt + 1)

    headers = out.headers | {"X-Attempt-Number": str(attempt)}
    core.sender.send(replace(out, headers=headers, is_redelivery=attempt > 1, judge=judge))
