"""Which hooks hear of which event, and how it is sent to them: once, signed, and not while the circuit is broken."""

import base64
import hmac
import json
import uuid
from collections.abc import Iterable
from datetime import timedelta

from tests.fakes.parts.deliveries import DeliveryRecord, Outgoing, is_success
from tests.fakes.parts.git_http import Change
from tests.fakes.parts.routing import Json

from . import payloads
from .core import Core
from .model import Hook, Place, Project, Repo, User

PING = "diagnostics:ping"
PING_SECONDS = 12
BREAKS_AFTER = 5
FIRST_BREAK, LONGEST_BREAK = timedelta(seconds=10), timedelta(hours=10)


def refs_changed(core: Core, repository: Repo, actor: User, changes: list[Change]) -> None:
    if changes:
        body = payloads.refs_changed(core, repository, actor, changes)
        _send(core, _around(core, repository), "repo:refs_changed", body)


def repository_modified(core: Core, actor: User, old: Json, new: Repo) -> None:
    body = payloads.repository_modified(core, actor, old, new)
    _send(core, _around(core, new), "repo:modified", body)


def project_modified(core: Core, actor: User, old: Json, new: Project) -> None:
    body = payloads.project_modified(core, actor, old, new)
    _send(core, core.state.hooks_of(new.place), "project:modified", body)


def ping(core: Core, url: str, *, is_tls_checked: bool) -> DeliveryRecord:
    """What the button to test a connection sends: never signed."""
    headers = _headers(core, PING)
    return core.sender.send(Outgoing(0, url, PING, b'{"test": true}', headers, _verify(core, is_tls_checked)))


def send_again(core: Core, record: DeliveryRecord) -> None:
    """The same body under a new request id. Raises KeyError when the hook is gone."""
    hook = core.state.hooks[record.hook_id]
    _queue(core, hook, record.event, record.body, is_redelivery=True)


def _around(core: Core, repository: Repo) -> list[Hook]:
    places: tuple[Place, ...] = (repository.place, core.state.project_of(repository).place)
    return [hook for place in places for hook in core.state.hooks_of(place)]


def _send(core: Core, hooks: Iterable[Hook], event: str, body: Json) -> None:
    raw = json.dumps(body, separators=(",", ":")).encode()
    for hook in hooks:
        if hook.active and event in hook.events:
            _send_unless_broken(core, hook, event, raw)


def _send_unless_broken(core: Core, hook: Hook, event: str, raw: bytes) -> None:
    if hook.skipped_until is not None and core.clock.now() < hook.skipped_until:
        hook.skipped += 1
        return
    _queue(core, hook, event, raw)


def _queue(core: Core, hook: Hook, event: str, raw: bytes, *, is_redelivery: bool = False) -> None:
    headers = _headers(core, event)
    if hook.secret:
        headers["X-Hub-Signature"] = sign(hook.secret, raw)
    if hook.username:
        pair = base64.b64encode(f"{hook.username}:{hook.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    verify = _verify(core, hook.is_tls_checked)
    guid = headers["X-Request-Id"]
    core.sender.send(
        Outgoing(hook.id, hook.url, event, raw, headers, verify, guid, is_redelivery, lambda it: _judge(core, hook, it))
    )


def sign(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature."""
    return f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}"


def _headers(core: Core, event: str) -> dict[str, str]:
    agent = f"Atlassian HttpClient 4.2.0 / Bitbucket-{core.version} ({core.build_number}) / Default"
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": agent,
        "X-Event-Key": event,
        "X-Request-Id": str(uuid.uuid4()),
    }


def _verify(core: Core, is_tls_checked: bool) -> bool | str:
    return (core.hook_ca_file or True) if is_tls_checked else False


def _judge(core: Core, hook: Hook, record: DeliveryRecord) -> None:
    """Five failures in a row break the circuit, for longer and longer."""
    if is_success(record):
        hook.failures, hook.skipped_until = 0, None
        return
    hook.failures += 1
    if hook.failures >= BREAKS_AFTER:
        pause = min(FIRST_BREAK * 2 ** (hook.failures - BREAKS_AFTER), LONGEST_BREAK)
        hook.skipped_until = core.clock.now() + pause
