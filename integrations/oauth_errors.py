"""What an OAuth error code means for an administrator, and what to do about it. Pure."""

from collections.abc import Mapping

from integrations.errors import Diagnosis, Stage

_WRONG_CLIENT = (
    "The host does not know this application, or the secret is wrong.",
    "Copy the application ID and the secret once more, without spaces. A renewed secret replaces the old one.",
)
_WRONG_REDIRECT = (
    "The redirect address is not the one that the application was given.",
    "Put exactly this callback URL into the application, with the same scheme, host and no slash at the end.",
)
_SCOPE = (
    "The application may not ask for one of the scopes.",
    "Tick every scope of the list in the application at the host, and save it.",
)
_WRONG_KEYS = (
    "The host does not know our keys.",
    "Compare the consumer key and the public key in the application link with those shown here, without spaces.",
)
_CREDENTIALS: Mapping[str, tuple[str, str]] = {
    "invalid_client": _WRONG_CLIENT,
    "unauthorized_client": _WRONG_CLIENT,
    "incorrect_client_credentials": _WRONG_CLIENT,
    "invalid_redirect_uri": _WRONG_REDIRECT,
    "redirect_uri_mismatch": _WRONG_REDIRECT,
    "access_denied": (
        "The login was declined on the host's page.",
        "Start again and choose Authorize. If there is no such choice, an administrator of the host must approve it.",
    ),
    "invalid_grant": (
        "The login took too long, was used twice, or was made for another address.",
        "Start the login again. If it stays like this, compare the callback URL at the host with the one shown here.",
    ),
    "bad_verification_code": (
        "The login took too long, or was used twice.",
        "Start the login again, and do not go back or reload on the way.",
    ),
    "unverified_user_email": (
        "The account has no verified e-mail address at the host.",
        "Open the e-mail settings of the account at the host, verify the primary address, and log in again.",
    ),
    "application_suspended": (
        "The host has suspended the application.",
        "Its owner must ask the host why. Until then, make a new application and store its ID and secret here.",
    ),
    "consumer_key_unknown": _WRONG_KEYS,
    "consumer_key_rejected": _WRONG_KEYS,
    "signature_invalid": _WRONG_KEYS,
    "timestamp_refused": (
        "The clocks of this server and of the host are too far apart.",
        "Set both by a time server (NTP), then start again.",
    ),
    "token_rejected": ("The host does not know this login any more.", "Start the login again."),
    "token_expired": ("The login took too long.", "Start the login again."),
    "permission_denied": (
        "The host did not allow it.",
        "Start again and choose Allow. If it stays like this, an administrator of the host must look at the link.",
    ),
    "invalid_request": (
        "The host did not understand the request.",
        "Check that the chosen platform is the right one, and the callback URL.",
    ),
    "unsupported_response_type": (
        "The host does not offer the authorization code flow to this application.",
        "Create the application as a confidential one.",
    ),
    "unsupported_grant_type": (
        "The host does not offer the authorization code flow to this application.",
        "Create the application as a confidential one.",
    ),
}
_TROUBLE: Mapping[str, tuple[str, str]] = {
    "server_error": ("The host reports an error of its own.", "Try again later; look at the host's log."),
    "temporarily_unavailable": ("The host is overloaded or in maintenance.", "Try again in a few minutes."),
    "slow_down": ("The host asks us to slow down.", "Try again in a few minutes."),
}


def diagnose_oauth_error(code: str, description: str = "") -> Diagnosis:
    """The stage, the meaning and the fix of an OAuth error. `description` is the host's own text, for the detail."""
    detail = f"{code}: {description}" if description else code
    if code in {"invalid_scope", "insufficient_scope"}:
        return Diagnosis(Stage.SCOPES, *_SCOPE, detail)
    if code in _TROUBLE:
        return Diagnosis(Stage.HTTP, *_TROUBLE[code], detail)
    problem, fix = _CREDENTIALS.get(
        code, ("The host refused the login.", "Read the host's own message, and check the application there.")
    )
    return Diagnosis(Stage.CREDENTIALS, problem, fix, detail)
