"""Background work around webhooks: old deliveries go."""

from datetime import timedelta

from sqlalchemy import delete, select

from jobs import periodic
from models import Runtime, WebhookDelivery, utc_now

# So long a repeated delivery is recognized: hosts let people send one again for days.
KEPT = timedelta(days=30)
ONE_HOUR = 3600
AT_ONCE = 5000


@periodic(seconds=ONE_HOUR)
def delete_old_deliveries(runtime: Runtime) -> None:
    """Delete what nobody looks up any more."""
    oldest = utc_now() - KEPT
    while True:
        old = select(WebhookDelivery.id).where(WebhookDelivery.received_at < oldest).limit(AT_ONCE)
        with runtime.database.read() as session:
            ids = list(session.scalars(old))
        if not ids:
            return
        with runtime.database.write() as session:
            session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
