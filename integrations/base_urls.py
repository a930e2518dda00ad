"""Turn what an administrator pastes into a base URL, and say what was changed. Pure."""

import re
from urllib.parse import urlsplit, urlunsplit

from integrations.errors import ConnectionFailed, Diagnosis, Refused, Stage
from integrations.platform_parts import CorrectedUrl
from integrations.urls import parse_url

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def correct_base_url(text: str, *, pages: re.Pattern[str], product: str) -> CorrectedUrl:
    """The base URL in what was pasted. `pages` finds where the product's own pages begin; a context path is kept.

    Raises ConnectionFailed at the stage "address" for what can not be a base URL.
    """
    advice: list[str] = []
    address = text.strip()
    if not _SCHEME.match(address):
        address = f"https://{address.lstrip('/')}"
        advice.append("https:// was added.")
    try:
        url = parse_url(_without_query(address, advice))
    except Refused as error:
        raise ConnectionFailed(_diagnose(str(error))) from error
    if url.scheme == "ssh":
        raise ConnectionFailed(_diagnose("the address must begin with https://"))
    path = _context_path(url.path, pages, advice)
    if path:
        advice.append(f"The path {path} was kept: right if {product} is installed below it, otherwise remove it.")
    if url.scheme == "http":
        advice.append(
            f"http sends passwords unprotected: use https if {product} has it. Otherwise {url.host}:{url.port} "
            "must be listed in OUTBOUND_ALLOW."
        )
    return CorrectedUrl(f"{url.origin}{path}", tuple(advice))


def _without_query(address: str, advice: list[str]) -> str:
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise Refused("the address is malformed") from error
    if parts.query or parts.fragment:
        advice.append("Everything from ? or # on was removed.")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _context_path(path: str, pages: re.Pattern[str], advice: list[str]) -> str:
    found = pages.search(path)
    if found is not None:
        advice.append(f"{path[found.start() :]} was removed: the base URL is what all pages have in common.")
        path = path[: found.start()]
    return path.rstrip("/")


def _diagnose(problem: str) -> Diagnosis:
    text = problem[:1].upper() + problem[1:]
    return Diagnosis(Stage.ADDRESS, f"{text}.", "Paste the address of the start page, such as https://git.example.com.")
