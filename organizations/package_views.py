"""The packages of an organization: the list, one package, and what can be done with them."""

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_role, current_user, organization_role_required
from composer.jobs import request_update
from composer.packages import PackageNotAddable, add_repository_by_hand, exclude_package
from models import Organization, Package, utc_now
from organizations.access_answers import Line, answer_question
from organizations.access_loading import Question
from organizations.blueprint import blueprint
from organizations.packages import (
    PackageFilter,
    count_packages,
    describe_packages,
    find_repository,
    find_visible_package,
    find_webhook,
    list_versions,
    newest_of,
    package_status,
    recent_updates,
    repositories_without_package,
    select_packages,
)
from organizations.readme import render_readme
from organizations.request_viewer import viewer_of
from organizations.runs import list_synchronizations
from web.database import get_session
from web.inputs import row_id
from web.paging import load_page, requested_page


@blueprint.get("/orgs/<org>/packages")
@organization_role_required(Role.MEMBER)
def packages(organization: Organization) -> ResponseReturnValue:
    """The packages that the person may see; for admins also the repositories that are none."""
    session, viewer, wanted = get_session(), viewer_of(organization), _wanted()
    page = load_page(session, select_packages(viewer, wanted), number=requested_page())
    is_admin = current_role() >= Role.ADMIN
    return render_template(
        "organizations/packages.html",
        organization=organization,
        is_admin=is_admin,
        page=page,
        rows=describe_packages(session, page.rows),
        total=count_packages(session, viewer),
        wanted=wanted,
        synchronizations=list_synchronizations(session, organization_id=organization.id),
        others=repositories_without_package(session, organization_id=organization.id) if is_admin else [],
    )


@blueprint.get("/orgs/<org>/packages/<vendor>/<name>")
@organization_role_required(Role.MEMBER)
def package(organization: Organization, vendor: str, name: str) -> ResponseReturnValue:
    """One package: what it is, its versions, and for admins how it got here and who may read it."""
    session = get_session()
    shown = _package_or_404(organization, vendor, name)
    versions = list_versions(session, shown)
    is_admin = current_role() >= Role.ADMIN
    return render_template(
        "organizations/package.html",
        organization=organization,
        package=shown,
        status_mark=package_status(shown),
        versions=versions,
        newest=newest_of(versions),
        readme=render_readme(shown.readme),
        is_admin=is_admin,
        updates=recent_updates(session, shown) if is_admin else [],
        webhook=find_webhook(session, shown) if is_admin else None,
        readers=_readers(organization, shown) if is_admin else [],
    )


@blueprint.get("/orgs/<org>/packages/<vendor>/<name>/live")
@organization_role_required(Role.MEMBER)
def package_live(organization: Organization, vendor: str, name: str) -> ResponseReturnValue:
    """The state of a package that is being read; the page is shown anew once it was."""
    shown = _package_or_404(organization, vendor, name)
    status_mark = package_status(shown)
    return render_template(
        "organizations/_package_live.html", organization=organization, package=shown, status_mark=status_mark
    )


@blueprint.post("/orgs/<org>/packages/<vendor>/<name>/update")
@organization_role_required(Role.ADMIN)
def update_package(organization: Organization, vendor: str, name: str) -> ResponseReturnValue:
    """Read the repository again now."""
    session, shown = get_session(), _package_or_404(organization, vendor, name)
    actor = current_user.display_name
    request_update(session, package_id=shown.id, reason="button", actor=actor, queue="interactive")
    session.commit()
    flash(f"{shown.name} is being updated. The log below shows what is found.", "success")
    return redirect(_package_url(organization, shown), code=303)


@blueprint.post("/orgs/<org>/packages/<vendor>/<name>/delete")
@organization_role_required(Role.ADMIN)
def delete_package(organization: Organization, vendor: str, name: str) -> ResponseReturnValue:
    """Take a package out; its repository is not added again by itself."""
    session, shown = get_session(), _package_or_404(organization, vendor, name)
    exclude_package(session, package=shown, actor=current_user.display_name, actor_user_id=current_user.id)
    session.commit()
    flash(f"{shown.name} is deleted. Its repository is listed below under “excluded”.", "success")
    return redirect(f"{url_for('organizations.packages', org=organization.short_name)}#others", code=303)


@blueprint.post("/orgs/<org>/repositories/<int:repository_id>/add")
@organization_role_required(Role.ADMIN)
def add_repository(organization: Organization, repository_id: int) -> ResponseReturnValue:
    """Make a package of a repository, also of one that was excluded."""
    session = get_session()
    repository = find_repository(session, organization_id=organization.id, repository_id=repository_id) or abort(404)
    actor = current_user.display_name
    try:
        added = add_repository_by_hand(
            session,
            organization_id=organization.id,
            repository=repository,
            actor=actor,
            actor_user_id=current_user.id,
        )
    except PackageNotAddable as error:
        flash(str(error), "error")
        return redirect(url_for("organizations.packages", org=organization.short_name), code=303)
    request_update(session, package_id=added.id, reason="added by hand", actor=actor, queue="interactive")
    session.commit()
    flash(f"{added.name} is added. Its versions are being read.", "success")
    return redirect(_package_url(organization, added), code=303)


def _wanted() -> PackageFilter:
    return PackageFilter(
        text=request.args.get("text", "").strip(),
        state=request.args.get("state", ""),
        synchronization_id=request.args.get("synchronization", type=row_id),
    )


def _package_or_404(organization: Organization, vendor: str, name: str) -> Package:
    found = find_visible_package(get_session(), viewer_of(organization), f"{vendor}/{name}")
    return found or abort(404)


def _readers(organization: Organization, shown: Package) -> Sequence[Line]:
    question = Question(organization, today=utc_now().date(), package=shown.name)
    return answer_question(get_session(), question).readers


def _package_url(organization: Organization, shown: Package) -> str:
    vendor, _, name = shown.name.partition("/")
    return url_for("organizations.package", org=organization.short_name, vendor=vendor, name=name)
