"""What can go wrong with a code host. Each class says what the caller must do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CodeHostError(Exception):
    """Anything a code host did that we can not use. Catch a subclass to react to it."""


class Unauthorized(CodeHostError):
    """The credential is not accepted (any more): pause and ask for a reconnect."""


class Forbidden(CodeHostError):
    """The credential is valid but may not do this: name the missing scopes or role to the administrator."""

    def __init__(self, message: str, *, missing_scopes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing_scopes = missing_scopes


class NotFound(CodeHostError):
    """The host says that this does not exist, or hides it from the credential. Never read it as "empty"."""


class RateLimited(CodeHostError):
    """Too many requests: end the job and schedule its continuation at `retry_at`."""

    def __init__(self, message: str, *, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class Unavailable(CodeHostError):
    """Network trouble, a timeout or a 5xx answer: retry later; nothing is known about the host's data."""


class IncompleteListing(CodeHostError):
    """A list could not be read to its end or contradicts itself: nothing may be removed because of it."""


class InvalidSignature(CodeHostError):
    """A webhook delivery that does not prove where it comes from: refuse it."""


class UnexpectedResponse(CodeHostError):
    """An answer that is not what the host documents (an HTML page, other JSON): nothing may be concluded from it."""


class Rejected(UnexpectedResponse):
    """The host understood what we sent and does not want it (400, 405, 409, 422): `status` and its own words."""

    def __init__(self, message: str, *, status: int, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class Refused(CodeHostError):
    """Our own outbound rules forbid the address: say which rule and how to allow it."""


class Stage(StrEnum):
    """How far a connection attempt came, in order."""

    ADDRESS = "address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    HTTP = "http"
    PRODUCT = "product"
    VERSION = "version"
    CREDENTIALS = "credentials"
    SCOPES = "scopes"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a connection failed, in words for an administrator: the stage, what happened, and what to do."""

    stage: Stage
    problem: str
    fix: str
    detail: str = ""


class ConnectionFailed(Unavailable):
    """A connection that failed at a known stage. `diagnosis` can be shown to an administrator."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(f"{diagnosis.stage}: {diagnosis.problem}")
        self.diagnosis = diagnosis
