"""Who looks at which organization: every query for packages starts from what they may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select

from composer.access import LISTED_STATES, visible_packages
from models import Package, PackageState


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person in an organization, today."""

    organization_id: int
    user_id: int
    today: date

    def packages(self, states: Sequence[PackageState] = LISTED_STATES) -> Select[Package]:
        """The packages that the person may see, as a query to refine."""
        return visible_packages(
            organization_id=self.organization_id, user_id=self.user_id, today=self.today, states=states
        )
