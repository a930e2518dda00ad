"""What a code host answered, and what its status obliges the caller to do. Pure: the time is passed in."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from requests.utils import parse_header_links

from integrations.errors import (
    CodeHostError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)
from integrations.fields import Json, JsonObject
from integrations.request_count import RateBudget

EXCERPT_LENGTH = 200
LONGEST_NUMBER = 18  # digits; nothing that is counted has more
WAIT_WHEN_UNTOLD = timedelta(seconds=60)
LONGEST_WAIT = timedelta(hours=2)
LARGEST_NUMBER = 2**31 - 1  # what a column holds
_SMALLEST_MOMENT = 1_000_000_000  # below it, seconds since 1970 would be long ago
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]+")
_REJECTED = frozenset({400, 405, 406, 409, 410, 412, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. Header names are lower-case; `request` is method and path, without the query."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    is_kept: bool = False  # the host only confirmed what we had, and said nothing new about pages

    @property
    def is_json(self) -> bool:
        """Whether the host says that the body is JSON."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind == "application/json" or kind.endswith("+json")

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return 200 <= self.status < 300

    def json(self) -> Json:
        """The body as JSON. Raises UnexpectedResponse for anything else, such as a login page with status 200."""
        if not self.is_json:
            kind = self.headers.get("content-type", "no content type")[:80]
            raise UnexpectedResponse(f"{self.request}: the host answered {self.status} with {kind} instead of JSON")
        try:
            value: Json = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise UnexpectedResponse(f"{self.request}: the host sent broken JSON") from error
        return value

    def error_fields(self) -> JsonObject:
        """The body of an error answer as an object, empty when it is none. Raises nothing."""
        try:
            value = self.json()
        except UnexpectedResponse:
            return {}
        return value if isinstance(value, dict) else {}

    def next_link(self) -> str | None:
        """The target of `Link: …; rel="next"`."""
        links = parse_header_links(self.headers.get("link", ""))
        return next((link["url"] for link in links if link.get("rel") == "next"), None)

    def number_header(self, name: str) -> int | None:
        """A header that is a whole number; None when it is absent or empty."""
        text = self.headers.get(name, "").strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
            raise UnexpectedResponse(f"{self.request}: the header {name} is not a number")
        return int(text)


def check_answer(answer: Answer, *, now: datetime) -> None:
    """Raise the error that the status calls for; return for 200 to 299."""
    if answer.is_success:
        return
    raise _error_for(answer, now)


def _error_for(answer: Answer, now: datetime) -> CodeHostError:
    words = excerpt(answer)
    message = f"{answer.request}: {answer.status}{' ' + words if words else ''}"
    if is_rate_limited(answer):
        return RateLimited(message, retry_at=retry_time(answer, now))
    if answer.status == 401:
        return Unauthorized(message)
    if answer.status == 403:
        return Forbidden(message, missing_scopes=_missing_scopes(answer))
    if answer.status == 404:
        return NotFound(message)
    if answer.status >= 500 or answer.status == 408:
        return Unavailable(message)
    if answer.status in _REJECTED:
        return Rejected(message, status=answer.status, reason=words)
    if 300 <= answer.status < 400:
        return UnexpectedResponse(f"{message} redirects where we do not follow; correct the base URL")
    return UnexpectedResponse(message)


def is_rate_limited(answer: Answer) -> bool:
    """429, or a 403 that says to come back later."""
    if answer.status == 429:
        return True
    return answer.status == 403 and ("retry-after" in answer.headers or _limit_number(answer, "remaining") == 0)


def rate_budget(answer: Answer, now: datetime) -> RateBudget | None:
    """What an answer says about the rate limit; None when it does not name both limit and rest."""
    limit, remaining = _limit_number(answer, "limit"), _limit_number(answer, "remaining")
    if limit is None or remaining is None:
        return None
    limit = min(limit, LARGEST_NUMBER)
    return RateBudget(limit, min(remaining, limit), _reset_time(answer, now))


def retry_time(answer: Answer, now: datetime) -> datetime:
    """When the host wants to be asked again: `Retry-After`, else the reset time, else in a minute; within bounds."""
    wanted = _retry_after(answer, now) or _reset_time(answer, now) or now + WAIT_WHEN_UNTOLD
    return min(max(wanted, now), now + LONGEST_WAIT)


def excerpt(answer: Answer) -> str:
    """The host's own words about an error: short, in one line, and only from JSON or plain text."""
    if answer.headers.get("content-type", "").startswith("text/plain"):
        return _in_one_line(answer.body[: 4 * EXCERPT_LENGTH].decode("utf-8", "replace"))
    fields = answer.error_fields()
    for name in ("error_description", "message", "error"):
        value = fields.get(name)
        if value:
            return _in_one_line(value if isinstance(value, str) else json.dumps(value))
    return ""


def _in_one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()[:EXCERPT_LENGTH]


def _missing_scopes(answer: Answer) -> tuple[str, ...]:
    fields = answer.error_fields()
    scope = fields.get("scope")
    if fields.get("error") != "insufficient_scope":
        return ()
    return tuple(scope.split()) if isinstance(scope, str) else ()


def _retry_after(answer: Answer, now: datetime) -> datetime | None:
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=min(int(text[:9]), math.floor(LONGEST_WAIT.total_seconds()))), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _reset_time(answer: Answer, now: datetime) -> datetime | None:
    """When the limit starts anew: hosts say it as a moment, or as the seconds until then. Never in the far future."""
    seconds = _limit_number(answer, "reset")
    if seconds is None:
        return None
    if seconds < _SMALLEST_MOMENT:
        return now + min(timedelta(seconds=seconds), LONGEST_WAIT)
    return min(datetime.fromtimestamp(seconds, tz=UTC), now + LONGEST_WAIT)


def _limit_number(answer: Answer, name: str) -> int | None:
    headers = answer.headers
    text = headers.get(f"ratelimit-{name}", headers.get(f"x-ratelimit-{name}", "")).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 11 else None
