"""Where code hosts deliver. No cookie, no session, no CSRF: the delivery itself proves where it comes from."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, abort, jsonify, request
from sqlalchemy.orm import Session
from structlog import get_logger

from integrations.errors import InvalidSignature, UnexpectedResponse
from models import AppHook, SecretUnreadable, Webhook, utc_now
from web.database import get_session
from web.limits import check_limit
from web.machines import for_machines
from web.runtime import current_runtime
from webhooks.app_intake import accept_from_app, find_app_hook, verify_from_app
from webhooks.intake import Receipt, accept, find_webhook, verify

TakeIn = Callable[[Session], Receipt]
logger = get_logger(__name__)

blueprint = for_machines(Blueprint("webhooks", __name__))

LARGEST_DELIVERY = 26 * 1024 * 1024
UNPROVEN_PER_MINUTE = 30


@blueprint.post("/hooks/<public_id>")
def receive(public_id: str) -> tuple[Response, int]:
    """Take in one delivery: 202 as soon as it is written down."""
    hook = _find_or_404(public_id)
    request.max_content_length = LARGEST_DELIVERY  # so much memory is only for those who know an address
    body = request.get_data(cache=False)
    take_in = _verify_or_401(hook, body)
    receipt = take_in(get_session())
    get_session().commit()
    answer = {"delivery": receipt.delivery_id} | ({"duplicate": True} if receipt.is_duplicate else {})
    return jsonify(answer), 202


def _find_or_404(public_id: str) -> Webhook | AppHook:
    """The hook, read in a session of its own: what is not proven never holds the lock of a writer."""
    hook: Webhook | AppHook | None = None
    if public_id.isalnum() and public_id.isascii():
        with current_runtime().database.read() as session:
            hook = find_webhook(session, public_id) or find_app_hook(session, public_id)
    if hook is None:
        _count_unproven()
        abort(404, "There is no hook at this address.")
    return hook


def _verify_or_401(hook: Webhook | AppHook, body: bytes) -> TakeIn:
    """How to take the delivery in, once it is proved."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        return _prove(hook, headers, body)
    except InvalidSignature as error:
        logger.warning("delivery_refused", webhook_id=hook.id, reason=str(error))
        _count_unproven()
        abort(401, str(error))
    except UnexpectedResponse as error:
        abort(400, str(error))
    except SecretUnreadable:
        logger.error("secret_of_hook_unreadable", webhook_id=hook.id)
        abort(503, "The secret of this hook can not be read. `repertory doctor` on the host says why.")


def _prove(hook: Webhook | AppHook, headers: Mapping[str, str], body: bytes) -> TakeIn:
    runtime, now = current_runtime(), utc_now()
    if isinstance(hook, AppHook):
        found = verify_from_app(runtime, hook, headers, body, now=now)
        return lambda session: accept_from_app(session, runtime, hook, found, now=now)
    received = verify(runtime, hook, headers, body, now=now)
    return lambda session: accept(session, hook, received, now=now)


def _count_unproven() -> None:
    check_limit("webhook-unproven", limit=UNPROVEN_PER_MINUTE, by=request.remote_addr or "")
