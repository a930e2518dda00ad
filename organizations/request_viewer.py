"""The viewer of the request that is being answered."""

from accounts.guards import current_user
from models import Organization, utc_now
from organizations.viewer import Viewer


def viewer_of(organization: Organization) -> Viewer:
    """The person who is logged in, looking at this organization."""
    return Viewer(organization.id, current_user.id, utc_now().date())
