"""What Bitbucket Cloud says when something went wrong, in its own form: `{"type": "error", "error": {…}}`."""

from collections.abc import Callable
from datetime import datetime, timedelta

from integrations.answers import EXCERPT_LENGTH, Answer
from integrations.errors import CodeHostError, Forbidden, NotFound, RateLimited, Rejected, UnexpectedResponse
from integrations.fields import Json, JsonObject

SHORTEST_BREAK, LONGEST_BREAK = 300.0, 900.0  # seconds; the limits are of a rolling hour, and no answer tells the rest
REJECTED = frozenset({400, 405, 409, 413, 415, 422})
NO_SUCH_FILE = "No such file or directory"


class Removed(UnexpectedResponse):
    """Atlassian has removed this part of the API for good, and says where that was announced."""


def answer_check(now: Callable[[], datetime], jitter: Callable[[float, float], float]) -> Callable[[Answer], None]:
    """The `check` of an `HttpClient` for Bitbucket Cloud."""

    def check(answer: Answer) -> None:
        if answer.is_success:
            return
        if answer.status == 429 and "retry-after" not in answer.headers:
            wait = timedelta(seconds=jitter(SHORTEST_BREAK, LONGEST_BREAK))
            raise RateLimited(_message(answer, host_words(answer)), retry_at=now() + wait)
        error = _error_for(answer)
        if error is not None:
            raise error

    return check


def host_words(answer: Answer) -> str:
    """The message, the detail and the fields that an error names, in one line."""
    error = _error(answer)
    fields = error.get("fields")
    parts = [error.get("message"), error.get("detail"), *(_field_words(fields) if isinstance(fields, dict) else ())]
    return " ".join(" ".join(part.split()) for part in parts if isinstance(part, str) and part)[:EXCERPT_LENGTH]


def _error_for(answer: Answer) -> CodeHostError | None:
    """What the answer means; None when its form is not Bitbucket's, so that only the status can be judged."""
    words = host_words(answer)
    if answer.status == 410:
        return Removed(_message(answer, f"{words} {_announcement(answer)}".strip()))
    if not words:
        return None
    if answer.status == 403:
        return Forbidden(_message(answer, words), missing_scopes=_missing_scopes(answer))
    if answer.status == 404:
        return NotFound(_message(answer, words))
    if answer.status in REJECTED:
        return Rejected(_message(answer, words), status=answer.status, reason=words)
    return None


def _missing_scopes(answer: Answer) -> tuple[str, ...]:
    detail = _error(answer).get("detail")
    if not isinstance(detail, dict):
        return ()
    granted = set(_texts(detail.get("granted")))
    return tuple(scope for scope in _texts(detail.get("required")) if scope not in granted)


def _announcement(answer: Answer) -> str:
    data = _error(answer).get("data")
    address = data.get("announcement_url") if isinstance(data, dict) else None
    return address if isinstance(address, str) else ""


def _error(answer: Answer) -> JsonObject:
    error = answer.error_fields().get("error")
    return error if isinstance(error, dict) else {}


def _field_words(fields: JsonObject) -> list[str]:
    return [f"{name}: {' '.join(_texts(value)) or value}" for name, value in fields.items()]


def _texts(value: Json | None) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _message(answer: Answer, words: str) -> str:
    return f"{answer.request}: {answer.status}{' ' + words if words else ''}"
