"""What is remembered of each answered request."""

from dataclasses import dataclass, field

KEPT_BODY = 1 << 20  # bytes of one body that are kept
READABLE = ("application/json", "application/x-www-form-urlencoded", "text/plain", "text/html")


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One answered request. The query never holds a credential; bodies may, so they are not shown.

    `template` is the path with the names of its variable parts. Bodies are empty where they are not text, and once a
    fake has kept very many: observers always get them.
    """

    method: str
    path: str
    template: str
    query: dict[str, str]
    status: int
    request_body: bytes = field(default=b"", repr=False)
    response_body: bytes = field(default=b"", repr=False)
    response_headers: dict[str, str] = field(default_factory=dict, repr=False)
    agent: str = ""  # how the client names itself
    is_spoilt: bool = False  # by a rule of the test

    @property
    def weight(self) -> int:
        """Bytes that are kept of its bodies."""
        return len(self.request_body) + len(self.response_body)


def bounded(body: bytes, mimetype: str) -> bytes:
    """What of a body is remembered: its beginning, and nothing of what is not text."""
    is_readable = mimetype in READABLE or mimetype.endswith("+json")
    return body[:KEPT_BODY] if is_readable else b""
