"""What GitHub says in its own way, beside the status of an answer.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from integrations.answers import Answer, excerpt, retry_time
from integrations.errors import (
    CodeHostError,
    Forbidden,
    IncompleteListing,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
)
from integrations.fields import Json
from integrations.github.scopes import expand_scopes, name_missing, parse_scopes

OFFERS = "/user/memberships/orgs"  # what is offered to choose from may leave out what single sign-on hides
_SECONDARY = ("#abuse-rate-limits", "secondary-rate-limit")
_WAIT = ("secondary rate limit", "abuse detection", "maximum number of login attempts")
_SUSPENDED = ("account was suspended", "installation has been suspended")


@dataclass(slots=True)
class Watch:
    """Looks at every answer: raises what GitHub refuses, and remembers which scopes the token has."""

    now: Callable[[], datetime]
    scopes: frozenset[str] | None = field(default=None)  # None: GitHub did not tell, as for Apps

    def check_rest(self, answer: Answer) -> None:
        """Raise RateLimited, Unauthorized, Forbidden, IncompleteListing or Rejected where the status does not tell."""
        if "x-oauth-scopes" in answer.headers:
            self.scopes = parse_scopes(answer.headers["x-oauth-scopes"])
        _check_single_sign_on(answer)
        if answer.status == 403:
            self._check_forbidden(answer)
        if answer.status in {403, 404}:
            self._check_scopes(answer)
        if answer.status == 422:
            words = _validation_words(answer)
            raise Rejected(f"{answer.request}: 422 {words}", status=422, reason=words)
        if answer.status == 451:
            raise Forbidden(f"{answer.request}: GitHub has blocked this for legal reasons")

    def check_graphql(self, answer: Answer) -> None:
        """The same for GraphQL, which answers 200 whatever happens. Any error means that something may be missing."""
        self.check_rest(answer)
        if answer.is_success:
            errors = answer.error_fields().get("errors")
            if errors:
                raise self._graphql_error(answer, errors if isinstance(errors, list) else [errors])

    def _check_forbidden(self, answer: Answer) -> None:
        words = excerpt(answer)
        told = words.lower()
        documentation = str(answer.error_fields().get("documentation_url") or "")
        if any(text in told for text in _WAIT) or any(mark in documentation for mark in _SECONDARY):
            raise RateLimited(f"{answer.request}: 403 {words}", retry_at=retry_time(answer, self.now()))
        if any(text in told for text in _SUSPENDED):
            raise Unauthorized(f"{answer.request}: 403 {words}")

    def _check_scopes(self, answer: Answer) -> None:
        """GitHub answers 404, too, where a scope is missing. The header lists scopes of which any one would do."""
        accepted = parse_scopes(answer.headers.get("x-accepted-oauth-scopes", ""))
        if not accepted or "x-oauth-scopes" not in answer.headers or accepted & expand_scopes(self.scopes or ()):
            return
        text = f"{answer.request}: {answer.status} {excerpt(answer)}, which may be for want of a scope"
        raise Forbidden(text, missing_scopes=name_missing(accepted))

    def _graphql_error(self, answer: Answer, errors: list[Json]) -> CodeHostError:
        kinds = {_text(error, "type") for error in errors}
        words = "; ".join(dict.fromkeys(_text(error, "message")[:200] for error in errors[:3]))
        message = f"{answer.request}: {words}"
        is_used_up = answer.headers.get("x-ratelimit-remaining") == "0"
        if "RATE_LIMITED" in kinds or is_used_up or "rate limit" in words.lower():
            return RateLimited(message, retry_at=retry_time(answer, self.now()))
        if kinds == {"NOT_FOUND"}:
            return NotFound(message)
        if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
            return Forbidden(message)
        return IncompleteListing(message)


def _check_single_sign_on(answer: Answer) -> None:
    """https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api#personal-access-tokens-and-saml-sso"""
    told = answer.headers.get("x-github-sso", "")
    kind, _, rest = told.partition(";")
    if kind.strip() == "required" and answer.status == 403:
        where = rest.strip().removeprefix("url=")
        raise Forbidden(
            f"{answer.request}: the organization wants a single sign-on for this authorization: open {where} and "
            "authorize it, or connect the account again while signed in there"
        )
    if kind.strip() == "partial-results" and not answer.request.endswith(OFFERS):
        hidden = rest.strip().removeprefix("organizations=")
        raise IncompleteListing(f"{answer.request}: single sign-on hides the organizations {hidden} from this account")


def _validation_words(answer: Answer) -> str:
    fields = answer.error_fields()
    errors = fields.get("errors")
    listed = errors if isinstance(errors, list) else []
    told = (error if isinstance(error, str) else _text(error, "message") for error in listed)
    return "; ".join(filter(None, [excerpt(answer), *told]))[:300]


def _text(value: Json, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
