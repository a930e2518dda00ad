"""What Bitbucket means by its answers: 401 in four senses, 404 in two forms, and strangers served in silence.

An answer names the exception of the server that it comes from. The header X-AUSERNAME says who is logged in; a
credential that is no good any more can also turn us into a stranger who is shown public things only.
"""

from integrations.answers import Answer, is_rate_limited
from integrations.errors import (
    CodeHostError,
    Forbidden,
    NotFound,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)
from integrations.fields import JsonObject

WHO = "x-ausername"
_NOBODY = frozenset({"", "anonymous"})
_PERMISSION_MISSING = "AuthorisationException"
_DENIED = "x-authentication-denied-reason"
_DEAD = frozenset(
    {"AuthenticationRequiredException", "IncorrectPasswordAuthenticationException", "NoAccessAuthenticationException"}
)
_ONCE_MORE = ("timestamp_refused", "nonce_used")  # of OAuth 1: the next signature can be right
_REJECTED = frozenset({400, 405, 406, 409, 412, 413, 415, 422})
_LONGEST_WORDS = 200


class NoSuch(NotFound):
    """Bitbucket names what does not exist: `kind` is "Project", "Repository", "Path", "Commit" and the like."""

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class UnknownEndpoint(NotFound):
    """This version of Bitbucket has no such address in its API."""


class Caller:
    """Who the host takes us for, as its last answer said."""

    def __init__(self) -> None:
        self.name = ""

    def check(self, answer: Answer) -> None:
        """Raise what Bitbucket says in its own way; remember who we are. Never lets a stranger's answer through."""
        if is_rate_limited(answer):
            return
        name = answer.headers.get(WHO, "")
        is_nobody = name.lower() in _NOBODY
        if answer.is_success and is_nobody:
            raise _stranger(answer)
        error = _error_for(answer, is_nobody=is_nobody)
        if error is not None:
            raise error
        self.name = self.name if is_nobody else name


def _stranger(answer: Answer) -> CodeHostError:
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/html"):
        return UnexpectedResponse(f"{answer.request}: the host answered with a page, not as an API")
    return Unauthorized(
        f"{answer.request}: Bitbucket does not know who we are any more and shows only what is public. "
        "If the credential is good, a proxy removes the header X-AUSERNAME."
    )


def _error_for(answer: Answer, *, is_nobody: bool) -> CodeHostError | None:
    """The error that a client's mistake stands for; None for what the status alone says."""
    exception, words = _first_error(answer)
    message = f"{answer.request}: {answer.status}{' ' + words if words else ''}"
    if _DENIED in answer.headers and answer.status in {401, 403}:
        return Unauthorized(f"{message} (Bitbucket wants a CAPTCHA solved: log in to its web page once)")
    if answer.status == 401 and any(word in answer.headers.get("www-authenticate", "") for word in _ONCE_MORE):
        return Unavailable(f"{message}: Bitbucket did not take the signature; do its clock and ours agree?")
    if answer.status == 401 and exception:
        return _unauthorized(exception, message, is_nobody=is_nobody)
    if answer.status == 403:
        return Forbidden(message)
    if answer.status == 404:
        return _not_found(answer, exception, message, is_nobody=is_nobody)
    return Rejected(message, status=answer.status, reason=words) if answer.status in _REJECTED else None


def _unauthorized(exception: str, message: str, *, is_nobody: bool) -> CodeHostError:
    """Only some of these mean that the credential is dead."""
    if exception == _PERMISSION_MISSING and not is_nobody:
        return Forbidden(message)
    if exception in _DEAD or exception == _PERMISSION_MISSING:
        return Unauthorized(message)
    return UnexpectedResponse(f"{message} ({exception})")


def _not_found(answer: Answer, exception: str, message: str, *, is_nobody: bool) -> CodeHostError:
    if exception and is_nobody:
        return _stranger(answer)
    if exception:
        return NoSuch(message, kind=exception.removesuffix("Exception").removeprefix("NoSuch"))
    if "status-code" in answer.error_fields():
        return UnknownEndpoint(message)
    return NotFound(message)


def _first_error(answer: Answer) -> tuple[str, str]:
    """The exception without its package, and the server's words; both can be missing."""
    if answer.is_success:
        return "", ""
    fields = answer.error_fields()
    errors = fields.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    row: JsonObject = first if isinstance(first, dict) else fields
    name, words = row.get("exceptionName"), row.get("message")
    exception = name.rpartition(".")[2] if isinstance(name, str) else ""
    return exception, " ".join(words.split())[:_LONGEST_WORDS] if isinstance(words, str) else ""
