"""Where code hosts deliver. No cookie, no session, no CSRF: the delivery itself proves where it comes from."""

from flask import Blueprint, Response, abort, jsonify, request
from structlog import get_logger

from integrations.errors import InvalidSignature, UnexpectedResponse
from models import SecretUnreadable, Webhook, utc_now
from web.database import get_session
from web.limits import check_limit
from web.machines import for_machines
from web.runtime import current_runtime
from webhooks.intake import Received, accept, find_webhook, verify

logger = get_logger(__name__)

blueprint = for_machines(Blueprint("webhooks", __name__))

LARGEST_DELIVERY = 26 * 1024 * 1024
UNPROVEN_PER_MINUTE = 30


@blueprint.post("/hooks/<public_id>")
def receive(public_id: str) -> tuple[Response, int]:
    """Take in one delivery: 202 as soon as it is written down."""
    webhook = _find_or_404(public_id)
    request.max_content_length = LARGEST_DELIVERY  # so much memory is only for those who know an address
    body = request.get_data(cache=False)
    received = _verify_or_401(webhook, body)
    session = get_session()
    receipt = accept(session, webhook, received, now=utc_now())
    session.commit()
    answer = {"delivery": receipt.delivery_id} | ({"duplicate": True} if receipt.is_duplicate else {})
    return jsonify(answer), 202


def _find_or_404(public_id: str) -> Webhook:
    """The hook, read in a session of its own: what is not proven never holds the lock of a writer."""
    webhook = None
    if public_id.isalnum() and public_id.isascii():
        with current_runtime().database.read() as session:
            webhook = find_webhook(session, public_id)
    if webhook is None:
        _count_unproven()
        abort(404, "There is no hook at this address.")
    return webhook


def _verify_or_401(webhook: Webhook, body: bytes) -> Received:
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        return verify(current_runtime(), webhook, headers, body, now=utc_now())
    except InvalidSignature as error:
        logger.warning("delivery_refused", webhook_id=webhook.id, reason=str(error))
        _count_unproven()
        abort(401, str(error))
    except UnexpectedResponse as error:
        abort(400, str(error))
    except SecretUnreadable:
        logger.error("secret_of_hook_unreadable", webhook_id=webhook.id)
        abort(503, "The secret of this hook can not be read. `repertory doctor` on the host says why.")


def _count_unproven() -> None:
    check_limit("webhook-unproven", limit=UNPROVEN_PER_MINUTE, by=request.remote_addr or "")
