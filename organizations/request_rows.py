"""The rows that an address names, or the answer that there is no such page."""

from flask import abort

from models import Organization, Synchronization
from organizations.runs import find_synchronization
from web.database import get_session


def synchronization_or_404(organization: Organization, synchronization_id: int) -> Synchronization:
    """A synchronization of this organization."""
    found = find_synchronization(get_session(), organization_id=organization.id, synchronization_id=synchronization_id)
    return found or abort(404)
