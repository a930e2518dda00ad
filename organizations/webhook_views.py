"""Settings → Webhooks: which hooks the hosts call, what came in, and how to make one by hand."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_user, organization_role_required, recent_login_required
from integrations.platform_parts import Page
from integrations.service import platform_of
from models import CredentialKind, Organization, Webhook
from organizations.blueprint import blueprint
from organizations.runs import find_synchronization, list_synchronizations
from organizations.webhooks import STATES, find_hook, group_hooks, recent_deliveries, record_secret_shown
from sync.hooks import hook_url
from sync.jobs import install_webhooks
from web.database import get_session
from web.login import is_recently_authenticated
from web.runtime import current_runtime


@blueprint.get("/orgs/<org>/settings/webhooks")
@organization_role_required(Role.ADMIN)
def webhooks(organization: Organization) -> ResponseReturnValue:
    """State of all hooks, and the newest deliveries."""
    session = get_session()
    synchronizations = list_synchronizations(session, organization_id=organization.id)
    return render_template(
        "organizations/webhooks.html",
        organization=organization,
        groups=group_hooks(session, synchronizations),
        deliveries=recent_deliveries(session, organization_id=organization.id),
        states=STATES,
    )


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/webhooks")
@organization_role_required(Role.ADMIN)
def install_again(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Install what is missing, and repair what differs."""
    session = get_session()
    found = find_synchronization(session, organization_id=organization.id, synchronization_id=synchronization_id)
    if found is None:
        abort(404)
    install_webhooks.enqueue(
        session,
        synchronization_id=found.id,
        organization_id=organization.id,
        actor=current_user.display_name,
        coalesce_key=f"install_webhooks:{found.id}",
        title=f"Install webhooks in {found.remote_path}",
    )
    session.commit()
    flash("The webhooks are being checked. Load this page again in a few seconds.", "info")
    return redirect(url_for("organizations.webhooks", org=organization.short_name), code=303)


@blueprint.get("/orgs/<org>/settings/webhooks/<int:webhook_id>")
@organization_role_required(Role.ADMIN)
def webhook(organization: Organization, webhook_id: int) -> ResponseReturnValue:
    """How to make this hook by hand at the host. That of a GitHub App is told where the App is stored."""
    hook = _hook_or_404(organization, webhook_id)
    credential = hook.synchronization.credential
    if credential is not None and credential.kind is CredentialKind.GITHUB_APP:
        app = url_for("organizations.app_webhook", org=organization.short_name, credential_id=credential.id)
        return redirect(app, code=303)
    return _page(organization, hook, secret="")


@blueprint.post("/orgs/<org>/settings/webhooks/<int:webhook_id>")
@organization_role_required(Role.ADMIN)
@recent_login_required
def show_secret(organization: Organization, webhook_id: int) -> ResponseReturnValue:
    """The same, with the secret: in this answer only."""
    hook, session = _hook_or_404(organization, webhook_id), get_session()
    record_secret_shown(session, hook, actor=current_user.display_name, actor_user_id=current_user.id)
    session.commit()
    return _page(organization, hook, secret=hook.unseal_secret(current_runtime().secret_box))


def _page(organization: Organization, hook: Webhook, *, secret: str) -> str:
    platform, repository = platform_of(hook.synchronization.integration), hook.repository
    page = Page.REPOSITORY_HOOKS if repository else Page.ORGANIZATION_HOOKS
    return render_template(
        "organizations/webhook.html",
        organization=organization,
        hook=hook,
        address=platform.page_url(page, repository.web_url if repository else hook.synchronization.remote_url),
        guide=platform.hook_guide,
        url=hook_url(current_runtime(), hook),
        secret=secret,
        is_recent=is_recently_authenticated(),
        state=STATES[hook.state],
    )


def _hook_or_404(organization: Organization, webhook_id: int) -> Webhook:
    return find_hook(get_session(), organization_id=organization.id, webhook_id=webhook_id) or abort(404)
