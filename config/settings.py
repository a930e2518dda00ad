"""What an administrator sets outside the product. Every value is checked once, at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from config.parsing import SettingsError, parse_hosts, parse_keys, parse_number

__all__ = ["Settings", "SettingsError", "SetupAccess"]

LOG_LEVELS = ("debug", "info", "warning", "error")
DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


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
    database_url: str = field(repr=False)  # may hold a password, as the next one
    redis_url: str = field(repr=False)
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
            database_url=_database_url(env) or f"sqlite:///{data_dir / 'repertory.sqlite3'}",
            redis_url=_redis_url(env),
            secrets_keys=_secrets_keys(env),
            setup_access=_setup_access(env),
            setup_admin=_setup_admin(env),
            auth_cache_seconds=parse_number(env, "REPERTORY_AUTH_CACHE_SECONDS", default=5, low=0, high=300),
            outbound_allow=parse_hosts(env, "OUTBOUND_ALLOW"),
            outbound_ca_file=_outbound_ca_file(env),
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
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _base_url(env: Mapping[str, str]) -> str:
    text = (env.get("REPERTORY_BASE_URL") or "http://localhost:8000").rstrip("/")
    parts = _split_web_address(text)
    if parts is None or parts.hostname is None or "@" in parts.netloc:
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


def _split_web_address(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port out of range
        return None
    return parts if is_address else None


def _database_url(env: Mapping[str, str]) -> str:
    text = env.get("DATABASE_URL", "")
    if text and (not text.startswith(DATABASES) or text == "sqlite:///" or ":memory:" in text):
        raise SettingsError(
            "DATABASE_URL is not a database that can be used: "
            "write it as postgresql://USER:PASSWORD@HOST/NAME or sqlite:////ABSOLUTE/FILE"
        )
    return text


def _redis_url(env: Mapping[str, str]) -> str:
    text = env.get("REDIS_URL", "")
    if text and not text.startswith(REDIS_SCHEMES):
        raise SettingsError(
            "REDIS_URL is not the address of a Redis server: "
            "write it as redis://:PASSWORD@HOST:6379/0 or unix:///PATH/OF/SOCKET"
        )
    return text


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
    path = _readable_file("REPERTORY_SECRETS_KEYS_FILE", file_name)
    keys = parse_keys(path.read_text(encoding="ascii", errors="replace"), "REPERTORY_SECRETS_KEYS_FILE")
    if not keys:
        raise SettingsError(f"REPERTORY_SECRETS_KEYS_FILE is {file_name!r}, which holds no key")
    return keys


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


def _outbound_ca_file(env: Mapping[str, str]) -> Path | None:
    text = env.get("OUTBOUND_CA_FILE", "")
    return _readable_file("OUTBOUND_CA_FILE", text) if text else None


def _readable_file(name: str, text: str) -> Path:
    path = Path(text)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise SettingsError(f"{name} is {text!r}, which is not a file that this user can read")
    return path


def _proxy(env: Mapping[str, str]) -> str:
    text = env.get("OUTBOUND_PROXY", "")
    if text and _split_web_address(text) is None:
        raise SettingsError("OUTBOUND_PROXY is not a proxy address: write it as http://proxy.example.com:3128")
    return text


def _log_level(env: Mapping[str, str]) -> str:
    text = (env.get("REPERTORY_LOG_LEVEL") or "info").lower()
    if text not in LOG_LEVELS:
        raise SettingsError(f"REPERTORY_LOG_LEVEL is {text!r}: it can be one of {', '.join(LOG_LEVELS)}")
    return text
