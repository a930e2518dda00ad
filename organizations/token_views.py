"""Settings → Tokens: the tokens with which machines read all packages of an organization."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.composer_tokens import LIVES, Holder, create_token, list_tokens, revoke_token
from accounts.forms import TokenForm
from accounts.guards import Role, current_user_row, organization_role_required, recent_login_required
from accounts.snippets import TOKEN_PLACE, Snippet, composer_snippets
from models import Organization, utc_now
from organizations.blueprint import blueprint
from web.database import get_session
from web.login import is_recently_authenticated
from web.runtime import current_runtime


@blueprint.get("/orgs/<org>/settings/tokens")
@organization_role_required(Role.ADMIN)
def tokens(organization: Organization) -> ResponseReturnValue:
    """The organization's tokens, and how to use one."""
    return _page(organization, TokenForm())


@blueprint.post("/orgs/<org>/settings/tokens")
@organization_role_required(Role.ADMIN)
@recent_login_required
def add_token(organization: Organization) -> ResponseReturnValue:
    """Make a token. It is part of this answer and of no other, so this page is not redirected to."""
    session, form = get_session(), TokenForm()
    if not form.validate_on_submit():
        return _page(organization, form), 422
    token = create_token(
        session,
        Holder.whole(organization),
        author=current_user_row(session),
        name=form.name.data.strip(),
        life=LIVES[form.life.data],
        now=utc_now(),
    )
    session.commit()
    snippets = _snippets(organization, token.text)
    return render_template(
        "organizations/token_created.html", organization=organization, token=token, snippets=snippets
    )


@blueprint.post("/orgs/<org>/settings/tokens/<int:token_id>/revoke")
@organization_role_required(Role.ADMIN)
def end_token(organization: Organization, token_id: int) -> ResponseReturnValue:
    """End a token at once."""
    session = get_session()
    user = current_user_row(session)
    name = revoke_token(session, Holder.whole(organization), author=user, token_id=token_id, now=utc_now())
    if name is None:
        abort(404)
    session.commit()
    flash(f"The token “{name}” is revoked: Composer is refused with it from now on.", "success")
    return redirect(url_for("organizations.tokens", org=organization.short_name), code=303)


def _page(organization: Organization, form: TokenForm) -> str:
    return render_template(
        "organizations/tokens.html",
        organization=organization,
        form=form,
        tokens=list_tokens(get_session(), Holder.whole(organization)),
        snippets=_snippets(organization, TOKEN_PLACE),
        is_recent=is_recently_authenticated(),
        now=utc_now(),
    )


def _snippets(organization: Organization, token: str) -> tuple[Snippet, ...]:
    return composer_snippets(current_runtime().settings.base_url, (organization.short_name,), token)
