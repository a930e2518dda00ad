"""Encryption of stored secrets. The place that a secret belongs to is sealed in with it."""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from config import Settings, SettingsError
from config.parsing import parse_keys

KEY_FILE_NAME = "secrets.key"


class SecretUnreadable(Exception):
    """A sealed value was changed, moved to another place, or sealed with a key that we do not have."""


class SecretBox:
    """Seals and unseals text. `place` names the row and column, such as `integration:gitlab:client_secret`."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        """`keys`: 32 bytes each in URL-safe base64, newest first; the newest seals, all unseal."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._keys = keys

    def seal(self, place: str, value: str) -> str:
        """Encrypt `value` for `place`."""
        return self._fernet.encrypt(json.dumps({"c": place, "v": value}).encode()).decode("ascii")

    def unseal(self, place: str, sealed: str) -> str:
        """The value sealed for `place`. Raises SecretUnreadable when it is not that."""
        try:
            content = json.loads(self._fernet.decrypt(sealed.encode("ascii")))
        except (InvalidToken, UnicodeEncodeError) as error:
            raise SecretUnreadable(place) from error
        if content["c"] != place:
            raise SecretUnreadable(place)
        return str(content["v"])

    def derive_keys(self, purpose: str) -> list[str]:
        """Keys for another use (signing cookies), newest first, from which the sealing keys can not be found."""
        return [hmac.new(key.encode(), purpose.encode(), hashlib.sha256).hexdigest() for key in self._keys]


def digest_secret(secret: str) -> str:
    """How long random secrets (tokens, codes, session ids) are stored: SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def load_secret_box(settings: Settings) -> SecretBox:
    """The box for the configured keys, or for the key file in the data directory, which is made at the first start."""
    if settings.secrets_keys:
        return SecretBox(settings.secrets_keys)
    return SecretBox(_read_or_make_key_file(settings.data_dir / KEY_FILE_NAME))


def _read_or_make_key_file(path: Path) -> tuple[str, ...]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        partial.touch(mode=0o600)
        partial.write_text(urlsafe_b64encode(secrets.token_bytes(32)).decode() + "\n", encoding="ascii")
        with suppress(FileExistsError):  # another process made the file first: theirs counts
            path.hardlink_to(partial)
        partial.unlink()
    keys = parse_keys(path.read_text(encoding="ascii", errors="replace"), str(path))
    if not keys:
        raise SettingsError(f"{path} is empty: restore it from your backup; without it stored secrets are lost")
    return keys
