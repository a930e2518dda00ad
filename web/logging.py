"""Logs: one JSON object per line on standard output, with the request's number and without secrets."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
SECRET_NAMES = re.compile(
    r"(^|[_-])(token|secret|password|passwd|authorization|cookie|verifier|private_key|credential)s?$"
    r"|^(oauth_|setup_|authorization_)?code$",
    re.I,
)
SECRET_TEXTS = (
    re.compile(
        r"\b(?:rpt[uos]_|glpat-|gldt-|glrt-|gloas-|glcbt-|gh[opsur]_|github_pat_|ATATT|ATCTT|ATBB|BBDC-)[\w.=~+/-]+"
    ),
    re.compile(r"\b((?:Bearer|Basic|Token)\s+)[\w.=~+/-]{6,}", re.I),
    re.compile(
        r"\b((?:access_|refresh_|private_|id_|csrf_|job_|deploy_|oauth_|request_)?"
        r"(?:token|code|state|secret|password|verifier|signature)"
        r"|client_secret|oauth_token_secret|code_verifier|(?:__Host-)?rpt(?:_setup)?)((?:\"|')?\s*[=:]\s*(?:\"|')?)[^\s&\"';,}]+",
        re.I,
    ),
    re.compile(r"(\w://)[^\s/@:]*:[^\s/@]*@"),
    re.compile(r"(/hooks/(?:generic/[^/\s]+/)?)[^\s/?\"]{8,}"),
    re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|\Z)", re.S),
    re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]{6,}"),
)
QUIET = ("urllib3", "rq", "werkzeug", "alembic")
FOREIGN = ("gunicorn.error", "gunicorn.access")


def configure_logging(level: str, *, stream: TextIO | None = None) -> None:
    """Send our logs and those of the libraries through the same filters. Call once per process."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                hide_secrets,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in FOREIGN:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask values by the name of their key, and everything that looks like a secret in any text."""
    return {key: _hide(key, value) for key, value in event.items()}


def hide_in_text(text: str) -> str:
    """Mask what looks like a token, a password or a one-time code in a text."""
    tokens, schemes, pairs, userinfo, hooks, keys, signed_words = SECRET_TEXTS
    text = signed_words.sub(HIDDEN, keys.sub(HIDDEN, tokens.sub(HIDDEN, text)))
    text = schemes.sub(rf"\1{HIDDEN}", text)
    text = pairs.sub(rf"\1\2{HIDDEN}", text)
    text = userinfo.sub(rf"\1{HIDDEN}@", text)
    return hooks.sub(rf"\1{HIDDEN}", text)


def _hide(key: str, value: Any) -> Any:
    if SECRET_NAMES.search(key) and value is not None:
        return HIDDEN
    if isinstance(value, str):
        return hide_in_text(value)
    if isinstance(value, Mapping):
        return {str(name): _hide(str(name), item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_hide("", item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return hide_in_text(str(value))
