"""Find packages and people in all organizations of a person."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, or_
from sqlalchemy.orm import Session

from composer.access import visible_organizations
from models import Identity, Organization, Package
from organizations.packages import PackageFilter, like_pattern, select_packages
from organizations.people import select_accounts
from organizations.viewer import Viewer

MOST_OF_EACH = 20
SHORTEST = 2


@dataclass(slots=True)
class Found:
    """What there is, each with the organization in which it is."""

    packages: list[tuple[Organization, Package]] = field(default_factory=list)
    people: list[tuple[Organization, Identity]] = field(default_factory=list)


def search(session: Session, *, text: str, user_id: int, today: date) -> Found:
    """Everything with `text` in its name; nothing for less than two letters. Two queries per organization."""
    found = Found()
    if len(text) < SHORTEST:
        return found
    for organization in session.scalars(visible_organizations(user_id=user_id, today=today)):
        packages = select_packages(Viewer(organization.id, user_id, today), PackageFilter(text=text))
        found.packages += [(organization, item) for item in session.scalars(packages.limit(MOST_OF_EACH))]
        found.people += [(organization, item) for item in _people(session, organization, text, today)]
    return found


def _people(session: Session, organization: Organization, text: str, today: date) -> list[Identity]:
    pattern = like_pattern(text)
    query = select_accounts(organization_id=organization.id, today=today).where(
        or_(
            func.lower(Identity.login).like(pattern, escape="\\"),
            func.lower(Identity.display_name).like(pattern, escape="\\"),
        )
    )
    return list(session.scalars(query.order_by(Identity.login, Identity.id).limit(MOST_OF_EACH)))
