"""What a principal may read: the organization, its packages, one package, one zip. Hidden is the same as missing."""

from datetime import date, datetime, timedelta

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from composer.access import SERVED_STATES, visible_organizations, visible_packages
from composer.auth import Principal
from models import Dist, Organization, Package, PackageState, Version

KEPT_AFTER_REMOVAL = timedelta(days=30)
WITH_REMOVED = (*SERVED_STATES, PackageState.REMOVED)


def find_organization(session: Session, principal: Principal, short_name: str, *, today: date) -> Organization | None:
    """The organization, when the token works there."""
    if principal.user_id is not None:
        query = visible_organizations(user_id=principal.user_id, today=today)
    else:
        query = select(Organization).where(Organization.id == principal.organization_id)
    return session.scalars(query.where(Organization.short_name == short_name)).one_or_none()


def readable_packages(
    principal: Principal,
    organization: Organization,
    *,
    today: date,
    states: tuple[PackageState, ...] = SERVED_STATES,
) -> Select[Package]:
    """The packages that the token's holder may read now, as a query to refine."""
    if principal.user_id is not None:
        return visible_packages(organization_id=organization.id, user_id=principal.user_id, today=today, states=states)
    return select(Package).where(
        Package.organization_id == organization.id,
        Package.organization_id == principal.organization_id,
        Package.state.in_(states),
    )


def find_readable(
    session: Session, principal: Principal, organization: Organization, name: str, *, today: date
) -> Package | None:
    """The package that is served under this name."""
    query = readable_packages(principal, organization, today=today).where(Package.name == name)
    return session.scalars(query.options(joinedload(Package.repository))).one_or_none()


def find_readable_dist(
    session: Session, principal: Principal, organization: Organization, name: str, reference: str, *, now: datetime
) -> Dist | None:
    """The zip of a commit, also of versions that are gone; for a while also of a package that was removed."""
    packages = readable_packages(principal, organization, today=now.date(), states=WITH_REMOVED)
    is_kept = or_(Package.state != PackageState.REMOVED, Package.removed_at > now - KEPT_AFTER_REMOVAL)
    ids = packages.with_only_columns(Package.id).where(Package.name == name, is_kept)
    query = select(Dist).where(Dist.package_id.in_(ids), Dist.reference == reference)
    return session.scalars(query.order_by(Dist.id.desc()).limit(1)).first()


def list_names(session: Session, principal: Principal, organization: Organization, *, today: date) -> list[str]:
    """The names of all packages that may be read, sorted."""
    query = readable_packages(principal, organization, today=today)
    return list(session.scalars(query.with_only_columns(Package.name).order_by(Package.name)))


def search_packages(
    principal: Principal, organization: Organization, *, words: str, package_type: str, today: date
) -> Select[Package]:
    """The packages whose name or description has all these words."""
    query = readable_packages(principal, organization, today=today)
    if package_type:
        query = query.where(Package.package_type == package_type)
    for word in words.split()[:10]:
        has_word = (column.icontains(word, autoescape=True) for column in (Package.name, Package.description))
        query = query.where(or_(*has_word))
    return query


def list_named_dists(
    session: Session,
    principal: Principal,
    organization: Organization,
    downloads: list[tuple[str, str]],
    *,
    today: date,
) -> list[int]:
    """Ids of the zips of these versions (name, normalized version), as far as they may be read."""
    if not downloads:
        return []
    packages = readable_packages(principal, organization, today=today).with_only_columns(Package.id)
    is_named = or_(*(and_(Package.name == name, Version.normalized == version) for name, version in downloads))
    query = (
        select(Version.dist_id)
        .join(Version.package)
        .where(Version.package_id.in_(packages), Version.dist_id.is_not(None), is_named)
    )
    return sorted({dist_id for dist_id in session.scalars(query) if dist_id is not None})
