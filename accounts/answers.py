"""Pages that end a login that did not work: what happened, why, what to do."""

from flask import Response, make_response, render_template, url_for

from accounts.current import current_user
from accounts.identities import LoginRefused, Refusal
from accounts.setup_guard import is_setup_mode, setup_session
from accounts.visits import HostRefused
from integrations.codehost import RemoteAccount
from integrations.errors import Stage
from models import Integration

REFUSALS = {
    Refusal.BLOCKED: (
        "{host} has blocked this account",
        "{login} is blocked, suspended or deactivated at {host}, so it can not be used here either.",
        "Ask an administrator of {host}.",
    ),
    Refusal.DISABLED: (
        "Your account here is switched off",
        "An administrator of this installation has disabled it.",
        "Ask an administrator of this installation.",
    ),
    Refusal.NOT_A_MEMBER: (
        "No organization here uses your account",
        "You are {login} at {host}, but that account is in nothing that is synchronized with this installation.",
        "Ask whoever administers it at {host} to add you. You can log in after the next synchronization.",
    ),
}


def answer_page(
    title: str, text: str, advice: str, *, detail: str = "", status: int = 403, next_url: str = "", label: str = ""
) -> Response:
    """One page with one way on. Nothing of it may be cached or sent on as a referrer."""
    default = "/setup" if is_setup_mode() else url_for("accounts.login")
    page = render_template(
        "accounts/answer.html",
        title=title,
        text=text,
        advice=advice,
        detail=detail,
        next_url=next_url or default,
        label=label or "Start again",
    )
    response = make_response(page, status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def start_again() -> Response:
    """For a callback that can not be used: old, used before, or begun in another browser."""
    return answer_page(
        "This login can not be finished",
        "It was begun in another browser or window, took longer than ten minutes, or was used before.",
        "Nothing has been changed. Start again, and stay in this browser until you are back.",
        status=400,
    )


def login_refused(error: LoginRefused, integration: Integration, account: RemoteAccount) -> Response:
    """For an account that is genuine but may not come in."""
    words = {"host": integration.name, "login": account.login}
    title, text, advice = (part.format(**words) for part in REFUSALS[error.reason])
    return answer_page(title, text, advice, label="Back to the login page")


def host_refused(error: HostRefused, integration: Integration) -> Response:
    """For a host that said no or could not be asked. What exactly is wrong with it is for administrators."""
    diagnosis = error.diagnosis
    is_for_administrator = setup_session() is not None or current_user.is_administrator
    if is_for_administrator or diagnosis.stage in {Stage.CREDENTIALS, Stage.SCOPES}:
        return answer_page(
            f"{integration.name} did not let you in", diagnosis.problem, diagnosis.fix, detail=diagnosis.detail
        )
    return answer_page(
        f"{integration.name} can not be reached",
        "The server of this installation got no usable answer from it.",
        "Try again in a few minutes. If it stays like this, tell an administrator of this installation.",
        status=503,
    )
