"""Stored credentials: add one for a synchronization, use it for others, remove it; the webhook of a GitHub App."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from accounts.guards import Role, current_user_row, organization_role_required, recent_login_required
from integrations.service import platform_of, stored_kind
from integrations.stored_kinds import StoredKind
from models import AppHook, Credential, CredentialKind, Organization, Synchronization
from organizations.blueprint import blueprint
from organizations.credential_form import CredentialForm, credential_form, forget_secret, pasted_from
from organizations.credential_store import (
    StillUsed,
    find_app_hook,
    find_stored,
    record_secret_shown,
    remove_credential,
    store_credential,
)
from organizations.credential_trial import NotAccepted, try_pasted, try_stored
from organizations.settings import use_credential
from sync.app_hooks import app_hook_url, ensure_follower_hook
from web.database import close_session, get_session
from web.limits import check_limit
from web.login import is_recently_authenticated
from web.runtime import current_runtime

TRIALS_PER_MINUTE = 20


@blueprint.get("/orgs/<org>/synchronizations/<int:synchronization_id>/credential/new")
@organization_role_required(Role.ADMIN)
def new_credential(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Which kinds there are at this host, and the form for the chosen one."""
    synchronization = _synchronization_or_404(organization, synchronization_id)
    kind = _kind_or_404(synchronization)
    return _form_page(organization, synchronization, kind, credential_form(kind))


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/credential/new")
@organization_role_required(Role.ADMIN)
@recent_login_required
def add_credential(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Try what was pasted at the host; keep and use it only if it can do the work."""
    synchronization = _synchronization_or_404(organization, synchronization_id)
    kind = _kind_or_404(synchronization)
    form = credential_form(kind)
    if not form.validate_on_submit():
        return _form_page(organization, synchronization, kind, form), 422
    check_limit("try_credential", limit=TRIALS_PER_MINUTE)
    close_session()  # the host takes its time: no transaction is open meanwhile
    try:
        pasted = pasted_from(form, synchronization.integration, kind)
        accepted = try_pasted(current_runtime(), pasted, synchronization)
    except NotAccepted as error:
        form.secret.errors = [str(error)]
        return _form_page(organization, synchronization, kind, form), 422
    session, box = get_session(), current_runtime().secret_box
    user = current_user_row(session)
    owner = session.get_one(Organization, organization.id)
    credential = store_credential(session, box, organization=owner, accepted=accepted, user=user)
    return _use(organization, synchronization.id, credential)


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/credential/<int:credential_id>")
@organization_role_required(Role.ADMIN)
def use_stored(organization: Organization, synchronization_id: int, credential_id: int) -> ResponseReturnValue:
    """Let a synchronization use a stored credential, after asking the host whether it can do the work."""
    synchronization = _synchronization_or_404(organization, synchronization_id)
    credential = _credential_or_404(organization, credential_id)
    kind = stored_kind(credential.integration, credential.kind)
    if kind is None or credential.integration_id != synchronization.integration_id:
        abort(404)
    close_session()
    try:
        try_stored(current_runtime(), credential.id, kind, credential.name, synchronization)
    except NotAccepted as error:
        flash(str(error), "error")
        return _back(organization)
    return _use(organization, synchronization.id, get_session().get_one(Credential, credential.id))


@blueprint.post("/orgs/<org>/settings/credentials/<int:credential_id>/remove")
@organization_role_required(Role.ADMIN)
@recent_login_required
def remove_stored(organization: Organization, credential_id: int) -> ResponseReturnValue:
    """Erase a credential that nothing uses any more."""
    session, credential = get_session(), _credential_or_404(organization, credential_id)
    try:
        remove_credential(session, current_runtime().secret_box, credential, user=current_user_row(session))
    except StillUsed as error:
        flash(f"{error} still uses it. Choose another account or credential there first.", "error")
        return _back(organization)
    session.commit()
    flash(f"“{credential.name}” is removed here. Revoke it at the host as well.", "success")
    return _back(organization)


@blueprint.get("/orgs/<org>/settings/credentials/<int:credential_id>/webhook")
@organization_role_required(Role.ADMIN)
def app_webhook(organization: Organization, credential_id: int) -> ResponseReturnValue:
    """What to enter as the webhook of a GitHub App."""
    credential = _credential_or_404(organization, credential_id)
    return _hook_page(organization, credential, _app_hook_or_404(credential), secret="")


@blueprint.post("/orgs/<org>/settings/credentials/<int:credential_id>/webhook")
@organization_role_required(Role.ADMIN)
@recent_login_required
def show_app_secret(organization: Organization, credential_id: int) -> ResponseReturnValue:
    """The same, with the secret: in this answer only."""
    session, credential = get_session(), _credential_or_404(organization, credential_id)
    hook = _app_hook_or_404(credential)
    record_secret_shown(session, credential, user=current_user_row(session))
    session.commit()
    return _hook_page(organization, credential, hook, secret=hook.unseal_secret(current_runtime().secret_box))


def _use(organization: Organization, synchronization_id: int, credential: Credential) -> ResponseReturnValue:
    session = get_session()
    synchronization = session.get_one(Synchronization, synchronization_id)
    use_credential(session, synchronization, credential, user=current_user_row(session))
    if credential.kind is CredentialKind.GITHUB_APP:
        box = current_runtime().secret_box
        ensure_follower_hook(session, box, synchronization_id=synchronization.id)
    session.commit()
    flash(f"{synchronization.remote_path} now uses “{credential.name}”. A run is starting.", "success")
    if credential.kind is CredentialKind.GITHUB_APP:
        return redirect(url_for(".app_webhook", org=organization.short_name, credential_id=credential.id), code=303)
    return _back(organization)


def _form_page(
    organization: Organization, synchronization: Synchronization, kind: StoredKind, form: CredentialForm
) -> str:
    forget_secret(form)
    return render_template(
        "organizations/credential_new.html",
        organization=organization,
        synchronization=synchronization,
        kinds=platform_of(synchronization.integration).stored_kinds,
        kind=kind,
        form=form,
        is_recent=is_recently_authenticated(),
    )


def _hook_page(organization: Organization, credential: Credential, hook: AppHook, *, secret: str) -> str:
    return render_template(
        "organizations/credential_webhook.html",
        organization=organization,
        credential=credential,
        hook=hook,
        url=app_hook_url(current_runtime(), hook),
        secret=secret,
        is_recent=is_recently_authenticated(),
    )


def _back(organization: Organization) -> ResponseReturnValue:
    return redirect(url_for(".credentials", org=organization.short_name), code=303)


def _synchronization_or_404(organization: Organization, synchronization_id: int) -> Synchronization:
    found = get_session().get(Synchronization, synchronization_id, options=[joinedload(Synchronization.integration)])
    if found is None or found.organization_id != organization.id:
        abort(404)
    return found


def _kind_or_404(synchronization: Synchronization) -> StoredKind:
    """The kind that the address names; the first of the platform when it names none."""
    kinds = platform_of(synchronization.integration).stored_kinds
    wanted = request.args.get("kind", kinds[0].key if kinds else "")
    return stored_kind(synchronization.integration, wanted) or abort(404)


def _credential_or_404(organization: Organization, credential_id: int) -> Credential:
    return find_stored(get_session(), organization_id=organization.id, credential_id=credential_id) or abort(404)


def _app_hook_or_404(credential: Credential) -> AppHook:
    return find_app_hook(get_session(), credential) or abort(404)
