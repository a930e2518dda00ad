"""Personal Composer tokens: the page that makes, explains and revokes them."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts import composer_tokens
from accounts.blueprint import blueprint
from accounts.composer_tokens import LIVES, Holder
from accounts.current import current_user, current_user_row
from accounts.forms import TokenForm
from accounts.guards import login_required, recent_login_required
from accounts.snippets import TOKEN_PLACE, Snippet, composer_snippets
from composer.access import list_organizations
from models import utc_now
from web.database import get_session
from web.login import is_recently_authenticated
from web.runtime import current_runtime


@blueprint.get("/profile/tokens")
@login_required
def tokens() -> ResponseReturnValue:
    """My tokens, and how to use one."""
    return _tokens_page(TokenForm(), status=200)


@blueprint.post("/profile/tokens")
@login_required
@recent_login_required
def create_token() -> ResponseReturnValue:
    """Make a token. It is part of this answer and of no other, so this page is not redirected to."""
    session, form = get_session(), TokenForm()
    if not form.validate_on_submit():
        return _tokens_page(form, status=422)
    user, life = current_user_row(session), LIVES[form.life.data]
    token = composer_tokens.create_token(
        session, Holder.person(user), author=user, name=form.name.data.strip(), life=life, now=utc_now()
    )
    session.commit()
    return render_template("accounts/token_created.html", token=token, snippets=_snippets(token.text))


@blueprint.post("/profile/tokens/<int:token_id>/revoke")
@login_required
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End a token at once."""
    session = get_session()
    user = current_user_row(session)
    name = composer_tokens.revoke_token(session, Holder.person(user), author=user, token_id=token_id, now=utc_now())
    if name is None:
        abort(404)
    session.commit()
    flash(f"The token “{name}” is revoked: Composer is refused with it from now on.", "success")
    return redirect(url_for("accounts.tokens"), code=303)


def _tokens_page(form: TokenForm, *, status: int) -> tuple[str, int]:
    page = render_template(
        "accounts/tokens.html",
        form=form,
        tokens=composer_tokens.list_tokens(get_session(), Holder(user_id=current_user.id)),
        snippets=_snippets(TOKEN_PLACE),
        is_recent=is_recently_authenticated(),
        now=utc_now(),
        cache_seconds=current_runtime().settings.auth_cache_seconds,
    )
    return page, status


def _snippets(token: str) -> tuple[Snippet, ...]:
    organizations = list_organizations(get_session(), user_id=current_user.id, today=utc_now().date())
    names = tuple(organization.short_name for organization in organizations)
    return composer_snippets(current_runtime().settings.base_url, names, token)
