"""A client secret that was typed but not saved yet: kept sealed in the browser's session, to be typed only once.

It is good for ten minutes, and only together with the address and the client ID that it was typed for: with another
address it would be sent to another host.
"""

from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

from integrations.forms import IntegrationForm
from models.secrets import SecretBox, SecretUnreadable

KEY = "typed_client_secret"
LIFETIME = timedelta(minutes=10)
NOTE = "The one that you typed is kept for ten minutes. Leave this empty to use it."
OTHER_NOTE = "Type it again: the one from before is kept for ten minutes, and only for the same address and client ID."


def take_kept_secret(notes: MutableMapping[str, Any], box: SecretBox, form: IntegrationForm, *, now: datetime) -> None:
    """Fill an empty secret with the kept one, if it was typed for the same address and client ID."""
    kept = notes.get(KEY)
    if form.client_secret.data or kept is None:
        return
    if now - datetime.fromisoformat(kept["at"]) > LIFETIME:
        del notes[KEY]
        return
    try:
        form.client_secret.data = box.unseal(_place(form), kept["sealed"])
    except SecretUnreadable:
        form.client_secret.description = OTHER_NOTE


def keep_secret(notes: MutableMapping[str, Any], box: SecretBox, form: IntegrationForm, *, now: datetime) -> None:
    """Keep the secret of a form that is shown again, unless it was found to be wrong."""
    if not form.client_secret.data or not form.client_id.data:
        return
    if form.client_secret.errors:
        forget_secret(notes)
        return
    notes[KEY] = {"at": now.isoformat(), "sealed": box.seal(_place(form), form.client_secret.data)}
    form.client_secret.description = NOTE


def forget_secret(notes: MutableMapping[str, Any]) -> None:
    """The form was saved."""
    if KEY in notes:
        del notes[KEY]


def _place(form: IntegrationForm) -> str:
    return f"new integration:{form.platform.data}:{form.base_url.data}:{form.client_id.data}"
