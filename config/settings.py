"""What an administrator sets outside the product. Every value is checked once, at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from config.parsing import SettingsError, parse_hosts, parse_keys, parse_number

__all__ = ["Settings", "SettingsError", "SetupAccess"]

LOG_LEVELS = ("debug", "info", "warning", "error")
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class SetupAccess(StrEnum):
    """Who may use Setup Mode: holders of the setup code, or (isolated networks only) everybody for an hour."""

    CODE = "code"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Settings:
    """All deployment settings. Build it with `from_env()`; tests use `dataclasses.replace`."""

    base_url: str
    bind: str
    data_dir: Path
    database_url: str
    redis_url: str
    secrets_keys: tuple[str, ...] = field(repr=False)  # newest first; empty: the key file in data_dir is used
    setup_access: SetupAccess = SetupAccess.CODE
    setup_admin: str = ""
    auth_cache_seconds: int = 5
    outbound_allow: tuple[str, ...] = ()
    outbound_ca_file: Path | None = None
    outbound_proxy: str = field(default="", repr=False)
    trusted_proxy_hops: int = 0
    log_level: str = "info"
    failpoints: str = ""  # for crash tests only: "name=seed,…"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment. Raises SettingsError with one sentence that says what to change."""
        env = os.environ if environ is None else environ
        data_dir = Path(env.get("REPERTORY_DATA_DIR") or "var").absolute()
        return cls(
            base_url=_base_url(env),
            bind=_bind(env),
            data_dir=data_dir,
            database_url=env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'repertory.sqlite3'}",
            redis_url=env.get("REDIS_URL") or "",
            secrets_keys=_secrets_keys(env),
            setup_access=_setup_access(env),
            setup_admin=_setup_admin(env),
            auth_cache_seconds=parse_number(env, "REPERTORY_AUTH_CACHE_SECONDS", default=5, low=0, high=300),
            outbound_allow=parse_hosts(env, "OUTBOUND_ALLOW"),
            outbound_ca_file=_existing_file(env, "OUTBOUND_CA_FILE"),
            outbound_proxy=_proxy(env),
            trusted_proxy_hops=parse_number(env, "REPERTORY_TRUSTED_PROXY_HOPS", default=0, low=0, high=10),
            log_level=_log_level(env),
            failpoints=env.get("REPERTORY_FAILPOINTS", ""),
        )

    @property
    def base(self) -> SplitResult:
        """The base URL in parts."""
        return urlsplit(self.base_url)

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us over https: decides about cookie names and HSTS."""
        return self.base.scheme == "https"

    @property
    def is_loopback_base(self) -> bool:
        """Whether the base URL names this very machine."""
        return is_loopback_host(self.base.hostname or "")

    @property
    def is_loopback_bind(self) -> bool:
        """Whether the server listens on loopback only."""
        return is_loopback_host(self.bind.rpartition(":")[0].strip("[]"))


def is_loopback_host(host: str) -> bool:
    """Whether a host name or address means this machine (`localhost`, 127.0.0.0/8, `::1`)."""
    return host in LOOPBACK_HOSTS or (host.startswith("127.") and host.count(".") == 3)


def _base_url(env: Mapping[str, str]) -> str:
    text = (env.get("REPERTORY_BASE_URL") or "http://localhost:8000").rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise SettingsError(
            f"REPERTORY_BASE_URL is {text!r}, which is not an address: write it as https://packages.example.com"
        )
    if parts.path or parts.query or parts.fragment:
        raise SettingsError(
            f"REPERTORY_BASE_URL is {text!r}: leave out everything after the host and port; a path is not supported"
        )
    if parts.scheme == "http" and not is_loopback_host(parts.hostname):
        raise SettingsError(
            f"REPERTORY_BASE_URL is {text!r}: passwords and tokens would cross the network unprotected; use https "
            "(put a TLS proxy in front), or localhost to try the product on this machine"
        )
    return text.lower()


def _bind(env: Mapping[str, str]) -> str:
    text = env.get("REPERTORY_BIND") or "127.0.0.1:8000"
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(f"REPERTORY_BIND is {text!r}: write it as ADDRESS:PORT, for example 127.0.0.1:8000")
    return text


def _secrets_keys(env: Mapping[str, str]) -> tuple[str, ...]:
    inline, file_name = env.get("REPERTORY_SECRETS_KEYS", ""), env.get("REPERTORY_SECRETS_KEYS_FILE", "")
    if inline and file_name:
        raise SettingsError("REPERTORY_SECRETS_KEYS and REPERTORY_SECRETS_KEYS_FILE are both set: keep one of them")
    if not file_name:
        return parse_keys(inline, "REPERTORY_SECRETS_KEYS")
    path = _existing_file(env, "REPERTORY_SECRETS_KEYS_FILE")
    if path is None:
        return ()
    return parse_keys(path.read_text(encoding="ascii"), "REPERTORY_SECRETS_KEYS_FILE")


def _setup_access(env: Mapping[str, str]) -> SetupAccess:
    text = env.get("REPERTORY_SETUP_ACCESS") or "code"
    if text not in set(SetupAccess):
        raise SettingsError(f"REPERTORY_SETUP_ACCESS is {text!r}: it can be 'code' or 'open'")
    return SetupAccess(text)


def _setup_admin(env: Mapping[str, str]) -> str:
    text = env.get("REPERTORY_SETUP_ADMIN", "")
    if text and (":" not in text or text.endswith(":") or text.startswith(":")):
        raise SettingsError(
            f"REPERTORY_SETUP_ADMIN is {text!r}: write it as HOST:LOGIN, for example gitlab.example.com:alice"
        )
    return text


def _existing_file(env: Mapping[str, str], name: str) -> Path | None:
    text = env.get(name, "")
    if not text:
        return None
    path = Path(text)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise SettingsError(f"{name} is {text!r}, which is not a file that this user can read")
    return path


def _proxy(env: Mapping[str, str]) -> str:
    text = env.get("OUTBOUND_PROXY", "")
    if text and (urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).hostname):
        raise SettingsError("OUTBOUND_PROXY is not a proxy address: write it as http://proxy.example.com:3128")
    return text


def _log_level(env: Mapping[str, str]) -> str:
    text = (env.get("REPERTORY_LOG_LEVEL") or "info").lower()
    if text not in LOG_LEVELS:
        raise SettingsError(f"REPERTORY_LOG_LEVEL is {text!r}: it can be one of {', '.join(LOG_LEVELS)}")
    return text
