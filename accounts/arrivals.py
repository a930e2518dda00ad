"""What each kind of visit to a code host leads to, once it is proved who came back. Each ends with a redirect."""

from collections.abc import Callable
from typing import TypeVar

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.answers import answer_page, login_refused
from accounts.callback import Arrival, Proof, StaleFlow
from accounts.claim import NoLongerAdmitted, NotTheChosenAdministrator, check_still_admitted, claim_administration
from accounts.current import current_user
from accounts.grants import keep_login, store_grant
from accounts.identities import (
    LoginRefused,
    Refusal,
    block_identity,
    describe,
    find_identity,
    refresh_identity,
    sign_in,
)
from accounts.notes import PendingLink, leave_pending_link
from accounts.setup_guard import note_setup_completed
from accounts.setup_state import SetupAlreadyCompleted
from config.failpoints import failpoint
from integrations.service import platform_of
from models import Identity, Integration, record_audit, utc_now
from sync.own_jobs import is_asking_people, request_own_access_at_login
from sync.person_jobs import request_person_at_login
from web.login import confirm_identity, log_in
from web.redirects import safe_next
from web.runtime import current_runtime

Result = TypeVar("Result")


def finish_login(arrival: Arrival, proof: Proof) -> ResponseReturnValue:
    """Log the person in, and claim what was granted to the account before."""

    def work(session: Session) -> None:
        identity = sign_in(session, integration=_integration(session, arrival), account=proof.account, now=utc_now())
        record_audit(
            session,
            actor=proof.account.login,
            actor_user_id=identity.user_id,
            action="logged_in",
            target=describe(identity),
        )
        assert identity.user_id is not None
        log_in(session, user_id=identity.user_id, identity_id=identity.id)
        _follow_login(session, identity, proof)

    try:
        _write(work)
    except LoginRefused as error:
        _note_refusal(error, arrival, proof)
        return login_refused(error, arrival.integration, proof.account)
    return redirect(safe_next(arrival.flow.next_path), code=303)


def _follow_login(session: Session, identity: Identity, proof: Proof) -> None:
    """Look at once for what this account may read."""
    if _may_tell_access(session, identity, proof):
        box = current_runtime().secret_box
        keep_login(session, box, identity=identity, tokens=proof.tokens, scopes=proof.granted, now=utc_now())
    request_person_at_login(session, identity_id=identity.id, account_id=identity.remote_id)
    request_own_access_at_login(session, identity_id=identity.id)


def _may_tell_access(session: Session, identity: Identity, proof: Proof) -> bool:
    """Whether this login's token is needed to know what the account may read, and may be used for it."""
    platform = platform_of(identity.integration)
    wanted = platform.own_access_scopes
    if not wanted or platform.missing_scopes(wanted, proof.granted):
        return False
    return is_asking_people(session, integration_id=identity.integration_id)


def finish_claim(arrival: Arrival, proof: Proof) -> ResponseReturnValue:
    """Make the person administrator, end Setup Mode and log them in, in one transaction. Raises StaleFlow."""
    settings = current_runtime().settings

    def work(session: Session) -> None:
        check_still_admitted(session, arrival.flow.setup_session_id)
        identity = claim_administration(
            session,
            integration=_integration(session, arrival),
            account=proof.account,
            chosen=settings.setup_admin,
            now=utc_now(),
        )
        assert identity.user_id is not None
        log_in(session, user_id=identity.user_id, identity_id=identity.id)
        failpoint(settings.failpoints, "claim_before_commit")

    try:
        _write(work)
    except SetupAlreadyCompleted:
        return answer_page(
            "Somebody else became administrator",
            "Setup Mode has ended while you were logging in.",
            "Log in as usual. The administrators can make you one of them.",
            status=409,
            next_url="/login",
            label="Log in",
        )
    except NoLongerAdmitted as error:
        raise StaleFlow from error
    except NotTheChosenAdministrator:
        return answer_page(
            "This account may not become the administrator",
            f"The installation names {settings.setup_admin} as its first administrator (REPERTORY_SETUP_ADMIN). This "
            f"account is {proof.account.login}, and its id at the host {proof.account.remote_id}.",
            "Log in with that account, or change the setting on the server.",
        )
    except LoginRefused as error:
        return login_refused(error, arrival.integration, proof.account)
    note_setup_completed()
    flash("You are the administrator of this installation. Setup Mode has ended.", "success")
    return redirect(safe_next(arrival.flow.next_path), code=303)


def finish_confirmation(arrival: Arrival, proof: Proof) -> ResponseReturnValue:
    """Note that the person has just proved who they are."""

    def work(session: Session) -> bool:
        identity = _own_identity(session, arrival, proof)
        if identity is not None:
            confirm_identity(session)
        return identity is not None

    if not _write(work):
        return _other_account(arrival, proof)
    return redirect(safe_next(arrival.flow.next_path), code=303)


def finish_link(arrival: Arrival, proof: Proof) -> ResponseReturnValue:
    """Ask for the person's word before the account is connected: the visit itself proves no intention."""
    with current_runtime().database.write() as session:
        identity = find_identity(session, integration_id=arrival.integration.id, remote_id=proof.account.remote_id)
        owner_id = identity.user_id if identity else None
    if owner_id == current_user.id:
        flash(f"{proof.account.login} at {arrival.integration.name} is connected already.", "info")
        return redirect(url_for("accounts.profile"), code=303)
    if owner_id is not None:
        return account_taken(arrival.integration, proof.account.login)
    link = PendingLink(arrival.integration.id, proof.account, arrival.flow.next_path)
    leave_pending_link(link, now=utc_now())
    return redirect(url_for("accounts.connect"), code=303)


def finish_authorization(arrival: Arrival, proof: Proof) -> ResponseReturnValue:
    """Keep what the person has allowed us to do in their name. An account that is not connected yet is that first."""

    def work(session: Session) -> bool:
        identity = _own_identity(session, arrival, proof)
        if identity is None:
            return False
        refresh_identity(session, identity, proof.account)
        box = current_runtime().secret_box
        store_grant(session, box, identity=identity, tokens=proof.tokens, scopes=proof.granted, now=utc_now())
        return True

    if not _write(work):
        return finish_link(arrival, proof)
    if proof.missing:
        flash(
            f"{arrival.integration.name} did not grant {', '.join(proof.missing)}. "
            "Tick these scopes in the application there, and allow access once more.",
            "warning",
        )
    return redirect(safe_next(arrival.flow.next_path), code=303)


def account_taken(integration: Integration, login: str) -> ResponseReturnValue:
    """For an account that belongs to another person here. Nobody is named."""
    return answer_page(
        "This account is connected to somebody else",
        f"{login} at {integration.name} already belongs to another person of this installation.",
        "If both are you, log out and log in with that account; disconnect it there before you connect it here.",
        status=409,
        next_url=url_for("accounts.profile"),
        label="Back to the profile",
    )


def _write(work: Callable[[Session], Result]) -> Result:
    """Do it in one transaction; once more when another request has stored the same account at the same moment."""
    database = current_runtime().database
    try:
        with database.write() as session:
            return work(session)
    except IntegrityError:
        with database.write() as session:
            return work(session)


def _integration(session: Session, arrival: Arrival) -> Integration:
    return session.get_one(Integration, arrival.integration.id)


def _own_identity(session: Session, arrival: Arrival, proof: Proof) -> Identity | None:
    identity = find_identity(session, integration_id=arrival.integration.id, remote_id=proof.account.remote_id)
    return identity if identity is not None and identity.user_id == current_user.id else None


def _note_refusal(error: LoginRefused, arrival: Arrival, proof: Proof) -> None:
    if error.reason is Refusal.BLOCKED:
        with current_runtime().database.write() as session:
            block_identity(session, integration_id=arrival.integration.id, remote_id=proof.account.remote_id)


def _other_account(arrival: Arrival, proof: Proof) -> ResponseReturnValue:
    return answer_page(
        "That is another account",
        f"At {arrival.integration.name} you are logged in as {proof.account.login}, which is not yours here.",
        f"Log out at {arrival.integration.name}, or choose another of your connected accounts.",
        next_url=url_for("accounts.confirm_login"),
    )
